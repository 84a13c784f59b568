// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bytes of the input: copies, conversions, sums; pooling. */
#include "element.h"
#include "neondot.h"

static void flip(u8 *dst, const u8 *src, u32 count, u8 bits)
{
	const uint8x16_t mask = vdupq_n_u8(bits);
	u32 i;

	for (i = 0; i + 16 <= count; i += 16)
		vst1q_u8(dst + i, veorq_u8(vld1q_u8(src + i), mask));
	for (; i < count; i++)
		dst[i] = src[i] ^ bits;
}

/* Eight bytes of @bits each: the low half of the first, its high half, those of the second ... */
static inline uint8x16_t spread(uint8x16_t codes, const u32 bits)
{
	const uint8x16_t low = vandq_u8(codes, vdupq_n_u8((u8)((1u << bits / 2) - 1)));
	const uint8x16_t high = vshlq_u8(codes, vdupq_n_s8((s8)-(s32)(bits / 2)));

	return vzip1q_u8(low, high);
}

static inline u8 expand_one(const u8 *src, u32 i, u32 bits, u32 sign, u32 scale)
{
	u32 code = src[i * bits / 8] >> i * bits % 8 & ((1u << bits) - 1);

	return (u8)((code ^ sign) * scale);
}

/* @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
void expand_codes(u8 *dst, const u8 *src, u32 count, s32 least, const u32 bits)
{
	const u32 sign = least < 0 ? 1u << (bits - 1) : 0, scale = bits == 1 ? 2 : 1;
	u8 bytes[16] = { 0 };
	u32 i;

	for (i = 0; i + 16 <= count; i += 16, src += 2 * bits) {
		uint8x16_t codes;

		__builtin_memcpy(bytes, src, 2 * bits);
		codes = spread(vld1q_u8(bytes), 8);
		if (bits <= 2)
			codes = spread(codes, 4);
		if (bits == 1)
			codes = vshlq_n_u8(spread(codes, 2), 1);
		vst1q_u8(dst + i, veorq_u8(codes, vdupq_n_u8((u8)sign)));
	}
	for (dst += i, count -= i, i = 0; i < count; i++)
		dst[i] = expand_one(src, i, bits, sign, scale);
}

static void expand(u8 *dst, const u8 *src, u32 count, u32 type)
{
	const struct qnn_element *e = qnn_element(type);

	if (e->bits == 4)
		expand_codes(dst, src, count, e->min, 4);
	else if (e->bits == 2)
		expand_codes(dst, src, count, e->min, 2);
	else
		expand_codes(dst, src, count, e->min, 1);
}

static s32 sum_bytes(const u8 *bytes, u32 count)
{
	int32x4_t sums = vdupq_n_s32(0);
	s32 total;
	u32 i;

	for (i = 0; i + 16 <= count; i += 16)
		sums = vdotq_s32(sums, load_bytes(bytes + i), vdupq_n_s8(1));
	total = vaddvq_s32(sums);
	for (; i < count; i++)
		total += (s8)bytes[i];
	return total;
}

static void sum(const struct qnn_mac_args *args, u32 pixels, s32 *sums)
{
	u32 p, y, x;

	for (p = 0; p < pixels; p++) {
		sums[p] = 0;
		for (y = 0; y < args->rows; y++) {
			for (x = 0; x < args->columns; x++)
				sums[p] += sum_bytes(args->pixel[p] + (u64)y * args->row_step +
						     (u64)x * args->column_step, args->length);
		}
	}
}

static void fill(u8 *dst, u32 count, u8 value)
{
	u32 i;

	for (i = 0; i + 16 <= count; i += 16)
		vst1q_u8(dst + i, vdupq_n_u8(value));
	for (; i < count; i++)
		dst[i] = value;
}

/* Sixteen channels, all of them there. */
static inline void window_sum(const struct qnn_window *w, u32 i, int32x4_t sum[4])
{
	u32 y, x, k;

	for (y = 0; y < w->rows; y++) {
		const u8 *src = w->src + i + y * w->row_step;

		for (x = 0; x < w->columns; x++, src += w->column_step) {
			int32x4_t value[4];

			to_lanes(load_bytes(src), (int)w->is_signed, value);
			for (k = 0; k < 4; k++)
				sum[k] = vaddq_s32(sum[k], value[k]);
		}
	}
}

static void pool_sum(s32 *acc, const struct qnn_window *w)
{
	u32 i, k;

	for (i = 0; i + 16 <= w->count; i += 16) {
		int32x4_t sum[4];

		for (k = 0; k < 4; k++)
			sum[k] = w->first ? vdupq_n_s32(0) : load(acc + i + k * QUARTER);
		window_sum(w, i, sum);
		for (k = 0; k < 4; k++)
			store(acc + i + k * QUARTER, sum[k]);
	}
	for (; i < w->count; i++)
		acc[i] = qnn_window_sum_one(w, i, acc[i]);
}

/* Sixteen channels, all of them there; those with a sign as if they had none. */
static void window_max(const struct qnn_window *w, u32 i, uint8x16_t turn)
{
	uint8x16_t most = w->first ? vdupq_n_u8(0) : veorq_u8(vld1q_u8(w->dst + i), turn);
	u32 y, x;

	for (y = 0; y < w->rows; y++) {
		const u8 *src = w->src + i + y * w->row_step;

		for (x = 0; x < w->columns; x++, src += w->column_step)
			most = vmaxq_u8(most, veorq_u8(vld1q_u8(src), turn));
	}
	vst1q_u8(w->dst + i, veorq_u8(most, turn));
}

static u8 window_max_one(const struct qnn_window *w, u32 i, u32 turn)
{
	u32 most = w->first ? 0 : w->dst[i] ^ turn, y, x;

	for (y = 0; y < w->rows; y++) {
		for (x = 0; x < w->columns; x++) {
			u32 byte = w->src[i + y * w->row_step + x * w->column_step] ^ turn;

			most = byte > most ? byte : most;
		}
	}
	return (u8)(most ^ turn);
}

static void pool_max(const struct qnn_window *w)
{
	const u8 turn = w->is_signed ? 0x80 : 0;
	u32 i;

	for (i = 0; i + 16 <= w->count; i += 16)
		window_max(w, i, vdupq_n_u8(turn));
	for (; i < w->count; i++)
		w->dst[i] = window_max_one(w, i, turn);
}

const struct qnn_isa_ops qnn_neondot_ops = {
	.name = "neondot",
	.turn = 0x80,
	.mac = qnn_mac_neondot,
	.mac_u4 = qnn_mac_u4_neondot,
	.mac_u2 = qnn_mac_u2_neondot,
	.count = qnn_count_neondot,
	.part = qnn_part_neondot,
	.stage = qnn_stage_neondot,
	.depthwise = qnn_depthwise_neondot,
	.depthwise_3x3 = qnn_depthwise_3x3_neondot,
	.add = qnn_add_neondot,
	.pool_sum = pool_sum,
	.pool_max = pool_max,
	.sum = sum,
	.flip = flip,
	.fill = fill,
	.expand = expand,
	.widen = qnn_widen_neondot,
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of one and two bits: sixteen answers at a time. */
#include "../steps.h"
#include "../bits.h"
#include "element.h"
#include "neondot.h"

/* Does each of sixteen accumulators reach its step? */
static inline u32 reached(const int32x4_t acc[4], const s32 *step)
{
	static const u8 bit[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
	uint32x4_t yes[4];
	uint8x16_t bits;

	UNROLL for (u32 i = 0; i < 4; i++)
		yes[i] = vcgeq_s32(acc[i], load(step + i * QUARTER));
	bits = vmovn_high_u16(vmovn_u16(vmovn_high_u32(vmovn_u32(yes[0]), yes[1])),
			      vmovn_high_u32(vmovn_u32(yes[2]), yes[3]));
	bits = vandq_u8(bits, vld1q_u8(bit));
	bits = vpaddq_u8(bits, bits);
	bits = vpaddq_u8(bits, bits);
	bits = vpaddq_u8(bits, bits);
	return vgetq_lane_u16(vreinterpretq_u16_u8(bits), 0);
}

/* A bit of the code of each channel of a pixel. */
static inline void steps_of_pixel(const struct qnn_store *s, const struct qnn_tile_out *t, u32 p,
				  u32 bits, u64 word[2])
{
	const u32 channel = s->group_padded * t->group + t->first;
	const u32 width = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;
	const u16 *invert = qnn_steps_invert(s, bits) + channel / QNN_LANES;
	const int32x4_t extra = vdupq_n_s32((s32)t->extra[p]);
	const s32 *step = (const s32 *)s->arrays + channel;
	u32 v;

	word[0] = 0;
	word[1] = 0;
	for (v = 0; v < t->count; v += QNN_LANES, step += QNN_LANES, invert++) {
		int32x4_t acc[4];
		u32 low, high;

		UNROLL for (u32 i = 0; i < 4; i++)
			acc[i] = vaddq_s32(load(t->acc + p * width + v + i * QUARTER), extra);
		low = reached(acc, step);
		if (bits == 2) {
			high = reached(acc, step + s->padded);
			low ^= high ^ reached(acc, step + 2 * (u64)s->padded);
			word[1] |= (u64)(high ^ invert[s->padded / QNN_LANES]) << v;
		}
		word[0] |= (u64)(low ^ *invert) << v;
	}
}

static void put(u8 *dst, u64 value, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		dst[i] = (u8)(value >> 8 * i);
}

static inline void store_bits(const struct qnn_store *s, const struct qnn_tile_out *t, u32 bits)
{
	const u64 channel = s->group_out * t->group + t->first;
	const u64 kept = t->count < 64 ? (1ull << t->count) - 1 : ~0ull;
	const u32 bytes = (t->count * bits + 7) / 8;
	u64 word[2], low, high;
	u32 p;

	for (p = 0; p < t->pixels; p++) {
		u8 *dst = t->pixel[p] + channel * bits / 8;

		steps_of_pixel(s, t, p, bits, word);
		low = word[0] & kept;
		high = word[1] & kept;
		if (bits == 1) {
			put(dst, low, bytes);
			continue;
		}
		put(dst, qnn_bits_join((u32)low | high << 32), min_u32(bytes, 8));
		if (bytes > 8)
			put(dst + 8, qnn_bits_join(low >> 32 | (high >> 32) << 32), bytes - 8);
	}
}

void qnn_store_steps_neondot(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	if (qnn_elem_bits(s->cmd->out.type) == 1)
		store_bits(s, t, 1);
	else
		store_bits(s, t, 2);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bytes of the input: copies, conversions, sums; pooling. */
#include "element.h"
#include "lanes.h"

static void flip(u8 *dst, const u8 *src, u32 count, u8 bits)
{
	const __m256i mask = _mm256_set1_epi8((char)bits);
	u32 i;

	for (i = 0; i + 32 <= count; i += 32)
		store(dst + i, _mm256_xor_si256(load(src + i), mask));
	for (; i < count; i++)
		dst[i] = src[i] ^ bits;
}

/* Codes of 4, 2 and 1 bits that come to lie in a byte each: 32 of them. */
static inline __m256i spread4(const u8 *src)
{
	__m256i wide = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)src));

	wide = _mm256_or_si256(wide, _mm256_slli_epi16(wide, 4));
	return _mm256_and_si256(wide, _mm256_set1_epi8(0x0f));
}

static inline __m256i spread2(const u8 *src)
{
	__m256i wide = to_lanes(src, 0);

	wide = _mm256_or_si256(wide, _mm256_slli_epi32(wide, 12));
	wide = _mm256_or_si256(wide, _mm256_slli_epi32(wide, 6));
	return _mm256_and_si256(wide, _mm256_set1_epi8(0x03));
}

/* As 0 and 2. */
static inline __m256i spread1(const u8 *src)
{
	const __m256i byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202,
						0x0303030303030303);
	const __m256i bit = _mm256_set1_epi64x((s64)0x8040201008040201ull);
	__m256i bits = _mm256_and_si256(_mm256_shuffle_epi8(broadcast4(src), byte), bit);

	return _mm256_and_si256(_mm256_cmpeq_epi8(bits, bit), _mm256_set1_epi8(2));
}

/* As the one of AVX-512 does it; the last ones a byte of codes at a time. */
static void expand(u8 *dst, const u8 *src, u32 count, u32 type)
{
	const struct qnn_element *e = qnn_element(type);
	const u32 bits = e->bits, mask = (1u << bits) - 1, per_byte = 8 / bits;
	const u32 sign = e->min < 0 ? 1u << (bits - 1) : 0, scale = bits == 1 ? 2 : 1;
	const __m256i flip = _mm256_set1_epi8((char)sign);
	u32 i;

	for (i = 0; i + 32 <= count; i += 32) {
		const u8 *from = src + i / per_byte;
		__m256i codes = bits == 4 ? spread4(from) : bits == 2 ? spread2(from) :
								      spread1(from);

		store(dst + i, _mm256_xor_si256(codes, flip));
	}
	for (; i < count; i++) {
		u32 code = src[i / per_byte] >> i % per_byte * bits & mask;

		dst[i] = (u8)((code ^ sign) * scale);
	}
}

/* A multiple of four bytes, to two partial sums. */
static inline __m128i sum_bytes(__m128i sum, const u8 *bytes, u32 count)
{
	const __m128i zero = _mm_setzero_si128();
	__m256i wide = _mm256_setzero_si256();
	u32 four;

	for (; count >= 32; count -= 32, bytes += 32)
		wide = _mm256_add_epi64(wide, _mm256_sad_epu8(load(bytes), _mm256_setzero_si256()));
	sum = _mm_add_epi64(sum, _mm_add_epi64(_mm256_castsi256_si128(wide),
					       _mm256_extracti128_si256(wide, 1)));
	if (count & 16) {
		sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_loadu_si128((const __m128i *)bytes), zero));
		bytes += 16;
	}
	if (count & 8) {
		sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_loadl_epi64((const __m128i *)bytes), zero));
		bytes += 8;
	}
	if (count & 4) {
		__builtin_memcpy(&four, bytes, sizeof(four));
		sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_cvtsi32_si128((s32)four), zero));
	}
	return sum;
}

static void sum(const struct qnn_mac_args *args, u32 pixels, s32 *sums)
{
	u32 p, y, x;

	for (p = 0; p < pixels; p++) {
		__m128i total = _mm_setzero_si128();

		for (y = 0; y < args->rows; y++) {
			for (x = 0; x < args->columns; x++)
				total = sum_bytes(total, args->pixel[p] +
						  (u64)y * args->row_step +
						  (u64)x * args->column_step, args->length);
		}
		total = _mm_add_epi64(total, _mm_unpackhi_epi64(total, total));
		sums[p] = _mm_cvtsi128_si32(total);
	}
}

static void fill(u8 *dst, u32 count, u8 value)
{
	u32 i;

	for (i = 0; i + 32 <= count; i += 32)
		store(dst + i, _mm256_set1_epi8((char)value));
	for (; i < count; i++)
		dst[i] = value;
}

/* Eight channels, all of them there. */
static inline __m256i window_sum(const struct qnn_window *w, u32 i, __m256i sum)
{
	u32 y, x;

	for (y = 0; y < w->rows; y++) {
		const u8 *src = w->src + i + y * w->row_step;

		for (x = 0; x < w->columns; x++, src += w->column_step)
			sum = _mm256_add_epi32(sum, to_lanes(src, w->is_signed));
	}
	return sum;
}

static void pool_sum(s32 *acc, const struct qnn_window *w)
{
	u32 i;

	for (i = 0; i + HALF <= w->count; i += HALF)
		store(acc + i, window_sum(w, i, w->first ? _mm256_setzero_si256() :
							   load(acc + i)));
	for (; i < w->count; i++)
		acc[i] = qnn_window_sum_one(w, i, acc[i]);
}

static inline __m256i larger(__m256i a, __m256i b, u32 is_signed)
{
	return is_signed ? _mm256_max_epi8(a, b) : _mm256_max_epu8(a, b);
}

/* Thirty-two channels, all of them there. */
static __m256i window_max(const struct qnn_window *w, u32 i)
{
	__m256i most = load(w->first ? w->src + i : w->dst + i);
	u32 y, x;

	for (y = 0; y < w->rows; y++) {
		const u8 *src = w->src + i + y * w->row_step;

		for (x = 0; x < w->columns; x++, src += w->column_step)
			most = larger(most, load(src), w->is_signed);
	}
	return most;
}

static u8 window_max_one(const struct qnn_window *w, u32 i)
{
	const u32 flip = w->is_signed ? 0x80 : 0;
	u32 most = w->first ? 0 : w->dst[i] ^ flip, y, x;

	for (y = 0; y < w->rows; y++) {
		for (x = 0; x < w->columns; x++) {
			u32 byte = w->src[i + y * w->row_step + x * w->column_step] ^ flip;

			most = byte > most ? byte : most;
		}
	}
	return (u8)(most ^ flip);
}

static void pool_max(const struct qnn_window *w)
{
	u32 i;

	for (i = 0; i + 32 <= w->count; i += 32)
		store(w->dst + i, window_max(w, i));
	for (; i < w->count; i++)
		w->dst[i] = window_max_one(w, i);
}

const struct qnn_isa_ops qnn_avx2_ops = {
	.name = "avx2",
	.mac = qnn_mac_u8s8_avx2,
	.mac_narrow = qnn_mac_narrow_avx2,
	.mac_short = qnn_mac_short_avx2,
	.mac_u4 = qnn_mac_u4_avx2,
	.mac_u2 = qnn_mac_u2_avx2,
	.count = qnn_count_avx2,
	.part = qnn_part_avx2,
	.stage = qnn_stage_avx2,
	.depthwise = qnn_depthwise_avx2,
	.add = qnn_add_avx2,
	.add_estimate = qnn_add_estimate_avx2,
	.pool_sum = pool_sum,
	.pool_max = pool_max,
	.sum = sum,
	.flip = flip,
	.fill = fill,
	.expand = expand,
	.widen = qnn_widen_avx2,
};

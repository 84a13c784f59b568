// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bits of activations x bits of weights: those that differ are counted. */
#include "../bits.h"
#include "avx2.h"

/* The bits of each byte: two halves of it, looked up. */
static inline __m256i add_bits(__m256i count, __m256i bits)
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
					       0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i half = _mm256_set1_epi8(0x0f);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bits, 4), half);

	count = _mm256_add_epi8(count, _mm256_shuffle_epi8(table, _mm256_and_si256(bits, half)));
	return _mm256_add_epi8(count, _mm256_shuffle_epi8(table, high));
}

/* Counts of four bytes each, which go from an accumulator. */
static inline void take(s32 *acc, __m256i count, __m128i shift)
{
	const __m256i ones = _mm256_set1_epi16(1);
	__m256i pairs = _mm256_maddubs_epi16(count, _mm256_set1_epi8(1));

	store(acc, _mm256_sub_epi32(load(acc), _mm256_sll_epi32(
			_mm256_madd_epi16(pairs, ones), shift)));
}

#define MOST_STEPS	31u	/* at most 8 bits each, in a byte */

/* Sixteen channels and a plane. */
#define COUNT_KERNEL(PIXELS)								\
static inline void count_##PIXELS(const struct qnn_mac_args *args, u32 plane, u32 v,	\
				  u32 vectors)						\
{											\
	const __m128i shift = _mm_cvtsi32_si128((s32)(args->shift + plane));		\
	const u32 step = vectors * QNN_LANES, word = 4 * args->planes;			\
	const u8 *weights = (const u8 *)args->weights + (u64)v * 64;			\
	const u8 *pixel[PIXELS];							\
	__m256i count[PIXELS][2];							\
	s32 *acc = args->acc + v * QNN_LANES;						\
	u32 y, x, room = MOST_STEPS;							\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		pixel[p] = args->pixel[p] + 4 * plane;					\
		count[p][0] = _mm256_setzero_si256();					\
		count[p][1] = _mm256_setzero_si256();					\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
			const u64 end = at + args->length;				\
											\
			for (; at != end; at += word, weights += 4 * step) {		\
				const __m256i w[2] = { load(weights), load(weights + 32) };	\
											\
				if (!room--) {						\
					TAKE_ALL(PIXELS)				\
					room = MOST_STEPS - 1;				\
				}							\
				UNROLL for (u32 p = 0; p < (PIXELS); p++) {		\
					__m256i a = broadcast4(pixel[p] + at);		\
											\
					UNROLL for (u32 h = 0; h < 2; h++)		\
						count[p][h] = add_bits(count[p][h],	\
							_mm256_xor_si256(a, w[h]));	\
				}							\
			}								\
		}									\
	}										\
	TAKE_ALL(PIXELS)								\
}

#define TAKE_ALL(PIXELS)								\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		UNROLL for (u32 h = 0; h < 2; h++) {					\
			take(acc + p * step + h * HALF, count[p][h], shift);		\
			count[p][h] = _mm256_setzero_si256();				\
		}									\
	}

#define COUNT_VECTORS(PIXELS, VECTORS)							\
static void count_##PIXELS##x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	u32 plane, v;									\
											\
	begin(args, PIXELS, (VECTORS) * QNN_LANES);					\
	for (plane = 0; plane < args->planes; plane++)					\
		for (v = 0; v < (VECTORS); v++)						\
			count_##PIXELS(args, plane, v, VECTORS);			\
}

#define COUNT_KERNELS(PIXELS)								\
	COUNT_KERNEL(PIXELS)								\
	COUNT_VECTORS(PIXELS, 1)							\
	COUNT_VECTORS(PIXELS, 2)							\
	COUNT_VECTORS(PIXELS, 3)							\
	COUNT_VECTORS(PIXELS, 4)

COUNT_KERNELS(4)
COUNT_KERNELS(3)
COUNT_KERNELS(2)
COUNT_KERNELS(1)

#define KERNEL(PIXELS, VECTORS)								\
	{ .run = count_##PIXELS##x##VECTORS##_avx2, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(4, VECTORS), KERNEL(3, VECTORS), KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_count_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

/* qnn_bits_swap() of four words. */
#define SWAP(bits, step, mask)								\
	do {										\
		__m256i swap = _mm256_and_si256(_mm256_set1_epi64x(mask),		\
			_mm256_xor_si256(bits, _mm256_srli_epi64(bits, 1 << (step))));	\
											\
		bits = _mm256_xor_si256(_mm256_xor_si256(bits, swap),			\
					_mm256_slli_epi64(swap, 1 << (step)));		\
	} while (0)

void qnn_part_avx2(u8 *dst, const u8 *src, u32 words, u64 flip)
{
	u32 i;

	for (i = 0; i + 4 <= words; i += 4) {
		__m256i bits = _mm256_xor_si256(load(src + 8 * i), _mm256_set1_epi64x((s64)flip));

		SWAP(bits, 0, 0x2222222222222222);
		SWAP(bits, 1, 0x0c0c0c0c0c0c0c0c);
		SWAP(bits, 2, 0x00f000f000f000f0);
		SWAP(bits, 3, 0x0000ff000000ff00);
		SWAP(bits, 4, 0x00000000ffff0000);
		store(dst + 8 * i, bits);
	}
	for (; i < words; i++) {
		u64 bits;

		__builtin_memcpy(&bits, src + 8 * i, 8);
		bits = qnn_bits_part(bits ^ flip);
		__builtin_memcpy(dst + 8 * i, &bits, 8);
	}
}

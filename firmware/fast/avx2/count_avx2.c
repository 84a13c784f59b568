// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bits of activations x bits of weights: those that differ are counted. */
#include "../bits.h"
#include "avx2.h"

static inline __m256i broadcast4(const u8 *bytes)
{
	s32 four;

	__builtin_memcpy(&four, bytes, sizeof(four));
	return _mm256_set1_epi32(four);
}

/* For each half of a byte, @worth times its bits. */
static inline __m256i bits_of_half(char worth)
{
	const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
					      0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);

	return worth == 2 ? _mm256_add_epi8(bits, bits) : bits;
}

static inline __m256i add_bits(__m256i count, __m256i bits, __m256i table)
{
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

/*
 * Sixteen channels. As many steps as fit are counted in bytes: a step makes
 * them larger by 8 for the first plane, and by 16 for the second one.
 */
#define COUNT_KERNEL(PIXELS, PLANES)							\
static inline void count_u##PLANES##u1_##PIXELS(const struct qnn_mac_args *args, u32 v,	\
						u32 vectors)				\
{											\
	const __m256i table[2] = { bits_of_half(1), bits_of_half(2) };			\
	const __m128i shift = _mm_cvtsi32_si128((s32)args->shift);			\
	const u32 step = vectors * QNN_LANES, most = 255 / (8 * ((1u << (PLANES)) - 1));	\
	const u8 *weights = (const u8 *)args->weights + (u64)v * 64;			\
	const u8 *pixel[PIXELS];							\
	__m256i count[PIXELS][2];							\
	s32 *acc = args->acc + v * QNN_LANES;						\
	u32 y, x, i, room = most;							\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		const s32 *start = args->start[p] + v * QNN_LANES;			\
											\
		pixel[p] = args->pixel[p];						\
		UNROLL for (u32 h = 0; h < 2; h++) {					\
			count[p][h] = _mm256_setzero_si256();				\
			store(acc + p * step + h * HALF, load(start + h * HALF));	\
		}									\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (i = 0; i < args->length; i += 4 * (PLANES)) {		\
				const __m256i w[2] = { load(weights), load(weights + 32) };	\
											\
				if (!room--) {						\
					TAKE_ALL(PIXELS)				\
					room = most - 1;				\
				}							\
				UNROLL for (u32 k = 0; k < (PLANES); k++) {		\
					UNROLL for (u32 p = 0; p < (PIXELS); p++) {	\
						__m256i a = broadcast4(pixel[p] + at + i + 4 * k);	\
											\
						UNROLL for (u32 h = 0; h < 2; h++)	\
							count[p][h] = add_bits(count[p][h],	\
								_mm256_xor_si256(a, w[h]),	\
								table[k]);		\
					}						\
				}							\
				weights += 4 * step;					\
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

#define COUNT_VECTORS(PIXELS, VECTORS, PLANES)						\
static void count_u##PLANES##u1_##PIXELS##x##VECTORS##_avx2(				\
		const struct qnn_mac_args *args)					\
{											\
	u32 v;										\
											\
	for (v = 0; v < (VECTORS); v++)							\
		count_u##PLANES##u1_##PIXELS(args, v, VECTORS);				\
}

#define COUNT_KERNELS(PIXELS, PLANES)							\
	COUNT_KERNEL(PIXELS, PLANES)							\
	COUNT_VECTORS(PIXELS, 1, PLANES)						\
	COUNT_VECTORS(PIXELS, 2, PLANES)						\
	COUNT_VECTORS(PIXELS, 3, PLANES)						\
	COUNT_VECTORS(PIXELS, 4, PLANES)

COUNT_KERNELS(4, 1)
COUNT_KERNELS(3, 1)
COUNT_KERNELS(2, 1)
COUNT_KERNELS(1, 1)
COUNT_KERNELS(4, 2)
COUNT_KERNELS(3, 2)
COUNT_KERNELS(2, 2)
COUNT_KERNELS(1, 2)

#define KERNEL(PIXELS, VECTORS, PLANES)	\
	{ count_u##PLANES##u1_##PIXELS##x##VECTORS##_avx2, PIXELS }
#define KERNELS(VECTORS, PLANES)							\
	{ KERNEL(4, VECTORS, PLANES), KERNEL(3, VECTORS, PLANES),			\
	  KERNEL(2, VECTORS, PLANES), KERNEL(1, VECTORS, PLANES) }

const struct qnn_mac_kernel qnn_count_avx2[QNN_PLANES][4][QNN_MAC_SIZES] = {
	{ KERNELS(1, 1), KERNELS(2, 1), KERNELS(3, 1), KERNELS(4, 1) },
	{ KERNELS(1, 2), KERNELS(2, 2), KERNELS(3, 2), KERNELS(4, 2) },
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

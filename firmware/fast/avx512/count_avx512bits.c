// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bits of activations x bits of weights: those that differ are counted. */
#include "../isa.h"
#include "avx512.h"

/*
 * 32 bits of a pixel's plane, in all lanes, against 32 weights of each channel.
 * Each plane has accumulators of its own.
 */
#define COUNT_KERNEL(PIXELS, VECTORS, PLANES)						\
static void count_u##PLANES##u1_##PIXELS##x##VECTORS##_avx512bits(			\
		const struct qnn_mac_args *args)					\
{											\
	const u32 step = (VECTORS) * QNN_LANES;						\
	const __m128i shift = _mm_cvtsi32_si128((s32)args->shift);			\
	const u8 *weights = (const u8 *)args->weights;					\
	const u8 *pixel[PIXELS];							\
	__m512i count[PLANES][PIXELS][VECTORS];						\
	u32 y, x;									\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		pixel[p] = args->pixel[p];						\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			UNROLL for (u32 k = 0; k < (PLANES); k++)			\
				count[k][p][v] = _mm512_setzero_si512();		\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
			const u8 *end = weights + (u64)args->length / (PLANES) * step;	\
											\
			for (; weights != end; weights += 4 * step, at += 4 * (PLANES)) {	\
				__m512i w[VECTORS];					\
											\
				UNROLL for (u32 v = 0; v < (VECTORS); v++)		\
					w[v] = _mm512_load_si512(weights + v * 64);	\
				UNROLL for (u32 p = 0; p < (PIXELS); p++) {		\
					UNROLL for (u32 k = 0; k < (PLANES); k++) {	\
						__m512i a = broadcast4(pixel[p] + at + 4 * k);	\
											\
						UNROLL for (u32 v = 0; v < (VECTORS); v++)	\
							count[k][p][v] = add_differing(	\
								count[k][p][v], a, w[v]);	\
					}						\
				}							\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		UNROLL for (u32 v = 0; v < (VECTORS); v++) {				\
			__m512i sum = count[0][p][v];					\
											\
			if ((PLANES) == 2)						\
				sum = _mm512_add_epi32(sum, _mm512_slli_epi32(		\
					count[(PLANES) - 1][p][v], 1));			\
			sum = _mm512_sub_epi32(						\
				_mm512_loadu_si512(args->start[p] + v * QNN_LANES),	\
				_mm512_sll_epi32(sum, shift));				\
			_mm512_store_si512(args->acc + p * step + v * QNN_LANES, sum);	\
		}									\
	}										\
}

static inline __m512i add_differing(__m512i count, __m512i a, __m512i w)
{
	return _mm512_add_epi32(count, _mm512_popcnt_epi32(_mm512_xor_si512(a, w)));
}

COUNT_KERNEL(6, 4, 1)
COUNT_KERNEL(4, 4, 1)
COUNT_KERNEL(2, 4, 1)
COUNT_KERNEL(1, 4, 1)
COUNT_KERNEL(8, 3, 1)
COUNT_KERNEL(5, 3, 1)
COUNT_KERNEL(2, 3, 1)
COUNT_KERNEL(1, 3, 1)
COUNT_KERNEL(12, 2, 1)
COUNT_KERNEL(8, 2, 1)
COUNT_KERNEL(4, 2, 1)
COUNT_KERNEL(1, 2, 1)
COUNT_KERNEL(12, 1, 1)
COUNT_KERNEL(8, 1, 1)
COUNT_KERNEL(4, 1, 1)
COUNT_KERNEL(1, 1, 1)

COUNT_KERNEL(3, 4, 2)
COUNT_KERNEL(2, 4, 2)
COUNT_KERNEL(1, 4, 2)
COUNT_KERNEL(4, 3, 2)
COUNT_KERNEL(3, 3, 2)
COUNT_KERNEL(2, 3, 2)
COUNT_KERNEL(1, 3, 2)
COUNT_KERNEL(6, 2, 2)
COUNT_KERNEL(4, 2, 2)
COUNT_KERNEL(2, 2, 2)
COUNT_KERNEL(1, 2, 2)
COUNT_KERNEL(12, 1, 2)
COUNT_KERNEL(8, 1, 2)
COUNT_KERNEL(4, 1, 2)
COUNT_KERNEL(1, 1, 2)

#define KERNEL(PIXELS, VECTORS, PLANES)	\
	{ count_u##PLANES##u1_##PIXELS##x##VECTORS##_avx512bits, PIXELS }

const struct qnn_mac_kernel qnn_count_avx512bits[QNN_PLANES][4][QNN_MAC_SIZES] = {
	{
		{ KERNEL(12, 1, 1), KERNEL(8, 1, 1), KERNEL(4, 1, 1), KERNEL(1, 1, 1) },
		{ KERNEL(12, 2, 1), KERNEL(8, 2, 1), KERNEL(4, 2, 1), KERNEL(1, 2, 1) },
		{ KERNEL(8, 3, 1), KERNEL(5, 3, 1), KERNEL(2, 3, 1), KERNEL(1, 3, 1) },
		{ KERNEL(6, 4, 1), KERNEL(4, 4, 1), KERNEL(2, 4, 1), KERNEL(1, 4, 1) },
	},
	{
		{ KERNEL(12, 1, 2), KERNEL(8, 1, 2), KERNEL(4, 1, 2), KERNEL(1, 1, 2) },
		{ KERNEL(6, 2, 2), KERNEL(4, 2, 2), KERNEL(2, 2, 2), KERNEL(1, 2, 2) },
		{ KERNEL(4, 3, 2), KERNEL(3, 3, 2), KERNEL(2, 3, 2), KERNEL(1, 3, 2) },
		{ KERNEL(3, 4, 2), KERNEL(2, 4, 2), KERNEL(1, 4, 2), KERNEL(1, 4, 2) },
	},
};

/* qnn_bits_swap() of eight words. */
#define SWAP(bits, step, mask)								\
	do {										\
		__m512i swap = _mm512_ternarylogic_epi64(bits,				\
			_mm512_srli_epi64(bits, 1 << (step)), _mm512_set1_epi64(mask),	\
			0x28);								\
											\
		bits = _mm512_ternarylogic_epi64(bits, swap,				\
			_mm512_slli_epi64(swap, 1 << (step)), 0x96);			\
	} while (0)

void qnn_part_avx512bits(u8 *dst, const u8 *src, u32 words, u64 flip)
{
	u32 i;

	for (i = 0; i < words; i += 8) {
		__mmask8 have = words - i < 8 ? (__mmask8)((1u << (words - i)) - 1) : 0xff;
		__m512i bits = _mm512_xor_si512(_mm512_maskz_loadu_epi64(have, src + 8 * i),
						_mm512_set1_epi64((s64)flip));

		SWAP(bits, 0, 0x2222222222222222);
		SWAP(bits, 1, 0x0c0c0c0c0c0c0c0c);
		SWAP(bits, 2, 0x00f000f000f000f0);
		SWAP(bits, 3, 0x0000ff000000ff00);
		SWAP(bits, 4, 0x00000000ffff0000);
		_mm512_mask_storeu_epi64(dst + 8 * i, have, bits);
	}
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Bits of activations x bits of weights: those that differ are counted. Weights
 * of -1, 0 and 1 have a second word, of those that are not 0: only there.
 */
#include "../isa.h"
#include "avx512.h"

static inline __m512i add_differing(__m512i count, __m512i a, __m512i w)
{
	return _mm512_add_epi32(count, _mm512_popcnt_epi32(_mm512_xor_si512(a, w)));
}

static inline __m512i add_differing_signs(__m512i count, __m512i a, __m512i w, __m512i mask)
{
	return _mm512_add_epi32(count, _mm512_popcnt_epi32(
			_mm512_ternarylogic_epi32(a, w, mask, 0x28)));
}

#define ADD_1(count, a, w, v)	add_differing(count, a, w)
#define ADD_2(count, a, w, v)								\
	add_differing_signs(count, a, w, _mm512_load_si512(weights + (v) * 128 + 64))

/*
 * 32 bits of a pixel's plane, in all lanes, against 32 weights of each channel.
 * A function for each plane: in a loop around it, accumulators leave registers.
 */
#define COUNT_KERNEL(NAME, WORDS, PIXELS, VECTORS)					\
static __attribute__((__noinline__)) void NAME##_##PIXELS##x##VECTORS(			\
		const struct qnn_mac_args *args, u32 plane)				\
{											\
	const u32 step = (VECTORS) * QNN_LANES, word = 4 * args->planes;		\
	const __m128i shift = _mm_cvtsi32_si128((s32)(args->shift + plane));		\
	const u8 *weights = (const u8 *)args->weights;					\
	const u8 *pixel[PIXELS];							\
	__m512i count[PIXELS][VECTORS];							\
	u32 y, x;									\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		pixel[p] = args->pixel[p] + 4 * plane;					\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			count[p][v] = _mm512_setzero_si512();				\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
			const u64 end = at + args->length;				\
											\
			for (; at != end; weights += (WORDS) * 4 * step, at += word) {	\
				__m512i w[VECTORS];					\
											\
				UNROLL for (u32 v = 0; v < (VECTORS); v++)		\
					w[v] = _mm512_load_si512(weights +		\
								 v * 64 * (WORDS));	\
				UNROLL for (u32 p = 0; p < (PIXELS); p++) {		\
					__m512i a = broadcast4(pixel[p] + at);		\
											\
					UNROLL for (u32 v = 0; v < (VECTORS); v++)	\
						count[p][v] = ADD_##WORDS(count[p][v],	\
									a, w[v], v);	\
				}							\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		s32 *acc = args->acc + p * step;					\
		const s32 *start = plane ? acc : args->start[p];			\
											\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			_mm512_store_si512(acc + v * QNN_LANES, _mm512_sub_epi32(	\
				_mm512_loadu_si512(start + v * QNN_LANES),		\
				_mm512_sll_epi32(count[p][v], shift)));			\
	}										\
}											\
											\
static void NAME##_##PIXELS##x##VECTORS##_avx512bits(const struct qnn_mac_args *args)	\
{											\
	u32 plane;									\
											\
	for (plane = 0; plane < args->planes; plane++)					\
		NAME##_##PIXELS##x##VECTORS(args, plane);				\
}

#define COUNT_KERNELS(NAME, WORDS)							\
COUNT_KERNEL(NAME, WORDS, 6, 4)								\
COUNT_KERNEL(NAME, WORDS, 4, 4)								\
COUNT_KERNEL(NAME, WORDS, 2, 4)								\
COUNT_KERNEL(NAME, WORDS, 1, 4)								\
COUNT_KERNEL(NAME, WORDS, 8, 3)								\
COUNT_KERNEL(NAME, WORDS, 5, 3)								\
COUNT_KERNEL(NAME, WORDS, 2, 3)								\
COUNT_KERNEL(NAME, WORDS, 1, 3)								\
COUNT_KERNEL(NAME, WORDS, 12, 2)							\
COUNT_KERNEL(NAME, WORDS, 8, 2)								\
COUNT_KERNEL(NAME, WORDS, 4, 2)								\
COUNT_KERNEL(NAME, WORDS, 1, 2)								\
COUNT_KERNEL(NAME, WORDS, 12, 1)							\
COUNT_KERNEL(NAME, WORDS, 8, 1)								\
COUNT_KERNEL(NAME, WORDS, 4, 1)								\
COUNT_KERNEL(NAME, WORDS, 1, 1)

COUNT_KERNELS(count, 1)
COUNT_KERNELS(count_signs, 2)

#define KERNEL(NAME, PIXELS, VECTORS)							\
	{ .run = NAME##_##PIXELS##x##VECTORS##_avx512bits, .pixels = PIXELS }
#define KERNELS(NAME) {									\
	{ KERNEL(NAME, 12, 1), KERNEL(NAME, 8, 1), KERNEL(NAME, 4, 1), KERNEL(NAME, 1, 1) },	\
	{ KERNEL(NAME, 12, 2), KERNEL(NAME, 8, 2), KERNEL(NAME, 4, 2), KERNEL(NAME, 1, 2) },	\
	{ KERNEL(NAME, 8, 3), KERNEL(NAME, 5, 3), KERNEL(NAME, 2, 3), KERNEL(NAME, 1, 3) },	\
	{ KERNEL(NAME, 6, 4), KERNEL(NAME, 4, 4), KERNEL(NAME, 2, 4), KERNEL(NAME, 1, 4) },	\
}

const struct qnn_mac_kernel qnn_count_avx512bits[4][QNN_MAC_SIZES] = KERNELS(count);
const struct qnn_mac_kernel qnn_count_signs_avx512bits[4][QNN_MAC_SIZES] = KERNELS(count_signs);

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

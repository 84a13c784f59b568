/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the kernels of depthwise convolution have in common. */
#ifndef QNN_DEPTHWISE_AVX512_H
#define QNN_DEPTHWISE_AVX512_H

#include "codes.h"

/*
 * Four taps of 64 elements, next to each other. Vector v then has elements
 * 16 * l + 4 * v + 0 to 3 in its part l of 128 bits: qnn_depthwise_order().
 */
static inline void mix(__m512i a, __m512i b, __m512i c, __m512i d, __m512i mixed[4])
{
	__m512i low = _mm512_unpacklo_epi8(a, b), high = _mm512_unpackhi_epi8(a, b);
	__m512i low2 = _mm512_unpacklo_epi8(c, d), high2 = _mm512_unpackhi_epi8(c, d);

	mixed[0] = _mm512_unpacklo_epi16(low, low2);
	mixed[1] = _mm512_unpackhi_epi16(low, low2);
	mixed[2] = _mm512_unpacklo_epi16(high, high2);
	mixed[3] = _mm512_unpackhi_epi16(high, high2);
}

static inline void mix_taps(const u8 *row, const u32 *tap, __m512i mixed[4])
{
	mix(_mm512_loadu_si512(row + tap[0]), _mm512_loadu_si512(row + tap[1]),
	    _mm512_loadu_si512(row + tap[2]), _mm512_loadu_si512(row + tap[3]), mixed);
}

/* The sums, to codes of 8 bits and less. */
#define NARROW(RULE)									\
static inline __m512i narrow_##RULE(const struct qnn_store *s, const struct code_range *range,	\
				    u32 block, const __m512i acc[4])			\
{											\
	__m512i codes[4];								\
											\
	UNROLL for (u32 v = 0; v < 4; v++)						\
		codes[v] = code_##RULE(s->arrays, block * 4 + v, acc[v]);		\
	return narrow(range, codes);							\
}

NARROW(a)
NARROW(b)
NARROW(c)
NARROW(a_left)
NARROW(b_left)

#endif /* QNN_DEPTHWISE_AVX512_H */

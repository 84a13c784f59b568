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

/*
 * Rule C, of which the largest code is a bound before it is rounded, and the smallest
 * code mostly that of the type.
 */
struct bounds_c {
	__m512 most;
	u32 has_least;
	u32 has_zero;
};

static inline struct bounds_c bounds_c(const struct qnn_store *s)
{
	struct bounds_c b = {
		.most = _mm512_cvtepi32_ps(_mm512_set1_epi32(s->most)),
		.has_least = s->least + s->zero != (s->is_signed ? -128 : 0),
		.has_zero = s->zero != 0,
	};

	return b;
}

static inline __m512i narrow_bounded_c(const struct qnn_store *s, const struct code_range *r,
				       const struct bounds_c *b, u32 block, const __m512i acc[4])
{
	const float *scale = (const float *)s->arrays + block * 64;
	__m512i codes[4], low, high;

	UNROLL for (u32 v = 0; v < 4; v++) {
		__m512 value = _mm512_mul_round_ps(_mm512_cvt_roundepi32_ps(acc[v], NEAREST),
						   _mm512_loadu_ps(scale + v * QNN_LANES),
						   NEAREST);

		codes[v] = _mm512_cvt_roundps_epi32(_mm512_min_ps(value, b->most), NEAREST);
	}
	low = _mm512_packs_epi32(codes[0], codes[1]);
	high = _mm512_packs_epi32(codes[2], codes[3]);
	if (b->has_zero) {
		low = _mm512_adds_epi16(low, r->zero);
		high = _mm512_adds_epi16(high, r->zero);
	}
	low = r->is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
	if (!b->has_least)
		return low;
	return r->is_signed ? _mm512_max_epi8(low, r->least) : _mm512_max_epu8(low, r->least);
}

/* The other rules, for who takes any of them. */
#define NARROW_BOUNDED(RULE)								\
static inline __m512i narrow_bounded_##RULE(const struct qnn_store *s,			\
		const struct code_range *r, const struct bounds_c *b, u32 block,	\
		const __m512i acc[4])							\
{											\
	(void)b;									\
	return narrow_##RULE(s, r, block, acc);						\
}

NARROW_BOUNDED(a)
NARROW_BOUNDED(b)

#endif /* QNN_DEPTHWISE_AVX512_H */

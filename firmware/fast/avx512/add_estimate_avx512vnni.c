// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes: codes as fixed-point numbers, and again where in doubt. */
#include "codes.h"

#define INLINE	static inline __attribute__((always_inline))

/* What is the same for a whole stretch. */
struct estimate {
	__m512i flip[2];
	__m512i high;		/* of the slopes, for words x, y ... */
	__m512i low;		/* ... and their lower 15 bits */
	__m512i offset;
	__m512i doubt;
	__m512i fraction;
};

INLINE __m512i both(const s16 slope[2])
{
	return _mm512_set1_epi32((u16)slope[0] | (s32)((u32)(u16)slope[1] << 16));
}

INLINE struct estimate estimate_of(const struct qnn_add_estimate *e)
{
	struct estimate s;

	UNROLL for (u32 i = 0; i < 2; i++)
		s.flip[i] = _mm512_set1_epi8((char)e->flip[i]);
	s.high = both(e->high);
	s.low = both(e->low);
	s.offset = _mm512_set1_epi32(e->offset);
	s.doubt = _mm512_set1_epi32(e->doubt);
	s.fraction = _mm512_set1_epi32((s32)e->fraction);
	return s;
}

/* Sixteen codes with their fractions, of pairs of words. */
INLINE __m512i add_up(const struct estimate *s, __m512i words)
{
	__m512i high = _mm512_slli_epi32(_mm512_madd_epi16(words, s->high), 15);

	return _mm512_dpwssd_epi32(_mm512_add_epi32(high, s->offset), words, s->low);
}

/* Sixty-four codes; says whether one of them is in doubt. */
INLINE __m512i add_some(const struct estimate *s, const struct code_range *range, __m512i x,
			__m512i y, u32 *in_doubt)
{
	const __m512i zero = _mm512_setzero_si512();
	__m512i codes[4], pairs[2];
	u32 doubts = 0;

	x = _mm512_xor_si512(x, s->flip[0]);
	y = _mm512_xor_si512(y, s->flip[1]);
	pairs[0] = _mm512_unpacklo_epi8(x, y);
	pairs[1] = _mm512_unpackhi_epi8(x, y);
	UNROLL for (u32 i = 0; i < 2; i++) {
		codes[2 * i] = add_up(s, _mm512_unpacklo_epi8(pairs[i], zero));
		codes[2 * i + 1] = add_up(s, _mm512_unpackhi_epi8(pairs[i], zero));
	}
	UNROLL for (u32 i = 0; i < 4; i++) {
		doubts |= _mm512_testn_epi32_mask(codes[i], s->doubt);
		codes[i] = _mm512_srav_epi32(codes[i], s->fraction);
	}
	*in_doubt = doubts;
	return narrow(range, codes);
}

void qnn_add_estimate_avx512vnni(const struct qnn_add_args *args)
{
	const struct code_range range = code_range(args->store);
	const struct estimate s = estimate_of(args->estimate);
	u32 at, in_doubt;

	for (at = 0; at < args->count; at += 64) {
		const __mmask64 wanted = first_bytes(args->count - at);
		__m512i x = _mm512_maskz_loadu_epi8(wanted, args->x[0] + at);
		__m512i y = _mm512_maskz_loadu_epi8(wanted, args->x[1] + at);
		__m512i codes = add_some(&s, &range, x, y, &in_doubt);

		if (in_doubt)
			qnn_add_again(args, at, min_u32(args->count - at, 64));
		else
			store_bytes(args->codes + at, args->count - at, codes);
	}
}

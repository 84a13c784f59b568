// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes: codes as fixed-point numbers, and again where in doubt. */
#include "codes.h"

#define CODES	32u

/* What is the same for a whole stretch. */
struct estimate {
	__m256i flip[2];
	__m256i high;		/* of the slopes, for words x, y ... */
	__m256i low;		/* ... and their lower 15 bits */
	__m256i offset;
	__m256i doubt;
	__m128i fraction;
};

static inline __m256i both(const s16 slope[2])
{
	return _mm256_set1_epi32((s32)((u16)slope[0] | (u32)(u16)slope[1] << 16));
}

static inline struct estimate estimate_of(const struct qnn_add_estimate *e)
{
	struct estimate s;

	UNROLL for (u32 i = 0; i < 2; i++)
		s.flip[i] = _mm256_set1_epi8((char)e->flip[i]);
	s.high = both(e->high);
	s.low = both(e->low);
	s.offset = _mm256_set1_epi32(e->offset);
	s.doubt = _mm256_set1_epi32(e->doubt);
	s.fraction = _mm_cvtsi32_si128((s32)e->fraction);
	return s;
}

/* Eight codes with their fractions, of pairs of words. */
static inline __m256i add_up(const struct estimate *s, __m256i words)
{
	__m256i high = _mm256_slli_epi32(_mm256_madd_epi16(words, s->high), 15);

	return _mm256_add_epi32(_mm256_add_epi32(high, s->offset),
				_mm256_madd_epi16(words, s->low));
}

/* Thirty-two codes; says whether one of them is in doubt. */
static inline __attribute__((always_inline))
__m256i add_some(const struct estimate *s, const struct code_range *range, __m256i x, __m256i y,
		 u32 *in_doubt)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i codes[4], pairs[2], doubts = zero;

	x = _mm256_xor_si256(x, s->flip[0]);
	y = _mm256_xor_si256(y, s->flip[1]);
	pairs[0] = _mm256_unpacklo_epi8(x, y);
	pairs[1] = _mm256_unpackhi_epi8(x, y);
	UNROLL for (u32 i = 0; i < 2; i++) {
		codes[2 * i] = add_up(s, _mm256_unpacklo_epi8(pairs[i], zero));
		codes[2 * i + 1] = add_up(s, _mm256_unpackhi_epi8(pairs[i], zero));
	}
	UNROLL for (u32 i = 0; i < 4; i++) {
		doubts = _mm256_or_si256(doubts, _mm256_cmpeq_epi32(
				_mm256_and_si256(codes[i], s->doubt), zero));
		codes[i] = _mm256_sra_epi32(codes[i], s->fraction);
	}
	*in_doubt = (u32)_mm256_movemask_epi8(doubts);
	return narrow(range, codes);
}

void qnn_add_estimate_avx2(const struct qnn_add_args *args)
{
	const struct code_range range = code_range(args->store);
	const struct estimate s = estimate_of(args->estimate);
	u32 at, in_doubt;

	for (at = 0; at + CODES <= args->count; at += CODES) {
		__m256i codes = add_some(&s, &range, load(args->x[0] + at), load(args->x[1] + at),
					 &in_doubt);

		if (in_doubt)
			qnn_add_again(args, at, CODES);
		else
			store(args->codes + at, codes);
	}
	if (at < args->count)
		qnn_add_again(args, at, args->count - at);
}

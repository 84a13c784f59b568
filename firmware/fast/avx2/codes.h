/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Sums to codes of 8 bits and less, four registers at a time. A sum is scaled
 * to 32 bits here; what leaves the code's range is cut off when it becomes 16
 * and then 8 bits: the zero point, and the bounds, are added and applied there.
 */
#ifndef QNN_CODES_AVX2_H
#define QNN_CODES_AVX2_H

#include "avx2.h"

/* Eight sums, from lane @at of a vector of channels on. */
typedef __m256i (*code_fn)(const void *arrays, u32 vector, u32 at, __m256i acc);

/* What is the same for all codes of a command. */
struct code_range {
	__m256i zero;		/* s16 */
	__m256i least;		/* bytes, with or without a sign */
	__m256i most;
	u32 is_signed;
	u32 moved;		/* is there a zero point? */
	u32 bounded;		/* are there bounds that bytes do not have? */
};

static inline struct code_range code_range(const struct qnn_store *s)
{
	struct code_range r;

	r.zero = _mm256_set1_epi16((s16)s->zero);
	r.least = _mm256_set1_epi8((char)(s->least + s->zero));
	r.most = _mm256_set1_epi8((char)(s->most + s->zero));
	r.is_signed = s->is_signed;
	r.moved = s->zero != 0;
	r.bounded = s->most - s->least < 255;
	return r;
}

/* The high halves of two products, of the even and the odd lanes. */
static inline __m256i high_halves(__m256i even, __m256i odd)
{
	return _mm256_blend_epi32(_mm256_shuffle_epi32(even, 0xf5), odd, 0xaa);
}

static inline __m256i product(const struct qnn_scales *k, u32 odd, u32 at, __m256i acc)
{
	return _mm256_add_epi64(_mm256_mul_epi32(acc, load(&k->multiplier[odd][at / 2])),
				load(&k->half[odd][at / 2]));
}

/* Rule B: one rounding, in the product. @at: the register's first lane of the vector. */
static inline __m256i code_b(const void *arrays, u32 vector, u32 at, __m256i acc)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + vector;

	return _mm256_srav_epi32(high_halves(product(k, 0, at, acc),
					     product(k, 1, at, _mm256_shuffle_epi32(acc, 0xf5))),
				 load(&k->right[at]));
}

/* Rule A, its first rounding: bits 31 to 62 of the product. */
static inline __m256i doubled_high(const struct qnn_scales *k, u32 at, __m256i acc)
{
	__m256i even = product(k, 0, at, acc);
	__m256i odd = product(k, 1, at, _mm256_shuffle_epi32(acc, 0xf5));

	return high_halves(_mm256_slli_epi64(even, 1), _mm256_slli_epi64(odd, 1));
}

/*
 * And its second one, halves away from zero: all but the last place of the
 * shift first, so that adding the half cannot leave 32 bits.
 */
static inline __m256i second_rounding(const struct qnn_scales *k, u32 at, __m256i high)
{
	high = _mm256_add_epi32(high, _mm256_srai_epi32(high, 31));
	high = _mm256_srav_epi32(high, load(&k->right[at]));
	return _mm256_srai_epi32(_mm256_add_epi32(high, _mm256_set1_epi32(1)), 1);
}

static inline __m256i code_a(const void *arrays, u32 vector, u32 at, __m256i acc)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + vector;

	return second_rounding(k, at, doubled_high(k, at, acc));
}

/* Where sums grow: what is cut off is beyond all codes. */
static inline __m256i to_the_left(const struct qnn_lefts *k, u32 at, __m256i acc)
{
	acc = _mm256_min_epi32(acc, load(&k->most[at]));
	acc = _mm256_max_epi32(acc, load(&k->least[at]));
	return _mm256_sllv_epi32(acc, load(&k->left[at]));
}

static inline __m256i code_b_left(const void *arrays, u32 vector, u32 at, __m256i acc)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + vector;

	return code_b(&k->scales, 0, at, to_the_left(k, at, acc));
}

/* Channels that do not shift to the right round once. */
static inline __m256i code_a_left(const void *arrays, u32 vector, u32 at, __m256i acc)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + vector;
	__m256i high = doubled_high(&k->scales, at, to_the_left(k, at, acc));

	return _mm256_blendv_epi8(second_rounding(&k->scales, at, high), high, load(&k->once[at]));
}

/* Operands of additions: there is room, and there may be no shift. */
static inline __m256i operand_a(const struct qnn_operand *o, __m256i value)
{
	__m256i high = doubled_high(&o->scales, 0, value);
	__m256i one_less = _mm256_and_si256(_mm256_srai_epi32(high, 31), load(o->away));

	high = _mm256_add_epi32(_mm256_add_epi32(high, one_less), load(o->half_right));
	return _mm256_srav_epi32(high, load(o->scales.right));
}

/*
 * Rule C with the rounding of IEEE, which WITH_NEAREST() has set. What is too
 * small for 32 bits becomes the smallest number; what is too large must not.
 */
static inline __m256i code_c(const void *arrays, u32 vector, u32 at, __m256i acc)
{
	__m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(acc),
				     _mm256_loadu_ps((const float *)arrays + vector * QNN_LANES + at));

	return _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(32767.0f)));
}

/* Bytes of four registers: their parts of 128 bits have four of each. */
static inline __m256i narrow(const struct code_range *r, const __m256i code[4])
{
	__m256i low = _mm256_packs_epi32(code[0], code[1]);
	__m256i high = _mm256_packs_epi32(code[2], code[3]);

	if (r->moved) {
		low = _mm256_adds_epi16(low, r->zero);
		high = _mm256_adds_epi16(high, r->zero);
	}
	low = r->is_signed ? _mm256_packs_epi16(low, high) : _mm256_packus_epi16(low, high);
	if (!r->bounded)
		return low;
	return r->is_signed ? _mm256_max_epi8(_mm256_min_epi8(low, r->most), r->least) :
			      _mm256_max_epu8(_mm256_min_epu8(low, r->most), r->least);
}

/* The same in the order of the channels. */
static inline __m256i narrow_in_order(const struct code_range *r, const __m256i code[4])
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);

	return _mm256_permutevar8x32_epi32(narrow(r, code), order);
}

#endif /* QNN_CODES_AVX2_H */

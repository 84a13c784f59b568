/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Sums to codes of 8 bits and less, four vectors at a time. A sum is scaled to
 * 32 bits here; what leaves the code's range is cut off when it becomes 16 and
 * then 8 bits: the zero point, and the bounds, are added and applied there.
 */
#ifndef QNN_CODES_AVX512_H
#define QNN_CODES_AVX512_H

#include "../isa.h"
#include "avx512.h"

/* What is the same for all codes of a command. */
struct code_range {
	__m512i zero;		/* s16 */
	__m512i least;		/* bytes, with or without a sign */
	__m512i most;
	u32 is_signed;
	u32 moved;		/* is there a zero point? */
	u32 bounded;		/* are there bounds that bytes do not have? */
};

static inline struct code_range code_range(const struct qnn_store *s)
{
	struct code_range r;

	r.zero = _mm512_set1_epi16((s16)s->zero);
	r.least = _mm512_set1_epi8((char)(s->least + s->zero));
	r.most = _mm512_set1_epi8((char)(s->most + s->zero));
	r.is_signed = s->is_signed;
	r.moved = s->zero != 0;
	r.bounded = s->most - s->least < 255;
	return r;
}

/* The high halves of two products, of the even and the odd lanes. */
static inline __m512i high_halves(__m512i even, __m512i odd)
{
	const __m512i high = _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29,
					       15, 31);

	return _mm512_permutex2var_epi32(even, high, odd);
}

static inline __m512i odd_lanes(__m512i acc)
{
	return _mm512_shuffle_epi32(acc, _MM_PERM_DDBB);
}

static inline __m512i product(const struct qnn_scales *k, u32 odd, __m512i acc)
{
	return _mm512_add_epi64(_mm512_mul_epi32(acc, _mm512_load_si512(k->multiplier[odd])),
				_mm512_load_si512(k->half[odd]));
}

/* Rule B: one rounding, in the product. */
static inline __m512i code_b(const void *arrays, u32 vector, __m512i acc)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + vector;

	return _mm512_srav_epi32(high_halves(product(k, 0, acc), product(k, 1, odd_lanes(acc))),
				 _mm512_load_si512(k->right));
}

/* Rule A, its first rounding: bits 31 to 62 of the product. */
static inline __m512i doubled_high(const struct qnn_scales *k, __m512i acc)
{
	return high_halves(_mm512_slli_epi64(product(k, 0, acc), 1),
			   _mm512_slli_epi64(product(k, 1, odd_lanes(acc)), 1));
}

/*
 * And its second one, halves away from zero: all but the last place of the
 * shift first, so that adding the half cannot leave 32 bits.
 */
static inline __m512i second_rounding(const struct qnn_scales *k, __m512i high)
{
	high = _mm512_add_epi32(high, _mm512_srai_epi32(high, 31));
	high = _mm512_srav_epi32(high, _mm512_load_si512(k->right));
	return _mm512_srai_epi32(_mm512_add_epi32(high, _mm512_set1_epi32(1)), 1);
}

static inline __m512i code_a(const void *arrays, u32 vector, __m512i acc)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + vector;

	return second_rounding(k, doubled_high(k, acc));
}

/* Where sums grow: what is cut off is beyond all codes. */
static inline __m512i to_the_left(const struct qnn_lefts *k, __m512i acc)
{
	acc = _mm512_min_epi32(acc, _mm512_load_si512(k->most));
	acc = _mm512_max_epi32(acc, _mm512_load_si512(k->least));
	return _mm512_sllv_epi32(acc, _mm512_load_si512(k->left));
}

static inline __m512i code_b_left(const void *arrays, u32 vector, __m512i acc)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + vector;

	return code_b(&k->scales, 0, to_the_left(k, acc));
}

/* Channels that do not shift to the right round once. */
static inline __m512i code_a_left(const void *arrays, u32 vector, __m512i acc)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + vector;
	__m512i high = doubled_high(&k->scales, to_the_left(k, acc));

	return _mm512_mask_mov_epi32(second_rounding(&k->scales, high),
				     _mm512_movepi32_mask(_mm512_load_si512(k->once)), high);
}

/* Operands of additions: there is room, and there may be no shift. */
static inline __m512i operand_a(const struct qnn_operand *o, __m512i value)
{
	__m512i high = doubled_high(&o->scales, value);
	__m512i one_less = _mm512_and_si512(_mm512_srai_epi32(high, 31),
					    _mm512_load_si512(o->away));

	high = _mm512_add_epi32(_mm512_add_epi32(high, one_less),
				_mm512_load_si512(o->half_right));
	return _mm512_srav_epi32(high, _mm512_load_si512(o->scales.right));
}

/*
 * Rule C, as IEEE does it, whatever rounding the caller has set. What is too
 * small for 32 bits becomes the smallest number; what is too large must not.
 */
static inline __m512i code_c(const void *arrays, u32 vector, __m512i acc)
{
	const __m512 scale = _mm512_loadu_ps((const float *)arrays + vector * QNN_LANES);
	__m512 value = _mm512_mul_round_ps(_mm512_cvt_roundepi32_ps(acc, NEAREST), scale, NEAREST);

	value = _mm512_min_ps(value, _mm512_set1_ps(32767.0f));
	return _mm512_cvt_roundps_epi32(value, NEAREST);
}

/* Bytes of four vectors: their parts of 128 bits have four of each. */
static inline __m512i narrow(const struct code_range *r, const __m512i code[4])
{
	__m512i low = _mm512_packs_epi32(code[0], code[1]);
	__m512i high = _mm512_packs_epi32(code[2], code[3]);

	if (r->moved) {
		low = _mm512_adds_epi16(low, r->zero);
		high = _mm512_adds_epi16(high, r->zero);
	}
	low = r->is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
	if (!r->bounded)
		return low;
	return r->is_signed ? _mm512_max_epi8(_mm512_min_epi8(low, r->most), r->least) :
			      _mm512_max_epu8(_mm512_min_epu8(low, r->most), r->least);
}

/* The same in the order of the channels: each vector's bytes together. */
static inline __m512i narrow_in_order(const struct code_range *r, const __m512i code[4])
{
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
						15);

	return _mm512_permutexvar_epi32(order, narrow(r, code));
}

#endif /* QNN_CODES_AVX512_H */

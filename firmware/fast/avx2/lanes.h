/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Output stages of eight channels. stage/round.c has the formulas. */
#ifndef QNN_LANES_AVX2_H
#define QNN_LANES_AVX2_H

#include "avx2.h"

/* A register of channels, as the prepared arrays count them. */
struct lanes {
	const struct qnn_store *store;
	u32 channel;				/* a multiple of HALF */
};

static inline __m256i array(const struct lanes *l, u32 index)
{
	const s32 *numbers = (const s32 *)l->store->arrays;

	return load(numbers + (u64)index * l->store->padded + l->channel);
}

/* There is no arithmetic shift of 64 bits: less than nothing is made more. */
static inline __m256i shift_right(__m256i value, __m256i right)
{
	const __m256i sign = _mm256_set1_epi64x((s64)(1ull << 63));

	value = _mm256_srlv_epi64(_mm256_xor_si256(value, sign), right);
	return _mm256_sub_epi64(value, _mm256_srlv_epi64(sign, right));
}

/* 64-bit results of the even and of the odd lanes, each within 32 bits. */
static inline __m256i interleave(__m256i even, __m256i odd)
{
	return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
}

/* Clamped before the zero point is added, so that nothing can wrap. */
static inline __m256i finish(const struct qnn_store *s, __m256i value)
{
	value = _mm256_max_epi32(value, _mm256_set1_epi32(s->least));
	value = _mm256_min_epi32(value, _mm256_set1_epi32(s->most));
	return _mm256_add_epi32(value, _mm256_set1_epi32(s->zero));
}

/* One rounding: half of the last place is added before the shift. */
static inline __m256i half_b(const struct qnn_shifts *s, u32 odd, u32 at, __m256i acc)
{
	__m256i product = _mm256_mul_epi32(acc, load(&s->multiplier[odd][at]));

	return shift_right(_mm256_add_epi64(product, load(&s->half[odd][at])),
			   load(&s->right[odd][at]));
}

static inline __m256i scale_b(const struct qnn_shifts *s, u32 at, __m256i acc)
{
	return interleave(half_b(s, 0, at, acc), half_b(s, 1, at, _mm256_srli_epi64(acc, 32)));
}

/* Two: the second one sends halves away from zero. */
static inline __m256i half_a(const struct qnn_shifts *s, u32 odd, u32 at, __m256i acc)
{
	__m256i product = _mm256_mul_epi32(acc, load(&s->multiplier[odd][at]));
	__m256i high = shift_right(_mm256_add_epi64(product, _mm256_set1_epi64x(1ll << 30)),
				   _mm256_set1_epi64x(31));
	__m256i one_less = _mm256_and_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), high),
					    load(&s->away[odd][at]));

	high = _mm256_add_epi64(_mm256_add_epi64(high, one_less), load(&s->half[odd][at]));
	return shift_right(high, load(&s->right[odd][at]));
}

static inline __m256i scale_a(const struct qnn_shifts *s, u32 at, __m256i acc)
{
	return interleave(half_a(s, 0, at, acc), half_a(s, 1, at, _mm256_srli_epi64(acc, 32)));
}

static inline const struct qnn_shifts *shifts_of(const struct lanes *l)
{
	return (const struct qnn_shifts *)l->store->arrays + l->channel / QNN_LANES;
}

static inline __m256i round_a(const struct lanes *l, __m256i acc)
{
	return finish(l->store, scale_a(shifts_of(l), l->channel % QNN_LANES / 2, acc));
}

static inline __m256i round_b(const struct lanes *l, __m256i acc)
{
	return finish(l->store, scale_b(shifts_of(l), l->channel % QNN_LANES / 2, acc));
}

/*
 * With the rounding of IEEE, which WITH_NEAREST() has set. The bounds are whole
 * numbers: that the product is rounded after them changes nothing.
 */
static inline __m256i round_c(const struct lanes *l, __m256i acc)
{
	const struct qnn_store *s = l->store;
	__m256 value = _mm256_mul_ps(_mm256_cvtepi32_ps(acc), _mm256_castsi256_ps(array(l, 0)));

	value = _mm256_max_ps(value, _mm256_cvtepi32_ps(_mm256_set1_epi32(s->least)));
	value = _mm256_min_ps(value, _mm256_cvtepi32_ps(_mm256_set1_epi32(s->most)));
	return _mm256_add_epi32(_mm256_cvtps_epi32(value), _mm256_set1_epi32(s->zero));
}

/* Many thresholds: every so many are counted, those between two of them searched. */
static inline __m256i searched(const struct lanes *l, __m256i acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	const u32 entries = qnn_search_entries(s->levels);
	const s32 *numbers = (const s32 *)l->store->arrays + l->channel % QNN_LANES +
			     (u64)(l->channel / QNN_LANES * QNN_LANES) * entries;
	const __m256i flip = load(numbers);
	const __m256i most = _mm256_set1_epi32(QNN_SEARCH_STEP * QNN_LANES);
	__m256i at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	u32 step;

	acc = _mm256_sub_epi32(_mm256_xor_si256(acc, flip), flip);
	for (step = QNN_SEARCH_STEP; step < entries; step += QNN_SEARCH_STEP)
		at = _mm256_add_epi32(at, _mm256_andnot_si256(_mm256_cmpgt_epi32(
				load(numbers + step * QNN_LANES), acc), most));
	for (step = QNN_SEARCH_STEP / 2 * QNN_LANES; step >= QNN_LANES; step /= 2) {
		__m256i next = _mm256_add_epi32(at, _mm256_set1_epi32((s32)step));
		__m256i threshold = _mm256_i32gather_epi32(numbers, next, 4);

		at = _mm256_blendv_epi8(next, at, _mm256_cmpgt_epi32(threshold, acc));
	}
	return _mm256_add_epi32(_mm256_srli_epi32(at, 4), _mm256_set1_epi32(s->base));
}

static inline __m256i reached(const struct lanes *l, __m256i acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	__m256i flip, level = _mm256_set1_epi32(s->base + s->levels);
	u32 i;

	if (s->levels > QNN_FAST_LEVELS)
		return searched(l, acc);
	flip = array(l, 0);
	acc = _mm256_sub_epi32(_mm256_xor_si256(acc, flip), flip);
	for (i = 1; i <= s->levels; i++)
		level = _mm256_add_epi32(level, _mm256_cmpgt_epi32(array(l, i), acc));
	return level;
}

static inline __m256i raw(const struct lanes *l, __m256i acc)
{
	(void)l;
	return acc;
}

#endif /* QNN_LANES_AVX2_H */

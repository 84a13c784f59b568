/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Output stages of sixteen channels. stage/round.c has the formulas. */
#ifndef QNN_LANES_AVX512_H
#define QNN_LANES_AVX512_H

#include "../isa.h"
#include "avx512.h"

#define ODD	0xaaaa		/* lanes that are the high halves of 64 bits */

/* A vector of channels, as the prepared arrays count them. */
struct lanes {
	const struct qnn_store *store;
	u32 channel;
	const struct qnn_shifts *shifts;	/* rules A and B */
};

static inline __m512i array(const struct lanes *l, u32 index)
{
	const s32 *numbers = (const s32 *)l->store->arrays;

	return _mm512_loadu_si512(numbers + (u64)index * l->store->padded + l->channel);
}

static inline void load_shifts(struct lanes *l)
{
	l->shifts = (const struct qnn_shifts *)l->store->arrays + l->channel / QNN_LANES;
}

/* 64-bit results of the even and of the odd lanes, each within 32 bits. */
static inline __m512i interleave(__m512i even, __m512i odd)
{
	return _mm512_mask_shuffle_epi32(even, ODD, odd, _MM_PERM_CCAA);
}

/* Clamped before the zero point is added, so that nothing can wrap. */
static inline __m512i finish(const struct lanes *l, __m512i value)
{
	const struct qnn_store *s = l->store;

	value = _mm512_max_epi32(value, _mm512_set1_epi32(s->least));
	value = _mm512_min_epi32(value, _mm512_set1_epi32(s->most));
	return _mm512_add_epi32(value, _mm512_set1_epi32(s->zero));
}

/* One rounding: half of the last place is added before the shift. */
static inline __m512i half_b(const struct qnn_shifts *s, u32 odd, __m512i acc)
{
	__m512i product = _mm512_mul_epi32(acc, _mm512_load_si512(s->multiplier[odd]));

	return _mm512_srav_epi64(_mm512_add_epi64(product, _mm512_load_si512(s->half[odd])),
				 _mm512_load_si512(s->right[odd]));
}

static inline __m512i scale_b(const struct lanes *l, __m512i acc)
{
	return interleave(half_b(l->shifts, 0, acc),
			  half_b(l->shifts, 1, _mm512_srli_epi64(acc, 32)));
}

static inline __m512i round_b(const struct lanes *l, __m512i acc)
{
	return finish(l, scale_b(l, acc));
}

/* Two: the second one sends halves away from zero. */
static inline __m512i half_a(const struct qnn_shifts *s, u32 odd, __m512i acc)
{
	__m512i product = _mm512_mul_epi32(acc, _mm512_load_si512(s->multiplier[odd]));
	__m512i high = _mm512_srai_epi64(_mm512_add_epi64(product,
						_mm512_set1_epi64(1ll << 30)), 31);
	__m512i one_less = _mm512_and_si512(_mm512_srai_epi64(high, 63),
					    _mm512_load_si512(s->away[odd]));

	high = _mm512_add_epi64(_mm512_add_epi64(high, one_less),
				_mm512_load_si512(s->half[odd]));
	return _mm512_srav_epi64(high, _mm512_load_si512(s->right[odd]));
}

static inline __m512i scale_a(const struct lanes *l, __m512i acc)
{
	return interleave(half_a(l->shifts, 0, acc),
			  half_a(l->shifts, 1, _mm512_srli_epi64(acc, 32)));
}

static inline __m512i round_a(const struct lanes *l, __m512i acc)
{
	return finish(l, scale_a(l, acc));
}

/*
 * As IEEE does it, whatever rounding the caller has set. The bounds are whole
 * numbers: that the product is rounded after them changes nothing.
 */
static inline __m512i round_c(const struct lanes *l, __m512i acc)
{
	const struct qnn_store *s = l->store;
	__m512 value = _mm512_mul_round_ps(_mm512_cvt_roundepi32_ps(acc, NEAREST),
					   _mm512_castsi512_ps(array(l, 0)), NEAREST);

	value = _mm512_max_ps(value, _mm512_cvtepi32_ps(_mm512_set1_epi32(s->least)));
	value = _mm512_min_ps(value, _mm512_cvtepi32_ps(_mm512_set1_epi32(s->most)));
	return _mm512_add_epi32(_mm512_cvt_roundps_epi32(value, NEAREST),
				_mm512_set1_epi32(s->zero));
}

/* Many thresholds: every so many are counted, those between two of them searched. */
static inline __m512i searched(const struct lanes *l, __m512i acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	const u32 entries = qnn_search_entries(s->levels);
	const s32 *numbers = (const s32 *)l->store->arrays + (u64)l->channel * entries;
	const __m512i flip = _mm512_loadu_si512(numbers);
	const __m512i most = _mm512_set1_epi32(QNN_SEARCH_STEP * QNN_LANES);
	__m512i at = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	u32 step;

	acc = _mm512_sub_epi32(_mm512_xor_si512(acc, flip), flip);
	for (step = QNN_SEARCH_STEP; step < entries; step += QNN_SEARCH_STEP)
		at = _mm512_mask_add_epi32(at, _mm512_cmpge_epi32_mask(acc,
					   _mm512_loadu_si512(numbers + step * QNN_LANES)),
					   at, most);
	for (step = QNN_SEARCH_STEP / 2 * QNN_LANES; step >= QNN_LANES; step /= 2) {
		__m512i next = _mm512_add_epi32(at, _mm512_set1_epi32((s32)step));
		__m512i threshold = _mm512_i32gather_epi32(next, numbers, 4);

		at = _mm512_mask_mov_epi32(at, _mm512_cmpge_epi32_mask(acc, threshold), next);
	}
	return _mm512_add_epi32(_mm512_srli_epi32(at, 4), _mm512_set1_epi32(s->base));
}

static inline __m512i reached(const struct lanes *l, __m512i acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	__m512i flip, level = _mm512_set1_epi32(s->base);
	u32 i;

	if (s->levels > QNN_FAST_LEVELS)
		return searched(l, acc);
	flip = array(l, 0);
	acc = _mm512_sub_epi32(_mm512_xor_si512(acc, flip), flip);
	for (i = 1; i <= s->levels; i++)
		level = _mm512_mask_add_epi32(level, _mm512_cmpge_epi32_mask(acc, array(l, i)),
					      level, _mm512_set1_epi32(1));
	return level;
}

/* An entry for each index, after numbers of @bytes for each channel. */
static inline __m512i look_up(const struct lanes *l, __m512i index, u32 bytes)
{
	const struct qnn_store *s = l->store;
	const u8 *tables = s->arrays + (u64)bytes * s->padded;
	const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
						14, 15);

	if (s->cmd->stage.kind != QNN_STAGE_TABLE)
		return index;
	index = _mm512_and_si512(index, _mm512_set1_epi32(0xff));
	if (s->cmd->stage.flags & QNN_STAGE_TABLES) {
		tables += (u64)l->channel * QNN_TABLE_SIZE;
		index = _mm512_add_epi32(index, _mm512_slli_epi32(lanes, 8));
	}
	return _mm512_i32gather_epi32(index, tables, 1);
}

static inline void load_nothing(struct lanes *l)
{
	(void)l;
}

#endif /* QNN_LANES_AVX512_H */

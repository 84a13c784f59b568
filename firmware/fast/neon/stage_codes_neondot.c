// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Output stages of tiles whose results are codes of 8 or 4 bits (fewer take
 * steps): sixteen channels at a time.
 */
#include "../nearest.h"
#include "codes.h"

#define CODES	16u

/* Neighbours together. */
static inline int8x16_t pack_halves(int8x16_t codes)
{
	const int8x16_t low = vandq_s8(codes, vdupq_n_s8(0x0f));

	return vsliq_n_s8(vuzp1q_s8(low, low), vuzp2q_s8(codes, codes), 4);
}

static inline void put(u8 *to, u32 bits, u32 count, int8x16_t codes)
{
	static const u8 place[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

	if (bits == 8) {
		store_some(to, count, codes);
		return;
	}
	/* Of the last byte, only bits of codes. */
	codes = vandq_s8(codes, vreinterpretq_s8_u8(vcltq_u8(vld1q_u8(place),
							     vdupq_n_u8((u8)count))));
	store_some(to, (count + 1) / 2, pack_halves(codes));
}

/* All pixels of sixteen channels, whose numbers stay in registers. */
#define STORE(NAME, RULE)								\
void NAME(const struct qnn_store *s, const struct qnn_tile_out *t)			\
{											\
	const u32 padded = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;		\
	const struct code_range range = code_range(s);					\
	u32 p, first;									\
											\
	for (first = 0; first < t->count; first += CODES) {				\
		const u32 at = s->group_padded * t->group + t->first + first;		\
		const u64 channel = s->group_out * t->group + t->first + first;		\
		const u32 count = min_u32(t->count - first, CODES);			\
		struct numbers n[4];							\
											\
		UNROLL for (u32 i = 0; i < 4; i++)					\
			n[i] = numbers_##RULE(s->arrays, at + i * QUARTER);		\
		for (p = 0; p < t->pixels; p++) {					\
			const int32x4_t extra = vdupq_n_s32((s32)t->extra[p]);		\
			const s32 *acc = t->acc + p * padded + first;			\
			int32x4_t codes[4];						\
											\
			UNROLL for (u32 i = 0; i < 4; i++)				\
				codes[i] = code_##RULE(&n[i], vaddq_s32(		\
						load(acc + i * QUARTER), extra));	\
			put(t->pixel[p] + channel * s->bits / 8, s->bits, count,	\
			    narrow(&range, codes));					\
		}									\
	}										\
}

STORE(qnn_store_a_codes_neondot, a)
STORE(qnn_store_b_codes_neondot, b)
STORE(qnn_store_a_left_codes_neondot, a_left)
STORE(qnn_store_b_left_codes_neondot, b_left)
static STORE(store_c, c)

TO_NEAREST(qnn_store_c_codes_neondot, store_c)

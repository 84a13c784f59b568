// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of one and two bits: a mask for each step. */
#include "../steps.h"
#include "steps.h"
#include "element.h"

#define INLINE	static inline __attribute__((always_inline))

/*
 * Lanes that have reached a step. As a number of 32 bits from here on: of 16,
 * the compiler keeps what is above them from whatever was there before.
 */
INLINE u32 reached(__m512i sum, const s32 *step)
{
	return _cvtmask16_u32(_mm512_cmpge_epi32_mask(sum, _mm512_loadu_si512(step)));
}

/* A bit of the code of each channel of a pixel; of two, the second one, too. */
INLINE void steps_of_pixel(const struct qnn_store *s, const struct qnn_tile_out *t, u32 p,
			   const u32 bits, const u32 vectors, u64 word[2])
{
	const u32 channel = s->group_padded * t->group + t->first;
	const s32 *step = (const s32 *)s->arrays + channel, *acc = t->acc + p * vectors * QNN_LANES;
	const u64 padded = s->padded;
	u32 v;

	word[0] = 0;
	word[1] = 0;
	UNROLL for (v = 0; v < vectors; v++, step += QNN_LANES) {
		__m512i sum = _mm512_add_epi32(_mm512_load_si512(acc + v * QNN_LANES),
					       _mm512_set1_epi32((s32)t->extra[p]));
		u32 low = reached(sum, step), high;

		if (bits == 2) {
			high = reached(sum, step + padded);
			low ^= high ^ reached(sum, step + 2 * padded);
			word[1] |= (u64)high << v * QNN_LANES;
		}
		word[0] |= (u64)low << v * QNN_LANES;
	}
}

/* What is to be turned of a block of channels. */
static inline u64 turned(const u16 *invert, u32 vectors)
{
	u64 word = 0;
	u32 v;

	for (v = 0; v < vectors; v++)
		word |= (u64)invert[v] << v * QNN_LANES;
	return word;
}

INLINE void store_bits(const struct qnn_store *s, const struct qnn_tile_out *t, const u32 bits,
		       const u32 vectors)
{
	const u64 channel = s->group_out * t->group + t->first;
	const u64 kept = t->count < 64 ? (1ull << t->count) - 1 : ~0ull;
	const u16 *invert = qnn_steps_invert(s, bits) +
			    (s->group_padded * t->group + t->first) / QNN_LANES;
	const u64 turn_low = turned(invert, vectors);
	const u64 turn_high = bits == 2 ? turned(invert + s->padded / QNN_LANES, vectors) : 0;
	u64 word[2];
	u32 p;

	for (p = 0; p < t->pixels; p++) {
		steps_of_pixel(s, t, p, bits, vectors, word);
		store_joined(t->pixel[p] + channel * bits / 8, bits, t->count,
			     (word[0] ^ turn_low) & kept, (word[1] ^ turn_high) & kept);
	}
}

/* Loops over vectors are none. */
INLINE void store_any(const struct qnn_store *s, const struct qnn_tile_out *t, const u32 bits)
{
	switch ((t->count + QNN_LANES - 1) / QNN_LANES) {
	case 1:
		store_bits(s, t, bits, 1);
		break;
	case 2:
		store_bits(s, t, bits, 2);
		break;
	case 3:
		store_bits(s, t, bits, 3);
		break;
	default:
		store_bits(s, t, bits, 4);
		break;
	}
}

void qnn_store_steps_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	if (qnn_elem_bits(s->cmd->out.type) == 1)
		store_any(s, t, 1);
	else
		store_any(s, t, 2);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Pairs of elements to one or two bits: a table of bounds for each step. */
#include "../isa.h"
#include "pick.h"
#include "steps.h"

#define STEPS	3u

INLINE void pairs(const struct qnn_pairs_args *args, const u32 bits, const int wide)
{
	const struct qnn_pair_steps *s = args->steps;
	const u32 steps = bits == 1 ? 1 : STEPS;
	const __m512i flip_x = _mm512_set1_epi8((char)s->flip[0]);
	const __m512i flip_y = _mm512_set1_epi8((char)s->flip[1]);
	__m512i table[STEPS][4];
	u32 at;

	UNROLL for (u32 k = 0; k < steps; k++)
		UNROLL for (u32 i = 0; i < 4; i++)
			table[k][i] = _mm512_loadu_si512(s->below[k] + 64 * i);
	for (at = 0; at < args->count; at += 64) {
		const u32 count = args->count - at < 64 ? args->count - at : 64;
		const u64 have = first_bytes(count);
		__m512i x = _mm512_xor_si512(flip_x, _mm512_maskz_loadu_epi8(have, args->x + at));
		__m512i y = _mm512_xor_si512(flip_y, _mm512_maskz_loadu_epi8(have, args->y + at));
		u64 missed[STEPS] = { 0 };

		UNROLL for (u32 k = 0; k < steps; k++) {
			u64 open = s->always_none[k] | (u64)_mm512_cmplt_epu8_mask(y,
					_mm512_set1_epi8((char)s->always_from[k]));

			missed[k] = (u64)_mm512_mask_cmple_epu8_mask((__mmask64)open, x,
								     pick(table[k], y, wide));
		}
		/* Who has reached a step has reached those before it. */
		store_joined(args->dst + (u64)at * bits / 8, bits, count,
			     have & ~(missed[0] ^ missed[1] ^ missed[2]),
			     have & (missed[1] ^ s->turn));
	}
}

void qnn_map_avx512bits(const u8 *table, const u8 *src, u32 bits, u32 count, u8 *dst)
{
	const u32 bytes = 64 * bits / 8;
	__m512i entries[4];
	u32 at;

	UNROLL for (u32 i = 0; i < 4; i++)
		entries[i] = _mm512_loadu_si512(table + 64 * i);
	for (at = 0; at < count; at += 64, dst += bytes) {
		const u32 left = min_u32(count - at, 64);
		__m512i codes = pick(entries,
				     _mm512_maskz_loadu_epi8(first_bytes(left), src + at), 1);

		if (bits == 8)
			store_bytes(dst, left, codes);
		else
			put_narrow(dst, bits, left, codes);
	}
}

void qnn_pairs_avx512bits(const struct qnn_pairs_args *args)
{
	if (args->bits == 1)
		pairs(args, 1, 1);
	else if (args->wide)
		pairs(args, 2, 1);
	else
		pairs(args, 2, 0);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of one and two bits: a mask for each step. */
#include "../steps.h"
#include "avx512.h"
#include "element.h"

/* Sixteen channels of all pixels: a bit of their codes each. */
static inline void steps_of_vector(const struct qnn_store *s, const struct qnn_tile_out *t,
				   u32 v, u32 bits, u64 words[][QNN_MAC_ROWS])
{
	const u32 channel = s->group_padded * t->group + t->first + v;
	const u32 width = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;
	const u16 *invert = qnn_steps_invert(s, bits) + channel / QNN_LANES;
	const u32 turn[2] = { invert[0], bits == 2 ? invert[s->padded / QNN_LANES] : 0 };
	__m512i step[3];
	u32 p, k;

	for (k = 0; k < qnn_steps_levels(bits); k++)
		step[k] = _mm512_loadu_si512((const s32 *)s->arrays + (u64)k * s->padded + channel);
	for (p = 0; p < t->pixels; p++) {
		__m512i acc = _mm512_add_epi32(_mm512_load_si512(t->acc + p * width + v),
					       _mm512_set1_epi32((s32)t->extra[p]));
		u32 low = _mm512_cmpge_epi32_mask(acc, step[0]), high;

		if (bits == 2) {
			high = _mm512_cmpge_epi32_mask(acc, step[1]);
			low ^= high ^ (u32)_mm512_cmpge_epi32_mask(acc, step[2]);
			words[1][p] |= (u64)(high ^ turn[1]) << v;
		}
		words[0][p] |= (u64)(low ^ turn[0]) << v;
	}
}

/* Two bits of 64 channels, side by side. */
static inline __m128i join(u64 low, u64 high)
{
	__m512i codes = _mm512_maskz_set1_epi8((__mmask64)low, 1);

	codes = _mm512_mask_add_epi8(codes, (__mmask64)high, codes, _mm512_set1_epi8(2));
	codes = _mm512_maddubs_epi16(codes, _mm512_set1_epi16(4 << 8 | 1));
	codes = _mm512_madd_epi16(codes, _mm512_set1_epi32(16 << 16 | 1));
	return _mm512_cvtepi32_epi8(codes);
}

static inline void store_bits(const struct qnn_store *s, const struct qnn_tile_out *t, u32 bits)
{
	const u64 channel = s->group_out * t->group + t->first;
	const u64 kept = t->count < 64 ? (1ull << t->count) - 1 : ~0ull;
	const __mmask16 bytes = (__mmask16)((1u << (t->count * bits + 7) / 8) - 1);
	u64 words[2][QNN_MAC_ROWS] = { { 0 } };
	u32 v, p;

	for (v = 0; v < t->count; v += QNN_LANES)
		steps_of_vector(s, t, v, bits, words);
	for (p = 0; p < t->pixels; p++) {
		u64 low = words[0][p] & kept;
		__m128i codes = bits == 1 ? _mm_cvtsi64_si128((s64)low) :
				join(low, words[1][p] & kept);

		_mm_mask_storeu_epi8(t->pixel[p] + channel * bits / 8, bytes, codes);
	}
}

void qnn_store_steps_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	if (qnn_elem_bits(s->cmd->out.type) == 1)
		store_bits(s, t, 1);
	else
		store_bits(s, t, 2);
}

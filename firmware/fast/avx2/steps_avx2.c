// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of one and two bits: how many steps each of 32 accumulators reaches. */
#include "../steps.h"
#include "../bits.h"
#include "avx2.h"
#include "element.h"

#define CODES	32u

/* Of eight channels, less how many there are. */
INLINE __m256i count_steps(const s32 *step, u64 padded, __m256i acc, const u32 bits)
{
	__m256i count = _mm256_cmpgt_epi32(load(step), acc);

	if (bits == 1)
		return count;
	count = _mm256_add_epi32(count, _mm256_cmpgt_epi32(load(step + padded), acc));
	return _mm256_add_epi32(count, _mm256_cmpgt_epi32(load(step + 2 * padded), acc));
}

/* Bytes of codes, side by side. */
INLINE u64 pack(__m256i codes, const u32 bits)
{
	if (bits == 1)
		return (u32)_mm256_movemask_epi8(_mm256_slli_epi16(codes, 7));
	codes = _mm256_maddubs_epi16(codes, _mm256_set1_epi16(4 << 8 | 1));
	codes = _mm256_madd_epi16(codes, _mm256_set1_epi32(16 << 16 | 1));
	codes = _mm256_packus_epi32(codes, codes);
	codes = _mm256_packus_epi16(codes, codes);
	return (u32)_mm256_extract_epi32(codes, 0) | (u64)(u32)_mm256_extract_epi32(codes, 4) << 32;
}

/* A pixel's channels from @first on: where there is but a vector, it is read twice. */
INLINE u64 codes_of(const struct qnn_store *s, const struct qnn_tile_out *t, u32 p, u32 first,
		    const u32 bits)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256i extra = _mm256_set1_epi32((s32)t->extra[p]);
	const u32 width = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;
	const s32 *step = (const s32 *)s->arrays + s->group_padded * t->group + t->first + first;
	const s32 *acc = t->acc + p * width + first;
	__m256i count[4], low, high;

	UNROLL for (u32 i = 0; i < 4; i++) {
		u32 lane = i * HALF < width - first ? i * HALF : 0;

		count[i] = count_steps(step + lane, s->padded,
				       _mm256_add_epi32(load(acc + lane), extra), bits);
	}
	low = _mm256_packs_epi32(count[0], count[1]);
	high = _mm256_packs_epi32(count[2], count[3]);
	low = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
	return pack(_mm256_add_epi8(low, _mm256_set1_epi8(bits == 1 ? 1 : 3)), bits);
}

/* What the codes of channels from @first on are turned by. */
static u64 turn_of(const struct qnn_store *s, const struct qnn_tile_out *t, u32 first, u32 bits)
{
	const u16 *low = qnn_steps_invert(s, bits) +
			 (s->group_padded * t->group + t->first + first) / QNN_LANES;
	const u16 *high = low + s->padded / QNN_LANES;
	const u32 both = first + QNN_LANES < t->count;
	u64 turn = low[0] | (both ? (u32)low[1] << 16 : 0);

	if (bits == 1)
		return turn;
	return qnn_bits_join(turn | (u64)(high[0] | (both ? (u32)high[1] << 16 : 0)) << 32);
}

static void put(u8 *dst, u64 value, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		dst[i] = (u8)(value >> 8 * i);
}

INLINE void store_bits(const struct qnn_store *s, const struct qnn_tile_out *t, const u32 bits)
{
	const u64 channel = s->group_out * t->group + t->first;
	u32 first, p;

	for (first = 0; first < t->count; first += CODES) {
		const u32 count = min_u32(t->count - first, CODES), wanted = count * bits;
		const u64 kept = wanted < 64 ? (1ull << wanted) - 1 : ~0ull;
		const u64 turn = turn_of(s, t, first, bits);

		for (p = 0; p < t->pixels; p++) {
			u64 codes = (codes_of(s, t, p, first, bits) ^ turn) & kept;
			u8 *dst = t->pixel[p] + (channel + first) * bits / 8;

			if (count == CODES)
				__builtin_memcpy(dst, &codes, CODES * bits / 8);
			else
				put(dst, codes, (wanted + 7) / 8);
		}
	}
}

void qnn_store_steps_avx2(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	if (qnn_elem_bits(s->cmd->out.type) == 1)
		store_bits(s, t, 1);
	else
		store_bits(s, t, 2);
}

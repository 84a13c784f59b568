// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of one and two bits: eight answers at a time. */
#include "../steps.h"
#include "../bits.h"
#include "avx2.h"
#include "element.h"

/* Does each of eight accumulators reach its step? */
static inline u32 reached(__m256i acc, const s32 *step)
{
	return 0xffu ^ (u32)_mm256_movemask_ps(_mm256_castsi256_ps(
			_mm256_cmpgt_epi32(load(step), acc)));
}

/* A bit of the code of each channel of a pixel. */
static inline void steps_of_pixel(const struct qnn_store *s, const struct qnn_tile_out *t, u32 p,
				  u32 bits, u64 word[2])
{
	const u32 channel = s->group_padded * t->group + t->first;
	const u32 width = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;
	const u16 *invert = qnn_steps_invert(s, bits) + channel / QNN_LANES;
	const __m256i extra = _mm256_set1_epi32((s32)t->extra[p]);
	const s32 *step = (const s32 *)s->arrays + channel;
	u32 v;

	word[0] = 0;
	word[1] = 0;
	for (v = 0; v < t->count; v += HALF, step += HALF) {
		__m256i acc = _mm256_add_epi32(load(t->acc + p * width + v), extra);
		u32 low = reached(acc, step), high;

		if (bits == 2) {
			high = reached(acc, step + s->padded);
			low ^= high ^ reached(acc, step + 2 * (u64)s->padded);
			word[1] |= (u64)high << v;
		}
		word[0] |= (u64)low << v;
	}
	for (v = 0; v < t->count; v += QNN_LANES) {
		word[0] ^= (u64)invert[v / QNN_LANES] << v;
		if (bits == 2)
			word[1] ^= (u64)invert[s->padded / QNN_LANES + v / QNN_LANES] << v;
	}
}

static void put(u8 *dst, u64 value, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		dst[i] = (u8)(value >> 8 * i);
}

static inline void store_bits(const struct qnn_store *s, const struct qnn_tile_out *t, u32 bits)
{
	const u64 channel = s->group_out * t->group + t->first;
	const u64 kept = t->count < 64 ? (1ull << t->count) - 1 : ~0ull;
	const u32 bytes = (t->count * bits + 7) / 8;
	u64 word[2], low, high;
	u32 p;

	for (p = 0; p < t->pixels; p++) {
		u8 *dst = t->pixel[p] + channel * bits / 8;

		steps_of_pixel(s, t, p, bits, word);
		low = word[0] & kept;
		high = word[1] & kept;
		if (bits == 2) {
			word[0] = qnn_bits_join((u32)low | high << 32);
			word[1] = qnn_bits_join(low >> 32 | (high >> 32) << 32);
			put(dst, word[0], min_u32(bytes, 8));
			if (bytes > 8)
				put(dst + 8, word[1], bytes - 8);
		} else {
			put(dst, low, bytes);
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

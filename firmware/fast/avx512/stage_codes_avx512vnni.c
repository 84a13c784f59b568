// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Output stages of tiles whose results are codes of 8 bits and less: sixty-four
 * of them at a time, of one pixel, or of two or four with fewer channels.
 */
#include "codes.h"

#define INLINE	static inline __attribute__((always_inline))

typedef __m512i (*code_fn)(const void *arrays, u32 vector, __m512i acc);

/* One pixel's channels. */
static inline void put(u8 *to, u32 bits, u32 count, __m512i codes)
{
	if (bits == 8)
		store_bytes(to, count, codes);
	else
		put_narrow(to, bits, count, codes);
}

/* The same, from half @half: no masks for what is there most often. */
static inline void put_half(u8 *to, u32 bits, u32 count, __m512i codes, u32 half)
{
	__m256i bytes = half ? _mm512_extracti64x4_epi64(codes, 1) : _mm512_castsi512_si256(codes);

	if (bits == 8 && count == 2 * QNN_LANES)
		_mm256_storeu_si256((__m256i *)to, bytes);
	else
		put(to, bits, count, _mm512_zextsi256_si512(bytes));
}

/* The same, from part @part of four. */
static inline void put_part(u8 *to, u32 bits, u32 count, __m512i codes, u32 part)
{
	__m128i bytes = _mm512_castsi512_si128(codes);

	if (part == 1)
		bytes = _mm512_extracti32x4_epi32(codes, 1);
	else if (part == 2)
		bytes = _mm512_extracti32x4_epi32(codes, 2);
	else if (part == 3)
		bytes = _mm512_extracti32x4_epi32(codes, 3);
	if (bits == 8 && count == QNN_LANES)
		_mm_storeu_si128((__m128i *)to, bytes);
	else
		put(to, bits, count, _mm512_zextsi128_si512(bytes));
}

/* What is the same for all pixels of a tile. */
struct tile {
	const struct qnn_tile_out *out;
	struct code_range range;
	const u8 *arrays;	/* of the whole command */
	u32 vector;		/* the tile's first in them */
	u32 bits;
	u64 offset;		/* of the first channel in a pixel */
};

INLINE struct tile tile_of(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	struct tile tile = { .out = t, .arrays = s->arrays };

	tile.range = code_range(s);
	tile.vector = (s->group_padded * t->group + t->first) / QNN_LANES;
	tile.bits = s->bits;
	tile.offset = (u64)(s->group_out * t->group + t->first) * tile.bits / 8;
	return tile;
}

/* Do @pixels of @bytes lie side by side? Those that are not kept have the place of a later one. */
INLINE int adjacent(u8 *const *to, const u32 pixels, u32 bytes)
{
	UNROLL for (u32 i = 1; i < pixels; i++) {
		if (to[i] != to[i - 1] + bytes)
			return 0;
	}
	return 1;
}

INLINE void put_few(const struct tile *tile, u32 first, u32 pixels, const u32 vectors, __m512i bytes)
{
	const struct qnn_tile_out *t = tile->out;
	u8 *const *to = &t->pixel[first];
	const u32 together = 4 / vectors;

	if (together > 1 && pixels >= together && t->count == vectors * QNN_LANES &&
	    tile->bits == 8 && adjacent(to, together, t->count)) {
		_mm512_storeu_si512(to[0] + tile->offset, bytes);
		return;
	}
	if (vectors > 2) {
		put(to[0] + tile->offset, tile->bits, t->count, bytes);
		return;
	}
	if (vectors == 2) {
		put_half(to[0] + tile->offset, tile->bits, t->count, bytes, 0);
		if (pixels > 1)
			put_half(to[1] + tile->offset, tile->bits, t->count, bytes, 1);
		return;
	}
	UNROLL for (u32 i = 0; i < 4; i++) {
		if (i >= pixels)
			break;
		put_part(to[i] + tile->offset, tile->bits, t->count, bytes, i);
	}
}

/*
 * @vectors of each of 4 / @vectors pixels from @first on, of the first one again
 * where there are no more.
 */
INLINE void store_few(const struct tile *tile, u32 first, const u32 vectors, code_fn code)
{
	const struct qnn_tile_out *t = tile->out;
	const u32 pixels = t->pixels - first;
	__m512i codes[4];

	UNROLL for (u32 i = 0; i < 4; i++) {
		const u32 p = i / vectors < pixels ? first + i / vectors : first, v = i % vectors;

		if (vectors == 3 && i == 3) {
			codes[i] = _mm512_setzero_si512();
			continue;
		}
		codes[i] = _mm512_load_si512(t->acc + (p * vectors + v) * QNN_LANES);
		if (t->extra[p])
			codes[i] = _mm512_add_epi32(codes[i],
						    _mm512_set1_epi32((s32)t->extra[p]));
		codes[i] = code(tile->arrays, tile->vector + v, codes[i]);
	}
	put_few(tile, first, pixels, vectors, narrow_in_order(&tile->range, codes));
}

#define STORE(RULE, VECTORS)								\
static void store_##RULE##_##VECTORS(const struct qnn_store *s,				\
				     const struct qnn_tile_out *t)			\
{											\
	const struct tile tile = tile_of(s, t);						\
	u32 p;										\
											\
	for (p = 0; p < t->pixels; p += 4 / (VECTORS))					\
		store_few(&tile, p, VECTORS, code_##RULE);				\
}

#define STORES(RULE)									\
STORE(RULE, 1)										\
STORE(RULE, 2)										\
STORE(RULE, 3)										\
STORE(RULE, 4)										\
											\
void qnn_store_##RULE##_codes_avx512vnni(const struct qnn_store *s,			\
					 const struct qnn_tile_out *t)			\
{											\
	static const qnn_stage_fn store[4] = {						\
		store_##RULE##_1, store_##RULE##_2, store_##RULE##_3, store_##RULE##_4,	\
	};										\
											\
	store[(t->count - 1) / QNN_LANES](s, t);					\
}

STORES(a)
STORES(b)
STORES(c)
STORES(a_left)
STORES(b_left)

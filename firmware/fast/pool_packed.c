// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The largest elements of a window, where a byte has several: eight bytes at a time. */
#include "element.h"
#include "kernel.h"
#include "pool_packed.h"

#define WORD		sizeof(u64)
#define EVERY_BYTE(b)	((u64)(b) * 0x0101010101010101ull)

/* Whichever is larger of the sixteen elements. Even ones and odd ones have room for a borrow. */
static inline u64 max4_half(u64 a, u64 b)
{
	const u64 not_less = ((a | EVERY_BYTE(0x10)) - b) & EVERY_BYTE(0x10);

	return b ^ ((a ^ b) & (not_less - (not_less >> 4)));
}

static inline u64 max4(u64 a, u64 b)
{
	const u64 low = EVERY_BYTE(0x0f);

	return max4_half(a & low, b & low) | max4_half(a >> 4 & low, b >> 4 & low) << 4;
}

/* A higher bit decides, and where those are equal the lower one. */
static inline u64 max2(u64 a, u64 b)
{
	const u64 differ = a ^ b, more = a & differ, high = EVERY_BYTE(0xaa);
	const u64 larger = (more | (more << 1 & ~differ)) & high;

	return b ^ (differ & (larger | larger >> 1));
}

/* @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
u64 max_of(u64 a, u64 b, const u32 bits)
{
	return bits == 4 ? max4(a, b) : bits == 2 ? max2(a, b) : a | b;
}

static inline u64 load(const u8 *src, u32 bytes)
{
	u64 word = 0;

	if (bytes == WORD) {
		__builtin_memcpy(&word, src, WORD);
		return word;
	}
	while (bytes--)
		word = word << 8 | src[bytes];
	return word;
}

static inline void keep(u8 *dst, u64 word, u32 bytes)
{
	if (bytes == WORD) {
		__builtin_memcpy(dst, &word, WORD);
		return;
	}
	for (; bytes--; word >>= 8)
		*dst++ = (u8)word;
}

static inline __attribute__((always_inline))
void window_max(const struct qnn_window *w, const u32 bits)
{
	const u32 pixel = (w->count * bits + 7) / 8, left = w->count * bits % 8;
	/* With a sign, the smallest element becomes 0. */
	const u64 flip = w->is_signed ? EVERY_BYTE(bits == 4 ? 0x88 : 0xaa) : 0;
	u32 at, n, y, x;

	for (at = 0; at < pixel; at += n) {
		const u8 *row = w->src + at;
		u64 most = 0;

		n = pixel - at < WORD ? pixel - at : WORD;
		if (!w->first)
			most = load(w->dst + at, n) ^ flip;
		for (y = 0; y < w->rows; y++, row += w->row_step) {
			const u8 *tap = row;

			for (x = 0; x < w->columns; x++, tap += w->column_step)
				most = max_of(most, load(tap, n) ^ flip, bits);
		}
		keep(w->dst + at, most ^ flip, n);
	}
	if (left)
		w->dst[pixel - 1] &= (1u << left) - 1;
}

void qnn_pool_max_packed(const struct qnn_window *window, u32 bits)
{
	if (bits == 4)
		window_max(window, 4);
	else if (bits == 2)
		window_max(window, 2);
	else
		window_max(window, 1);
}

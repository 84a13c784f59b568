// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations x s8 weights whose products do not fit into 16 bits in pairs:
 * both as 16 bits. Bytes 0 and 2 of each four, and 1 and 3, become pairs.
 */
#include "avx2.h"

#define MOST	6u		/* pixels of a tile */
#define CHUNK	192u		/* bytes of a pixel that are widened at a time */

/* What is under the kernel at each pixel, widened, where the tile's sums leave room. */
struct chunk {
	u8 even[MOST][CHUNK];
	u8 odd[MOST][CHUNK];
};

_Static_assert(MOST * QNN_BLOCK * 4 + sizeof(struct chunk) <= QNN_ACC_BYTES,
	       "room for a chunk behind the largest tile");

/* A place in the segments under the kernel. */
struct place {
	u32 y, x;
	u32 done;		/* bytes of the segment */
};

INLINE void put(u8 *to, u64 bytes, const u32 count)
{
	__builtin_memcpy(to, &bytes, count);
}

/* A multiple of four. */
static inline void split(u8 *even, u8 *odd, const u8 *bytes, u32 count)
{
	u32 i, four;
	u64 eight;

	for (i = 0; i + 32 <= count; i += 32) {
		__m256i all = load(bytes + i);

		store(even + i, even_bytes(all));
		store(odd + i, odd_bytes(all));
	}
	for (; i + 8 <= count; i += 8) {
		__builtin_memcpy(&eight, bytes + i, 8);
		put(even + i, eight & 0x00ff00ff00ff00ff, 8);
		put(odd + i, eight >> 8 & 0x00ff00ff00ff00ff, 8);
	}
	if (i < count) {
		__builtin_memcpy(&four, bytes + i, 4);
		put(even + i, four & 0x00ff00ff, 4);
		put(odd + i, four >> 8 & 0x00ff00ff, 4);
	}
}

/* The next bytes of each pixel; gives how many, 0 at the end. */
static u32 next_chunk(const struct qnn_mac_args *args, u32 pixels, struct place *at,
		      struct chunk *chunk)
{
	u32 filled = 0, n, p;

	while (filled < CHUNK && at->y < args->rows) {
		u64 offset = (u64)at->y * args->row_step + (u64)at->x * args->column_step +
			     at->done;

		n = min_u32(args->length - at->done, CHUNK - filled);
		for (p = 0; p < pixels; p++)
			split(chunk->even[p] + filled, chunk->odd[p] + filled,
			      args->pixel[p] + offset, n);
		filled += n;
		at->done += n;
		if (at->done < args->length)
			continue;
		at->done = 0;
		if (++at->x == args->columns) {
			at->x = 0;
			at->y++;
		}
	}
	return filled;
}

/* Half of four depths of sixteen channels. */
INLINE void add_pairs(__m256i acc[MOST][2], const u8 (*pairs)[CHUNK], u32 at, __m256i low,
		      __m256i high, const u32 pixels)
{
	UNROLL for (u32 p = 0; p < pixels; p++) {
		__m256i a = broadcast4(pairs[p] + at);

		IN_TURN(a);
		acc[p][0] = _mm256_add_epi32(acc[p][0], _mm256_madd_epi16(a, low));
		acc[p][1] = _mm256_add_epi32(acc[p][1], _mm256_madd_epi16(a, high));
		IN_TURN(acc[p][0]);
		IN_TURN(acc[p][1]);
	}
}

/* A chunk of sixteen channels. */
INLINE void add_chunk(const struct chunk *chunk, u32 bytes, const u8 *weights, u32 step, s32 *sums,
		      const u32 pixels)
{
	__m256i acc[MOST][2];
	u32 at;

	UNROLL for (u32 p = 0; p < pixels; p++) {
		acc[p][0] = load(sums + p * step);
		acc[p][1] = load(sums + p * step + HALF);
	}
	for (at = 0; at < bytes; at += 4, weights += 4 * step) {
		add_pairs(acc, chunk->even, at, even_signed(load(weights)),
			  even_signed(load(weights + 32)), pixels);
		add_pairs(acc, chunk->odd, at, odd_signed(load(weights)),
			  odd_signed(load(weights + 32)), pixels);
	}
	UNROLL for (u32 p = 0; p < pixels; p++) {
		store(sums + p * step, acc[p][0]);
		store(sums + p * step + HALF, acc[p][1]);
	}
}

#define MAC_KERNEL(PIXELS)								\
static void mac_##PIXELS(const struct qnn_mac_args *args, const u32 vectors)		\
{											\
	struct chunk *chunk = (struct chunk *)(args->acc + MOST * QNN_BLOCK);		\
	const u8 *weights = (const u8 *)args->weights;					\
	const u32 step = vectors * QNN_LANES;						\
	struct place at = { 0, 0, 0 };							\
	u32 bytes, v;									\
											\
	begin(args, PIXELS, step);							\
	while ((bytes = next_chunk(args, PIXELS, &at, chunk)) != 0) {			\
		for (v = 0; v < vectors; v++)						\
			add_chunk(chunk, bytes, weights + v * 64, step,			\
				  args->acc + v * QNN_LANES, PIXELS);			\
		weights += (u64)bytes * step;						\
	}										\
}

/* One pixel: weights are read once, in the order in which they lie. */
INLINE void mac_one(const struct qnn_mac_args *args, const u32 vectors)
{
	const u8 *weights = (const u8 *)args->weights;
	__m256i acc[8];
	u32 y, x, i;

	UNROLL for (u32 h = 0; h < 2 * vectors; h++)
		acc[h] = load(args->start[0] + h * HALF);
	for (y = 0; y < args->rows; y++) {
		for (x = 0; x < args->columns; x++) {
			const u8 *at = args->pixel[0] + (u64)y * args->row_step +
				       (u64)x * args->column_step;

			for (i = 0; i < args->length; i += 4, weights += 64 * vectors) {
				const __m256i a = broadcast4(at + i);
				const __m256i even = even_bytes(a), odd = odd_bytes(a);

				UNROLL for (u32 h = 0; h < 2 * vectors; h++) {
					const __m256i w = load(weights + 32 * h);

					if (h % 2 == 0)
						fetch(weights + 32 * h);
					acc[h] = _mm256_add_epi32(acc[h], _mm256_add_epi32(
						_mm256_madd_epi16(even, even_signed(w)),
						_mm256_madd_epi16(odd, odd_signed(w))));
				}
			}
		}
	}
	UNROLL for (u32 h = 0; h < 2 * vectors; h++)
		store(args->acc + h * HALF, acc[h]);
}

MAC_KERNEL(6)
MAC_KERNEL(4)
MAC_KERNEL(2)

#define KERNELS_OF(VECTORS)								\
static void mac_u8s8_6x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	mac_6(args, VECTORS);								\
}											\
											\
static void mac_u8s8_4x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	mac_4(args, VECTORS);								\
}											\
											\
static void mac_u8s8_2x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	mac_2(args, VECTORS);								\
}											\
											\
static void mac_u8s8_1x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	mac_one(args, VECTORS);								\
}

KERNELS_OF(1)
KERNELS_OF(2)
KERNELS_OF(3)
KERNELS_OF(4)

#define KERNEL(PIXELS, VECTORS)								\
	{ .run = mac_u8s8_##PIXELS##x##VECTORS##_avx2, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(6, VECTORS), KERNEL(4, VECTORS), KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_mac_u8s8_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

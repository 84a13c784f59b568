// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations x s8 weights, of which one or both have few bits: sums of 16
 * bits, QNN_SHORT_PAIRS of which are added before they are widened.
 */
#include "avx2.h"

#define MOST	6u		/* pixels of a tile */

/* Four depths of sixteen channels. */
INLINE void add_quad(__m256i sum[MOST][2], const u8 *const pixel[MOST], u64 at,
		     const u8 *weights, const u32 pixels, const u32 first)
{
	const __m256i low = load(weights), high = load(weights + 32);

	UNROLL for (u32 p = 0; p < pixels; p++) {
		__m256i a = broadcast4(pixel[p] + at), product;

		IN_TURN(a);
		product = _mm256_maddubs_epi16(a, low);
		sum[p][0] = first ? product : _mm256_add_epi16(sum[p][0], product);
		product = _mm256_maddubs_epi16(a, high);
		sum[p][1] = first ? product : _mm256_add_epi16(sum[p][1], product);
		IN_TURN(sum[p][0]);
		IN_TURN(sum[p][1]);
	}
}

/* Pairs of sums go to accumulators of 32 bits. */
INLINE void widen(s32 *acc, u32 step, __m256i sum[MOST][2], const u32 pixels)
{
	const __m256i ones = _mm256_set1_epi16(1);

	UNROLL for (u32 p = 0; p < pixels; p++) {
		s32 *to = acc + p * step;

		store(to, _mm256_add_epi32(load(to), _mm256_madd_epi16(sum[p][0], ones)));
		store(to + HALF, _mm256_add_epi32(load(to + HALF),
						  _mm256_madd_epi16(sum[p][1], ones)));
	}
}

/* Sixteen channels after the other. */
INLINE void mac_vector(const struct qnn_mac_args *args, u32 v, u32 vectors, const u32 pixels)
{
	const u8 *weights = (const u8 *)args->weights + (u64)v * 64;
	const u32 step = vectors * QNN_LANES;
	s32 *acc = args->acc + v * QNN_LANES;
	const u8 *pixel[MOST];
	__m256i sum[MOST][2];
	u32 y, x;

	UNROLL for (u32 p = 0; p < pixels; p++)
		pixel[p] = args->pixel[p];
	for (y = 0; y < args->rows; y++) {
		for (x = 0; x < args->columns; x++) {
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;
			const u64 end = at + args->length;

			for (; end - at >= 4 * QNN_SHORT_PAIRS; at += 4 * QNN_SHORT_PAIRS) {
				UNROLL for (u32 quad = 0; quad < QNN_SHORT_PAIRS; quad++) {
					add_quad(sum, pixel, at + 4 * quad, weights, pixels, !quad);
					weights += 4 * step;
				}
				widen(acc, step, sum, pixels);
			}
			if (at == end)
				continue;
			add_quad(sum, pixel, at, weights, pixels, 1);
			weights += 4 * step;
			for (at += 4; at != end; at += 4, weights += 4 * step)
				add_quad(sum, pixel, at, weights, pixels, 0);
			widen(acc, step, sum, pixels);
		}
	}
}

#define MAC_VECTORS(PIXELS, VECTORS)							\
static void mac_short_##PIXELS##x##VECTORS##_avx2(const struct qnn_mac_args *args)	\
{											\
	u32 v;										\
											\
	begin(args, PIXELS, (VECTORS) * QNN_LANES);					\
	for (v = 0; v < (VECTORS); v++)							\
		mac_##PIXELS(args, v, VECTORS);						\
}

#define MAC_KERNELS(PIXELS)								\
static void mac_##PIXELS(const struct qnn_mac_args *args, u32 v, u32 vectors)		\
{											\
	mac_vector(args, v, vectors, PIXELS);						\
}											\
											\
	MAC_VECTORS(PIXELS, 1)								\
	MAC_VECTORS(PIXELS, 2)								\
	MAC_VECTORS(PIXELS, 3)								\
	MAC_VECTORS(PIXELS, 4)

MAC_KERNELS(6)
MAC_KERNELS(4)
MAC_KERNELS(2)
MAC_KERNELS(1)

#define KERNEL(PIXELS, VECTORS)								\
	{ .run = mac_short_##PIXELS##x##VECTORS##_avx2, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(6, VECTORS), KERNEL(4, VECTORS), KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_mac_short_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

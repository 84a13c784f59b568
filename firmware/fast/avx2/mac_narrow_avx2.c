// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* u8 activations x s8 weights that make sums of two products fit into 16 bits. */
#include "avx2.h"

/* Four depths of sixteen channels. */
static inline void add_quad(__m256i acc[2], __m256i a, const __m256i w[2])
{
	const __m256i ones = _mm256_set1_epi16(1);

	UNROLL for (u32 i = 0; i < 2; i++)
		acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(
				_mm256_maddubs_epi16(a, w[i]), ones));
}

/* Sixteen channels after the other: there are no registers for more. */
#define MAC_KERNEL(PIXELS)						\
static inline void mac_narrow_##PIXELS(const struct qnn_mac_args *args, u32 v,	\
					 u32 vectors)					\
{											\
	const s8 *weights = args->weights + (u64)v * 64;				\
	const u32 step = vectors * QNN_LANES;						\
	const u8 *pixel[PIXELS];							\
	__m256i acc[PIXELS][2];								\
	u32 y, x, i;									\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		const s32 *start = args->start[p] + v * QNN_LANES;			\
											\
		pixel[p] = args->pixel[p];						\
		acc[p][0] = load(start);						\
		acc[p][1] = load(start + HALF);						\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (i = 0; i < args->length; i += 4) {				\
				const __m256i w[2] = { load(weights), load(weights + 32) };	\
											\
				UNROLL for (u32 p = 0; p < (PIXELS); p++)		\
					add_quad(acc[p], broadcast4(pixel[p] + at + i), w);	\
				weights += 4 * step;					\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		store(args->acc + p * step + v * QNN_LANES, acc[p][0]);			\
		store(args->acc + p * step + v * QNN_LANES + HALF, acc[p][1]);		\
	}										\
}

#define MAC_VECTORS(PIXELS, VECTORS)						\
static void mac_narrow_##PIXELS##x##VECTORS##_avx2(const struct qnn_mac_args *args)	\
{											\
	u32 v;										\
											\
	for (v = 0; v < (VECTORS); v++)							\
		mac_narrow_##PIXELS(args, v, VECTORS);				\
}

#define MAC_KERNELS(PIXELS)						\
	MAC_KERNEL(PIXELS)						\
	MAC_VECTORS(PIXELS, 1)							\
	MAC_VECTORS(PIXELS, 2)							\
	MAC_VECTORS(PIXELS, 3)							\
	MAC_VECTORS(PIXELS, 4)

MAC_KERNELS(4)
MAC_KERNELS(3)
MAC_KERNELS(2)
MAC_KERNELS(1)

#define KERNEL(PIXELS, VECTORS)							\
	{ .run = mac_narrow_##PIXELS##x##VECTORS##_avx2, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(4, VECTORS), KERNEL(3, VECTORS),					\
	  KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_mac_narrow_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

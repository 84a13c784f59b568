// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* u8 activations x s8 weights without a dot product of four. */
#include "avx2.h"

/* Any weights: products of 16 bits, for a pair of registers. */
#define LOAD_U8S8(w, from)								\
	const __m256i w[4] = {								\
		even_signed(load(from)), odd_signed(load(from)),			\
		even_signed(load((from) + 32)), odd_signed(load((from) + 32)),		\
	}

static inline void add_u8s8(__m256i acc[2], __m256i a, const __m256i w[4])
{
	const __m256i even = even_bytes(a), odd = odd_bytes(a);

	UNROLL for (u32 i = 0; i < 2; i++) {
		acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(even, w[2 * i]));
		acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(odd, w[2 * i + 1]));
	}
}

/* Weights from -64 to 64: sums of two products stay within 16 bits. */
#define LOAD_U8S7(w, from)	const __m256i w[2] = { load(from), load((from) + 32) }

static inline void add_u8s7(__m256i acc[2], __m256i a, const __m256i w[2])
{
	const __m256i ones = _mm256_set1_epi16(1);

	UNROLL for (u32 i = 0; i < 2; i++)
		acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(
				_mm256_maddubs_epi16(a, w[i]), ones));
}

/* Sixteen channels after the other: there are no registers for more. */
#define MAC_KERNEL(KIND, LOAD, ADD, PIXELS)						\
static inline void mac_##KIND##_##PIXELS(const struct qnn_mac_args *args, u32 v,	\
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
				LOAD(w, weights);					\
											\
				UNROLL for (u32 p = 0; p < (PIXELS); p++)		\
					ADD(acc[p], broadcast4(pixel[p] + at + i), w);	\
				weights += 4 * step;					\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		store(args->acc + p * step + v * QNN_LANES, acc[p][0]);			\
		store(args->acc + p * step + v * QNN_LANES + HALF, acc[p][1]);		\
	}										\
}

#define MAC_VECTORS(KIND, PIXELS, VECTORS)						\
static void mac_##KIND##_##PIXELS##x##VECTORS##_avx2(const struct qnn_mac_args *args)	\
{											\
	u32 v;										\
											\
	for (v = 0; v < (VECTORS); v++)							\
		mac_##KIND##_##PIXELS(args, v, VECTORS);				\
}

#define MAC_KERNELS(KIND, LOAD, ADD, PIXELS)						\
	MAC_KERNEL(KIND, LOAD, ADD, PIXELS)						\
	MAC_VECTORS(KIND, PIXELS, 1)							\
	MAC_VECTORS(KIND, PIXELS, 2)							\
	MAC_VECTORS(KIND, PIXELS, 3)							\
	MAC_VECTORS(KIND, PIXELS, 4)

MAC_KERNELS(u8s8, LOAD_U8S8, add_u8s8, 4)
MAC_KERNELS(u8s8, LOAD_U8S8, add_u8s8, 3)
MAC_KERNELS(u8s8, LOAD_U8S8, add_u8s8, 2)
MAC_KERNELS(u8s8, LOAD_U8S8, add_u8s8, 1)
MAC_KERNELS(u8s7, LOAD_U8S7, add_u8s7, 4)
MAC_KERNELS(u8s7, LOAD_U8S7, add_u8s7, 3)
MAC_KERNELS(u8s7, LOAD_U8S7, add_u8s7, 2)
MAC_KERNELS(u8s7, LOAD_U8S7, add_u8s7, 1)

#define KERNEL(KIND, PIXELS, VECTORS)							\
	{ .run = mac_##KIND##_##PIXELS##x##VECTORS##_avx2, .pixels = PIXELS }
#define KERNELS(KIND, VECTORS)								\
	{ KERNEL(KIND, 4, VECTORS), KERNEL(KIND, 3, VECTORS),				\
	  KERNEL(KIND, 2, VECTORS), KERNEL(KIND, 1, VECTORS) }

const struct qnn_mac_kernel qnn_mac_u8s8_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(u8s8, 1), KERNELS(u8s8, 2), KERNELS(u8s8, 3), KERNELS(u8s8, 4),
};

const struct qnn_mac_kernel qnn_mac_u8s7_avx2[4][QNN_MAC_SIZES] = {
	KERNELS(u8s7, 1), KERNELS(u8s7, 2), KERNELS(u8s7, 3), KERNELS(u8s7, 4),
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations of one pixel x weights of 4 and 2 bits without a sign, as
 * those of AVX-512 do it. Sums of @FIELDS pairs of products fit into 16 bits.
 */
#include "avx2.h"

#define MAC_PACKED(BITS, FIELDS, VECTORS)						\
static void mac_u8u##BITS##_1x##VECTORS##_avx2(const struct qnn_mac_args *args)		\
{											\
	const __m256i mask = _mm256_set1_epi8((1 << (BITS)) - 1);			\
	const __m256i ones = _mm256_set1_epi16(1);					\
	const u8 *weights = (const u8 *)args->weights;					\
	__m256i acc[2 * (VECTORS)];							\
	u32 y, x, i;									\
											\
	UNROLL for (u32 h = 0; h < 2 * (VECTORS); h++)					\
		acc[h] = load(args->start[0] + h * HALF);				\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			const u8 *at = args->pixel[0] + (u64)y * args->row_step +	\
				       (u64)x * args->column_step;			\
											\
			for (i = 0; i < args->length; i += 4 * (FIELDS)) {		\
				__m256i a[FIELDS];					\
											\
				UNROLL for (u32 f = 0; f < (FIELDS); f++)		\
					a[f] = broadcast4(at + i + 4 * f);		\
				UNROLL for (u32 h = 0; h < 2 * (VECTORS); h++) {	\
					__m256i w = load(weights + 32 * h);		\
					__m256i sum = _mm256_maddubs_epi16(a[0],	\
							_mm256_and_si256(w, mask));	\
											\
					fetch(weights + 32 * h);			\
					UNROLL for (u32 f = 1; f < (FIELDS); f++)	\
						sum = _mm256_add_epi16(sum,		\
							_mm256_maddubs_epi16(a[f],	\
							_mm256_and_si256(mask,		\
							_mm256_srli_epi16(w, f * (BITS)))));	\
					acc[h] = _mm256_add_epi32(acc[h],		\
						_mm256_madd_epi16(sum, ones));		\
				}							\
				weights += 64 * (VECTORS);				\
			}								\
		}									\
	}										\
	UNROLL for (u32 h = 0; h < 2 * (VECTORS); h++)					\
		store(args->acc + h * HALF, acc[h]);					\
}

MAC_PACKED(4, 2, 1)
MAC_PACKED(4, 2, 2)
MAC_PACKED(4, 2, 3)
MAC_PACKED(4, 2, 4)
MAC_PACKED(2, 4, 1)
MAC_PACKED(2, 4, 2)
MAC_PACKED(2, 4, 3)
MAC_PACKED(2, 4, 4)

#define KERNEL(BITS, VECTORS)								\
	{ .run = mac_u8u##BITS##_1x##VECTORS##_avx2, .pixels = 1 }

const struct qnn_mac_kernel qnn_mac_u4_avx2[4] = {
	KERNEL(4, 1), KERNEL(4, 2), KERNEL(4, 3), KERNEL(4, 4),
};

const struct qnn_mac_kernel qnn_mac_u2_avx2[4] = {
	KERNEL(2, 1), KERNEL(2, 2), KERNEL(2, 3), KERNEL(2, 4),
};

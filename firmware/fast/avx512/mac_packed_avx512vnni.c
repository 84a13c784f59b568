// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations of one pixel x weights of 4 and 2 bits without a sign: nothing
 * is used twice, so what counts is how few bytes are read.
 */
#include "../isa.h"
#include "avx512.h"

/*
 * A vector of weights serves @FIELDS fours of activations. There are two sums
 * for each vector of channels, so that one need not wait for the other.
 */
#define MAC_PACKED(BITS, FIELDS, VECTORS)						\
static void mac_u8u##BITS##_1x##VECTORS##_avx512vnni(const struct qnn_mac_args *args)	\
{											\
	const __m512i mask = _mm512_set1_epi8((1 << (BITS)) - 1);			\
	const u8 *weights = (const u8 *)args->weights;					\
	__m512i acc[VECTORS][2];							\
	u32 y, x, i;									\
											\
	UNROLL for (u32 v = 0; v < (VECTORS); v++) {					\
		acc[v][0] = _mm512_loadu_si512(args->start[0] + v * QNN_LANES);		\
		acc[v][1] = _mm512_setzero_si512();					\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			const u8 *at = args->pixel[0] + (u64)y * args->row_step +	\
				       (u64)x * args->column_step;			\
											\
			for (i = 0; i < args->length; i += 4 * (FIELDS)) {		\
				__m512i a[FIELDS];					\
											\
				UNROLL for (u32 f = 0; f < (FIELDS); f++)		\
					a[f] = broadcast4(at + i + 4 * f);		\
				UNROLL for (u32 v = 0; v < (VECTORS); v++) {		\
					__m512i w = _mm512_load_si512(weights + v * 64);	\
											\
					UNROLL for (u32 f = 0; f < (FIELDS); f++)	\
						acc[v][f % 2] = _mm512_dpbusd_epi32(	\
							acc[v][f % 2], a[f],		\
							_mm512_and_si512(mask,		\
							_mm512_srli_epi16(w, f * (BITS))));	\
				}							\
				weights += 64 * (VECTORS);				\
			}								\
		}									\
	}										\
	UNROLL for (u32 v = 0; v < (VECTORS); v++)					\
		_mm512_store_si512(args->acc + v * QNN_LANES,				\
				   _mm512_add_epi32(acc[v][0], acc[v][1]));		\
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
	{ .run = mac_u8u##BITS##_1x##VECTORS##_avx512vnni, .pixels = 1 }

const struct qnn_mac_kernel qnn_mac_u4_avx512vnni[4] = {
	KERNEL(4, 1), KERNEL(4, 2), KERNEL(4, 3), KERNEL(4, 4),
};

const struct qnn_mac_kernel qnn_mac_u2_avx512vnni[4] = {
	KERNEL(2, 1), KERNEL(2, 2), KERNEL(2, 3), KERNEL(2, 4),
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* u8 activations x s8 weights: dot products of four, by VNNI. */
#include "../isa.h"
#include "avx512.h"

/*
 * Four activations of a pixel, in all lanes, times four weights of each
 * channel. The accumulators are registers: 24 of them hide the latency.
 */
#define MAC_KERNEL(PIXELS, VECTORS)							\
static void mac_u8s8_##PIXELS##x##VECTORS##_avx512vnni(const struct qnn_mac_args *args)	\
{											\
	const u32 step = (VECTORS) * QNN_LANES;						\
	const s8 *weights = args->weights;						\
	const u8 *pixel[PIXELS];							\
	__m512i acc[PIXELS][VECTORS];							\
	u32 y, x;									\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		const s32 *start = args->start[p];					\
											\
		pixel[p] = args->pixel[p];						\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			acc[p][v] = _mm512_loadu_si512(start + v * QNN_LANES);		\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
			const s8 *end = weights + (u64)args->length * step;		\
											\
			for (; weights != end; weights += 4 * step, at += 4) {		\
				__m512i w[VECTORS];					\
											\
				UNROLL for (u32 v = 0; v < (VECTORS); v++)		\
					w[v] = _mm512_load_si512(weights + v * 64);	\
				UNROLL for (u32 p = 0; p < (PIXELS); p++) {		\
					__m512i a = broadcast4(pixel[p] + at);		\
											\
					UNROLL for (u32 v = 0; v < (VECTORS); v++)	\
						acc[p][v] = _mm512_dpbusd_epi32(	\
							acc[p][v], a, w[v]);		\
				}							\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++)					\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			_mm512_store_si512(args->acc + p * step + v * QNN_LANES,	\
					   acc[p][v]);					\
}

MAC_KERNEL(6, 4)
MAC_KERNEL(4, 4)
MAC_KERNEL(2, 4)
MAC_KERNEL(1, 4)
MAC_KERNEL(9, 3)
MAC_KERNEL(5, 3)
MAC_KERNEL(2, 3)
MAC_KERNEL(1, 3)
MAC_KERNEL(12, 2)
MAC_KERNEL(8, 2)
MAC_KERNEL(4, 2)
MAC_KERNEL(1, 2)
MAC_KERNEL(12, 1)
MAC_KERNEL(8, 1)
MAC_KERNEL(4, 1)
MAC_KERNEL(1, 1)

#define KERNEL(PIXELS, VECTORS)	{ mac_u8s8_##PIXELS##x##VECTORS##_avx512vnni, PIXELS }

const struct qnn_mac_kernel qnn_mac_avx512vnni[4][QNN_MAC_SIZES] = {
	{ KERNEL(12, 1), KERNEL(8, 1), KERNEL(4, 1), KERNEL(1, 1) },
	{ KERNEL(12, 2), KERNEL(8, 2), KERNEL(4, 2), KERNEL(1, 2) },
	{ KERNEL(9, 3), KERNEL(5, 3), KERNEL(2, 3), KERNEL(1, 3) },
	{ KERNEL(6, 4), KERNEL(4, 4), KERNEL(2, 4), KERNEL(1, 4) },
};

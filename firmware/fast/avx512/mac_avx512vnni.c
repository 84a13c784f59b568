// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* u8 activations x s8 weights: dot products of four, by VNNI. */
#include "../isa.h"
#include "avx512.h"

/* Of the pixels as they come: a pointer each. */
#define PIXELS_OF(PIXELS)								\
	const u8 *pixel[PIXELS];							\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++)					\
		pixel[p] = args->pixel[p]
#define PIXEL(p)	(pixel[p])

/* Of groups of four that are a step apart: there are registers for so many. */
#define GROUPS_OF(PIXELS)								\
	const u64 pixel_step = args->pixel_step, three_steps = 3 * pixel_step;		\
	const u8 *group[(PIXELS) / 4];							\
											\
	UNROLL for (u32 p = 0; p < (PIXELS) / 4; p++)					\
		group[p] = args->pixel[4 * p]
#define IN_GROUP(p)									\
	(group[(p) / 4] + ((p) % 4 < 3 ? (p) % 4 * pixel_step : three_steps))

/* Four activations of a pixel, in all lanes, times four weights of each channel. */
#define MAC_STEP(PIXELS, VECTORS, WHERE, at)						\
	do {										\
		__m512i w[VECTORS];							\
											\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			w[v] = _mm512_load_si512(weights + (at) * step + v * 64);	\
		UNROLL for (u32 p = 0; p < (PIXELS); p++) {				\
			__m512i a = broadcast4(WHERE(p) + from + (at));			\
											\
			UNROLL for (u32 v = 0; v < (VECTORS); v++)			\
				acc[p][v] = _mm512_dpbusd_epi32(acc[p][v], a, w[v]);	\
		}									\
	} while (0)

/* Weights of the next block come from far away while those of this one are used. */
static inline const u8 *fetch(const u8 *ahead)
{
	_mm_prefetch((const char *)ahead, _MM_HINT_T1);
	_mm_prefetch((const char *)ahead + 64, _MM_HINT_T1);
	return ahead + 128;
}

/* The accumulators are registers: 24 of them hide the latency. */
#define MAC_LOOP(NAME, PIXELS, VECTORS, SET_UP, WHERE)					\
static void NAME(const struct qnn_mac_args *args)					\
{											\
	const u32 step = (VECTORS) * QNN_LANES;						\
	const s8 *weights = args->weights;						\
	const u8 *ahead = args->ahead;							\
	__m512i acc[PIXELS][VECTORS];							\
	u32 y, x, left;									\
											\
	(void)ahead;									\
	SET_UP(PIXELS);									\
	UNROLL for (u32 p = 0; p < (PIXELS); p++)					\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			acc[p][v] = _mm512_loadu_si512(args->start[p] + v * QNN_LANES);	\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 from = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (left = args->length; left >= 16; left -= 16) {		\
				if ((VECTORS) == 4)					\
					ahead = fetch(ahead);				\
				MAC_STEP(PIXELS, VECTORS, WHERE, 0);			\
				MAC_STEP(PIXELS, VECTORS, WHERE, 4);			\
				MAC_STEP(PIXELS, VECTORS, WHERE, 8);			\
				MAC_STEP(PIXELS, VECTORS, WHERE, 12);			\
				weights += 16 * step;					\
				from += 16;						\
			}								\
			for (; left; left -= 4) {					\
				MAC_STEP(PIXELS, VECTORS, WHERE, 0);			\
				weights += 4 * step;					\
				from += 4;						\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++)					\
		UNROLL for (u32 v = 0; v < (VECTORS); v++)				\
			_mm512_store_si512(args->acc + (p * (VECTORS) + v) * QNN_LANES,	\
					   acc[p][v]);					\
}

#define MAC_KERNEL(PIXELS, VECTORS)							\
MAC_LOOP(mac_u8s8_##PIXELS##x##VECTORS##_avx512vnni, PIXELS, VECTORS, PIXELS_OF, PIXEL)

#define MAC_EVEN(PIXELS, VECTORS)							\
MAC_LOOP(mac_u8s8_even_##PIXELS##x##VECTORS##_avx512vnni, PIXELS, VECTORS, GROUPS_OF, IN_GROUP)

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
MAC_KERNEL(16, 1)
MAC_KERNEL(8, 1)
MAC_KERNEL(4, 1)
MAC_KERNEL(1, 1)
MAC_EVEN(12, 2)
MAC_EVEN(8, 2)
MAC_EVEN(16, 1)
MAC_EVEN(8, 1)

#define KERNEL(PIXELS, VECTORS)								\
	.run = mac_u8s8_##PIXELS##x##VECTORS##_avx512vnni, .pixels = PIXELS
#define EVEN(PIXELS, VECTORS)								\
	KERNEL(PIXELS, VECTORS), .run_even = mac_u8s8_even_##PIXELS##x##VECTORS##_avx512vnni

const struct qnn_mac_kernel qnn_mac_avx512vnni[4][QNN_MAC_SIZES] = {
	{ { EVEN(16, 1) }, { EVEN(8, 1) }, { KERNEL(4, 1) }, { KERNEL(1, 1) } },
	{ { EVEN(12, 2) }, { EVEN(8, 2) }, { KERNEL(4, 2) }, { KERNEL(1, 2) } },
	{ { KERNEL(9, 3) }, { KERNEL(5, 3) }, { KERNEL(2, 3) }, { KERNEL(1, 3) } },
	{ { KERNEL(6, 4) }, { KERNEL(4, 4) }, { KERNEL(2, 4) }, { KERNEL(1, 4) } },
};

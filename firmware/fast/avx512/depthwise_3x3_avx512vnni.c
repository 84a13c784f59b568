// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps: a column of three, brought side by side,
 * serves the next pixel, too.
 */
#include "depthwise.h"

#define INLINE	static inline __attribute__((always_inline))

typedef void (*block_fn)(const struct qnn_depthwise_args *args, u32 block);
typedef __m512i (*narrow_fn)(const struct qnn_store *s, const struct code_range *range, u32 block,
			     const __m512i acc[4]);

/* Column @x of the taps; what fills up the four has no weight. */
INLINE void load_column(const struct qnn_depthwise_args *args, const u8 *row, u32 x,
			__m512i column[4])
{
	const u32 *tap = args->tap + 4 * x;
	__m512i first = _mm512_loadu_si512(row + tap[0]);

	mix(first, _mm512_loadu_si512(row + tap[1]), _mm512_loadu_si512(row + tap[2]), first,
	    column);
}

INLINE void dot(__m512i acc[4], const __m512i column[4], const __m512i weights[4])
{
	UNROLL for (u32 v = 0; v < 4; v++)
		acc[v] = _mm512_dpbusd_epi32(acc[v], column[v], weights[v]);
}

/* What weights with a zero point need of the input. */
INLINE void subtract_zero(const struct qnn_depthwise_args *args, __m512i acc[4],
			  __m512i column[3][4])
{
	const __m512i zero = _mm512_set1_epi32(args->weight_zero), ones = _mm512_set1_epi8(1);

	UNROLL for (u32 v = 0; v < 4; v++) {
		__m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), column[0][v], ones);

		sum = _mm512_dpbusd_epi32(sum, column[1][v], ones);
		sum = _mm512_dpbusd_epi32(sum, column[2][v], ones);
		acc[v] = _mm512_sub_epi32(acc[v], _mm512_mullo_epi32(sum, zero));
	}
}

/* A block of channels along the whole row. */
INLINE void run_block(const struct qnn_depthwise_args *args, u32 block, const u32 stride,
		      const int has_zero, narrow_fn narrowed)
{
	const struct code_range range = code_range(args->store);
	const u32 step = args->blocks * 64, end = args->bytes;
	const s8 *weights = args->weights + (u64)block * 3 * 256;
	const u8 *row = args->row;
	u8 *codes = args->codes;
	__m512i column[3][4], weight[3][4], bias[4];
	u32 at = block * 64;

	UNROLL for (u32 v = 0; v < 4; v++) {
		bias[v] = _mm512_loadu_si512(args->bias + at + v * QNN_LANES);
		UNROLL for (u32 x = 0; x < 3; x++)
			weight[x][v] = _mm512_load_si512(weights + 256 * x + 64 * v);
	}
	if (at < end)
		load_column(args, row + at, 0, column[0]);
	if (at < end && stride == 1)
		load_column(args, row + at, 1, column[1]);
	for (; at < end; at += step) {
		__m512i acc[4] = { bias[0], bias[1], bias[2], bias[3] };

		if (stride == 2)
			load_column(args, row + at, 1, column[1]);
		load_column(args, row + at, 2, column[2]);
		UNROLL for (u32 x = 0; x < 3; x++)
			dot(acc, column[x], weight[x]);
		if (has_zero)
			subtract_zero(args, acc, column);
		store_bytes(codes + at, end - at, narrowed(args->store, &range, block, acc));
		UNROLL for (u32 v = 0; v < 4; v++) {
			column[0][v] = column[stride][v];
			column[1][v] = column[2][v];
		}
	}
}

/* Functions of their own, or their registers share one stack. */
#define VARIANT(RULE, STRIDE, HAS_ZERO)							\
static __attribute__((__noinline__)) void						\
run_##RULE##_##STRIDE##_##HAS_ZERO(const struct qnn_depthwise_args *args, u32 block)	\
{											\
	run_block(args, block, STRIDE, HAS_ZERO, narrow_##RULE);			\
}

#define DEPTHWISE(RULE)									\
VARIANT(RULE, 1, 0)									\
VARIANT(RULE, 1, 1)									\
VARIANT(RULE, 2, 0)									\
VARIANT(RULE, 2, 1)									\
											\
static void depthwise_3x3_##RULE(const struct qnn_depthwise_args *args)			\
{											\
	static const block_fn run[2][2] = {						\
		{ run_##RULE##_1_0, run_##RULE##_1_1 },					\
		{ run_##RULE##_2_0, run_##RULE##_2_1 },					\
	};										\
	u32 block;									\
											\
	for (block = args->first_block; block < args->end_block; block++)		\
		run[args->stride - 1][!!args->weight_zero](args, block);		\
}

DEPTHWISE(a)
DEPTHWISE(b)
DEPTHWISE(c)

const qnn_depthwise_fn qnn_depthwise_3x3_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = depthwise_3x3_a,
	[QNN_FAST_B_CODES] = depthwise_3x3_b,
	[QNN_FAST_C_CODES] = depthwise_3x3_c,
};

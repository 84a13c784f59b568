// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps: a column of three, brought side by side,
 * serves the next pixel, too.
 */
#include "depthwise.h"

#define INLINE	static inline __attribute__((always_inline))

typedef void (*quarter_fn)(const struct qnn_depthwise_args *args, u32 quarter);
typedef struct numbers (*numbers_fn)(const void *arrays, u32 channel);
typedef int8x16_t (*narrow_fn)(const struct qnn_store *s, const struct code_range *range,
			       u32 first, const struct numbers n[4], const int32x4_t acc[4]);

/* Column @x of the taps; what fills up the four has no weight. */
INLINE void load_column(const struct qnn_depthwise_args *args, const u8 *row, u32 x,
			int8x16_t column[4])
{
	const u32 *tap = args->tap + 4 * x;
	int8x16_t first = load_bytes(row + tap[0]);

	mix(first, load_bytes(row + tap[1]), load_bytes(row + tap[2]), first, column);
}

/* What weights with a zero point need of the input. */
INLINE void subtract_zero(const struct qnn_depthwise_args *args, int32x4_t acc[4],
			  int8x16_t column[3][4])
{
	const int8x16_t ones = vdupq_n_s8(1);

	UNROLL for (u32 v = 0; v < 4; v++) {
		int32x4_t sum = vdotq_s32(vdupq_n_s32(0), column[0][v], ones);

		sum = vdotq_s32(sum, column[1][v], ones);
		sum = vdotq_s32(sum, column[2][v], ones);
		acc[v] = vmlsq_n_s32(acc[v], sum, args->weight_zero);
	}
}

/* A quarter of a block of channels along the whole row. */
INLINE void run_quarter(const struct qnn_depthwise_args *args, u32 quarter, const u32 stride,
			const int has_zero, numbers_fn numbers, narrow_fn narrowed)
{
	const struct code_range range = code_range(args->store);
	const u32 step = args->blocks * QNN_BLOCK, end = args->bytes, first = first_of(quarter);
	const s8 *weights = weights_of(args, quarter);
	const u8 *row = args->row;
	int8x16_t column[3][4], weight[3][4];
	struct numbers n[4];
	int32x4_t bias[4];
	u32 at = quarter * 16;

	if (at >= end)
		return;
	UNROLL for (u32 v = 0; v < 4; v++) {
		n[v] = numbers(args->store->arrays, first + v * QNN_LANES);
		bias[v] = load(args->bias + first + v * QNN_LANES);
		UNROLL for (u32 x = 0; x < 3; x++)
			weight[x][v] = load_bytes(weights + 256 * x + 64 * v);
	}
	load_column(args, row + at, 0, column[0]);
	if (stride == 1)
		load_column(args, row + at, 1, column[1]);
	for (; at < end; at += step) {
		int32x4_t acc[4] = { bias[0], bias[1], bias[2], bias[3] };

		if (stride == 2)
			load_column(args, row + at, 1, column[1]);
		load_column(args, row + at, 2, column[2]);
		UNROLL for (u32 x = 0; x < 3; x++)
			UNROLL for (u32 v = 0; v < 4; v++)
				acc[v] = vdotq_s32(acc[v], column[x][v], weight[x][v]);
		if (has_zero)
			subtract_zero(args, acc, column);
		store_some(args->codes + at, end - at,
			   narrowed(args->store, &range, first, n, acc));
		UNROLL for (u32 v = 0; v < 4; v++) {
			column[0][v] = column[stride][v];
			column[1][v] = column[2][v];
		}
	}
}

/* Functions of their own, or their registers share one stack. */
#define VARIANT(RULE, STRIDE, HAS_ZERO)							\
static __attribute__((__noinline__)) void						\
run_##RULE##_##STRIDE##_##HAS_ZERO(const struct qnn_depthwise_args *args, u32 quarter)	\
{											\
	run_quarter(args, quarter, STRIDE, HAS_ZERO, numbers_##RULE, narrow_##RULE);	\
}

#define DEPTHWISE(RULE)									\
VARIANT(RULE, 1, 0)									\
VARIANT(RULE, 1, 1)									\
VARIANT(RULE, 2, 0)									\
VARIANT(RULE, 2, 1)									\
											\
static void depthwise_3x3_##RULE(const struct qnn_depthwise_args *args)			\
{											\
	static const quarter_fn run[2][2] = {						\
		{ run_##RULE##_1_0, run_##RULE##_1_1 },					\
		{ run_##RULE##_2_0, run_##RULE##_2_1 },					\
	};										\
	u32 quarter;									\
											\
	for (quarter = 4 * args->first_block; quarter < 4 * args->end_block; quarter++)	\
		run[args->stride - 1][!!args->weight_zero](args, quarter);		\
}

DEPTHWISE(a)
DEPTHWISE(b)
DEPTHWISE(c)
WITH_NEAREST(depthwise_3x3_c_nearest, const struct qnn_depthwise_args *, depthwise_3x3_c)

const qnn_depthwise_fn qnn_depthwise_3x3_neondot[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = depthwise_3x3_a,
	[QNN_FAST_B_CODES] = depthwise_3x3_b,
	[QNN_FAST_C_CODES] = depthwise_3x3_c_nearest,
};

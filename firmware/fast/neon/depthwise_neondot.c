// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution: sixteen elements of an output row at a time, a quarter
 * of a block of qnn_depthwise_order().
 */
#include "depthwise.h"
#include "lanes.h"

/* The sums of 16 elements; @input those of the input, for a zero point. */
static inline void sum_taps(const struct qnn_depthwise_args *args, u32 at, const s8 *weights,
			    int32x4_t acc[4])
{
	const u8 *row = args->row + at;
	int32x4_t input[4];
	int8x16_t mixed[4];
	u32 q;

	UNROLL for (u32 v = 0; v < 4; v++)
		input[v] = vdupq_n_s32(0);
	for (q = 0; q < args->quads; q++, weights += 256) {
		const u32 *tap = args->tap + 4 * q;

		mix(load_bytes(row + tap[0]), load_bytes(row + tap[1]),
		    load_bytes(row + tap[2]), load_bytes(row + tap[3]), mixed);
		UNROLL for (u32 v = 0; v < 4; v++) {
			acc[v] = vdotq_s32(acc[v], mixed[v], load_bytes(weights + 64 * v));
			if (args->weight_zero)
				input[v] = vdotq_s32(input[v], mixed[v], vdupq_n_s8(1));
		}
	}
	UNROLL for (u32 v = 0; v < 4; v++)
		acc[v] = vmlsq_n_s32(acc[v], input[v], args->weight_zero);
}

/* Those of the other stages are within their range; their numbers are read when used. */
static inline struct numbers numbers_later(const void *arrays, u32 channel)
{
	const struct numbers none = { .left = vdupq_n_s32(0) };

	(void)arrays;
	(void)channel;
	return none;
}

#define GATHER(NAME, CODES)								\
static inline int8x16_t NAME(const struct qnn_store *s, const struct code_range *range,	\
			     u32 first, const struct numbers n[4], const int32x4_t acc[4])	\
{											\
	int32x4_t codes[4];								\
											\
	(void)range;									\
	(void)n;									\
	UNROLL for (u32 v = 0; v < 4; v++) {						\
		const struct lanes l = { s, first + v * QNN_LANES };			\
											\
		codes[v] = CODES(&l, acc[v]);						\
	}										\
	return vmovn_high_s16(vmovn_s16(vmovn_high_s32(vmovn_s32(codes[0]), codes[1])),	\
			      vmovn_high_s32(vmovn_s32(codes[2]), codes[3]));		\
}

GATHER(gather_a, round_a)
GATHER(gather_b, round_b)
GATHER(gather_threshold, reached)

/* A quarter of a block of channels along the whole row, then the next quarter. */
#define DEPTHWISE(NAME, NUMBERS, CODES)							\
static void depthwise_##NAME(const struct qnn_depthwise_args *args)			\
{											\
	const struct code_range range = code_range(args->store);			\
	u32 at, quarter;								\
											\
	for (quarter = 4 * args->first_block; quarter < 4 * args->end_block; quarter++) {	\
		const u32 first = first_of(quarter);					\
		const s8 *weights = weights_of(args, quarter);				\
		struct numbers n[4];							\
											\
		UNROLL for (u32 v = 0; v < 4; v++)					\
			n[v] = NUMBERS(args->store->arrays, first + v * QNN_LANES);	\
		for (at = quarter * 16; at < args->bytes; at += args->blocks * QNN_BLOCK) {	\
			int32x4_t acc[4];						\
											\
			UNROLL for (u32 v = 0; v < 4; v++)				\
				acc[v] = load(args->bias + first + v * QNN_LANES);	\
			sum_taps(args, at, weights, acc);				\
			store_some(args->codes + at, args->bytes - at,			\
				   CODES(args->store, &range, first, n, acc));		\
		}									\
	}										\
}

DEPTHWISE(a, numbers_later, gather_a)
DEPTHWISE(b, numbers_later, gather_b)
DEPTHWISE(threshold, numbers_later, gather_threshold)
DEPTHWISE(a_codes, numbers_a, narrow_a)
DEPTHWISE(b_codes, numbers_b, narrow_b)
DEPTHWISE(a_left, numbers_a_left, narrow_a_left)
DEPTHWISE(b_left, numbers_b_left, narrow_b_left)
DEPTHWISE(c_nearest, numbers_c, narrow_c)
WITH_NEAREST(depthwise_c_codes, const struct qnn_depthwise_args *, depthwise_c_nearest)

const qnn_depthwise_fn qnn_depthwise_neondot[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A] = depthwise_a,
	[QNN_FAST_B] = depthwise_b,
	[QNN_FAST_THRESHOLD] = depthwise_threshold,
	[QNN_FAST_A_CODES] = depthwise_a_codes,
	[QNN_FAST_B_CODES] = depthwise_b_codes,
	[QNN_FAST_C_CODES] = depthwise_c_codes,
	[QNN_FAST_A_LEFT] = depthwise_a_left,
	[QNN_FAST_B_LEFT] = depthwise_b_left,
};

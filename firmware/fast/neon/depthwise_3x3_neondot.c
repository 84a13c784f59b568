// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps, sixteen channels along a row. A column of taps
 * is brought side by side once: it serves the next pixels, and, as there is room for a
 * fourth tap, the row below, too.
 */
#include "depthwise.h"

#define INLINE	static inline __attribute__((always_inline))
#define PART	16u		/* channels: a quarter of a block */

typedef void (*quarter_fn)(const struct qnn_depthwise_3x3_args *args, u32 quarter);
typedef struct numbers (*numbers_fn)(const void *arrays, u32 channel);
typedef int8x16_t (*narrow_fn)(const struct qnn_store *s, const struct code_range *range,
			       u32 first, const struct numbers n[4], const int32x4_t acc[4]);

/* How a row is passed along; a constant wherever this is inlined. */
struct shape {
	u32 rows;		/* of the output: 1 or 2 */
	u32 stride;
	int any;		/* part of a quarter, weights with a zero point */
};

/* What a quarter of a block of channels of a row needs. */
struct quarter {
	const u8 *line[4];
	u32 left;		/* channels from here on */
	int8x16_t flip;
	int8x16_t weight[2][3][4];	/* for a row, and for the one below */
	int32x4_t bias[4];
	struct numbers n[4];
};

INLINE int8x16_t load_tap(const struct quarter *q, u32 y, u64 at, const struct shape shape)
{
	return shape.any ? load_some(q->line[y] + at, q->left) : load_bytes(q->line[y] + at);
}

/* A column of taps. What fills up the four has no weight. */
INLINE void load_column(const struct qnn_depthwise_3x3_args *args, const struct quarter *q,
			u64 at, const struct shape shape, int8x16_t column[4])
{
	int8x16_t tap[4];

	UNROLL for (u32 y = 0; y < shape.rows + 2; y++)
		tap[y] = load_tap(q, y, at, shape);
	if (args->flip) {
		UNROLL for (u32 y = 0; y < shape.rows + 2; y++)
			tap[y] = veorq_s8(tap[y], q->flip);
	}
	if (shape.rows == 1)
		tap[3] = tap[0];
	mix(tap[0], tap[1], tap[2], tap[3], column);
}

INLINE void fill_column(const struct qnn_depthwise_3x3_args *args, int8x16_t column[4])
{
	UNROLL for (u32 v = 0; v < 4; v++)
		column[v] = vreinterpretq_s8_u8(vdupq_n_u8(args->fill));
}

INLINE void open_quarter(const struct qnn_depthwise_3x3_args *args, u32 quarter,
			 const struct shape shape, numbers_fn numbers, struct quarter *q)
{
	const s8 *weights = args->weights + (u64)(quarter / 4) * 3 * 256 + quarter % 4 * 16;
	const int32x4_t zero = vdupq_n_s32((u8)args->weight_zero);
	const u32 first = first_of(quarter);

	for (u32 y = 0; y < shape.rows + 2; y++)
		q->line[y] = args->line[y] + quarter * PART;
	q->left = args->channels - quarter * PART;
	q->flip = vreinterpretq_s8_u8(vdupq_n_u8(args->flip));
	UNROLL for (u32 v = 0; v < 4; v++) {
		q->n[v] = numbers(args->store->arrays, first + v * QNN_LANES);
		q->bias[v] = load(args->bias + first + v * QNN_LANES);
		UNROLL for (u32 x = 0; x < 3; x++) {
			int32x4_t weight = load(weights + 256 * x + 64 * v);

			q->weight[0][x][v] = vreinterpretq_s8_s32(weight);
			q->weight[1][x][v] = vreinterpretq_s8_s32(
				vorrq_s32(vshlq_n_s32(weight, 8), zero));
		}
	}
}

/* What weights with a zero point need of the input: the same for both rows. */
INLINE void subtract_zero(const struct qnn_depthwise_3x3_args *args, int8x16_t column[3][4],
			  const struct shape shape, int32x4_t acc[2][4])
{
	const int8x16_t ones = vdupq_n_s8(1);

	UNROLL for (u32 v = 0; v < 4; v++) {
		int32x4_t sum = vdotq_s32(vdupq_n_s32(0), column[0][v], ones);

		sum = vdotq_s32(sum, column[1][v], ones);
		sum = vdotq_s32(sum, column[2][v], ones);
		UNROLL for (u32 row = 0; row < shape.rows; row++)
			acc[row][v] = vmlsq_n_s32(acc[row][v], sum, args->weight_zero);
	}
}

/* The sums of a pixel, or of one above the other. */
INLINE void sum_columns(const struct qnn_depthwise_3x3_args *args, const struct quarter *q,
			int8x16_t column[3][4], const struct shape shape, int32x4_t acc[2][4])
{
	UNROLL for (u32 row = 0; row < shape.rows; row++) {
		UNROLL for (u32 v = 0; v < 4; v++)
			acc[row][v] = q->bias[v];
		UNROLL for (u32 x = 0; x < 3; x++)
			UNROLL for (u32 v = 0; v < 4; v++)
				acc[row][v] = vdotq_s32(acc[row][v], column[x][v],
							q->weight[row][x][v]);
	}
	if (shape.any && args->weight_zero)
		subtract_zero(args, column, shape, acc);
}

INLINE void run_quarter(const struct qnn_depthwise_3x3_args *args, u32 quarter,
			const struct shape shape, numbers_fn numbers, narrow_fn narrowed)
{
	const struct code_range range = code_range(args->store);
	const u32 inside = args->pixels - (args->right ? 1 : 0), first = first_of(quarter);
	u64 at = 0, to = (u64)quarter * PART;
	int8x16_t column[3][4];
	struct quarter q;
	u32 x;

	open_quarter(args, quarter, shape, numbers, &q);
	if (args->left)
		fill_column(args, column[0]);
	else
		load_column(args, &q, args->column[0], shape, column[0]);
	if (shape.stride == 1)
		load_column(args, &q, args->column[1], shape, column[1]);
	for (x = 0; x < args->pixels; x++, at += args->step, to += args->code_step) {
		int32x4_t acc[2][4];

		if (shape.stride == 2)
			load_column(args, &q, at + args->column[1], shape, column[1]);
		if (x < inside)
			load_column(args, &q, at + args->column[2], shape, column[2]);
		else
			fill_column(args, column[2]);
		sum_columns(args, &q, column, shape, acc);
		UNROLL for (u32 row = 0; row < shape.rows; row++) {
			int8x16_t codes = narrowed(args->store, &range, first, q.n, acc[row]);

			if (shape.any)
				store_some(args->codes[row] + to, q.left, codes);
			else
				store_bytes(args->codes[row] + to, codes);
		}
		UNROLL for (u32 v = 0; v < 4; v++) {
			column[0][v] = column[shape.stride][v];
			column[1][v] = column[2][v];
		}
	}
}

/* Functions of their own, or their registers share one stack. */
#define VARIANT(RULE, NAME, ...)							\
static __attribute__((__noinline__)) void						\
run_##RULE##_##NAME(const struct qnn_depthwise_3x3_args *args, u32 quarter)		\
{											\
	run_quarter(args, quarter, (struct shape){ __VA_ARGS__ }, numbers_##RULE,	\
		    narrow_##RULE);							\
}

#define DEPTHWISE(RULE)									\
VARIANT(RULE, row, 1, 1, 0)								\
VARIANT(RULE, row_any, 1, 1, 1)								\
VARIANT(RULE, rows, 2, 1, 0)								\
VARIANT(RULE, rows_any, 2, 1, 1)							\
VARIANT(RULE, strided, 1, 2, 0)								\
VARIANT(RULE, strided_any, 1, 2, 1)							\
											\
static void depthwise_3x3_##RULE(const struct qnn_depthwise_3x3_args *args)		\
{											\
	static const quarter_fn run[3][2] = {						\
		{ run_##RULE##_row, run_##RULE##_row_any },				\
		{ run_##RULE##_rows, run_##RULE##_rows_any },				\
		{ run_##RULE##_strided, run_##RULE##_strided_any },			\
	};										\
	const u32 which = args->stride == 2 ? 2 : args->rows - 1;			\
	const u32 quarters = (args->channels + PART - 1) / PART;			\
	const u32 end = min_u32(4 * args->end_block, quarters);				\
	u32 quarter;									\
											\
	for (quarter = 4 * args->first_block; quarter < end; quarter++)			\
		run[which][args->weight_zero ||						\
			   args->channels - quarter * PART < PART](args, quarter);	\
}

DEPTHWISE(a)
DEPTHWISE(b)
DEPTHWISE(c)
WITH_NEAREST(depthwise_3x3_c_nearest, const struct qnn_depthwise_3x3_args *, depthwise_3x3_c)

const qnn_depthwise_3x3_fn qnn_depthwise_3x3_neondot[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = depthwise_3x3_a,
	[QNN_FAST_B_CODES] = depthwise_3x3_b,
	[QNN_FAST_C_CODES] = depthwise_3x3_c_nearest,
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps, 64 channels along a row. A column of taps is
 * brought side by side once: it serves the next pixels, and, as there is room for a
 * fourth tap, the row below, too.
 */
#include "depthwise.h"

#define INLINE	static inline __attribute__((always_inline))

typedef void (*block_fn)(const struct qnn_depthwise_3x3_args *args, u32 block);
typedef __m512i (*narrow_fn)(const struct qnn_store *s, const struct code_range *range,
			     const struct bounds_c *bounds, u32 block, const __m512i acc[4]);

/* How a row is passed along; a constant wherever this is inlined. */
struct shape {
	u32 rows;		/* of the output: 1 or 2 */
	u32 stride;
	int any;		/* parts of a block, weights with a zero point */
};

/* What one block of channels of a row needs. */
struct block {
	const u8 *line[4];
	__mmask64 there;	/* channels */
	__m512i flip;
	const s8 *weights;
	__m512i weight[3][4];	/* for a row ... */
	__m512i below[3][4];	/* ... and for the one below */
	__m512i bias[4];
};

INLINE __m512i load_tap(const struct block *b, u32 y, u64 at, const struct shape shape)
{
	return shape.any ? _mm512_maskz_loadu_epi8(b->there, b->line[y] + at) :
			   _mm512_loadu_si512(b->line[y] + at);
}

/* A column of taps. What fills up the four has no weight. */
INLINE void load_column(const struct qnn_depthwise_3x3_args *args, const struct block *b, u64 at,
			const struct shape shape, __m512i column[4])
{
	__m512i tap[4];

	UNROLL for (u32 y = 0; y < 3; y++)
		tap[y] = load_tap(b, y, at, shape);
	if (args->flip) {
		UNROLL for (u32 y = 0; y < 3; y++)
			tap[y] = _mm512_xor_si512(tap[y], b->flip);
	}
	tap[3] = tap[0];
	if (shape.rows == 2) {
		tap[3] = load_tap(b, 3, at, shape);
		if (args->flip)
			tap[3] = _mm512_xor_si512(tap[3], b->flip);
	}
	mix(tap[0], tap[1], tap[2], tap[3], column);
}

INLINE void fill_column(const struct qnn_depthwise_3x3_args *args, __m512i column[4])
{
	UNROLL for (u32 v = 0; v < 4; v++)
		column[v] = _mm512_set1_epi8((char)args->fill);
}

INLINE void open_block(const struct qnn_depthwise_3x3_args *args, u32 block,
		       const struct shape shape, struct block *b)
{
	const __m512i zero = _mm512_set1_epi32((u8)args->weight_zero);

	for (u32 y = 0; y < 4; y++)
		b->line[y] = args->line[y] + block * 64;
	b->weights = args->weights + (u64)block * 3 * 256;
	b->there = first_bytes(args->channels - block * 64);
	b->flip = _mm512_set1_epi8((char)args->flip);
	UNROLL for (u32 v = 0; v < 4; v++) {
		b->bias[v] = _mm512_loadu_si512(args->bias + block * 64 + v * QNN_LANES);
		UNROLL for (u32 x = 0; x < 3; x++) {
			b->weight[x][v] = _mm512_load_si512(b->weights + 256 * x + 64 * v);
			if (shape.rows == 2)
				b->below[x][v] = _mm512_or_si512(
					_mm512_slli_epi32(b->weight[x][v], 8), zero);
		}
	}
}

/* What weights with a zero point need of the input: the same for both rows. */
INLINE void subtract_zero(const struct qnn_depthwise_3x3_args *args, __m512i column[3][4],
			  const struct shape shape, __m512i acc[2][4])
{
	const __m512i zero = _mm512_set1_epi32(args->weight_zero), ones = _mm512_set1_epi8(1);

	UNROLL for (u32 v = 0; v < 4; v++) {
		__m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), column[0][v], ones);

		sum = _mm512_dpbusd_epi32(sum, column[1][v], ones);
		sum = _mm512_dpbusd_epi32(sum, column[2][v], ones);
		sum = _mm512_mullo_epi32(sum, zero);
		UNROLL for (u32 row = 0; row < shape.rows; row++)
			acc[row][v] = _mm512_sub_epi32(acc[row][v], sum);
	}
}

/* For two rows there are no registers for all of them. */
INLINE __m512i weight_of(const struct block *b, u32 row, u32 x, u32 v, const struct shape shape)
{
	if (row)
		return b->below[x][v];
	return shape.rows == 1 ? b->weight[x][v] :
				 _mm512_load_si512(b->weights + 256 * x + 64 * v);
}

/* The sums of a pixel, or of one above the other. */
INLINE void sum_columns(const struct qnn_depthwise_3x3_args *args, const struct block *b,
			__m512i column[3][4], const struct shape shape, __m512i acc[2][4])
{
	UNROLL for (u32 row = 0; row < shape.rows; row++) {
		UNROLL for (u32 v = 0; v < 4; v++)
			acc[row][v] = b->bias[v];
		UNROLL for (u32 x = 0; x < 3; x++) {
			UNROLL for (u32 v = 0; v < 4; v++)
				acc[row][v] = _mm512_dpbusd_epi32(acc[row][v], column[x][v],
						weight_of(b, row, x, v, shape));
		}
	}
	if (shape.any && args->weight_zero)
		subtract_zero(args, column, shape, acc);
}

INLINE void run_block(const struct qnn_depthwise_3x3_args *args, u32 block,
		      const struct shape shape, narrow_fn narrowed)
{
	const struct code_range range = code_range(args->store);
	const struct bounds_c bounds = bounds_c(args->store);
	const u32 inside = args->pixels - (args->right ? 1 : 0), step = args->step;
	u64 at = 0, to = block * 64ull;
	__m512i column[3][4];
	struct block b;
	u32 x;

	open_block(args, block, shape, &b);
	if (args->left)
		fill_column(args, column[0]);
	else
		load_column(args, &b, args->column[0], shape, column[0]);
	if (shape.stride == 1)
		load_column(args, &b, args->column[1], shape, column[1]);
	for (x = 0; x < args->pixels; x++, at += step, to += args->code_step) {
		__m512i acc[2][4], codes[2];

		if (shape.stride == 2)
			load_column(args, &b, at + args->column[1], shape, column[1]);
		if (x < inside)
			load_column(args, &b, at + args->column[2], shape, column[2]);
		else
			fill_column(args, column[2]);
		sum_columns(args, &b, column, shape, acc);
		/* All before they are stored: scales are loaded once. */
		UNROLL for (u32 row = 0; row < shape.rows; row++)
			codes[row] = narrowed(args->store, &range, &bounds, block, acc[row]);
		UNROLL for (u32 row = 0; row < shape.rows; row++) {
			if (shape.any)
				_mm512_mask_storeu_epi8(args->codes[row] + to, b.there, codes[row]);
			else
				_mm512_storeu_si512(args->codes[row] + to, codes[row]);
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
run_##RULE##_##NAME(const struct qnn_depthwise_3x3_args *args, u32 block)		\
{											\
	run_block(args, block, (struct shape){ __VA_ARGS__ }, narrow_bounded_##RULE);		\
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
	static const block_fn run[3][2] = {						\
		{ run_##RULE##_row, run_##RULE##_row_any },				\
		{ run_##RULE##_rows, run_##RULE##_rows_any },				\
		{ run_##RULE##_strided, run_##RULE##_strided_any },			\
	};										\
	const u32 which = args->stride == 2 ? 2 : args->rows - 1;			\
	u32 block;									\
											\
	for (block = args->first_block; block < args->end_block; block++)		\
		run[which][args->weight_zero ||						\
			   args->channels - block * 64 < 64](args, block);		\
}

DEPTHWISE(a)
DEPTHWISE(b)
DEPTHWISE(c)

const qnn_depthwise_3x3_fn qnn_depthwise_3x3_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = depthwise_3x3_a,
	[QNN_FAST_B_CODES] = depthwise_3x3_b,
	[QNN_FAST_C_CODES] = depthwise_3x3_c,
};

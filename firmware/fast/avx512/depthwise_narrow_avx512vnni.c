// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps where a vector has two, four or eight pixels of
 * few channels. A column of three taps has room for that of the row below.
 */
#include "depthwise.h"

#define INLINE	static inline __attribute__((always_inline))

typedef __m512i (*narrow_fn)(const struct qnn_store *s, const struct code_range *range,
			     const struct bounds_c *bounds, u32 block, const __m512i acc[4]);

/* 64 bytes of a line, and what surrounds it. */
INLINE __m512i load_line(const struct qnn_depthwise_narrow_args *args, u32 y, s64 at)
{
	const s64 end = args->line_bytes[y];
	__m512i bytes;

	if (at >= 0 && at + 64 <= end) {
		bytes = _mm512_loadu_si512(args->line[y] + at);
	} else {
		const u64 before = at < 0 ? first_bytes(at < -64 ? 64 : (u32)-at) : 0;
		const u64 there = at < end ? first_bytes(end - at < 64 ? (u32)(end - at) : 64) : 0;

		bytes = _mm512_mask_loadu_epi8(_mm512_set1_epi8((char)(args->fill ^ args->flip)),
					       there & ~before, args->line[y] + at);
	}
	return args->flip ? _mm512_xor_si512(bytes, _mm512_set1_epi8((char)args->flip)) : bytes;
}

/* Which of sixteen eights of bytes belong to every other pixel, the first or the second. */
INLINE __m512i every_other(u32 channels, u32 odd)
{
	const __m512i eight = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
	const __m512i sixteen = _mm512_setr_epi64(0, 1, 4, 5, 8, 9, 12, 13);
	const __m512i more = _mm512_setr_epi64(0, 1, 2, 3, 8, 9, 10, 11);
	__m512i first = channels == 8 ? eight : channels == 16 ? sixteen : more;

	return _mm512_add_epi64(first, _mm512_set1_epi64(odd * (channels / 8)));
}

/* The taps of line @y of the columns, for the 64 bytes of the output at @at. */
INLINE void load_taps(const struct qnn_depthwise_narrow_args *args, u32 y, u32 at,
		      const u32 stride, __m512i tap[3][4])
{
	const s64 pixel = args->channels, from = (s64)stride * at - args->left * pixel;
	__m512i low, high;

	if (stride == 1) {
		UNROLL for (u32 x = 0; x < 3; x++)
			tap[x][y] = load_line(args, y, from + x * pixel);
		return;
	}
	low = load_line(args, y, from);
	high = load_line(args, y, from + 64);
	tap[0][y] = _mm512_permutex2var_epi64(low, every_other(args->channels, 0), high);
	tap[1][y] = _mm512_permutex2var_epi64(low, every_other(args->channels, 1), high);
	low = load_line(args, y, from + 2 * pixel);
	high = load_line(args, y, from + 2 * pixel + 64);
	tap[2][y] = _mm512_permutex2var_epi64(low, every_other(args->channels, 0), high);
}

/* The same weights one line further down; what is above has none. */
INLINE void move_down(const struct qnn_depthwise_narrow_args *args, __m512i below[3][4])
{
	const __m512i zero = _mm512_set1_epi32((u8)args->weight_zero);

	UNROLL for (u32 x = 0; x < 3; x++)
		UNROLL for (u32 v = 0; v < 4; v++)
			below[x][v] = _mm512_or_si512(_mm512_slli_epi32(
				_mm512_load_si512(args->weights + 256 * x + 64 * v), 8), zero);
}

/* @column: four vectors of each. What weights with a zero point need is subtracted. */
INLINE void sum_columns(const struct qnn_depthwise_narrow_args *args, __m512i column[3][4],
			__m512i below[3][4], const u32 rows, __m512i acc[2][4])
{
	const __m512i zero = _mm512_set1_epi32(args->weight_zero), ones = _mm512_set1_epi8(1);

	UNROLL for (u32 v = 0; v < 4; v++) {
		acc[0][v] = _mm512_loadu_si512(args->bias + v * QNN_LANES);
		acc[1][v] = acc[0][v];
		UNROLL for (u32 x = 0; x < 3; x++) {
			__m512i weight = _mm512_load_si512(args->weights + 256 * x + 64 * v);

			acc[0][v] = _mm512_dpbusd_epi32(acc[0][v], column[x][v], weight);
			if (rows == 2)
				acc[1][v] = _mm512_dpbusd_epi32(acc[1][v], column[x][v],
								below[x][v]);
		}
	}
	if (!args->weight_zero)
		return;
	UNROLL for (u32 v = 0; v < 4; v++) {
		__m512i sum = _mm512_setzero_si512();

		UNROLL for (u32 x = 0; x < 3; x++)
			sum = _mm512_dpbusd_epi32(sum, column[x][v], ones);
		sum = _mm512_mullo_epi32(sum, zero);
		UNROLL for (u32 row = 0; row < rows; row++)
			acc[row][v] = _mm512_sub_epi32(acc[row][v], sum);
	}
}

INLINE void run(const struct qnn_depthwise_narrow_args *args, const u32 rows, const u32 stride,
		narrow_fn narrowed)
{
	const struct code_range range = code_range(args->store);
	const struct bounds_c bounds = bounds_c(args->store);
	__m512i below[3][4];
	u32 at;

	if (rows == 2)
		move_down(args, below);
	for (at = args->from; at < args->end; at += 64) {
		__m512i tap[3][4], column[3][4], acc[2][4];

		UNROLL for (u32 y = 0; y < rows + 2; y++)
			load_taps(args, y, at, stride, tap);
		UNROLL for (u32 x = 0; x < 3; x++)
			mix(tap[x][0], tap[x][1], tap[x][2], tap[x][rows == 2 ? 3 : 0],
			    column[x]);
		sum_columns(args, column, below, rows, acc);
		UNROLL for (u32 row = 0; row < rows; row++)
			store_bytes(args->codes[row] + at, args->end - at,
				    narrowed(args->store, &range, &bounds, 0, acc[row]));
	}
}

#define DEPTHWISE(RULE)									\
static void depthwise_narrow_##RULE(const struct qnn_depthwise_narrow_args *args)	\
{											\
	if (args->stride == 2)								\
		run(args, 1, 2, narrow_bounded_##RULE);						\
	else if (args->rows == 2)							\
		run(args, 2, 1, narrow_bounded_##RULE);						\
	else										\
		run(args, 1, 1, narrow_bounded_##RULE);						\
}

DEPTHWISE(a)
DEPTHWISE(b)
DEPTHWISE(c)

const qnn_depthwise_narrow_fn qnn_depthwise_narrow_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = depthwise_narrow_a,
	[QNN_FAST_B_CODES] = depthwise_narrow_b,
	[QNN_FAST_C_CODES] = depthwise_narrow_c,
};

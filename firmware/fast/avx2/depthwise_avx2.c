// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution: thirty-two elements of an output row at a time, half
 * of a block of qnn_depthwise_order().
 */
#include "codes.h"
#include "lanes.h"

static inline void mix(const u8 *row, const u32 *tap, __m256i mixed[4])
{
	__m256i a = load(row + tap[0]), b = load(row + tap[1]);
	__m256i c = load(row + tap[2]), d = load(row + tap[3]);
	__m256i low = _mm256_unpacklo_epi8(a, b), high = _mm256_unpackhi_epi8(a, b);
	__m256i low2 = _mm256_unpacklo_epi8(c, d), high2 = _mm256_unpackhi_epi8(c, d);

	mixed[0] = _mm256_unpacklo_epi16(low, low2);
	mixed[1] = _mm256_unpackhi_epi16(low, low2);
	mixed[2] = _mm256_unpacklo_epi16(high, high2);
	mixed[3] = _mm256_unpackhi_epi16(high, high2);
}

static inline __m256i dot(__m256i acc, __m256i even, __m256i odd, __m256i weights)
{
	acc = _mm256_add_epi32(acc, _mm256_madd_epi16(even, even_signed(weights)));
	return _mm256_add_epi32(acc, _mm256_madd_epi16(odd, odd_signed(weights)));
}

/* The sums of 32 elements; @input those of the input, for a zero point. */
static inline void sum_taps(const struct qnn_depthwise_args *args, u32 at, const s8 *weights,
			    __m256i acc[4])
{
	const __m256i zero = _mm256_set1_epi32(args->weight_zero);
	const __m256i ones = _mm256_set1_epi16(1);
	__m256i mixed[4], input[4];
	u32 q;

	UNROLL for (u32 v = 0; v < 4; v++)
		input[v] = _mm256_setzero_si256();
	for (q = 0; q < args->quads; q++, weights += 256) {
		mix(args->row + at, args->tap + 4 * q, mixed);
		UNROLL for (u32 v = 0; v < 4; v++) {
			__m256i even = even_bytes(mixed[v]), odd = odd_bytes(mixed[v]);

			acc[v] = dot(acc[v], even, odd, load(weights + 64 * v));
			if (args->weight_zero)
				input[v] = _mm256_add_epi32(input[v], _mm256_madd_epi16(
						_mm256_add_epi16(even, odd), ones));
		}
	}
	UNROLL for (u32 v = 0; v < 4; v++)
		acc[v] = _mm256_sub_epi32(acc[v], _mm256_mullo_epi32(input[v], zero));
}

static inline void put(u8 *codes, u32 left, __m256i bytes)
{
	u8 rest[32];

	if (left >= sizeof(rest)) {
		store(codes, bytes);
		return;
	}
	store(rest, bytes);
	__builtin_memcpy(codes, rest, left);
}

/* The sums, to codes of 8 bits and less. */
#define NARROW(RULE)									\
static inline __m256i narrow_##RULE(const struct qnn_store *s, const struct code_range *range,	\
				    u32 first, const __m256i acc[4])			\
{											\
	__m256i codes[4];								\
											\
	UNROLL for (u32 v = 0; v < 4; v++)						\
		codes[v] = code_##RULE(s->arrays, first / QNN_LANES + v,		\
					 first % QNN_LANES, acc[v]);			\
	return narrow(range, codes);							\
}

NARROW(a)
NARROW(b)
NARROW(c)
NARROW(a_left)
NARROW(b_left)

/* Those of the other stages are within their range. */
#define GATHER(NAME, CODES)								\
static inline __m256i NAME(const struct qnn_store *s, const struct code_range *range,	\
			   u32 first, const __m256i acc[4])				\
{											\
	__m256i codes[4], low, high;							\
											\
	UNROLL for (u32 v = 0; v < 4; v++) {						\
		const struct lanes l = { s, first + v * QNN_LANES };			\
											\
		codes[v] = CODES(&l, acc[v]);						\
	}										\
	low = _mm256_packs_epi32(codes[0], codes[1]);					\
	high = _mm256_packs_epi32(codes[2], codes[3]);					\
	return range->is_signed ? _mm256_packs_epi16(low, high) :			\
				  _mm256_packus_epi16(low, high);			\
}

GATHER(gather_a, round_a)
GATHER(gather_b, round_b)
GATHER(gather_threshold, reached)

/* Half a block of channels along the whole row, then the next half. */
#define DEPTHWISE(NAME, CODES)								\
static void depthwise_##NAME(const struct qnn_depthwise_args *args)			\
{											\
	const struct code_range range = code_range(args->store);			\
	u32 at, half;									\
											\
	for (half = 2 * args->first_block; half < 2 * args->end_block; half++) {	\
		const u32 first = half / 2 * 64 + half % 2 * HALF;			\
		const s8 *weights = args->weights + (u64)(half / 2) * args->quads * 256 + \
				    half % 2 * 32;					\
											\
		for (at = half * 32; at < args->bytes; at += args->blocks * 64) {	\
			__m256i acc[4];							\
											\
			UNROLL for (u32 v = 0; v < 4; v++)				\
				acc[v] = load(args->bias + first + v * QNN_LANES);	\
			sum_taps(args, at, weights, acc);				\
			put(args->codes + at, args->bytes - at,				\
			    CODES(args->store, &range, first, acc));			\
		}									\
	}										\
}

DEPTHWISE(a, gather_a)
DEPTHWISE(b, gather_b)
DEPTHWISE(threshold, gather_threshold)
DEPTHWISE(a_codes, narrow_a)
DEPTHWISE(b_codes, narrow_b)
DEPTHWISE(a_left, narrow_a_left)
DEPTHWISE(b_left, narrow_b_left)
DEPTHWISE(c_nearest, narrow_c)
WITH_NEAREST(depthwise_c_codes, const struct qnn_depthwise_args *, depthwise_c_nearest)

const qnn_depthwise_fn qnn_depthwise_avx2[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A] = depthwise_a,
	[QNN_FAST_B] = depthwise_b,
	[QNN_FAST_THRESHOLD] = depthwise_threshold,
	[QNN_FAST_A_CODES] = depthwise_a_codes,
	[QNN_FAST_B_CODES] = depthwise_b_codes,
	[QNN_FAST_C_CODES] = depthwise_c_codes,
	[QNN_FAST_A_LEFT] = depthwise_a_left,
	[QNN_FAST_B_LEFT] = depthwise_b_left,
};

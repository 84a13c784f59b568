// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution: sixty-four elements of an output row at a time, four
 * taps in a dot product.
 */
#include "depthwise.h"
#include "lanes.h"

/* The sums of 64 elements. */
static inline void sum_taps(const struct qnn_depthwise_args *args, u32 at, const s8 *weights,
			    __m512i acc[4])
{
	__m512i mixed[4];
	u32 q;

	for (q = 0; q < args->quads; q++, weights += 256) {
		mix_taps(args->row + at, args->tap + 4 * q, mixed);
		UNROLL for (u32 v = 0; v < 4; v++)
			acc[v] = _mm512_dpbusd_epi32(acc[v], mixed[v],
						     _mm512_load_si512(weights + 64 * v));
	}
}

/* The same, and what weights with a zero point need of the input. */
static inline void sum_taps_zero(const struct qnn_depthwise_args *args, u32 at,
				 const s8 *weights, __m512i acc[4])
{
	const __m512i zero = _mm512_set1_epi32(args->weight_zero);
	const __m512i ones = _mm512_set1_epi8(1);
	__m512i mixed[4], input[4];
	u32 q;

	UNROLL for (u32 v = 0; v < 4; v++)
		input[v] = _mm512_setzero_si512();
	for (q = 0; q < args->quads; q++, weights += 256) {
		mix_taps(args->row + at, args->tap + 4 * q, mixed);
		UNROLL for (u32 v = 0; v < 4; v++) {
			acc[v] = _mm512_dpbusd_epi32(acc[v], mixed[v],
						     _mm512_load_si512(weights + 64 * v));
			input[v] = _mm512_dpbusd_epi32(input[v], mixed[v], ones);
		}
	}
	UNROLL for (u32 v = 0; v < 4; v++)
		acc[v] = _mm512_sub_epi32(acc[v], _mm512_mullo_epi32(input[v], zero));
}

/* Those of the other stages are within their range. */
#define GATHER(NAME, LOAD, CODES)							\
static inline __m512i NAME(const struct qnn_store *s, const struct code_range *range,	\
			   u32 block, const __m512i acc[4])				\
{											\
	__m512i codes[4], low, high;							\
											\
	UNROLL for (u32 v = 0; v < 4; v++) {						\
		struct lanes l = { .store = s, .channel = block * 64 + v * QNN_LANES };	\
											\
		LOAD(&l);								\
		codes[v] = CODES(&l, acc[v]);						\
	}										\
	low = _mm512_packs_epi32(codes[0], codes[1]);					\
	high = _mm512_packs_epi32(codes[2], codes[3]);					\
	return range->is_signed ? _mm512_packs_epi16(low, high) :			\
				  _mm512_packus_epi16(low, high);			\
}

GATHER(gather_a, load_shifts, round_a)
GATHER(gather_b, load_shifts, round_b)
GATHER(gather_threshold, load_nothing, reached)

/* A block of channels along the whole row, then the next block. */
#define DEPTHWISE(NAME, CODES)								\
static void depthwise_##NAME(const struct qnn_depthwise_args *args)			\
{											\
	const struct code_range range = code_range(args->store);			\
	u32 at, block;									\
											\
	for (block = args->first_block; block < args->end_block; block++) {		\
		const s8 *weights = args->weights + (u64)block * args->quads * 256;	\
		const s32 *bias = args->bias + block * 64;				\
											\
		for (at = block * 64; at < args->bytes; at += args->blocks * 64) {	\
			__m512i acc[4];							\
											\
			UNROLL for (u32 v = 0; v < 4; v++)				\
				acc[v] = _mm512_loadu_si512(bias + v * QNN_LANES);	\
			if (args->weight_zero)						\
				sum_taps_zero(args, at, weights, acc);			\
			else								\
				sum_taps(args, at, weights, acc);			\
			store_bytes(args->codes + at, args->bytes - at,			\
				    CODES(args->store, &range, block, acc));		\
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
DEPTHWISE(c_codes, narrow_c)

const qnn_depthwise_fn qnn_depthwise_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A] = depthwise_a,
	[QNN_FAST_B] = depthwise_b,
	[QNN_FAST_THRESHOLD] = depthwise_threshold,
	[QNN_FAST_A_CODES] = depthwise_a_codes,
	[QNN_FAST_B_CODES] = depthwise_b_codes,
	[QNN_FAST_C_CODES] = depthwise_c_codes,
	[QNN_FAST_A_LEFT] = depthwise_a_left,
	[QNN_FAST_B_LEFT] = depthwise_b_left,
};

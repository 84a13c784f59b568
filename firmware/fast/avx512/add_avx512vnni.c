// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes, each with a scale of its own. */
#include "codes.h"

typedef __m512i (*code_fn)(const void *arrays, u32 vector, __m512i acc);

static inline __m512i operand(const struct qnn_add_args *args, u32 which, u32 at, __mmask16 mask)
{
	__m128i bytes = _mm_maskz_loadu_epi8(mask, args->x[which] + at);
	__m512i value = args->is_signed[which] ? _mm512_cvtepi8_epi32(bytes) :
						 _mm512_cvtepu8_epi32(bytes);

	value = _mm512_sub_epi32(value, _mm512_set1_epi32(args->zero[which]));
	value = _mm512_sll_epi32(value, _mm_cvtsi32_si128((s32)args->left[which]));
	return args->rule == QNN_ROUND_A ? operand_a(&args->operand[which], value) :
					   code_b(&args->operand[which].scales, 0, value);
}

static inline __attribute__((always_inline)) void add(const struct qnn_add_args *args, code_fn code)
{
	const struct qnn_store *s = args->store;
	const struct code_range range = code_range(s);
	u32 at;

	for (at = 0; at < args->count; at += 64) {
		const __mmask64 wanted = first_bytes(args->count - at);
		__m512i codes[4];

		UNROLL for (u32 v = 0; v < 4; v++) {
			const __mmask16 mask = (__mmask16)(wanted >> (v * QNN_LANES));
			const u32 from = at + v * QNN_LANES;

			codes[v] = _mm512_add_epi32(operand(args, 0, from, mask),
						    operand(args, 1, from, mask));
			codes[v] = code(s->arrays, 0, codes[v]);
		}
		store_bytes(args->codes + at, args->count - at, narrow_in_order(&range, codes));
	}
}

static void add_a(const struct qnn_add_args *args)
{
	add(args, code_a);
}

static void add_b(const struct qnn_add_args *args)
{
	add(args, code_b);
}

static void add_c(const struct qnn_add_args *args)
{
	add(args, code_c);
}

static void add_a_left(const struct qnn_add_args *args)
{
	add(args, code_a_left);
}

static void add_b_left(const struct qnn_add_args *args)
{
	add(args, code_b_left);
}

const qnn_add_fn qnn_add_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = add_a,
	[QNN_FAST_B_CODES] = add_b,
	[QNN_FAST_C_CODES] = add_c,
	[QNN_FAST_A_LEFT] = add_a_left,
	[QNN_FAST_B_LEFT] = add_b_left,
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes, each with a scale of its own. */
#include "codes.h"

#define CODES	32u

static inline __m256i operand(const struct qnn_add_args *args, u32 which, const u8 *bytes)
{
	__m256i value = _mm256_sub_epi32(to_lanes(bytes, args->is_signed[which]),
					 _mm256_set1_epi32(args->zero[which]));

	value = _mm256_sll_epi32(value, _mm_cvtsi32_si128((s32)args->left[which]));
	return args->rule == QNN_ROUND_A ? operand_a(&args->operand[which], value) :
					   code_b(&args->operand[which].scales, 0, 0, value);
}

static inline __attribute__((always_inline)) __m256i
add_some(const struct qnn_add_args *args, const struct code_range *range, const u8 *const x[2],
	 code_fn code)
{
	__m256i codes[4];

	UNROLL for (u32 i = 0; i < 4; i++)
		codes[i] = code(args->store->arrays, 0, 0,
				_mm256_add_epi32(operand(args, 0, x[0] + i * HALF),
						 operand(args, 1, x[1] + i * HALF)));
	return narrow_in_order(range, codes);
}

static inline __attribute__((always_inline)) void add(const struct qnn_add_args *args, code_fn code)
{
	const struct qnn_store *s = args->store;
	const struct code_range range = code_range(s);
	const u8 *x[2] = { args->x[0], args->x[1] };
	u8 rest[3][CODES] = { { 0 } };
	u32 at, i;

	for (at = 0; at + CODES <= args->count; at += CODES) {
		store(args->codes + at, add_some(args, &range, x, code));
		x[0] += CODES;
		x[1] += CODES;
	}
	if (at == args->count)
		return;
	for (i = 0; i < 2; i++) {
		__builtin_memcpy(rest[i], x[i], args->count - at);
		x[i] = rest[i];
	}
	store(rest[2], add_some(args, &range, x, code));
	__builtin_memcpy(args->codes + at, rest[2], args->count - at);
}

static void add_a(const struct qnn_add_args *args)
{
	add(args, code_a);
}

static void add_b(const struct qnn_add_args *args)
{
	add(args, code_b);
}

static void add_a_left(const struct qnn_add_args *args)
{
	add(args, code_a_left);
}

static void add_b_left(const struct qnn_add_args *args)
{
	add(args, code_b_left);
}

static void add_c_nearest(const struct qnn_add_args *args)
{
	add(args, code_c);
}

WITH_NEAREST(add_c, const struct qnn_add_args *, add_c_nearest)

const qnn_add_fn qnn_add_avx2[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = add_a,
	[QNN_FAST_B_CODES] = add_b,
	[QNN_FAST_C_CODES] = add_c,
	[QNN_FAST_A_LEFT] = add_a_left,
	[QNN_FAST_B_LEFT] = add_b_left,
};

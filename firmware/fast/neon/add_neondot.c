// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes, each with a scale of its own. */
#include "codes.h"

#define CODES	16u

/* What is the same for a whole stretch. */
struct addition {
	struct code_range range;
	struct numbers operand[2];
	struct numbers sum;
	int32x4_t zero[2];
	int32x4_t left[2];
};

/* Operands under rule A: there is room, and there may be no shift. */
static inline struct numbers numbers_operand(const struct qnn_operand *o, u32 rule)
{
	struct numbers n;

	if (rule == QNN_ROUND_B)
		return numbers_b(&o->scales, 0);
	load_scales(&n, &o->scales, 0);
	n.away = load(o->away);
	return n;
}

static inline struct addition addition(const struct qnn_add_args *args)
{
	struct addition a = { .range = code_range(args->store) };
	u32 i;

	for (i = 0; i < 2; i++) {
		a.operand[i] = numbers_operand(&args->operand[i], args->rule);
		a.zero[i] = vdupq_n_s32(args->zero[i]);
		a.left[i] = vdupq_n_s32((s32)args->left[i]);
	}
	return a;
}

typedef int32x4_t (*code_fn)(const struct numbers *n, int32x4_t acc);

static inline __attribute__((always_inline)) int8x16_t
add_some(const struct qnn_add_args *args, const struct addition *a, const u8 *const x[2],
	 code_fn operand, code_fn code)
{
	int32x4_t value[2][4];

	UNROLL for (u32 i = 0; i < 2; i++)
		to_lanes(load_bytes(x[i]), args->is_signed[i], value[i]);
	UNROLL for (u32 k = 0; k < 4; k++) {
		UNROLL for (u32 i = 0; i < 2; i++)
			value[i][k] = operand(&a->operand[i], vshlq_s32(
					vsubq_s32(value[i][k], a->zero[i]), a->left[i]));
		value[0][k] = code(&a->sum, vaddq_s32(value[0][k], value[1][k]));
	}
	return narrow(&a->range, value[0]);
}

static inline __attribute__((always_inline))
void add(const struct qnn_add_args *args, struct numbers sum, code_fn operand, code_fn code)
{
	struct addition a = addition(args);
	const u8 *x[2] = { args->x[0], args->x[1] };
	u8 rest[2][CODES] = { { 0 } };
	u32 at, i;

	a.sum = sum;
	for (at = 0; at + CODES <= args->count; at += CODES) {
		store_bytes(args->codes + at, add_some(args, &a, x, operand, code));
		x[0] += CODES;
		x[1] += CODES;
	}
	if (at == args->count)
		return;
	for (i = 0; i < 2; i++) {
		__builtin_memcpy(rest[i], x[i], args->count - at);
		x[i] = rest[i];
	}
	store_some(args->codes + at, args->count - at, add_some(args, &a, x, operand, code));
}

#define ADD(RULE)									\
static void add_##RULE(const struct qnn_add_args *args)					\
{											\
	const struct numbers sum = numbers_##RULE(args->store->arrays, 0);		\
											\
	if (args->rule == QNN_ROUND_A)							\
		add(args, sum, code_a_once, code_##RULE);				\
	else										\
		add(args, sum, code_b, code_##RULE);					\
}

ADD(a)
ADD(b)
ADD(c)
ADD(a_left)
ADD(b_left)
WITH_NEAREST(add_c_nearest, const struct qnn_add_args *, add_c)

const qnn_add_fn qnn_add_neondot[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = add_a,
	[QNN_FAST_B_CODES] = add_b,
	[QNN_FAST_C_CODES] = add_c_nearest,
	[QNN_FAST_A_LEFT] = add_a_left,
	[QNN_FAST_B_LEFT] = add_b_left,
};

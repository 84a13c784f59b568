// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The rounding rules: known vectors, corners, and an independent oracle. */
#include "firmware/stage/stage.h"
#include "fw_test.h"
#include "oracle.h"

#define ROUNDS	300000

static u32 float_bits(float f)
{
	u32 bits;

	memcpy(&bits, &f, 4);
	return bits;
}

/* Exactly 11.4991...: the double rounding of rule A makes 12 of it. */
static void test_double_rounding(void **state)
{
	float scale = (float)(1583594044.0 / 2147483648.0 / 512);

	(void)state;
	assert_int_equal(qnn_round_a(7984, 1583594044, -9), 12);
	assert_int_equal(qnn_round_b(7984, 1583594044, -9), 11);
	assert_int_equal(qnn_round_c(7984, float_bits(scale)), 11);
}

/* A float product that is exactly 6.5: rule C takes the even neighbour. */
static void test_float_tie(void **state)
{
	float in = 0.05296124517917633f, weight = 0.024093778803944588f;
	float out = 0.11484327912330627f;
	double real = (double)in * (double)weight / (double)out;
	s32 multiplier;
	int shift;

	(void)state;
	multiplier = (s32)(__builtin_frexp(real, &shift) * 2147483648.0 + 0.5);
	assert_int_equal(qnn_round_a(585, multiplier, shift) - 126, -119);
	assert_int_equal(qnn_round_b(585, multiplier, shift) - 126, -119);
	assert_int_equal(qnn_round_c(585, float_bits(in * weight / out)) - 126, -120);
}

/* What rule C makes a float of has 24 bits, and what is too large for 32 bits is limited. */
static void test_float_accumulator(void **state)
{
	(void)state;
	assert_int_equal(qnn_round_c(16777215, float_bits(1)), 16777215);
	assert_int_equal(qnn_round_c(16777217, float_bits(1)), 16777216);
	assert_int_equal(qnn_round_c(-16777219, float_bits(1)), -16777220);
	assert_int_equal(qnn_round_c(33554433, float_bits(1)), 33554432);
	assert_int_equal(qnn_round_c(33554434, float_bits(1)), 33554432);
	/* 64.5 once the accumulator is 2^24 */
	assert_int_equal(qnn_round_c(16777217, float_bits(64.5f / 16777216)), 64);
	assert_int_equal(qnn_round_c(16777215, float_bits(128)), 0x7fffff80);
	assert_int_equal(qnn_round_c(16777216, float_bits(128)), INT32_MAX);
	assert_int_equal(qnn_round_c(-16777216, float_bits(128)), -INT32_MAX);
	assert_int_equal(qnn_round_c(0, float_bits(128)), 0);
	assert_int_equal(qnn_round_c(0, 0x00800000), 0);
}

static void test_halves(void **state)
{
	(void)state;
	/* One half, one and a half, two and a half, and their negatives. */
	assert_int_equal(qnn_round_a(1, 1 << 30, 0), 1);
	assert_int_equal(qnn_round_a(-1, 1 << 30, 0), 0);
	assert_int_equal(qnn_round_a(-3, 1 << 30, 0), -1);
	assert_int_equal(qnn_round_a(2, 1 << 30, -1), 1);
	assert_int_equal(qnn_round_a(-2, 1 << 30, -1), -1);
	assert_int_equal(qnn_round_b(1, 1 << 30, 0), 1);
	assert_int_equal(qnn_round_b(-1, 1 << 30, 0), 0);
	assert_int_equal(qnn_round_b(-2, 1 << 30, -1), 0);
	assert_int_equal(qnn_round_b(-3, 1 << 30, 0), -1);
	assert_int_equal(qnn_round_c(1, float_bits(0.5f)), 0);
	assert_int_equal(qnn_round_c(3, float_bits(0.5f)), 2);
	assert_int_equal(qnn_round_c(5, float_bits(0.5f)), 2);
	assert_int_equal(qnn_round_c(-3, float_bits(0.5f)), -2);
	assert_int_equal(qnn_round_mean(3, 2), 2);
	assert_int_equal(qnn_round_mean(-3, 2), -2);
	assert_int_equal(qnn_round_mean(1, 3), 0);
	assert_int_equal(qnn_round_mean(-5, 3), -2);
}

static void test_extremes(void **state)
{
	(void)state;
	/* The shifted accumulator saturates before it is multiplied. */
	assert_int_equal(qnn_round_a(QNN_ACC_MAX, 1 << 30, 30), QNN_ACC_MAX / 2);
	assert_int_equal(qnn_round_a(-QNN_ACC_MAX, 1 << 30, 30), -QNN_ACC_MAX / 2);
	assert_int_equal(qnn_round_a(2, 0x7fffffff, 30), QNN_ACC_MAX - 1);
	/* The result saturates. */
	assert_int_equal(qnn_round_b(QNN_ACC_MAX, 0x7fffffff, 30), INT32_MAX);
	assert_int_equal(qnn_round_b(-QNN_ACC_MAX, 0x7fffffff, 30), INT32_MIN);
	assert_int_equal(qnn_round_c(QNN_ACC_MAX, 0x437fffff), INT32_MAX);
	assert_int_equal(qnn_round_c(-QNN_ACC_MAX, 0x437fffff), -INT32_MAX);
	/* Nothing is left. */
	assert_int_equal(qnn_round_a(QNN_ACC_MAX, 0x7fffffff, -31), 1);
	assert_int_equal(qnn_round_b(QNN_ACC_MAX, 0x3fffffff, -31), 0);
	assert_int_equal(qnn_round_c(QNN_ACC_MAX, 0x00800000), 0);
	assert_int_equal(qnn_round_a(QNN_ACC_MAX, 0, 30), 0);
	assert_int_equal(qnn_round_b(-QNN_ACC_MAX, 0, 30), 0);
	assert_int_equal(qnn_round_mean(QNN_ACC_MAX, 1), QNN_ACC_MAX);
	assert_int_equal(qnn_round_mean(-QNN_ACC_MAX, 0xfffe0001u), -1);
	assert_int_equal(qnn_round_mean(QNN_ACC_MAX, 0xfffffffdu), 0);
	assert_int_equal(qnn_round_mean(QNN_ACC_MAX, 0xfffffffcu), 1);
}

/* Small numbers as often as large ones. */
static s32 random_acc(struct rng *rng)
{
	s32 acc = (s32)rng_range(rng, -QNN_ACC_MAX, QNN_ACC_MAX);

	return acc >> (rng_next(rng) % 31);
}

static void test_random_fixed_point(void **state)
{
	struct rng rng = { 1 };
	int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		s32 acc = random_acc(&rng);
		s32 m = (s32)(rng_next(&rng) & 0x7fffffff) >> (rng_next(&rng) % 4 * 8);
		int shift = (int)rng_range(&rng, -31, 30);

		if (i % 3 == 0)
			m = 1 << (i % 31);
		if (qnn_round_a(acc, m, shift) != oracle_rule_a(acc, m, shift) ||
		    qnn_round_b(acc, m, shift) != oracle_rule_b(acc, m, shift))
			fail_msg("acc %d multiplier %d shift %d", acc, m, shift);
	}
}

static void test_random_float(void **state)
{
	struct rng rng = { 2 };
	int i;

	(void)state;
	for (i = 0; i < ROUNDS; i++) {
		s32 acc = random_acc(&rng);
		u32 scale = (u32)rng_range(&rng, i % 2 ? 0x00800000 : 0x33000000, 0x437fffff);
		s32 zp = (s32)rng_range(&rng, -128, 127), value;

		if (i % 3 == 0)
			scale &= 0xfff00000u;
		value = qnn_clamp((s64)qnn_round_c(acc, scale) + zp, -128, 127);
		if (value != oracle_rule_c(acc, scale, zp, -128, 127))
			fail_msg("acc %d scale %#x zero point %d", acc, scale, zp);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_double_rounding),
		cmocka_unit_test(test_float_tie),
		cmocka_unit_test(test_float_accumulator),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_random_fixed_point),
		cmocka_unit_test(test_random_float),
	};

	return cmocka_run_group_tests_name("fw_round", tests, NULL, NULL);
}

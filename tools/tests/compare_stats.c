// SPDX-License-Identifier: MIT
/* The measures of qnn-run --compare, on numbers whose answers are known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/compare/stats.h"

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6)

static void test_same(void **unused)
{
	const float x[] = { 1, -2, 3 }, zero[3] = { 0 };
	struct stats s = { 0 };

	(void)unused;
	stats_add(&s, x, x, 3);
	NEAR(stats_cosine(&s), 1);
	assert_true(isinf(stats_sqnr(&s)) && stats_sqnr(&s) > 0);
	s = (struct stats){ 0 };
	stats_add(&s, zero, zero, 3);
	NEAR(stats_cosine(&s), 1);
	NEAR(stats_mean(&s), 0);
}

static void test_known(void **unused)
{
	const float wanted[] = { 3, 4 }, got[] = { 3, 3.5f };
	const float turned[] = { -4, 3 };
	struct stats s = { 0 };

	(void)unused;
	stats_add(&s, wanted, got, 2);
	NEAR(s.max, 0.5);
	NEAR(stats_mean(&s), 0.25);
	NEAR(stats_sqnr(&s), 20);	/* 25 over 0.25 */
	s = (struct stats){ 0 };
	stats_add(&s, wanted, turned, 2);
	NEAR(stats_cosine(&s), 0);
}

/* Parts add up to the whole. */
static void test_parts(void **unused)
{
	const float a[] = { 1, 2, 3, 4 }, b[] = { 1, 1, 5, 4 };
	struct stats whole = { 0 }, parts = { 0 };

	(void)unused;
	stats_add(&whole, a, b, 4);
	stats_add(&parts, a, b, 1);
	stats_add(&parts, a + 1, b + 1, 3);
	NEAR(stats_sqnr(&whole), stats_sqnr(&parts));
	NEAR(stats_cosine(&whole), stats_cosine(&parts));
	NEAR(whole.max, parts.max);
}

/* Noise without a signal is as bad as it gets; signal that is lost, too. */
static void test_extremes(void **unused)
{
	const float zero[2] = { 0 }, x[] = { 1, 2 }, wide[] = { 1e30f, -1e30f };
	struct stats s = { 0 };

	(void)unused;
	stats_add(&s, zero, x, 2);
	assert_true(stats_sqnr(&s) < 0 && isinf(stats_sqnr(&s)));
	NEAR(stats_cosine(&s), 0);
	s = (struct stats){ 0 };
	stats_add(&s, x, zero, 2);
	NEAR(stats_sqnr(&s), 0);
	s = (struct stats){ 0 };
	stats_add(&s, wide, wide, 2);
	NEAR(stats_cosine(&s), 1);
}

/* A uniform quantizer of normal numbers, tried: never better than the table. */
static void test_widths(void **unused)
{
	(void)unused;
	for (unsigned int bits = 1; bits <= 8; bits++) {
		double best = -100, levels = ldexp(1, (int)bits);

		for (double step = 0.01; step < 2; step *= 1.03) {
			double signal = 0, noise = 0;

			for (double x = -6; x < 6; x += 0.003) {
				double p = exp(-x * x / 2), q;

				q = floor(x / step) + 0.5;
				q = fmin(fmax(q, (1 - levels) / 2),
					 (levels - 1) / 2);
				signal += p * x * x;
				noise += p * pow(x - q * step, 2);
			}
			best = fmax(best, 10 * log10(signal / noise));
		}
		assert_true(fabs(best - stats_width_sqnr(bits)) < 0.1);
	}
	NEAR(stats_width_sqnr(0), stats_width_sqnr(1));
	NEAR(stats_width_sqnr(32), stats_width_sqnr(8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_widths),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

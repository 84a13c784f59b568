// SPDX-License-Identifier: MIT
/* Quantizers, steps and weights against their definitions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/graph/mem.h"
#include "tools/pack/stage.h"
#include "tools/quant/calib.h"
#include "tools/quant/gauss.h"
#include "tools/quant/quantizer.h"
#include "tools/quant/search.h"
#include "tools/quant/weights.h"

static void close_to(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g is not within %g of %.9g", a, tolerance, b);
}

static void test_rounding_modes(void **state)
{
	static const struct {
		enum quant_rounding mode;
		double x;
		int64_t code;
	} cases[] = {
		{ QUANT_ROUND, 0.5, 0 },	{ QUANT_ROUND, 1.5, 2 },
		{ QUANT_ROUND, -0.5, 0 },	{ QUANT_ROUND, -1.5, -2 },
		{ QUANT_CEIL, 0.1, 1 },		{ QUANT_CEIL, -0.9, 0 },
		{ QUANT_FLOOR, 0.9, 0 },	{ QUANT_FLOOR, -0.1, -1 },
		{ QUANT_UP, 0.1, 1 },		{ QUANT_UP, -0.1, -1 },
		{ QUANT_DOWN, 0.9, 0 },		{ QUANT_DOWN, -0.9, 0 },
		{ QUANT_HALF_UP, 0.5, 1 },	{ QUANT_HALF_UP, -0.5, -1 },
		{ QUANT_HALF_DOWN, 0.5, 0 },	{ QUANT_HALF_DOWN, -1.5, -1 },
		{ QUANT_HALF_DOWN, 1.75, 2 },	{ QUANT_HALF_UP, 2.25, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quantizer q = { .is_signed = true, .bits = 4,
				       .rounding = cases[i].mode, .scale = 1 };
		int64_t code;

		assert_int_equal(quantizer_code(&q, cases[i].x), cases[i].code);
		quantizer_value(&q, (float)cases[i].x, &code);
		assert_int_equal(code, cases[i].code);
	}
	assert_int_equal(quant_rounding_parse("round"), QUANT_ROUND);
	assert_int_equal(quant_rounding_parse("HALF_EVEN"), QUANT_ROUND);
	assert_int_equal(quant_rounding_parse("Half_Down"), QUANT_HALF_DOWN);
	assert_int_equal(quant_rounding_parse("nearest"), -1);
}

static void test_quantizer_ranges(void **state)
{
	static const struct {
		bool is_signed, narrow;
		unsigned int bits;
		int64_t min, max;
	} cases[] = {
		{ true, false, 8, -128, 127 },	{ true, true, 8, -127, 127 },
		{ false, false, 8, 0, 255 },	{ false, true, 8, 0, 254 },
		{ true, true, 2, -1, 1 },	{ false, false, 2, 0, 3 },
		{ true, false, 32, -2147483648ll, 2147483647 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct quantizer q = { .is_signed = cases[i].is_signed,
				       .narrow = cases[i].narrow,
				       .bits = cases[i].bits, .scale = 0.5f };

		assert_int_equal(quantizer_min(&q), cases[i].min);
		assert_int_equal(quantizer_max(&q), cases[i].max);
		assert_int_equal(quantizer_code(&q, -INFINITY), cases[i].min);
		assert_int_equal(quantizer_code(&q, INFINITY), cases[i].max);
		assert_int_equal(quantizer_code(&q, 1e300), cases[i].max);
	}
}

static void test_bipolar(void **state)
{
	struct quantizer q = { .bipolar = true, .is_signed = true, .bits = 1,
			       .scale = 0.25f };

	(void)state;
	assert_int_equal(quantizer_code(&q, 0), 1);
	assert_int_equal(quantizer_code(&q, -0.0), 1);
	assert_int_equal(quantizer_code(&q, -1e-30), -1);
	close_to(quantizer_value(&q, -3, NULL), -0.25, 0);
	close_to(quantizer_value(&q, NAN, NULL), -0.25, 0);
}

/* E[(max(y, 0) - Q)^2] for y standard normal, by adding up thin slices. */
static double brute_force(int64_t levels, double step)
{
	double sum = 0, dx = 1e-4;

	for (double x = dx / 2; x < 9; x += dx) {
		double q = fmin(rint(x / step), (double)levels) * step;

		sum += (x - q) * (x - q) * exp(-x * x / 2) / sqrt(2 * M_PI);
	}
	return sum * dx;
}

static void test_half_wave_gauss(void **state)
{
	/* With 3, 7, 15 positive levels this is Max's mid-tread quantizer. */
	static const struct {
		int64_t levels;
		double step;
	} known[] = { { 3, 0.6508 }, { 7, 0.3534 }, { 15, 0.1931 } };
	const double zero = 0, one = 1;
	struct gauss g = { 1, &zero, &one, 0, INFINITY };

	(void)state;
	for (int i = 0; i < 3; i++) {
		double s = gauss_step(&g, 0, known[i].levels), least;

		least = brute_force(known[i].levels, s);
		if (i < 2)
			close_to(s, known[i].step, 1e-3);
		close_to(gauss_error(&g, 0, known[i].levels, s), least, 1e-6);
		for (double d = 0.9; d < 1.11; d += 0.02)
			assert_true(brute_force(known[i].levels, s * d) >=
				    least - 1e-9);
	}
}

/* Any clamp, several channels, a constant one: against random numbers. */
static void test_gauss_error_by_slices(void **state)
{
	const double mean[] = { -0.5, 0.3, 2, 0.7 }, dev[] = { 1, 0.2, 0.5, 0 };
	static const struct {
		double lo, hi;
		int64_t min, max;
	} cases[] = {
		{ 0, INFINITY, 0, 15 },	{ 0, 1, 0, 15 }, { 0, 6, 0, 3 },
		{ -INFINITY, INFINITY, -8, 7 }, { -1, 1, -2, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gauss g = { 4, mean, dev, cases[i].lo, cases[i].hi };
		double step = 0.17, sum = 0;

		for (int c = 0; c < 4; c++) {
			int slices = dev[c] > 0 ? 200000 : 1;

			for (int k = 0; k < slices; k++) {
				double z = (k + 0.5) / slices * 18 - 9;
				double x = mean[c] + (dev[c] > 0 ? z : 0) * dev[c];
				double p = dev[c] > 0 ? exp(-z * z / 2) /
					   sqrt(2 * M_PI) * 18 / slices : 1;
				double q;

				x = fmin(fmax(x, cases[i].lo), cases[i].hi);
				q = fmin(fmax(rint(x / step), cases[i].min),
					 cases[i].max) * step;
				sum += p * (x - q) * (x - q);
			}
		}
		close_to(gauss_error(&g, cases[i].min, cases[i].max, step), sum,
			 1e-5);
	}
}

static void test_gauss_degenerate(void **state)
{
	const double mean[] = { -3, 0 }, dev[] = { 0, 0 };
	struct gauss zero = { 2, mean, dev, 0, INFINITY };
	struct gauss point = { 1, mean, dev, -INFINITY, INFINITY };

	(void)state;
	assert_true(gauss_step(&zero, 0, 15) == 0);
	close_to(gauss_error(&point, -8, 7, gauss_step(&point, -8, 7)), 0, 1e-6);
}

/* One channel, by the method of the width. */
static double quantize(const float *w, size_t count, unsigned int bits,
		       int32_t *code)
{
	const struct weight_choice c = { .bits = bits };
	struct weight_codes wc;
	double scale;

	weights_make(&wc, w, 1, count, &c, NULL);
	memcpy(code, wc.code, count * sizeof(*code));
	scale = wc.scale[0];
	weights_free(&wc);
	return scale;
}

static void test_weights_by_width(void **state)
{
	static const float w[] = { 0.5f, -1, 0.25f, 0.1f, -0.3f, 0 };
	static const float zeros[6] = { 0 };
	int32_t code[6];
	double s;

	(void)state;
	s = quantize(w, 6, 8, code);
	close_to(s, 1 / 127.0, 1e-12);
	assert_int_equal(code[1], -127);
	assert_int_equal(code[0], 64);
	s = quantize(w, 6, 1, code);
	close_to(s, 2.15 / 6, 1e-6);
	assert_int_equal(code[5], 1);
	assert_int_equal(code[4], -1);
	for (unsigned int bits = 2; bits <= 8; bits *= 2) {
		s = quantize(zeros, 6, bits, code);
		assert_true(s > 0);
		for (int k = 0; k < 6; k++)
			assert_int_equal(code[k], 0);
	}
	assert_true(quantize(zeros, 6, 1, code) > 0);
}

static double error_at(const float *w, size_t n, double s, int32_t max)
{
	double sum = 0;

	for (size_t k = 0; k < n; k++) {
		double q = fmin(fmax(rint(w[k] / s), -max), max) * s;

		sum += (w[k] - q) * (w[k] - q);
	}
	return sum;
}

/* No scale of a fine grid may be better by more than a little. */
static void test_weights_least_error(void **state)
{
	float w[64];
	int32_t code[64];

	(void)state;
	srand(1);
	for (int round = 0; round < 20; round++) {
		double largest = 0;

		for (int k = 0; k < 64; k++) {
			w[k] = (float)(rand() % 2001 - 1000) / 1000;
			w[k] *= w[k] * w[k];
			largest = fmax(largest, fabs(w[k]));
		}
		for (unsigned int bits = 2; bits <= 4; bits += 2) {
			int32_t max = (1 << (bits - 1)) - 1;
			double s = quantize(w, 64, bits, code);
			double mine = error_at(w, 64, s, max);

			for (double f = 0.1; f <= 1; f += 0.002)
				assert_true(mine <= 1.03 *
					    error_at(w, 64, largest / max * f,
						     max));
		}
	}
}

static void test_calibration_steps(void **state)
{
	struct calib_value *v = mem_array(1, sizeof(*v));

	(void)state;
	v->min = -2;
	v->max = 6;
	for (unsigned int i = 0; i < CALIB_BINS; i++)
		v->bin[i] = 10;
	close_to(calib_step(v, 0, 255), 6 / 255.0, 1e-12);
	close_to(calib_step(v, -128, 127), 6 / 127.0, 1e-12);
	/* A few outliers must not cost the many. */
	for (unsigned int i = 0; i < CALIB_BINS; i++)
		v->bin[i] = i < 768 ? 100000 : i == CALIB_BINS - 1;
	assert_true(calib_step(v, -8, 7) < 0.4);
	v->min = v->max = 0;
	assert_true(calib_step(v, -8, 7) == 0);
	free(v);
}

static void test_multipliers(void **state)
{
	int32_t m;
	int8_t shift;

	(void)state;
	assert_true(stage_multiplier(1, &m, &shift));
	assert_int_equal(m, 1 << 30);
	assert_int_equal(shift, 1);
	/* The vector of tensorflow issue 25087: 11.4991 / 7984. */
	assert_true(stage_multiplier(ldexp(1583594044.0, -40), &m, &shift));
	assert_int_equal(m, 1583594044);
	assert_int_equal(shift, -9);
	assert_true(stage_multiplier(nextafter(1, 0), &m, &shift));
	assert_int_equal(m, 1 << 30);
	assert_int_equal(shift, 1);
	assert_true(stage_multiplier(1e-30, &m, &shift));
	assert_int_equal(m, 0);
	assert_false(stage_multiplier(0x1p31, &m, &shift));
}

static double bumpy(double x, const void *data)
{
	(void)data;
	return (x - 3) * (x - 3) + 0.5 * sin(4 * x);
}

static void test_search(void **state)
{
	double x = search_minimum(bumpy, NULL, 0.1, 10);

	(void)state;
	for (double at = 0.1; at < 10; at += 0.001)
		assert_true(bumpy(x, NULL) <= bumpy(at, NULL) + 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounding_modes),
		cmocka_unit_test(test_quantizer_ranges),
		cmocka_unit_test(test_bipolar),
		cmocka_unit_test(test_half_wave_gauss),
		cmocka_unit_test(test_gauss_error_by_slices),
		cmocka_unit_test(test_gauss_degenerate),
		cmocka_unit_test(test_weights_by_width),
		cmocka_unit_test(test_weights_least_error),
		cmocka_unit_test(test_calibration_steps),
		cmocka_unit_test(test_multipliers),
		cmocka_unit_test(test_search),
	};

	return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* How far quantizers of activations reach, and levels at any distance. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tools/graph/mem.h"
#include "tools/quant/gauss.h"
#include "tools/quant/moments.h"
#include "tools/quant/range.h"

static void close_to(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g is not within %g of %.9g", a, tolerance, b);
}

static struct calib_value *uniform(double min, double max)
{
	struct calib_value *v = mem_array(1, sizeof(*v));

	v->min = min;
	v->max = max;
	for (unsigned int i = 0; i < CALIB_BINS; i++)
		v->bin[i] = 1000;
	return v;
}

static struct calib_value *normal(double mean, double dev, double lo)
{
	struct gauss g = { 1, &mean, &dev, lo, INFINITY };
	struct calib_value *v = mem_array(1, sizeof(*v));

	gauss_bins(&g, v);
	return v;
}

static double mean_error(const struct calib_value *v, double step, int64_t min,
			 int64_t max)
{
	double sum = 0, all = 0;

	for (unsigned int i = 0; i < CALIB_BINS; i++) {
		double x = v->min + (i + 0.5) * (v->max - v->min) / CALIB_BINS;
		double q = fmin(fmax(rint(x / step), (double)min), (double)max);

		sum += (double)v->bin[i] * (x - q * step) * (x - q * step);
		all += (double)v->bin[i];
	}
	return sum / all;
}

static void test_percentile(void **state)
{
	struct calib_value *v = uniform(0, 10);

	(void)state;
	close_to(calib_percentile(v, 0, 255, 100), 10 / 255.0, 1e-9);
	close_to(calib_percentile(v, 0, 255, 90), 9 / 255.0, 1e-3 * 10 / 255);
	free(v);
	/* Of a signed value, the larger magnitudes of both sides. */
	v = uniform(-10, 10);
	close_to(calib_percentile(v, -8, 7, 80), 8 / 7.0, 0.01);
	free(v);
	v = uniform(0, 0);
	assert_true(calib_percentile(v, 0, 15, 99) == 0);
	free(v);
}

static void test_least_error(void **state)
{
	static const int64_t max[] = { 3, 7, 15, 255 };
	struct calib_value *v = normal(0, 1, 0);

	(void)state;
	for (int i = 0; i < 4; i++) {
		double least = mean_error(v, calib_mse(v, 0, max[i]), 0, max[i]);

		for (double reach = 0.2; reach < 5; reach += 0.01)
			assert_true(least <= 1.01 *
				    mean_error(v, reach / (double)max[i], 0,
					       max[i]));
	}
	free(v);
}

static void test_kl(void **state)
{
	struct calib_value *v = uniform(0, 10);
	double step;

	(void)state;
	/* Nothing can be left out of equally many everywhere. */
	close_to(calib_kl(v, 0, 15), 10 / 15.0, 1e-9);
	free(v);
	/* A few far away: their part of the range is worth more to the others. */
	v = normal(0, 1, 0);
	v->bin[CALIB_BINS - 1] += 1000;
	for (unsigned int i = 0; i < CALIB_BINS; i++)
		v->bin[i] = i < CALIB_BINS / 4 ? v->bin[4 * i] :
			    i == CALIB_BINS - 1;
	step = calib_kl(v, 0, 15);
	assert_true(step < 0.5 * calib_reach(v, 0, 15));
	assert_true(step > 0.1 * calib_reach(v, 0, 15));
	free(v);
	v = uniform(0, 0);
	assert_true(calib_kl(v, -8, 7) == 0);
	free(v);
}

/* One number, whatever the method: a code stands for exactly that. */
static void test_constant(void **state)
{
	const double numbers[] = { 5, 300, -0.7 };

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int method = 0; method < FORMAT_METHODS; method++)
			for (unsigned int bits = 2; bits <= 8; bits++) {
				struct format_options opt = {
					.method = (enum format_method)method,
					.percentile = 99,
				};
				struct calib_value v = { numbers[i], numbers[i], { 0 } };
				struct value_format f = { 0 };
				double real;

				range_from_data(&opt, &v, bits, &f);
				real = (double)format_code(&f, numbers[i]) * f.q.scale;
				close_to(real, numbers[i], 1e-5 * fabs(numbers[i]));
			}
}

/* The same from batch normalization whose factors are all 0. */
static void test_constant_norm(void **state)
{
	double mean[] = { 4, 4 }, dev[] = { 0, 0 };
	struct unit x = { .channels = 2, .lo = 0, .hi = INFINITY };

	(void)state;
	for (unsigned int bits = 2; bits <= 8; bits++) {
		struct format_options opt = { .method = FORMAT_BY_HWGQ };
		struct value_format f = { 0 };

		range_from_moments(&opt, &x, mean, dev, bits, &f);
		close_to((double)format_code(&f, 4) * f.q.scale, 4, 1e-3);
	}
}

/* Bins of normal numbers through a clamp hold what the distribution says. */
static void test_normal_bins(void **state)
{
	const double mean[] = { 0.5, -1 }, dev[] = { 1, 0.25 };
	struct gauss g = { 2, mean, dev, 0, 2 };
	struct calib_value *v = mem_array(1, sizeof(*v));
	double all = 0, below = 0;

	(void)state;
	gauss_bins(&g, v);
	close_to(v->min, 0, 0);
	close_to(v->max, 2, 0);
	for (unsigned int i = 0; i < CALIB_BINS; i++) {
		all += (double)v->bin[i];
		below += i < CALIB_BINS / 2 ? (double)v->bin[i] : 0;
	}
	/* Half of what is seen is -1 +- 0.25, all of it 0 behind the clamp. */
	close_to(below / all, (0.5 * erfc(-0.5 / M_SQRT2) + 1) / 2, 1e-3);
	close_to((double)v->bin[CALIB_BINS - 1] / all,
		 0.5 * erfc(1.5 / M_SQRT2) / 2, 1e-3);
	free(v);
}

/* Max's conditions, solved with thin slices: levels of ReLU of normal numbers. */
static void half_wave_levels(double *level, int count)
{
	for (int i = 0; i < count; i++)
		level[i] = 3.0 * i / count;
	for (int round = 0; round < 400; round++) {
		double sum[16] = { 0 }, mass[16] = { 0 };

		for (double x = 5e-4; x < 6; x += 1e-3) {
			int i = 0;

			while (i + 1 < count &&
			       x >= (level[i] + level[i + 1]) / 2)
				i++;
			sum[i] += x * exp(-x * x / 2);
			mass[i] += exp(-x * x / 2);
		}
		for (int i = 1; i < count; i++)
			level[i] = sum[i] / mass[i];
	}
}

static void test_hwgq(void **state)
{
	struct calib_value *v = normal(0, 1, 0);

	(void)state;
	for (unsigned int bits = 2; bits <= 4; bits++) {
		struct value_format f = { 0 };
		double level[16], sum = 0, all = 0, equal, least = 0;
		int64_t max = (1 << bits) - 1;

		half_wave_levels(level, 1 << bits);
		range_hwgq(v, bits, &f);
		assert_int_equal(f.levels, 1 << bits);
		assert_int_equal(f.level[0], 0);
		assert_int_equal(f.elem, range_elem_for(0, bits > 3 ? 255 : 15));
		for (unsigned int i = 0; i < CALIB_BINS; i++) {
			double x = v->min + (i + 0.5) * (v->max - v->min) /
				   CALIB_BINS;
			double d = x - (double)format_code(&f, x) * f.q.scale;

			sum += (double)v->bin[i] * d * d;
			all += (double)v->bin[i];
			d = INFINITY;
			for (unsigned int k = 0; k < f.levels; k++)
				d = fmin(d, fabs(x - level[k]));
			least += (double)v->bin[i] * d * d;
		}
		/* Whole numbers for levels cost little. */
		assert_true(sum < 1.1 * least);
		/* Better than the best at equal distances. */
		equal = mean_error(v, calib_mse(v, 0, max), 0, max);
		assert_true(sum / all < equal);
		assert_int_equal(format_code(&f, -1), 0);
		assert_int_equal(format_code(&f, 100), f.level[f.levels - 1]);
		assert_int_equal(format_code(&f, f.edge[0]), f.level[1]);
		assert_int_equal(format_code(&f, f.edge[0] - 1e-9), 0);
	}
	free(v);
}

static void test_hwgq_of_signs(void **state)
{
	struct calib_value *v = normal(0.2, 1, -INFINITY);
	struct value_format f = { 0 };
	bool zero = false;

	(void)state;
	range_hwgq(v, 3, &f);
	for (unsigned int i = 0; i < f.levels; i++) {
		zero = zero || !f.level[i];
		assert_true(f.level[i] >= -8 && f.level[i] <= 7);
		assert_true(!i || f.level[i] > f.level[i - 1]);
	}
	assert_true(zero && f.levels >= 7);
	free(v);
	v = uniform(0, 0);
	range_hwgq(v, 2, &f);
	assert_int_equal(f.levels, 0);
	free(v);
}

/* Normal numbers through a clamp, and sums of them, by thin slices. */
static void test_moments(void **state)
{
	static double mean[] = { 0.4, -1 }, dev[] = { 1.5, 0 };
	static double mul[] = { 1, 2 }, add[] = { 0.5, 0 };
	struct graph_value values[3] = { { .c = 2, .h = 1, .w = 1 },
					 { .c = 2, .h = 1, .w = 1 },
					 { .c = 2, .h = 1, .w = 1 } };
	struct graph g = { .value = values, .value_count = 3 };
	struct graph_node sum = { .op = GRAPH_ADD };
	struct unit first = { .kind = UNIT_CONV, .in = { 0 }, .out = 1,
			      .channels = 2, .mean = mean, .dev = dev, .lo = 0,
			      .hi = 2 };
	struct unit second = { .kind = UNIT_ADD, .node = &sum, .in = { 1, 1 },
			       .out = 2, .channels = 2, .mul = mul, .add = add,
			       .lo = -INFINITY, .hi = INFINITY };
	double m[2], d[2], one = 0, two = 0;
	struct moments mo;

	(void)state;
	moments_open(&mo, &g);
	assert_false(moments_of(&mo, &g, &second, m, d));
	assert_true(moments_of(&mo, &g, &first, m, d));
	close_to(m[0], 0.4, 0);
	for (double z = -8; z < 8; z += 1e-4) {
		double x = fmin(fmax(0.4 + 1.5 * z, 0), 2);
		double p = exp(-z * z / 2) / sqrt(2 * M_PI) * 1e-4;

		one += x * p;
		two += x * x * p;
	}
	close_to(mo.mean[1][0], one, 1e-6);
	close_to(mo.dev[1][0], sqrt(two - one * one), 1e-5);
	close_to(mo.mean[1][1], 0, 0);
	assert_true(moments_of(&mo, &g, &second, m, d));
	close_to(m[0], 2 * one + 0.5, 1e-6);
	close_to(d[0], sqrt(2 * (two - one * one)), 1e-5);
	close_to(m[1], 0, 0);
	moments_close(&mo);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < FORMAT_METHODS; i++)
		assert_int_equal(format_method_parse(format_method_name(
					(enum format_method)i)), i);
	assert_int_equal(format_method_parse("best"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentile),
		cmocka_unit_test(test_least_error),
		cmocka_unit_test(test_kl),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_constant_norm),
		cmocka_unit_test(test_normal_bins),
		cmocka_unit_test(test_hwgq),
		cmocka_unit_test(test_hwgq_of_signs),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("quant ranges", tests, NULL, NULL);
}

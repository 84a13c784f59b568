// SPDX-License-Identifier: MIT
/* Methods for weights, each against its definition or against trying all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"
#include "tools/quant/book.h"

#define ROW	96
#define OUT	6

static void close_to(double a, double b, double tolerance)
{
	if (!(fabs(a - b) <= tolerance))
		fail_msg("%.9g is not within %g of %.9g", a, tolerance, b);
}

/* Many small ones and a few large ones, as filters have them. */
static void filters(float *w, size_t count, uint64_t seed)
{
	pr_seed(seed);
	for (size_t k = 0; k < count; k++) {
		double x = ((int)pr_random(20001) - 10000) / 10000.0;

		w[k] = (float)(x * x * x + 0.05 * x);
	}
}

static double error_of(const struct weight_codes *wc, const float *w,
		       uint32_t o)
{
	double sum = 0;

	for (size_t k = 0; k < wc->row; k++) {
		double d = w[o * wc->row + k] -
			   wc->code[o * wc->row + k] * wc->scale[o];

		sum += d * d;
	}
	return sum;
}

/* The same, where an error counts as much as the weight is large. */
static double weighted_error(const struct weight_codes *wc, const float *w)
{
	double sum = 0;

	for (uint32_t o = 0; o < wc->out; o++)
		for (size_t k = 0; k < wc->row; k++) {
			double x = w[o * wc->row + k];
			double d = x - wc->code[o * wc->row + k] * wc->scale[o];

			sum += fabs(x) * d * d;
		}
	return sum;
}

static double cosine(const float *w, const int32_t *code, size_t count)
{
	double product = 0, a = 0, b = 0;

	for (size_t k = 0; k < count; k++) {
		product += w[k] * (double)code[k];
		a += (double)w[k] * w[k];
		b += (double)code[k] * code[k];
	}
	return product / sqrt(a * b);
}

/* No step of a fine grid gives a filter that points more into its direction. */
static void test_cosine(void **state)
{
	float w[ROW];
	int32_t code[ROW], other[ROW];

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		int32_t max = seed % 2 ? 1 : 7;
		double mine, scale, fit = 0, square = 0;

		filters(w, ROW, seed);
		scale = weights_cosine(w, ROW, max, code);
		mine = cosine(w, code, ROW);
		weights_mse(w, ROW, max, other);
		assert_true(mine >= cosine(w, other, ROW) - 1e-6);
		for (double step = 0.01; step < 1.2; step += 0.001) {
			bool any = false;

			for (int k = 0; k < ROW; k++) {
				other[k] = (int32_t)fmin(fmax(rint(w[k] / step),
							      -max), max);
				any = any || other[k];
			}
			assert_true(!any ||
				    mine >= cosine(w, other, ROW) - 0.003);
		}
		for (int k = 0; k < ROW; k++) {
			fit += (double)w[k] * code[k];
			square += (double)code[k] * code[k];
		}
		close_to(scale, fit / square, 1e-12);
	}
}

static void test_ternary(void **state)
{
	static const float w[] = { 1, -0.5f, 0.3f, -0.2f, 0.1f, 0, 0.9f, -1 };
	static const int32_t wanted[] = { 1, -1, 0, 0, 0, 0, 1, -1 };
	int32_t code[8];

	(void)state;
	/* The mean magnitude is 0.5, so those above 0.35 remain. */
	close_to(weights_ternary(w, 8, code), (1 + 0.5 + 0.9 + 1) / 4, 1e-7);
	assert_memory_equal(code, wanted, sizeof(code));
}

static struct weight_codes make(const float *w, enum weight_method method,
				unsigned int bits, uint32_t book_channels,
				const bool *negative)
{
	struct weight_choice c = { .method = method, .bits = bits,
				   .book_channels = book_channels };
	struct weight_codes wc;

	assert_null(weights_refuse(&c));
	weights_make(&wc, w, OUT, ROW, &c, negative);
	return wc;
}

/* Every code is a level of its channel, and the nearest one. */
static void check_nearest(const struct weight_codes *wc, const float *w,
			  double slack)
{
	int32_t level[WEIGHTS_MAX_LEVELS];

	for (uint32_t o = 0; o < wc->out; o++) {
		uint32_t count = weights_levels(wc, o, level);

		for (size_t k = 0; k < wc->row; k++) {
			size_t at = o * wc->row + k;
			double x = w[at] / wc->scale[o], best = INFINITY;
			bool found = false;

			for (uint32_t i = 0; i < count; i++) {
				found = found || level[i] == wc->code[at];
				best = fmin(best, fabs(x - level[i]));
			}
			assert_true(found);
			assert_true(fabs(x - wc->code[at]) <= best + slack);
		}
	}
}

/* A channel of zeros stays one, beside others and in a layer of them. */
static void test_zeros(void **state)
{
	static const struct {
		enum weight_method method;
		unsigned int bits;
	} cases[] = {
		{ WEIGHTS_MINMAX, 8 },	{ WEIGHTS_MSE, 4 },
		{ WEIGHTS_COSINE, 2 },	{ WEIGHTS_BINARY, 1 },
		{ WEIGHTS_TERNARY, 2 },	{ WEIGHTS_TTQ, 2 },
		{ WEIGHTS_POWER2, 3 },	{ WEIGHTS_RESIDUAL, 2 },
		{ WEIGHTS_CODEBOOK, 2 },{ WEIGHTS_CODEBOOK, 5 },
		{ WEIGHTS_CODEBOOK0, 3 },
	};
	static const bool negative[OUT] = { true, false, true };
	float w[OUT * ROW];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int all = 0; all < 2; all++) {
			struct weight_codes wc;

			filters(w, OUT * ROW, i);
			for (size_t k = 0; k < OUT * ROW; k++)
				w[k] = all || k / ROW == 2 ? 0 : w[k] / 1000;
			wc = make(w, cases[i].method, cases[i].bits, 0, negative);
			for (uint32_t o = 0; o < OUT; o++) {
				assert_true(wc.scale[o] != 0);
				assert_true((wc.scale[o] < 0) ==
					    (wc.book && negative[o]));
				for (size_t k = 0; k < ROW && (all || o == 2); k++)
					close_to(wc.code[o * ROW + k] * wc.scale[o],
						 0, all ? 1e-5 : 1e-7);
			}
			weights_free(&wc);
		}
}

static void test_ttq(void **state)
{
	float w[OUT * ROW];
	struct weight_codes one, two;

	(void)state;
	for (int k = 0; k < OUT * ROW; k++)
		w[k] = k % 3 == 0 ? -2 : k % 3 == 1 ? 1 : 0.01f;
	two = make(w, WEIGHTS_TTQ, 2, 0, NULL);
	for (int k = 0; k < 3; k++)
		close_to(two.code[k] * two.scale[0], k ? k == 1 ? 1 : 0 : -2,
			 0.01);
	weights_free(&two);
	filters(w, OUT * ROW, 3);
	one = make(w, WEIGHTS_TERNARY, 2, 0, NULL);
	two = make(w, WEIGHTS_TTQ, 2, 0, NULL);
	check_nearest(&two, w, 1e-9);
	for (uint32_t o = 0; o < OUT; o++)
		assert_true(error_of(&two, w, o) <= 1.02 * error_of(&one, w, o));
	weights_free(&one);
	weights_free(&two);
}

static void test_power2(void **state)
{
	float w[OUT * ROW];

	(void)state;
	filters(w, OUT * ROW, 5);
	for (unsigned int bits = 2; bits <= 4; bits++) {
		struct weight_codes wc = make(w, WEIGHTS_POWER2, bits, 0, NULL);
		int32_t level[WEIGHTS_MAX_LEVELS];
		uint32_t count = weights_levels(&wc, 0, level);

		assert_int_equal(count, (1 << bits) - 1);
		for (uint32_t i = 0; i < count; i++) {
			int32_t m = abs(level[i]);

			assert_true((m & (m - 1)) == 0);
			assert_int_equal(level[i], -level[count - 1 - i]);
		}
		check_nearest(&wc, w, 1e-9);
		for (double f = 0.3; f < 3; f += 0.01) {
			double sum = 0;

			for (int k = 0; k < ROW; k++) {
				double s = wc.scale[0] * f;
				double d = w[k] - s *
					   weights_nearest(level, count, w[k] / s);

				sum += d * d;
			}
			assert_true(error_of(&wc, w, 0) <= 1.03 * sum);
		}
		weights_free(&wc);
	}
}

/* HORQ adds the mean magnitude of the rest, with its signs, to what it has. */
static void test_residual(void **state)
{
	float w[OUT * ROW];

	(void)state;
	filters(w, OUT * ROW, 7);
	for (unsigned int order = 2; order <= 3; order++) {
		struct weight_codes wc = make(w, WEIGHTS_RESIDUAL, order, 0, NULL);

		for (uint32_t o = 0; o < OUT; o++) {
			double rest[ROW], sum[ROW] = { 0 }, reach = 0;

			for (int k = 0; k < ROW; k++)
				rest[k] = w[o * ROW + k];
			for (unsigned int p = 0; p < order; p++) {
				double a = 0;

				for (int k = 0; k < ROW; k++)
					a += fabs(rest[k]) / ROW;
				for (int k = 0; k < ROW; k++) {
					double b = rest[k] >= 0 ? a : -a;

					sum[k] += b;
					rest[k] -= b;
				}
				reach += a;
			}
			/* Another sum of them may be nearer than that one. */
			for (int k = 0; k < ROW; k++) {
				double x = w[o * ROW + k];
				double mine = wc.code[o * ROW + k] * wc.scale[o];

				assert_true(fabs(x - mine) <= fabs(x - sum[k]) +
					    reach / BOOK_REACH);
			}
		}
		weights_free(&wc);
	}
}

/* The least error of @count levels for sorted numbers, by trying all ways. */
static double best_levels(const double *x, const double *weight, int n,
			  uint32_t count)
{
	double best[64], next[64];

	for (uint32_t c = 0; c < count; c++) {
		for (int end = 0; end < n; end++) {
			next[end] = INFINITY;
			for (int from = 0; from <= end; from++) {
				double one = 0, first = 0, second = 0, error;

				for (int i = from; i <= end; i++) {
					one += weight[i];
					first += weight[i] * x[i];
					second += weight[i] * x[i] * x[i];
				}
				error = second - (one > 0 ? first * first / one :
							    0);
				if (!c && from)
					continue;
				if (from)
					error += best[from - 1];
				next[end] = fmin(next[end], error);
			}
		}
		memcpy(best, next, sizeof(best));
	}
	return best[n - 1];
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void test_lloyd(void **state)
{
	double x[48], weight[48], level[8], ratio = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		float w[48];
		double best, mine, sum = 0;

		filters(w, 48, seed + 100);
		for (int i = 0; i < 48; i++)
			x[i] = w[i];
		qsort(x, 48, sizeof(*x), by_number);
		for (int i = 0; i < 48; i++)
			weight[i] = seed % 2 ? fabs(x[i]) : 1;
		best = best_levels(x, weight, 48, 8);
		mine = book_levels(x, weight, 48, false, level, 8);
		for (int i = 0; i < 48; i++) {
			double d = INFINITY;

			for (int k = 0; k < 8; k++)
				d = fmin(d, fabs(x[i] - level[k]));
			sum += weight[i] * d * d;
		}
		close_to(mine, sum, 1e-4 * sum);
		assert_true(mine >= best - 1e-9);
		ratio += mine / best / 20;
		book_levels(x, weight, 48, true, level, 8);
		for (int k = 0, zeros = 0; k < 8; k++) {
			zeros += level[k] == 0;
			assert_true(k < 7 || zeros == 1);
			assert_true(!k || level[k] >= level[k - 1]);
		}
	}
	/* It ends where moving a level does not help: not always the best. */
	assert_true(ratio < 1.5);
}

static void test_code_books(void **state)
{
	static const bool negative[OUT] = { false, true, true, false, true };
	float w[OUT * ROW];
	double one = 0, many = 0, equal = 0;

	(void)state;
	filters(w, OUT * ROW, 11);
	for (int k = 0; k < ROW; k++)
		w[5 * ROW + k] = 0;
	for (unsigned int bits = 2; bits <= 5; bits++) {
		struct weight_codes a, b, zero, s;

		a = make(w, WEIGHTS_CODEBOOK, bits, 0, negative);
		b = make(w, WEIGHTS_CODEBOOK, bits, 2, negative);
		zero = make(w, WEIGHTS_CODEBOOK0, bits, 0, NULL);
		s = make(w, WEIGHTS_MSE, bits, 0, NULL);
		assert_int_equal(a.book_channels, OUT);
		assert_int_equal(b.book_channels, 2);
		for (uint32_t o = 0; o < OUT; o++) {
			int32_t level[WEIGHTS_MAX_LEVELS];
			uint32_t count = weights_levels(&zero, o, level);

			assert_true((a.scale[o] < 0) == negative[o]);
			assert_int_equal(weights_nearest(level, count, 0.1), 0);
		}
		one += weighted_error(&a, w);
		many += weighted_error(&b, w);
		equal += weighted_error(&s, w);
		check_nearest(&a, w, 3);
		check_nearest(&b, w, 3);
		weights_free(&a);
		weights_free(&b);
		weights_free(&zero);
		weights_free(&s);
	}
	assert_true(many < one && one < equal);
}

static void test_random_rounding(void **state)
{
	struct weight_choice c = { .method = WEIGHTS_MINMAX, .bits = 4,
				   .stochastic = true, .seed = 5 };
	float w[OUT * ROW];
	struct weight_codes a, b;
	double off = 0;
	int differ = 0;

	(void)state;
	filters(w, OUT * ROW, 13);
	weights_make(&a, w, OUT, ROW, &c, NULL);
	weights_make(&b, w, OUT, ROW, &c, NULL);
	assert_memory_equal(a.code, b.code, sizeof(*a.code) * OUT * ROW);
	weights_free(&b);
	for (c.seed = 0; c.seed < 200; c.seed++) {
		weights_make(&b, w, OUT, ROW, &c, NULL);
		for (int k = 0; k < OUT * ROW; k++) {
			double d = b.code[k] - w[k] / b.scale[k / ROW];

			assert_true(fabs(d) < 1);
			off += d;
			differ += b.code[k] != a.code[k];
		}
		weights_free(&b);
	}
	weights_free(&a);
	assert_true(differ > 0);
	/* Neither up nor down on average. */
	close_to(off / (200.0 * OUT * ROW), 0, 0.01);
}

static void test_names(void **state)
{
	static const struct {
		enum weight_method method;
		unsigned int bits;
		bool stochastic, ok;
	} cases[] = {
		{ WEIGHTS_BINARY, 1, false, true },
		{ WEIGHTS_BINARY, 2, false, false },
		{ WEIGHTS_TERNARY, 4, false, false },
		{ WEIGHTS_POWER2, 5, false, false },
		{ WEIGHTS_CODEBOOK, 6, false, false },
		{ WEIGHTS_CODEBOOK, 5, false, true },
		{ WEIGHTS_CODEBOOK, 5, true, false },
		{ WEIGHTS_COSINE, 1, false, false },
		{ WEIGHTS_AUTO, 1, false, true },
		{ WEIGHTS_AUTO, 1, true, false },
		{ WEIGHTS_AUTO, 3, true, true },
	};

	(void)state;
	for (int i = 0; i < WEIGHTS_METHODS; i++)
		assert_int_equal(weights_method_parse(weights_method_name(
					(enum weight_method)i)), i);
	assert_int_equal(weights_method_parse("best"), -1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct weight_choice c = { .method = cases[i].method,
					   .bits = cases[i].bits,
					   .stochastic = cases[i].stochastic };

		assert_true(!weights_refuse(&c) == cases[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cosine),
		cmocka_unit_test(test_ternary),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_ttq),
		cmocka_unit_test(test_power2),
		cmocka_unit_test(test_residual),
		cmocka_unit_test(test_lloyd),
		cmocka_unit_test(test_code_books),
		cmocka_unit_test(test_random_rounding),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("quant methods", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* Rounding against trying everything, and layers against their teacher. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "graph_make.h"
#include "tools/graph/mem.h"
#include "tools/quant/gram.h"
#include "tools/quant/rounding.h"
#include "tools/quant/student.h"
#include "tools/quant/teacher.h"

#define N	6

static double any(void)
{
	return ((int)pr_random(2001) - 1000) / 1000.0;
}

/* A positive definite matrix, whose numbers belong to the quadratic. */
static void open_random(struct quadratic *q, double *c)
{
	double a[N][N], *h = mem_array(N * N, sizeof(*h));

	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			a[i][j] = any();
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N; j++)
			for (int k = 0; k < N; k++)
				h[i * N + j] += a[i][k] * a[j][k];
		h[i * N + i] += 0.05;
		c[i] = any();
	}
	assert_int_equal(quadratic_open(q, h, N), 0);
}

static void test_solve(void **state)
{
	struct quadratic q;
	double c[N], x[N];

	(void)state;
	pr_seed(1);
	for (int round = 0; round < 50; round++) {
		open_random(&q, c);
		quadratic_solve(&q, c, x);
		for (int i = 0; i < N; i++) {
			double sum = -c[i];

			for (int j = 0; j < N; j++)
				sum += q.h[i * N + j] * x[j];
			assert_true(fabs(sum) < 1e-9);
		}
		quadratic_free(&q);
	}
}

static double value_of(const struct quadratic *q, const double *c,
		       const int32_t *code, double scale)
{
	double value = 0;

	for (int i = 0; i < N; i++) {
		value -= 2 * c[i] * code[i] * scale;
		for (int j = 0; j < N; j++)
			value += q->h[i * N + j] * code[i] * code[j] * scale *
				 scale;
	}
	return value;
}

/* The least value of all codes with levels -1, 0, 1, each with its scale. */
static double try_all(const struct quadratic *q, const double *c)
{
	double least = 0;

	for (int n = 0; n < 729; n++) {
		double square = 0, fits = 0;
		int code[N];

		for (int i = 0, m = n; i < N; i++, m /= 3)
			code[i] = m % 3 - 1;
		for (int i = 0; i < N; i++) {
			fits += c[i] * code[i];
			for (int j = 0; j < N; j++)
				square += q->h[i * N + j] * code[i] * code[j];
		}
		if (square > 0 && fits > 0)
			least = fmin(least, -fits * fits / square);
	}
	return least;
}

static void test_descend(void **state)
{
	static const int32_t level[] = { -1, 0, 1 };
	double share = 0;

	(void)state;
	pr_seed(2);
	for (int round = 0; round < 100; round++) {
		struct quadratic q;
		double c[N], x[N], scale = 0, start, value;
		int32_t code[N];

		open_random(&q, c);
		quadratic_solve(&q, c, x);
		for (int i = 0; i < N; i++)
			scale = fmax(scale, fabs(x[i]));
		rounding_compensate(&q, x, level, 3, scale, code);
		start = value_of(&q, c, code, scale);
		value = rounding_descend(&q, c, level, 3, &scale, code);
		assert_true(value <= start + 1e-9);
		assert_true(fabs(value - value_of(&q, c, code, scale)) <
			    1e-9);
		assert_true(value >= try_all(&q, c) - 1e-9);
		rounding_compensate(&q, x, level, 3, scale, code);
		value = rounding_search(&q, c, x, level, 3, &scale, code);
		assert_true(value >= try_all(&q, c) - 1e-9);
		share += value / try_all(&q, c) / 100;
		quadratic_free(&q);
	}
	/* Not always the best, but mostly close to it. */
	if (!(share > 0.85))
		fail_msg("it finds %g of what there is", share);
}

/* Where inputs have nothing to do with each other, rounding is rounding. */
static void test_compensate_apart(void **state)
{
	static const int32_t level[] = { -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3,
					 4, 5, 6, 7 };
	double *h = mem_array(N * N, sizeof(*h)), x[N];
	struct quadratic q;
	int32_t code[N];

	(void)state;
	pr_seed(3);
	for (int i = 0; i < N; i++) {
		h[i * N + i] = 0.1 + fabs(any());
		x[i] = any();
	}
	assert_int_equal(quadratic_open(&q, h, N), 0);
	rounding_compensate(&q, x, level, 15, 0.1, code);
	for (int i = 0; i < N; i++)
		assert_int_equal(code[i], weights_nearest(level, 15, x[i] / 0.1));
	quadratic_free(&q);
}

static void test_not_definite(void **state)
{
	double *h = mem_array(4, sizeof(*h));
	struct quadratic q;

	(void)state;
	h[0] = h[3] = 1;
	h[1] = h[2] = 2;
	assert_int_equal(quadratic_open(&q, h, 2), -1);
	quadratic_free(&q);
}

static uint32_t add_conv(struct pack_run *t, uint32_t in, uint32_t co,
			 uint32_t groups, uint32_t stride)
{
	const struct graph_value *v = &t->g.value[in];
	uint32_t ci = v->c / groups;
	struct graph_node n = { .op = GRAPH_CONV, .groups = groups };

	n.window = gm_window(3, 3);
	n.window.stride_h = n.window.stride_w = stride;
	n.window.pad_top = n.window.pad_left = 1;
	n.window.pad_bottom = n.window.pad_right = 1;
	n.weights = (struct graph_weights){ .out = co, .in = ci, .kh = 3,
					    .kw = 3 };
	n.weights.data = mem_array(co * ci * 9, sizeof(float));
	n.weights.bias = mem_array(co, sizeof(float));
	for (uint32_t k = 0; k < co * ci * 9; k++)
		n.weights.data[k] = (float)(any() * any());
	for (uint32_t k = 0; k < co; k++)
		n.weights.bias[k] = (float)any();
	return gm_node(t, n, in, 0);
}

static void fill_calibration(struct pack_run *t, uint32_t count)
{
	const struct graph_value *v = &t->g.value[t->g.input];
	size_t all = count * graph_elements(v);

	t->calib = (struct dataset){ .count = count, .height = v->h,
				     .width = v->w, .channels = v->c };
	t->calib.images = mem_array(all, sizeof(float));
	for (size_t i = 0; i < all; i++)
		t->calib.images[i] = (float)any();
}

/* Means of products, one after the other. */
static void test_gram(void **state)
{
	const uint32_t images = 3, groups = 2;
	struct pack_run t;
	struct gram gr;
	float *in, *wanted;
	uint32_t value;

	(void)state;
	pr_seed(4);
	gm_init(&t, 4, 5, 6);
	value = add_conv(&t, t.g.input, 6, groups, 2);
	gm_output(&t, value);
	in = mem_array(images * 4 * 30, sizeof(*in));
	wanted = mem_array(images * 6 * 9, sizeof(*wanted));
	for (uint32_t i = 0; i < images * 120; i++)
		in[i] = (float)any();
	for (uint32_t i = 0; i < images * 54; i++)
		wanted[i] = (float)any();
	gram_make(&gr, &t.g, &t.g.node[0], 1, images, in, wanted);
	assert_int_equal(gr.row, 18);
	assert_int_equal(gr.out, 3);
	for (uint32_t a = 0; a < 18; a++) {
		double count = images * 9, mean_a = 0, mean_y = 0, ay = 0;
		double aa = 0;

		for (uint32_t i = 0; i < images * 9; i++) {
			int y = (int)(i % 9 / 3 * 2 + a % 9 / 3) - 1;
			int x = (int)(i % 3 * 2 + a % 3) - 1;
			double v = y < 0 || y > 4 || x < 0 || x > 5 ? 0 :
				   in[((i / 9 * 4 + 2 + a / 9) * 5 + (uint32_t)y) *
				      6 + (uint32_t)x];
			double w = wanted[(i / 9 * 6 + 3 + 2) * 9 + i % 9];

			mean_a += v / count;
			mean_y += w / count;
			aa += v * v / count;
			ay += v * w / count;
		}
		assert_true(fabs(gr.input[a * 18 + a] - aa + mean_a * mean_a) <
			    1e-5);
		assert_true(fabs(gr.cross[2 * 18 + a] - ay + mean_a * mean_y) <
			    1e-5);
	}
	gram_free(&gr);
	free(in);
	free(wanted);
	pr_free(&t);
}

/* A wide image is taken in parts, and gives the same. */
static void test_gram_in_parts(void **state)
{
	const uint32_t side = 512;
	size_t all = (size_t)side * side;
	double mean_a = 0, mean_b = 0, mean_y = 0, ab = 0, ay = 0;
	struct pack_run t;
	struct rusage before, after;
	struct gram gr;
	float *in, *wanted;
	uint32_t value;

	(void)state;
	pr_seed(9);
	gm_init(&t, 9, side, side);
	value = add_conv(&t, t.g.input, 1, 1, 1);
	gm_output(&t, value);
	in = mem_array(9 * all, sizeof(*in));
	wanted = mem_array(all, sizeof(*wanted));
	for (size_t i = 0; i < 9 * all; i++)
		in[i] = (float)any();
	for (size_t i = 0; i < all; i++)
		wanted[i] = (float)(any() + in[i]);
	getrusage(RUSAGE_SELF, &before);
	gram_make(&gr, &t.g, &t.g.node[0], 0, 1, in, wanted);
	getrusage(RUSAGE_SELF, &after);
	/* All columns at once would be 81 megabytes. */
	assert_true(after.ru_maxrss - before.ru_maxrss < 48 << 10);
	/* The middle of the first channel, and that of the second one. */
	for (size_t i = 0; i < all; i++) {
		mean_a += in[i] / (double)all;
		mean_b += in[all + i] / (double)all;
		mean_y += wanted[i] / (double)all;
		ab += (double)in[i] * in[all + i] / (double)all;
		ay += (double)in[i] * wanted[i] / (double)all;
	}
	assert_true(fabs(gr.input[4 * 81 + 13] - ab + mean_a * mean_b) < 1e-5);
	assert_true(fabs(gr.cross[4] - ay + mean_a * mean_y) < 1e-5);
	assert_true(gr.cross[4] > 0.1);
	gram_free(&gr);
	free(in);
	free(wanted);
	pr_free(&t);
}

/* One image that both networks have no room for is refused. */
static void test_too_large(void **state)
{
	struct graph_node pad = { .op = GRAPH_COPY };
	struct pack_run t;

	(void)state;
	gm_init(&t, 1, 2, 2);
	for (int i = 0; i < 3; i++)
		pad.copy.axis[i] = (struct graph_axis){ 0, 1, 1, (uint32_t)i };
	pad.copy.c = 1;
	pad.copy.h = pad.copy.w = 16384;
	gm_output(&t, gm_node(&t, pad, t.g.input, 0));
	assert_false(teacher_fits(&t.g, &t.r));
	assert_int_equal(report_problems(&t.r), 1);
	t.g.value[t.g.output[0]].h = 1024;
	assert_true(teacher_fits(&t.g, &t.r));
	pr_free(&t);
}

/* conv, ReLU, grouped conv, ReLU, conv */
static double error_with(enum teacher_kind kind, enum weight_method method,
			 unsigned int bits, uint64_t seed)
{
	double error;
	struct pack_run t;
	uint32_t v;

	pr_seed(seed);
	gm_init(&t, 3, 8, 8);
	v = add_conv(&t, t.g.input, 8, 1, 1);
	v = gm_clamp(&t, v, 0, INFINITY);
	v = add_conv(&t, v, 8, 4, 1);
	v = gm_clamp(&t, v, 0, INFINITY);
	v = add_conv(&t, v, 5, 1, 2);
	gm_output(&t, v);
	fill_calibration(&t, 40);
	t.opt.choice.weights = (struct weight_choice){ method, bits, 0, 0, 0 };
	t.opt.teacher.kind = kind;
	pr_pack_graph(&t);
	error = pr_error(&t, t.calib.images, 40);
	pr_free(&t);
	return error;
}

static void test_learns(void **state)
{
	static const struct {
		enum weight_method method;
		unsigned int bits;
	} cases[] = {
		{ WEIGHTS_MSE, 4 }, { WEIGHTS_COSINE, 3 }, { WEIGHTS_BINARY, 1 },
		{ WEIGHTS_TERNARY, 2 }, { WEIGHTS_CODEBOOK, 3 },
		{ WEIGHTS_POWER2, 3 }, { WEIGHTS_RESIDUAL, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double none = 0, bias = 0, all = 0;

		for (uint64_t seed = 0; seed < 3; seed++) {
			none += error_with(TEACHER_NONE, cases[i].method,
					   cases[i].bits, seed);
			bias += error_with(TEACHER_BIAS, cases[i].method,
					   cases[i].bits, seed);
			all += error_with(TEACHER_ALL, cases[i].method,
					  cases[i].bits, seed);
		}
		assert_true(bias < none);
		assert_true(all < 0.7 * bias);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_solve),
		cmocka_unit_test(test_descend),
		cmocka_unit_test(test_compensate_apart),
		cmocka_unit_test(test_not_definite),
		cmocka_unit_test(test_gram),
		cmocka_unit_test(test_gram_in_parts),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_learns),
	};

	return cmocka_run_group_tests_name("quant teacher", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* The float executor against loops that follow the definitions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_build.h"
#include "pack_run.h"
#include "tools/onnx/onnx.h"

struct geometry {
	int c, h, w, out, kh, kw, sh, sw, dh, dw, top, left, bottom, right;
	int groups;
};

static float any(void)
{
	return (float)((int)pr_random(2001) - 1000) / 256;
}

static int out_size(int in, int pads, int k, int s, int d)
{
	return (in + pads - ((k - 1) * d + 1)) / s + 1;
}

static double tap(const struct geometry *g, const float *x, int c, int y,
		  int xx, double outside)
{
	if (y < 0 || y >= g->h || xx < 0 || xx >= g->w)
		return outside;
	return x[(y * g->w + xx) * g->c + c];
}

/* Element of a convolution of the image @x (height, width, channels). */
static double conv_at(const struct geometry *g, const float *x, const float *w,
		      const float *bias, int o, int oy, int ox)
{
	int per = g->c / g->groups, first = o / (g->out / g->groups) * per;
	double sum = bias ? bias[o] : 0;

	for (int i = 0; i < per; i++)
		for (int ky = 0; ky < g->kh; ky++)
			for (int kx = 0; kx < g->kw; kx++)
				sum += w[((o * per + i) * g->kh + ky) * g->kw + kx] *
				       tap(g, x, first + i,
					   oy * g->sh + ky * g->dh - g->top,
					   ox * g->sw + kx * g->dw - g->left, 0);
	return sum;
}

static void parse(struct ob *b, struct graph *g)
{
	struct report r = { 0 };
	size_t size;
	void *bytes = ob_bytes(b, &size);
	int ret = onnx_parse(bytes, size, NULL, g, &r);

	report_print(&r.problems, stderr, "# ");
	assert_int_equal(ret, 0);
	report_free(&r);
	free(bytes);
	ob_free(b);
}

static void window_attrs(struct ob *b, Onnx__NodeProto *n,
			 const struct geometry *g)
{
	ob_attr_ints(b, n, "kernel_shape", DIMS(g->kh, g->kw));
	ob_attr_ints(b, n, "strides", DIMS(g->sh, g->sw));
	ob_attr_ints(b, n, "dilations", DIMS(g->dh, g->dw));
	ob_attr_ints(b, n, "pads", DIMS(g->top, g->left, g->bottom, g->right));
}

static void test_convolutions(void **state)
{
	static const struct geometry cases[] = {
		{ 1, 5, 5, 1, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0, 1 },
		{ 3, 7, 6, 4, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ 4, 9, 5, 6, 3, 2, 1, 2, 2, 3, 2, 0, 1, 3, 2 },
		{ 5, 6, 6, 5, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 5 },
		{ 3, 4, 4, 6, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 3 },
		{ 8, 1, 1, 7, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 },
	};

	(void)state;
	pr_seed(3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct geometry *g = &cases[i];
		int oh = out_size(g->h, g->top + g->bottom, g->kh, g->sh, g->dh);
		int ow = out_size(g->w, g->left + g->right, g->kw, g->sw, g->dw);
		float w[512], bias[16], x[512];
		struct float_net *net;
		Onnx__NodeProto *n;
		struct graph graph;
		const float *y;
		struct ob b;

		for (int k = 0; k < 512; k++) {
			w[k] = any();
			x[k] = any();
			bias[k % 16] = any();
		}
		ob_init(&b, 13);
		ob_input(&b, "x", DIMS(1, g->c, g->h, g->w));
		ob_floats(&b, "w", DIMS(g->out, g->c / g->groups, g->kh, g->kw), w);
		ob_floats(&b, "b", DIMS(g->out), bias);
		n = ob_node(&b, "Conv", NAMES("x", "w", "b"), "y");
		window_attrs(&b, n, g);
		ob_attr_int(&b, n, "group", g->groups);
		ob_output(&b, "y");
		parse(&b, &graph);
		net = float_open(&graph);
		float_run(net, x);
		y = float_value(net, graph.output[0]);
		for (int o = 0; o < g->out; o++)
			for (int p = 0; p < oh * ow; p++)
				assert_true(fabs(y[o * oh * ow + p] -
						 conv_at(g, x, w, bias, o, p / ow,
							 p % ow)) < 1e-3);
		float_close(net);
		graph_free(&graph);
	}
}

static double pool_at(const struct geometry *g, const float *x, int kind,
		      int c, int oy, int ox)
{
	double max = -INFINITY, sum = 0;
	int count = 0;

	for (int ky = 0; ky < g->kh; ky++)
		for (int kx = 0; kx < g->kw; kx++) {
			double v = tap(g, x, c, oy * g->sh + ky - g->top,
				       ox * g->sw + kx - g->left, NAN);

			if (isnan(v))
				continue;
			max = fmax(max, v);
			sum += v;
			count++;
		}
	return kind == 0 ? max : sum / (kind == 1 ? count : g->kh * g->kw);
}

/* Maximum; average without and with the padding counted. */
static void test_pools(void **state)
{
	static const struct geometry cases[] = {
		{ 3, 6, 6, 3, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 1 },
		{ 2, 7, 5, 2, 3, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ 1, 5, 5, 1, 3, 2, 2, 2, 1, 1, 0, 1, 2, 0, 1 },
	};

	(void)state;
	pr_seed(4);
	for (size_t i = 0; i < 9; i++) {
		const struct geometry *g = &cases[i / 3];
		int oh = out_size(g->h, g->top + g->bottom, g->kh, g->sh, 1);
		int ow = out_size(g->w, g->left + g->right, g->kw, g->sw, 1);
		int kind = i % 3;
		struct float_net *net;
		struct graph graph;
		Onnx__NodeProto *n;
		const float *y;
		float x[512];
		struct ob b;

		for (int k = 0; k < 512; k++)
			x[k] = any();
		ob_init(&b, 13);
		ob_input(&b, "x", DIMS(1, g->c, g->h, g->w));
		n = ob_node(&b, kind ? "AveragePool" : "MaxPool", NAMES("x"), "y");
		window_attrs(&b, n, g);
		if (kind == 2)
			ob_attr_int(&b, n, "count_include_pad", 1);
		ob_output(&b, "y");
		parse(&b, &graph);
		net = float_open(&graph);
		float_run(net, x);
		y = float_value(net, graph.output[0]);
		for (int c = 0; c < g->c; c++)
			for (int p = 0; p < oh * ow; p++)
				assert_true(fabs(y[(c * oh + p / ow) * ow + p % ow] -
						 pool_at(g, x, kind, c, p / ow,
							 p % ow)) < 1e-5);
		float_close(net);
		graph_free(&graph);
	}
}

/* BatchNormalization, Clip, a per-channel sum, MatMul, Quant: by hand. */
static void test_values_by_hand(void **state)
{
	const float x[] = { 1, -2, 3, 0.25f };	/* 2 channels: (1, 3), (-2, .25) */
	const float expected[] = { 2, 2.5f, -1, 1 };
	struct float_net *net;
	struct graph graph;
	Onnx__NodeProto *n;
	const float *y;
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 2, 1, 2));
	ob_floats(&b, "gamma", DIMS(2), (const float []){ 2, 1 });
	ob_floats(&b, "beta", DIMS(2), (const float []){ 0.5f, 0 });
	ob_floats(&b, "mean", DIMS(2), (const float []){ 0, -1 });
	ob_floats(&b, "var", DIMS(2), (const float []){ 4, 1 });
	ob_floats(&b, "shift", DIMS(2, 1, 1), (const float []){ 0.5f, 0 });
	ob_float(&b, "lo", -3);
	ob_float(&b, "hi", 2);
	n = ob_node(&b, "BatchNormalization",
		    NAMES("x", "gamma", "beta", "mean", "var"), "bn");
	ob_attr_float(&b, n, "epsilon", 0);
	ob_node(&b, "Clip", NAMES("bn", "lo", "hi"), "clip");
	ob_node(&b, "Add", NAMES("shift", "clip"), "sum");
	ob_quant(&b, "sum", "y", 0.5f, 0, 4, 1, 0);
	ob_output(&b, "y");
	parse(&b, &graph);
	net = float_open(&graph);
	float_run(net, x);
	y = float_value(net, graph.output[0]);
	for (int i = 0; i < 4; i++)
		assert_true(y[i] == expected[i]);
	float_close(net);
	graph_free(&graph);
}

static void test_class_and_accuracy(void **state)
{
	float images[] = { 1, 2, 2, 5, 4, 3, 0, 0, 0 };
	int32_t labels[] = { 1, 0, 2 };
	struct dataset ds = { .count = 3, .height = 1, .width = 1,
			      .channels = 3, .images = images,
			      .labels = labels };
	struct float_net *net;
	struct graph graph;
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 3));
	ob_node(&b, "Relu", NAMES("x"), "y");
	ob_output(&b, "y");
	parse(&b, &graph);
	net = float_open(&graph);
	/* Of equal ones the first: 1, 0, and 0 is not 2. */
	assert_int_equal(float_count_right(net, &ds), 2);
	labels[0] = -1;
	assert_int_equal(float_count_right(net, &ds), 1);
	float_close(net);
	graph_free(&graph);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convolutions),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_values_by_hand),
		cmocka_unit_test(test_class_and_accuracy),
	};

	return cmocka_run_group_tests_name("float_exec", tests, NULL, NULL);
}

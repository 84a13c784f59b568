// SPDX-License-Identifier: MIT
/*
 * Networks without quantizers: functions, sums, products and the rest with
 * ranges from a calibration set come close to floating point. And what cannot
 * be packed is refused with a reason.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph_make.h"
#include "tools/graph/mem.h"

#define CHANNELS	3u
#define SIDE		6u
#define PIXELS		(CHANNELS * SIDE * SIDE)

static float any(void)
{
	return (float)((int)pr_random(2001) - 1000) / 1000;
}

static void start(struct pack_run *t, uint64_t seed)
{
	struct dataset *ds = &t->calib;

	pr_seed(seed);
	gm_init(t, CHANNELS, SIDE, SIDE);
	ds->count = 20;
	ds->height = ds->width = SIDE;
	ds->channels = CHANNELS;
	ds->images = mem_array((size_t)ds->count * PIXELS, sizeof(float));
	for (size_t i = 0; i < (size_t)ds->count * PIXELS; i++)
		ds->images[i] = any();
}

static uint32_t conv(struct pack_run *t, uint32_t in, uint32_t out, uint32_t k,
		     enum graph_op op)
{
	struct graph_node n = { .op = op, .source = "Conv", .groups = 1 };
	uint32_t c = t->g.value[in].c;
	size_t count = (size_t)out * c * k * k;

	n.window = gm_window(k, k);
	if (op == GRAPH_CONV_TRANSPOSE)
		n.window.stride_h = n.window.stride_w = 2;
	n.weights = (struct graph_weights){ .out = out, .in = c, .kh = k,
					    .kw = k };
	n.weights.data = mem_array(count, sizeof(float));
	n.weights.bias = mem_array(out, sizeof(float));
	for (size_t i = 0; i < count; i++)
		n.weights.data[i] = any() / sqrtf((float)(c * k * k)) * 2;
	for (uint32_t o = 0; o < out; o++)
		n.weights.bias[o] = any() / 2;
	return gm_node(t, n, in, 0);
}

static uint32_t function(struct pack_run *t, uint32_t in, enum graph_function f)
{
	struct graph_node n = { .op = GRAPH_FUNCTION, .source = "Function" };
	struct graph_activation *a = &n.activation;

	a->f = f;
	a->alphas = f == GRAPH_LEAKY ? t->g.value[in].c : 1;
	a->alpha = mem_array(a->alphas, sizeof(double));
	for (uint32_t i = 0; i < a->alphas; i++)
		a->alpha[i] = f == GRAPH_POW ? 2 : f == GRAPH_LEAKY ?
			      any() / 2 : f == GRAPH_HARD_SIGMOID ? 0.2 : 1;
	a->beta = f == GRAPH_HARD_SIGMOID ? 0.5 : 1.05;
	return gm_node(t, n, in, 0);
}

static uint32_t pair(struct pack_run *t, enum graph_op op, uint32_t a,
		     uint32_t b)
{
	return gm_node(t, (struct graph_node){ .op = op, .source = "Pair" }, a,
		       b);
}

/* Root of the mean squared error, over that of the values themselves. */
static double relative_error(struct pack_run *t, size_t output)
{
	double error = 0, total = 0;

	for (uint32_t i = 0; i < t->calib.count; i++) {
		pr_run(t, t->calib.images + (size_t)i * PIXELS);
		for (size_t k = 0; k < pr_elements(t, output); k++) {
			double f = pr_float(t, output, k);

			error += pow(f - t->real[output][k], 2);
			total += f * f;
		}
	}
	return sqrt(error / total);
}

static void check(struct pack_run *t, const char *name, int number,
		  double most)
{
	double error;

	pr_pack_graph(t);
	error = relative_error(t, 0);
	if (!(error < most))
		fail_msg("%s %d: error %g", name, number, error);
	pr_free(t);
}

static void test_functions(void **state)
{
	(void)state;
	for (int f = GRAPH_SIGMOID; f <= GRAPH_POW; f++) {
		struct pack_run t;
		uint32_t x;

		start(&t, 100 + (uint64_t)f);
		x = conv(&t, t.g.input, 6, 3, GRAPH_CONV);
		/* Those that are not defined everywhere, or rise without end. */
		if (f == GRAPH_LOG || f == GRAPH_SQRT || f == GRAPH_RSQRT ||
		    f == GRAPH_RECIPROCAL)
			x = gm_clamp(&t, x, 0.5, INFINITY);
		x = function(&t, x, (enum graph_function)f);
		gm_output(&t, conv(&t, x, 4, 1, GRAPH_CONV));
		check(&t, "function", f, 0.03);
	}
}

/* The function's argument is read by something else, too. */
static void test_functions_alone(void **state)
{
	static const enum graph_op ops[] = { GRAPH_ADD, GRAPH_SUB, GRAPH_MUL };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct pack_run t;
		uint32_t x, y;

		start(&t, 200 + (uint64_t)i);
		x = conv(&t, t.g.input, 6, 3, GRAPH_CONV);
		y = function(&t, x, GRAPH_SIGMOID);
		x = pair(&t, ops[i], x, y);
		gm_output(&t, conv(&t, x, 4, 1, GRAPH_CONV));
		check(&t, "pair", i, 0.03);
	}
}

static void test_joined(void **state)
{
	struct pack_run t;
	struct graph_node n = { .op = GRAPH_CONCAT, .source = "Concat",
				.parts = 3, .axis = 2 };
	uint32_t x;

	(void)state;
	start(&t, 300);
	x = conv(&t, t.g.input, 5, 3, GRAPH_CONV);
	n.in[1] = function(&t, conv(&t, x, 3, 1, GRAPH_CONV), GRAPH_TANH);
	n.in[2] = conv(&t, x, 4, 1, GRAPH_CONV);
	x = gm_node(&t, n, x, 0);
	x = gm_clamp(&t, x, 0, INFINITY);
	x = conv(&t, x, 6, 3, GRAPH_CONV_TRANSPOSE);
	gm_output(&t, conv(&t, gm_clamp(&t, x, 0, 6), 3, 1, GRAPH_CONV));
	check(&t, "joined", 0, 0.03);
}

static void test_softmax(void **state)
{
	struct graph_node n = { .op = GRAPH_SOFTMAX, .source = "Softmax",
				.softmax_beta = 1 };
	struct pack_run t;

	(void)state;
	start(&t, 400);
	t.opt.choice.activation_bits = 4;
	gm_output(&t, gm_node(&t, n, conv(&t, t.g.input, 7, 6, GRAPH_CONV), 0));
	/* What a softmax reads has 8 bits all the same. */
	check(&t, "softmax", 0, 0.03);
}

static void test_argmax(void **state)
{
	struct graph_node n = { .op = GRAPH_ARGMAX, .source = "ArgMax" };
	struct quantizer q = { .bits = 8, .is_signed = true, .scale = 0.125f };
	struct pack_run t;

	(void)state;
	start(&t, 500);
	gm_output(&t, gm_node(&t, n, gm_quant(&t, t.g.input, q, NULL), 0));
	pr_pack_graph(&t);
	assert_true(relative_error(&t, 0) == 0);
	pr_free(&t);
}

/* -- Refusals -- */

static struct graph_requant *requant(uint32_t entries, int32_t multiplier,
				     int8_t shift)
{
	struct graph_requant *r = mem_array(1, sizeof(*r));

	r->rule = QNN_ROUND_A;
	r->entries = entries;
	r->multiplier = mem_array(entries, sizeof(int32_t));
	r->shift = mem_array(entries, 1);
	for (uint32_t k = 0; k < entries; k++) {
		r->multiplier[k] = multiplier;
		r->shift[k] = shift;
	}
	return r;
}

static uint32_t codes(struct pack_run *t)
{
	return gm_quant(t, t->g.input, gm_codes(8, true, 0.01f, 3), NULL);
}

static void finish(struct pack_run *t, uint32_t in, struct graph_requant *r,
		   const char *text)
{
	gm_output(t, gm_quant(t, in, gm_codes(8, true, 0.02f, 0), r));
	pr_graph_refused(t, text);
}

static void test_multipliers_without_sums(void **state)
{
	struct graph_node mean = { .op = GRAPH_AVG_POOL, .source = "AvgPool" };
	struct graph_node norm = { .op = GRAPH_AFFINE, .source = "Mul" };
	struct pack_run t;

	(void)state;
	start(&t, 600);
	finish(&t, conv(&t, codes(&t), 4, 1, GRAPH_CONV), requant(1, 1 << 30, 0),
	       "the layer in front of it has no integer weights");
	start(&t, 601);
	norm.affine.mul = mem_array(CHANNELS, sizeof(double));
	norm.affine.add = mem_array(CHANNELS, sizeof(double));
	finish(&t, gm_node(&t, norm, codes(&t), 0), requant(1, 1 << 30, 0),
	       "something else scales its input first");
	start(&t, 602);
	mean.window = gm_window(2, 2);
	mean.window.pad_top = 1;
	finish(&t, gm_node(&t, mean, codes(&t), 0), requant(1, 1 << 30, 0),
	       "its input has no quantizer");
	start(&t, 603);
	finish(&t, codes(&t), requant(2, 1 << 30, 0),
	       "there must be one, or one per channel");
	start(&t, 604);
	finish(&t, codes(&t), requant(1, -5, 0), "one is out of the device's range");
	start(&t, 605);
	finish(&t, codes(&t), requant(1, 5, 31), "one is out of the device's range");
	start(&t, 606);
	finish(&t, t.g.input, requant(1, 1 << 30, 0), "its input has no quantizer");
}

static void test_other_refusals(void **state)
{
	struct graph_node table = { .op = GRAPH_FUNCTION, .source = "Table" };
	struct graph_node steps = { .op = GRAPH_THRESHOLD, .source = "Steps" };
	struct graph_node soft = { .op = GRAPH_SOFTMAX, .source = "Softmax",
				   .softmax_beta = 1e-9,
				   .softmax_fixed = true };
	int16_t none[256] = { 0 };
	double one = 1;
	struct pack_run t;

	(void)state;
	start(&t, 700);
	table.activation.f = GRAPH_TANH;
	table.activation.codes = gm_keep(none, 256, sizeof(none[0]));
	gm_output(&t, gm_node(&t, table, t.g.input, 0));
	pr_graph_refused(&t, "its table of codes needs a quantizer");
	start(&t, 701);
	steps.thresholds = (struct graph_thresholds){
		.rows = 1, .levels = 1, .step = 3, .base = 1,
		.t = gm_keep(&one, 1, sizeof(one)),
	};
	gm_output(&t, gm_node(&t, steps, t.g.input, 0));
	pr_graph_refused(&t, "multiples of the step");
	start(&t, 702);
	gm_output(&t, gm_node(&t, soft, codes(&t), 0));
	pr_graph_refused(&t, "is too small");
	start(&t, 703);
	t.g.input_is_codes = true;
	gm_output(&t, conv(&t, t.g.input, 4, 1, GRAPH_CONV));
	pr_graph_refused(&t, "is made of integers; that needs a quantizer");
}

/* 300 x 300 pixels are more than a kernel, and as channels too many. */
static void test_too_many_channels(void **state)
{
	struct graph_node n = { .op = GRAPH_FLATTEN, .source = "Flatten" };
	struct pack_run t;

	(void)state;
	pr_seed(900);
	gm_init(&t, 1, 300, 300);
	gm_output(&t, gm_node(&t, n, codes(&t), 0));
	pr_graph_refused(&t, "it has 90000 channels; at most 65535");
}

/* A user's rule takes the place of the file's: the numbers are of its kind. */
static void test_other_rounding(void **state)
{
	(void)state;
	for (int rule = QNN_ROUND_A; rule <= QNN_ROUND_C; rule++) {
		const struct qnn_stage_desc *s;
		struct pack_run t;

		start(&t, 800);
		t.opt.lower.rounding = (enum qnn_rounding)rule;
		t.opt.lower.rounding_given = true;
		gm_output(&t, gm_quant(&t, pair(&t, GRAPH_MUL, codes(&t), 1),
				       gm_codes(8, true, 0.01f, 0),
				       requant(1, 1 << 30, -3)));
		pr_pack_graph(&t);
		s = &t.p.lowered.cmd[0].stage;
		assert_int_equal(s->kind, QNN_STAGE_REQUANT);
		assert_int_equal(s->rule, rule);
		/* The file's number is off; the one from the scales is not. */
		assert_true(relative_error(&t, 0) < 0.03);
		pr_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_functions_alone),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_argmax),
		cmocka_unit_test(test_multipliers_without_sums),
		cmocka_unit_test(test_other_refusals),
		cmocka_unit_test(test_too_many_channels),
		cmocka_unit_test(test_other_rounding),
	};

	return cmocka_run_group_tests_name("pack_functions", tests, NULL, NULL);
}

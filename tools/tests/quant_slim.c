// SPDX-License-Identifier: MIT
/* Channels that a slope of 0 makes constant go, and nothing changes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph_make.h"
#include "tools/graph/mem.h"

#define SIDE	9
#define IMAGE	(SIDE * SIDE * 2)

static double any(void)
{
	return ((int)pr_random(2001) - 1000) / 1000.0;
}

static uint32_t add_conv(struct pack_run *t, uint32_t in, uint32_t co,
			 uint32_t k, uint32_t groups)
{
	const struct graph_value *v = &t->g.value[in];
	struct graph_node n = { .op = GRAPH_CONV, .groups = groups };
	size_t count = (size_t)co * v->c / groups * k * k;

	n.window = gm_window(k, k);
	n.weights = (struct graph_weights){ .out = co, .in = v->c / groups,
					    .kh = k, .kw = k };
	n.weights.data = mem_array(count, sizeof(float));
	for (size_t i = 0; i < count; i++)
		n.weights.data[i] = (float)any();
	if (co % 2)
		n.weights.bias = mem_array(co, sizeof(float));
	return gm_node(t, n, in, 0);
}

/* The slope of every third channel is 0, and all of them are above it. */
static uint32_t add_norm(struct pack_run *t, uint32_t in)
{
	uint32_t channels = t->g.value[in].c;
	struct graph_node n = { .op = GRAPH_AFFINE };

	n.affine.mul = mem_array(channels, sizeof(double));
	n.affine.add = mem_array(channels, sizeof(double));
	n.affine.mean = mem_array(channels, sizeof(double));
	n.affine.dev = mem_array(channels, sizeof(double));
	for (uint32_t c = 0; c < channels; c++) {
		double gamma = c % 3 == 1 ? 0 : 0.5 + fabs(any());

		n.affine.mean[c] = n.affine.add[c] = any() + 0.5;
		n.affine.dev[c] = gamma;
		n.affine.mul[c] = gamma * (c % 2 ? -1 : 1);
	}
	return gm_node(t, n, in, 0);
}

static uint32_t add_pool(struct pack_run *t, uint32_t in, enum graph_op op)
{
	struct graph_node n = { .op = op };

	n.window = gm_window(2, 2);
	return gm_node(t, n, in, 0);
}

static float *run(const struct graph *g, const float *image, size_t *count)
{
	struct float_net *net = float_open(g);
	float *copy;

	float_run(net, image);
	*count = graph_elements(&g->value[g->output[0]]);
	copy = mem_copy(float_value(net, g->output[0]), *count, sizeof(*copy));
	float_close(net);
	return copy;
}

/* conv, norm, ReLU, pool, norm, hard swish, pool; two layers read that. */
static void make_net(struct pack_run *t)
{
	struct graph_node f = { .op = GRAPH_FUNCTION,
				.activation = { .f = GRAPH_HARD_SWISH } };
	struct graph_node sum = { .op = GRAPH_ADD };
	uint32_t v, a, b;

	gm_init(t, 2, SIDE, SIDE);
	v = add_norm(t, add_conv(t, t->g.input, 7, 2, 1));
	v = add_pool(t, gm_clamp(t, v, 0, INFINITY), GRAPH_MAX_POOL);
	v = gm_node(t, f, add_norm(t, v), 0);
	v = add_pool(t, v, GRAPH_AVG_POOL);
	a = add_conv(t, v, 4, 3, 1);
	b = add_conv(t, v, 4, 3, 1);
	v = gm_node(t, sum, a, b);
	gm_output(t, add_conv(t, v, 3, 2, 1));
}

static void test_nothing_changes(void **state)
{
	const struct slim_options opt = { .part = 2.5 / 7 };
	float image[IMAGE], *before, *after;
	struct pack_run t;
	size_t count, same;

	(void)state;
	pr_seed(1);
	make_net(&t);
	for (int i = 0; i < IMAGE; i++)
		image[i] = (float)any();
	before = run(&t.g, image, &count);
	assert_int_equal(slim(&t.g, &opt, &t.r), 0);
	/* Two of seven channels have no slope. */
	assert_int_equal(t.g.node[0].weights.out, 5);
	assert_int_equal(t.g.value[t.g.node[0].out].c, 5);
	after = run(&t.g, image, &same);
	assert_int_equal(count, same);
	for (size_t i = 0; i < count; i++)
		if (!(fabs(before[i] - after[i]) < 1e-4))
			fail_msg("%zu: %g is %g", i, before[i], after[i]);
	free(before);
	free(after);
	pr_free(&t);
}

/* What is left is a network like any other. */
static void test_packs(void **state)
{
	double error = 0, power = 0;
	struct pack_run t;

	(void)state;
	pr_seed(2);
	make_net(&t);
	t.opt.slim.part = 0.5;
	t.opt.teacher.kind = TEACHER_ALL;
	t.calib = (struct dataset){ .count = 20, .height = SIDE, .width = SIDE,
				    .channels = 2 };
	t.calib.images = mem_array(20 * IMAGE, sizeof(float));
	for (size_t i = 0; i < 20 * IMAGE; i++)
		t.calib.images[i] = (float)any();
	pr_pack_graph(&t);
	assert_int_equal(t.p.codes[0]->out, 4);
	for (int i = 0; i < 20; i++) {
		pr_run(&t, t.calib.images + i * IMAGE);
		for (size_t k = 0; k < pr_elements(&t, 0); k++) {
			error += pow(pr_float(&t, 0, k) - t.real[0][k], 2);
			power += pow(pr_float(&t, 0, k), 2);
		}
	}
	assert_true(error < 0.01 * power);
	pr_free(&t);
}

/* Layers one after the other: each loses outputs, and inputs of the one before. */
static void test_chain(void **state)
{
	const struct slim_options opt = { .part = 0.5 };
	struct pack_run t;
	uint32_t v;
	float image[IMAGE] = { 0 }, *out;
	size_t count;

	(void)state;
	pr_seed(3);
	gm_init(&t, 2, SIDE, SIDE);
	v = gm_clamp(&t, add_norm(&t, add_conv(&t, t.g.input, 8, 2, 1)), 0, 6);
	v = gm_clamp(&t, add_norm(&t, add_conv(&t, v, 12, 3, 1)), 0, 6);
	gm_output(&t, add_conv(&t, v, 3, 1, 1));
	assert_int_equal(slim(&t.g, &opt, &t.r), 0);
	assert_int_equal(t.g.node[0].weights.out + t.g.node[3].weights.out, 10);
	assert_int_equal(t.g.node[0].weights.out, t.g.node[3].weights.in);
	assert_int_equal(t.g.node[3].weights.out, t.g.node[6].weights.in);
	out = run(&t.g, image, &count);
	free(out);
	pr_free(&t);
}

/* One channel of each layer stays. */
static void test_nearly_all(void **state)
{
	const struct slim_options opt = { .part = 0.99 };
	struct pack_run t;

	(void)state;
	pr_seed(4);
	make_net(&t);
	assert_int_equal(slim(&t.g, &opt, &t.r), 0);
	assert_int_equal(t.g.node[0].weights.out, 1);
	pr_free(&t);
}

enum shape { SUM, OUTPUT, GROUPS, TWO_READERS, NO_NORM, SHAPES };

static void make_impossible(struct pack_run *t, enum shape shape)
{
	struct graph_node sum = { .op = GRAPH_ADD };
	uint32_t v, a;

	gm_init(t, 2, SIDE, SIDE);
	a = add_conv(t, t->g.input, 4, 1, shape == GROUPS ? 2 : 1);
	v = shape == NO_NORM ? a : add_norm(t, a);
	if (shape == SUM)
		v = gm_node(t, sum, v, add_norm(t, add_conv(t, t->g.input, 4, 1, 1)));
	if (shape == TWO_READERS)
		gm_output(t, add_conv(t, a, 2, 1, 1));
	if (shape == OUTPUT)
		gm_output(t, v);
	gm_output(t, add_conv(t, v, 3, 1, 1));
}

/* Each by itself is a problem that names who needs the channels. */
static void test_refused(void **state)
{
	static const char *const why[SHAPES] = {
		[SUM] = "they are read by", [OUTPUT] = "they are part of an output",
		[GROUPS] = "it has groups of channels",
		[TWO_READERS] = "others read them without the normalization",
		[NO_NORM] = "none has batch normalization behind it",
	};

	(void)state;
	for (int shape = 0; shape < SHAPES; shape++) {
		const struct slim_options opt = { .part = 0.5 };
		struct prune_rule rule = { .part = 0.5 };
		struct slim_options named = { .rule = &rule, .rules = 1 };
		struct pack_run t;

		pr_seed(5);
		make_impossible(&t, (enum shape)shape);
		assert_int_equal(slim(&t.g, &opt, &t.r), -1);
		if (!strstr(t.r.problems.line[0], why[shape]))
			fail_msg("%s", t.r.problems.line[0]);
		rule.name = t.g.node[0].name;
		assert_int_equal(slim(&t.g, &named, &t.r), -1);
		assert_int_equal(report_problems(&t.r), 2);
		pr_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_changes),
		cmocka_unit_test(test_packs),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_nearly_all),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("quant slim", tests, NULL, NULL);
}

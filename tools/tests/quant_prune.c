// SPDX-License-Identifier: MIT
/* The smallest weights go, and nothing brings them back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph_make.h"
#include "tools/graph/mem.h"

#define SIDE	6
#define IMAGE	(SIDE * SIDE * 2)
#define LAYERS	3

static double any(void)
{
	return ((int)pr_random(2001) - 1000) / 1000.0;
}

static uint32_t add_conv(struct pack_run *t, uint32_t in, uint32_t co,
			 double size)
{
	const struct graph_value *v = &t->g.value[in];
	struct graph_node n = { .op = GRAPH_CONV, .groups = 1 };
	size_t count = (size_t)co * v->c * 9;

	n.window = gm_window(3, 3);
	n.window.pad_top = n.window.pad_left = 1;
	n.window.pad_bottom = n.window.pad_right = 1;
	n.weights = (struct graph_weights){ .out = co, .in = v->c, .kh = 3,
					    .kw = 3 };
	n.weights.data = mem_array(count, sizeof(float));
	for (size_t i = 0; i < count; i++)
		n.weights.data[i] = (float)(any() * any() * size);
	return gm_node(t, n, in, 0);
}

/* Three convolutions; weights of the second one are smaller. */
static void make_net(struct pack_run *t, uint64_t seed)
{
	uint32_t v;

	pr_seed(seed);
	gm_init(t, 2, SIDE, SIDE);
	v = gm_clamp(t, add_conv(t, t->g.input, 8, 1), 0, INFINITY);
	v = gm_clamp(t, add_conv(t, v, 8, 0.25), 0, INFINITY);
	gm_output(t, add_conv(t, v, 4, 1));
	t->calib = (struct dataset){ .count = 40, .height = SIDE, .width = SIDE,
				     .channels = 2 };
	t->calib.images = mem_array(40 * IMAGE, sizeof(float));
	for (size_t i = 0; i < 40 * IMAGE; i++)
		t->calib.images[i] = (float)any();
}

struct layer {
	const struct graph_weights *w;
	const struct weight_codes *wc;
	size_t count, zeros;
	float least, most;	/* magnitude that stays, and that goes */
};

/* Layer @i of a network that is packed. */
static struct layer layer(const struct pack_run *t, size_t i)
{
	struct layer l = { .least = INFINITY };

	for (size_t k = 0; k < t->g.node_count; k++) {
		if (t->g.node[k].op != GRAPH_CONV || i--)
			continue;
		l.w = &t->g.node[k].weights;
		l.wc = t->p.codes[k];
	}
	l.count = (size_t)l.w->out * l.w->in * 9;
	for (size_t k = 0; k < l.count; k++) {
		float m = fabsf(l.w->data[k]);

		l.zeros += !l.wc->code[k];
		if (l.wc->code[k])
			l.least = fminf(l.least, m);
		else
			l.most = fmaxf(l.most, m);
	}
	return l;
}

/* 8 bits: nothing but what is pruned, or next to it, is 0. */
static void test_each(void **state)
{
	struct pack_run t;

	(void)state;
	make_net(&t, 1);
	t.opt.choice.prune.each = 0.75;
	pr_pack_graph(&t);
	for (size_t i = 0; i < LAYERS; i++) {
		struct layer l = layer(&t, i);

		assert_true(l.zeros >= l.count * 3 / 4);
		assert_true(l.zeros < l.count * 3 / 4 + 5);
		assert_true(l.most <= l.least);
	}
	pr_free(&t);
}

/* So many of all, whatever the scale of a layer, and of each the smallest. */
static void test_all(void **state)
{
	size_t zeros[2][LAYERS], count = 0, all = 0;

	(void)state;
	for (int large = 0; large < 2; large++) {
		struct pack_run t;

		make_net(&t, 2);
		for (size_t k = 0; k < 576 && large; k++)
			t.g.node[2].weights.data[k] *= 1024;
		t.opt.choice.prune.all = 0.5;
		pr_pack_graph(&t);
		for (size_t i = 0; i < LAYERS; i++) {
			struct layer l = layer(&t, i);

			zeros[large][i] = l.zeros;
			count += l.count;
			all += l.zeros;
			assert_true(l.most <= l.least);
		}
		pr_free(&t);
	}
	assert_memory_equal(zeros[0], zeros[1], sizeof(zeros[0]));
	assert_true(all >= count / 2 && all < count / 2 + 20);
}

/* Something is left of every layer. */
static void test_all_but_few(void **state)
{
	struct pack_run t;

	(void)state;
	make_net(&t, 5);
	t.opt.choice.prune.all = 0.99;
	pr_pack_graph(&t);
	for (size_t i = 0; i < LAYERS; i++)
		assert_true(layer(&t, i).zeros < layer(&t, i).count);
	pr_free(&t);
}

/* A layer of its own; the others share a threshold without it. */
static void test_rules(void **state)
{
	struct prune_rule rule = { .part = 0.25 };
	struct pack_run t;
	char *name;

	(void)state;
	make_net(&t, 3);
	name = mem_string(t.g.node[0].name);
	rule.name = name;
	t.opt.choice.prune = (struct prune_options){ .each = 0.5, .rule = &rule,
						     .rules = 1 };
	pr_pack_graph(&t);
	assert_true(layer(&t, 0).zeros <= 144 / 4 + 4);
	assert_true(layer(&t, 1).zeros >= 576 / 2);
	pr_free(&t);
	free(name);
	make_net(&t, 3);
	rule.name = "nothing like it";
	t.opt.choice.prune = (struct prune_options){ .rule = &rule, .rules = 1 };
	pr_graph_refused(&t, "0 layers with weights to quantize are called 'nothing like it'");
}

/* Equal weights: the first ones go, and no more than asked for. */
static void test_ties(void **state)
{
	struct pack_run t;

	(void)state;
	make_net(&t, 4);
	for (size_t k = 0; k < 576; k++)
		t.g.node[2].weights.data[k] = k % 2 ? -1 : 1;
	t.opt.choice.prune.each = 0.25;
	pr_pack_graph(&t);
	assert_int_equal(layer(&t, 1).zeros, 144);
	for (size_t k = 0; k < 576; k++)
		assert_int_equal(layer(&t, 1).wc->code[k] == 0, k < 144);
	pr_free(&t);
}

/* Error of the result, and whether all that was pruned stays so. */
static double error_with(enum teacher_kind kind, enum weight_method method,
			 unsigned int bits, uint64_t seed)
{
	double error;
	struct pack_run t;

	make_net(&t, seed);
	t.opt.choice.prune.each = 0.6;
	t.opt.choice.weights.method = method;
	t.opt.choice.weights.bits = bits;
	t.opt.teacher.kind = kind;
	pr_pack_graph(&t);
	for (size_t i = 0; i < LAYERS; i++) {
		struct layer l = layer(&t, i);
		float *size = mem_array(l.count, sizeof(*size)), bound;
		size_t below = 0;

		for (size_t k = 0; k < l.count; k++)
			size[k] = fabsf(l.w->data[k]);
		/* As many are smaller than the bound as go. */
		for (bound = 0; below < l.count * 6 / 10; bound += 1e-3f) {
			below = 0;
			for (size_t k = 0; k < l.count; k++)
				below += size[k] < bound;
		}
		for (size_t k = 0; k < l.count; k++)
			if (fabsf(l.w->data[k]) < bound - 2e-3f)
				assert_int_equal(l.wc->code[k], 0);
		free(size);
	}
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
		{ WEIGHTS_MSE, 8 }, { WEIGHTS_COSINE, 4 }, { WEIGHTS_TERNARY, 2 },
		{ WEIGHTS_TTQ, 2 }, { WEIGHTS_POWER2, 3 },
		{ WEIGHTS_CODEBOOK0, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double none = 0, all = 0;

		for (uint64_t seed = 0; seed < 3; seed++) {
			none += error_with(TEACHER_NONE, cases[i].method,
					   cases[i].bits, seed);
			all += error_with(TEACHER_ALL, cases[i].method,
					  cases[i].bits, seed);
		}
		assert_true(all < 0.7 * none);
	}
}

/* Methods without a level of 0. */
static void test_no_zero(void **state)
{
	static const struct {
		enum weight_method method;
		unsigned int bits;
	} cases[] = {
		{ WEIGHTS_AUTO, 1 }, { WEIGHTS_BINARY, 1 },
		{ WEIGHTS_RESIDUAL, 2 }, { WEIGHTS_CODEBOOK, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pack_run t;

		make_net(&t, i);
		t.opt.choice.prune.each = 0.5;
		t.opt.choice.weights.method = cases[i].method;
		t.opt.choice.weights.bits = cases[i].bits;
		pr_graph_refused(&t, "have no level of 0");
	}
}

/* All weights of a channel, and of a layer but one. */
static void test_nearly_everything(void **state)
{
	struct pack_run t;

	(void)state;
	make_net(&t, 7);
	t.opt.choice.prune.each = 0.999;
	t.opt.teacher.kind = TEACHER_ALL;
	pr_pack_graph(&t);
	assert_true(layer(&t, 0).zeros >= 143);
	pr_run(&t, t.calib.images);
	pr_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_all_but_few),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_learns),
		cmocka_unit_test(test_no_zero),
		cmocka_unit_test(test_nearly_everything),
	};

	return cmocka_run_group_tests_name("quant prune", tests, NULL, NULL);
}

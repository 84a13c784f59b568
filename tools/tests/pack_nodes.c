// SPDX-License-Identifier: MIT
/*
 * Every kind of node in random networks with quantizers: what the device gives
 * is what the nodes' definition gives, element for element. All numbers are
 * small multiples of powers of two, so that single precision is exact and ties
 * are frequent.
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

#define MOST	60u

/* A network that grows; values that have codes. */
struct net {
	struct pack_run t;
	uint32_t value[MOST];
	unsigned int count;
};

static uint32_t shape(const struct net *n, uint32_t value, char side)
{
	const struct graph_value *v = &n->t.g.value[value];

	return side == 'c' ? v->c : side == 'h' ? v->h : v->w;
}

static float power(int low, int high)
{
	return ldexpf(1, low + (int)pr_random((uint32_t)(high - low + 1)));
}

static double eighths(int most)
{
	return ((int)pr_random((uint32_t)(2 * most + 1)) - most) / 8.0;
}

static void add(struct net *n, uint32_t value)
{
	assert_true(n->count < MOST);
	n->value[n->count++] = value;
}

static uint32_t quantized(struct net *n, uint32_t value)
{
	static const unsigned int bits[] = { 1, 2, 3, 4, 5, 8 };
	struct quantizer q = {
		.bits = bits[pr_random(6)], .is_signed = pr_random(3) > 0,
		.scale = power(-2, 1),
		.rounding = pr_random(3) ? QUANT_ROUND :
			    (enum quant_rounding)pr_random(7),
	};

	q.bipolar = q.is_signed && q.bits == 1;
	if (!q.bipolar && q.bits > 1 && pr_random(4) == 0)
		q.zero_point = q.is_signed ? -1 : 1;
	value = gm_quant(&n->t, value, q, NULL);
	add(n, value);
	return value;
}

static uint32_t affine(struct net *n, uint32_t value, bool negative)
{
	struct graph_node node = { .op = GRAPH_AFFINE, .source = "Mul" };
	uint32_t c = shape(n, value, 'c');

	node.affine.mul = mem_array(c, sizeof(double));
	node.affine.add = mem_array(c, sizeof(double));
	for (uint32_t i = 0; i < c; i++) {
		node.affine.mul[i] = power(-2, 1) *
				     (negative && pr_random(3) == 0 ? -1 : 1) *
				     (pr_random(10) ? 1 : 0);
		node.affine.add[i] = eighths(20);
	}
	return gm_node(&n->t, node, value, 0);
}

static uint32_t thresholds(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_THRESHOLD,
				   .source = "MultiThreshold" };
	struct graph_thresholds *t = &node.thresholds;
	int first = (int)pr_random(10) - 6;

	t->rows = pr_random(2) ? shape(n, value, 'c') : 1;
	t->levels = 1 + pr_random(pr_random(4) ? 8 : 100);
	t->step = power(-1, 1);
	t->base = first * t->step;
	if (t->levels == 1 && pr_random(2))
		t->base = -0.5 * t->step;
	t->t = mem_array((size_t)t->rows * t->levels, sizeof(double));
	for (uint32_t r = 0; r < t->rows; r++) {
		double at = eighths(200);

		for (uint32_t k = 0; k < t->levels; k++, at += pr_random(9) / 8.0)
			t->t[r * t->levels + k] = at;
	}
	value = gm_node(&n->t, node, value, 0);
	add(n, value);
	return value;
}

static uint32_t function(struct net *n, uint32_t value)
{
	/* Those whose results are round numbers. */
	static const enum graph_function f[] = {
		GRAPH_LEAKY, GRAPH_ABS, GRAPH_HARD_SIGMOID, GRAPH_LEAKY,
	};
	struct graph_node node = { .op = GRAPH_FUNCTION, .source = "Function" };
	struct graph_activation *a = &node.activation;
	uint32_t c = shape(n, value, 'c');

	a->f = f[pr_random(4)];
	a->alphas = a->f == GRAPH_LEAKY && pr_random(2) ? c : 1;
	a->alpha = mem_array(a->alphas, sizeof(double));
	for (uint32_t i = 0; i < a->alphas; i++)
		a->alpha[i] = power(-4, -1) *
			      (a->f == GRAPH_LEAKY && pr_random(4) == 0 ? -1 : 1);
	a->beta = 0.5;
	return gm_node(&n->t, node, value, 0);
}

/* What may follow a layer, up to a quantizer. */
static void tail(struct net *n, uint32_t value, bool exact)
{
	if (pr_random(2))
		value = affine(n, value, exact);
	if (pr_random(3) == 0)
		value = gm_clamp(&n->t, value, pr_random(2) ? 0 : eighths(8) - 2,
				 pr_random(2) ? INFINITY : 2 + eighths(8));
	if (pr_random(5) == 0)
		value = thresholds(n, value);
	else
		value = quantized(n, value);
	if (pr_random(6) == 0)
		quantized(n, function(n, value));
}

static struct graph_weights weights(uint32_t out, uint32_t in, uint32_t kh,
				    uint32_t kw)
{
	size_t count = (size_t)in * kh * kw;
	struct graph_grid *g = mem_array(1, sizeof(*g));
	struct graph_weights w = { .out = out, .in = in, .kh = kh, .kw = kw,
				   .grid = g };

	g->q = (struct quantizer){ .bits = 1 + pr_random(4), .is_signed = true,
				   .scale = 1 };
	g->q.bipolar = g->q.bits == 1;
	g->code = mem_array(count * out, sizeof(int32_t));
	g->scale = mem_array(out, sizeof(float));
	w.data = mem_array(count * out, sizeof(float));
	for (uint32_t o = 0; o < out; o++)
		g->scale[o] = power(-3, -1);
	for (size_t k = 0; k < count * out; k++) {
		g->code[k] = (int32_t)quantizer_code(&g->q, eighths(64));
		w.data[k] = (float)g->code[k] * g->scale[k / count];
	}
	if (pr_random(2)) {
		w.bias = mem_array(out, sizeof(float));
		for (uint32_t o = 0; o < out; o++)
			w.bias[o] = (float)eighths(30);
	}
	return w;
}

static uint32_t conv(struct net *n, uint32_t in, enum graph_op op)
{
	struct graph_node node = { .op = op, .source = "Conv" };
	uint32_t c = shape(n, in, 'c');
	uint32_t k = shape(n, in, 'h') > 2 && shape(n, in, 'w') > 2 ?
		     1 + pr_random(3) : 1;

	node.groups = pr_random(3) ? 1 : c;
	node.window = gm_window(k, 1 + pr_random(k));
	node.window.stride_h = 1 + pr_random(2);
	node.window.stride_w = 1 + pr_random(2);
	node.window.pad_left = pr_random(node.window.kw);
	node.window.pad_bottom = pr_random(k);
	if (op == GRAPH_CONV_TRANSPOSE && node.window.stride_h > 1)
		node.out_pad_h = pr_random(2);
	node.weights = weights(node.groups == 1 ? 1 + pr_random(8) : c,
			       c / node.groups, k, node.window.kw);
	return gm_node(&n->t, node, in, 0);
}

/* Another value of the same shape. */
static uint32_t partner(const struct net *n, uint32_t value)
{
	for (unsigned int i = 0; i < 20; i++) {
		uint32_t v = n->value[pr_random(n->count)];

		if (shape(n, v, 'c') == shape(n, value, 'c') &&
		    shape(n, v, 'h') == shape(n, value, 'h') &&
		    shape(n, v, 'w') == shape(n, value, 'w') &&
		    n->t.g.value[v].flat == n->t.g.value[value].flat)
			return v;
	}
	return value;
}

static void grow_pair(struct net *n, uint32_t value)
{
	static const enum graph_op op[] = { GRAPH_ADD, GRAPH_SUB, GRAPH_MUL };
	struct graph_node node = { .op = op[pr_random(3)], .source = "Pair" };

	tail(n, gm_node(&n->t, node, value, partner(n, value)),
	     node.op == GRAPH_MUL);
}

/* A number per channel, or one per pixel, times the value. */
static void grow_broadcast(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_MUL, .source = "Mul" };
	struct graph_node copy = { .op = GRAPH_COPY, .source = "Slice" };
	bool pixel = pr_random(2);
	uint32_t part;

	copy.copy.c = pixel ? 1 : shape(n, value, 'c');
	copy.copy.h = pixel ? shape(n, value, 'h') : 1;
	copy.copy.w = pixel ? shape(n, value, 'w') : 1;
	for (uint32_t j = 0; j < 3; j++)
		copy.copy.axis[j] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = j,
		};
	part = gm_node(&n->t, copy, value, 0);
	tail(n, pr_random(2) ? gm_node(&n->t, node, part, value) :
			       gm_node(&n->t, node, value, part), true);
}

/* A column times a row: both are repeated. */
static void grow_outer(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_MUL, .source = "Mul" };
	uint32_t part[2];

	for (uint32_t i = 0; i < 2; i++) {
		struct graph_node copy = { .op = GRAPH_COPY, .source = "Slice" };

		copy.copy.c = i ? shape(n, value, 'c') : 1;
		copy.copy.h = i ? 1 : shape(n, value, 'h');
		copy.copy.w = i ? shape(n, value, 'w') : 1;
		for (uint32_t j = 0; j < 3; j++)
			copy.copy.axis[j] = (struct graph_axis){
				.step = 1, .divisor = 1, .from = j,
			};
		part[i] = gm_node(&n->t, copy, value, 0);
	}
	tail(n, gm_node(&n->t, node, part[0], part[1]), true);
}

static void grow_pool(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_MAX_POOL, .source = "MaxPool" };
	bool average = pr_random(2);

	if (shape(n, value, 'h') < 3 || shape(n, value, 'w') < 3)
		return;
	node.window = gm_window(2, 2);
	node.window.stride_w = 1 + pr_random(2);
	node.window.dilation_h = 1 + pr_random(2);
	node.window.pad_right = pr_random(2);
	if (average) {
		node.op = GRAPH_AVG_POOL;
		node.count_pad = true;
		node.window.dilation_h = 1;
	}
	value = gm_node(&n->t, node, value, 0);
	if (average)
		tail(n, value, true);
	else
		add(n, value);
}

static void grow_join(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_CONCAT, .source = "Concat" };

	node.parts = 2 + pr_random(3);
	node.axis = pr_random(3);
	if (n->t.g.value[value].flat)
		node.axis = 2;
	for (uint32_t k = 1; k < node.parts; k++)
		node.in[k] = pr_random(3) ? value : partner(n, value);
	if (pr_random(2))
		node.in[1] = quantized(n, conv(n, value, GRAPH_CONV));
	for (uint32_t k = 1; k < node.parts; k++)
		if (shape(n, node.in[k], 'c') != shape(n, value, 'c') ||
		    shape(n, node.in[k], 'h') != shape(n, value, 'h') ||
		    shape(n, node.in[k], 'w') != shape(n, value, 'w'))
			node.in[k] = value;
	add(n, gm_node(&n->t, node, value, 0));
}

static void any_axes(struct net *n, uint32_t value, struct graph_copy *c)
{
	static const uint32_t orders[][3] = {
		{ 0, 1, 2 }, { 0, 1, 2 }, { 0, 1, 2 }, { 2, 0, 1 }, { 1, 0, 2 },
		{ 0, 2, 1 },
	};
	uint32_t side[3] = { shape(n, value, 'h'), shape(n, value, 'w'),
			     shape(n, value, 'c') }, out[3];
	const uint32_t *from = orders[pr_random(6)];

	for (uint32_t j = 0; j < 3; j++) {
		struct graph_axis *a = &c->axis[j];
		uint32_t kind = pr_random(6);

		*a = (struct graph_axis){ .step = 1, .divisor = 1,
					  .from = from[j] };
		out[from[j]] = side[j];
		if (kind == 0 && side[j] > 1) {
			a->start = 1;
			out[from[j]] = side[j] - 1;
		} else if (kind == 1 && side[j] > 2) {
			a->step = 2;
			out[from[j]] = (side[j] + 1) / 2;
		} else if (kind == 2 && j < 2) {
			a->divisor = 2;
			out[from[j]] = side[j] * 2;
		} else if (kind == 3 && j < 2) {
			a->start = -1;
			out[from[j]] = side[j] + 2;
		}
	}
	c->h = out[0];
	c->w = out[1];
	c->c = out[2];
	c->clamp = pr_random(3) == 0;
}

static void grow_copy(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_COPY, .source = "Copy" };
	uint32_t c = shape(n, value, 'c');

	any_axes(n, value, &node.copy);
	if (pr_random(4) == 0 && shape(n, value, 'h') % 2 == 0 &&
	    shape(n, value, 'w') % 2 == 0) {
		memset(&node.copy, 0, sizeof(node.copy));
		for (uint32_t j = 0; j < 3; j++)
			node.copy.axis[j] = (struct graph_axis){
				.step = 1, .divisor = 1, .from = j,
			};
		node.copy.blocks = GRAPH_SPACE_TO_DEPTH;
		node.copy.block = 2;
		node.copy.c = 4 * c;
		node.copy.h = shape(n, value, 'h') / 2;
		node.copy.w = shape(n, value, 'w') / 2;
		node.copy.crd = pr_random(2);
	}
	add(n, gm_node(&n->t, node, value, 0));
}

static void grow_reshape(struct net *n, uint32_t value)
{
	struct graph_node node = { .op = GRAPH_RESHAPE, .source = "Reshape" };
	uint32_t c = shape(n, value, 'c'), h = shape(n, value, 'h');
	uint32_t w = shape(n, value, 'w'), kind = pr_random(4);

	node.reshape.channels_last = pr_random(2);
	node.reshape.c = kind == 0 ? c * h * w : kind == 1 ? h : kind == 2 ? w : c;
	node.reshape.h = kind == 0 ? 1 : kind == 1 ? w : kind == 2 ? c * h : 1;
	node.reshape.w = kind == 0 ? 1 : kind == 1 ? c : kind == 2 ? 1 : h * w;
	node.reshape.flat = kind == 0;
	if (kind == 0 && pr_random(2)) {
		node.op = GRAPH_FLATTEN;
		node.source = "Flatten";
	}
	value = gm_node(&n->t, node, value, 0);
	add(n, value);
	if (pr_random(2))
		tail(n, conv(n, value, GRAPH_CONV), true);
}

static void grow_sums(struct net *n, uint32_t value)
{
	uint32_t sum = conv(n, value, GRAPH_CONV);

	/* Nobody but output stages reads it: it stays exact. */
	for (uint32_t i = 0; i < 2; i++)
		quantized(n, pr_random(2) ? sum : affine(n, sum, true));
}

static void grow(struct net *n)
{
	uint32_t value = n->value[pr_random(n->count)];

	if (pr_random(2))
		value = n->value[n->count - 1];
	if (graph_elements(&n->t.g.value[value]) > 500)
		return;
	switch (pr_random(14)) {
	case 12:
		grow_outer(n, value);
		break;
	case 0:
		grow_pair(n, value);
		break;
	case 1:
		grow_broadcast(n, value);
		break;
	case 2:
		grow_pool(n, value);
		break;
	case 3:
	case 4:
		grow_join(n, value);
		break;
	case 5:
	case 6:
		grow_copy(n, value);
		break;
	case 7:
	case 8:
		grow_reshape(n, value);
		break;
	case 9:
		tail(n, value, true);
		break;
	case 10:
		tail(n, conv(n, value, GRAPH_CONV_TRANSPOSE), true);
		break;
	case 11:
		grow_sums(n, value);
		break;
	default:
		tail(n, conv(n, value, GRAPH_CONV), true);
		break;
	}
}

static void start(struct net *n)
{
	struct quantizer q = { .bits = 8, .is_signed = true, .scale = 0.125f };

	gm_init(&n->t, 1 + pr_random(5), 2 + pr_random(6), 2 + pr_random(6));
	add(n, gm_quant(&n->t, n->t.g.input, q, NULL));
}

static void outputs(struct net *n)
{
	for (unsigned int i = n->count; i-- > 1;)
		if (i + 1 == n->count ||
		    (pr_random(3) == 0 && n->t.g.output_count < 8))
			gm_output(&n->t, n->value[i]);
}

static void show(const struct net *n)
{
	for (size_t i = 0; i < n->t.g.node_count; i++) {
		const struct graph_node *x = &n->t.g.node[i];

		print_message("# %s: %s of n%d, n%d: %u x %u x %u\n", x->name,
			      x->source, (int)x->in[0] - 1, (int)x->in[1] - 1,
			      shape(n, x->out, 'c'), shape(n, x->out, 'h'),
			      shape(n, x->out, 'w'));
	}
}

static void fail_at(const struct net *n, uint32_t seed, size_t o, size_t k)
{
	for (size_t i = 0; i < n->t.p.units.count; i++)
		print_message("# %s -> %s, %s\n",
			      n->t.p.units.unit[i].op,
			      n->t.g.value[n->t.p.units.unit[i].out].name,
			      n->t.p.lowered.note[i].stage);
	fail_msg("network %u, output %s, element %zu: %g, not %g", seed,
		 n->t.g.value[n->t.g.output[o]].name, k,
		 (double)n->t.real[o][k], (double)pr_float(&n->t, o, k));
}

/* Parts in different steps that 8 bits cannot have all of. */
static bool rounds(const struct net *n)
{
	const struct value_format *fmt = n->t.p.fmt;

	for (size_t i = 0; i < n->t.p.units.count; i++) {
		const struct unit *x = &n->t.p.units.unit[i];
		int exponent;

		if (x->joined != GRAPH_NONE &&
		    (frexpf(fmt[x->out].q.scale, &exponent) != 0.5f ||
		     fmt[x->in[0]].q.scale < fmt[x->out].q.scale))
			return true;
	}
	return false;
}

static size_t check(struct net *n, uint32_t seed)
{
	size_t count = graph_elements(&n->t.g.value[n->t.g.input]), inner = 0;
	float *image = mem_array(count, sizeof(*image));

	if (getenv("PACK_NODES_SEED"))
		show(n);
	pr_pack_graph(&n->t);
	for (int turn = 0; turn < 2 && !rounds(n); turn++) {
		for (size_t i = 0; i < count; i++)
			image[i] = (float)((int)pr_random(300) - 150) / 32;
		pr_run(&n->t, image);
		for (size_t o = 0; o < n->t.g.output_count; o++)
			for (size_t k = 0; k < pr_elements(&n->t, o); k++) {
				if (n->t.real[o][k] != pr_float(&n->t, o, k))
					fail_at(n, seed, o, k);
				inner += n->t.real[o][k] != n->t.real[o][0];
			}
	}
	free(image);
	return inner;
}

static void test_random_networks(void **state)
{
	const char *only = getenv("PACK_NODES_SEED");
	size_t inner = 0;

	(void)state;
	for (uint32_t seed = only ? (uint32_t)atoi(only) : 0;
	     seed < (only ? (uint32_t)atoi(only) + 1 : 400); seed++) {
		struct net *n = mem_array(1, sizeof(*n));
		uint32_t steps;

		pr_seed(seed + 5000);
		start(n);
		for (steps = 1 + pr_random(8); n->count < 2 || steps--;)
			grow(n);
		outputs(n);
		inner += check(n, seed);
		pr_free(&n->t);
		free(n);
	}
	assert_true(only || inner > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_networks),
	};

	return cmocka_run_group_tests_name("pack_nodes", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Networks that bring the integer arithmetic of their own runtime: every byte
 * that the device gives is the one that this arithmetic, written down here a
 * second time, gives. Layers, numbers and images are random.
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

/* A value with its codes for one image: rows, columns, channels. */
struct tensor {
	uint32_t value;
	uint32_t c, h, w;
	struct quantizer q;
	int *code;
};

/* A network that grows, and what it computes. */
struct net {
	struct pack_run t;
	struct tensor all[40];
	unsigned int count;
	unsigned int rule;	/* 0: any */
};

static size_t elements(const struct tensor *x)
{
	return (size_t)x->c * x->h * x->w;
}

static int range(int lo, int hi)
{
	return lo + (int)pr_random((uint32_t)(hi - lo + 1));
}

static int lowest(const struct tensor *x)
{
	return x->q.is_signed ? -128 : 0;
}

static int limit(int64_t v, int lo, int hi)
{
	return (int)(v < lo ? lo : v > hi ? hi : v);
}

static struct tensor *put(struct net *n, uint32_t value, struct quantizer q)
{
	const struct graph_value *v = &n->t.g.value[value];
	struct tensor *x = &n->all[n->count++];

	assert_true(n->count <= 40);
	*x = (struct tensor){ value, v->c, v->h, v->w, q, NULL };
	x->code = mem_array(elements(x), sizeof(*x->code));
	return x;
}

static struct quantizer any_quantizer(void)
{
	bool is_signed = pr_random(2);
	int zero = pr_random(4) ? range(0, 255) : (int)pr_random(2) * 255;

	return gm_codes(8, is_signed, 0.01f + (float)pr_random(1000) / 5000,
			(float)(zero - (is_signed ? 128 : 0)));
}

/* -- The three rules -- */

static int rule_a(int64_t acc, int64_t m, int shift)
{
	int64_t t = shift > 0 ? acc * (1ll << shift) : acc, h, half;

	t = t > 0x7ffffffe ? 0x7ffffffe : t < -0x7ffffffe ? -0x7ffffffe : t;
	h = (t * m + (1ll << 30)) >> 31;
	if (shift >= 0)
		return (int)h;
	half = 1ll << (-shift - 1);
	return (int)(h < 0 ? -((-h + half) >> -shift) : (h + half) >> -shift);
}

static int rule_b(int64_t acc, int64_t m, int shift)
{
	int n = 31 - shift;
	__int128 v = ((__int128)acc * m + ((__int128)1 << (n - 1))) >> n;

	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN : (int)v;
}

static int rule_c(int64_t acc, int32_t bits)
{
	float scale, p;

	memcpy(&scale, &bits, sizeof(scale));
	p = (float)acc * scale;
	return p >= 0x1p31f ? INT32_MAX : p <= -0x1p31f ? -INT32_MAX :
	       (int)lrintf(p);
}

static int scaled(const struct graph_requant *r, uint32_t c, int64_t acc)
{
	uint32_t k = r->entries > 1 ? c : 0;

	if (r->rule == QNN_ROUND_C)
		return rule_c(acc, r->multiplier[k]);
	return r->rule == QNN_ROUND_A ?
	       rule_a(acc, r->multiplier[k], r->shift[k]) :
	       rule_b(acc, r->multiplier[k], r->shift[k]);
}

/* Random numbers around @real, which nobody could compute from scales. */
static struct graph_requant *any_requant(struct net *n, uint32_t channels,
					 double real)
{
	struct graph_requant *r = mem_array(1, sizeof(*r));

	r->rule = n->rule ? n->rule : 1 + pr_random(3);
	r->entries = pr_random(2) ? channels : 1;
	r->multiplier = mem_array(r->entries, sizeof(int32_t));
	if (r->rule != QNN_ROUND_C)
		r->shift = mem_array(r->entries, 1);
	for (uint32_t k = 0; k < r->entries; k++) {
		double own = real * (0.5 + pr_random(1024) / 1024.0);
		float single = (float)own;
		int exponent;
		double fraction = frexp(own, &exponent);

		if (r->rule == QNN_ROUND_C) {
			memcpy(&r->multiplier[k], &single, 4);
			continue;
		}
		r->multiplier[k] = (int32_t)(fraction * 2147483647);
		r->shift[k] = (int8_t)exponent;
	}
	return r;
}

/* Clamp bounds as real numbers that are codes of @q, and those codes. */
struct bounds {
	bool given;
	int lo, hi;
};

static struct bounds any_bounds(struct net *n, uint32_t *value,
				struct quantizer q)
{
	int low = q.is_signed ? -128 : 0, zero = (int)q.zero_point;
	struct bounds b = { pr_random(2), low, low + 255 };

	if (!b.given)
		return b;
	b.lo = zero;
	b.hi = pr_random(2) ? low + 255 : limit(zero + range(1, 90), low + 1,
						low + 255);
	*value = gm_clamp(&n->t, *value, 0, b.hi == low + 255 ? INFINITY :
			  ((double)b.hi - zero) * q.scale);
	return b;
}

/* Behind a layer: perhaps a clamp, then a quantizer with its numbers. */
static struct tensor *finish(struct net *n, uint32_t value, const int64_t *acc,
			     double real)
{
	struct quantizer q = any_quantizer();
	struct bounds b = any_bounds(n, &value, q);
	struct graph_requant *r;
	struct tensor *out;

	r = any_requant(n, n->t.g.value[value].c, real);
	out = put(n, gm_quant(&n->t, value, q, r), q);
	for (size_t i = 0; i < elements(out); i++)
		out->code[i] = limit((int64_t)scaled(r, (uint32_t)i % out->c,
						     acc[i]) +
				     (int)q.zero_point, b.lo, b.hi);
	return out;
}

/* -- Layers -- */

static struct graph_weights any_weights(uint32_t out, uint32_t in, uint32_t kh,
					uint32_t kw)
{
	size_t count = (size_t)out * in * kh * kw;
	struct graph_grid *g = mem_array(1, sizeof(*g));
	bool is_signed = pr_random(2);
	static const unsigned int widths[] = { 8, 8, 4, 2 };
	unsigned int bits = is_signed ? widths[pr_random(4)] : 8;
	struct graph_weights w = { .out = out, .in = in, .kh = kh, .kw = kw,
				   .grid = g };

	g->q = gm_codes(bits, is_signed, 1, is_signed ? 0 :
			(float)range(0, 255));
	g->code = mem_array(count, sizeof(int32_t));
	g->scale = mem_array(out, sizeof(float));
	w.data = mem_array(count, sizeof(float));
	for (size_t k = 0; k < count; k++)
		g->code[k] = range(is_signed ? -(1 << (bits - 1)) : 0,
				   is_signed ? (1 << (bits - 1)) - 1 : 255);
	for (uint32_t o = 0; o < out; o++)
		g->scale[o] = 0.001f * (float)range(1, 100);
	if (pr_random(4)) {
		w.bias = mem_array(out, sizeof(float));
		g->bias = mem_array(out, sizeof(int32_t));
		for (uint32_t o = 0; o < out; o++)
			g->bias[o] = range(-20000, 20000);
	}
	return w;
}

static int64_t tap(const struct tensor *x, int64_t y, int64_t u, uint32_t c)
{
	if (y < 0 || y >= x->h || u < 0 || u >= x->w)
		return 0;
	return x->code[((size_t)y * x->w + (size_t)u) * x->c + c] -
	       (int)x->q.zero_point;
}

/* Where output position @o meets tap @k; -1: nowhere. */
static int64_t meets(bool transposed, uint32_t o, uint32_t k, uint32_t stride,
		     uint32_t dilation, uint32_t pad)
{
	int64_t at;

	if (!transposed)
		return (int64_t)o * stride + (int64_t)k * dilation - pad;
	at = (int64_t)o + pad - (int64_t)k * dilation;
	return at < 0 || at % stride ? -1 : at / stride;
}

static int64_t conv_sum(const struct graph_node *n, const struct tensor *x,
			uint32_t oy, uint32_t ox, uint32_t o)
{
	const struct graph_weights *w = &n->weights;
	const struct graph_window *v = &n->window;
	bool turned = n->op == GRAPH_CONV_TRANSPOSE;
	uint32_t first = o / (w->out / n->groups) * w->in;
	int64_t sum = w->grid->bias ? w->grid->bias[o] : 0;

	for (uint32_t i = 0; i < w->in; i++)
		for (uint32_t ky = 0; ky < w->kh; ky++)
			for (uint32_t kx = 0; kx < w->kw; kx++) {
				size_t k = (((size_t)o * w->in + i) * w->kh +
					    ky) * w->kw + kx;

				sum += (w->grid->code[k] -
					(int)w->grid->q.zero_point) *
				       tap(x, meets(turned, oy, ky, v->stride_h,
						    v->dilation_h, v->pad_top),
					   meets(turned, ox, kx, v->stride_w,
						 v->dilation_w, v->pad_left),
					   first + i);
			}
	return sum;
}

static void grow_conv(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_CONV, .source = "Conv" };
	uint32_t k = 1 + pr_random(3), groups = pr_random(3) ? 1 : x->c;
	uint32_t out = groups * (1 + pr_random(groups == 1 ? 8 : 2));
	const struct graph_value *v;
	uint32_t value;
	int64_t *acc;

	if (pr_random(4) == 0)
		node.op = GRAPH_CONV_TRANSPOSE;
	if (x->h < 3 || x->w < 3)
		k = 1;
	node.window = gm_window(k, 1 + pr_random(k));
	node.window.stride_h = 1 + pr_random(2);
	node.window.stride_w = 1 + pr_random(2);
	node.window.pad_top = pr_random(k);
	node.window.pad_left = pr_random(node.window.kw);
	node.groups = groups;
	node.weights = any_weights(out, x->c / groups, k, node.window.kw);
	value = gm_node(&n->t, node, x->value, 0);
	v = &n->t.g.value[value];
	acc = mem_array(graph_elements(v), sizeof(*acc));
	for (size_t i = 0; i < graph_elements(v); i++)
		acc[i] = conv_sum(&node, x, (uint32_t)(i / v->c / v->w),
				  (uint32_t)(i / v->c % v->w),
				  (uint32_t)(i % v->c));
	finish(n, value, acc, 0.5 / k / k / sqrt(x->c) / 64);
	free(acc);
}

static void grow_mean(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_AVG_POOL, .source = "Mean" };
	int64_t *acc = mem_array(x->c, sizeof(*acc));

	node.window = gm_window(x->h, x->w);
	for (size_t i = 0; i < elements(x); i++)
		acc[i % x->c] += x->code[i] - (int)x->q.zero_point;
	finish(n, gm_node(&n->t, node, x->value, 0), acc,
	       1.0 / x->h / x->w);
	free(acc);
}

static void grow_pool(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_AVG_POOL, .source = "AvgPool" };
	bool max = pr_random(2);
	int zero = (int)x->q.zero_point;
	struct tensor in = *x, *out;
	struct bounds b;
	uint32_t value;

	if (x->h < 2 || x->w < 2)
		return;
	node.window = gm_window(2, 2);
	node.window.stride_h = 1 + pr_random(2);
	node.window.pad_top = node.window.pad_right = pr_random(2);
	if (max)
		node.op = GRAPH_MAX_POOL;
	else
		node.same_codes = true;
	value = gm_node(&n->t, node, x->value, 0);
	out = put(n, value, in.q);
	b = (struct bounds){ .lo = lowest(out), .hi = lowest(out) + 255 };
	if (!max)
		b = any_bounds(n, &out->value, in.q);
	for (size_t i = 0; i < elements(out); i++) {
		int64_t oy = (int64_t)(i / out->c / out->w);
		int64_t ox = (int64_t)(i / out->c % out->w);
		int64_t sum = 0, count = 0, most = INT32_MIN, m;

		for (int64_t k = 0; k < 4; k++) {
			int64_t y = oy * node.window.stride_h + k / 2 -
				    node.window.pad_top, u = ox + k % 2;

			if (y < 0 || y >= in.h || u >= in.w)
				continue;
			m = tap(&in, y, u, (uint32_t)(i % in.c)) + zero;
			sum += m;
			count++;
			most = m > most ? m : most;
		}
		m = max ? most : (2 * llabs(sum) + count) / (2 * count);
		/* TFLite rounds the average of the codes themselves. */
		out->code[i] = limit(!max && sum < 0 ? -m : m, b.lo, b.hi);
	}
}

/* TFLite's sum of two operands with different scales. */
static int64_t operand(struct quantizer q, float most, int code, int sign,
		       unsigned int rule)
{
	double real = (double)q.scale / (2.0 * most);
	int64_t t = (int64_t)(code - (int)q.zero_point) * (1 << 20), m;
	int exponent;

	m = llround(frexp(real, &exponent) * 2147483648.0);
	if (m == 1ll << 31) {
		m >>= 1;
		exponent++;
	}
	return rule == QNN_ROUND_A ? rule_a(t, sign * m, exponent) :
				     rule_b(t, sign * m, exponent);
}

static void grow_pair(struct net *n, const struct tensor *a,
		      const struct tensor *b)
{
	struct graph_node node = { .op = GRAPH_ADD, .source = "Add" };
	float most = fmaxf(a->q.scale, b->q.scale);
	struct tensor x = *a, y = *b;
	unsigned int kind = pr_random(3), rule = 1 + pr_random(2);
	unsigned int own = n->rule;
	int64_t *acc = mem_array(elements(a), sizeof(*acc));

	node.op = kind == 0 ? GRAPH_ADD : kind == 1 ? GRAPH_SUB : GRAPH_MUL;
	n->rule = kind == 2 ? own : rule;
	for (size_t i = 0; i < elements(a); i++)
		acc[i] = kind == 2 ?
			 (int64_t)(x.code[i] - (int)x.q.zero_point) *
			 (y.code[i] - (int)y.q.zero_point) :
			 operand(x.q, most, x.code[i], 1, rule) +
			 operand(y.q, most, y.code[i], kind ? -1 : 1, rule);
	finish(n, gm_node(&n->t, node, x.value, y.value), acc,
	       kind == 2 ? 0.02 : 0x1p-20);
	n->rule = own;
	free(acc);
}

static void grow_requant(struct net *n, const struct tensor *x)
{
	int64_t *acc = mem_array(elements(x), sizeof(*acc));

	for (size_t i = 0; i < elements(x); i++)
		acc[i] = x->code[i] - (int)x->q.zero_point;
	finish(n, x->value, acc, 1);
	free(acc);
}

/* A function that is a table of the file's own codes. */
static void grow_function(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_FUNCTION, .source = "Table" };
	struct quantizer q = any_quantizer();
	struct tensor in = *x, *out;
	int16_t codes[256];

	for (int i = 0; i < 256; i++)
		codes[i] = (int16_t)range(q.is_signed ? -128 : 0,
					  q.is_signed ? 127 : 255);
	node.activation.f = GRAPH_TANH;
	node.activation.codes = gm_keep(codes, 256, sizeof(codes[0]));
	out = put(n, gm_quant(&n->t, gm_node(&n->t, node, in.value, 0), q,
			      NULL), q);
	for (size_t i = 0; i < elements(out); i++)
		out->code[i] = codes[in.code[i] - lowest(&in)];
}

static void grow_join(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_CONCAT, .source = "Concat",
				   .parts = 2 };
	struct tensor in = *x, *out;

	node.axis = pr_random(3);
	node.in[1] = in.value;
	out = put(n, gm_node(&n->t, node, in.value, 0), in.q);
	for (size_t i = 0; i < elements(out); i++) {
		size_t c = i % out->c, y = i / out->c / out->w;
		size_t u = i / out->c % out->w;

		out->code[i] = in.code[((y % in.h) * in.w + u % in.w) * in.c +
				       c % in.c];
	}
}

/* Zeros all around, or a slice from within. */
static void grow_copy(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_COPY, .source = "Copy" };
	int by = x->h > 2 && x->w > 2 && pr_random(2) ? 1 : -1;
	struct tensor in = *x, *out;

	node.copy.c = in.c;
	node.copy.h = (uint32_t)((int)in.h - 2 * by);
	node.copy.w = (uint32_t)((int)in.w - 2 * by);
	for (uint32_t j = 0; j < 3; j++)
		node.copy.axis[j] = (struct graph_axis){
			.start = j < 2 ? by : 0, .step = 1, .divisor = 1,
			.from = j,
		};
	out = put(n, gm_node(&n->t, node, in.value, 0), in.q);
	for (size_t i = 0; i < elements(out); i++)
		out->code[i] = (int)(tap(&in, (int64_t)(i / out->c / out->w) +
					 by, (int64_t)(i / out->c % out->w) +
					 by, (uint32_t)(i % out->c)) +
				     (int)in.q.zero_point);
}

/* As the channels vary fastest, and a fully connected layer behind it. */
static void grow_flat(struct net *n, const struct tensor *x)
{
	struct graph_node node = { .op = GRAPH_RESHAPE, .source = "Reshape" };
	struct tensor in = *x, *out;

	node.reshape = (struct graph_reshape){
		.c = (uint32_t)elements(x), .h = 1, .w = 1, .flat = true,
		.channels_last = true,
	};
	out = put(n, gm_node(&n->t, node, in.value, 0), in.q);
	memcpy(out->code, in.code, elements(out) * sizeof(int));
	grow_conv(n, out);
}

static void grow(struct net *n)
{
	struct tensor x = n->all[pr_random(n->count)];

	for (int i = 0; i < 2; i++)
		if (pr_random(2))
			x = n->all[n->count - 1];
	if (elements(&x) > 600)
		return;
	switch (pr_random(11)) {
	case 0:
		grow_mean(n, &x);
		break;
	case 1:
		grow_pool(n, &x);
		break;
	case 2:
	case 3:
		for (unsigned int i = n->count; i-- > 0;)
			if (n->all[i].c == x.c && n->all[i].h == x.h &&
			    n->all[i].w == x.w &&
			    n->t.g.value[n->all[i].value].flat ==
				    n->t.g.value[x.value].flat && (i == 0 || pr_random(2))) {
				grow_pair(n, &x, &n->all[i]);
				return;
			}
		break;
	case 4:
		grow_requant(n, &x);
		break;
	case 5:
		grow_function(n, &x);
		break;
	case 6:
		grow_join(n, &x);
		break;
	case 7:
		grow_copy(n, &x);
		break;
	case 8:
		grow_flat(n, &x);
		break;
	default:
		grow_conv(n, &x);
		break;
	}
}

static struct tensor *start(struct net *n)
{
	struct quantizer q = any_quantizer();
	struct tensor *x;

	n->count = 0;
	n->rule = 0;
	gm_init(&n->t, 1 + pr_random(5), 2 + pr_random(6), 2 + pr_random(6));
	n->t.g.input_is_codes = pr_random(2);
	x = put(n, gm_quant(&n->t, n->t.g.input, q, NULL), q);
	for (size_t i = 0; i < elements(x); i++)
		x->code[i] = lowest(x) + range(0, 255);
	return x;
}

static void close_net(struct net *n)
{
	for (unsigned int i = 0; i < n->count; i++)
		free(n->all[i].code);
	pr_free(&n->t);
}

/* Run it, and compare all outputs, each code. */
static void check(struct net *n, uint32_t seed)
{
	const struct tensor *x = &n->all[0];
	float *image = mem_array(elements(x), sizeof(*image));

	for (size_t i = 0; i < elements(x); i++)
		image[i] = ((float)x->code[i] - x->q.zero_point) * x->q.scale;
	pr_pack_graph(&n->t);
	pr_run(&n->t, image);
	for (size_t o = 0; o < n->t.g.output_count; o++)
		for (unsigned int i = 0; i < n->count; i++) {
			const struct tensor *y = &n->all[i];

			if (y->value != n->t.g.output[o])
				continue;
			for (size_t k = 0; k < elements(y); k++) {
				double code = n->t.real[o][k] / y->q.scale +
					      y->q.zero_point;

				if (rint(code) != y->code[k])
					fail_msg("network %u, output %zu (%s), element %zu: %g, not %d",
						 seed, o, n->t.g.value[y->value].name,
						 k, code, y->code[k]);
			}
		}
	free(image);
}

static void test_random_networks(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 300; seed++) {
		struct net *n = mem_array(1, sizeof(*n));
		uint32_t steps;

		pr_seed(seed + 1000);
		start(n);
		steps = 1 + pr_random(8);
		while (n->count < 2 || steps--)
			grow(n);
		for (unsigned int i = 1; i < n->count; i++)
			if (i + 1 == n->count ||
			    (pr_random(3) == 0 && n->t.g.output_count < 10))
				gm_output(&n->t, n->all[i].value);
		check(n, seed);
		close_net(n);
		free(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_networks),
	};

	return cmocka_run_group_tests_name("pack_integer", tests, NULL, NULL);
}

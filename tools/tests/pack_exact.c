// SPDX-License-Identifier: MIT
/*
 * Networks with their own quantizers: what the device computes must be what
 * the definition of their nodes says, element for element. All numbers are
 * small multiples of powers of two, so that single precision is exact and
 * ties are frequent.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"

/* A network that grows node by node. */
struct grower {
	struct pack_run *t;
	char last[32];		/* value at its end */
	uint32_t c, h, w;
	unsigned int count;
};

static const char *fresh(struct grower *n, const char *prefix)
{
	static char name[4][32];
	static unsigned int turn;
	char *s = name[turn++ & 3];

	snprintf(s, sizeof(name[0]), "%s%u", prefix, n->count++);
	return s;
}

static float power(int low, int high)
{
	return ldexpf(1, low + (int)pr_random((uint32_t)(high - low + 1)));
}

static void advance(struct grower *n, const char *value)
{
	snprintf(n->last, sizeof(n->last), "%s", value);
}

/* Weights behind a quantizer with a scale per output channel. */
static void weights(struct grower *n, const char *name, const int64_t *dims,
		    unsigned int bits, int is_signed, float zero)
{
	struct ob *b = &n->t->b;
	size_t count = 1, rank = 0;
	float data[4096], scale[64];
	int64_t scale_dims[8];
	char names[4][64];
	Onnx__NodeProto *q;

	for (; dims[rank] != -1000; rank++) {
		count *= (size_t)dims[rank];
		scale_dims[rank] = rank ? 1 : dims[0];
	}
	scale_dims[rank] = -1000;
	for (size_t i = 0; i < count; i++)
		data[i] = (float)((int)pr_random(257) - 128) / 64;
	for (int64_t i = 0; i < dims[0]; i++)
		scale[i] = power(-4, -1);
	for (int i = 0; i < 4; i++)
		snprintf(names[i], sizeof(names[i]), "%s_%c", name, "wszb"[i]);
	ob_floats(b, names[0], dims, data);
	ob_floats(b, names[1], scale_dims, scale);
	ob_float(b, names[2], zero);
	ob_float(b, names[3], (float)bits);
	if (bits == 1 && pr_random(2)) {
		ob_quant_node(b, "BipolarQuant", NAMES(names[0], names[1]),
			      name);
		return;
	}
	q = ob_quant_node(b, "Quant",
			  NAMES(names[0], names[1], names[2], names[3]), name);
	ob_attr_int(b, q, "signed", is_signed);
	ob_attr_int(b, q, "narrow", is_signed && pr_random(2));
}

static void grow_conv(struct grower *n, uint32_t out, unsigned int bits)
{
	static const char *const groups_of[] = { "one", "two", "depth" };
	struct ob *b = &n->t->b;
	uint32_t groups = 1, k = 1 + pr_random(3), stride = 1 + pr_random(2);
	uint32_t dilation = k > 1 ? 1 + pr_random(2) : 1, pads[4];
	uint32_t span = (k - 1) * dilation + 1;
	const char *kind = groups_of[pr_random(3)];
	char w[32], y[32], bias[32];
	float data[64];
	Onnx__NodeProto *node;

	if (!strcmp(kind, "depth")) {
		groups = n->c;
		out = n->c * (1 + pr_random(2));
	} else if (!strcmp(kind, "two") && n->c % 2 == 0) {
		groups = 2;
		out += out & 1;
	}
	for (int i = 0; i < 4; i++)
		pads[i] = pr_random(span);
	while (n->h + pads[0] + pads[2] < span)
		pads[0]++;
	while (n->w + pads[1] + pads[3] < span)
		pads[1]++;
	snprintf(w, sizeof(w), "%s", fresh(n, "w"));
	snprintf(y, sizeof(y), "%s", fresh(n, "conv"));
	snprintf(bias, sizeof(bias), "%s", fresh(n, "bias"));
	weights(n, w, DIMS(out, n->c / groups, k, k), bits, 1, 0);
	for (uint32_t i = 0; i < out; i++)
		data[i] = (float)((int)pr_random(65) - 32) / 8;
	ob_floats(b, bias, DIMS(out), data);
	node = pr_random(2) ? ob_node(b, "Conv", NAMES(n->last, w, bias), y) :
			      ob_node(b, "Conv", NAMES(n->last, w), y);
	ob_attr_int(b, node, "group", groups);
	ob_attr_ints(b, node, "strides", DIMS(stride, stride));
	ob_attr_ints(b, node, "dilations", DIMS(dilation, dilation));
	ob_attr_ints(b, node, "pads", DIMS(pads[0], pads[1], pads[2], pads[3]));
	n->c = out;
	n->h = (n->h + pads[0] + pads[2] - span) / stride + 1;
	n->w = (n->w + pads[1] + pads[3] - span) / stride + 1;
	advance(n, y);
}

/* Slopes of either sign and zero; all factors are powers of two, times 3. */
static void grow_bn(struct grower *n)
{
	const float epsilon = 0x1p-10f;
	float p[4][64];
	char name[4][32], y[32];
	Onnx__NodeProto *node;

	for (uint32_t c = 0; c < n->c; c++) {
		p[0][c] = power(-2, 1) * (pr_random(2) ? 1 : 3) *
			  (pr_random(3) ? 1 : -1) * (pr_random(8) ? 1 : 0);
		p[1][c] = (float)((int)pr_random(65) - 32) / 8;
		p[2][c] = (float)((int)pr_random(33) - 16) / 4;
		p[3][c] = power(0, 2) * power(0, 0);
		p[3][c] = p[3][c] * p[3][c] - epsilon;
	}
	for (int i = 0; i < 4; i++) {
		snprintf(name[i], sizeof(name[i]), "%s", fresh(n, "bn_p"));
		ob_floats(&n->t->b, name[i], DIMS(n->c), p[i]);
	}
	snprintf(y, sizeof(y), "%s", fresh(n, "bn"));
	node = ob_node(&n->t->b, "BatchNormalization",
		       NAMES(n->last, name[0], name[1], name[2], name[3]), y);
	ob_attr_float(&n->t->b, node, "epsilon", epsilon);
	advance(n, y);
}

static void grow_quant(struct grower *n, unsigned int bits, int is_signed,
		       float scale)
{
	static const char *const modes[] = { "ROUND", "ROUND", "ROUND", "CEIL",
					     "FLOOR", "HALF_UP", "HALF_DOWN" };
	const char *y = fresh(n, "quant");
	float zero = is_signed && bits > 1 && !pr_random(4) ? -1 : 0;
	struct ob *b = &n->t->b;

	ob_quant(b, n->last, y, scale, zero, (float)bits, is_signed, 0);
	ob_attr_string(b, b->node[b->graph.n_node - 1], "rounding_mode",
		       modes[pr_random(7)]);
	advance(n, y);
}

static void grow_plain(struct grower *n, const char *type)
{
	const char *y = fresh(n, type);

	ob_node(&n->t->b, type, NAMES(n->last), y);
	advance(n, y);
}

static void grow_max_pool(struct grower *n)
{
	const char *y = fresh(n, "pool");
	Onnx__NodeProto *node;

	if (n->h < 2 || n->w < 2)
		return;
	node = ob_node(&n->t->b, "MaxPool", NAMES(n->last), y);
	ob_attr_ints(&n->t->b, node, "kernel_shape", DIMS(2, 2));
	ob_attr_ints(&n->t->b, node, "strides", DIMS(1, 2));
	n->h = n->h - 1;
	n->w = n->w / 2;
	advance(n, y);
}

/* A 1 x 1 convolution beside what is there, and their sum. */
static void grow_residual(struct grower *n)
{
	struct grower side = *n;
	const char *y;
	char w[32], conv[32];

	snprintf(w, sizeof(w), "%s", fresh(&side, "w"));
	snprintf(conv, sizeof(conv), "%s", fresh(&side, "conv"));
	weights(&side, w, DIMS(n->c, n->c, 1, 1), 2, 1, 0);
	ob_node(&n->t->b, "Conv", NAMES(n->last, w), conv);
	advance(&side, conv);
	grow_bn(&side);
	grow_quant(&side, 4, 1, power(-1, 2));
	y = fresh(&side, "sum");
	ob_node(&n->t->b, "Add", NAMES(side.last, n->last), y);
	n->count = side.count;
	advance(n, y);
	if (pr_random(2))
		grow_plain(n, "Relu");
	grow_quant(n, 4, 1, power(-1, 2));
}

static void grow_block(struct grower *n)
{
	static const unsigned int bits[] = { 1, 2, 3, 4, 5, 8 };
	static const uint32_t channels[] = { 3, 5, 7, 8 };
	bool relu = pr_random(2);

	grow_conv(n, channels[pr_random(4)], bits[pr_random(6)]);
	if (pr_random(3))
		grow_bn(n);
	if (pr_random(4) == 0)
		grow_max_pool(n);
	if (relu)
		grow_plain(n, "Relu");
	grow_quant(n, bits[pr_random(6)], !relu, power(-1, 3));
	if (pr_random(3) == 0)
		grow_max_pool(n);
	if (pr_random(3) == 0)
		grow_residual(n);
}

static void grow_gemm(struct grower *n, uint32_t out)
{
	struct ob *b = &n->t->b;
	float data[64];
	char flat[32], w[32], bias[32], y[32];
	Onnx__NodeProto *node;

	snprintf(flat, sizeof(flat), "%s", fresh(n, "flat"));
	snprintf(w, sizeof(w), "%s", fresh(n, "w"));
	snprintf(bias, sizeof(bias), "%s", fresh(n, "bias"));
	snprintf(y, sizeof(y), "%s", fresh(n, "logits"));
	ob_node(b, "Flatten", NAMES(n->last), flat);
	weights(n, w, DIMS(out, n->c * n->h * n->w), 2, 1, 0);
	for (uint32_t i = 0; i < out; i++)
		data[i] = (float)((int)pr_random(65) - 32) / 16;
	ob_floats(b, bias, DIMS(out), data);
	node = ob_node(b, "Gemm", NAMES(flat, w, bias), y);
	ob_attr_int(b, node, "transB", 1);
	advance(n, y);
}

static void start(struct grower *n, struct pack_run *t)
{
	pr_init(t);
	*n = (struct grower){ .t = t, .c = 1 + pr_random(4),
			      .h = 3 + pr_random(5), .w = 3 + pr_random(5) };
	ob_input(&t->b, "x", DIMS(1, n->c, n->h, n->w));
	advance(n, "x");
	ob_quant(&t->b, "x", "xq", 0.125f, 0, 8, 1, 0);
	advance(n, "xq");
}

static void fill_image(float *image, size_t count)
{
	for (size_t i = 0; i < count; i++)
		image[i] = (float)((int)pr_random(300) - 150) / 32;
}

/* Elements of all outputs that differ; counts into @inner what is no limit. */
static size_t differing(struct pack_run *t, size_t *inner)
{
	size_t wrong = 0;

	for (size_t i = 0; i < t->g.output_count; i++)
		for (size_t k = 0; k < pr_elements(t, i); k++) {
			float f = pr_float(t, i, k);

			wrong += t->real[i][k] != f;
			*inner += f != 0;
		}
	return wrong;
}

static void check(struct pack_run *t, uint32_t seed, size_t *inner)
{
	float image[4 * 8 * 8];

	pr_pack(t);
	for (int i = 0; i < 3; i++) {
		size_t wrong;

		fill_image(image, sizeof(image) / sizeof(image[0]));
		pr_run(t, image);
		wrong = differing(t, inner);
		if (wrong)
			fail_msg("network %u, image %d: %zu elements differ",
				 seed, i, wrong);
	}
	pr_free(t);
}

static void test_random_networks(void **state)
{
	size_t inner = 0;

	(void)state;
	for (uint32_t seed = 0; seed < 150; seed++) {
		struct pack_run t;
		struct grower n;

		pr_seed(seed);
		start(&n, &t);
		for (uint32_t i = 0; i < 1 + seed % 3; i++) {
			grow_block(&n);
			ob_output(&t.b, n.last);
		}
		if (seed % 4 == 0 && n.c * n.h * n.w * 5 <= 4096) {
			grow_gemm(&n, 5);
			ob_output(&t.b, n.last);
		}
		check(&t, seed, &inner);
	}
	/* Not all of it may be zeros. */
	assert_true(inner > 10000);
}

/* Order of weights behind Flatten: one weight at a time. */
static void test_flatten_order(void **state)
{
	float w[2 * 3 * 4 * 5], image[4 * 5 * 3];
	struct pack_run t;

	(void)state;
	for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++)
		w[i] = (float)(i % 127) - 63;
	for (size_t i = 0; i < sizeof(image) / sizeof(image[0]); i++)
		image[i] = (float)(i * i % 251);
	pr_init(&t);
	ob_input(&t.b, "x", DIMS(1, 3, 4, 5));
	ob_quant(&t.b, "x", "xq", 1, 0, 8, 0, 0);
	ob_node(&t.b, "Flatten", NAMES("xq"), "flat");
	ob_floats(&t.b, "w", DIMS(2, 60), w);
	ob_quant(&t.b, "w", "wq", 1, 0, 8, 1, 0);
	ob_attr_int(&t.b, ob_node(&t.b, "Gemm", NAMES("flat", "wq"), "y"),
		    "transB", 1);
	ob_output(&t.b, "y");
	pr_pack(&t);
	pr_run(&t, image);
	assert_true(t.real[0][0] == pr_float(&t, 0, 0));
	assert_true(t.real[0][1] == pr_float(&t, 0, 1));
	assert_true(t.real[0][0] != 0);
	pr_free(&t);
}

/* Weights with a zero point, as unsigned quantizers give them. */
static void test_weight_zero_point(void **state)
{
	struct pack_run t;
	struct grower n;
	size_t inner = 0;

	(void)state;
	pr_seed(99);
	start(&n, &t);
	weights(&n, "wz", DIMS(5, n.c, 2, 2), 4, 0, 7);
	ob_node(&t.b, "Conv", NAMES("xq", "wz"), "y");
	n.c = 5;
	advance(&n, "y");
	grow_quant(&n, 4, 1, 1);
	ob_output(&t.b, n.last);
	check(&t, 99, &inner);
	assert_true(inner);
}

/* Average of 2-bit values over 4 x 4: the sum fits and stays exact. */
static void test_average_is_exact(void **state)
{
	struct pack_run t;
	float image[64];

	(void)state;
	pr_seed(5);
	pr_init(&t);
	ob_input(&t.b, "x", DIMS(1, 4, 4, 4));
	ob_quant(&t.b, "x", "xq", 0.5f, 0, 2, 0, 0);
	ob_node(&t.b, "GlobalAveragePool", NAMES("xq"), "mean");
	ob_node(&t.b, "Flatten", NAMES("mean"), "flat");
	ob_floats(&t.b, "w", DIMS(2, 4),
		  (const float []){ 1, -1, 1, 1, -1, 1, 1, 1 });
	ob_quant(&t.b, "w", "wq", 1, 0, 2, 1, 1);
	ob_attr_int(&t.b, ob_node(&t.b, "Gemm", NAMES("flat", "wq"), "y"),
		    "transB", 1);
	ob_output(&t.b, "y");
	pr_pack(&t);
	for (int i = 0; i < 64; i++)
		image[i] = (float)pr_random(7) / 4;
	pr_run(&t, image);
	assert_true(t.real[0][0] == pr_float(&t, 0, 0));
	assert_true(t.real[0][1] == pr_float(&t, 0, 1));
	pr_free(&t);
}

static void grow_clip(struct grower *n, float lo, float hi)
{
	char low[32], high[32], y[32];

	snprintf(low, sizeof(low), "%s", fresh(n, "lo"));
	snprintf(high, sizeof(high), "%s", fresh(n, "hi"));
	snprintf(y, sizeof(y), "%s", fresh(n, "clip"));
	ob_float(&n->t->b, low, lo);
	ob_float(&n->t->b, high, hi);
	ob_node(&n->t->b, "Clip", NAMES(n->last, low, high), y);
	advance(n, y);
}

/*
 * A clamp behind a quantizer: on its grid, off it, and so that one value is
 * left, within and outside of what the quantizer gives.
 */
static void test_clamp_behind_quantizer(void **state)
{
	static const float bounds[][2] = {
		{ 0, INFINITY }, { -1, 1 }, { -1.25f, 0.75f }, { -9, -4 },
		{ 3.5f, 9 }, { -20, -8 }, { 8, 20 }, { -INFINITY, 1 },
	};
	size_t inner = 0;

	(void)state;
	for (uint32_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct pack_run t;
		struct grower n;

		pr_seed(200 + i);
		start(&n, &t);
		grow_conv(&n, 5, 4);
		ob_quant(&t.b, n.last, "q", 0.5f, 0, 4, 1, 0);
		advance(&n, "q");
		grow_clip(&n, bounds[i][0], bounds[i][1]);
		ob_quant(&t.b, n.last, "last", 0.25f, 0, 8, 1, 0);
		ob_output(&t.b, "last");
		check(&t, 200 + i, &inner);
	}
	assert_true(inner > 100);
}

/* Padding that counts, in front of a quantizer, whatever its rounding. */
static void test_average_with_padding(void **state)
{
	size_t inner = 0;

	(void)state;
	for (uint32_t i = 0; i < 20; i++) {
		Onnx__NodeProto *node;
		struct pack_run t;
		struct grower n;

		pr_seed(300 + i);
		start(&n, &t);
		grow_conv(&n, 3, 4);
		grow_quant(&n, 4, 1, 1);
		if (n.h < 2 || n.w < 2) {
			pr_free(&t);
			continue;
		}
		node = ob_node(&t.b, "AveragePool", NAMES(n.last), "mean");
		ob_attr_ints(&t.b, node, "kernel_shape", DIMS(2, 2));
		ob_attr_ints(&t.b, node, "pads", DIMS(1, 0, 0, 1));
		ob_attr_int(&t.b, node, "count_include_pad", 1);
		advance(&n, "mean");
		if (i % 2)
			grow_plain(&n, "Relu");
		grow_quant(&n, 4, 1, 0.5f);
		ob_output(&t.b, n.last);
		check(&t, 300 + i, &inner);
	}
	assert_true(inner > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_networks),
		cmocka_unit_test(test_flatten_order),
		cmocka_unit_test(test_weight_zero_point),
		cmocka_unit_test(test_average_is_exact),
		cmocka_unit_test(test_clamp_behind_quantizer),
		cmocka_unit_test(test_average_with_padding),
	};

	return cmocka_run_group_tests_name("pack_exact", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* What the importer takes, and what it says about the rest. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_build.h"
#include "tools/onnx/onnx.h"

static const float ones[4096] = { [0 ... 4095] = 1 };

struct fixture {
	struct ob b;
	struct graph g;
	struct report r;
	int ret;
};

static void begin(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	ob_init(&f->b, 13);
	ob_input(&f->b, "x", DIMS(-1, 2, 6, 5));
	ob_floats(&f->b, "w", DIMS(4, 2, 3, 3), ones);
}

static void parse(struct fixture *f)
{
	size_t size;
	void *data = ob_bytes(&f->b, &size);

	f->ret = onnx_parse(data, size, NULL, &f->g, &f->r);
	free(data);
}

static void end(struct fixture *f)
{
	graph_free(&f->g);
	report_free(&f->r);
	ob_free(&f->b);
}

static bool said(const struct report *r, const char *text)
{
	for (size_t i = 0; i < r->problems.kept; i++)
		if (strstr(r->problems.line[i], text))
			return true;
	return false;
}

/* The file must be refused, with a line that has all of @texts. */
static void refused(struct fixture *f, const char *const *texts)
{
	parse(f);
	assert_int_equal(f->ret, -EINVAL);
	for (size_t i = 0; texts[i]; i++)
		if (!said(&f->r, texts[i])) {
			report_print(&f->r.problems, stderr, "# ");
			fail_msg("nothing was said about %s", texts[i]);
		}
	assert_int_equal(f->g.node_count, 0);
	end(f);
}

static const struct graph_value *result(const struct fixture *f)
{
	if (f->ret)
		report_print(&f->r.problems, stderr, "# ");
	assert_int_equal(f->ret, 0);
	return &f->g.value[f->g.output[0]];
}

static Onnx__NodeProto *conv(struct fixture *f)
{
	Onnx__NodeProto *n = ob_node(&f->b, "Conv", NAMES("x", "w"), "y");

	ob_output(&f->b, "y");
	return n;
}

static void shape_is(struct fixture *f, uint32_t c, uint32_t h, uint32_t w)
{
	const struct graph_value *v;

	parse(f);
	v = result(f);
	assert_int_equal(v->c, c);
	assert_int_equal(v->h, h);
	assert_int_equal(v->w, w);
	end(f);
}

static void test_conv_shapes(void **state)
{
	struct fixture f;
	Onnx__NodeProto *n;

	(void)state;
	begin(&f);
	conv(&f);
	shape_is(&f, 4, 4, 3);
	begin(&f);
	ob_attr_ints(&f.b, conv(&f), "pads", DIMS(1, 0, 2, 2));
	shape_is(&f, 4, 7, 5);
	begin(&f);
	n = conv(&f);
	ob_attr_ints(&f.b, n, "strides", DIMS(2, 3));
	ob_attr_ints(&f.b, n, "dilations", DIMS(2, 1));
	shape_is(&f, 4, 1, 1);
}

static void test_auto_pad(void **state)
{
	static const struct {
		const char *mode;
		uint32_t h, w, top, left, bottom, right;
	} cases[] = {
		{ "SAME_UPPER", 3, 3, 0, 1, 1, 1 },
		{ "SAME_LOWER", 3, 3, 1, 1, 0, 1 },
		{ "VALID", 2, 2, 0, 0, 0, 0 },
		{ "NOTSET", 2, 2, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct graph_window *w;
		struct fixture f;
		Onnx__NodeProto *n;

		begin(&f);
		n = conv(&f);
		ob_attr_string(&f.b, n, "auto_pad", cases[i].mode);
		ob_attr_ints(&f.b, n, "strides", DIMS(2, 2));
		parse(&f);
		assert_int_equal(result(&f)->h, cases[i].h);
		assert_int_equal(result(&f)->w, cases[i].w);
		w = &f.g.node[0].window;
		assert_int_equal(w->pad_top, cases[i].top);
		assert_int_equal(w->pad_left, cases[i].left);
		assert_int_equal(w->pad_bottom, cases[i].bottom);
		assert_int_equal(w->pad_right, cases[i].right);
		end(&f);
	}
}

static void test_pool_shapes(void **state)
{
	static const struct {
		int64_t kernel, stride, pad, ceil_mode;
		uint32_t h, w;
	} cases[] = {
		{ 2, 2, 0, 0, 3, 2 }, { 2, 2, 0, 1, 3, 3 },
		{ 3, 2, 1, 0, 3, 3 }, { 3, 2, 1, 1, 4, 3 },
		{ 3, 2, 0, 1, 3, 2 }, { 1, 2, 0, 1, 3, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t k = cases[i].kernel, p = cases[i].pad;
		struct fixture f;
		Onnx__NodeProto *n;

		begin(&f);
		n = ob_node(&f.b, "MaxPool", NAMES("x"), "y");
		ob_output(&f.b, "y");
		ob_attr_ints(&f.b, n, "kernel_shape", DIMS(k, k));
		ob_attr_ints(&f.b, n, "strides",
			     DIMS(cases[i].stride, cases[i].stride));
		ob_attr_ints(&f.b, n, "pads", DIMS(p, p, p, p));
		ob_attr_int(&f.b, n, "ceil_mode", cases[i].ceil_mode);
		shape_is(&f, 2, cases[i].h, cases[i].w);
	}
}

/* The forms of flattening that exporters write. */
static void test_flatten_forms(void **state)
{
	static const int64_t shapes[][2] = { { 1, 60 }, { -1, 60 }, { 0, -1 },
					     { 1, -1 } };
	struct fixture f;

	(void)state;
	for (int i = 0; i < 4; i++) {
		begin(&f);
		ob_int64s(&f.b, "shape", DIMS(2), shapes[i]);
		ob_node(&f.b, "Reshape", NAMES("x", "shape"), "y");
		ob_output(&f.b, "y");
		shape_is(&f, 60, 1, 1);
	}
	/* x.view(x.size(0), -1) as PyTorch writes it */
	begin(&f);
	ob_int64s(&f.b, "zero", DIMS(-1000), (const int64_t []){ 0 });
	ob_int64s(&f.b, "rest", DIMS(1), (const int64_t []){ -1 });
	ob_int64s(&f.b, "axes", DIMS(1), (const int64_t []){ 0 });
	ob_node(&f.b, "Reshape", NAMES("x", "new"), "y");
	ob_attr_int(&f.b, ob_node(&f.b, "Concat", NAMES("n1", "rest"), "new"),
		    "axis", 0);
	ob_node(&f.b, "Unsqueeze", NAMES("n", "axes"), "n1");
	ob_attr_int(&f.b, ob_node(&f.b, "Gather", NAMES("s", "zero"), "n"),
		    "axis", 0);
	ob_node(&f.b, "Shape", NAMES("x"), "s");
	ob_output(&f.b, "y");
	shape_is(&f, 60, 1, 1);
}

static void test_order_does_not_matter(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	ob_node(&f.b, "Relu", NAMES("b"), "y");
	ob_node(&f.b, "Identity", NAMES("a"), "b");
	ob_node(&f.b, "Conv", NAMES("x", "w"), "a");
	ob_output(&f.b, "y");
	shape_is(&f, 4, 4, 3);
}

static void test_gemm_turns_weights(void **state)
{
	float w[6] = { 1, 2, 3, 4, 5, 6 };

	(void)state;
	for (int trans = 0; trans < 2; trans++) {
		struct fixture f = { 0 };
		Onnx__NodeProto *n;

		ob_init(&f.b, 13);
		ob_input(&f.b, "x", DIMS(1, 3));
		ob_floats(&f.b, "w", trans ? DIMS(2, 3) : DIMS(3, 2), w);
		n = ob_node(&f.b, "Gemm", NAMES("x", "w"), "y");
		ob_attr_int(&f.b, n, "transB", trans);
		ob_attr_float(&f.b, n, "alpha", 0.5f);
		ob_output(&f.b, "y");
		parse(&f);
		assert_int_equal(result(&f)->c, 2);
		/* second output channel, first input */
		assert_true(f.g.node[0].weights.data[3] == (trans ? 2 : 1));
		end(&f);
	}
}

/* Softmax over the channels is the library's then; the rest is dropped. */
static void test_softmax_at_the_end(void **state)
{
	static const struct {
		const char *op, *name;
		int64_t axis;
		bool softmax;
	} cases[] = {
		{ "Softmax", "y", 1, true },
		{ "Softmax", "r", 2, false },
		{ "LogSoftmax", "r", 1, false },
	};
	struct fixture f = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&f, 0, sizeof(f));
		ob_init(&f.b, 13);
		ob_input(&f.b, "x", DIMS(1, 3, 4, 5));
		ob_node(&f.b, "Relu", NAMES("x"), "r");
		ob_attr_int(&f.b, ob_node(&f.b, cases[i].op, NAMES("r"), "y"),
			    "axis", cases[i].axis);
		ob_output(&f.b, "y");
		parse(&f);
		assert_int_equal(f.g.node_count, 1);
		assert_string_equal(result(&f)->name, cases[i].name);
		assert_int_equal(result(&f)->softmax, cases[i].softmax);
		assert_int_equal(f.r.notes.count, 1);
		end(&f);
	}

	memset(&f, 0, sizeof(f));
	ob_init(&f.b, 13);
	ob_input(&f.b, "x", DIMS(1, 3));
	ob_node(&f.b, "Softmax", NAMES("x"), "p");
	ob_node(&f.b, "Relu", NAMES("p"), "y");
	ob_output(&f.b, "y");
	parse(&f);
	assert_int_equal(result(&f)->c, 3);
	assert_int_equal(f.g.node[0].op, GRAPH_SOFTMAX);
	end(&f);

	memset(&f, 0, sizeof(f));
	ob_init(&f.b, 13);
	ob_input(&f.b, "x", DIMS(1, 3));
	ob_node(&f.b, "LogSoftmax", NAMES("x"), "p");
	ob_node(&f.b, "Relu", NAMES("p"), "y");
	ob_output(&f.b, "y");
	refused(&f, NAMES("node 'p' (LogSoftmax): only at the end"));
}

/* Along an axis with one number it would not be the identity for argmax. */
static void test_softmax_axis(void **state)
{
	static const struct {
		int64_t opset;
		int flat, axis;	/* axis 9: not given */
		bool good;
	} cases[] = {
		{ 13, 1, 9, true }, { 13, 1, 1, true }, { 13, 1, -1, true },
		{ 13, 1, 0, false }, { 13, 0, 9, false }, { 13, 0, 1, true },
		{ 13, 0, -3, true }, { 13, 0, 2, false }, { 11, 0, 9, true },
		{ 11, 1, 0, true }, { 11, 0, 3, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { 0 };
		Onnx__NodeProto *n;

		ob_init(&f.b, cases[i].opset);
		ob_input(&f.b, "x", cases[i].flat ? DIMS(1, 3) : DIMS(1, 3, 1, 1));
		ob_node(&f.b, "Relu", NAMES("x"), "r");
		n = ob_node(&f.b, "Softmax", NAMES("r"), "y");
		if (cases[i].axis != 9)
			ob_attr_int(&f.b, n, "axis", cases[i].axis);
		ob_output(&f.b, "y");
		if (!cases[i].good) {
			refused(&f, NAMES("node 'y' (Softmax): its axis is"));
			continue;
		}
		parse(&f);
		assert_string_equal(result(&f)->name, "y");
		end(&f);
	}
}

/* What does something else in training must not be there for training. */
static void test_training_is_refused(void **state)
{
	for (int64_t mode = 0; mode < 2; mode++) {
		struct fixture f;

		(void)state;
		begin(&f);
		ob_float(&f.b, "ratio", 0.5f);
		ob_int64s(&f.b, "mode", DIMS(1), &mode);
		ob_node(&f.b, "Relu", NAMES("x"), "r");
		ob_node(&f.b, "Dropout", NAMES("r", "ratio", "mode"), "y");
		ob_output(&f.b, "y");
		if (mode)
			refused(&f, NAMES("node 'y' (Dropout): its training mode"));
		else
			shape_is(&f, 2, 6, 5);

		begin(&f);
		ob_floats(&f.b, "v", DIMS(2), ones);
		ob_node(&f.b, "BatchNormalization",
			NAMES("x", "v", "v", "v", "v"), "y");
		ob_output(&f.b, "y");
		if (mode) {
			Onnx__NodeProto *n = f.b.node[0];
			char *results[] = { n->output[0], "m", "v2" };

			n->output = results;
			n->n_output = 3;
			refused(&f, NAMES("node 'y' (BatchNormalization): result 1 is for training"));
		} else {
			shape_is(&f, 2, 6, 5);
		}
	}
}

/* Names come from the file and go to terminals and into model files. */
static void test_names_are_cleaned(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	conv(&f)->name = "a\033[2J\xe2\x80\xae\xc2\x9b";
	parse(&f);
	result(&f);
	assert_string_equal(f.g.node[0].name, "a?[2J?????");
	end(&f);

	begin(&f);
	ob_node(&f.b, "Odd\n\xe2\x80\xaeX", NAMES("x"), "y");
	ob_output(&f.b, "y");
	refused(&f, NAMES("operator 'Odd????X' is not supported"));
}

/* All that is wrong is told at once, with node, operator and attribute. */
static void test_all_problems_at_once(void **state)
{
	struct fixture f;
	Onnx__NodeProto *n;

	(void)state;
	begin(&f);
	n = ob_node(&f.b, "Conv", NAMES("x", "w"), "a");
	ob_attr_ints(&f.b, n, "dilations", DIMS(300, 1));
	ob_attr_int(&f.b, n, "colour", 3);
	ob_node(&f.b, "LSTM", NAMES("a"), "c");
	n = ob_node(&f.b, "MaxPool", NAMES("x"), "d");
	ob_attr_ints(&f.b, n, "kernel_shape", DIMS(2, 2));
	ob_attr_int(&f.b, n, "ceil_mode", 1);
	ob_attr_int(&f.b, n, "shape", 1);
	n = ob_quant_node(&f.b, "Quant", NAMES("c", "w", "w", "w"), "q");
	ob_attr_int(&f.b, n, "signed", 2);
	ob_output(&f.b, "q");
	ob_output(&f.b, "d");
	refused(&f, NAMES("node 'a' (Conv): attribute 'dilations' has 300",
			  "node 'a' (Conv): attribute 'colour'",
			  "operator 'LSTM'",
			  "node 'd' (MaxPool): attribute 'shape'",
			  "node 'q' (Quant): attribute 'signed' is 2",
			  "node 'q' (Quant): attribute 'narrow' is missing"));
}

/* A network with one bad node or attribute; which, and what must be said. */
struct bad {
	const char *type;
	const char *inputs[6];
	const char *attr;
	int kind;		/* 'i' int, 'I' ints, 's' string, 'f' float, 0 */
	int64_t value[5];
	const char *string;
	const char *said;
};

static const struct bad bad_nodes[] = {
	{ "Conv", { "x" }, NULL, 0, { 0 }, NULL, "has 1 inputs" },
	{ "Conv", { "x", "nowhere" }, NULL, 0, { 0 }, NULL, "'nowhere' is defined nowhere" },
	{ "Conv", { "x", "x" }, NULL, 0, { 0 }, NULL, "weights ('x') must be constant" },
	{ "Conv", { "x", "v" }, NULL, 0, { 0 }, NULL, "weights have 1 dimensions" },
	{ "Conv", { "v", "w" }, NULL, 0, { 0 }, NULL, "input 'v' is constant" },
	{ "Conv", { "x", "w", "v" }, NULL, 0, { 0 }, NULL, "bias has 2 numbers" },
	{ "Conv", { "x", "nan" }, NULL, 0, { 0 }, NULL, "('nan') contain NaN" },
	{ "Conv", { "x", "w" }, "group", 'i', { 0 }, NULL, "attribute 'group' is 0" },
	{ "Conv", { "x", "w" }, "group", 'i', { 2 }, NULL, "in 2 groups" },
	{ "Conv", { "x", "w" }, "group", 's', { 0 }, "two", "'group' is not an integer" },
	{ "Conv", { "x", "w" }, "kernel_shape", 'I', { 5, 5, -1000 }, NULL, "'kernel_shape' is 5 x 5" },
	{ "Conv", { "x", "w" }, "strides", 'I', { 1, 1, 1, -1000 }, NULL, "'strides' has 3" },
	{ "Conv", { "x", "w" }, "strides", 'I', { 0, 1, -1000 }, NULL, "vertical stride is 0" },
	{ "Conv", { "x", "w" }, "pads", 'I', { -1, 0, 0, 0, -1000 }, NULL, "'pads' has -1" },
	{ "Conv", { "x", "w" }, "pads", 'I', { 1, 1, -1000 }, NULL, "'pads' has 2" },
	{ "Conv", { "x", "w" }, "pads", 'I', { 0, 0, 300, 0, -1000 }, NULL, "'pads' has 300" },
	{ "Conv", { "x", "w" }, "dilations", 'I', { 9, 9, -1000 }, NULL, "kernel is larger" },
	{ "Conv", { "x", "w" }, "auto_pad", 's', { 0 }, "SOME", "unknown value 'SOME'" },
	{ "MaxPool", { "x" }, NULL, 0, { 0 }, NULL, "'kernel_shape' is missing" },
	{ "MaxPool", { "x" }, "kernel_shape", 'I', { 9, 9, -1000 }, NULL, "kernel is larger" },
	{ "BatchNormalization", { "x", "v", "v", "v", "minus" }, NULL, 0, { 0 }, NULL, "variance of channel 1" },
	{ "BatchNormalization", { "x", "v", "v", "v", "w" }, NULL, 0, { 0 }, NULL, "variance has 72" },
	{ "BatchNormalization", { "x", "v", "v", "v", "v" }, "training_mode", 'i', { 1 }, NULL, "'training_mode'" },
	{ "BatchNormalization", { "x", "v", "v", "v", "v" }, "epsilon", 'f', { -1 }, NULL, "'epsilon' is -1" },
	{ "Clip", { "x", "six", "zero" }, NULL, 0, { 0 }, NULL, "lower bound 6 is not below" },
	{ "Clip", { "x", "v" }, NULL, 0, { 0 }, NULL, "'min' is not one number" },
	{ "Clip", { "x" }, "min", 'f', { 0 }, NULL, "attribute 'min' is not supported" },
	{ "Add", { "x", "w" }, NULL, 0, { 0 }, NULL, "5 and 3 numbers along a dimension" },
	{ "Add", { "x", "plane" }, NULL, 0, { 0 }, NULL, "along several dimensions" },
	{ "Sub", { "x", "zero", "zero" }, NULL, 0, { 0 }, NULL, "has 3 inputs" },
	{ "Div", { "x", "zero" }, NULL, 0, { 0 }, NULL, "divides by zero" },
	{ "Max", { "x", "x" }, NULL, 0, { 0 }, NULL, "compares 2 values" },
	{ "MatMul", { "x", "v" }, NULL, 0, { 0 }, NULL, "weights have 1 dimensions" },
	{ "MatMul", { "x", "m" }, NULL, 0, { 0 }, NULL, "weights have 2 dimensions and are for 60" },
	{ "MatMul", { "x", "x" }, NULL, 0, { 0 }, NULL, "both inputs are computed" },
	{ "Gemm", { "x", "m" }, "transA", 'i', { 1 }, NULL, "4 and 2 dimensions" },
	{ "Reshape", { "x", "v" }, NULL, 0, { 0 }, NULL, "no integers" },
	{ "Reshape", { "x", "shape3" }, NULL, 0, { 0 }, NULL, "does not fit an input of 60 numbers" },
	{ "Transpose", { "x" }, "perm", 'I', { 0, 1, 1, 2, -1000 }, NULL, "not an order of the axes" },
	{ "Split", { "x" }, "axis", 'i', { 4 }, NULL, "its axis is 4; there are 4 dimensions" },
	{ "Resize", { "x", "", "minus" }, NULL, 0, { 0 }, NULL, "neither 4 sizes nor 4 scales" },
	{ "Upsample", { "x" }, "mode", 's', { 0 }, "linear", "only nearest is supported" },
	{ "DepthToSpace", { "x" }, "blocksize", 'i', { 2 }, NULL, "does not divide into blocks of 2 x 2" },
	{ "DynamicQuantizeLinear", { "x" }, NULL, 0, { 0 }, NULL, "quantize statically" },
	{ "QuantizeLinear", { "x", "v" }, "block_size", 'i', { 2 }, NULL, "blocked quantization is not supported" },
	{ "QuantizeLinear", { "x", "zero" }, NULL, 0, { 0 }, NULL, "its scale is 0" },
	{ "QuantizeLinear", { "x", "six" }, "output_dtype", 'i', { 4 }, NULL, "its codes are uint16" },
	{ "InstanceNormalization", { "x", "v", "v" }, NULL, 0, { 0 }, NULL, "train with BatchNormalization" },
	{ "Quant", { "x", "six", "zero", "six" }, NULL, 0, { 0 }, NULL, "operator 'Quant'" },
	{ "Softmax", { "x" }, "axis", 'i', { 0 }, NULL, "its axis is 0" },
	{ "Constant", { NULL }, NULL, 0, { 0 }, NULL, "it has no 'value'" },
};

static void add_attr(struct ob *b, Onnx__NodeProto *n, const struct bad *c)
{
	switch (c->kind) {
	case 'i':
		ob_attr_int(b, n, c->attr, c->value[0]);
		break;
	case 'I':
		ob_attr_ints(b, n, c->attr, c->value);
		break;
	case 's':
		ob_attr_string(b, n, c->attr, c->string);
		break;
	case 'f':
		ob_attr_float(b, n, c->attr, (float)c->value[0]);
		break;
	}
}

static void test_bad_nodes(void **state)
{
	float nan[72] = { 0 };

	(void)state;
	nan[40] = NAN;
	for (size_t i = 0; i < sizeof(bad_nodes) / sizeof(bad_nodes[0]); i++) {
		const struct bad *c = &bad_nodes[i];
		char node[64];
		struct fixture f;

		begin(&f);
		ob_floats(&f.b, "v", DIMS(2), ones);
		ob_floats(&f.b, "m", DIMS(60, 2), ones);
		ob_floats(&f.b, "minus", DIMS(2), (const float []){ 1, -1 });
		ob_floats(&f.b, "nan", DIMS(4, 2, 3, 3), nan);
		ob_float(&f.b, "zero", 0);
		ob_float(&f.b, "six", 6);
		ob_int64s(&f.b, "shape3", DIMS(3), (const int64_t []){ 1, 6, 11 });
		ob_floats(&f.b, "plane", DIMS(6, 5), ones);
		add_attr(&f.b, ob_node(&f.b, c->type, c->inputs, "bad"), c);
		ob_output(&f.b, "bad");
		snprintf(node, sizeof(node), "node 'bad' (%s)", c->type);
		refused(&f, NAMES(node, c->said));
	}
}

static void test_bad_quant(void **state)
{
	static const struct {
		float scale, zero, bits;
		const char *said;
	} cases[] = {
		{ 0, 0, 4, "scale is 0" },
		{ -1, 0, 4, "scale is -1" },
		{ NAN, 0, 4, "contain NaN" },
		{ 1, 0.5f, 4, "zero point is 0.5" },
		{ 1, 0, 2.5f, "bit width is 2.5" },
		{ 1, 0, 0, "bit width is 0" },
		{ 1, 0, 64, "bit width is 64" },
		{ 1, INFINITY, 4, "NaN or infinity" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		begin(&f);
		ob_quant(&f.b, "x", "y", cases[i].scale, cases[i].zero,
			 cases[i].bits, 1, 0);
		ob_output(&f.b, "y");
		refused(&f, NAMES("node 'y' (Quant)", cases[i].said));
	}
}

static void test_bad_constants(void **state)
{
	static const char *const names[] = { "v", "short", "huge", "minus",
					     "text" };
	Onnx__TensorProto *t;
	struct fixture f;

	(void)state;
	begin(&f);
	t = ob_floats(&f.b, "v", DIMS(2), ones);
	t->has_data_location = 1;
	t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	t = ob_floats(&f.b, "short", DIMS(3), ones);
	t->raw_data.len = 8;
	t = ob_floats(&f.b, "huge", DIMS(1), ones);
	t->dims[0] = 1ll << 40;
	t = ob_floats(&f.b, "minus", DIMS(1), ones);
	t->dims[0] = -4;
	t = ob_floats(&f.b, "text", DIMS(1), ones);
	t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
	for (int i = 0; i < 5; i++) {
		char name[8];

		snprintf(name, sizeof(name), "y%d", i);
		ob_node(&f.b, "Add", NAMES("x", names[i]), name);
		ob_output(&f.b, name);
	}
	refused(&f, NAMES("initializer 'v': its data is in another file",
			  "'short': has data for 2 numbers, its shape needs 3",
			  "'huge': dimension 0", "'minus': dimension 0 is -4",
			  "'text': data type 8 (string)"));
	begin(&f);
	ob_floats(&f.b, "w", DIMS(1), ones);
	conv(&f);
	refused(&f, NAMES("'w': the name is used twice"));
}

/* What is wrong with the inputs hides nothing of what is wrong with nodes. */
static void test_all_reasons(void **state)
{
	struct fixture f = { 0 };

	(void)state;
	ob_init(&f.b, 13);
	ob_input(&f.b, "x", DIMS(2, 3, 4, 4));
	ob_input(&f.b, "state", DIMS(1, 3, 4, 4));
	ob_node(&f.b, "LSTM", NAMES("x"), "a");
	ob_node(&f.b, "Relu", NAMES("a"), "b");
	ob_node(&f.b, "Einsum", NAMES("b", "state"), "y");
	ob_output(&f.b, "y");
	refused(&f, NAMES("the batch size must be 1", "more than one input",
			  "operator 'LSTM'", "operator 'Einsum'"));
}

static void test_bad_graphs(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	ob_node(&f.b, "Relu", NAMES("b"), "a");
	ob_node(&f.b, "Relu", NAMES("a"), "b");
	ob_output(&f.b, "b");
	refused(&f, NAMES("needs, directly or not, its own result"));
	begin(&f);
	ob_node(&f.b, "Relu", NAMES("x"), "y");
	ob_node(&f.b, "Relu", NAMES("x"), "y");
	ob_output(&f.b, "y");
	refused(&f, NAMES("'y' has a name that is used already"));
	begin(&f);
	ob_output(&f.b, "y");
	refused(&f, NAMES("has no nodes"));
	begin(&f);
	ob_node(&f.b, "Relu", NAMES("x"), "z");
	ob_output(&f.b, "y");
	refused(&f, NAMES("output 'y' is defined nowhere"));
	begin(&f);
	conv(&f);
	f.b.graph.n_output = 0;
	refused(&f, NAMES("no output"));
	begin(&f);
	conv(&f);
	ob_node(&f.b, "Identity", NAMES("y"), "z");
	ob_output(&f.b, "z");
	refused(&f, NAMES("output 'z' is the same as another output"));
	begin(&f);
	conv(&f);
	f.b.opset[0].version = 6;
	refused(&f, NAMES("operator set 6; 7 to 26"));
	begin(&f);
	conv(&f);
	f.b.opset[0].version = 27;
	refused(&f, NAMES("operator set 27; 7 to 26"));
	begin(&f);
	conv(&f);
	f.b.model.graph = NULL;
	refused(&f, NAMES("no network"));
	begin(&f);
	ob_input(&f.b, "x2", DIMS(1, 4, 4, 3));
	ob_output(&f.b, "z");
	ob_node(&f.b, "Add", NAMES("y", "x2"), "z");
	conv(&f);
	refused(&f, NAMES("'x2': the network has more than one input"));
}

static void test_bad_inputs(void **state)
{
	static const struct {
		int64_t dims[6];
		const char *said;
	} cases[] = {
		{ { 1, 2, -1, 5, -1000 }, "dimension 2 is 0" },
		{ { 8, 2, 6, 5, -1000 }, "dimension 0 is 8" },
		{ { 1, 2, 6, 1, 1, -1000 }, "5 dimensions" },
		{ { 1, 2, 70000, 5, -1000 }, "2 x 70000 x 5" },
		{ { 1, 60000, 60000, 60000, -1000 }, "its shape would be" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { 0 };

		ob_init(&f.b, 13);
		ob_input(&f.b, "x", cases[i].dims);
		ob_node(&f.b, "Relu", NAMES("x"), "y");
		ob_output(&f.b, "y");
		refused(&f, NAMES("'x'", cases[i].said));
	}
}

static void test_missing_file(void **state)
{
	struct report r = { 0 };
	struct graph g;

	(void)state;
	assert_int_equal(onnx_load("/nonexistent/model.onnx", NULL, &g, &r), -ENOENT);
	assert_int_equal(onnx_load("/", NULL, &g, &r), -EISDIR);
	report_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv_shapes),
		cmocka_unit_test(test_auto_pad),
		cmocka_unit_test(test_pool_shapes),
		cmocka_unit_test(test_flatten_forms),
		cmocka_unit_test(test_order_does_not_matter),
		cmocka_unit_test(test_gemm_turns_weights),
		cmocka_unit_test(test_softmax_at_the_end),
		cmocka_unit_test(test_softmax_axis),
		cmocka_unit_test(test_training_is_refused),
		cmocka_unit_test(test_names_are_cleaned),
		cmocka_unit_test(test_all_problems_at_once),
		cmocka_unit_test(test_bad_nodes),
		cmocka_unit_test(test_bad_quant),
		cmocka_unit_test(test_bad_constants),
		cmocka_unit_test(test_all_reasons),
		cmocka_unit_test(test_bad_graphs),
		cmocka_unit_test(test_bad_inputs),
		cmocka_unit_test(test_missing_file),
	};

	return cmocka_run_group_tests_name("onnx_import", tests, NULL, NULL);
}

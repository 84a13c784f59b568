// SPDX-License-Identifier: MIT
/* Networks without quantizers: formats, precision, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"

#define SIDE	8
#define CHANNELS 3
#define PIXELS	(SIDE * SIDE * CHANNELS)

static float any(void)
{
	return (float)((int)pr_random(2001) - 1000) / 1000;
}

static void floats(struct pack_run *t, const char *name, const int64_t *dims,
		   float scale, float offset)
{
	float data[8192];
	size_t count = 1;

	for (size_t i = 0; dims[i] != -1000; i++)
		count *= (size_t)dims[i];
	for (size_t i = 0; i < count; i++)
		data[i] = any() * scale + offset;
	ob_floats(&t->b, name, dims, data);
}

static void conv(struct pack_run *t, const char *in, const char *out,
		 int64_t ci, int64_t co, int64_t k, int64_t group)
{
	char w[32], b[32];
	Onnx__NodeProto *n;

	snprintf(w, sizeof(w), "%s_w", out);
	snprintf(b, sizeof(b), "%s_b", out);
	floats(t, w, DIMS(co, ci / group, k, k), 0.5f, 0);
	floats(t, b, DIMS(co), 0.5f, 0);
	n = ob_node(&t->b, "Conv", NAMES(in, w, b), out);
	ob_attr_ints(&t->b, n, "pads", DIMS(k / 2, k / 2, k / 2, k / 2));
	ob_attr_int(&t->b, n, "group", group);
}

/*
 * Batch normalization whose statistics fit what comes in: mean 0, deviation
 * about @dev, as it is in trained networks.
 */
static void norm(struct pack_run *t, const char *in, const char *out, int64_t c,
		 float dev)
{
	char p[4][32];

	for (int i = 0; i < 4; i++)
		snprintf(p[i], sizeof(p[i]), "%s_%c", out, "gbmv"[i]);
	floats(t, p[0], DIMS(c), 0.8f, 0);
	floats(t, p[1], DIMS(c), 0.5f, 0);
	floats(t, p[2], DIMS(c), 0.1f * dev, 0);
	floats(t, p[3], DIMS(c), 0.1f * dev * dev, dev * dev);
	ob_node(&t->b, "BatchNormalization",
		NAMES(in, p[0], p[1], p[2], p[3]), out);
}

static void calibration(struct pack_run *t, uint32_t count)
{
	struct dataset *ds = &t->calib;

	*ds = (struct dataset){ .count = count, .height = SIDE, .width = SIDE,
				.channels = CHANNELS };
	ds->images = mem_array((size_t)count * PIXELS, sizeof(float));
	for (size_t i = 0; i < (size_t)count * PIXELS; i++)
		ds->images[i] = any();
}

/* Root of the mean squared error, over that of the values themselves. */
static double relative_error(struct pack_run *t, size_t output)
{
	double error = 0, power = 0;

	for (int i = 0; i < 10; i++) {
		pr_run(t, t->calib.images + i * PIXELS);
		for (size_t k = 0; k < pr_elements(t, output); k++) {
			double f = pr_float(t, output, k);

			error += pow(f - t->real[output][k], 2);
			power += f * f;
		}
	}
	return sqrt(error / power);
}

static void begin(struct pack_run *t, uint64_t seed)
{
	pr_seed(seed);
	pr_init(t);
	ob_input(&t->b, "x", DIMS(1, CHANNELS, SIDE, SIDE));
	calibration(t, 20);
}

/* conv-bn-relu, depthwise-bn-relu6, conv-bn, residual, pools, gemm */
static void residual_net(struct pack_run *t)
{
	Onnx__NodeProto *n;

	ob_float(&t->b, "zero", 0);
	ob_float(&t->b, "six", 6);
	conv(t, "x", "c1", CHANNELS, 8, 3, 1);
	norm(t, "c1", "n1", 8, 0.9f);
	ob_node(&t->b, "Relu", NAMES("n1"), "r1");
	conv(t, "r1", "c2", 8, 8, 3, 8);
	norm(t, "c2", "n2", 8, 0.5f);
	ob_node(&t->b, "Clip", NAMES("n2", "zero", "six"), "r2");
	conv(t, "r2", "c3", 8, 8, 1, 1);
	norm(t, "c3", "n3", 8, 0.4f);
	ob_node(&t->b, "Add", NAMES("n3", "r1"), "sum");
	ob_node(&t->b, "Relu", NAMES("sum"), "r3");
	n = ob_node(&t->b, "MaxPool", NAMES("r3"), "p1");
	ob_attr_ints(&t->b, n, "kernel_shape", DIMS(3, 3));
	ob_attr_ints(&t->b, n, "strides", DIMS(2, 2));
	ob_attr_ints(&t->b, n, "pads", DIMS(1, 1, 1, 1));
	n = ob_node(&t->b, "AveragePool", NAMES("p1"), "p2");
	ob_attr_ints(&t->b, n, "kernel_shape", DIMS(3, 3));
	ob_attr_ints(&t->b, n, "pads", DIMS(1, 1, 1, 1));
	n = ob_node(&t->b, "AveragePool", NAMES("p2"), "p3");
	ob_attr_ints(&t->b, n, "kernel_shape", DIMS(2, 2));
	ob_attr_ints(&t->b, n, "strides", DIMS(2, 2));
	ob_node(&t->b, "Flatten", NAMES("p3"), "f");
	floats(t, "wm", DIMS(8 * 2 * 2, 5), 0.5f, 0);
	floats(t, "bm", DIMS(5), 0.5f, 0);
	ob_node(&t->b, "MatMul", NAMES("f", "wm"), "mm");
	ob_node(&t->b, "Add", NAMES("mm", "bm"), "y");
	ob_output(&t->b, "y");
}

static void test_error_shrinks_with_bits(void **state)
{
	static const struct {
		unsigned int weights, activations;
		double limit;
	} cases[] = { { 8, 8, 0.02 }, { 4, 8, 0.2 }, { 8, 4, 0.2 },
		      { 4, 4, 0.25 } };

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct pack_run t;
		double error;

		begin(&t, 11);
		residual_net(&t);
		t.opt.choice.weights.bits = cases[i].weights;
		t.opt.choice.activation_bits = cases[i].activations;
		pr_pack(&t);
		error = relative_error(&t, 0);
		if (!(error < cases[i].limit))
			fail_msg("W%uA%u: error %g", cases[i].weights,
				 cases[i].activations, error);
		pr_free(&t);
	}
}

static void test_every_rounding_rule(void **state)
{
	(void)state;
	for (int rule = QNN_ROUND_A; rule <= QNN_ROUND_C; rule++) {
		struct pack_run t;

		begin(&t, 12);
		residual_net(&t);
		t.opt.lower.rounding = (enum qnn_rounding)rule;
		pr_pack(&t);
		assert_true(relative_error(&t, 0) < 0.02);
		pr_free(&t);
	}
}

/* All widths run, also where precision is hopeless. */
static void test_every_width_packs(void **state)
{
	static const unsigned int weights[] = { 8, 4, 2, 1 };
	static const unsigned int activations[] = { 8, 4, 2 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		struct pack_run t;

		begin(&t, 13);
		residual_net(&t);
		t.opt.choice.weights.bits = weights[i / 3];
		t.opt.choice.activation_bits = activations[i % 3];
		pr_pack(&t);
		assert_true(relative_error(&t, 0) < 1.5);
		pr_free(&t);
	}
}

/* gamma of either sign and zero in front of 8-bit and raw results */
static void slopes(struct pack_run *t, bool raw)
{
	conv(t, "x", "c", CHANNELS, 4, 3, 1);
	ob_floats(&t->b, "g", DIMS(4), (const float []){ -0.7f, 0, 0.9f, 1e-20f });
	ob_floats(&t->b, "b", DIMS(4), (const float []){ 0.2f, 0.6f, -0.1f, 0 });
	ob_floats(&t->b, "m", DIMS(4), (const float []){ 0, 1, 0.1f, 0 });
	ob_floats(&t->b, "v", DIMS(4), (const float []){ 1, 2, 0.5f, 1 });
	ob_node(&t->b, "BatchNormalization", NAMES("c", "g", "b", "m", "v"),
		raw ? "y" : "n");
	if (!raw)
		ob_node(&t->b, "Relu", NAMES("n"), "y");
	ob_output(&t->b, "y");
}

static void test_negative_and_zero_slopes(void **state)
{
	(void)state;
	for (unsigned int bits = 8; bits; bits /= 2) {
		for (int raw = 0; raw < 2; raw++) {
			struct pack_run t;
			double limit = bits == 8 ? 0.02 : bits == 4 ? 0.2 : 1;

			begin(&t, 14);
			slopes(&t, raw);
			t.opt.choice.weights.bits = bits;
			pr_pack(&t);
			assert_true(relative_error(&t, 0) < limit);
			/* the constant channel */
			assert_true(fabsf(t.real[0][1] - 0.6f) < 0.01f);
			pr_free(&t);
		}
	}
}

/* Normalization in front of everything, behind a pool, behind a sum. */
static void test_norm_without_layer(void **state)
{
	struct pack_run t;
	Onnx__NodeProto *n;

	(void)state;
	begin(&t, 15);
	norm(&t, "x", "n0", CHANNELS, 0.5f);
	n = ob_node(&t.b, "MaxPool", NAMES("n0"), "p");
	ob_attr_ints(&t.b, n, "kernel_shape", DIMS(2, 2));
	norm(&t, "p", "n1", CHANNELS, 0.5f);
	ob_node(&t.b, "Add", NAMES("n1", "p"), "s");
	norm(&t, "s", "n2", CHANNELS, 0.5f);
	ob_node(&t.b, "Relu", NAMES("n2"), "r");
	ob_node(&t.b, "Relu", NAMES("r"), "rr");
	ob_node(&t.b, "GlobalAveragePool", NAMES("rr"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	assert_true(relative_error(&t, 0) < 0.03);
	pr_free(&t);
}

/* An output that is used further on, and a second one. */
static void test_outputs_within(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t, 16);
	conv(&t, "x", "a", CHANNELS, 5, 3, 1);
	ob_node(&t.b, "Relu", NAMES("a"), "r");
	conv(&t, "r", "b", 5, 2, 1, 1);
	ob_output(&t.b, "r");
	ob_output(&t.b, "b");
	ob_output(&t.b, "a");
	pr_pack(&t);
	assert_int_equal(qnn_model_output_count(t.model), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(relative_error(&t, i) < 0.02);
	pr_free(&t);
}

static void one_conv(struct pack_run *t)
{
	conv(t, "x", "y", CHANNELS, 4, 3, 1);
	ob_output(&t->b, "y");
}

/* Whole numbers 0 to 255 are taken as they are, whatever they are scaled by. */
static void test_input_formats(void **state)
{
	static const struct {
		float scale, offset;	/* of the numbers */
		double option;
		enum qnn_type type;
		float step;
		enum format_source source;
	} cases[] = {
		{ 1, 0, 1, QNN_TYPE_U8, 1, FORMAT_INPUT },
		{ 1 / 16.0f, 0, 1 / 16.0, QNN_TYPE_U8, 1 / 16.0f, FORMAT_INPUT },
		{ 1 / 255.0f, 0, 1 / 255.0, QNN_TYPE_U8, 1 / 255.0f, FORMAT_INPUT },
		{ 1, -1, 1, QNN_TYPE_S8, 254 / 127.0f, FORMAT_MINMAX },
		{ 0.3f, 0, 1, QNN_TYPE_U8, 0.3f, FORMAT_MINMAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct qnn_tensor *in;
		struct pack_run t;

		begin(&t, 17);
		one_conv(&t);
		for (size_t k = 0; k < 20 * PIXELS; k++)
			t.calib.images[k] = (float)(k % 256) * cases[i].scale +
					    cases[i].offset;
		t.opt.format.input_scale = cases[i].option;
		t.opt.choice.activation_bits = 2;
		pr_pack(&t);
		in = qnn_model_input(t.model, 0);
		assert_int_equal(in->type, cases[i].type);
		assert_int_equal(t.p.fmt[t.p.units.input].source,
				 cases[i].source);
		assert_true(fabsf(in->scale[0] - cases[i].step) <
			    1e-6f * cases[i].step);
		pr_free(&t);
	}
}

static void test_calibration_is_asked_for(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t, 18);
	one_conv(&t);
	t.calib.count = 0;
	pr_refused(&t, "input 'x': its range is not known");
	begin(&t, 18);
	conv(&t, "x", "c", CHANNELS, 4, 3, 1);
	ob_node(&t.b, "Relu", NAMES("c"), "r");
	conv(&t, "r", "y", 4, 4, 3, 1);
	ob_output(&t.b, "y");
	t.calib.count = 0;
	t.opt.format.input_scale_given = true;
	pr_refused(&t, "node 'c': the range of its result");
}

static void test_refusals(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t, 19);
	ob_quant(&t.b, "x", "y", 0.5f, 0, 9, 1, 0);
	ob_output(&t.b, "y");
	pr_refused(&t, "node 'y' (Quant): its quantizer has 9 bits");
	begin(&t, 19);
	floats(&t, "w", DIMS(4, CHANNELS, 1, 1), 1, 0);
	ob_quant(&t.b, "w", "wq", 0.001f, 0, 12, 1, 0);
	ob_node(&t.b, "Conv", NAMES("x", "wq"), "y");
	ob_output(&t.b, "y");
	pr_refused(&t, "node 'y' (Conv): its weights have 12 bits");
	begin(&t, 19);
	ob_node(&t.b, "Identity", NAMES("x"), "y");
	ob_output(&t.b, "y");
	pr_refused(&t, "output 'x' is the input itself");
}

/* Relu behind +1 and -1 gives 0, which is no code of theirs. */
static void test_clamp_behind_bipolar(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t, 24);
	ob_float(&t.b, "s", 0.5f);
	ob_quant_node(&t.b, "BipolarQuant", NAMES("x", "s"), "q");
	ob_node(&t.b, "Relu", NAMES("q"), "r");
	conv(&t, "r", "y", CHANNELS, 4, 3, 1);
	ob_output(&t.b, "y");
	/* No number whose sign is lost when the input gets its 8 bits. */
	for (size_t i = 0; i < (size_t)t.calib.count * PIXELS; i++)
		t.calib.images[i] = t.calib.images[i] < 0 ? -1 : 1;
	pr_pack(&t);
	assert_true(relative_error(&t, 0) < 0.02);
	pr_free(&t);
}

/* The bias of a raw result is half a step, and the weights have a zero point. */
static void test_fine_bias_with_zero_point(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t, 26);
	for (size_t i = 0; i < (size_t)t.calib.count * PIXELS; i++)
		t.calib.images[i] = (float)(i * 37 % 256);
	floats(&t, "w", DIMS(4, CHANNELS, 3, 3), 4, 0);
	ob_quant(&t.b, "w", "wq", 2, -1, 3, 1, 0);
	ob_floats(&t.b, "b", DIMS(4), (const float []){ 1, -3, 0.5f, 2 });
	ob_node(&t.b, "Conv", NAMES("x", "wq", "b"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	assert_true(relative_error(&t, 0) == 0);
	pr_free(&t);
}

/* A kilobyte of nodes that asks for terabytes. */
static void test_memory_is_refused(void **state)
{
	struct graph g = { .value_count = 65536 };
	struct report r = { 0 };

	(void)state;
	g.value = mem_array(g.value_count, sizeof(*g.value));
	for (size_t i = 0; i < g.value_count; i++)
		g.value[i] = (struct graph_value){ .c = 4096, .h = 256, .w = 256 };
	assert_false(float_fits(&g, &r));
	assert_int_equal(report_problems(&r), 1);
	report_free(&r);
	free(g.value);
}

/* Where files lie on a machine does not get into a model. */
static void test_origin_has_no_folders(void **state)
{
	struct pack_run t;
	char *origin;

	(void)state;
	begin(&t, 25);
	one_conv(&t);
	t.opt.calib_file = "/home/me/images.idx,../labels.idx";
	pr_pack(&t);
	origin = pack_origin(&t.p, &t.opt, &t.r);
	assert_non_null(strstr(origin,
			       "\"calibration\":\"images.idx,labels.idx\""));
	free(origin);
	pr_free(&t);
}

/* What only shows when all numbers are known. */
static void test_refused_numbers(void **state)
{
	const int64_t large[] = { 1, 20000, 3, 3, -1000 };
	float *w = mem_array(180000, sizeof(*w));
	struct pack_run t;

	(void)state;
	for (size_t i = 0; i < 180000; i++)
		w[i] = 1;
	pr_init(&t);
	t.opt.format.input_scale_given = true;
	ob_input(&t.b, "x", large);
	ob_floats(&t.b, "w", large, w);
	ob_node(&t.b, "Conv", NAMES("x", "w"), "y");
	ob_output(&t.b, "y");
	pr_refused(&t, "node 'y' (Conv): its sums can reach");
	free(w);

	begin(&t, 22);
	ob_floats(&t.b, "w", DIMS(1, CHANNELS, 1, 1),
		  (const float []){ 1e-38f, 0, 0 });
	ob_floats(&t.b, "b", DIMS(1), (const float []){ 1 });
	ob_node(&t.b, "Conv", NAMES("x", "w", "b"), "y");
	ob_output(&t.b, "y");
	t.opt.format.input_scale = 1e-6;
	t.opt.format.input_scale_given = true;
	t.calib.count = 0;
	pr_pack(&t);
	pr_free(&t);

	begin(&t, 23);
	ob_quant(&t.b, "x", "y", 1e-35f, 0, 4, 1, 0);
	ob_output(&t.b, "y");
	pr_refused(&t, "'y': the step of its result would be 1e-35");
}

/* The same bytes every time. */
static void test_deterministic(void **state)
{
	void *file[2];
	size_t size[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct pack_run t;

		begin(&t, 20);
		residual_net(&t);
		t.opt.choice.weights.bits = 4;
		t.opt.choice.activation_bits = 4;
		pr_pack(&t);
		assert_int_equal(pack_file(&t.p, &t.opt, &file[i], &size[i],
					   &t.r), 0);
		pr_free(&t);
	}
	assert_int_equal(size[0], size[1]);
	assert_memory_equal(file[0], file[1], size[0]);
	free(file[0]);
	free(file[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_shrinks_with_bits),
		cmocka_unit_test(test_every_rounding_rule),
		cmocka_unit_test(test_every_width_packs),
		cmocka_unit_test(test_negative_and_zero_slopes),
		cmocka_unit_test(test_norm_without_layer),
		cmocka_unit_test(test_outputs_within),
		cmocka_unit_test(test_input_formats),
		cmocka_unit_test(test_calibration_is_asked_for),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_clamp_behind_bipolar),
		cmocka_unit_test(test_fine_bias_with_zero_point),
		cmocka_unit_test(test_memory_is_refused),
		cmocka_unit_test(test_origin_has_no_folders),
		cmocka_unit_test(test_refused_numbers),
		cmocka_unit_test(test_deterministic),
	};

	return cmocka_run_group_tests_name("pack_float", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * What a network computes in floats behind its last integers: libqnn gives the
 * very numbers that single precision gives, operation by operation.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack_run.h"

#define IN	12
#define OUT	3
#define IMAGES	40

static const float subtrahend[OUT] = { 0.8183874f, -3.3f, 0.1f };
static const float divisor[OUT] = { 18.338533f, -0.7f, 3 };
static const float factor[OUT] = { 0.7614369f, 1e-3f, -77.7f };
static const float addend[OUT] = { -1.1605433f, 0.3f, 1234.567f };

/* Integers of 0.25 and weights of -1, 0, 1: sums are exact. */
static void start(struct pack_run *t, float *weights)
{
	struct ob *b;

	pr_init(t);
	b = &t->b;
	ob_input(b, "x", DIMS(1, IN));
	ob_quant(b, "x", "xq", 0.25f, 0, 8, 1, 0);
	for (int i = 0; i < OUT * IN; i++)
		weights[i] = (float)((int)pr_random(3) - 1);
	ob_floats(b, "w", DIMS(IN, OUT), weights);
	ob_quant(b, "w", "wq", 1, 0, 2, 1, 1);
}

static void random_image(float *x)
{
	for (int i = 0; i < IN; i++)
		x[i] = 0.25f * (float)((int)pr_random(256) - 128);
}

static float sum(const float *x, const float *weights, int channel)
{
	float s = 0;

	for (int i = 0; i < IN; i++)
		s += x[i] * weights[i * OUT + channel];
	return s;
}

static void constants(struct ob *b)
{
	ob_floats(b, "s", DIMS(OUT), subtrahend);
	ob_floats(b, "d", DIMS(OUT), divisor);
	ob_floats(b, "m", DIMS(OUT), factor);
	ob_floats(b, "a", DIMS(OUT), addend);
}

static void test_one_by_one(void **state)
{
	float w[OUT * IN], x[IN];
	const struct qnn_tensor *out;
	struct pack_run t;

	(void)state;
	start(&t, w);
	constants(&t.b);
	ob_node(&t.b, "MatMul", NAMES("xq", "wq"), "y0");
	ob_node(&t.b, "Sub", NAMES("y0", "s"), "y1");
	ob_node(&t.b, "Div", NAMES("y1", "d"), "y2");
	ob_node(&t.b, "Mul", NAMES("m", "y2"), "y3");
	ob_node(&t.b, "Sub", NAMES("a", "y3"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	out = qnn_model_output(t.model, 0);
	assert_int_equal(out->type, QNN_TYPE_S32);
	assert_int_equal(qnn_model_layer_count(t.model), 1);
	for (int k = 0; k < IMAGES; k++) {
		random_image(x);
		pr_run(&t, x);
		for (int c = 0; c < OUT; c++) {
			volatile float y = sum(x, w, c);

			y = y - subtrahend[c];
			y = y / divisor[c];
			y = y * factor[c];
			y = addend[c] - y;
			assert_true(t.real[0][c] == y);
		}
	}
	pr_free(&t);
}

/* Normalization as ONNX Runtime does it: a factor and an addend in floats. */
static void test_batch_norm(void **state)
{
	static const float variance[OUT] = { 2113.483f, 1e-9f, 5 };
	float w[OUT * IN], x[IN];
	struct pack_run t;

	(void)state;
	start(&t, w);
	constants(&t.b);
	ob_floats(&t.b, "v", DIMS(OUT), variance);
	ob_node(&t.b, "Gemm", NAMES("xq", "wq", "a"), "y0");
	ob_node(&t.b, "BatchNormalization", NAMES("y0", "m", "a", "s", "v"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	for (int k = 0; k < IMAGES; k++) {
		random_image(x);
		pr_run(&t, x);
		for (int c = 0; c < OUT; c++) {
			volatile float y = sum(x, w, c) + addend[c];
			volatile float d = sqrtf(variance[c] + 1e-5f);
			volatile float mul = 1 / d, add;

			mul = mul * factor[c];
			add = subtrahend[c] * mul;
			add = addend[c] - add;
			y = y * mul;
			y = y + add;
			assert_true(t.real[0][c] == y);
		}
	}
	pr_free(&t);
}

/* More steps than a file has: one factor and one addend stand for all. */
static void test_many(void **state)
{
	float w[OUT * IN], x[IN];
	const char *last = "y0";
	struct pack_run t;
	char name[12][8];

	(void)state;
	start(&t, w);
	constants(&t.b);
	ob_node(&t.b, "MatMul", NAMES("xq", "wq"), "y0");
	for (int i = 0; i < 12; i++) {
		snprintf(name[i], sizeof(name[i]), "z%d", i);
		ob_node(&t.b, i % 2 ? "Div" : "Add", NAMES(last, "d"), name[i]);
		last = name[i];
	}
	ob_output(&t.b, last);
	pr_pack(&t);
	assert_int_equal(qnn_model_output(t.model, 0)->step_count, 2);
	for (int k = 0; k < IMAGES; k++) {
		random_image(x);
		pr_run(&t, x);
		for (int c = 0; c < OUT; c++)
			assert_float_equal(t.real[0][c], pr_float(&t, 0, (size_t)c),
					   1e-5f * fmaxf(1, fabsf(t.real[0][c])));
	}
	pr_free(&t);
}

/* Sums that are an output and go on: both know what they stand for. */
static void test_read_again(void **state)
{
	float w[OUT * IN], x[IN];
	struct pack_run t;

	(void)state;
	start(&t, w);
	constants(&t.b);
	ob_node(&t.b, "Gemm", NAMES("xq", "wq", "s"), "y0");
	ob_node(&t.b, "Mul", NAMES("y0", "d"), "y");
	ob_output(&t.b, "y");
	ob_quant(&t.b, "y", "z", 2, 0, 8, 1, 0);
	ob_output(&t.b, "z");
	pr_pack(&t);
	for (int k = 0; k < IMAGES; k++) {
		random_image(x);
		pr_run(&t, x);
		for (int c = 0; c < OUT; c++) {
			volatile float y = sum(x, w, c) + subtrahend[c], z;

			y = y * divisor[c];
			z = 2 * fminf(127, fmaxf(-128, rintf(y / 2)));
			assert_true(t.real[0][c] == y);
			assert_true(t.real[1][c] == z);
		}
	}
	pr_free(&t);
}

/* Flattening a pixel goes; the softmax behind it stays. */
static void test_softmax(void **state)
{
	float w[OUT * IN], x[IN];
	const struct qnn_tensor *out;
	struct pack_run t;

	(void)state;
	start(&t, w);
	ob_node(&t.b, "MatMul", NAMES("xq", "wq"), "y0");
	ob_node(&t.b, "Flatten", NAMES("y0"), "y1");
	ob_node(&t.b, "Softmax", NAMES("y1"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	out = qnn_model_output(t.model, 0);
	assert_int_equal(out->step_count, 1);
	assert_int_equal(out->step->kind, QNN_STEP_SOFTMAX);
	for (int k = 0; k < IMAGES; k++) {
		float all = 0;

		random_image(x);
		pr_run(&t, x);
		for (int c = 0; c < OUT; c++)
			all += expf(sum(x, w, c) - sum(x, w, 0));
		for (int c = 0; c < OUT; c++)
			assert_float_equal(t.real[0][c],
					   expf(sum(x, w, c) - sum(x, w, 0)) / all,
					   1e-6);
	}
	pr_free(&t);
}

/* Nothing to compute: the file is one of version 1.0 and has no steps. */
static void test_none(void **state)
{
	static const float ones[OUT] = { 1, 1, 1 };
	float w[OUT * IN];
	struct pack_run t;

	(void)state;
	start(&t, w);
	ob_floats(&t.b, "one", DIMS(OUT), ones);
	ob_node(&t.b, "MatMul", NAMES("xq", "wq"), "y0");
	ob_node(&t.b, "Mul", NAMES("y0", "one"), "y");
	ob_output(&t.b, "y");
	pr_pack(&t);
	assert_int_equal(qnn_model_output(t.model, 0)->step_count, 0);
	pr_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_batch_norm),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_read_again),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("steps of outputs", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* Small ONNX files that ask for too much, or for nothing: refused, with the reason. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_build.h"
#include "tools/onnx/onnx.h"

static bool said(const struct report *r, const char *text)
{
	for (size_t i = 0; i < r->problems.kept; i++)
		if (strstr(r->problems.line[i], text))
			return true;
	return false;
}

static void refused_bytes(const void *bytes, size_t size, const char *text)
{
	struct report r = { 0 };
	struct graph g;

	assert_int_equal(onnx_parse(bytes, size, NULL, &g, &r), -EINVAL);
	assert_int_equal(g.node_count, 0);
	if (!said(&r, text)) {
		report_print(&r.problems, stderr, "# ");
		fail_msg("nothing says '%s'", text);
	}
	report_free(&r);
}

/* Takes @b, too. */
static void refused(struct ob *b, const char *text)
{
	size_t size;
	void *bytes = ob_bytes(b, &size);

	refused_bytes(bytes, size, text);
	free(bytes);
	ob_free(b);
}

/* The input is the output. */
static void test_no_nodes(void **state)
{
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 4));
	ob_output(&b, "x");
	refused(&b, "has no nodes");
}

/* An average of codes that leaves its padding out, with such a window. */
static void average(const char *attribute, const int64_t *value, const char *text)
{
	struct ob b;
	Onnx__NodeProto *n;

	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 1, 1, 1));
	ob_quant(&b, "x", "q", 0.5f, 0, 8, 1, 0);
	n = ob_node(&b, "AveragePool", NAMES("q"), "y");
	if (strcmp(attribute, "kernel_shape"))
		ob_attr_ints(&b, n, "kernel_shape", DIMS(2, 2));
	if (strcmp(attribute, "pads"))
		ob_attr_ints(&b, n, "pads", DIMS(1, 1, 1, 1));
	ob_attr_ints(&b, n, attribute, value);
	ob_output(&b, "y");
	refused(&b, text);
}

static void test_windows_that_cannot_be(void **state)
{
	(void)state;
	average("strides", DIMS(0, 1), "stride is 0");
	average("dilations", DIMS(1, 0), "dilation is 0");
	average("kernel_shape", DIMS(0, 1), "kernel height is 0");
	average("kernel_shape", DIMS(9, 9), "kernel is larger");
	average("pads", DIMS(200, 200, 200, 200), "padding at the top is 200");
}

/* A megabyte of weights is those of every layer. */
static void test_weights_of_many_layers(void **state)
{
	static float weights[512 * 512];
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 512, 1, 1));
	ob_floats(&b, "w", DIMS(512, 512, 1, 1), weights);
	for (int i = 0; i < 200; i++) {
		char name[16];

		snprintf(name, sizeof(name), "y%d", i);
		ob_node(&b, "Conv", NAMES("x", "w"), name);
		ob_output(&b, name);
	}
	refused(&b, "a constant may be that of too many nodes");
}

/* Factors for each of 2^28 channels that nothing in the file has. */
static void test_factors_of_a_wide_input(void **state)
{
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 1 << 28));
	ob_node(&b, "Neg", NAMES("x"), "y");
	ob_output(&b, "y");
	refused(&b, "too many numbers for a file of this size");
}

/* 30781840 * 49477 * 48448661 is 16 in 64 bits. */
static void test_sides_beside_a_zero(void **state)
{
	static const float data[16];
	struct ob b;
	Onnx__NodeProto *n;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 4));
	ob_floats(&b, "none", DIMS(0, 30781840, 49477, 48448661), data);
	ob_floats(&b, "some", DIMS(1, 16, 1, 1), data);
	n = ob_node(&b, "Concat", NAMES("none", "some"), "both");
	ob_attr_int(&b, n, "axis", 0);
	n = ob_node(&b, "Transpose", NAMES("both"), "turned");
	ob_attr_ints(&b, n, "perm", DIMS(3, 2, 1, 0));
	ob_node(&b, "Add", NAMES("x", "turned"), "y");
	ob_output(&b, "y");
	refused(&b, "more than 268435456 numbers");
}

static void test_concat_of_other_sides(void **state)
{
	static const float data[12];
	struct ob b;
	Onnx__NodeProto *n;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 4));
	ob_floats(&b, "a", DIMS(1, 2, 3), data);
	ob_floats(&b, "b", DIMS(1, 3, 2), data);
	n = ob_node(&b, "Concat", NAMES("a", "b"), "both");
	ob_attr_int(&b, n, "axis", 0);
	ob_node(&b, "Mul", NAMES("x", "both"), "y");
	ob_output(&b, "y");
	refused(&b, "do not fit each other");
}

/* Fields of 32 bits hold numbers of 8. */
static void test_number_outside_of_its_type(void **state)
{
	static const float scale = 1;
	Onnx__TensorProto *t;
	int32_t codes[] = { 1, 128, 3, 4 };
	struct ob b;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 4));
	t = ob_floats(&b, "w", DIMS(4, 1), (const float []){ 0, 0, 0, 0 });
	t->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
	t->has_raw_data = 0;
	t->n_float_data = 0;
	t->int32_data = codes;
	t->n_int32_data = 4;
	ob_floats(&b, "s", DIMS(1), &scale);
	ob_node(&b, "DequantizeLinear", NAMES("w", "s"), "wf");
	ob_node(&b, "MatMul", NAMES("x", "wf"), "y");
	ob_output(&b, "y");
	refused(&b, "number 1 is 128, which is no int8");
}

static void test_bias_beyond_floats(void **state)
{
	static const float weights[] = { 1, 1 }, bias = 1e30f;
	struct ob b;
	Onnx__NodeProto *n;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 2));
	ob_floats(&b, "w", DIMS(2, 1), weights);
	ob_floats(&b, "b", DIMS(1), &bias);
	n = ob_node(&b, "Gemm", NAMES("x", "w", "b"), "y");
	ob_attr_float(&b, n, "beta", 1e30f);
	ob_output(&b, "y");
	refused(&b, "more than a float holds");
}

/* A text of its own for each node that one of the file becomes. */
static void test_long_names(void **state)
{
	static char name[100000];
	struct report r = { 0 };
	struct graph g;
	struct ob b;
	size_t size;
	void *bytes;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 4));
	ob_node(&b, "Neg", NAMES("x"), name);
	ob_output(&b, name);
	bytes = ob_bytes(&b, &size);
	assert_int_equal(onnx_parse(bytes, size, NULL, &g, &r), 0);
	assert_int_equal(strlen(g.value[g.output[0]].name), 1000);
	free(bytes);
	graph_free(&g);
	report_free(&r);
	ob_free(&b);
}

/* A node with as many inputs as there are: two bytes each. */
static void test_many_inputs(void **state)
{
	size_t body = 1u << 20, size = 0;
	uint8_t *all = malloc(body + 16);

	(void)state;
	/* graph 7, node 1, input 1; both lengths take three bytes */
	for (unsigned int level = 0; level < 2; level++) {
		size_t rest = body + (level ? 0 : 4);

		all[size++] = (level ? 1 : 7) << 3 | 2;
		for (int i = 0; i < 3; i++)
			all[size++] = (uint8_t)((rest >> 7 * i & 0x7f) | (i < 2) << 7);
	}
	for (size_t i = 0; i < body; i += 2) {
		all[size++] = 1 << 3 | 2;
		all[size++] = 0;
	}
	refused_bytes(all, size, "have 524288 inputs and results");
	free(all);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_nodes),
		cmocka_unit_test(test_windows_that_cannot_be),
		cmocka_unit_test(test_weights_of_many_layers),
		cmocka_unit_test(test_factors_of_a_wide_input),
		cmocka_unit_test(test_sides_beside_a_zero),
		cmocka_unit_test(test_concat_of_other_sides),
		cmocka_unit_test(test_number_outside_of_its_type),
		cmocka_unit_test(test_bias_beyond_floats),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_many_inputs),
	};

	return cmocka_run_group_tests_name("onnx_limits", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/* Damaged and hostile ONNX files: an answer, and nothing else. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "onnx_build.h"
#include "tools/graph/units.h"
#include "tools/onnx/onnx.h"

static const float data[512] = { [0 ... 511] = 0.25f };

/* A file with something of everything. */
static void *sample(size_t *size)
{
	struct ob b;
	Onnx__NodeProto *n;
	void *bytes;

	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(-1, 3, 8, 8));
	ob_floats(&b, "w", DIMS(4, 3, 3, 3), data);
	ob_floats(&b, "c4", DIMS(4), data);
	ob_floats(&b, "fc", DIMS(5, 64), data);
	ob_float(&b, "six", 6);
	ob_float(&b, "zero", 0);
	ob_quant(&b, "w", "wq", 0.125f, 0, 4, 1, 1);
	n = ob_node(&b, "Conv", NAMES("x", "wq", "c4"), "conv");
	ob_attr_ints(&b, n, "pads", DIMS(1, 1, 1, 1));
	ob_attr_string(&b, n, "auto_pad", "NOTSET");
	n = ob_node(&b, "BatchNormalization",
		    NAMES("conv", "c4", "c4", "c4", "c4"), "bn");
	ob_attr_float(&b, n, "epsilon", 1e-3f);
	ob_node(&b, "Clip", NAMES("bn", "zero", "six"), "relu");
	ob_quant(&b, "relu", "q", 0.5f, 0, 2, 0, 0);
	n = ob_node(&b, "MaxPool", NAMES("q"), "pool");
	ob_attr_ints(&b, n, "kernel_shape", DIMS(2, 2));
	ob_attr_ints(&b, n, "strides", DIMS(2, 2));
	ob_node(&b, "Add", NAMES("pool", "pool"), "sum");
	ob_node(&b, "Flatten", NAMES("sum"), "flat");
	n = ob_node(&b, "Gemm", NAMES("flat", "fc"), "logits");
	ob_attr_int(&b, n, "transB", 1);
	ob_node(&b, "Softmax", NAMES("logits"), "y");
	ob_output(&b, "y");
	bytes = ob_bytes(&b, size);
	ob_free(&b);
	return bytes;
}

static int try(const void *bytes, size_t size)
{
	struct report r = { 0 };
	struct units u = { 0 };
	struct graph g;
	int ret = onnx_parse(bytes, size, NULL, &g, &r);

	if (!ret) {
		graph_simplify(&g);
		units_build(&g, &u, &r);
		units_free(&u);
	} else {
		assert_true(ret == -EFBIG || report_problems(&r));
	}
	graph_free(&g);
	report_free(&r);
	return ret;
}

static void test_sample_is_fine(void **state)
{
	size_t size;
	void *bytes = sample(&size);

	(void)state;
	assert_int_equal(try(bytes, size), 0);
	free(bytes);
}

static void test_cut_anywhere(void **state)
{
	size_t size;
	uint8_t *bytes = sample(&size);

	(void)state;
	for (size_t n = 0; n < size; n++) {
		/* Exactly as long as it is, so that reading on is noticed. */
		void *cut = malloc(n ? n : 1);

		memcpy(cut, bytes, n);
		try(cut, n);
		free(cut);
	}
	free(bytes);
}

static void test_flipped_bits(void **state)
{
	size_t size;
	uint8_t *bytes = sample(&size);

	(void)state;
	for (size_t bit = 0; bit < size * 8; bit++) {
		/* Weights are uninteresting: a few of them will do. */
		if (bit > 2000 && bit % 3)
			continue;
		bytes[bit / 8] ^= 1u << bit % 8;
		try(bytes, size);
		bytes[bit / 8] ^= 1u << bit % 8;
	}
	free(bytes);
}

static void test_random_damage(void **state)
{
	static const uint8_t spiteful[] = { 0, 1, 0x7f, 0x80, 0xff };
	size_t size;
	uint8_t *bytes = sample(&size), *copy = malloc(size);

	(void)state;
	srand(7);
	for (int round = 0; round < 4000; round++) {
		int changes = 1 + rand() % 6;

		memcpy(copy, bytes, size);
		for (int i = 0; i < changes; i++)
			copy[(size_t)rand() % size] = rand() % 3 ?
				spiteful[rand() % 5] : (uint8_t)rand();
		try(copy, size);
	}
	free(copy);
	free(bytes);
}

static uint8_t *wrap(uint8_t *at, size_t *size, uint8_t field)
{
	uint8_t len[8];
	size_t n = 0, rest = *size;

	do {
		len[n++] = (uint8_t)((rest & 0x7f) | (rest > 127) << 7);
		rest >>= 7;
	} while (rest);
	at -= n + 1;
	at[0] = (uint8_t)(field << 3 | 2);
	memcpy(at + 1, len, n);
	*size += n + 1;
	return at;
}

/*
 * Messages within messages: @cycle again and again, the first is the
 * outermost, in the fields of @outside. A reader that recurses would run out
 * of stack long before the end.
 */
static void nest(const char *outside, const char *cycle)
{
	size_t room = 16u << 20, size = 0;
	uint8_t *all = malloc(room), *at = all + room;

	for (int i = 0; i < 400000; i++)
		for (size_t k = strlen(cycle); k-- > 0;)
			at = wrap(at, &size, (uint8_t)cycle[k]);
	for (size_t k = strlen(outside); k-- > 0;)
		at = wrap(at, &size, (uint8_t)outside[k]);
	assert_int_equal(try(at, size), -EINVAL);
	free(all);
}

static void test_nested_messages(void **state)
{
	(void)state;
	/* graph 7; node 1, attribute 5, graph 6 */
	nest("\7", "\1\5\6");
	/* graph 7, input 11, type 2; sequence 4, element 1 */
	nest("\7\13\2", "\4\1");
	/* graph 7, node 1, attribute 5, type 14; optional 9, element 1 */
	nest("\7\1\5\16", "\11\1");
}

/* Two bytes a node: memory must stay in proportion to the file. */
static void test_many_empty_messages(void **state)
{
	size_t body = 3u << 20, size = body + 5;
	uint8_t *all = malloc(size);

	(void)state;
	all[0] = 7 << 3 | 2;
	for (int i = 0; i < 4; i++)
		all[1 + i] = (uint8_t)(body >> 7 * i & 0x7f) | (i < 3) << 7;
	for (size_t i = 0; i < body; i += 2) {
		all[5 + i] = 1 << 3 | 2;
		all[6 + i] = 0;
	}
	assert_int_equal(try(all, size), -EINVAL);
	free(all);
}

static void test_control_characters_stay_out(void **state)
{
	struct report r = { 0 };
	struct graph g;
	struct ob b;
	void *bytes;
	size_t size;

	(void)state;
	ob_init(&b, 13);
	ob_input(&b, "x", DIMS(1, 3));
	ob_node(&b, "Bad\033[2J\n", NAMES("x"), "y\r\x7f");
	ob_output(&b, "y\r\x7f");
	bytes = ob_bytes(&b, &size);
	assert_int_equal(onnx_parse(bytes, size, NULL, &g, &r), -EINVAL);
	for (const char *c = r.problems.line[0]; *c; c++)
		assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
	free(bytes);
	report_free(&r);
	ob_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_is_fine),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_nested_messages),
		cmocka_unit_test(test_many_empty_messages),
		cmocka_unit_test(test_control_characters_stay_out),
	};

	return cmocka_run_group_tests_name("onnx_hostile", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Damaged TFLite files: whatever is cut off or changed, there is an error, or
 * a network whose program the device accepts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "qnn_device.h"
#include "tools/pack/pack.h"
#include "tools/tflite/tflite.h"

struct file {
	unsigned char *data;
	size_t size;
};

static struct file load(const char *path)
{
	struct file f = { .data = malloc(1 << 16) };
	FILE *in = fopen(path, "rb");

	assert_non_null(in);
	f.size = fread(f.data, 1, 1 << 16, in);
	assert_true(f.size > 100);
	fclose(in);
	return f;
}

static void pack(struct graph *g, struct report *r)
{
	struct pack_options opt = {
		.lower = { .rounding = QNN_ROUND_A },
		.format = { .input_scale = 1 },
		.choice = { .weights = { .bits = 8 }, .activation_bits = 8 },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	struct packed p;
	size_t elements = 0;

	for (size_t i = 0; i < g->value_count; i++)
		elements += graph_elements(&g->value[i]);
	if (elements > 1u << 14)
		return;
	if (!pack_build(&p, g, NULL, &opt, r))
		assert_int_equal(qnn_program_validate(p.program, p.program_size,
						      &prog, &diag, NULL, NULL),
				 0);
	else
		assert_true(report_problems(r) > 0);
	pack_free(&p);
}

/* Returns whether there is a network. */
static bool attempt(const void *data, size_t size, bool packed)
{
	/* Of its own, so that reading behind the end is noticed. */
	unsigned char *copy = malloc(size ? size : 1);
	struct report r = { 0 };
	struct graph g;
	int ret;

	memcpy(copy, data, size);
	ret = tflite_parse(copy, size, NULL, &g, &r);
	if (ret)
		assert_true(report_problems(&r) > 0 && !g.node_count);
	else if (packed)
		pack(&g, &r);
	graph_free(&g);
	report_free(&r);
	free(copy);
	return !ret;
}

static void cut_off(const char *path)
{
	struct file f = load(path);

	assert_true(attempt(f.data, f.size, true));
	/* FlatBuffers has its root at one end and tables anywhere. */
	for (size_t size = 0; size < f.size; size++)
		attempt(f.data, size, false);
	assert_false(attempt(f.data, f.size / 2, false));
	free(f.data);
}

static void flip_bits(const char *path)
{
	struct file f = load(path);
	size_t networks = 0;

	for (size_t bit = 0; bit < f.size * 8; bit++) {
		f.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
		networks += attempt(f.data, f.size, bit % 4 == 0);
		f.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
	/* Weights, names and padding may be anything. */
	assert_true(networks && networks < f.size * 8);
	free(f.data);
}

/* Numbers that are dangerous where a size, an offset or an index stands. */
static void set_words(const char *path)
{
	static const uint32_t words[] = {
		0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, 0x10000,
	};
	struct file f = load(path);
	uint32_t kept;

	for (size_t at = 0; at + 4 <= f.size; at += 4) {
		memcpy(&kept, f.data + at, 4);
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
			memcpy(f.data + at, &words[k], 4);
			attempt(f.data, f.size, true);
		}
		memcpy(f.data + at, &kept, 4);
	}
	free(f.data);
}

#define LONG_LIST	((1u << 20) + 1)

static bool list_too_long(const struct report *r)
{
	for (size_t i = 0; i < r->problems.kept; i++)
		if (strstr(r->problems.line[i], "all lists together may have"))
			return true;
	return false;
}

/*
 * Any offset may point at one long vector behind the file: where that is a list
 * of tensors, so could be those of all operators.
 */
static void test_one_list_for_all(void **state)
{
	struct file f = load("tools/tests/tflite/small.tflite");
	size_t end = (f.size + 3) / 4 * 4, found = 0;
	size_t size = end + 4 + LONG_LIST * sizeof(int32_t);
	unsigned char *longer = calloc(1, size);
	uint32_t kept, word = LONG_LIST;

	(void)state;
	memcpy(longer, f.data, f.size);
	memcpy(longer + end, &word, 4);
	for (size_t at = 0; at < end; at += 4) {
		struct report r = { 0 };
		struct graph g;

		memcpy(&kept, longer + at, 4);
		word = (uint32_t)(end - at);
		memcpy(longer + at, &word, 4);
		tflite_parse(longer, size, NULL, &g, &r);
		found += list_too_long(&r);
		memcpy(longer + at, &kept, 4);
		graph_free(&g);
		report_free(&r);
	}
	/* Two lists for each of five operators, and two for the network. */
	assert_int_equal(found, 12);
	free(longer);
	free(f.data);
}

static void test_cut_off(void **state)
{
	(void)state;
	cut_off("tools/tests/tflite/small.tflite");
	cut_off("tools/tests/tflite/moves.tflite");
}

static void test_flip_bits(void **state)
{
	(void)state;
	flip_bits("tools/tests/tflite/small.tflite");
	flip_bits("tools/tests/tflite/moves.tflite");
}

static void test_set_words(void **state)
{
	(void)state;
	set_words("tools/tests/tflite/small.tflite");
	set_words("tools/tests/tflite/moves.tflite");
	set_words("tools/tests/tflite/half.tflite");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_flip_bits),
		cmocka_unit_test(test_set_words),
		cmocka_unit_test(test_one_list_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

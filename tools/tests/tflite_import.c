// SPDX-License-Identifier: MIT
/* What becomes of TFLite files, and what is said about those that are refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "qnn_program.h"
#include "tools/onnx/onnx.h"
#include "tools/tflite/tflite.h"

#define FOLDER "tools/tests/tflite/"

struct import {
	struct graph g;
	struct report r;
	int ret;
};

static struct import load(const char *path, const struct import_options *opt)
{
	struct import t = { 0 };

	t.ret = tflite_load(path, opt, &t.g, &t.r);
	return t;
}

static void release(struct import *t)
{
	graph_free(&t->g);
	report_free(&t->r);
}

static void accepted(const struct import *t)
{
	report_print(&t->r.problems, stderr, "# ");
	assert_int_equal(t->ret, 0);
	assert_int_equal(report_problems(&t->r), 0);
}

static bool said(const struct report_lines *lines, const char *text)
{
	for (size_t i = 0; i < lines->kept; i++)
		if (strstr(lines->line[i], text))
			return true;
	return false;
}

/* Refused with @count problems, one of which says @text. */
static void refused(const char *path, size_t count, const char *text)
{
	struct import t = load(path, NULL);

	assert_true(t.ret < 0);
	assert_int_equal(t.g.node_count, 0);
	if (report_problems(&t.r) != count || !said(&t.r.problems, text)) {
		report_print(&t.r.problems, stderr, "# ");
		fail_msg("%s: not %zu problems with '%s'", path, count, text);
	}
	release(&t);
}

static const struct graph_node *node(const struct graph *g, enum graph_op op,
				     size_t which)
{
	for (size_t i = 0; i < g->node_count; i++)
		if (g->node[i].op == op && !which--)
			return &g->node[i];
	fail_msg("there is no such node");
	return NULL;
}

static void test_layers(void **state)
{
	struct import t = load(FOLDER "small.tflite", NULL);
	const struct graph_node *conv, *quant;

	(void)state;
	accepted(&t);
	assert_true(t.g.input_is_codes);
	assert_int_equal(t.g.value[t.g.input].c, 2);
	assert_int_equal(t.g.value[t.g.input].h, 6);
	assert_int_equal(t.g.value[t.g.input].w, 5);
	conv = node(&t.g, GRAPH_CONV, 0);
	assert_string_equal(conv->source, "CONV_2D");
	/* SAME, stride 2: of 6 rows one is added, below. */
	assert_int_equal(conv->window.pad_top, 0);
	assert_int_equal(conv->window.pad_bottom, 1);
	assert_int_equal(conv->window.pad_left, 1);
	assert_int_equal(conv->window.pad_right, 1);
	assert_non_null(conv->weights.grid->bias);
	quant = node(&t.g, GRAPH_QUANT, 1);
	assert_int_equal(quant->requant->rule, QNN_ROUND_A);
	assert_int_equal(quant->requant->entries, 4);
	assert_true(node(&t.g, GRAPH_AVG_POOL, 0)->same_codes);
	/* 4-bit weights; sums are multiplied in double precision. */
	conv = node(&t.g, GRAPH_CONV, 1);
	assert_int_equal(conv->weights.grid->q.bits, 4);
	assert_int_equal(t.g.output_count, 1);
	assert_string_equal(t.g.value[t.g.output[0]].name, "probabilities");
	release(&t);
}

static void test_half_precision(void **state)
{
	struct import t = load(FOLDER "half.tflite", NULL);
	const struct graph_weights *w;

	(void)state;
	accepted(&t);
	assert_false(t.g.input_is_codes);
	w = &node(&t.g, GRAPH_CONV, 0)->weights;
	assert_true(w->data[0] == 1.5f && w->data[1] == -2.0f);
	assert_null(w->grid);
	release(&t);
}

/* Nodes that a converter joined are called as the first of them. */
static void test_joined_names(void **state)
{
	static const char *const names[] = { "conv/Relu6",
					     "conv/Relu6;conv/bias;conv" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct import_options opt = { .cut = &names[i], .cuts = 1 };
		struct import t = load(FOLDER "small.tflite", &opt);

		accepted(&t);
		assert_string_equal(node(&t.g, GRAPH_CONV, 0)->name,
				    "conv/Relu6");
		assert_string_equal(t.g.value[t.g.output[0]].name,
				    "conv/Relu6");
		release(&t);
	}
}

static void test_cut(void **state)
{
	const char *first = "first", *nowhere = "nowhere";
	struct import_options opt = { .cut = &first, .cuts = 1 };
	struct import t = load(FOLDER "unsupported.tflite", &opt);

	(void)state;
	accepted(&t);
	assert_string_equal(t.g.value[t.g.output[0]].name, "first");
	release(&t);
	opt.cut = &nowhere;
	t = load(FOLDER "unsupported.tflite", &opt);
	assert_true(t.ret < 0 && said(&t.r.problems, "'nowhere'"));
	release(&t);
}

static void test_all_problems_at_once(void **state)
{
	(void)state;
	refused(FOLDER "unsupported.tflite", 2,
		"'larger' (RESIZE_BILINEAR): the operator is not supported; RESIZE_NEAREST_NEIGHBOR is");
	refused(FOLDER "unsupported.tflite", 2, "'sorted' (TOPK_V2)");
}

static void test_refused(void **state)
{
	(void)state;
	refused(FOLDER "int16.tflite", 1, "activations of at most 8 bits");
	refused(FOLDER "batch.tflite", 1, "the batch size must be 1");
	refused(FOLDER "dynamic.tflite", 1, "dimension 1 has no fixed size");
	refused(FOLDER "scale.tflite", 1, "scale 0");
	refused(FOLDER "zero-point.tflite", 1, "zero point 200");
	refused(FOLDER "shape.tflite", 1, "not 1 x 1 x 5");
	refused(FOLDER "circle.tflite", 1,
		"'late' is not defined before it is used");
	refused(FOLDER "two-inputs.tflite", 1, "2 inputs");
	refused(FOLDER "nan.tflite", 1, "NaN");
	refused(FOLDER "short.tflite", 1, "take 4 bytes, not 8");
	refused(FOLDER "overflow.tflite", 1, "65535 x 65535");
	refused(FOLDER "rank.tflite", 1, "9 dimensions; at most 8");
	refused(FOLDER "zero-points.tflite", 1, "3 zero points for 4 scales");
	refused(FOLDER "signs.tflite", 1, "of type uint8, its input of type int8");
	refused(FOLDER "unsigned-scales.tflite", 1, "4 scales; of unsigned ones, one");
	refused(FOLDER "float-weights.tflite", 1, "of type float32, its input of type int8");
	refused(FOLDER "two-results.tflite", 1, "it has 2 results");
	refused(FOLDER "positions.tflite", 1, "its input is of type int32");
	refused("tools/tests/tflite_import.c", 1, "not a TFLite file");
}

static void test_not_there(void **state)
{
	struct import t = load(FOLDER "absent", NULL);

	(void)state;
	assert_int_equal(t.ret, -2);
	release(&t);
}

/* What is no regular file is refused at once, and not waited for. */
static void test_no_regular_file(void **state)
{
	static const char *const path[] = { "/tmp", "/dev/zero", NULL };
	static const int error[] = { -EISDIR, -EINVAL, -EINVAL };
	char fifo[] = "/tmp/qnn-fifo-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(fifo));
	assert_int_equal(rmdir(fifo), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	alarm(60);
	for (size_t i = 0; i < 3; i++) {
		const char *at = path[i] ? path[i] : fifo;
		struct report r = { 0 };
		struct graph g;

		assert_int_equal(tflite_load(at, NULL, &g, &r), error[i]);
		assert_int_equal(onnx_load(at, NULL, &g, &r), error[i]);
		assert_int_equal(report_problems(&r), 0);
		assert_int_equal(import_load(at, NULL, &g, &r), error[i]);
		assert_int_equal(said(&r.problems, "not a regular file"), i > 0);
		report_free(&r);
	}
	alarm(0);
	unlink(fifo);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
		cmocka_unit_test(test_half_precision),
		cmocka_unit_test(test_joined_names),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_all_problems_at_once),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_there),
		cmocka_unit_test(test_no_regular_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

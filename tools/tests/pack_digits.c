// SPDX-License-Identifier: MIT
/*
 * The digits networks that were trained with quantizers: on any image the
 * device has the codes that the nodes' definition gives. Their numbers are not
 * round, so where floating point itself is within its own error of a tie one
 * step of difference counts as a tie; there must hardly be any.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "pack_run.h"
#include "tools/graph/mem.h"
#include "tools/onnx/onnx.h"

#define IMAGES	40

/* Besides the logits, what comes out of every quantizer. */
static void add_outputs(struct graph *g)
{
	uint32_t *all = mem_array(g->node_count + 1, sizeof(*all));
	size_t count = 0;

	all[count++] = g->output[0];
	for (size_t i = 0; i < g->node_count; i++)
		if (g->node[i].op == GRAPH_QUANT)
			all[count++] = g->node[i].out;
	free(g->output);
	g->output = all;
	g->output_count = count;
}

static size_t different_codes(const struct pack_run *t, size_t output)
{
	const struct value_format *f = &t->p.fmt[t->g.output[output]];
	size_t different = 0;

	for (size_t k = 0; k < pr_elements(t, output); k++) {
		double steps = (t->real[output][k] - pr_float(t, output, k)) /
			       f->q.scale;

		different += fabs(steps) > 1e-3;
		/* A tie is off by one; more is an error. */
		assert_true(fabs(steps) < 1.001);
	}
	return different;
}

static void compare_logits(const struct pack_run *t)
{
	size_t best = 0, best_float = 0;

	for (size_t k = 0; k < 10; k++) {
		if (t->real[0][k] > t->real[0][best])
			best = k;
		if (pr_float(t, 0, k) > pr_float(t, 0, best_float))
			best_float = k;
		assert_true(fabs(t->real[0][k] - pr_float(t, 0, k)) < 0.005);
	}
	assert_int_equal(best, best_float);
}

static void compare(const char *path)
{
	size_t codes = 0, different = 0;
	struct pack_run t;

	pr_init(&t);
	assert_int_equal(onnx_load(path, NULL, &t.g, &t.r), 0);
	add_outputs(&t.g);
	t.opt.format.input_scale_given = true;
	pr_pack_graph(&t);
	pr_seed(21);
	for (int i = 0; i < IMAGES; i++) {
		float image[64];
		size_t before = different;

		for (int k = 0; k < 64; k++)
			image[k] = (float)(pr_random(3) ? pr_random(17) : 0);
		pr_run(&t, image);
		for (size_t o = 1; o < t.g.output_count; o++) {
			codes += pr_elements(&t, o);
			different += different_codes(&t, o);
		}
		if (before == different)
			compare_logits(&t);
	}
	assert_true(t.g.output_count == 4);
	if (different > codes / 10000)
		fail_msg("%s: %zu of %zu codes differ", path, different, codes);
	pr_free(&t);
}

static void test_w2a2(void **state)
{
	(void)state;
	compare("tools/train/digits/digits-w2a2.onnx");
}

static void test_w1a2(void **state)
{
	(void)state;
	compare("tools/train/digits/digits-w1a2.onnx");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_w2a2),
		cmocka_unit_test(test_w1a2),
	};

	return cmocka_run_group_tests_name("pack_digits", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * In which element type a value is stored: that of the file's own quantizer,
 * where the file or what reads the value means it, even if few codes occur; a
 * smaller one where only the codes matter. And networks of a quantizer alone.
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

#define SIDE	4
#define PIXELS	(SIDE * SIDE)

enum layer { AVERAGE, LARGEST, TABLE, SCALED, REAL, LAYERS };

static uint32_t pool(struct pack_run *t, uint32_t in, enum layer layer)
{
	struct graph_node n = { .op = layer == LARGEST ? GRAPH_MAX_POOL :
						       GRAPH_AVG_POOL,
				.source = "Pool" };

	n.window = gm_window(1, 1);
	n.same_codes = layer == AVERAGE;
	return gm_node(t, n, in, 0);
}

/* The codes that go in, as the file's own table has them. */
static uint32_t table(struct pack_run *t, uint32_t in, const struct quantizer *q)
{
	struct graph_node n = { .op = GRAPH_FUNCTION, .source = "Table" };
	int16_t codes[256];

	for (int k = 0; k < 256; k++)
		codes[k] = (int16_t)(quantizer_min(q) + k);
	n.activation.f = GRAPH_TANH;
	n.activation.codes = gm_keep(codes, 256, sizeof(codes[0]));
	return gm_node(t, n, in, 0);
}

/* Multiplied by one. */
static struct graph_requant *unity(void)
{
	struct graph_requant *r = mem_array(1, sizeof(*r));

	r->rule = QNN_ROUND_A;
	r->entries = 1;
	r->multiplier = gm_keep(&(int32_t){ 1 << 30 }, 1, sizeof(int32_t));
	r->shift = gm_keep(&(int8_t){ 1 }, 1, 1);
	return r;
}

/*
 * A layer that gives the codes of the input, and a clamp that leaves those from
 * the zero point up to @most more.
 */
static uint32_t few_codes(struct pack_run *t, enum layer layer,
			  struct quantizer q, int most)
{
	uint32_t v = gm_quant(t, t->g.input, q, NULL);
	bool pooled = layer == AVERAGE || layer == LARGEST;

	if (pooled)
		v = pool(t, v, layer);
	else if (layer == TABLE)
		v = gm_quant(t, table(t, v, &q), q, NULL);
	else if (layer == SCALED)
		v = gm_quant(t, v, q, unity());
	else
		v = gm_quant(t, gm_clamp(t, v, -INFINITY, 200 * q.scale), q, NULL);
	v = gm_clamp(t, v, 0, most * (double)q.scale);
	return pooled ? gm_quant(t, v, q, NULL) : v;
}

static int few_of(const struct quantizer *q, int code, int most)
{
	int zero = (int)q->zero_point;

	return code < zero ? zero : code > zero + most ? zero + most : code;
}

static void begin(struct pack_run *t)
{
	gm_init(t, 1, SIDE, SIDE);
	t->g.input_is_codes = true;
}

static int input_code(const struct quantizer *q, size_t k)
{
	return (int)quantizer_min(q) + (int)(k * 17 % 256);
}

static void run(struct pack_run *t, const struct quantizer *q)
{
	float image[PIXELS];

	pr_pack_graph(t);
	for (size_t k = 0; k < PIXELS; k++)
		image[k] = ((float)input_code(q, k) - q->zero_point) * q->scale;
	pr_run(t, image);
}

static enum qnn_type type_of(const struct quantizer *q)
{
	return q->is_signed ? QNN_TYPE_S8 : QNN_TYPE_U8;
}

static void check_type(const struct pack_run *t, enum qnn_type type)
{
	assert_int_equal(qnn_model_output(t->model, 0)->type, type);
}

static int output_code(const struct pack_run *t, size_t k)
{
	const struct qnn_tensor *out = qnn_model_output(t->model, 0);

	return (int)lrintf(t->real[0][k] / out->scale[0]) + out->zero_point;
}

static const struct { bool is_signed; int zero; } kinds[] = {
	{ false, 0 }, { true, 0 }, { true, -108 }, { true, -128 }, { false, 9 },
	{ true, 120 },
};

static void test_output_has_own_type(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6 * LAYERS; i++) {
		struct quantizer q = gm_codes(8, kinds[i % 6].is_signed, 0.5f,
					      (float)kinds[i % 6].zero);
		struct pack_run t;

		begin(&t);
		gm_output(&t, few_codes(&t, i / 6, q, 6));
		run(&t, &q);
		check_type(&t, type_of(&q));
		for (size_t k = 0; k < PIXELS; k++)
			assert_int_equal(output_code(&t, k),
					 few_of(&q, input_code(&q, k), 6));
		pr_free(&t);
	}
}

/* A row and a column on all sides; their code is none that the clamp leaves. */
static uint32_t fill_up(struct pack_run *t, uint32_t in, double fill)
{
	struct graph_node n = { .op = GRAPH_COPY, .source = "Pad" };

	n.copy = (struct graph_copy){
		.c = 1, .h = SIDE + 2, .w = SIDE + 2, .fill = fill,
		.axis = { { -1, 1, 1, 0 }, { -1, 1, 1, 1 }, { 0, 1, 1, 2 } },
	};
	return gm_node(t, n, in, 0);
}

static void test_filled_up(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 6 * LAYERS; i++) {
		struct quantizer q = gm_codes(8, kinds[i % 6].is_signed, 0.5f,
					      (float)kinds[i % 6].zero);
		int fill = (int)(kinds[i % 6].zero > 100 ? quantizer_min(&q) :
							   quantizer_max(&q));
		struct pack_run t;
		uint32_t v;

		begin(&t);
		v = pool(&t, few_codes(&t, i / 6, q, 6), LARGEST);
		gm_output(&t, fill_up(&t, v, ((double)fill - q.zero_point) *
				      q.scale));
		run(&t, &q);
		check_type(&t, type_of(&q));
		for (size_t k = 0; k < PIXELS; k++)
			assert_int_equal(output_code(&t, (k / SIDE + 1) *
						     (SIDE + 2) + k % SIDE + 1),
					 few_of(&q, input_code(&q, k), 6));
		assert_int_equal(output_code(&t, 0), fill);
		assert_int_equal(output_code(&t, (SIDE + 2) * (SIDE + 2) - 1),
				 fill);
		pr_free(&t);
	}
}

/* Right behind it, where all is 1; and of two channels, behind a reshape. */
static void test_softmax(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4 * LAYERS; i++) {
		struct quantizer q = gm_codes(8, i & 1, 0.5f, i & 1 ? -128 : 0);
		size_t channels = i & 2 ? 2 : 1;
		struct graph_node n = { .op = GRAPH_RESHAPE, .source = "Reshape" };
		struct pack_run t;
		uint32_t v;

		begin(&t);
		v = few_codes(&t, i / 4, q, 6);
		n.reshape = (struct graph_reshape){
			.c = 2, .h = SIDE, .w = SIDE / 2, .channels_last = true,
		};
		if (channels == 2)
			v = gm_node(&t, n, v, 0);
		n = (struct graph_node){ .op = GRAPH_SOFTMAX, .source = "Softmax" };
		n.softmax_beta = 1;
		gm_output(&t, gm_node(&t, n, v, 0));
		run(&t, &q);
		for (size_t k = 0; k < PIXELS; k += channels) {
			float sum = t.real[0][k];

			if (channels == 2)
				sum += t.real[0][k + 1];
			assert_true(fabsf(sum - 1) < 0.02f);
		}
		pr_free(&t);
	}
}

/* The same codes with another meaning are not made smaller either. */
static void test_other_steps(void **state)
{
	struct quantizer q = gm_codes(8, true, 0.5f, 0);
	struct graph_node n = { .op = GRAPH_AFFINE, .source = "Reshape" };
	struct pack_run t;

	(void)state;
	begin(&t);
	n.affine.mul = gm_keep(&(double){ 3 }, 1, sizeof(double));
	n.affine.add = gm_keep(&(double){ -1.5 }, 1, sizeof(double));
	gm_output(&t, pool(&t, gm_node(&t, n, few_codes(&t, AVERAGE, q, 6), 0),
			   LARGEST));
	run(&t, &q);
	check_type(&t, QNN_TYPE_S8);
	assert_int_equal(qnn_model_output(t.model, 0)->zero_point, 1);
	for (size_t k = 0; k < PIXELS; k++)
		assert_int_equal(output_code(&t, k),
				 few_of(&q, input_code(&q, k), 6));
	pr_free(&t);
}

/* Within a network, a clamp that is no runtime's own makes codes small. */
static void test_small_within(void **state)
{
	struct quantizer q = gm_codes(8, false, 0.5f, 0);
	struct pack_run t;
	uint32_t v;

	(void)state;
	begin(&t);
	v = few_codes(&t, REAL, q, 6);
	gm_output(&t, gm_quant(&t, pool(&t, v, REAL),
			       gm_codes(8, false, 0.25f, 0), NULL));
	run(&t, &q);
	assert_int_equal(t.p.fmt[v].elem, QNN_ELEM_U4);
	for (size_t k = 0; k < PIXELS; k++)
		assert_int_equal(output_code(&t, k),
				 2 * few_of(&q, input_code(&q, k), 6));
	pr_free(&t);
}

/* A network that only quantizes; perhaps something else reads it, too. */
static void test_quantizer_alone(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		struct quantizer q = gm_codes(8, i & 1, 0.37f, i & 1 ? -5 : 130);
		float image[PIXELS];
		struct pack_run t;
		uint32_t v;

		begin(&t);
		t.g.input_is_codes = i & 2;
		v = gm_quant(&t, t.g.input, q, NULL);
		gm_output(&t, v);
		if (i & 4)
			gm_output(&t, gm_quant(&t, pool(&t, v, REAL), q, NULL));
		pr_pack_graph(&t);
		assert_int_equal(qnn_model_input(t.model, 0)->type, type_of(&q));
		assert_int_equal(qnn_model_input(t.model, 0)->zero_point,
				 (int)q.zero_point);
		assert_true(qnn_model_input(t.model, 0)->scale[0] == q.scale);
		check_type(&t, type_of(&q));
		for (size_t k = 0; k < PIXELS; k++)
			image[k] = (float)((double)k * 4.6 - 31) + 0.01f;
		pr_run(&t, image);
		for (size_t o = 0; o < t.g.output_count; o++)
			for (size_t k = 0; k < PIXELS; k++)
				assert_true(t.real[o][k] ==
					    quantizer_value(&q, image[k], NULL));
		pr_free(&t);
	}
}

static void test_nothing_to_compute(void **state)
{
	struct pack_run t;

	(void)state;
	begin(&t);
	t.g.input_is_codes = false;
	gm_output(&t, t.g.input);
	pr_graph_refused(&t, "output 'x' is the input itself: there is nothing to compute");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_has_own_type),
		cmocka_unit_test(test_filled_up),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_other_steps),
		cmocka_unit_test(test_small_within),
		cmocka_unit_test(test_quantizer_alone),
		cmocka_unit_test(test_nothing_to_compute),
	};

	return cmocka_run_group_tests_name("pack_types", tests, NULL, NULL);
}

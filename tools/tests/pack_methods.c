// SPDX-License-Identifier: MIT
/*
 * Packed with every method, the device computes what the codes stand for: the
 * student, which is the same network in floating point, is the other side.
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
#include "tools/quant/sensitivity.h"
#include "tools/quant/student.h"
#include "tools/quant/sums.h"

#define SIDE	6
#define IMAGE	(SIDE * SIDE * 2)

static double any(void)
{
	return ((int)pr_random(2001) - 1000) / 1000.0;
}

static uint32_t add_conv(struct pack_run *t, uint32_t in, uint32_t co,
			 uint32_t k)
{
	const struct graph_value *v = &t->g.value[in];
	size_t count = (size_t)co * v->c * k * k;
	struct graph_node n = { .op = GRAPH_CONV, .groups = 1 };

	n.window = gm_window(k, k);
	n.weights = (struct graph_weights){ .out = co, .in = v->c, .kh = k,
					    .kw = k };
	n.weights.data = mem_array(count, sizeof(float));
	for (size_t i = 0; i < count; i++)
		n.weights.data[i] = (float)(any() * any());
	return gm_node(t, n, in, 0);
}

/* Batch normalization with slopes of both signs, and one of zero. */
static uint32_t add_norm(struct pack_run *t, uint32_t in)
{
	uint32_t channels = t->g.value[in].c;
	struct graph_node n = { .op = GRAPH_AFFINE };

	n.affine.mul = mem_array(channels, sizeof(double));
	n.affine.add = mem_array(channels, sizeof(double));
	n.affine.mean = mem_array(channels, sizeof(double));
	n.affine.dev = mem_array(channels, sizeof(double));
	for (uint32_t c = 0; c < channels; c++) {
		double gamma = c == 2 ? 0 : any();

		n.affine.mean[c] = n.affine.add[c] = any() / 2;
		n.affine.dev[c] = fabs(gamma);
		n.affine.mul[c] = gamma * 1.5;
	}
	return gm_node(t, n, in, 0);
}

static void make_net(struct pack_run *t)
{
	uint32_t v;

	gm_init(t, 2, SIDE, SIDE);
	v = add_norm(t, add_conv(t, t->g.input, 7, 3));
	v = gm_clamp(t, v, 0, INFINITY);
	v = add_norm(t, add_conv(t, v, 5, 3));
	v = gm_clamp(t, v, 0, INFINITY);
	v = add_conv(t, v, 3, 2);
	gm_output(t, v);
	t->calib = (struct dataset){ .count = 20, .height = SIDE, .width = SIDE,
				     .channels = 2 };
	t->calib.images = mem_array(20 * IMAGE, sizeof(float));
	for (size_t i = 0; i < 20 * IMAGE; i++)
		t->calib.images[i] = (float)any();
}

/*
 * The student computes in single precision and does not round biases, so a
 * number in the middle between two codes may become the other one.
 */
static void compare(struct pack_run *t, double tolerance)
{
	double error = 0, power = 0;
	struct student s;

	student_open(&s, &t->g, t->p.fmt, t->p.codes);
	for (uint32_t i = 0; i < 20; i++) {
		pr_run(t, t->calib.images + i * IMAGE);
		student_run(&s, t->calib.images + i * IMAGE);
		for (size_t k = 0; k < pr_elements(t, 0); k++) {
			const struct graph_value *v =
				&t->g.value[t->g.output[0]];
			size_t c = k % v->c, pixel = k / v->c;
			double f = float_value(s.net, t->g.output[0])
				   [c * v->h * v->w + pixel];

			error += pow(f - t->real[0][k], 2);
			power += f * f;
		}
	}
	student_close(&s);
	if (!(error <= tolerance * tolerance * power))
		fail_msg("the device is off by %g", sqrt(error / power));
}

static uint32_t weight_type(const struct pack_run *t, size_t unit)
{
	return t->p.lowered.note[unit].weight_type;
}

static void test_every_method(void **state)
{
	static const struct {
		enum weight_method method;
		unsigned int bits;
		uint32_t type;
	} cases[] = {
		{ WEIGHTS_MINMAX, 5, QNN_ELEM_S8 },
		{ WEIGHTS_MSE, 3, QNN_ELEM_S4 },
		{ WEIGHTS_COSINE, 2, QNN_ELEM_S2 },
		{ WEIGHTS_BINARY, 1, QNN_ELEM_B1 },
		{ WEIGHTS_TERNARY, 2, QNN_ELEM_S2 },
		{ WEIGHTS_TTQ, 2, QNN_WEIGHT_CB1 + 1 },
		{ WEIGHTS_POWER2, 2, QNN_ELEM_S2 },
		{ WEIGHTS_POWER2, 3, QNN_WEIGHT_CB1 + 2 },
		{ WEIGHTS_POWER2, 4, QNN_WEIGHT_CB1 + 3 },
		{ WEIGHTS_RESIDUAL, 2, QNN_WEIGHT_CB1 + 1 },
		{ WEIGHTS_RESIDUAL, 3, QNN_WEIGHT_CB1 + 2 },
		{ WEIGHTS_CODEBOOK, 2, QNN_WEIGHT_CB1 + 1 },
		{ WEIGHTS_CODEBOOK, 5, QNN_WEIGHT_CB1 + 4 },
		{ WEIGHTS_CODEBOOK0, 3, QNN_WEIGHT_CB1 + 2 },
		{ WEIGHTS_CODEBOOK0, 5, QNN_WEIGHT_CB1 + 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (uint32_t group = 0; group < 4; group += 3) {
			struct pack_run t;

			pr_seed(i);
			make_net(&t);
			t.opt.choice.weights = (struct weight_choice){
				.method = cases[i].method, .bits = cases[i].bits,
				.book_channels = group,
			};
			pr_pack_graph(&t);
			compare(&t, 0.01);
			/* The last layer: no channel there is constant. */
			assert_int_equal(weight_type(&t, 2), cases[i].type);
			pr_free(&t);
		}
}

static void test_every_range(void **state)
{
	(void)state;
	for (int method = 0; method < FORMAT_METHODS; method++)
		for (unsigned int bits = 2; bits <= 8; bits++) {
			struct pack_run t;

			pr_seed(bits);
			make_net(&t);
			t.opt.choice.activation_bits = bits;
			t.opt.format.method = (enum format_method)method;
			t.opt.format.percentile = 99;
			t.opt.format.channel_bits = bits;
			pr_pack_graph(&t);
			compare(&t, 0.02);
			pr_free(&t);
		}
}

/* Without any data, also behind a function that has no bounds. */
static void test_no_data(void **state)
{
	struct graph_node f = { .op = GRAPH_FUNCTION,
				.activation = { .f = GRAPH_HARD_SWISH } };
	struct pack_run t;
	uint32_t v;

	(void)state;
	pr_seed(3);
	gm_init(&t, 2, SIDE, SIDE);
	v = add_norm(&t, add_conv(&t, t.g.input, 7, 3));
	v = gm_node(&t, f, v, 0);
	v = add_conv(&t, v, 3, 3);
	gm_output(&t, v);
	t.opt.format.input_scale = 1.0 / 255;
	t.opt.format.input_scale_given = true;
	t.opt.format.method = FORMAT_BY_BN;
	pr_pack_graph(&t);
	assert_int_equal(t.p.fmt[t.p.units.unit[0].out].source, FORMAT_BN);
	pr_free(&t);
}

/* A sum of two branches, and its average, without any data. */
static void test_no_data_for_sums(void **state)
{
	double error = 0, power = 0;
	struct graph_node add = { .op = GRAPH_ADD };
	struct graph_node pool = { .op = GRAPH_AVG_POOL };
	struct pack_run t;
	uint32_t a, b, v;

	(void)state;
	pr_seed(6);
	gm_init(&t, 2, SIDE, SIDE);
	a = add_norm(&t, add_conv(&t, t.g.input, 7, 1));
	b = add_norm(&t, add_conv(&t, t.g.input, 7, 1));
	b = gm_clamp(&t, b, 0, INFINITY);
	v = gm_clamp(&t, gm_node(&t, add, a, b), 0, INFINITY);
	pool.window = gm_window(SIDE, SIDE);
	v = gm_node(&t, pool, v, 0);
	v = add_conv(&t, v, 3, 1);
	gm_output(&t, v);
	t.opt.format.input_scale = 1.0 / 255;
	t.opt.format.input_scale_given = true;
	pr_pack_graph(&t);
	assert_int_equal(t.p.fmt[t.p.units.unit[2].out].source, FORMAT_BN);
	assert_int_equal(t.p.fmt[t.p.units.unit[3].out].source, FORMAT_BN);
	for (int i = 0; i < 20; i++) {
		float image[IMAGE];

		for (int k = 0; k < IMAGE; k++)
			image[k] = (float)pr_random(256) / 255;
		pr_run(&t, image);
		for (size_t k = 0; k < pr_elements(&t, 0); k++) {
			error += pow(pr_float(&t, 0, k) - t.real[0][k], 2);
			power += pow(pr_float(&t, 0, k), 2);
		}
	}
	assert_true(error < 0.01 * power);
	pr_free(&t);
}

/* A block with a shortcut around it; the layers read 4 bits, the sum 8. */
static void test_shortcut(void **state)
{
	struct graph_node add = { .op = GRAPH_ADD };
	double error[2];
	uint32_t a, b;

	(void)state;
	for (unsigned int apart = 0; apart < 2; apart++) {
		struct pack_run t;

		pr_seed(9);
		make_net(&t);
		t.g.output_count = 0;
		/* What the second layer reads, and what it makes of that. */
		a = t.g.node[2].out;
		b = add_norm(&t, add_conv(&t, a, 7, 1));
		b = gm_clamp(&t, gm_node(&t, add, a, b), 0, INFINITY);
		gm_output(&t, add_conv(&t, b, 3, 3));
		t.opt.choice.activation_bits = 4;
		t.opt.choice.sums_bits = apart ? 8 : 0;
		t.opt.choice.keep_sums = apart;
		pr_pack_graph(&t);
		error[apart] = pr_error(&t, t.calib.images, 20);
		assert_int_equal(t.p.fmt[a].q.bits, apart ? 8 : 4);
		assert_int_equal(t.p.fmt[b].q.bits, 4);
		for (size_t i = 0; i < t.p.units.count; i++) {
			const struct unit *x = &t.p.units.unit[i];

			if (x->kind == UNIT_CONV && x->in[0] != t.g.input)
				assert_int_equal(t.p.fmt[x->in[0]].q.bits, 4);
		}
		/* A second time there is nothing left to do. */
		if (apart)
			sums_keep(&t.g);
		assert_int_equal(t.g.value_count, t.p.lowered.values);
		pr_free(&t);
	}
	assert_true(error[1] < error[0]);
}

/* What comes out of a normalization over the calibration set. */
static void learn_moments(struct pack_run *t, struct graph_node *n)
{
	const struct graph_value *v = &t->g.value[n->out];
	size_t pixels = (size_t)v->h * v->w;
	struct float_net *net = float_open(&t->g);

	memset(n->affine.mean, 0, v->c * sizeof(double));
	memset(n->affine.dev, 0, v->c * sizeof(double));
	for (uint32_t i = 0; i < t->calib.count; i++) {
		float_run(net, t->calib.images + (size_t)i * IMAGE);
		for (size_t k = 0; k < v->c * pixels; k++) {
			double f = float_value(net, n->out)[k];

			n->affine.mean[k / pixels] += f;
			n->affine.dev[k / pixels] += f * f;
		}
	}
	for (uint32_t c = 0; c < v->c; c++) {
		double count = (double)pixels * t->calib.count;
		double mean = n->affine.mean[c] / count;

		n->affine.mean[c] = mean;
		n->affine.dev[c] = sqrt(fmax(n->affine.dev[c] / count -
					     mean * mean, 0));
	}
	float_close(net);
}

/* Normalizations whose channels have widths from 1/8 to 4. */
static void make_uneven(struct pack_run *t)
{
	make_net(t);
	for (size_t i = 1; i < 5; i += 3) {
		struct graph_affine *a = &t->g.node[i].affine;

		for (uint32_t c = 0; c < t->g.value[t->g.node[i].out].c; c++) {
			double f = ldexp(1, (int)c % 6 - 3);

			a->mul[c] *= f;
			a->add[c] *= f;
		}
		learn_moments(t, &t->g.node[i]);
	}
}

/* The network computes the same with steps of channels, and loses less. */
static void test_channel_steps(void **state)
{
	float before[64];
	double error[2];

	(void)state;
	for (unsigned int by_channel = 0; by_channel < 2; by_channel++) {
		struct pack_run t;

		pr_seed(12);
		make_uneven(&t);
		t.opt.choice.activation_bits = 3;
		t.opt.format.method = by_channel ? FORMAT_BY_CHANNELS :
						   FORMAT_BY_BN;
		t.opt.format.channel_bits = 3;
		pr_pack_graph(&t);
		error[by_channel] = pr_error(&t, t.calib.images, 20);
		pr_run(&t, t.calib.images);
		assert_true(pr_elements(&t, 0) <= 64);
		for (size_t k = 0; k < pr_elements(&t, 0); k++) {
			float f = pr_float(&t, 0, k);

			if (!by_channel)
				before[k] = f;
			else
				assert_true(fabsf(f - before[k]) <
					    1e-4f * (1 + fabsf(f)));
		}
		assert_true(!!t.g.value[t.g.node[1].out].units == by_channel);
		pr_free(&t);
	}
	assert_true(error[1] < error[0]);
}

/* Layer 1 has the integers of @book, or their opposites where slopes fall. */
static void give_grid(struct pack_run *t, const int32_t *book, uint32_t places)
{
	struct graph_weights *w = &t->g.node[3].weights;
	size_t row = (size_t)w->in * w->kh * w->kw;

	w->grid = mem_array(1, sizeof(*w->grid));
	w->grid->q = gm_codes(8, true, 1, 0);
	w->grid->code = mem_array(row * w->out, sizeof(int32_t));
	w->grid->scale = mem_array(w->out, sizeof(float));
	for (uint32_t o = 0; o < w->out; o++)
		w->grid->scale[o] = 0.01f;
	for (size_t k = 0; k < row * w->out; k++) {
		w->grid->code[k] = book[pr_random(places)];
		w->data[k] = (float)w->grid->code[k] * 0.01f;
	}
}

/*
 * How layer 1 is stored if it has integers of @book, and its slopes rise, or every
 * other one falls.
 */
static void expect_stored(const int32_t *book, uint32_t places, bool falls,
			  uint32_t type, uint32_t channels)
{
	struct pack_run t;

	pr_seed(10);
	make_net(&t);
	give_grid(&t, book, places);
	for (uint32_t c = 0; c < 5; c++)
		t.g.node[4].affine.mul[c] = falls && c % 2 ? -0.5 - c : 0.5 + c;
	pr_pack_graph(&t);
	compare(&t, 0.01);
	assert_int_equal(weight_type(&t, 1), type);
	assert_int_equal(t.p.lowered.cmd[1].conv.codebook_channels, channels);
	pr_free(&t);
}

/* Integers of the network that are few different ones are indices in the file. */
static void test_found_books(void **state)
{
	static const int32_t book[] = { -90, -60, -17, -3, 2, 20, 45, 127 };
	int32_t many[40];

	(void)state;
	for (int32_t i = 0; i < 40; i++)
		many[i] = i * 3 - 60;
	expect_stored(book, 8, false, QNN_WEIGHT_CB1 + 2, 0);
	/* 16 integers together, 8 for each channel. */
	expect_stored(book, 8, true, QNN_WEIGHT_CB1 + 2, 1);
	expect_stored(many, 40, false, QNN_ELEM_S8, 0);
}

static void test_rules(void **state)
{
	struct layer_rule rule[2] = {
		{ .weights = true, .choice = { WEIGHTS_CODEBOOK, 3, 0, 0, 0 },
		  .activation_bits = 4 },
		{ .name = "nothing like it", .activation_bits = 4 },
	};
	struct pack_run t;
	char *name;

	(void)state;
	pr_seed(4);
	make_net(&t);
	name = mem_string(t.g.node[3].name);
	rule[0].name = name;
	t.opt.choice.rule = rule;
	t.opt.choice.rules = 1;
	t.opt.choice.weights.bits = 2;
	t.opt.choice.ends_bits = 8;
	pr_pack_graph(&t);
	compare(&t, 0.02);
	assert_int_equal(weight_type(&t, 0), QNN_ELEM_S8);
	assert_int_equal(weight_type(&t, 1), QNN_WEIGHT_CB1 + 2);
	assert_int_equal(weight_type(&t, 2), QNN_ELEM_S8);
	assert_int_equal(t.p.fmt[t.p.units.unit[0].out].elem, QNN_ELEM_U8);
	assert_int_equal(t.p.fmt[t.p.units.unit[1].out].elem, QNN_ELEM_U4);
	pr_free(&t);
	free(name);
	pr_seed(4);
	make_net(&t);
	t.opt.choice.rule = rule + 1;
	t.opt.choice.rules = 1;
	pr_graph_refused(&t, "no layer is called 'nothing like it'");
}

/* Narrower is noisier, and 8 bits are almost as good as floats. */
static void test_sensitivity(void **state)
{
	struct sensitivity_task task = { 0 };
	struct sensitivity s;
	struct pack_run t;
	struct units u;
	struct calib calib = { 0 };
	bool *wanted;

	(void)state;
	pr_seed(5);
	make_net(&t);
	graph_simplify(&t.g);
	assert_int_equal(units_build(&t.g, &u, &t.r), 0);
	wanted = mem_array(t.g.value_count, sizeof(*wanted));
	formats_wanted(&t.g, &u, &t.opt.format, wanted);
	calib_run(&calib, &t.g, &t.calib, wanted);
	free(wanted);
	task = (struct sensitivity_task){
		.g = &t.g, .u = &u, .format = &t.opt.format, .calib = &calib,
		.choice = &t.opt.choice, .ds = &t.calib,
	};
	assert_int_equal(sensitivity_run(&s, &task, &t.r), 0);
	/* Three layers with weights, two results that are not the output. */
	assert_int_equal(s.items, 5);
	for (size_t i = 0; i < s.items; i++) {
		const struct sensitivity_item *it = &s.item[i];

		assert_int_equal(it->widths, 3);
		assert_true(it->width[0].noise < 1e-3);
		assert_true(it->width[1].noise > it->width[0].noise);
		assert_true(it->width[2].noise > it->width[1].noise);
		assert_true(it->width[0].agree >= 0.9);
	}
	sensitivity_free(&s);
	calib_free(&calib);
	units_free(&u);
	pr_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_method),
		cmocka_unit_test(test_every_range),
		cmocka_unit_test(test_no_data),
		cmocka_unit_test(test_no_data_for_sums),
		cmocka_unit_test(test_shortcut),
		cmocka_unit_test(test_channel_steps),
		cmocka_unit_test(test_found_books),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sensitivity),
	};

	return cmocka_run_group_tests_name("pack methods", tests, NULL, NULL);
}

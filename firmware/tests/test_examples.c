// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The worked examples of Documentation/device.rst, byte for byte. */
#include "fw_test.h"

/* A program whose regions are given as bytes. */
struct example {
	struct qnn_prog *p;
	const void *in[2];
	u32 in_size[2];
	struct qnn_counters total;
};

static struct qnn_cmd *begin(struct example *e, u32 opcode, u32 regions)
{
	memset(e, 0, sizeof(*e));
	e->p = qnn_prog_new();
	while (regions--)
		qnn_prog_region(e->p, 0);
	return qnn_prog_cmd(e->p, opcode);
}

/* Run it; the last region must be @expected. */
static void end(struct example *e, const void *expected, u32 size)
{
	struct rng rng = { 1 };
	struct fw_job job;
	void *image;
	size_t n;
	u32 i;

	image = qnn_prog_finish(e->p, &n);
	fw_job_init(&job, image, n, &rng);
	for (i = 0; i < 2; i++) {
		if (e->in_size[i])
			memcpy(job.regions[i], e->in[i], e->in_size[i]);
	}
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	e->total = job.exec.done;
	assert_int_equal(job.prog.regions[job.region_count - 1].size, size);
	assert_memory_equal(job.regions[job.region_count - 1], expected, size);
	fw_job_free(&job);
	free(image);
	qnn_prog_free(e->p);
}

static void input(struct example *e, u32 region, const void *bytes, u32 size)
{
	e->in[region] = bytes;
	e->in_size[region] = size;
}

static void test_conv_transpose(void **state)
{
	static const s32 expected[] = { 2, 20, 204, 40, 400, 0 };
	static const s8 pixels[] = { 3, 5 }, weights[] = { 1, 10, 100 };
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_CONV_TRANSPOSE, 2);

	(void)state;
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 2, 1);
	c->in[0].zero_point = 1;
	c->conv.kernel_w = 3;
	c->conv.stride_w = 2;
	c->conv.weight_off = qnn_prog_const(e.p, weights, 3, 1);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
	assert_int_equal(c->out.width, 5);
	c->out.width = 6;
	c->out.row_stride = 24;
	input(&e, 0, pixels, 2);
	end(&e, expected, sizeof(expected));
	assert_int_equal(e.total.cycles, 70);
	assert_int_equal(e.total.macs, 12);
}

/* Its accumulator is refused from a bias on that only two taps leave room for. */
static void test_conv_transpose_bound(void **state)
{
	static const s8 weights[] = { 1, 10, 100 };
	struct qnn_program prog;
	struct qnn_diag diag;
	int over;

	(void)state;
	for (over = 0; over < 2; over++) {
		const s32 bias = QNN_ACC_MAX - 33024 + over;
		struct example e;
		struct qnn_cmd *c = begin(&e, QNN_OP_CONV_TRANSPOSE, 2);
		size_t size;
		void *image;

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 2, 1);
		c->in[0].zero_point = 1;
		c->conv.kernel_w = 3;
		c->conv.stride_w = 2;
		c->conv.weight_off = qnn_prog_const(e.p, weights, 3, 1);
		c->conv.bias_off = qnn_prog_const(e.p, &bias, 4, 4);
		qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
		image = qnn_prog_finish(e.p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), over ? -1 : 0);
		assert_int_equal(diag.rule, over ? QNN_RULE_ACCUMULATOR : QNN_RULE_OK);
		free(image);
		qnn_prog_free(e.p);
	}
}

static void test_mul(void **state)
{
	static const s32 expected[] = { 2, 24, 6, 4 };
	static const u8 a[] = { 0x03, 0xfb, 0x07, 0x00 }, b[] = { 0x49 };
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_MUL, 3);

	(void)state;
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 2, 2);
	c->in[0].zero_point = 1;
	c->in[1] = qnn_prog_tensor(1, QNN_ELEM_U4, 1, 1, 2);
	c->in[1].zero_point = 8;
	qnn_prog_out(c, 2, QNN_ELEM_S32, 0);
	input(&e, 0, a, sizeof(a));
	input(&e, 1, b, sizeof(b));
	end(&e, expected, sizeof(expected));
	assert_int_equal(e.total.cycles, 66);
}

static void test_argmax(void **state)
{
	static const s32 expected = 1;
	static const u8 pixel = 0xcd;
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_ARGMAX, 2);

	(void)state;
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U2, 1, 1, 4);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
	input(&e, 0, &pixel, 1);
	end(&e, &expected, sizeof(expected));
	assert_int_equal(e.total.cycles, 65);
}

static void test_softmax(void **state)
{
	static const s8 logits[] = { 5, 3, 4, 5 }, expected[] = { -35, -105, -81, -35 };
	s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_SOFTMAX, 2);
	u32 d;

	(void)state;
	for (d = 1; d <= 31; d++)
		exps[d] = (s32)(1u << (31 - d));
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 4);
	qnn_prog_out(c, 1, QNN_ELEM_S8, 0);
	c->softmax.table_off = qnn_prog_const(e.p, exps, sizeof(exps), 4);
	input(&e, 0, logits, sizeof(logits));
	end(&e, expected, sizeof(expected));
	assert_int_equal(e.total.cycles, 129);
}

/* A copy of S32 accumulators through the table. */
static void test_table(void **state)
{
	static const s32 acc[] = { 25, 61 };
	static const u8 expected[] = { 0x07, 0x0b };
	u8 table[QNN_TABLE_SIZE];
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_COPY, 2);
	int i;

	(void)state;
	for (i = -128; i < 128; i++)
		table[(u8)i] = (u8)(abs(i) < 15 ? abs(i) : 15);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S32, 1, 2, 1);
	qnn_prog_out(c, 1, QNN_ELEM_U4, 1);
	qnn_prog_requant(e.p, c, QNN_ROUND_B, 1 << 30, 0);
	c->stage.kind = QNN_STAGE_TABLE;
	c->stage.table_type = QNN_ELEM_S8;
	c->stage.table_zero_point = -20;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
	c->stage.table_off = qnn_prog_const(e.p, table, sizeof(table), 1);
	input(&e, 0, acc, sizeof(acc));
	end(&e, expected, sizeof(expected));
}

/* Three and two U4 channels become five. */
static void test_concat(void **state)
{
	static const u8 first[] = { 0x21, 0x03 }, second[] = { 0x54 };
	static const u8 expected[] = { 0x21, 0x43, 0x05 };
	struct example e;
	struct qnn_cmd *c = begin(&e, QNN_OP_COPY, 3);

	(void)state;
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U4, 1, 1, 3);
	qnn_prog_out(c, 2, QNN_ELEM_U4, 3);
	c = qnn_prog_cmd(e.p, QNN_OP_COPY);
	c->in[0] = qnn_prog_tensor(1, QNN_ELEM_U4, 1, 1, 2);
	qnn_prog_out(c, 2, QNN_ELEM_U4, 5);
	c->copy.out_first = 3;
	input(&e, 0, first, sizeof(first));
	input(&e, 1, second, sizeof(second));
	end(&e, expected, sizeof(expected));
}

/* Two pixels resized to five, by all conventions. */
static void test_resize(void **state)
{
	static const struct {
		s32 start, step, divisor;
		u8 expected[5];
	} cases[] = {
		{ 0, 2, 5, { 0, 0, 0, 1, 1 } },		/* asymmetric, floor */
		{ 5 - 1, 2, 5, { 0, 1, 1, 1, 1 } },	/* asymmetric, ceil */
		{ 2 - 1, 4, 10, { 0, 0, 0, 1, 1 } },	/* half_pixel, prefer floor */
		{ 2 - 5, 4, 10, { 0, 0, 0, 0, 1 } },	/* half_pixel, floor */
		{ 2, 4, 10, { 0, 0, 1, 1, 1 } },	/* TFLite half_pixel_centers */
		{ 5 - 1, 2, 8, { 0, 0, 1, 1, 1 } },	/* align_corners */
	};
	static const u8 pixels[] = { 0, 1 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct example e;
		struct qnn_cmd *c = begin(&e, QNN_OP_COPY, 2);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 2, 1);
		c->out = qnn_prog_tensor(1, QNN_ELEM_U8, 1, 5, 1);
		c->copy.axis[1].start = cases[i].start;
		c->copy.axis[1].step = cases[i].step;
		c->copy.axis[1].divisor = cases[i].divisor;
		c->copy.flags = QNN_COPY_CLAMP;
		input(&e, 0, pixels, sizeof(pixels));
		end(&e, cases[i].expected, 5);
	}
}

/* Nearest element to n / d, by looking: 0 floor, 1 prefer floor, 2 prefer ceil, 3 ceil. */
static s32 nearest(s32 n, s32 d, int rounding, s32 size)
{
	s32 best = -100, at;

	for (at = -100; at <= 100; at++) {
		s32 distance = abs(at * d - n), least = abs(best * d - n);

		if ((rounding == 0 && at * d > n) || (rounding == 3 && at * d < n))
			continue;
		if ((rounding == 3 && best * d < n) || distance < least ||
		    (rounding == 2 && distance == least))
			best = at;
	}
	return best < 0 ? 0 : best >= size ? size - 1 : best;
}

/* The recipe, for every size, convention and rounding. */
static void test_resize_recipe(void **state)
{
	static const u8 pixels[] = { 0, 1, 2, 3, 4, 5, 6 };
	s32 in, out, kind, rounding, o;

	(void)state;
	for (in = 1; in <= 7; in++) {
		for (o = 0; o < 9 * 4 * 4; o++) {
			struct example e;
			struct qnn_cmd *c = begin(&e, QNN_OP_COPY, 2);
			s32 s, k, d, x;
			u8 expected[10];

			out = o / 16 + 2;
			kind = o / 4 % 4;
			rounding = o % 4;
			s = kind == 0 ? in : kind == 3 ? in - 1 : 2 * in;
			k = kind == 1 ? in - out : kind == 2 ? in : 0;
			d = kind == 0 ? out : kind == 3 ? out - 1 : 2 * out;
			for (x = 0; x < out; x++)
				expected[x] = (u8)nearest(s * x + k, d, rounding, in);
			c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, (u32)in, 1, 1);
			c->out = qnn_prog_tensor(1, QNN_ELEM_U8, (u32)out, 1, 1);
			c->copy.axis[0].step = 2 * s;
			c->copy.axis[0].divisor = 2 * d;
			c->copy.axis[0].start = 2 * k + (rounding == 0 ? 0 : rounding == 1 ? d - 1 :
							 rounding == 2 ? d : 2 * d - 1);
			c->copy.flags = QNN_COPY_CLAMP;
			input(&e, 0, pixels, (u32)in);
			end(&e, expected, (u32)out);
		}
	}
}

static void test_blocks(void **state)
{
	static const u8 pixel[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	static const u8 spread[2][8] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7 }, { 0, 4, 1, 5, 2, 6, 3, 7 },
	};
	int crd;

	(void)state;
	for (crd = 0; crd < 2; crd++) {
		struct example e;
		struct qnn_cmd *c = begin(&e, QNN_OP_COPY, 2);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 8);
		c->out = qnn_prog_tensor(1, QNN_ELEM_U8, 2, 2, 2);
		c->copy.mode = QNN_COPY_DEPTH_TO_SPACE;
		c->copy.block = 2;
		c->copy.flags = crd ? QNN_COPY_CRD : 0;
		input(&e, 0, pixel, 8);
		end(&e, spread[crd], 8);
		/* And back. */
		c = begin(&e, QNN_OP_COPY, 2);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 2, 2, 2);
		c->out = qnn_prog_tensor(1, QNN_ELEM_U8, 1, 1, 8);
		c->copy.mode = QNN_COPY_SPACE_TO_DEPTH;
		c->copy.block = 2;
		c->copy.flags = crd ? QNN_COPY_CRD : 0;
		input(&e, 0, spread[crd], 8);
		end(&e, pixel, 8);
	}
}

static void binary_layer(struct example *e, u8 weights, u8 region)
{
	struct qnn_cmd *c = qnn_prog_cmd(e->p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 4);
	c->conv.weight_type = QNN_ELEM_B1;
	c->conv.weight_off = qnn_prog_const(e->p, &weights, 1, 1);
	qnn_prog_out(c, region, QNN_ELEM_S32, 1);
}

/* Three binary layers, 4 * a + 2 * b + c, and a binary activation. */
static void test_sum_of_binary_layers(void **state)
{
	static const u8 pixel = 0x0d, expected[] = { 1, 0 };
	s32 level;

	(void)state;
	for (level = 8; level < 10; level++) {
		struct example e;
		struct qnn_cmd *c;
		u32 i;

		memset(&e, 0, sizeof(e));
		e.p = qnn_prog_new();
		for (i = 0; i < 5; i++)
			qnn_prog_region(e.p, 0);
		binary_layer(&e, 0x0b, 1);
		binary_layer(&e, 0x09, 2);
		binary_layer(&e, 0x0d, 3);
		c = qnn_prog_cmd(e.p, QNN_OP_ADD);
		c->in[0] = qnn_prog_tensor(1, QNN_ELEM_S32, 1, 1, 1);
		c->in[1] = qnn_prog_tensor(2, QNN_ELEM_S32, 1, 1, 1);
		c->add.shift[0] = 3;
		c->add.shift[1] = 2;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 1);	/* in place */
		c = qnn_prog_cmd(e.p, QNN_OP_ADD);
		c->in[0] = qnn_prog_tensor(1, QNN_ELEM_S32, 1, 1, 1);
		c->in[1] = qnn_prog_tensor(3, QNN_ELEM_S32, 1, 1, 1);
		qnn_prog_out(c, 4, QNN_ELEM_B1, 1);
		c->stage.kind = QNN_STAGE_THRESHOLD;
		c->stage.levels = 1;
		c->stage.threshold_off = qnn_prog_const(e.p, &level, 4, 4);
		input(&e, 0, &pixel, 1);
		end(&e, &expected[level - 8], 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv_transpose),
		cmocka_unit_test(test_conv_transpose_bound),
		cmocka_unit_test(test_mul),
		cmocka_unit_test(test_argmax),
		cmocka_unit_test(test_softmax),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_concat),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_resize_recipe),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_sum_of_binary_layers),
	};

	return cmocka_run_group_tests_name("fw_examples", tests, NULL, NULL);
}

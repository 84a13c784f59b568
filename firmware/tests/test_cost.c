// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * The cycle model where it changes course, and what can be counted. Figures
 * follow from "Cycle model" in Documentation/device.rst.
 */
#include "fw_test.h"

/* A row of S8 pixels by a 1x1 kernel: sizes around half of the SRAM, 131072. */
static const struct {
	u32 channels, out_channels, pixels;
	u64 read;
} passes[] = {
	/* one byte more than fits, of both: two passes */
	{ 43691, 3, 3, 131073 + 2 * 131073 },
	/* the weights just fit */
	{ 32768, 4, 5, 131072 + 163840 },
	/* two halves of weights; the input just fits */
	{ 32768, 8, 4, 262144 + 131072 },
	{ 32768, 8, 5, 262144 + 2 * 163840 },
	/* a byte more than two halves */
	{ 52429, 5, 3, 262145 + 3 * 157287 },
};

static void test_passes(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(passes); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_CONV);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, passes[i].pixels, passes[i].channels);
		qnn_prog_out(c, 1, QNN_ELEM_S32, passes[i].out_channels);
		c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
		image = qnn_prog_finish(p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
		assert_int_equal(prog.total.bytes_read, passes[i].read);
		assert_int_equal(prog.total.bytes_written,
				 4 * passes[i].pixels * passes[i].out_channels);
		free(image);
		qnn_prog_free(p);
	}
}

/* A layer of 2^49 multiply-adds, or of one. */
static void add_layer(struct qnn_prog *p, int huge)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, huge ? 32768 : 1, huge ? 32768 : 1, 1);
	c->conv.weight_type = QNN_ELEM_B1;
	if (huge) {
		c->conv.kernel_h = c->conv.kernel_w = 128;
		c->conv.pad_top = c->conv.pad_left = 64;
		c->conv.pad_bottom = c->conv.pad_right = 63;
	}
	qnn_prog_out(c, 1, QNN_ELEM_B1, huge ? 32 : 1);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.levels = 1;
}

/* 2^13 layers of 2^49 multiply-adds are 2^62, as many as can be counted. */
static void test_most_work(void **state)
{
	const u32 layers = 1 << 13;
	u32 extra, i;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_program prog;
		struct qnn_diag diag;
		void *image;
		size_t size;

		qnn_prog_region(p, 1ull << 32);
		qnn_prog_region(p, 1ull << 32);
		for (i = 0; i < layers; i++)
			add_layer(p, 1);
		if (extra)
			add_layer(p, 0);
		/* weights and the threshold, all at the same place */
		qnn_prog_const(p, NULL, 128 * 128 / 8 * 32, 4);
		image = qnn_prog_finish(p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), extra ? -1 : 0);
		if (extra) {
			assert_int_equal(diag.rule, QNN_RULE_LIMIT);
			assert_int_equal(diag.cmd, layers);
			assert_string_equal(diag.field, "macs");
			assert_int_equal(diag.value, 1);
			assert_int_equal(diag.limit, 0);
		} else {
			assert_int_equal(prog.total.macs, 1ull << 62);
		}
		free(image);
		qnn_prog_free(p);
	}
}

/* Windows of 65535 x 65535 taps over a pixel. */
static void add_windows(struct qnn_prog *p, u32 channels)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, channels);
	c->pool.kernel_h = c->pool.kernel_w = 65535;
	c->pool.pad_top = c->pool.pad_left = 65534;
	c->pool.pad_bottom = c->pool.pad_right = 65534;
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
}

/*
 * Elements of a window over 65535 x 65535 outputs: with one channel they are
 * 65535^4 taps, a 64th of that in cycles; with more, no 64 bits hold them.
 */
static void test_uncountable(void **state)
{
	const u64 taps = 65535ull * 65535 * 65535 * 65535, most = 1ull << 62;
	struct qnn_prog *p;
	struct qnn_program prog;
	struct qnn_diag diag;
	void *image;
	size_t size;
	u32 i;

	(void)state;
	p = qnn_prog_new();
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	for (i = 0; i < 20; i++)
		add_windows(p, 1);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_LIMIT);
	assert_string_equal(diag.field, "cycles");
	assert_int_equal(diag.cmd, 16);
	assert_int_equal(diag.value, (taps + 63) / 64 + 64);
	assert_int_equal(diag.limit, most - 16 * ((taps + 63) / 64 + 64));
	free(image);
	qnn_prog_free(p);

	/* Twice as many, and what a full counter can say of it. */
	p = qnn_prog_new();
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	add_windows(p, 2);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_LIMIT);
	assert_int_equal(diag.cmd, 0);
	assert_int_equal(diag.value, most + 1);
	assert_int_equal(diag.limit, most);
	free(image);
	qnn_prog_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes),
		cmocka_unit_test(test_most_work),
		cmocka_unit_test(test_uncountable),
	};

	return cmocka_run_group_tests_name("fw_cost", tests, NULL, NULL);
}

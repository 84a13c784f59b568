// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Layers against the oracle: random ones, all widths, extremes. */
#include "fw_test.h"

static void random_layers(u32 opcode, int rounds)
{
	char what[64];
	int seed;

	for (seed = 0; seed < rounds; seed++) {
		struct rng rng = { (u64)opcode << 32 | (u32)seed };
		size_t size;
		void *image = fw_random_program(&rng, opcode, &size);

		snprintf(what, sizeof(what), "%s, seed %d", qnn_opcode_name(opcode), seed);
		fw_compare(image, size, &rng, what);
		free(image);
	}
}

static void test_random_conv(void **state)
{
	(void)state;
	random_layers(QNN_OP_CONV, 600);
}

static void test_random_fc(void **state)
{
	(void)state;
	random_layers(QNN_OP_FC, 300);
}

static void test_random_max_pool(void **state)
{
	(void)state;
	random_layers(QNN_OP_MAX_POOL, 300);
}

static void test_random_avg_pool(void **state)
{
	(void)state;
	random_layers(QNN_OP_AVG_POOL, 400);
}

static void test_random_add(void **state)
{
	(void)state;
	random_layers(QNN_OP_ADD, 400);
}

static void test_random_mul(void **state)
{
	(void)state;
	random_layers(QNN_OP_MUL, 400);
}

static void test_random_conv_transpose(void **state)
{
	(void)state;
	random_layers(QNN_OP_CONV_TRANSPOSE, 600);
}

static void test_random_copy(void **state)
{
	(void)state;
	random_layers(QNN_OP_COPY, 1500);
}

static void test_random_argmax(void **state)
{
	(void)state;
	random_layers(QNN_OP_ARGMAX, 300);
}

static void test_random_softmax(void **state)
{
	(void)state;
	random_layers(QNN_OP_SOFTMAX, 200);
}

/* A 3x3 layer whose operands are all @in_byte and @weight_byte, or random. */
static void run_width(u32 in_type, u32 weight_type, int in_byte, int weight_byte, u32 channels)
{
	u32 codes = 1u << qnn_prog_type_bits(weight_type), i;
	struct rng rng = { in_type * 64 + weight_type };
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *cmd;
	struct qnn_program_header *header;
	void *image;
	size_t size;
	s8 book[32];
	u8 *w;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	cmd = qnn_prog_cmd(p, QNN_OP_CONV);
	cmd->in[0] = qnn_prog_tensor(0, in_type, 4, 5, channels);
	cmd->conv.kernel_h = 3;
	cmd->conv.kernel_w = 3;
	cmd->conv.pad_left = 1;
	cmd->conv.weight_type = (u8)weight_type;
	qnn_prog_out(cmd, 1, QNN_ELEM_S32, 18);
	size = qnn_prog_weight_bytes(cmd);
	w = malloc(size);
	rng_fill(&rng, w, size);
	if (weight_byte >= 0)
		memset(w, weight_byte, size);
	cmd->conv.weight_off = qnn_prog_const(p, w, size, 1);
	for (i = 0; i < codes && i < 32; i++)
		book[i] = (s8)(i % 3 ? (int)i * 8 - 128 : 127 - (int)i);
	if (weight_type >= QNN_WEIGHT_CB1)
		cmd->conv.codebook_off = qnn_prog_const(p, book, codes, 1);
	if (in_byte >= 0 && in_type != QNN_ELEM_B1)
		cmd->in[0].zero_point = qnn_prog_type_max(in_type);
	image = qnn_prog_finish(p, &size);
	header = image;
	assert_int_equal(header->size, size);
	fw_compare(image, size, &rng, "width");
	free(w);
	free(image);
	qnn_prog_free(p);
}

static void test_all_widths(void **state)
{
	u32 a, w;

	(void)state;
	for (a = QNN_ELEM_S8; a <= QNN_ELEM_B1; a++) {
		for (w = QNN_ELEM_S8; w <= QNN_WEIGHT_CB5; w++) {
			if (w > QNN_ELEM_B1 && w < QNN_WEIGHT_CB1)
				continue;
			run_width(a, w, -1, -1, 29);
			run_width(a, w, 0, 0x00, 16);
			run_width(a, w, 0, 0xff, 16);
		}
	}
}

/* Depthwise layers of more channels and taps than are done at once. */
static void test_depthwise(void **state)
{
	static const u8 types[][3] = {
		{ QNN_ELEM_S8, QNN_ELEM_S8, QNN_ELEM_S8 },
		{ QNN_ELEM_U4, QNN_WEIGHT_CB3, QNN_ELEM_U4 },
		{ QNN_ELEM_U2, QNN_WEIGHT_CB5, QNN_ELEM_B1 },
		{ QNN_ELEM_B1, QNN_ELEM_B1, QNN_ELEM_S2 },
	};
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct rng rng = { i };
		struct qnn_cmd *c;
		void *image;
		u8 *w;

		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_CONV);
		c->in[0] = qnn_prog_tensor(0, types[i][0], 9, 8, 261);
		c->conv.groups = 261;
		c->conv.kernel_h = 7;
		c->conv.kernel_w = 7;
		c->conv.pad_top = 3;
		c->conv.pad_left = 4;
		c->conv.pad_right = 2;
		c->conv.weight_type = types[i][1];
		qnn_prog_out(c, 1, types[i][2], 261);
		size = qnn_prog_weight_bytes(c);
		w = malloc(size + 3 * 32);
		rng_fill(&rng, w, size + 3 * 32);
		c->conv.weight_off = qnn_prog_const(p, w, size, 1);
		if (types[i][1] >= QNN_WEIGHT_CB1) {
			c->conv.codebook_channels = 100;
			c->conv.codebook_off = qnn_prog_const(p, w + size, 3 * 32, 1);
		}
		qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -5);
		image = qnn_prog_finish(p, &size);
		fw_compare(image, size, &rng, "depthwise");
		free(w);
		free(image);
		qnn_prog_free(p);
	}
}

/* As deep as the accumulator allows, and all products of one sign. */
static void run_deep(u32 in_type, s32 in_zp, u8 in_byte, u8 weight_byte, s32 weight_zp, s64 product)
{
	u32 depth = QNN_ACC_MAX / 65025;
	struct qnn_prog *p = qnn_prog_new();
	struct rng rng = { 7 };
	struct qnn_cmd *cmd;
	struct fw_job job;
	void *image;
	size_t size;
	u8 *w = malloc(2 * depth);
	s32 bias[2] = { (s32)(QNN_ACC_MAX - 65025ll * depth) };

	memset(w, weight_byte, 2 * depth);
	bias[1] = -bias[0];
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	cmd = qnn_prog_cmd(p, QNN_OP_FC);
	cmd->in[0] = qnn_prog_tensor(0, in_type, 1, 1, depth);
	cmd->in[0].zero_point = in_zp;
	cmd->conv.weight_type = QNN_ELEM_U8;
	cmd->conv.weight_zero_point = weight_zp;
	cmd->conv.weight_off = qnn_prog_const(p, w, 2 * depth, 1);
	cmd->conv.bias_off = qnn_prog_const(p, bias, 8, 4);
	qnn_prog_out(cmd, 1, QNN_ELEM_S32, 2);
	image = qnn_prog_finish(p, &size);
	fw_job_init(&job, image, size, &rng);
	memset(job.regions[0], in_byte, depth);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_int_equal(((s32 *)job.regions[1])[0], product * depth + bias[0]);
	assert_int_equal(((s32 *)job.regions[1])[1], product * depth + bias[1]);
	fw_job_free(&job);
	free(image);
	free(w);
	qnn_prog_free(p);
}

static void test_deepest(void **state)
{
	(void)state;
	run_deep(QNN_ELEM_U8, 0, 255, 255, 0, 65025);
	run_deep(QNN_ELEM_U8, 0, 255, 0, 255, -65025);
	run_deep(QNN_ELEM_U8, 255, 0, 255, 0, -65025);
	run_deep(QNN_ELEM_S8, 127, 128, 0, 255, 65025);
	run_deep(QNN_ELEM_S8, -128, 127, 255, 0, 65025);
}

/* Addition saturates: first each operand, then the sum. */
static void test_add_saturation(void **state)
{
	static const struct {
		s32 a, b;
		s8 shift;
		u8 left_shift;
		s32 sum;
	} cases[] = {
		{ INT32_MAX, INT32_MAX, 1, 0, QNN_ACC_MAX },
		{ INT32_MIN, INT32_MIN, 1, 0, -QNN_ACC_MAX },
		{ INT32_MIN, INT32_MAX, 1, 0, 0 },
		{ INT32_MIN, 0, 0, 0, -QNN_ACC_MAX / 2 },
		{ 1 << 20, 5, 1, 20, QNN_ACC_MAX },
		{ 1000, -1000, 1, 20, 0 },
		{ 100, 28, 1, 20, 128 << 20 },
	};
	struct qnn_prog *p = qnn_prog_new();
	struct rng rng = { 3 };
	struct fw_job job;
	struct qnn_cmd *cmd;
	void *image;
	size_t size, i;

	(void)state;
	for (i = 0; i < 3; i++)
		qnn_prog_region(p, 0);
	cmd = qnn_prog_cmd(p, QNN_OP_ADD);
	cmd->in[0] = qnn_prog_tensor(0, QNN_ELEM_S32, 1, 1, 1);
	cmd->in[1] = qnn_prog_tensor(1, QNN_ELEM_S32, 1, 1, 1);
	qnn_prog_out(cmd, 2, QNN_ELEM_S32, 1);
	image = qnn_prog_finish(p, &size);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		cmd = fw_cmd(image, 0);
		cmd->add.shift[0] = cases[i].shift;
		cmd->add.shift[1] = cases[i].shift;
		cmd->add.left_shift = cases[i].left_shift;
		fw_job_init(&job, image, size, &rng);
		*(s32 *)job.regions[0] = cases[i].a;
		*(s32 *)job.regions[1] = cases[i].b;
		assert_int_equal(qnn_exec_run(&job.exec), 0);
		assert_int_equal(*(s32 *)job.regions[2], cases[i].sum);
		fw_job_free(&job);
	}
	free(image);
	qnn_prog_free(p);
}

/* The largest kernel, and a mean over all of a wide input. */
static void test_large_pool(void **state)
{
	u32 opcode;

	(void)state;
	for (opcode = QNN_OP_MAX_POOL; opcode <= QNN_OP_AVG_POOL; opcode++) {
		struct qnn_prog *p = qnn_prog_new();
		struct rng rng = { 11 };
		struct qnn_cmd *cmd;
		void *image;
		size_t size;

		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		cmd = qnn_prog_cmd(p, opcode);
		cmd->in[0] = qnn_prog_tensor(0, QNN_ELEM_U4, 3, 700, 3);
		cmd->pool.kernel_h = 3;
		cmd->pool.kernel_w = 65535;
		cmd->pool.pad_left = 65534;
		cmd->pool.pad_right = 65534;
		cmd->pool.stride_w = 65535;
		qnn_prog_out(cmd, 1, QNN_ELEM_U4, 0);
		if (opcode == QNN_OP_AVG_POOL) {
			cmd->stage.kind = QNN_STAGE_MEAN;
			cmd->stage.clamp_max = 15;
		}
		assert_int_equal(cmd->out.width, 2);
		image = qnn_prog_finish(p, &size);
		fw_compare(image, size, &rng, "large pool");
		free(image);
		qnn_prog_free(p);
	}
}

/* The worked example of Documentation/device.rst, with all its figures. */
static void test_documented_example(void **state)
{
	static const u8 input[] = { 0xe1, 0x07, 0x30, 0x08 }, weights[] = { 0xcd, 0x85, 0x01 };
	static const s8 book[] = { -7, -4, -2, -1, 1, 2, 4, 7 };
	static const s32 thresholds[] = { -5, 25, 61 };
	const s32 bias = 10, too_large = QNN_ACC_MAX - 378 + 1;
	struct qnn_prog *p = qnn_prog_new();
	struct rng rng = { 0 };
	struct qnn_diag diag;
	struct fw_job job;
	struct qnn_cmd *c;
	void *image;
	size_t size;
	u32 bias_off;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_CONV);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S4, 1, 2, 3);
	c->in[0].zero_point = 1;
	c->conv.kernel_w = 2;
	c->conv.pad_left = 1;
	c->conv.weight_type = QNN_WEIGHT_CB3;
	c->conv.weight_off = qnn_prog_const(p, weights, sizeof(weights), 1);
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 1);
	c->conv.bias_off = qnn_prog_const(p, &bias, sizeof(bias), 4);
	bias_off = c->conv.bias_off;
	qnn_prog_out(c, 1, QNN_ELEM_U2, 1);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.levels = 3;
	c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	image = qnn_prog_finish(p, &size);
	fw_job_init(&job, image, size, &rng);
	memcpy(job.regions[0], input, sizeof(input));
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_int_equal(job.regions[1][0], 2);
	assert_int_equal(job.regions[1][1], 3);
	assert_int_equal(job.exec.done.cycles, 67);
	assert_int_equal(job.exec.done.macs, 12);
	fw_job_free(&job);
	/* The bound is 378 and the bias. */
	memcpy(fw_consts(image) + bias_off, &too_large, sizeof(too_large));
	assert_int_equal(qnn_program_validate(image, size, &job.prog, &diag, NULL, NULL), -1);
	assert_int_equal(diag.rule, QNN_RULE_ACCUMULATOR);
	assert_int_equal(diag.value, QNN_ACC_MAX + 1ll);
	free(image);
	qnn_prog_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_conv),
		cmocka_unit_test(test_random_fc),
		cmocka_unit_test(test_random_max_pool),
		cmocka_unit_test(test_random_avg_pool),
		cmocka_unit_test(test_random_add),
		cmocka_unit_test(test_random_mul),
		cmocka_unit_test(test_random_conv_transpose),
		cmocka_unit_test(test_random_copy),
		cmocka_unit_test(test_random_argmax),
		cmocka_unit_test(test_random_softmax),
		cmocka_unit_test(test_all_widths),
		cmocka_unit_test(test_depthwise),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_add_saturation),
		cmocka_unit_test(test_large_pool),
		cmocka_unit_test(test_documented_example),
	};

	return cmocka_run_group_tests_name("fw_layers", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Stopping: every command, and every array that the validator looks at, counts
 * its work, and what was stopped says so.
 */
#include "fw_test.h"

struct polls {
	u64 calls;
	u64 stop_at;		/* this call says stop; 0: none */
};

static int count_poll(void *priv)
{
	struct polls *p = priv;

	return ++p->calls == p->stop_at;
}

/* As many calls as the work asks for, and not many more. */
static void check_calls(const char *what, u64 calls, u64 units, u64 most)
{
	if (calls < units / QNN_POLL_WORK || calls > most)
		fail_msg("%s: %llu calls for %llu units, at most %llu", what, calls, units, most);
}

/* --- validation -------------------------------------------------------------- */

enum array { BIAS, BOOKS, MULTIPLIERS, FLOATS, THRESHOLDS, NEGATES, TABLES };

static const struct {
	const char *name;
	enum array array;
	u32 channels;
	u32 commands;
	u64 units;		/* constants that are looked at */
} arrays[] = {
	{ "biases", BIAS, 65535, 8, 8 * 65535 },
	{ "code books", BOOKS, 65535, 4, 8 * 65535 },
	{ "multipliers", MULTIPLIERS, 65535, 8, 8 * 65535 },
	{ "floats", FLOATS, 65535, 8, 8 * 65535 },
	{ "thresholds", THRESHOLDS, 65535, 4, 8 * 65535 },
	{ "negated channels", NEGATES, 65535, 4, 8 * 65535 },	/* and thresholds */
	{ "tables", TABLES, 2048, 1, 2048 * 256 },
};

/* The constants of a command: zeros will do, but for the scales of rule C. */
static void add_array(struct qnn_prog *p, struct qnn_cmd *c, enum array array, u32 consts)
{
	static const u32 floats[65535] = { [0 ... 65534] = 0x3f800000 };
	u32 n = c->out.channels;

	c->conv.weight_off = consts;
	if (array == BIAS) {
		c->conv.bias_off = consts;
	} else if (array == BOOKS) {
		c->conv.weight_type = QNN_WEIGHT_CB1;
		c->conv.codebook_off = consts;
		c->conv.codebook_channels = 1;
	}
	if (array < MULTIPLIERS)
		return;
	c->out.type = QNN_ELEM_U8;
	c->stage.kind = QNN_STAGE_REQUANT;
	c->stage.rule = array == FLOATS ? QNN_ROUND_C : QNN_ROUND_A;
	c->stage.scale_off = consts;
	c->stage.shift_off = array == FLOATS ? 0 : consts;
	c->stage.clamp_max = 255;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	if (array == FLOATS)
		c->stage.scale_off = qnn_prog_const(p, floats, 4 * n, 4);
	if (array == TABLES) {
		c->stage.kind = QNN_STAGE_TABLE;
		c->stage.flags = QNN_STAGE_TABLES;
		c->stage.table_type = QNN_ELEM_U8;
		c->stage.table_off = consts;
	}
	if (array != THRESHOLDS && array != NEGATES)
		return;
	memset(&c->stage, 0, sizeof(c->stage));
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	c->stage.levels = array == NEGATES ? 1 : 2;
	c->stage.threshold_off = consts;
	if (array == NEGATES) {
		c->stage.flags |= QNN_STAGE_NEGATE;
		c->stage.negate_off = consts;
	}
}

static void *array_program(u32 which, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u32 consts, i;
	void *image;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	consts = qnn_prog_const(p, NULL, 4 * 2 * 65536, 64);
	for (i = 0; i < arrays[which].commands; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_FC);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 1);
		c->conv.weight_type = QNN_ELEM_B1;
		qnn_prog_out(c, 1, QNN_ELEM_S32, arrays[which].channels);
		add_array(p, c, arrays[which].array, consts);
	}
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

static void check_stops(const void *image, size_t size, u64 calls, u64 step)
{
	struct polls polls = { 0 };
	struct qnn_program prog;
	struct qnn_diag diag;

	for (polls.stop_at = 1; polls.stop_at <= calls; polls.stop_at += step) {
		polls.calls = 0;
		assert_int_equal(qnn_program_validate(image, size, &prog, &diag, count_poll,
						      &polls), -1);
		assert_int_equal(polls.calls, polls.stop_at);
		assert_int_equal(diag.rule, QNN_RULE_INTERRUPTED);
		assert_string_equal(diag.field, "poll");
		assert_int_equal(diag.value, 0);
		assert_int_equal(diag.limit, 0);
	}
}

static void test_arrays(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(arrays); i++) {
		struct polls polls = { 0 };
		struct qnn_program prog;
		struct qnn_diag diag;
		size_t size;
		void *image = array_program(i, &size);

		if (qnn_program_validate(image, size, &prog, &diag, count_poll, &polls))
			fail_msg("%s: refused for %s", arrays[i].name, diag.field);
		check_calls(arrays[i].name, polls.calls, arrays[i].units,
			    arrays[i].units / QNN_POLL_WORK + 1);
		check_stops(image, size, polls.calls, 1);
		free(image);
	}
}

/* Without an array to look at, each command is work all the same, twice. */
static void test_many_commands(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct polls polls = { 0 };
	struct rng rng = { 1 };
	struct qnn_program prog;
	struct qnn_diag diag;
	struct fw_job job;
	void *image;
	size_t size;
	u32 i;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	for (i = 0; i < QNN_MAX_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 1);
		qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	}
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_program_validate(image, size, &prog, &diag, count_poll, &polls), 0);
	/* Each of them checked, and each of them counted. */
	assert_in_range(polls.calls, 100, 200);
	check_stops(image, size, polls.calls, 9);

	/* Nor does a run of them go on when it is told to stop. */
	fw_job_init(&job, image, size, &rng);
	job.exec.poll = count_poll;
	job.exec.priv = &polls;
	for (polls.stop_at = 1; polls.stop_at < 250; polls.stop_at += 31) {
		polls.calls = 0;
		assert_int_equal(qnn_exec_run(&job.exec), -1);
		assert_int_equal(polls.calls, polls.stop_at);
	}
	fw_job_free(&job);
	free(image);
	qnn_prog_free(p);
}

static const s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };

/* Calls while @commands of one kind with a table of exponentials are checked, or without. */
static u64 calls_for(u32 opcode, u32 commands)
{
	struct qnn_prog *p = qnn_prog_new();
	struct polls polls = { 0 };
	struct qnn_program prog;
	struct qnn_diag diag;
	u32 consts, i;
	size_t size;
	void *image;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	consts = qnn_prog_const(p, exps, sizeof(exps), 4);
	for (i = 0; i < commands; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 1);
		qnn_prog_out(c, 1, QNN_ELEM_U8, 0);
		if (opcode == QNN_OP_SOFTMAX)
			c->softmax.table_off = consts;
	}
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_program_validate(image, size, &prog, &diag, count_poll, &polls), 0);
	check_stops(image, size, polls.calls, 1);
	free(image);
	qnn_prog_free(p);
	return polls.calls;
}

/* The 256 exponentials of each command are looked at, and counted. */
static void test_exponentials(void **state)
{
	u64 without = calls_for(QNN_OP_MAX_POOL, 4096), with = calls_for(QNN_OP_SOFTMAX, 4096);

	(void)state;
	assert_in_range(with - without, 15, 17);	/* 4096 * 256 = 16 * QNN_POLL_WORK */
}

/* --- a run ------------------------------------------------------------------- */

static struct qnn_cmd *convolution(struct qnn_prog *p, u32 opcode, u32 size, u32 channels,
				   u32 out_channels, u32 groups)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, size, size, channels);
	c->conv.groups = (u16)groups;
	if (opcode != QNN_OP_FC)
		c->conv.kernel_h = c->conv.kernel_w = 3;
	qnn_prog_out(c, 1, QNN_ELEM_S32, out_channels);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	return c;
}

static void add_fc(struct qnn_prog *p)
{
	convolution(p, QNN_OP_FC, 1, 30000, 20, 1);
}

static void add_dense(struct qnn_prog *p)
{
	convolution(p, QNN_OP_CONV, 18, 16, 16, 1);
}

/* One tap and one channel each: there is more to move than to multiply. */
static void add_thin(struct qnn_prog *p)
{
	struct qnn_cmd *c = convolution(p, QNN_OP_CONV, 600, 1, 1, 1);

	c->conv.kernel_h = c->conv.kernel_w = 1;
	c->out = qnn_prog_tensor(1, QNN_ELEM_S32, 600, 600, 1);
}

/* One tap, but as many channels at a time as pixels: what is stored counts. */
static void add_wide(struct qnn_prog *p)
{
	struct qnn_cmd *c = convolution(p, QNN_OP_CONV, 200, 1, 16, 1);

	c->conv.kernel_h = c->conv.kernel_w = 1;
	c->out = qnn_prog_tensor(1, QNN_ELEM_S32, 200, 200, 16);
}

/* What strides leave out is not computed. */
static void add_strided(struct qnn_prog *p)
{
	struct qnn_cmd *c = convolution(p, QNN_OP_CONV, 131, 8, 8, 1);

	c->conv.stride_h = c->conv.stride_w = 4;
	c->out = qnn_prog_tensor(1, QNN_ELEM_S32, 33, 33, 8);
}

static void add_depthwise(struct qnn_prog *p)
{
	convolution(p, QNN_OP_CONV, 34, 130, 130, 130);
}

/* Weights are looked at once, products are one for each, and there is one sum of them. */
static void add_one_pixel(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 9, 30000);
	c->conv.groups = 30000;
	c->conv.kernel_w = 9;
	qnn_prog_out(c, 1, QNN_ELEM_S32, 30000);
	c->conv.weight_off = qnn_prog_const(p, NULL, 9 * 30000, 1);
}

/* As much to store as to multiply. */
static void add_one_tap(struct qnn_prog *p)
{
	struct qnn_cmd *c = convolution(p, QNN_OP_CONV, 60, 130, 130, 130);

	c->conv.kernel_h = c->conv.kernel_w = 1;
	c->out = qnn_prog_tensor(1, QNN_ELEM_S32, 60, 60, 130);
}

/* All weights fit at once, and so they are not looked at again for other pixels. */
static void add_most_taps(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 31, 35, 130);
	c->conv.groups = 130;
	c->conv.kernel_h = 4;
	c->conv.kernel_w = 8;
	qnn_prog_out(c, 1, QNN_ELEM_S32, 130);
	c->conv.weight_off = qnn_prog_const(p, NULL, 32 * 130, 1);
}

static void add_transposed(struct qnn_prog *p)
{
	convolution(p, QNN_OP_CONV_TRANSPOSE, 20, 16, 16, 1);
}

/* Many grids of one pixel, and no tap meets most of them. */
static void add_grids(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 1);
	c->conv.stride_h = c->conv.stride_w = 40;
	c->out = qnn_prog_tensor(1, QNN_ELEM_S32, 40, 40, 1);
	c->conv.weight_off = qnn_prog_const(p, NULL, 1, 1);
}

/* Of the 255 by 255 remainders, the one that has a pixel. */
static void add_one_grid(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 1);
	c->conv.stride_h = c->conv.stride_w = 255;
	qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
	c->conv.weight_off = qnn_prog_const(p, NULL, 1, 1);
}

static void add_pool(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 24, 24, 130);
	c->pool.kernel_h = c->pool.kernel_w = 3;
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
}

static void add_tiny_pool(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_AVG_POOL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 600, 600, 1);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
}

/*
 * 655 pieces of 100 units are what a call may be apart by, an odd number: so it
 * is a tap's turn to ask, and then the output stage's.
 */
static void add_turns(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_AVG_POOL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 60, 60, 100);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
}

static void add_elementwise(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MUL);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 60, 60, 130);
	c->in[1] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 1);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
}

static void add_copy(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 60, 60, 130);
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
}

static void add_argmax(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ARGMAX);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 60, 60, 130);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
}

/* Each element is looked at three times, and each time is once the one to ask. */
static void add_softmax(struct qnn_prog *p)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 60, 60, 131);
	qnn_prog_out(c, 1, QNN_ELEM_U8, 0);
	c->softmax.table_off = qnn_prog_const(p, exps, sizeof(exps), 4);
}

/* Multiply-adds or elements, and calls for those and what else there is to do. */
static const struct {
	const char *name;
	void (*add)(struct qnn_prog *p);
	u64 units;
	u32 most;
} runs[] = {
	{ "fully connected", add_fc, 2 * 30000 * 20, 20 },	/* a weight for each product */
	{ "convolution", add_dense, 16 * 16 * 16 * 144, 17 },
	{ "convolution of one tap", add_thin, 2 * 600 * 600, 17 },
	{ "one tap, 16 channels", add_wide, 2 * 200 * 200 * 16, 22 },
	{ "strided", add_strided, 33 * 33 * 8 * 72, 18 },
	{ "depthwise", add_depthwise, 32 * 32 * 130 * 10, 21 },
	{ "depthwise, one pixel", add_one_pixel, 30000 * 19, 9 },
	{ "depthwise, one tap", add_one_tap, 60 * 60 * 130 * 2, 15 },
	{ "depthwise, most taps", add_most_taps, 28 * 28 * 130 * 33, 52 },
	{ "transposed", add_transposed, 22 * 22 * 9 * 256, 31 },
	{ "grids", add_grids, 1600 * 1000, 26 },
	{ "one grid of many", add_one_grid, 1, 0 },
	{ "pool", add_pool, 22 * 22 * 130 * 10, 10 },
	{ "pool of one tap", add_tiny_pool, 2 * 600 * 600, 11 },
	{ "pool in turns", add_turns, 2 * 60 * 60 * 100, 11 },
	{ "product", add_elementwise, 3 * 60 * 60 * 130, 22 },
	{ "copy", add_copy, 60 * 60 * 130, 29 },
	{ "argmax", add_argmax, 60 * 60 * 130, 8 },
	{ "softmax", add_softmax, 3 * 60 * 60 * 131, 22 },
};

static void check_run(u32 which)
{
	struct qnn_prog *p = qnn_prog_new();
	struct polls polls = { 0 };
	struct rng rng = { which };
	struct fw_job job;
	void *image;
	size_t size;
	u64 calls;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	runs[which].add(p);
	image = qnn_prog_finish(p, &size);
	assert_non_null(image);
	fw_job_init(&job, image, size, &rng);
	job.exec.poll = count_poll;
	job.exec.priv = &polls;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	calls = polls.calls;
	check_calls(runs[which].name, calls, runs[which].units, runs[which].most);
	for (polls.stop_at = 1; polls.stop_at <= calls; polls.stop_at++) {
		polls.calls = 0;
		assert_int_equal(qnn_exec_run(&job.exec), -1);
		assert_int_equal(polls.calls, polls.stop_at);
		assert_int_equal(job.exec.done.cycles, 0);
	}
	fw_job_free(&job);
	free(image);
	qnn_prog_free(p);
}

static void test_runs(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(runs); i++)
		check_run(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_many_commands),
		cmocka_unit_test(test_exponentials),
		cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests_name("fw_stop", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The command processor: polling, stopping, records, and the cycle model. */
#include "firmware/poll.h"
#include "bases.h"

struct polls {
	u64 calls;
	u64 stop_at;		/* this call says stop; 0: none */
	u64 clock;
};

static int count_poll(void *priv)
{
	struct polls *p = priv;

	return ++p->calls == p->stop_at;
}

static u64 tick(void *priv)
{
	struct polls *p = priv;

	return p->clock += 1000;
}

/* What was announced last has not been done when the caller is asked. */
static void test_poll_counts(void **state)
{
	struct polls polls = { 0 };
	struct qnn_poll poll = { count_poll, &polls, 0 };

	(void)state;
	qnn_poll(&poll, 65536);		/* QNN_POLL_WORK, as it is documented */
	assert_int_equal(polls.calls, 0);
	qnn_poll(&poll, 40000);
	assert_int_equal(polls.calls, 1);
	qnn_poll(&poll, 65536 - 40000);
	assert_int_equal(polls.calls, 1);
	qnn_poll(&poll, 1);
	assert_int_equal(polls.calls, 2);
	qnn_poll(&poll, 65536);
	assert_int_equal(polls.calls, 3);
}

/* A transposed convolution of many small grids, and many elements moved. */
static void long_others(struct qnn_prog *p)
{
	const s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 40, 40, 3);
	c->conv.kernel_h = 4;
	c->conv.kernel_w = 4;
	c->conv.stride_h = 2;
	c->conv.stride_w = 2;
	qnn_prog_out(c, 1, QNN_ELEM_S32, 8);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	c = qnn_prog_cmd(p, QNN_OP_MUL);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 290);
	c->in[1] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 1);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
	c = qnn_prog_cmd(p, QNN_OP_COPY);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 290);
	c->copy.axis[2].step = -1;
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	c = qnn_prog_cmd(p, QNN_OP_ARGMAX);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 290);
	qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
	c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 290);
	qnn_prog_out(c, 1, QNN_ELEM_S8, 0);
	c->softmax.table_off = qnn_prog_const(p, exps, sizeof(exps), 4);
}

/* A tiny output of huge depth, then a layer of many small windows. */
static void *long_program(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *c;
	void *image;

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_FC);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 60000);
	c->conv.weight_type = QNN_ELEM_B1;
	qnn_prog_out(c, 2, QNN_ELEM_S32, 20);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 244, 244, 1);
	c->pool.kernel_h = 5;
	c->pool.kernel_w = 5;
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	c = qnn_prog_cmd(p, QNN_OP_ADD);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 59);
	c->in[1] = qnn_prog_tensor(0, QNN_ELEM_S8, 20, 50, 59);
	qnn_prog_out(c, 1, QNN_ELEM_S8, 0);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 1);
	long_others(p);
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

#define FC_MACS		(60000ull * 20)
#define POOL_TAPS	(240ull * 240 * 25)
#define SPREAD_MACS	(82ull * 82 * 8 * 2 * 2 * 3)
#define MANY_ELEMENTS	(20ull * 50 * 290)
#define LEAST_WORK	(FC_MACS + POOL_TAPS + 20 * 50 * 59 + SPREAD_MACS + \
			 (3 + 3) * MANY_ELEMENTS)

static void test_poll_often_enough(void **state)
{
	struct polls polls = { 0 };
	struct rng rng = { 5 };
	struct fw_job job;
	void *image;
	size_t size;

	(void)state;
	image = long_program(&size);
	fw_job_init(&job, image, size, &rng);
	job.exec.poll = count_poll;
	job.exec.priv = &polls;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_true(polls.calls >= LEAST_WORK / QNN_POLL_WORK);
	/* Nothing is done twice. */
	assert_true(polls.calls <= 2 * LEAST_WORK / QNN_POLL_WORK);
	fw_job_free(&job);
	free(image);
}

/* Stop at every opportunity: only whole commands are accounted for. */
static void test_stop(void **state)
{
	struct polls polls = { 0 };
	struct rng rng = { 5 };
	struct qnn_counters cost;
	struct fw_job job;
	u64 stop, total;
	void *image;
	size_t size;
	u32 cmd = 0;

	(void)state;
	image = long_program(&size);
	fw_job_init(&job, image, size, &rng);
	job.exec.poll = count_poll;
	job.exec.priv = &polls;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	total = polls.calls;
	for (stop = 1; stop <= total; stop++) {
		u64 cycles = 0;
		u32 i;

		polls.calls = 0;
		polls.stop_at = stop;
		assert_int_equal(qnn_exec_run(&job.exec), -1);
		assert_int_equal(polls.calls, stop);
		assert_true(job.exec.cmd >= cmd);
		cmd = job.exec.cmd;
		for (i = 0; i < cmd; i++) {
			qnn_cmd_cost(&job.prog, i, &cost);
			cycles += cost.cycles;
		}
		assert_int_equal(job.exec.done.cycles, cycles);
	}
	assert_true(cmd > 0);
	fw_job_free(&job);
	free(image);
}

/* Constants that take long to look at: the validator can be stopped too. */
static void test_stop_validation(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct polls polls = { 0 };
	struct qnn_cmd *c;
	u64 total, stop;
	void *image;
	size_t size;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_FC);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 1);
	c->conv.weight_type = QNN_WEIGHT_CB5;
	c->conv.codebook_channels = 1;
	qnn_prog_out(c, 1, QNN_ELEM_U8, 2000);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	c->conv.codebook_off = qnn_prog_const(p, NULL, 2000 * 32, 1);
	c->conv.bias_off = qnn_prog_const(p, NULL, 2000 * 4, 4);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	c->stage.levels = 255;
	c->stage.threshold_off = qnn_prog_const(p, NULL, 2000 * 255 * 4, 4);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_program_validate(image, size, &prog, &diag, count_poll, &polls), 0);
	total = polls.calls;
	assert_true(total >= 2000 * (32 + 1 + 255) / QNN_POLL_WORK);
	for (stop = 1; stop <= total; stop++) {
		polls.calls = 0;
		polls.stop_at = stop;
		assert_int_equal(qnn_program_validate(image, size, &prog, &diag, count_poll,
						      &polls), -1);
		assert_int_equal(diag.rule, QNN_RULE_INTERRUPTED);
		assert_int_equal(polls.calls, stop);
	}
	free(image);
	qnn_prog_free(p);
}

/* 65536 commands of almost no work each. */
static void test_many_commands(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct polls polls = { 0 };
	struct rng rng = { 6 };
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
	fw_job_init(&job, image, size, &rng);
	job.exec.poll = count_poll;
	job.exec.priv = &polls;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_true(polls.calls > 64);
	assert_int_equal(job.exec.done.cycles, QNN_MAX_COMMANDS * (QNN_CMD_OVERHEAD + 1ull));
	fw_job_free(&job);
	free(image);
	qnn_prog_free(p);
}

static void test_records(void **state)
{
	struct qnn_layer_record layers[2];
	struct polls polls = { 0 };
	struct rng rng = { 8 };
	struct fw_job job;
	void *image;
	size_t size;

	(void)state;
	image = bases_build(CHAIN, &size);
	fw_job_init(&job, image, size, &rng);
	job.exec.layers = layers;
	job.exec.clock_ns = tick;
	job.exec.priv = &polls;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_int_equal(layers[0].time_ns, 1000);
	assert_int_equal(layers[1].time_ns, 1000);
	assert_int_equal(layers[0].c.macs, 6 * 6 * 4 * 36);
	assert_int_equal(layers[1].c.macs, 0);
	assert_int_equal(layers[0].c.cycles + layers[1].c.cycles, job.exec.done.cycles);
	assert_memory_equal(&job.exec.done, &job.prog.total, sizeof(job.prog.total));
	/* Again, without a clock: the sums start anew. */
	job.exec.clock_ns = NULL;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_int_equal(layers[0].time_ns, 0);
	assert_memory_equal(&job.exec.done, &job.prog.total, sizeof(job.prog.total));
	fw_job_free(&job);
	free(image);
}

/* What the model must say about a layer. */
struct costing {
	u32 in_type, weight_type;
	u32 height, channels, out_channels, kernel, groups;
	struct qnn_counters expected;
};

/*
 * Raw output, bias, 'same' padding. Each figure was worked out by hand from
 * Documentation/device.rst.
 */
static const struct costing costings[] = {
	/* 8-bit: 28 * 28 * 36 * 4 steps */
	{ QNN_ELEM_U8, QNN_ELEM_S8, 28, 64, 64, 3, 1,
	  { 112896 + 64, 28901376, 36864 + 50176 + 256, 200704 } },
	/* 4-bit: a quarter of the lanes' turns, half of the columns' */
	{ QNN_ELEM_U4, QNN_ELEM_S4, 28, 64, 64, 3, 1,
	  { 784 * 18 * 2 + 64, 28901376, 18432 + 25088 + 256, 200704 } },
	/* 2-bit by 1-bit: bound by memory, 218112 bytes */
	{ QNN_ELEM_S2, QNN_ELEM_B1, 28, 64, 64, 3, 1,
	  { 13632 + 64, 28901376, 4608 + 12544 + 256, 200704 } },
	/* code book: 3 bits in memory, 8 in the array; a table of 8 bytes */
	{ QNN_ELEM_U4, QNN_WEIGHT_CB3, 28, 64, 64, 3, 1,
	  { 784 * 18 * 4 + 64, 28901376, 13824 + 25088 + 256 + 8, 200704 } },
	/* depthwise: one column of 16 is busy, 9 of 16 lanes */
	{ QNN_ELEM_U8, QNN_ELEM_S8, 28, 64, 64, 3, 64,
	  { 784 * 64 + 64, 451584, 576 + 50176 + 256, 200704 } },
	/* 589824 bytes of weights in five passes; the input stays */
	{ QNN_ELEM_U8, QNN_ELEM_S8, 8, 256, 256, 3, 1,
	  { 64 * 144 * 16 + 64, 37748736, 589824 + 16384 + 1024, 65536 } },
	/* as many passes, and the input of 262144 bytes is read in each */
	{ QNN_ELEM_U8, QNN_ELEM_S8, 32, 256, 256, 3, 1,
	  { 1024 * 144 * 16 + 64, 603979776, 589824 + 5 * 262144 + 1024, 1048576 } },
};

static void test_conv_cost(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(costings); i++) {
		const struct costing *k = &costings[i];
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_CONV);
		c->in[0] = qnn_prog_tensor(0, k->in_type, k->height, k->height, k->channels);
		c->conv.kernel_h = (u16)k->kernel;
		c->conv.kernel_w = (u16)k->kernel;
		c->conv.pad_top = (u16)(k->kernel / 2);
		c->conv.pad_left = (u16)(k->kernel / 2);
		c->conv.pad_bottom = (u16)(k->kernel / 2);
		c->conv.pad_right = (u16)(k->kernel / 2);
		c->conv.groups = (u16)k->groups;
		c->conv.weight_type = (u8)k->weight_type;
		if (k->weight_type >= QNN_WEIGHT_CB1)
			c->conv.codebook_off = qnn_prog_const(p, NULL, 8, 1);
		qnn_prog_out(c, 1, QNN_ELEM_S32, k->out_channels);
		c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
		c->conv.bias_off = qnn_prog_const(p, NULL, 4 * k->out_channels, 4);
		image = qnn_prog_finish(p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
		assert_int_equal(prog.total.macs, k->expected.macs);
		assert_int_equal(prog.total.bytes_read, k->expected.bytes_read);
		assert_int_equal(prog.total.bytes_written, k->expected.bytes_written);
		assert_int_equal(prog.total.cycles, k->expected.cycles);
		free(image);
		qnn_prog_free(p);
	}
}

static void check_total(enum base base, u64 cycles, u64 read, u64 written)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	void *image;
	size_t size;

	image = bases_build(base, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	assert_int_equal(prog.total.bytes_read, read);
	assert_int_equal(prog.total.bytes_written, written);
	assert_int_equal(prog.total.cycles, cycles);
	free(image);
}

static void test_other_costs(void **state)
{
	(void)state;
	/* 72 output elements of 4 taps, 16 a cycle, less than the memory takes */
	check_total(MAX, 64 + 23, 288, 72);
	/* two operands of 30 elements; one multiplier and its shift */
	check_total(ADD, 64 + 6, 65, 30);
	/* thresholds: 4 channels of 3 levels and a sign; two tables of 8 bytes */
	check_total(BOOK, 64 + 9, 24 + 18 + 16 + 52, 9);
	/* multiplier and shift per channel */
	check_total(CONV, 64 + 6 * 6 * 2 * 3, 72 + 288 + 16 + 20, 144);
	/* a scale, and four tables */
	check_total(TABLE, 64 + 70, 64 + 16 + 5 + 4 * 256, 2);
	/* 30 elements of 8 and of 4 bits */
	check_total(MUL, 64 + 10, 30 + 3, 120);
	/* 8 of the 18 taps meet: less than a turn of the lanes, for each group */
	check_total(SPREAD, 64 + 6 * 5 * 2, 36 + 36 + 16, 480);
	/* all of the input; 35 channels less the byte before the fourth one */
	check_total(COPY, 64 + 9, 64, 4 * 17);
	check_total(ARGMAX, 64 + 6, 60, 24);
	/* a table; 1144 bytes, longer than three looks at 60 elements */
	check_total(SOFTMAX, 64 + 72, 60 + 1024, 60);
	/* one float */
	check_total(FLOATS, 64 + 6 * 6 * 2 * 3, 72 + 288 + 16 + 4, 144);
}

/* Of a copy, only what is taken is read. */
static void test_crop_cost(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct qnn_cmd *c;
	void *image;
	size_t size;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_COPY);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U2, 10, 10, 7);
	c->out = qnn_prog_tensor(1, QNN_ELEM_U2, 3, 5, 3);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	/* 45 elements of 2 bits */
	assert_int_equal(prog.total.bytes_read, 12);
	assert_int_equal(prog.total.bytes_written, 15);
	assert_int_equal(prog.total.cycles, 64 + 2);
	assert_int_equal(prog.total.macs, 0);
	free(image);
	qnn_prog_free(p);
}

/* Where there is much to look at, that takes longer than to fetch the table. */
static void test_softmax_cost(void **state)
{
	const s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct qnn_cmd *c;
	void *image;
	size_t size;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 10, 10, 301);
	qnn_prog_out(c, 1, QNN_ELEM_S8, 0);
	c->softmax.table_off = qnn_prog_const(p, exps, sizeof(exps), 4);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	assert_int_equal(prog.total.bytes_read, 30100 + 1024);
	assert_int_equal(prog.total.bytes_written, 30100);
	assert_int_equal(prog.total.cycles, 64 + 3 * 1882);
	assert_int_equal(prog.total.macs, 0);
	free(image);
	qnn_prog_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poll_counts),
		cmocka_unit_test(test_poll_often_enough),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_validation),
		cmocka_unit_test(test_many_commands),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_conv_cost),
		cmocka_unit_test(test_other_costs),
		cmocka_unit_test(test_crop_cost),
		cmocka_unit_test(test_softmax_cost),
	};

	return cmocka_run_group_tests_name("fw_run", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Vector code asks often enough whether to go on, and ends where the answer is no. */
#include "shapes.h"

/* Who runs vector code, and when the caller was asked. */
struct watch {
	int in_simd;
	int polls;
	int stop_at;		/* 0: never */
};

static void watch_begin(void *priv)
{
	struct watch *w = priv;

	assert_int_equal(w->in_simd, 0);
	w->in_simd = 1;
}

static void watch_end(void *priv)
{
	struct watch *w = priv;

	assert_int_equal(w->in_simd, 1);
	w->in_simd = 0;
}

static int watch_poll(void *priv)
{
	struct watch *w = priv;

	/* The kernel may sleep here. */
	assert_int_equal(w->in_simd, 0);
	return ++w->polls == w->stop_at;
}

/* Stops a run at each of its polls, and at none. */
static void stop_everywhere(struct fw_job *job, u32 isa)
{
	struct watch watch = { 0 };
	int polls, stop_at;
	void *memory = fw_alloc(qnn_prepared_size(&job->prog, isa, NULL, NULL));

	job->exec.prepared = qnn_prepare(&job->prog, isa, memory, NULL, NULL);
	job->exec.poll = watch_poll;
	job->exec.simd_begin = watch_begin;
	job->exec.simd_end = watch_end;
	job->exec.priv = &watch;
	assert_int_equal(qnn_exec_run(&job->exec), 0);
	polls = watch.polls;
	assert_in_range(polls, 2, 1000);
	for (stop_at = 1; stop_at <= polls; stop_at++) {
		watch = (struct watch){ .stop_at = stop_at };
		assert_int_equal(qnn_exec_run(&job->exec), -1);
		assert_int_equal(watch.polls, stop_at);
		assert_int_equal(watch.in_simd, 0);
	}
	free(memory);
}

static void test_stops(void **state)
{
	static const struct shape shapes[] = {
		{ QNN_OP_CONV, 40, 40, 64, 64, 3, 1, 1, 1, 1 },
		{ QNN_OP_CONV, 40, 40, 64, 64, 3, 1, 1, 1, 64 },
		{ QNN_OP_FC, 1, 1, 60000, 70, 1, 1, 1, 0, 1 },
		{ QNN_OP_FC, 1, 1, 60000, 300, 1, 1, 1, 0, 1 },
	};
	struct rng rng = { 7 };
	u32 i, isa;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		size_t size;
		u32 type = i == 3 ? QNN_ELEM_B1 : 0;	/* counted bit by bit */
		void *image = shape_build_typed(&rng, &shapes[i], type, type, &size);
		struct fw_job job;

		fw_job_init(&job, image, size, &rng);
		for (isa = QNN_ISA_NONE + 1; isa < QNN_ISA_NR; isa++) {
			if (qnn_isa_usable(isa))
				stop_everywhere(&job, isa);
		}
		fw_job_free(&job);
		free(image);
	}
}

/* Polls of a run that goes on to its end, by the best set. */
static int count_polls(struct fw_job *job)
{
	struct watch watch = { 0 };
	u64 bytes = qnn_prepared_size(&job->prog, qnn_isa_best(), NULL, NULL);
	void *memory = fw_alloc(bytes);

	assert_int_not_equal(bytes, 0);
	job->exec.prepared = qnn_prepare(&job->prog, qnn_isa_best(), memory, NULL, NULL);
	job->exec.poll = watch_poll;
	job->exec.simd_begin = watch_begin;
	job->exec.simd_end = watch_end;
	job->exec.priv = &watch;
	assert_int_equal(qnn_exec_run(&job->exec), 0);
	free(memory);
	return watch.polls;
}

/*
 * Layers with few products for much else that takes time: pixels of one
 * channel, outputs, means, searched thresholds. All that is counted as work,
 * or the caller would wait.
 */
static void *build_slow(u32 number, size_t *size)
{
	static const struct {
		u32 opcode, height, width, in, out, kernel, groups, out_type;
	} layers[] = {
		{ QNN_OP_CONV, 3, 30000, 1, 4, 3, 1, QNN_ELEM_S32 },
		{ QNN_OP_CONV, 30, 100, 4, 64, 1, 1, QNN_ELEM_U8 },
		{ QNN_OP_CONV, 3, 3, 60000, 60000, 2, 60000, QNN_ELEM_U2 },
		{ QNN_OP_AVG_POOL, 3, 3, 65535, 65535, 3, 1, QNN_ELEM_S8 },
	};
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, layers[number].opcode);
	s32 thresholds[255];
	u32 kernel = layers[number].kernel, i;
	void *image;

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, layers[number].height, layers[number].width,
				   layers[number].in);
	if (c->opcode == QNN_OP_CONV) {
		c->in[0].pixel_stride++;
		c->in[0].row_stride = c->in[0].pixel_stride * layers[number].width;
		c->conv.kernel_h = c->conv.kernel_w = (u16)kernel;
		c->conv.groups = (u16)layers[number].groups;
		c->conv.weight_type = QNN_ELEM_S8;
	} else {
		c->pool.kernel_h = c->pool.kernel_w = (u16)kernel;
	}
	qnn_prog_out(c, out, layers[number].out_type, layers[number].out);
	if (c->opcode == QNN_OP_CONV)
		c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	if (c->out.type == QNN_ELEM_U8) {
		for (i = 0; i < ARRAY_SIZE(thresholds); i++)
			thresholds[i] = (s32)(i * i / 16);	/* no line */
		c->stage.kind = QNN_STAGE_THRESHOLD;
		c->stage.levels = ARRAY_SIZE(thresholds);
		c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	} else if (c->out.type != QNN_ELEM_S32) {
		qnn_prog_requant(p, c, QNN_ROUND_B, 0x50000000, -5);
	}
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

static void test_sections(void **state)
{
	/* Sections are then of about 50 us where this was measured, with AVX2. */
	static const int least[] = { 80, 20, 60, 25 };
	struct rng rng = { 9 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(least) && qnn_isa_best() != QNN_ISA_NONE; i++) {
		size_t size;
		void *image = build_slow(i, &size);
		struct fw_job job;

		fw_job_init(&job, image, size, &rng);
		assert_in_range(count_polls(&job), least[i], 10000);
		fw_job_free(&job);
		free(image);
	}
}

/* Preparing can be stopped, too. */
static int stop_now(void *priv)
{
	++*(int *)priv;
	return 1;
}

static void test_stopped_preparing(void **state)
{
	const struct shape s = { QNN_OP_CONV, 4, 4, 256, 256, 3, 1, 1, 1, 1 };
	u32 isa = qnn_isa_best();
	struct rng rng = { 8 };
	struct fw_job job;
	int polls = 0;
	size_t size;
	void *memory, *image = shape_build(&rng, &s, &size);

	(void)state;
	fw_job_init(&job, image, size, &rng);
	if (isa != QNN_ISA_NONE) {
		memory = fw_alloc(qnn_prepared_size(&job.prog, isa, NULL, NULL));
		assert_null(qnn_prepare(&job.prog, isa, memory, stop_now, &polls));
		assert_int_equal(polls, 1);
		free(memory);
	}
	fw_job_free(&job);
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_stopped_preparing),
	};

	return cmocka_run_group_tests_name("fw_fast_stops", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Vector code where its loops end: every number of channels and pixels around
 * the sizes of tiles, the largest and smallest operands, each kind of stage.
 * fw_compare() runs all that the machine has. Random programs are elsewhere.
 */
#include "fw_test.h"

static const u32 activations[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2, QNN_ELEM_B1,
};

static const u32 weights[] = {
	QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2,
	QNN_ELEM_B1, QNN_WEIGHT_CB1, QNN_WEIGHT_CB2, QNN_WEIGHT_CB3, QNN_WEIGHT_CB4,
	QNN_WEIGHT_CB5,
};

struct shape {
	u32 opcode;
	u32 height, width, in, out;
	u32 kernel, stride, dilation, pad, groups;
};

/* A scale of the usual size, or for sums as large as they can be. */
static void add_scale(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u32 rule)
{
	static const u32 floats[] = { 0x3c23d70a, 0x30000000, 0x3f7fffff, 0x41000000 };
	static const s32 multipliers[] = { 0x50000000, 0x7fffffff, 0x40000000, 1 };
	u32 which = (u32)rng_range(rng, 0, 3);

	if (rule == QNN_ROUND_C)
		qnn_prog_requant(p, c, rule, (s32)floats[which], 0);
	else
		qnn_prog_requant(p, c, rule, multipliers[which],
				 -(int)rng_range(rng, 0, rng_range(rng, 0, 1) ? 9 : 31));
}

/* Stages in turn, so that each meets each shape sooner or later. */
static void add_stage(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u8 region)
{
	u32 rule = (u32)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C);
	s32 thresholds[255], levels, step = (s32)rng_range(rng, 1, 40);
	u32 kind = (u32)rng_range(rng, 0, 5), channels = c->out.channels, i;

	if (!kind) {
		qnn_prog_out(c, region, QNN_ELEM_S32, channels);
		return;
	}
	qnn_prog_out(c, region, activations[rng_range(rng, 0, 6)], channels);
	c->out.zero_point = c->out.type == QNN_ELEM_B1 ? 0 :
			    (s32)rng_range(rng, qnn_prog_type_min(c->out.type),
					   qnn_prog_type_max(c->out.type));
	if (kind > 1) {
		add_scale(rng, p, c, rule);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(thresholds); i++)
		thresholds[i] = (i ? thresholds[i - 1] : -8 * step) + (s32)rng_range(rng, 0, step);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	levels = qnn_prog_type_max(c->out.type) - qnn_prog_type_min(c->out.type);
	/* Counted up to 32, searched beyond. */
	if (levels == 255)
		levels = rng_range(rng, 0, 1) ? 255 : (s32)rng_range(rng, 15, 254);
	c->stage.levels = (u16)levels;
	c->stage.base = qnn_prog_type_min(c->out.type);
	c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	c->out.zero_point = 0;
}

/* That share a code book; 0: all do. */
static u32 book_channels;

/* Weights and biases at random, or as large or as small as they can be. */
static void add_constants(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c)
{
	u32 bytes = qnn_prog_weight_bytes(c), i;
	u8 *data = malloc(bytes);
	s32 bias[1024], most;
	s8 book[512 * 16];

	rng_fill(rng, data, bytes);
	if (rng_range(rng, 0, 3) == 0)
		memset(data, rng_range(rng, 0, 1) ? 0x7f : 0x80, bytes);
	c->conv.weight_off = qnn_prog_const(p, data, bytes, 1);
	free(data);
	/* Sums may reach 2^31 - 2, of which 2,000 products take a sixteenth. */
	most = rng_range(rng, 0, 1) && bytes / c->out.channels < 2000 ? 0x7fffffff / 16 * 15 : 5000;
	for (i = 0; i < c->out.channels; i++)
		bias[i] = (s32)rng_range(rng, -most, most);
	c->conv.bias_off = qnn_prog_const(p, bias, 4u * c->out.channels, 4);
	if (c->conv.weight_type < QNN_WEIGHT_CB1)
		return;
	c->conv.codebook_channels = (u16)(book_channels < c->out.channels ? book_channels : 0);
	rng_fill(rng, book, sizeof(book));
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 1);
}

static s32 any_zero_point(struct rng *rng, u32 type)
{
	if (type == QNN_ELEM_B1 || type >= QNN_WEIGHT_CB1)
		return 0;
	return (s32)rng_range(rng, qnn_prog_type_min(type), qnn_prog_type_max(type));
}

/* Types of 0: any. */
static void *build_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
			 size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, s->opcode);
	void *image;

	c->in[0] = qnn_prog_tensor(in, in_type ? in_type : activations[rng_range(rng, 0, 6)],
				   s->height, s->width, s->in);
	c->in[0].zero_point = any_zero_point(rng, c->in[0].type);
	c->conv.kernel_h = c->conv.kernel_w = (u16)s->kernel;
	c->conv.stride_h = c->conv.stride_w = (u16)s->stride;
	c->conv.dilation_h = c->conv.dilation_w = (u16)s->dilation;
	c->conv.pad_top = c->conv.pad_left = (u16)s->pad;
	c->conv.pad_bottom = c->conv.pad_right = (u16)s->pad;
	c->conv.groups = (u16)s->groups;
	c->conv.weight_type = (u8)(weight_type ? weight_type :
				   weights[rng_range(rng, 0, ARRAY_SIZE(weights) - 1)]);
	c->conv.weight_zero_point = any_zero_point(rng, c->conv.weight_type);
	qnn_prog_out(c, out, QNN_ELEM_S32, s->out);
	add_constants(rng, p, c);
	add_stage(rng, p, c, out);
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

static void *build_shape(struct rng *rng, const struct shape *s, size_t *size)
{
	return build_typed(rng, s, 0, 0, size);
}

static void run_typed(struct rng *rng, const struct shape *s, u32 in_type, u32 weight_type,
		      const char *what)
{
	size_t size;
	void *image = build_typed(rng, s, in_type, weight_type, &size);

	fw_compare(image, size, rng, what);
	free(image);
}

static void run_shape(struct rng *rng, const struct shape *s, const char *what)
{
	run_typed(rng, s, 0, 0, what);
}

/* Every number of channels of a block and one more, some numbers of pixels. */
static void test_channels(void **state)
{
	struct rng rng = { 1 };
	char what[64];
	u32 out, n;

	(void)state;
	for (out = 1; out <= 130; out++) {
		for (n = 0; n < 3; n++) {
			struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 1, 5),
				(u32)rng_range(&rng, 1, 13), (u32)rng_range(&rng, 1, 40), out,
				1, 1, 1, 0, 1,
			};

			if (n == 1)
				s.kernel = 3, s.pad = 1;
			if (n == 2)
				s.stride = 2;
			snprintf(what, sizeof(what), "%u channels, %u", out, n);
			run_shape(&rng, &s, what);
		}
	}
}

/* Every remainder of pixels by the tiles. */
static void test_pixels(void **state)
{
	struct rng rng = { 2 };
	char what[64];
	u32 width, out;

	(void)state;
	for (width = 1; width <= 40; width++) {
		for (out = 16; out <= 64; out += 16) {
			const struct shape s = { QNN_OP_CONV, 1, width, 8, out, 1, 1, 1, 0, 1 };

			snprintf(what, sizeof(what), "%u pixels, %u channels", width, out);
			run_shape(&rng, &s, what);
		}
	}
}

static void test_windows(void **state)
{
	struct rng rng = { 3 };
	char what[64];
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct shape s = {
			QNN_OP_CONV, (u32)rng_range(&rng, 5, 12), (u32)rng_range(&rng, 5, 12),
			4, 4, (u32)rng_range(&rng, 1, 5), (u32)rng_range(&rng, 1, 3),
			(u32)rng_range(&rng, 1, 2), 0, (u32)rng_range(&rng, 1, 2),
		};

		s.pad = (s.kernel - 1) * s.dilation;
		s.in *= s.groups * (u32)rng_range(&rng, 1, 5);
		s.out *= s.groups * (u32)rng_range(&rng, 1, 9);
		snprintf(what, sizeof(what), "window %d", i);
		run_shape(&rng, &s, what);
	}
}

static void test_depthwise(void **state)
{
	struct rng rng = { 4 };
	char what[64];
	u32 channels, n;

	(void)state;
	for (channels = 2; channels <= 200; channels++) {
		for (n = 1; n <= 2; n++) {
			struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 5, 9),
				(u32)rng_range(&rng, 5, 9), channels, channels,
				(u32)rng_range(&rng, 1, 5), n, (u32)rng_range(&rng, 1, 3), 0,
				channels,
			};

			s.pad = (s.kernel - 1) * s.dilation;
			snprintf(what, sizeof(what), "depthwise, %u channels", channels);
			run_shape(&rng, &s, what);
		}
	}
}

/*
 * Weights that are kept as codes: each depth around a word of them, books for
 * blocks of channels and for less.
 */
static void test_codes(void **state)
{
	static const u32 depths[] = { 4, 8, 12, 16, 20, 28, 32, 36, 60, 64, 68, 256, 260, 2052 };
	static const u32 channels[] = { 16, 64, 65, 130, 200 };
	static const u32 books[] = { 0, 3, 64, 128 };
	struct rng rng = { 9 };
	char what[64];
	u32 w, d;

	(void)state;
	for (w = 0; w < ARRAY_SIZE(weights); w++) {
		for (d = 0; d < ARRAY_SIZE(depths); d++) {
			struct shape s = {
				QNN_OP_CONV, 2, 3, depths[d], channels[(w + d) % 5], 1, 1, 1, 0, 1,
			};

			book_channels = books[(w + d) % 4];

			snprintf(what, sizeof(what), "weights %u, depth %u", w, depths[d]);
			run_typed(&rng, &s, QNN_ELEM_U8, weights[w], what);
			s.kernel = s.in < 100 ? 3 : 1;
			s.pad = s.kernel / 2;
			run_typed(&rng, &s, QNN_ELEM_U8, weights[w], what);
			if (s.in % 32)
				continue;
			s.groups = 2;
			s.out = 2 * s.out;
			book_channels = 0;
			run_typed(&rng, &s, QNN_ELEM_S8, weights[w], what);
		}
	}
	book_channels = 0;
}

/* Deeper than what is done between two polls. */
static void test_deep(void **state)
{
	static const u32 depths[] = { 4095, 4096, 16383, 16384, 16385, 33000, 65535 };
	struct rng rng = { 5 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		const struct shape s = { QNN_OP_FC, 1, 1, depths[i], 17, 1, 1, 1, 0, 1 };

		run_shape(&rng, &s, "deep");
	}
}

/* Rows that are copied in parts, and one that has no room at all. */
static void test_large(void **state)
{
	static const struct shape shapes[] = {
		{ QNN_OP_CONV, 90, 90, 64, 8, 3, 1, 1, 1, 1 },
		{ QNN_OP_CONV, 3, 3000, 64, 4, 3, 1, 1, 1, 1 },
		{ QNN_OP_CONV, 70, 90, 64, 64, 3, 2, 1, 1, 64 },
		{ QNN_OP_CONV, 3, 4000, 64, 64, 3, 1, 1, 1, 64 },
	};
	struct rng rng = { 6 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		run_shape(&rng, &shapes[i], "large");
}

/* A row whose bytes as a copy do not fit into 32 bits: 2^32 + 131069. */
static void test_wide_row(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size;
	void *image;
	u32 isa;

	(void)state;
	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, 1, 65535, 65535);
	c->conv.kernel_w = 5;
	c->conv.pad_left = c->conv.pad_right = 2;
	c->conv.weight_type = QNN_ELEM_S2;
	qnn_prog_out(c, out, QNN_ELEM_S32, 1);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_program_validate(image, size, &prog, &diag, NULL, NULL), 0);
	for (isa = QNN_ISA_NONE; isa < QNN_ISA_NR; isa++)
		assert_int_equal(qnn_prepared_size(&prog, isa, NULL, NULL), 0);
	free(image);
	qnn_prog_free(p);
}

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
		void *image = build_typed(&rng, &shapes[i], type, type, &size);
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
			thresholds[i] = (s32)i;
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
	void *memory, *image = build_shape(&rng, &s, &size);

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

/* Two tensors that are large enough for a table, and thresholds as a byte can have. */
static void *build_pair_of(struct rng *rng, u32 opcode, u32 first, u32 second, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
	u8 out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, opcode);
	u32 width = (u32)rng_range(rng, 9, 12), channels = (u32)rng_range(rng, 61, 80), i;
	s32 thresholds[255];
	void *image;

	c->in[0] = qnn_prog_tensor(in[0], first, 8, width, channels);
	c->in[1] = qnn_prog_tensor(in[1], second, 8, width, channels);
	for (i = 0; i < 2; i++) {
		c->in[i].zero_point = any_zero_point(rng, c->in[i].type);
		if (opcode != QNN_OP_ADD)
			continue;
		c->add.multiplier[i] = rng_range(rng, 0, 3) ? 0x50000000 : -0x50000000;
		c->add.shift[i] = (s8)rng_range(rng, -3, 1);
		c->add.left_shift = (u8)rng_range(rng, 0, 4);
		c->add.rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_B);
	}
	add_stage(rng, p, c, out);
	if (c->stage.kind == QNN_STAGE_THRESHOLD && c->out.type <= QNN_ELEM_U8) {
		for (i = 0; i < ARRAY_SIZE(thresholds); i++)
			thresholds[i] = (s32)i * 9 - 1000;
		c->stage.levels = ARRAY_SIZE(thresholds);
		c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static void test_pairs(void **state)
{
	struct rng rng = { 12 };
	char what[64];
	u32 first, second, opcode;

	(void)state;
	for (first = 0; first < ARRAY_SIZE(activations); first++) {
		for (second = 0; second < ARRAY_SIZE(activations); second++) {
			for (opcode = 0; opcode < 4; opcode++) {
				size_t size;
				void *image = build_pair_of(&rng, opcode ? QNN_OP_ADD : QNN_OP_MUL,
							    activations[first],
							    activations[second], &size);

				snprintf(what, sizeof(what), "pairs %u %u %u", first, second,
					 opcode);
				fw_compare(image, size, &rng, what);
				free(image);
			}
		}
	}
}

/* Weights that are spared are overwritten: nothing may read them any more. */
static void spoil(void *priv, const void *consts, u64 size)
{
	*(u64 *)priv += size;
	memset((void *)(uintptr_t)consts, 0x5a, size);
}

/* Two layers, of which the second has the first one's weights @apart bytes further. */
static void *build_pair(u32 opcode, u32 bias_off, u32 apart, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct rng rng = { 10 };
	u32 bytes = 2048 * 64, i;
	u8 *data = malloc(2 * bytes);
	u32 at;
	void *image;

	rng_fill(&rng, data, 2 * bytes);
	at = qnn_prog_const(p, data, 2 * bytes, 64);
	free(data);
	for (i = 0; i < 2; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, opcode == QNN_OP_FC ? 1 : 7, 2048);
		c->conv.weight_type = QNN_ELEM_S8;
		c->conv.weight_off = at + i * apart;
		c->conv.bias_off = i ? at + bias_off : QNN_NO_CONST;
		qnn_prog_out(c, out, QNN_ELEM_S32, 64);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static u64 run_spoilt(void *image, size_t size, u32 isa)
{
	struct rng rng = { 11 };
	struct fw_job job;
	u64 spared = 0;
	void *memory, *expected;
	size_t bytes;

	fw_job_init(&job, image, size, &rng);
	bytes = job.prog.regions[1].size;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	expected = malloc(bytes);
	memcpy(expected, job.regions[1], bytes);
	memset(job.regions[1], 0, bytes);
	memory = fw_alloc(qnn_prepared_size(&job.prog, isa, NULL, NULL));
	job.exec.prepared = qnn_prepare_sparing(&job.prog, isa, memory, NULL, spoil, &spared);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_memory_equal(expected, job.regions[1], bytes);
	free(memory);
	free(expected);
	fw_job_free(&job);
	return spared;
}

static void test_spares(void **state)
{
	static const struct {
		u32 bias_off, apart;
		u32 layers;		/* whose weights can go */
	} cases[] = {
		/* Next to each other; the bias is of the second, and its own. */
		{ QNN_NO_CONST, 2048 * 64, 2 },
		/* A part of them shared, or all. */
		{ QNN_NO_CONST, 2048 * 63, 0 },
		{ QNN_NO_CONST, 0, 0 },
		/* The bias is the first one's last weights, or the second one's first. */
		{ 2048 * 64 - 4, 2048 * 64, 0 },
		{ 2048 * 64 - 256, 2048 * 64, 1 },
		{ 2048 * 64, 2048 * 64, 1 },
	};
	u32 isa = qnn_isa_best(), i, opcode;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases) && isa != QNN_ISA_NONE; i++) {
		for (opcode = QNN_OP_CONV; opcode <= QNN_OP_FC; opcode++) {
			u32 bias = cases[i].bias_off == QNN_NO_CONST ? 0 : cases[i].bias_off;
			size_t size;
			void *image;
			u64 spared;

			if (opcode != QNN_OP_CONV && opcode != QNN_OP_FC)
				continue;
			image = build_pair(opcode, bias, cases[i].apart, &size);
			if (!bias)
				fw_cmd(image, 1)->conv.bias_off = QNN_NO_CONST;
			spared = run_spoilt(image, size, isa);
			/* Each is told of twice: in pieces, and as a whole. */
			assert_int_equal(spared, 2 * cases[i].layers * 2048 * 64);
			free(image);
		}
	}
}

/* There is always a set that can be used, and names for those of the build. */
static void test_names(void **state)
{
	u32 isa;

	(void)state;
	assert_string_equal(qnn_isa_name(QNN_ISA_NONE), "none");
	assert_null(qnn_isa_name(QNN_ISA_NR));
	assert_true(qnn_isa_usable(QNN_ISA_NONE));
	assert_false(qnn_isa_usable(QNN_ISA_NR));
	assert_true(qnn_isa_usable(qnn_isa_best()));
	for (isa = 0; isa < QNN_ISA_NR; isa++)
		print_message("# %s: %s\n", qnn_isa_name(isa) ? qnn_isa_name(isa) : "not built",
			      qnn_isa_usable(isa) ? "tested" : "not on this machine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_depthwise),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_wide_row),
		cmocka_unit_test(test_stops),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_stopped_preparing),
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests_name("fw_fast", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Corners of the commands that random ones seldom meet. */
#include "fw_test.h"
#include "oracle.h"

static void compare(struct qnn_prog *p, const char *what)
{
	struct rng rng = { 17 };

	fw_compare_built(p, &rng, what);
}

static struct qnn_prog *two_regions(void)
{
	struct qnn_prog *p = qnn_prog_new();

	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	return p;
}

static u32 random_const(struct qnn_prog *p, size_t size)
{
	struct rng rng = { size };
	u8 *bytes = malloc(size);
	u32 at;

	rng_fill(&rng, bytes, size);
	at = qnn_prog_const(p, bytes, size, 4);
	free(bytes);
	return at;
}

static s64 limited(s64 value)
{
	if (value > QNN_ACC_MAX)
		return QNN_ACC_MAX;
	return value < -QNN_ACC_MAX ? -QNN_ACC_MAX : value;
}

/* Run a command on S32 tensors of one pixel; the result is the last region. */
static void run_words(struct qnn_prog *p, const s32 *a, const s32 *b, u32 count, s32 *result)
{
	struct rng rng = { 2 };
	struct fw_job job;
	size_t size;
	void *image = qnn_prog_finish(p, &size);

	fw_job_init(&job, image, size, &rng);
	memcpy(job.regions[0], a, 4 * count);
	if (b)
		memcpy(job.regions[1], b, 4 * count);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	memcpy(result, job.regions[job.region_count - 1],
	       job.prog.regions[job.region_count - 1].size);
	fw_job_free(&job);
	free(image);
	qnn_prog_free(p);
}

static struct qnn_cmd *words_cmd(struct qnn_prog **p, u32 opcode, u32 inputs, u32 count)
{
	struct qnn_cmd *c;
	u32 i;

	*p = qnn_prog_new();
	for (i = 0; i <= inputs; i++)
		qnn_prog_region(*p, 0);
	c = qnn_prog_cmd(*p, opcode);
	for (i = 0; i < inputs; i++)
		c->in[i] = qnn_prog_tensor((u8)i, QNN_ELEM_S32, 1, 1, count);
	qnn_prog_out(c, (u8)inputs, QNN_ELEM_S32, count);
	return c;
}

#define WORDS	4096u

/* Multiplier 2^30 and shift 1 under rule B: a sum loses nothing, nor a difference. */
static void test_add_is_exact(void **state)
{
	static s32 a[WORDS], b[WORDS], sum[WORDS];
	struct rng rng = { 21 };
	struct qnn_prog *p;
	u32 i;

	(void)state;
	for (i = 0; i < WORDS; i++) {
		a[i] = (s32)rng_range(&rng, -QNN_ACC_MAX, QNN_ACC_MAX) >> rng_next(&rng) % 31;
		b[i] = (s32)rng_range(&rng, -QNN_ACC_MAX, QNN_ACC_MAX) >> rng_next(&rng) % 31;
	}
	a[0] = QNN_ACC_MAX;
	b[0] = 0;
	a[1] = -QNN_ACC_MAX;
	b[1] = 0;
	a[2] = QNN_ACC_MAX;
	b[2] = -QNN_ACC_MAX;
	a[3] = QNN_ACC_MAX;
	b[3] = 1;
	words_cmd(&p, QNN_OP_ADD, 2, WORDS);
	run_words(p, a, b, WORDS, sum);
	for (i = 0; i < WORDS; i++)
		assert_int_equal(sum[i], limited((s64)a[i] + b[i]));
	words_cmd(&p, QNN_OP_ADD, 2, WORDS)->add.multiplier[1] = -(1 << 30);
	run_words(p, a, b, WORDS, sum);
	for (i = 0; i < WORDS; i++)
		assert_int_equal(sum[i], limited((s64)a[i] - b[i]));
}

/* The largest numbers with the most negative multipliers, under both rules. */
static void test_add_negated(void **state)
{
	static const s32 a[] = { INT32_MIN, INT32_MAX, -1, 0, 1, 3, -3, INT32_MIN, 5 };
	static const s32 b[] = { INT32_MIN, INT32_MAX, 1, 0, -2, 3, 3, INT32_MAX, -6 };
	static const s8 shifts[] = { -31, -1, 0, 1, 30 };
	struct rng rng = { 3 };
	u32 i, rule;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		for (rule = QNN_ROUND_A; rule <= QNN_ROUND_B; rule++) {
			struct qnn_prog *p;
			struct qnn_cmd *c = words_cmd(&p, QNN_OP_ADD, 2, ARRAY_SIZE(a));
			struct fw_job job;
			s32 sum[ARRAY_SIZE(a)], k;
			size_t size;
			void *image;

			c->add.rule = (u8)rule;
			c->add.left_shift = (u8)(4 * i);
			for (k = 0; k < 2; k++) {
				c->add.multiplier[k] = -0x7fffffff;
				c->add.shift[k] = shifts[i];
			}
			image = qnn_prog_finish(p, &size);
			fw_job_init(&job, image, size, &rng);
			memcpy(job.regions[0], a, sizeof(a));
			memcpy(job.regions[1], b, sizeof(b));
			assert_int_equal(qnn_exec_run(&job.exec), 0);
			memcpy(sum, job.regions[2], sizeof(sum));
			oracle_run(image, job.regions);
			assert_memory_equal(sum, job.regions[2], sizeof(sum));
			fw_job_free(&job);
			free(image);
			qnn_prog_free(p);
		}
	}
}

static void test_mul_saturation(void **state)
{
	static const s32 a[] = {
		INT32_MIN, INT32_MIN, INT32_MAX, 65536, -65536, 46340, 46341, INT32_MIN, 0, 1,
		QNN_ACC_MAX, -1,
	};
	static const s32 b[] = {
		INT32_MIN, INT32_MAX, INT32_MAX, 32768, 32768, 46340, 46341, 1, INT32_MIN,
		INT32_MAX, -1, INT32_MIN,
	};
	s32 product[ARRAY_SIZE(a)];
	struct qnn_prog *p;
	size_t i;

	(void)state;
	words_cmd(&p, QNN_OP_MUL, 2, ARRAY_SIZE(a));
	run_words(p, a, b, ARRAY_SIZE(a), product);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		assert_int_equal(product[i], limited((s64)a[i] * b[i]));
}

/* Elements as they are, or as accumulators. */
static void test_copy_words(void **state)
{
	static const s32 a[] = { INT32_MIN, INT32_MAX, 0, -5, QNN_ACC_MAX, -QNN_ACC_MAX };
	s32 copied[ARRAY_SIZE(a)];
	struct qnn_prog *p;
	size_t i;

	(void)state;
	words_cmd(&p, QNN_OP_COPY, 1, ARRAY_SIZE(a));
	run_words(p, a, NULL, ARRAY_SIZE(a), copied);
	assert_memory_equal(copied, a, sizeof(a));
	words_cmd(&p, QNN_OP_COPY, 1, ARRAY_SIZE(a))->stage.kind = QNN_STAGE_RAW;
	run_words(p, a, NULL, ARRAY_SIZE(a), copied);
	for (i = 0; i < ARRAY_SIZE(a); i++)
		assert_int_equal(copied[i], limited(a[i]));
}

/* The first of equals, the very least, and both sides of a stretch. */
static void test_argmax_words(void **state)
{
	static s32 a[300];
	struct qnn_prog *p;
	s32 index;
	u32 i;

	(void)state;
	for (i = 0; i < 300; i++)
		a[i] = INT32_MIN;
	words_cmd(&p, QNN_OP_ARGMAX, 1, 300);
	run_words(p, a, NULL, 300, &index);
	assert_int_equal(index, 0);
	for (i = 299; i; i -= 13) {
		a[i] = INT32_MIN + 1;
		words_cmd(&p, QNN_OP_ARGMAX, 1, 300);
		run_words(p, a, NULL, 300, &index);
		assert_int_equal(index, i);
	}
}

static void softmax_cmd(struct qnn_prog *p, u32 channels, const s32 *exps)
{
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);

	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, channels);
	qnn_prog_out(c, 1, QNN_ELEM_S8, 0);
	c->softmax.table_off = qnn_prog_const(p, exps, 4 * QNN_TABLE_SIZE, 4);
}

/* A table whose entry of each difference from 1 on is @rest. */
static void flat_softmax(struct qnn_prog *p, u32 channels, s32 rest)
{
	s32 exps[QNN_TABLE_SIZE];
	u32 i;

	for (i = 0; i < QNN_TABLE_SIZE; i++)
		exps[i] = i ? rest : 0x7fffffff;
	softmax_cmd(p, channels, exps);
}

/* Sums on both sides of each power of two, up to the largest one. */
static void test_softmax_sums(void **state)
{
	u32 bits, n;

	(void)state;
	for (bits = 0; bits <= 16; bits++) {
		for (n = (1u << bits) - 1; n <= (1u << bits) + 1; n++) {
			struct qnn_prog *p;

			if (!n || n > QNN_MAX_DIM)
				continue;
			p = two_regions();
			flat_softmax(p, n, 0x7fffffff);
			compare(p, "sum of ones");
			p = two_regions();
			flat_softmax(p, n, 2048);
			compare(p, "sum of the least that counts");
		}
	}
}

/*
 * Exponentials that are so close to the middle between two codes that a start of
 * the reciprocal's iteration that is off by one in its last bit shows, or, with
 * the last two, a step too many.
 */
static void test_softmax_reciprocal(void **state)
{
	static const s32 exps[] = { 206930879, 247966647, 279694456, 312274039, 323329135,
				    323329136, 334483848, 679023959, 864877440 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(exps); i++) {
		struct qnn_prog *p = two_regions();

		flat_softmax(p, 2, exps[i]);
		compare(p, "reciprocal");
	}
}

/* A certain element gets all; one that has no share the least. */
static void test_softmax_limits(void **state)
{
	static const s8 logits[] = { 127, 126, -128 };
	struct rng rng = { 4 };
	struct fw_job job;
	size_t size;
	void *image;
	s8 *out;
	u32 ones;

	(void)state;
	for (ones = 1; ones <= 600; ones += 599) {
		struct qnn_prog *p = two_regions();

		flat_softmax(p, ones + 2, 0);
		image = qnn_prog_finish(p, &size);
		fw_job_init(&job, image, size, &rng);
		memset(job.regions[0], 127, ones);
		memcpy(job.regions[0] + ones, logits + 1, 2);
		assert_int_equal(qnn_exec_run(&job.exec), 0);
		out = (s8 *)job.regions[1];
		/* 256 is one too many; 256 / 600 is less than a half. */
		assert_int_equal(out[0], ones == 1 ? 127 : -128);
		assert_int_equal(out[ones], -128);
		assert_int_equal(out[ones + 1], -128);
		fw_job_free(&job);
		free(image);
		qnn_prog_free(p);
	}
}

/*
 * Sums of exactly 2, where the reciprocal is 1 less a bit and so are the products:
 * an exponential halfway between two codes shows how each of them was rounded.
 */
static void test_softmax_ties(void **state)
{
	static const struct {
		s32 exps[3];
		s8 codes[4];	/* less 128 */
	} ties[] = {
		{ { (1 << 30) + (1 << 23), (1 << 30) - (1 << 23), 0 }, { 128, 64, 64, 0 } },
		{ { (1 << 29) + (1 << 23), (3 << 29) - (1 << 23), 0 }, { 128, 33, 95, 0 } },
		{ { (1 << 30) + (1 << 23), (1 << 29) + (1 << 23), (1 << 29) - (1 << 24) },
		  { 128, 64, 33, 31 } },
	};
	static const s8 logits[] = { 127, 126, 125, 124 };
	s32 exps[QNN_TABLE_SIZE] = { 0x7fffffff };
	struct rng rng = { 5 };
	struct fw_job job;
	size_t size, i, k;
	void *image;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ties); i++) {
		struct qnn_prog *p = two_regions();

		memcpy(exps + 1, ties[i].exps, sizeof(ties[i].exps));
		softmax_cmd(p, 4, exps);
		image = qnn_prog_finish(p, &size);
		fw_job_init(&job, image, size, &rng);
		memcpy(job.regions[0], logits, sizeof(logits));
		assert_int_equal(qnn_exec_run(&job.exec), 0);
		for (k = 0; k < 4; k++)
			assert_int_equal((u8)(job.regions[1][k] - 128), (u8)ties[i].codes[k]);
		fw_job_free(&job);
		free(image);
		qnn_prog_free(p);
	}
}

struct changing {
	u8 *bytes;
	u32 calls;
	u32 stop_at;
};

/* Between two looks at the elements, the largest one goes or a larger one comes. */
static int change_input(void *priv)
{
	struct changing *c = priv;

	memset(c->bytes, c->bytes[0] ^ 0x40, QNN_MAX_DIM);
	return ++c->calls == c->stop_at;
}

static void test_softmax_changing(void **state)
{
	u32 first;

	(void)state;
	for (first = 0; first < 256; first++) {
		struct qnn_prog *p = two_regions();
		struct changing c = { 0 };
		struct rng rng = { 6 };
		struct fw_job job;
		size_t size;
		void *image;

		flat_softmax(p, QNN_MAX_DIM, 0);
		image = qnn_prog_finish(p, &size);
		fw_job_init(&job, image, size, &rng);
		memset(job.regions[0], (int)first, QNN_MAX_DIM);
		job.exec.poll = change_input;
		job.exec.priv = &c;
		c.bytes = job.regions[0];
		assert_int_equal(qnn_exec_run(&job.exec), 0);
		assert_int_equal(c.calls, 3);
		for (c.stop_at = 1; c.stop_at <= 3; c.stop_at++) {
			c.calls = 0;
			assert_int_equal(qnn_exec_run(&job.exec), -1);
			assert_int_equal(c.calls, c.stop_at);
		}
		fw_job_free(&job);
		free(image);
		qnn_prog_free(p);
	}
}

struct spread {
	u16 kernel, stride, dilation, pad;
	u16 size, extra;	/* of the input; output padding */
};

/* Strides and dilations with a common divisor, without, and very large ones. */
static void test_spread_steps(void **state)
{
	static const struct spread cases[] = {
		{ 3, 6, 4, 0, 3, 5 }, { 5, 4, 2, 3, 4, 3 }, { 4, 4, 4, 5, 3, 3 },
		{ 2, 255, 1, 0, 2, 254 }, { 2, 1, 255, 100, 3, 254 }, { 3, 255, 254, 1, 2, 0 },
		{ 3, 254, 255, 255, 2, 200 }, { 2, 255, 255, 254, 2, 254 },
		{ 7, 3, 5, 15, 5, 4 }, { 1, 7, 9, 6, 2, 8 },
	};
	size_t i;
	u32 axis;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		const struct spread *s = &cases[i / 2];
		struct qnn_prog *p = two_regions();
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

		axis = i % 2;
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S4, axis ? 1 : s->size,
					   axis ? s->size : 1, 3);
		*(axis ? &c->conv.kernel_w : &c->conv.kernel_h) = s->kernel;
		*(axis ? &c->conv.stride_w : &c->conv.stride_h) = s->stride;
		*(axis ? &c->conv.dilation_w : &c->conv.dilation_h) = s->dilation;
		*(axis ? &c->conv.pad_left : &c->conv.pad_top) = s->pad;
		c->conv.weight_type = QNN_WEIGHT_CB3;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 2);
		*(axis ? &c->out.width : &c->out.height) += s->extra;
		c->out.row_stride = c->out.width * c->out.pixel_stride;
		c->conv.weight_off = random_const(p, qnn_prog_weight_bytes(c));
		c->conv.codebook_off = random_const(p, 8);
		compare(p, "spread");
	}
}

/* More channels and taps than are done at once, side by side and summed up. */
static void test_spread_large(void **state)
{
	static const u8 types[][2] = {
		{ QNN_ELEM_S8, QNN_ELEM_S8 }, { QNN_ELEM_U4, QNN_WEIGHT_CB3 },
		{ QNN_ELEM_U2, QNN_WEIGHT_CB5 }, { QNN_ELEM_B1, QNN_ELEM_B1 },
		{ QNN_ELEM_S2, QNN_ELEM_U2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
		u32 channels = i % 2 ? 133 : 29;
		struct qnn_prog *p = two_regions();
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);

		c->in[0] = qnn_prog_tensor(0, types[i / 2][0], 4, 3, channels);
		c->conv.groups = i % 2 ? (u16)channels : 1;
		c->conv.kernel_h = 13;
		c->conv.kernel_w = 5;
		c->conv.stride_w = 2;
		c->conv.pad_top = 5;
		c->conv.pad_left = 1;
		c->conv.weight_type = types[i / 2][1];
		qnn_prog_out(c, 1, QNN_ELEM_S8, i % 2 ? channels : 18);
		c->conv.weight_off = random_const(p, qnn_prog_weight_bytes(c));
		if (c->conv.weight_type >= QNN_WEIGHT_CB1) {
			c->conv.codebook_channels = i % 2 ? 100 : 10;
			c->conv.codebook_off = random_const(p, 64);
		}
		qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -6);
		compare(p, "large spread");
	}
}

/* Two taps as far apart as the input allows, at every padding. */
static void test_pool_gaps(void **state)
{
	u32 pad, opcode;

	(void)state;
	for (opcode = QNN_OP_MAX_POOL; opcode <= QNN_OP_AVG_POOL; opcode++) {
		for (pad = 0; pad <= 6; pad++) {
			struct qnn_prog *p = two_regions();
			struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

			c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S4, 6, 6, 5);
			c->pool.kernel_h = 2;
			c->pool.gap_h = 5;
			c->pool.pad_top = (u16)pad;
			c->pool.pad_bottom = 6;
			c->pool.kernel_w = 3;
			c->pool.gap_w = 1;
			c->pool.pad_left = 4;
			c->pool.pad_right = (u16)(pad < 4 ? pad : 4);
			qnn_prog_out(c, 1, opcode == QNN_OP_AVG_POOL ? QNN_ELEM_S32 :
								       QNN_ELEM_NONE, 0);
			compare(p, "gaps");
		}
	}
}

/* Coordinates as large as they get. */
static void test_copy_far(void **state)
{
	static const struct qnn_copy_axis axes[] = {
		{ QNN_MAX_COPY, QNN_MAX_COPY, 1, 2 },
		{ -QNN_MAX_COPY, -QNN_MAX_COPY, 1, 2 },
		{ -QNN_MAX_COPY, QNN_MAX_COPY, QNN_MAX_COPY, 2 },
		{ 7, -1, QNN_MAX_COPY, 2 },
		{ 65534, -1, 1, 2 },
		{ -1, 1, 65025, 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(axes); i++) {
		struct qnn_prog *p = two_regions();
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 2, 65535);
		c->out = qnn_prog_tensor(1, QNN_ELEM_B1, 1, 3, 65535);
		c->copy.mode = QNN_COPY_DEPTH_TO_SPACE;
		c->copy.block = 255;
		c->copy.axis[2] = axes[i / 2];
		c->copy.out_first = 5;
		if (i % 2)
			c->copy.flags = QNN_COPY_CLAMP | QNN_COPY_CRD;
		else
			c->copy.fill = 1;
		compare(p, "far");
	}
}

/* Bits of each place in a byte, before and after which others stay or go. */
static void test_copy_bits(void **state)
{
	static const u8 types[] = { QNN_ELEM_B1, QNN_ELEM_S2, QNN_ELEM_U4, QNN_ELEM_S8 };
	u32 first, count, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		for (first = 0; first < 17; first++) {
			for (count = 1; count < 18; count += 3) {
				struct qnn_prog *p = two_regions();
				struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

				c->in[0] = qnn_prog_tensor(0, types[i], 1, 2, 17);
				c->copy.axis[2].start = (s32)(first % 5);
				c->out = qnn_prog_tensor(1, types[i], 1, 2, first + count);
				c->copy.out_first = (u16)first;
				compare(p, "bits");
			}
		}
	}
}

/* In place and through a table: an activation by itself. */
static void test_activation(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_cmd *c;

	(void)state;
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_COPY);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 3, 5, 301);
	qnn_prog_out(c, 0, QNN_ELEM_U8, 0);
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 1);
	c->stage.kind = QNN_STAGE_TABLE;
	c->stage.flags = QNN_STAGE_TABLES;
	c->stage.table_type = QNN_ELEM_S8;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
	c->stage.table_off = random_const(p, 301 * QNN_TABLE_SIZE);
	compare(p, "activation");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_is_exact),
		cmocka_unit_test(test_add_negated),
		cmocka_unit_test(test_mul_saturation),
		cmocka_unit_test(test_copy_words),
		cmocka_unit_test(test_argmax_words),
		cmocka_unit_test(test_softmax_sums),
		cmocka_unit_test(test_softmax_reciprocal),
		cmocka_unit_test(test_softmax_limits),
		cmocka_unit_test(test_softmax_ties),
		cmocka_unit_test(test_softmax_changing),
		cmocka_unit_test(test_spread_steps),
		cmocka_unit_test(test_spread_large),
		cmocka_unit_test(test_pool_gaps),
		cmocka_unit_test(test_copy_far),
		cmocka_unit_test(test_copy_bits),
		cmocka_unit_test(test_activation),
	};

	return cmocka_run_group_tests_name("fw_extremes", tests, NULL, NULL);
}

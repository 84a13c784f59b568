// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vector instructions make of a convolution, against the scalar code: each
 * width of operands, every number of channels around a vector, a tile and a
 * word, random and extreme operands.
 */
#include <linux/dma-fence.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include <kunit/test.h>

#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_test.h"

#define LONG_MS		5000
#define SIDE		5
#define PIXELS		(SIDE * SIDE)
#define MOST_CHANNELS	131
#define MOST_OUT	33
#define MOST_BYTES	(PIXELS * MOST_CHANNELS)
#define IMAGE_HEAD	QNN_TEST_IMAGE_SIZE

/**
 * struct qnn_vector_case - operands and output of a convolution
 */
struct qnn_vector_case {
	/** @name: for the log */
	const char *name;
	/** @in: &enum qnn_elem of the input */
	u8 in;
	/** @in_bits: its width */
	u8 in_bits;
	/** @weight: &enum qnn_elem of the weights */
	u8 weight;
	/** @weight_bits: their width */
	u8 weight_bits;
	/** @rule: &enum qnn_rounding of 8-bit outputs; 0: the sums as they are */
	u8 rule;
};

static const struct qnn_vector_case qnn_vector_cases[] = {
	{ "s8 by s8, sums", QNN_ELEM_S8, 8, QNN_ELEM_S8, 8, 0 },
	{ "s8 by s8, rule A", QNN_ELEM_S8, 8, QNN_ELEM_S8, 8, QNN_ROUND_A },
	{ "s8 by s8, rule B", QNN_ELEM_S8, 8, QNN_ELEM_S8, 8, QNN_ROUND_B },
	{ "s8 by s8, rule C", QNN_ELEM_S8, 8, QNN_ELEM_S8, 8, QNN_ROUND_C },
	{ "u8 by u8, sums", QNN_ELEM_U8, 8, QNN_ELEM_U8, 8, 0 },
	{ "u8 by s4, rule B", QNN_ELEM_U8, 8, QNN_ELEM_S4, 4, QNN_ROUND_B },
	{ "u4 by s4, sums", QNN_ELEM_U4, 4, QNN_ELEM_S4, 4, 0 },
	{ "s8 by s2, sums", QNN_ELEM_S8, 8, QNN_ELEM_S2, 2, 0 },
	{ "u2 by s2, rule B", QNN_ELEM_U2, 2, QNN_ELEM_S2, 2, QNN_ROUND_B },
	{ "u2 by bits, sums", QNN_ELEM_U2, 2, QNN_ELEM_B1, 1, 0 },
	{ "bits by bits, sums", QNN_ELEM_B1, 1, QNN_ELEM_B1, 1, 0 },
	{ "bits by bits, rule B", QNN_ELEM_B1, 1, QNN_ELEM_B1, 1, QNN_ROUND_B },
};

static void qnn_vector_name(const struct qnn_vector_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(qnn_vector, qnn_vector_cases, qnn_vector_name);

static void qnn_vector_tensor(struct qnn_tensor_desc *t, u8 region, u8 type,
			      u8 bits, u16 channels)
{
	t->region = region;
	t->type = type;
	t->height = SIDE;
	t->width = SIDE;
	t->channels = channels;
	t->pixel_stride = DIV_ROUND_UP(channels * bits, 8);
	t->row_stride = SIDE * t->pixel_stride;
}

/* A scale and a shift for all channels, before the weights. */
static void qnn_vector_stage(struct qnn_cmd *cmd, u8 rule, u8 *consts)
{
	const u32 scale = rule == QNN_ROUND_C ? 0x3c23d70a : 0x51eb851f;

	cmd->stage.kind = rule ? QNN_STAGE_REQUANT : QNN_STAGE_RAW;
	if (!rule)
		return;
	cmd->stage.rule = rule;
	cmd->stage.shift_off = rule == QNN_ROUND_C ? 0 : 4;
	cmd->stage.clamp_min = -128;
	cmd->stage.clamp_max = 127;
	memcpy(consts, &scale, sizeof(scale));
	consts[4] = -6;
}

static void qnn_vector_conv(struct qnn_cmd *cmd, u8 weight, u8 kernel)
{
	struct qnn_conv_desc *conv = &cmd->conv;

	cmd->opcode = QNN_OP_CONV;
	conv->kernel_h = kernel;
	conv->kernel_w = kernel;
	conv->stride_h = 1;
	conv->stride_w = 1;
	conv->dilation_h = 1;
	conv->dilation_w = 1;
	conv->pad_top = kernel / 2;
	conv->pad_bottom = kernel / 2;
	conv->pad_left = kernel / 2;
	conv->pad_right = kernel / 2;
	conv->groups = 1;
	conv->weight_type = weight;
	conv->bias_off = QNN_NO_CONST;
	conv->codebook_off = QNN_NO_CONST;
	conv->weight_off = 64;
}

/* Random bytes, the same each time, or one that is an extreme of many widths. */
static void qnn_vector_fill(void *data, size_t size, int byte)
{
	struct rnd_state state;

	if (byte < 0) {
		prandom_seed_state(&state, size);
		prandom_bytes_state(&state, data, size);
	} else {
		memset(data, byte, size);
	}
}

static struct qnn_prog *qnn_vector_prog(struct kunit *test, u16 channels,
					u16 out, u8 kernel, int byte)
{
	const struct qnn_vector_case *c = test->param_value;
	u32 row = DIV_ROUND_UP(kernel * kernel * channels * c->weight_bits, 8);
	u32 const_size = 64 + ALIGN(row * out, 64);
	struct qnn_program_header *header;
	struct qnn_region_desc *regions;
	struct qnn_cmd *cmd;
	u8 *consts;

	header = kvzalloc(IMAGE_HEAD + const_size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, header);
	header->magic = QNN_PROGRAM_MAGIC;
	header->version = QNN_PROGRAM_VERSION;
	header->size = IMAGE_HEAD + const_size;
	header->region_count = 2;
	header->cmd_count = 1;
	header->const_size = const_size;
	regions = (void *)(header + 1);
	regions[0].access = QNN_ACCESS_READ;
	regions[0].size = MOST_BYTES;
	regions[1].access = QNN_ACCESS_WRITE;
	regions[1].size = PIXELS * MOST_OUT * sizeof(s32);
	cmd = qnn_test_image_cmd(header);
	consts = (u8 *)header + IMAGE_HEAD;

	qnn_vector_conv(cmd, c->weight, kernel);
	qnn_vector_tensor(&cmd->in[0], 0, c->in, c->in_bits, channels);
	if (c->rule)
		qnn_vector_tensor(&cmd->out, 1, QNN_ELEM_S8, 8, out);
	else
		qnn_vector_tensor(&cmd->out, 1, QNN_ELEM_S32, 32, out);
	qnn_vector_stage(cmd, c->rule, consts);
	qnn_vector_fill(consts + 64, row * out, byte);

	return qnn_test_prog(test, &qnn_emu_ops, header);
}

/* What the program makes of @in, in memory of the test. */
static u8 *qnn_vector_run(struct kunit *test, struct qnn_test_ctx *ctx,
			  struct qnn_prog *prog, void *in)
{
	u32 size = prog->desc.regions[1].size;
	u8 *out = kunit_kzalloc(test, roundup_pow_of_two(size), GFP_KERNEL);
	struct qnn_job *job = qnn_test_job(test, ctx, prog, LONG_MS);
	struct dma_fence *fence;

	KUNIT_ASSERT_NOT_NULL(test, out);
	job->run.region[0] = in;
	job->run.region[1] = out;
	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_ASSERT_EQ(test, fence->error, 0);

	return out;
}

/* Once with and once without what was prepared. */
static void qnn_vector_compare(struct kunit *test, struct qnn_test_ctx *ctx,
			       u16 channels, u16 out, u8 kernel, int byte)
{
	struct qnn_prog *prog = qnn_vector_prog(test, channels, out, kernel,
						byte);
	u8 *in = kunit_kzalloc(test, roundup_pow_of_two(MOST_BYTES),
			       GFP_KERNEL);
	void *prepared = prog->priv;
	u8 *fast, *scalar;

	KUNIT_ASSERT_NOT_NULL(test, in);
	qnn_vector_fill(in, MOST_BYTES, byte);
	fast = qnn_vector_run(test, ctx, prog, in);
	prog->priv = NULL;
	scalar = qnn_vector_run(test, ctx, prog, in);
	prog->priv = prepared;
	if (memcmp(fast, scalar, prog->desc.regions[1].size))
		KUNIT_FAIL(test, "%u channels, %u out, kernel %u, bytes %d",
			   channels, out, kernel, byte);
	kunit_kfree(test, scalar);
	kunit_kfree(test, fast);
	kunit_kfree(test, in);
}

static void qnn_vector_channels(struct kunit *test)
{
	static const u16 channels[] = { 1, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33,
					63, 64, 65, 127, 128, 129, MOST_CHANNELS };
	static const u16 outs[] = { 1, 5, 8, 15, 16, 17, MOST_OUT };
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(channels); i++)
		qnn_vector_compare(test, ctx, channels[i],
				   outs[i % ARRAY_SIZE(outs)], 1 + i % 2 * 2,
				   -1);
}

static void qnn_vector_extremes(struct kunit *test)
{
	static const u8 bytes[] = { 0x00, 0xff, 0x80, 0x7f, 0x88, 0xaa };
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bytes); i++)
		qnn_vector_compare(test, ctx, 65, 17, 3, bytes[i]);
}

/* Where there are no such instructions, nothing was compared. */
static void qnn_vector_is_used(struct kunit *test)
{
	static const struct qnn_vector_case plain = {
		.in = QNN_ELEM_S8, .in_bits = 8,
		.weight = QNN_ELEM_S8, .weight_bits = 8,
	};

	test->param_value = &plain;
	if (!qnn_vector_prog(test, 64, 16, 3, -1)->priv)
		kunit_skip(test, "no vector instructions");
}

static struct kunit_case qnn_vector_kunit_cases[] = {
	KUNIT_CASE_PARAM(qnn_vector_channels, qnn_vector_gen_params),
	KUNIT_CASE_PARAM(qnn_vector_extremes, qnn_vector_gen_params),
	KUNIT_CASE(qnn_vector_is_used),
	{}
};

static struct kunit_suite qnn_vector_suite = {
	.name = "qnn_vector",
	.test_cases = qnn_vector_kunit_cases,
};

kunit_test_suite(qnn_vector_suite);

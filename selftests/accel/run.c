// SPDX-License-Identifier: MIT
/*
 * What the device computes through the kernel, bit for bit, against the
 * shortest possible code for the same thing: convolutions in every activation
 * and weight width with every output stage.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define H	7
#define W	6
#define IC	13
#define OC	5
#define K	3
#define OH	4		/* stride 2, padding 1 */
#define OW	3
#define IN_MAX	(H * W * IC)
#define OUT_MAX	(OH * OW * OC * 4)

/* One convolution: what goes in, as codes, and what the naive code says. */
struct conv {
	u32 in_type, weight_type, out_type, stage, rule;
	int in_zero, out_zero;
	int in[H][W][IC], weight[OC][K][K][IC], bias[OC];
	int threshold[OC][15], levels;
	u8 negate[OC];
	u32 scale[OC];
	s8 shift[OC];
};

static uint32_t seed = 1;

static int draw(int min, int max)
{
	seed = seed * 1664525 + 1013904223;
	return min + (int)((seed >> 8) % (uint32_t)(max - min + 1));
}

static void put_code(u8 *at, u32 bits, u32 index, int code)
{
	u32 i;

	for (i = 0; i < bits; i++) {
		u32 bit = index * bits + i;

		at[bit / 8] = (at[bit / 8] & ~(1u << bit % 8)) | (code >> i & 1) << bit % 8;
	}
}

static int weight_min(u32 type)
{
	return type == QNN_ELEM_B1 ? -1 : qnn_prog_type_min(type);
}

static int weight_max(u32 type)
{
	return qnn_prog_type_max(type);
}

/* Bipolar codes are 0 and 1 for -1 and +1. */
static int weight_code(u32 type, int value)
{
	return type == QNN_ELEM_B1 ? value > 0 : value;
}

static int by_ascent(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void fill(struct conv *c)
{
	int *w = &c->weight[0][0][0][0], *x = &c->in[0][0][0], i, l;
	int min = qnn_prog_type_min(c->in_type), max = qnn_prog_type_max(c->in_type);

	for (i = 0; i < IN_MAX; i++)
		x[i] = draw(min, max);
	c->in_zero = draw(min, max);
	for (i = 0; i < OC * K * K * IC; i++) {
		w[i] = draw(weight_min(c->weight_type), weight_max(c->weight_type));
		if (c->weight_type == QNN_ELEM_B1 && !w[i])
			w[i] = -1;
	}
	c->levels = (1 << qnn_prog_type_bits(c->out_type)) - 1;
	for (i = 0; i < OC; i++) {
		c->bias[i] = draw(-1000, 1000);
		c->negate[i] = draw(0, 1);
		if (c->rule == QNN_ROUND_C) {
			float scale = ldexpf(draw(1 << 20, 1 << 21), -draw(22, 34));

			memcpy(&c->scale[i], &scale, 4);
		} else {
			c->scale[i] = draw(1 << 23, (1 << 24) - 1) << 7 | draw(0, 127);
			c->shift[i] = -draw(2, 14);
		}
		if (c->levels > 15)
			continue;
		for (l = 0; l < c->levels; l++)
			c->threshold[i][l] = draw(-3000, 3000);
		qsort(c->threshold[i], c->levels, sizeof(int), by_ascent);
	}
	c->out_zero = c->stage == QNN_STAGE_REQUANT ?
		draw(qnn_prog_type_min(c->out_type), qnn_prog_type_max(c->out_type)) : 0;
}

/* The double rounding of TensorFlow Lite. */
static int64_t round_a(int64_t acc, int64_t scale, int shift)
{
	int64_t high = (acc * scale + (1 << 30)) >> 31;
	int64_t half = 1ll << (-shift - 1);

	return high < 0 ? -((-high + half) >> -shift) : (high + half) >> -shift;
}

static int64_t round_b(int64_t acc, int64_t scale, int shift)
{
	return (acc * scale + (1ll << (30 - shift))) >> (31 - shift);
}

static int64_t round_c(int acc, u32 bits)
{
	volatile float scale, product;

	memcpy((void *)&scale, &bits, 4);
	product = (float)acc * scale;
	return llrintf(product);
}

static int finish(const struct conv *c, int oc, int acc)
{
	int64_t value = 0;
	int l, count = 0;

	if (c->stage == QNN_STAGE_RAW)
		return acc;
	if (c->stage == QNN_STAGE_THRESHOLD) {
		for (l = 0; l < c->levels; l++)
			count += (c->negate[oc] ? -acc : acc) >= c->threshold[oc][l];
		return qnn_prog_type_min(c->out_type) + count;
	}
	if (c->rule == QNN_ROUND_A)
		value = round_a(acc, (int)c->scale[oc], c->shift[oc]);
	else if (c->rule == QNN_ROUND_B)
		value = round_b(acc, (int)c->scale[oc], c->shift[oc]);
	else
		value = round_c(acc, c->scale[oc]);
	value += c->out_zero;
	if (value < qnn_prog_type_min(c->out_type))
		return qnn_prog_type_min(c->out_type);
	if (value > qnn_prog_type_max(c->out_type))
		return qnn_prog_type_max(c->out_type);
	return value;
}

static int sum(const struct conv *c, int oy, int ox, int oc)
{
	int acc = c->bias[oc], ky, kx, ic;

	for (ky = 0; ky < K; ky++) {
		for (kx = 0; kx < K; kx++) {
			int y = oy * 2 + ky - 1, x = ox * 2 + kx - 1;

			if (y < 0 || y >= H || x < 0 || x >= W)
				continue;
			for (ic = 0; ic < IC; ic++)
				acc += (c->in[y][x][ic] - c->in_zero) * c->weight[oc][ky][kx][ic];
		}
	}
	return acc;
}

/* What the output buffer has to hold. */
static size_t expected(const struct conv *c, u8 *out)
{
	u32 bits = qnn_prog_type_bits(c->out_type), pixel = (OC * bits + 7) / 8;
	int y, x, oc;

	memset(out, 0, OUT_MAX);
	for (y = 0; y < OH; y++)
		for (x = 0; x < OW; x++)
			for (oc = 0; oc < OC; oc++)
				put_code(out + (y * OW + x) * pixel, bits, oc,
					 finish(c, oc, sum(c, y, x, oc)));
	return OH * OW * pixel;
}

static void pack_input(const struct conv *c, u8 *in)
{
	u32 bits = qnn_prog_type_bits(c->in_type), pixel = (IC * bits + 7) / 8;
	int y, x, ic;

	for (y = 0; y < H; y++)
		for (x = 0; x < W; x++)
			for (ic = 0; ic < IC; ic++)
				put_code(in + (y * W + x) * pixel, bits, ic, c->in[y][x][ic]);
}

static void set_stage(struct qnn_prog *p, struct qnn_cmd *cmd, const struct conv *c)
{
	struct qnn_stage_desc *s = &cmd->stage;
	int thresholds[OC * 15], i;

	s->kind = c->stage;
	if (c->stage == QNN_STAGE_RAW)
		return;
	s->flags = QNN_STAGE_PER_CHANNEL;
	if (c->stage == QNN_STAGE_REQUANT) {
		s->rule = c->rule;
		s->scale_off = qnn_prog_const(p, c->scale, sizeof(c->scale), 4);
		if (c->rule != QNN_ROUND_C)
			s->shift_off = qnn_prog_const(p, c->shift, sizeof(c->shift), 1);
		s->clamp_min = qnn_prog_type_min(c->out_type);
		s->clamp_max = qnn_prog_type_max(c->out_type);
		return;
	}
	for (i = 0; i < OC * c->levels; i++)
		thresholds[i] = c->threshold[i / c->levels][i % c->levels];
	s->flags |= QNN_STAGE_NEGATE;
	s->levels = c->levels;
	s->base = qnn_prog_type_min(c->out_type);
	s->threshold_off = qnn_prog_const(p, thresholds, OC * c->levels * 4, 4);
	s->negate_off = qnn_prog_const(p, c->negate, sizeof(c->negate), 1);
}

static void *image(const struct conv *c, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0), *weights;
	struct qnn_cmd *cmd = qnn_prog_cmd(p, QNN_OP_CONV);
	const int *w = &c->weight[0][0][0][0];
	u32 bits = qnn_prog_type_bits(c->weight_type), row, i;
	void *img;

	cmd->in[0] = qnn_prog_tensor(in, c->in_type, H, W, IC);
	cmd->in[0].zero_point = c->in_zero;
	cmd->conv.kernel_h = cmd->conv.kernel_w = K;
	cmd->conv.stride_h = cmd->conv.stride_w = 2;
	cmd->conv.pad_top = cmd->conv.pad_left = 1;
	cmd->conv.pad_bottom = cmd->conv.pad_right = 1;
	cmd->conv.weight_type = c->weight_type;
	qnn_prog_out(cmd, out, c->out_type, OC);
	cmd->out.zero_point = c->out_zero;

	row = qnn_prog_weight_row(cmd);
	weights = calloc(OC, row);
	for (i = 0; i < OC * K * K * IC; i++)
		put_code(weights + i / (K * K * IC) * row, bits, i % (K * K * IC),
			 weight_code(c->weight_type, w[i]));
	cmd->conv.weight_off = qnn_prog_const(p, weights, OC * row, 1);
	free(weights);
	cmd->conv.bias_off = qnn_prog_const(p, c->bias, sizeof(c->bias), 4);
	set_stage(p, cmd, c);
	img = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return img;
}

FIXTURE(run)
{
	int fd;
	uint32_t queue;
	struct qt_buf in, out;
};

FIXTURE_VARIANT(run)
{
	u32 stage, rule, out_types[3];
};

FIXTURE_VARIANT_ADD(run, raw)
{
	.stage = QNN_STAGE_RAW,
	.out_types = { QNN_ELEM_S32 },
};

FIXTURE_VARIANT_ADD(run, rule_a)
{
	.stage = QNN_STAGE_REQUANT,
	.rule = QNN_ROUND_A,
	.out_types = { QNN_ELEM_S8, QNN_ELEM_U4, QNN_ELEM_S2 },
};

FIXTURE_VARIANT_ADD(run, rule_b)
{
	.stage = QNN_STAGE_REQUANT,
	.rule = QNN_ROUND_B,
	.out_types = { QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U2 },
};

FIXTURE_VARIANT_ADD(run, rule_c)
{
	.stage = QNN_STAGE_REQUANT,
	.rule = QNN_ROUND_C,
	.out_types = { QNN_ELEM_S8, QNN_ELEM_U4, QNN_ELEM_U2 },
};

FIXTURE_VARIANT_ADD(run, threshold)
{
	.stage = QNN_STAGE_THRESHOLD,
	.out_types = { QNN_ELEM_U4, QNN_ELEM_U2, QNN_ELEM_S2 },
};

FIXTURE_SETUP(run)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, IN_MAX, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, OUT_MAX, &self->out));
}

FIXTURE_TEARDOWN(run)
{
	close(self->fd);
}

/* 0 when the device wrote exactly what the naive code says. */
static int run_one(int fd, uint32_t queue, struct qt_buf *in, struct qt_buf *out,
		   const struct conv *c)
{
	u8 want[OUT_MAX];
	size_t size, bytes = expected(c, want);
	void *img = image(c, &size);
	struct qt_job job;
	uint32_t program;
	int ret;

	ret = qt_program_new(fd, img, size, &program);
	free(img);
	if (ret)
		return ret;
	memset(in->map, 0, in->size);
	pack_input(c, in->map);
	memset(out->map, 0xa5, out->size);
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in->handle, 0);
	qt_job_bind(&job, 1, out->handle, 0);
	ret = qt_run(fd, queue, &job);
	qt_program_destroy(fd, program);
	if (ret)
		return ret;
	if (memcmp(want, out->map, bytes))
		return -EILSEQ;
	/* Not a byte behind the output. */
	return out->map[bytes] == 0xa5 ? 0 : -EOVERFLOW;
}

TEST_F(run, every_width)
{
	static const u32 in_types[] = {
		QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S4, QNN_ELEM_U4, QNN_ELEM_S2, QNN_ELEM_U2,
	};
	static const u32 weight_types[] = { QNN_ELEM_S8, QNN_ELEM_S4, QNN_ELEM_S2, QNN_ELEM_B1 };
	struct conv c = { .stage = variant->stage, .rule = variant->rule };
	size_t i, w, o;

	for (i = 0; i < ARRAY_SIZE(in_types); i++) {
		for (w = 0; w < ARRAY_SIZE(weight_types); w++) {
			for (o = 0; o < 3 && variant->out_types[o]; o++) {
				c.in_type = in_types[i];
				c.weight_type = weight_types[w];
				c.out_type = variant->out_types[o];
				fill(&c);
				EXPECT_EQ(0, run_one(self->fd, self->queue, &self->in, &self->out,
						     &c)) {
					TH_LOG("in %u, weights %u, out %u", c.in_type,
					       c.weight_type, c.out_type);
				}
			}
		}
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Pooling: for each output pixel, stretches of channels over its window. */
#include "../element.h"
#include "../mac/tile.h"
#include "../mac/unpack.h"
#include "../ops.h"
#include "../stage/stage.h"
#include "pool.h"

struct pool {
	const struct qnn_cmd *cmd;
	const u8 *in;
	u8 *out;
	const u8 *consts;
	struct qnn_vector_tile *tile;
	struct qnn_poll *poll;
	struct qnn_unpacker unpacker;
	/* the window at hand, without what is outside of the input */
	struct qnn_span y, x;
};

static void combine(const struct pool *p, u32 count, int first)
{
	s32 *acc = p->tile->acc;
	const s16 *line = p->tile->line;
	u32 i;

	if (first) {
		for (i = 0; i < count; i++)
			acc[i] = line[i];
	} else if (p->cmd->opcode == QNN_OP_MAX_POOL) {
		for (i = 0; i < count; i++)
			acc[i] = line[i] > acc[i] ? line[i] : acc[i];
	} else {
		for (i = 0; i < count; i++)
			acc[i] += line[i];
	}
}

static int accumulate(const struct pool *p, u32 channel, u32 count)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];
	u32 y, x;

	for (y = 0; y < p->y.taps; y++) {
		const u8 *row = p->in + (u64)(p->y.from + y * p->y.step) * in->row_stride;

		for (x = 0; x < p->x.taps; x++) {
			if (qnn_poll(p->poll, count))
				return -1;
			qnn_unpack(&p->unpacker,
				   row + (u64)(p->x.from + x * p->x.step) * in->pixel_stride,
				   channel, count, p->tile->line);
			combine(p, count, !y && !x);
		}
	}
	return 0;
}

void qnn_pool_average(const struct qnn_cmd *cmd, const u8 *consts, u32 taps, u32 channel,
		      u32 count, s32 *acc)
{
	u32 i;

	if (cmd->stage.kind != QNN_STAGE_MEAN) {
		qnn_stage_apply(cmd, consts, channel, count, acc);
		return;
	}
	if (cmd->pool.flags & QNN_POOL_COUNT_PAD)
		taps = (u32)cmd->pool.kernel_h * cmd->pool.kernel_w;
	for (i = 0; i < count; i++)
		acc[i] = qnn_clamp((s64)qnn_round_mean(acc[i], taps) + cmd->out.zero_point,
				   cmd->stage.clamp_min, cmd->stage.clamp_max);
}

static void finish(const struct pool *p, u32 channel, u32 count)
{
	const struct qnn_cmd *cmd = p->cmd;
	s32 *acc = p->tile->acc;
	u32 i;

	if (cmd->opcode == QNN_OP_MAX_POOL) {
		/* A bipolar value's code is its bit. */
		for (i = 0; i < count && cmd->out.type == QNN_ELEM_B1; i++)
			acc[i] = acc[i] > 0;
		return;
	}
	qnn_pool_average(cmd, p->consts, p->y.taps * p->x.taps, channel, count, acc);
}

static int run_pixel(const struct pool *p, u8 *dst)
{
	u32 channels = p->cmd->out.channels, channel, count;

	for (channel = 0; channel < channels; channel += count) {
		count = channels - channel < QNN_LINE ? channels - channel : QNN_LINE;
		if (accumulate(p, channel, count) || qnn_poll(p->poll, count))
			return -1;
		finish(p, channel, count);
		qnn_pack(dst, qnn_elem_bits(p->cmd->out.type), channel, count, p->tile->acc);
	}
	return 0;
}

int qnn_run_pool(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const struct qnn_pool_desc *d = &cmd->pool;
	struct pool p = { cmd, .consts = exec->prog->consts, .poll = poll };
	u32 y, x;

	p.in = (const u8 *)exec->region[in->region] + in->offset;
	p.out = (u8 *)exec->region[out->region] + out->offset;
	p.tile = &exec->tile->vector;
	/* MAX_POOL copies elements: their zero point stays in. */
	qnn_unpacker_init(&p.unpacker, in->type,
			  cmd->opcode == QNN_OP_MAX_POOL ? 0 : in->zero_point);
	for (y = 0; y < out->height; y++) {
		p.y = qnn_pool_span(y, d->stride_h, d->pad_top, d->kernel_h, d->gap_h, in->height);
		for (x = 0; x < out->width; x++) {
			p.x = qnn_pool_span(x, d->stride_w, d->pad_left, d->kernel_w, d->gap_w, in->width);
			if (run_pixel(&p, p.out + (u64)y * out->row_stride +
					  (u64)x * out->pixel_stride))
				return -1;
		}
	}
	return 0;
}

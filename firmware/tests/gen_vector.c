// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Random valid commands of the vector unit. */
#include "gen.h"

#include <math.h>

struct qnn_cmd *gen_pool(struct rng *rng, struct qnn_prog *p, u32 opcode)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, opcode);
	struct qnn_pool_desc *d = &cmd->pool;
	u32 h = (u32)rng_range(rng, 1, 8), w = (u32)rng_range(rng, 1, 8);
	u32 type = gen_narrow(rng), span_h, span_w;

	d->kernel_h = (u16)rng_range(rng, 1, 5);
	d->kernel_w = (u16)rng_range(rng, 1, 5);
	d->stride_h = (u16)rng_range(rng, 1, 4);
	d->stride_w = (u16)rng_range(rng, 1, 4);
	d->gap_h = gen_one_in(rng, 2) ? 0 : (u16)rng_range(rng, 0, h - 1);
	d->gap_w = gen_one_in(rng, 2) ? 0 : (u16)rng_range(rng, 0, w - 1);
	span_h = (d->gap_h + 1u) * (d->kernel_h - 1u) + 1;
	span_w = (d->gap_w + 1u) * (d->kernel_w - 1u) + 1;
	d->pad_top = (u16)rng_range(rng, 0, span_h - 1);
	d->pad_bottom = (u16)rng_range(rng, 0, span_h - 1);
	d->pad_left = (u16)rng_range(rng, 0, span_w - 1);
	d->pad_right = (u16)rng_range(rng, 0, span_w - 1);
	while (h + d->pad_top + d->pad_bottom < span_h)
		h++;
	while (w + d->pad_left + d->pad_right < span_w)
		w++;
	cmd->in[0] = qnn_prog_tensor(0, type, h, w, gen_channels(rng, 300));
	cmd->in[0].zero_point = gen_zero_point(rng, type);
	gen_spread(rng, &cmd->in[0]);
	if (opcode == QNN_OP_MAX_POOL) {
		qnn_prog_out(cmd, 2, QNN_ELEM_NONE, 0);
		gen_spread(rng, &cmd->out);
	} else if (gen_one_in(rng, 2)) {
		qnn_prog_out(cmd, 2, gen_narrow(rng), 0);
		cmd->out.zero_point = gen_zero_point(rng, cmd->out.type);
		gen_spread(rng, &cmd->out);
		cmd->stage.kind = QNN_STAGE_MEAN;
		cmd->stage.clamp_min = qnn_prog_type_min(cmd->out.type);
		cmd->stage.clamp_max = qnn_prog_type_max(cmd->out.type);
		d->flags = (u32)rng_next(rng) & QNN_POOL_COUNT_PAD;
	} else {
		gen_output(rng, p, cmd, 0, 1 << rng_range(rng, 3, 12));
	}
	return cmd;
}

/* Place the output exactly where an input is, if the widths allow it. */
static int in_place(struct qnn_cmd *cmd, u32 i)
{
	const struct qnn_tensor_desc *in = &cmd->in[i];

	if (qnn_prog_type_bits(in->type) != qnn_prog_type_bits(cmd->out.type) ||
	    in->height != cmd->out.height || in->width != cmd->out.width ||
	    in->channels != cmd->out.channels)
		return 0;
	cmd->out.offset = in->offset;
	cmd->out.row_stride = in->row_stride;
	cmd->out.pixel_stride = in->pixel_stride;
	cmd->out.region = in->region;
	return 1;
}

struct qnn_cmd *gen_elementwise(struct rng *rng, struct qnn_prog *p, u32 opcode)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, opcode);
	u32 h = (u32)rng_range(rng, 1, 5), w = (u32)rng_range(rng, 1, 5);
	u32 c = gen_channels(rng, 300), full = c, i;
	s64 reach = 1ll << rng_range(rng, 3, 30);

	for (i = 0; i < 2; i++) {
		u32 type = gen_type(rng);

		cmd->in[i] = qnn_prog_tensor((u8)i, type, h, w, c);
		cmd->in[i].zero_point = gen_zero_point(rng, type);
		gen_spread(rng, &cmd->in[i]);
		/* The second one may be broadcast. */
		h = gen_one_in(rng, 3) ? 1 : h;
		w = gen_one_in(rng, 3) ? 1 : w;
		c = gen_one_in(rng, 3) ? 1 : c;
	}
	for (i = 0; i < 2 && opcode == QNN_OP_ADD; i++) {
		cmd->add.multiplier[i] = gen_multiplier(rng, 0x7fffffff);
		if (gen_one_in(rng, 3))
			cmd->add.multiplier[i] = -cmd->add.multiplier[i];
		cmd->add.shift[i] = gen_shift(rng);
	}
	if (opcode == QNN_OP_ADD) {
		cmd->add.left_shift = (u8)rng_range(rng, 0, 20);
		cmd->add.rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_B);
	}
	gen_output(rng, p, cmd, full, reach);
	/* In place at times; the regions keep their order. */
	for (i = 0; i < 2; i++) {
		if (gen_one_in(rng, 2) && in_place(cmd, i))
			break;
	}
	return cmd;
}

/* Coordinates that mostly meet the input, in any of the ways. */
static void copy_axes(struct rng *rng, struct qnn_cmd *cmd)
{
	struct qnn_copy_desc *d = &cmd->copy;
	u32 i;

	for (i = 0; i < QNN_COPY_AXES; i++) {
		struct qnn_copy_axis *a = &d->axis[i], *b = &d->axis[rng_next(rng) % (i + 1)];
		u32 from = a->from;

		if (gen_one_in(rng, 3)) {
			a->from = b->from;
			b->from = from;
		}
		if (gen_one_in(rng, 2))
			a->start = (s32)rng_range(rng, -6, 6);
		if (gen_one_in(rng, 3))
			a->step = (s32)rng_range(rng, -7, 7);
		if (gen_one_in(rng, 3))
			a->divisor = (s32)rng_range(rng, 1, 7);
	}
	if (gen_one_in(rng, 20))
		d->axis[rng_next(rng) % QNN_COPY_AXES].step = QNN_MAX_COPY;
}

/* Mode, block and flags; the number of channels that are written. */
static u32 copy_blocks(struct rng *rng, struct qnn_copy_desc *d)
{
	u32 n = gen_channels(rng, 300);

	d->mode = (u8)(gen_one_in(rng, 2) ? QNN_COPY_PLAIN : rng_range(rng, 1, 2));
	if (gen_one_in(rng, 3))
		d->flags = QNN_COPY_CLAMP;
	if (d->mode == QNN_COPY_PLAIN)
		return n;
	d->block = (u8)rng_range(rng, 1, 3);
	d->flags |= (u32)rng_next(rng) & QNN_COPY_CRD;
	return d->mode == QNN_COPY_SPACE_TO_DEPTH ? (n + 3) / 4 * d->block * d->block : n;
}

static void copy_fill(struct rng *rng, struct qnn_cmd *cmd)
{
	if (cmd->copy.flags & QNN_COPY_CLAMP)
		return;
	cmd->copy.fill = (s32)rng_range(rng, qnn_prog_type_min(cmd->in[0].type),
					qnn_prog_type_max(cmd->in[0].type));
}

struct qnn_cmd *gen_copy(struct rng *rng, struct qnn_prog *p)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, QNN_OP_COPY);
	struct qnn_copy_desc *d = &cmd->copy;
	u32 type = gen_type(rng), n, identity = gen_one_in(rng, 6);
	s64 reach = 1ll << rng_range(rng, 3, type == QNN_ELEM_S32 ? 30 : 8);

	if (identity) {
		n = gen_channels(rng, 300);
	} else {
		copy_axes(rng, cmd);
		n = copy_blocks(rng, d);
	}
	cmd->in[0] = qnn_prog_tensor(0, type, (u32)rng_range(rng, 1, 6),
				     (u32)rng_range(rng, 1, 6),
				     identity ? n : gen_channels(rng, 300));
	cmd->in[0].zero_point = gen_zero_point(rng, type);
	gen_spread(rng, &cmd->in[0]);
	copy_fill(rng, cmd);
	if (!identity && gen_one_in(rng, 2))
		d->out_first = (u16)rng_range(rng, 0, 12);
	if (gen_one_in(rng, 2)) {
		qnn_prog_out(cmd, 2, QNN_ELEM_NONE, n + d->out_first);
		gen_size(rng, cmd);
		gen_spread(rng, &cmd->out);
	} else {
		gen_output(rng, p, cmd, n + d->out_first, reach);
	}
	if (identity) {
		cmd->out.height = cmd->in[0].height;
		cmd->out.width = cmd->in[0].width;
		cmd->out.row_stride = cmd->out.width * cmd->out.pixel_stride;
		in_place(cmd, 0);
	}
	return cmd;
}

struct qnn_cmd *gen_argmax(struct rng *rng, struct qnn_prog *p)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, QNN_OP_ARGMAX);
	u32 type = gen_type(rng);

	cmd->in[0] = qnn_prog_tensor(0, type, (u32)rng_range(rng, 1, 5),
				     (u32)rng_range(rng, 1, 5), gen_channels(rng, 300));
	cmd->in[0].zero_point = gen_zero_point(rng, type);
	gen_spread(rng, &cmd->in[0]);
	gen_output(rng, p, cmd, 1, 1ll << rng_range(rng, 3, 8));
	return cmd;
}

/* exp of a step for each difference, or anything. */
static u32 softmax_table(struct rng *rng, struct qnn_prog *p)
{
	double step = (double)rng_range(rng, 1, 1000) / (double)rng_range(rng, 1, 3000);
	u32 wild = gen_one_in(rng, 3), i;
	s32 exps[QNN_TABLE_SIZE];

	for (i = 1; i < QNN_TABLE_SIZE; i++) {
		exps[i] = (s32)(exp(-step * i) * 0x7fffffff);
		if (wild)
			exps[i] = (s32)(rng_next(rng) >> (33 + rng_next(rng) % 31));
	}
	exps[0] = 0x7fffffff;
	return qnn_prog_const(p, exps, sizeof(exps), 4);
}

struct qnn_cmd *gen_softmax(struct rng *rng, struct qnn_prog *p)
{
	struct qnn_cmd *cmd = qnn_prog_cmd(p, QNN_OP_SOFTMAX);
	u32 type = (u32)rng_range(rng, QNN_ELEM_S8, QNN_ELEM_U8);

	cmd->in[0] = qnn_prog_tensor(0, type, (u32)rng_range(rng, 1, 5),
				     (u32)rng_range(rng, 1, 5), gen_channels(rng, 1100));
	cmd->in[0].zero_point = gen_zero_point(rng, type);
	gen_spread(rng, &cmd->in[0]);
	qnn_prog_out(cmd, 1, (u32)rng_range(rng, QNN_ELEM_S8, QNN_ELEM_U8), 0);
	cmd->out.zero_point = gen_zero_point(rng, cmd->out.type);
	gen_spread(rng, &cmd->out);
	cmd->softmax.table_off = softmax_table(rng, p);
	return cmd;
}

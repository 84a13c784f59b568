// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Element-wise addition and multiplication of two tensors. */
#include "../element.h"
#include "../mac/tile.h"
#include "../mac/unpack.h"
#include "../ops.h"
#include "../stage/stage.h"
#include "elementwise.h"

struct operand {
	const u8 *base;
	const struct qnn_tensor_desc *desc;
	struct qnn_unpacker unpacker;
	/* steps to the next row, pixel and element: 0 where one stands for all */
	u64 row_stride;
	u64 pixel_stride;
	u32 channel_step;
};

s32 qnn_add_operand(const struct qnn_add_desc *add, u32 which, s32 value)
{
	s32 scaled = qnn_saturate((s64)value * (1ll << add->left_shift));

	return add->rule == QNN_ROUND_A ?
	       qnn_round_a(scaled, add->multiplier[which], add->shift[which]) :
	       qnn_round_b(scaled, add->multiplier[which], add->shift[which]);
}

/* Values less zero point of @count channels of a pixel. */
static void load(const struct operand *op, const u8 *pixel, u32 channel, u32 count,
		 s16 *line, s32 *dst)
{
	u32 step = op->channel_step, first = channel * step, i;
	const s32 *wide = (const s32 *)pixel + first;

	if (op->desc->type == QNN_ELEM_S32) {
		for (i = 0; i < count; i++)
			dst[i] = wide[i * step];
		return;
	}
	qnn_unpack(&op->unpacker, pixel, first, step ? count : 1, line);
	for (i = 0; i < count; i++)
		dst[i] = line[i * step];
}

/* Combine two operands into the accumulators, where the first one is. */
static void combine(const struct qnn_cmd *cmd, u32 count, s32 *acc, const s32 *second)
{
	u32 i;

	if (cmd->opcode == QNN_OP_MUL) {
		for (i = 0; i < count; i++)
			acc[i] = qnn_saturate((s64)acc[i] * second[i]);
		return;
	}
	for (i = 0; i < count; i++)
		acc[i] = qnn_saturate((s64)qnn_add_operand(&cmd->add, 0, acc[i]) +
				      qnn_add_operand(&cmd->add, 1, second[i]));
}

static const u8 *pixel_at(const struct operand *op, u32 y, u32 x)
{
	return op->base + y * op->row_stride + x * op->pixel_stride;
}

static int run_pixel(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd,
		     const struct operand *ops, u32 y, u32 x)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	struct qnn_vector_tile *tile = &exec->tile->vector;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset +
		  (u64)y * out->row_stride + (u64)x * out->pixel_stride;
	u32 channel, count;

	for (channel = 0; channel < out->channels; channel += count) {
		count = out->channels - channel;
		count = count < QNN_LINE ? count : QNN_LINE;
		if (qnn_poll(poll, 3 * count))
			return -1;
		load(&ops[0], pixel_at(&ops[0], y, x), channel, count, tile->line, tile->acc);
		load(&ops[1], pixel_at(&ops[1], y, x), channel, count, tile->line, tile->second);
		combine(cmd, count, tile->acc, tile->second);
		qnn_stage_store(cmd, exec->prog->consts, dst, channel, count, tile->acc);
	}
	return 0;
}

static void open_operand(struct operand *op, const struct qnn_exec *exec,
			 const struct qnn_tensor_desc *desc)
{
	op->desc = desc;
	op->base = (const u8 *)exec->region[desc->region] + desc->offset;
	op->row_stride = desc->height > 1 ? desc->row_stride : 0;
	op->pixel_stride = desc->width > 1 ? desc->pixel_stride : 0;
	op->channel_step = desc->channels > 1;
	if (desc->type != QNN_ELEM_S32)
		qnn_unpacker_init(&op->unpacker, desc->type, desc->zero_point);
}

int qnn_run_elementwise(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	struct operand ops[2];
	u32 y, x;

	open_operand(&ops[0], exec, &cmd->in[0]);
	open_operand(&ops[1], exec, &cmd->in[1]);
	for (y = 0; y < cmd->out.height; y++) {
		for (x = 0; x < cmd->out.width; x++) {
			if (run_pixel(exec, poll, cmd, ops, y, x))
				return -1;
		}
	}
	return 0;
}

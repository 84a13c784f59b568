// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Element-wise addition: each operand rescaled, the sum saturated. */
#include "../element.h"
#include "../mac/tile.h"
#include "../mac/unpack.h"
#include "../ops.h"
#include "../stage/stage.h"

struct operand {
	const u8 *base;
	const struct qnn_tensor_desc *desc;
	struct qnn_unpacker unpacker;
};

static s32 rescale(const struct qnn_add_desc *add, u32 which, s32 value)
{
	s32 scaled = qnn_saturate((s64)value * (1ll << add->left_shift));

	return add->rule == QNN_ROUND_A ?
	       qnn_round_a(scaled, add->multiplier[which], add->shift[which]) :
	       qnn_round_b(scaled, add->multiplier[which], add->shift[which]);
}

/* Add operand @which of @count channels of a pixel to the accumulators. */
static void add_operand(const struct qnn_cmd *cmd, const struct operand *op, u32 which,
			const u8 *pixel, u32 channel, u32 count, struct qnn_vector_tile *tile)
{
	const s32 *wide = (const s32 *)pixel + channel;
	int is_wide = op->desc->type == QNN_ELEM_S32;
	u32 i;

	if (!is_wide)
		qnn_unpack(&op->unpacker, pixel, channel, count, tile->line);
	for (i = 0; i < count; i++) {
		s32 value = is_wide ? wide[i] : tile->line[i];
		s64 sum = rescale(&cmd->add, which, value);

		/* Only the sum of both saturates. */
		if (which)
			tile->acc[i] = qnn_saturate(sum + tile->acc[i]);
		else
			tile->acc[i] = (s32)sum;
	}
}

static const u8 *pixel_at(const struct operand *op, u32 y, u32 x)
{
	return op->base + (u64)y * op->desc->row_stride + (u64)x * op->desc->pixel_stride;
}

static int run_pixel(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd,
		     const struct operand *ops, u32 y, u32 x)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	struct qnn_vector_tile *tile = &exec->tile->vector;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	u32 channel, count;

	for (channel = 0; channel < out->channels; channel += count) {
		count = out->channels - channel;
		count = count < QNN_LINE ? count : QNN_LINE;
		if (qnn_poll(poll, 3 * count))
			return -1;
		add_operand(cmd, &ops[0], 0, pixel_at(&ops[0], y, x), channel, count, tile);
		add_operand(cmd, &ops[1], 1, pixel_at(&ops[1], y, x), channel, count, tile);
		qnn_stage_store(cmd, exec->prog->consts, dst, y * out->width + x,
				channel, count, tile->acc);
	}
	return 0;
}

int qnn_run_add(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	struct operand ops[2];
	u32 i, y, x;

	for (i = 0; i < 2; i++) {
		ops[i].desc = &cmd->in[i];
		ops[i].base = (const u8 *)exec->region[cmd->in[i].region] + cmd->in[i].offset;
		if (cmd->in[i].type != QNN_ELEM_S32)
			qnn_unpacker_init(&ops[i].unpacker, cmd->in[i].type,
					  cmd->in[i].zero_point);
	}
	for (y = 0; y < cmd->out.height; y++) {
		for (x = 0; x < cmd->out.width; x++) {
			if (run_pixel(exec, poll, cmd, ops, y, x))
				return -1;
		}
	}
	return 0;
}

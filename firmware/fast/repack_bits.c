// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Weights as bits, in the order of the kernels: for each block of output
 * channels, along the depth, 32 of one channel, of the next one, and so on.
 */
#include "bits.h"
#include "element.h"
#include "mac/operand.h"

#define CHUNK	256u	/* a multiple of QNN_WORD_BITS */

struct repack {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	struct qnn_weights weights;
	struct qnn_poll *poll;
	u8 *memory;
	s16 row[CHUNK];

	/* the channel at hand */
	u32 channel;		/* of the output */
	u32 *word;		/* where its next 32 weights go ... */
	u32 stride;		/* ... and words to those after them */
	u32 *bias;		/* the first class's */
};

/* Adds what a tap gives beside the counts to each class of outputs. */
static int add_tap(const struct repack *r, u32 y, u32 x, u32 ones)
{
	const struct qnn_plan *plan = r->plan;
	const struct qnn_tensor_desc *in = &r->cmd->in[0];
	u32 step = plan->group_padded * r->cmd->conv.groups;
	u32 most = (1u << plan->planes) - 1, zero, cy, cx, *bias = r->bias;

	if (qnn_poll(r->poll, plan->border_y.count * plan->border_x.count))
		return -1;
	if (plan->planes > 1) {
		zero = (u32)(in->zero_point - qnn_element(in->type)->min);
		*bias += (most - 2 * zero) * ones + zero * plan->group_in;
		return 0;
	}
	for (cy = 0; cy < plan->border_y.count; cy++) {
		for (cx = 0; cx < plan->border_x.count; cx++, bias += step) {
			int inside = qnn_border_inside(&plan->border_y, cy, y) &&
				     qnn_border_inside(&plan->border_x, cx, x);

			*bias += inside ? plan->group_in : 2 * ones;
		}
	}
	return 0;
}

/* The weights of a channel for one tap; how many are +1. */
static int move_tap(struct repack *r, u32 tap, u32 *ones)
{
	u32 group_in = r->plan->group_in, at, n, i;

	*ones = 0;
	for (at = 0; at < group_in; at += n) {
		n = group_in - at < CHUNK ? group_in - at : CHUNK;
		if (qnn_poll(r->poll, n))
			return -1;
		qnn_weights_read(&r->weights, r->channel, tap * group_in + at, n, r->row);
		for (i = 0; i < n; i++) {
			u32 bit = r->row[i] > 0;

			if (i % QNN_WORD_BITS == 0)
				r->word[(at + i) / QNN_WORD_BITS * r->stride] = 0;
			r->word[(at + i) / QNN_WORD_BITS * r->stride] |= bit << i % QNN_WORD_BITS;
			*ones += bit;
		}
	}
	r->word += (group_in + QNN_WORD_BITS - 1) / QNN_WORD_BITS * r->stride;
	return 0;
}

static void place(struct repack *r, u32 group, u32 within)
{
	const struct qnn_plan *plan = r->plan;
	u32 block = within / QNN_BLOCK * QNN_BLOCK;
	u64 first = (u64)group * plan->group_padded + block;

	r->channel = group * plan->group_out + within;
	r->stride = plan->group_padded - block < QNN_BLOCK ? plan->group_padded - block : QNN_BLOCK;
	r->word = (u32 *)(r->memory + plan->weights +
			  first * qnn_plan_row(plan)) + (within - block);
	r->bias = (u32 *)(r->memory + plan->bias) + first + (within - block);
}

static int move_channel(struct repack *r)
{
	const struct qnn_conv_desc *d = &r->cmd->conv;
	u32 classes = r->plan->border_y.count * r->plan->border_x.count, y, x, i, ones;
	u32 step = r->plan->group_padded * d->groups;
	s32 bias;

	qnn_bias_read(r->cmd, r->weights.consts, r->channel, 1, &bias);
	for (i = 0; i < classes; i++)
		r->bias[i * step] = (u32)bias;
	for (y = 0; y < d->kernel_h; y++) {
		for (x = 0; x < d->kernel_w; x++) {
			if (move_tap(r, y * d->kernel_w + x, &ones) || add_tap(r, y, x, ones))
				return -1;
		}
	}
	return 0;
}

/* What no channel of the output fills is counted, too, and not kept. */
static int clear(u8 *memory, u64 bytes, struct qnn_poll *poll)
{
	u64 i;

	for (i = 0; i < bytes; i += 8) {
		if (i % 4096 == 0 && qnn_poll(poll, 512))
			return -1;
		*(u64 *)(memory + i) = 0;
	}
	return 0;
}

static int clear_all(const struct qnn_plan *plan, const struct qnn_cmd *cmd, u8 *memory,
		     struct qnn_poll *poll)
{
	u64 weights = qnn_align64((u64)plan->group_padded * cmd->conv.groups * qnn_plan_row(plan));

	return clear(memory + plan->bias, plan->stage - plan->bias, poll) ||
	       clear(memory + plan->weights, weights, poll);
}

int qnn_repack_bits(const struct qnn_plan *plan, const struct qnn_program *prog,
		    const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll)
{
	struct repack r = { .plan = plan, .cmd = cmd, .poll = poll, .memory = memory };
	struct qnn_grid grid;
	u32 group, within;

	qnn_grid_init(&grid, cmd, 0);
	qnn_weights_init(&r.weights, cmd, &grid, prog->consts);
	if (plan->group_padded > plan->group_out && clear_all(plan, cmd, memory, poll))
		return -1;
	for (group = 0; group < cmd->conv.groups; group++) {
		for (within = 0; within < plan->group_out; within++) {
			place(&r, group, within);
			if (move_channel(&r))
				return -1;
		}
	}
	return 0;
}

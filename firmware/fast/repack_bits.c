// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Weights as bits, in the order of the kernels: for each block of output
 * channels, along the depth, 32 of one channel, of the next one, and so on. Of
 * weights that can be 0, after those of 16 channels, which are not.
 */
#include "bits.h"
#include "element.h"
#include "mac/operand.h"

#define WORD_WORK	40u	/* for 32 weights */

struct repack {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	struct qnn_weights weights;
	struct qnn_poll *poll;
	u8 *memory;
	const u8 *row;		/* of the channel at hand, if words can be read as they are */

	/* the channel at hand */
	u32 channel;		/* of the output */
	u32 *word;		/* where its next 32 weights go ... */
	u32 stride;		/* ... and words to those after them */
	u32 plus, minus;	/* weights of the tap at hand */
	u32 *bias;		/* the first class's */
};

/* Adds what a tap gives beside the counts to each class of outputs. */
static int add_tap(const struct repack *r, u32 y, u32 x)
{
	const struct qnn_plan *plan = r->plan;
	const struct qnn_tensor_desc *in = &r->cmd->in[0];
	u32 step = plan->group_padded * r->cmd->conv.groups;
	u32 most = (1u << plan->planes) - 1, zero, cy, cx, *bias = r->bias;

	if (qnn_poll(r->poll, plan->border_y.count * plan->border_x.count))
		return -1;
	if (plan->planes > 1) {
		zero = (u32)(in->zero_point - qnn_element(in->type)->min);
		*bias += most * r->plus - zero * (r->plus - r->minus);
		return 0;
	}
	for (cy = 0; cy < plan->border_y.count; cy++) {
		for (cx = 0; cx < plan->border_x.count; cx++, bias += step) {
			int inside = qnn_border_inside(&plan->border_y, cy, y) &&
				     qnn_border_inside(&plan->border_x, cx, x);

			*bias += inside ? r->plus + r->minus : 2 * r->plus;
		}
	}
	return 0;
}

/* 32 weights of the channel at hand, from @at on: which are +1, and which -1. */
static void read_word(const struct repack *r, u32 at, u32 *plus, u32 *minus)
{
	u64 codes;

	if (!r->plan->signs) {
		__builtin_memcpy(plus, r->row + at / 8, sizeof(*plus));
		*minus = ~*plus;
		return;
	}
	__builtin_memcpy(&codes, r->row + at / 4, sizeof(codes));
	codes = qnn_bits_part(codes);
	*minus = (u32)(codes >> 32);
	*plus = (u32)codes & ~*minus;
}

/* The same of @count weights that lie anyhow. */
static void collect_word(struct repack *r, u32 at, u32 count, u32 *plus, u32 *minus)
{
	s16 row[QNN_WORD_BITS];
	u32 i;

	*plus = 0;
	*minus = 0;
	qnn_weights_read(&r->weights, r->channel, at, count, row);
	for (i = 0; i < count; i++) {
		*plus |= (u32)(row[i] > 0) << i;
		*minus |= (u32)(row[i] < 0) << i;
	}
}

/*
 * How many of them there are, added to both halves of a sum. Kernels have no
 * function that the compiler would call for this.
 */
static u64 add_counts(u64 sum, u32 plus, u32 minus)
{
	u64 bits = plus | (u64)minus << 32;

	bits -= bits >> 1 & 0x5555555555555555ull;
	bits = (bits & 0x3333333333333333ull) + (bits >> 2 & 0x3333333333333333ull);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0full;
	bits += bits >> 16;
	bits += bits >> 8;
	return sum + (bits & 0x000000ff000000ffull);
}

/* The weights of a channel for one tap. */
static int move_tap(struct repack *r, u32 tap)
{
	const u32 group_in = r->plan->group_in, stride = r->stride;
	u32 *word = r->word, at, plus, minus;
	u64 counts = 0;

	for (at = 0; at < group_in; at += QNN_WORD_BITS, word += stride) {
		if (qnn_poll(r->poll, WORD_WORK))
			return -1;
		if (r->row)
			read_word(r, tap * group_in + at, &plus, &minus);
		else
			collect_word(r, tap * group_in + at, min_u32(group_in - at, QNN_WORD_BITS),
				     &plus, &minus);
		word[0] = plus;
		if (r->plan->signs)
			word[QNN_LANES] = plus | minus;
		counts = add_counts(counts, plus, minus);
	}
	r->word = word;
	r->plus = (u32)counts;
	r->minus = (u32)(counts >> 32);
	return 0;
}

static void place(struct repack *r, u32 group, u32 within)
{
	const struct qnn_plan *plan = r->plan;
	u32 block = within / QNN_BLOCK * QNN_BLOCK, words = plan->signs ? 2 : 1;
	u64 first = (u64)group * plan->group_padded + block;

	r->channel = group * plan->group_out + within;
	r->stride = min_u32(plan->group_padded - block, QNN_BLOCK) * words;
	r->word = (u32 *)(r->memory + plan->weights + first * qnn_plan_row(plan)) +
		  (within - block) / QNN_LANES * QNN_LANES * words + within % QNN_LANES;
	if (plan->group_in % QNN_WORD_BITS == 0)
		r->row = r->weights.consts + r->cmd->conv.weight_off +
			 (u64)r->channel * r->weights.row_bytes;
	r->bias = (u32 *)(r->memory + plan->bias) + first + (within - block);
}

static int move_channel(struct repack *r)
{
	const struct qnn_conv_desc *d = &r->cmd->conv;
	u32 classes = r->plan->border_y.count * r->plan->border_x.count, y, x, i;
	u32 step = r->plan->group_padded * d->groups;
	s32 bias;

	qnn_bias_read(r->cmd, r->weights.consts, r->channel, 1, &bias);
	for (i = 0; i < classes; i++)
		r->bias[i * step] = (u32)bias;
	for (y = 0; y < d->kernel_h; y++) {
		for (x = 0; x < d->kernel_w; x++) {
			if (move_tap(r, y * d->kernel_w + x) || add_tap(r, y, x))
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

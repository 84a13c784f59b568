// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Weights in the order of the kernels: for each block of output channels,
 * along the depth, four bytes of one channel, of the next one, and so on. They
 * are four weights, or more of fewer bits: the first of them, of each byte, in
 * its lowest bits.
 */
#include "element.h"
#include "mac/operand.h"
#include "plan.h"

#define CHUNK	256u

struct repack {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	struct qnn_weights weights;
	struct qnn_poll *poll;
	u8 *memory;
	s16 row[CHUNK];
};

/* Where a channel's weights are, and how far apart its four bytes lie. */
struct place {
	u8 *first;
	u32 stride;
};

static struct place place_of(const struct repack *r, u32 group, u32 within)
{
	const struct qnn_plan *plan = r->plan;
	u32 block = within / QNN_BLOCK * QNN_BLOCK;
	u32 channels = plan->group_padded - block;
	u64 first = (u64)group * plan->group_padded + block;
	struct place p;

	if (channels > QNN_BLOCK)
		channels = QNN_BLOCK;
	p.stride = 4 * channels;
	p.first = r->memory + plan->weights + first * plan->depth * plan->weight_bits / 8 +
		  4 * (within - block);
	return p;
}

/* Weight number @depth of a channel. */
static void put(const struct qnn_plan *plan, const struct place *p, u32 depth, s32 value)
{
	u32 step = qnn_plan_step(plan), in_step = depth % step;
	u32 shift = in_step / 4 * plan->weight_bits, mask = ((1u << plan->weight_bits) - 1) << shift;
	u8 *byte = p->first + (u64)(depth / step) * p->stride + in_step % 4;

	*byte = (u8)((*byte & ~mask) | ((u32)value << shift & mask));
}

/* Taps of one position under the kernel start at this depth. */
static u32 depth_of(const struct repack *r, u32 position)
{
	const struct qnn_view_plan *v = &r->plan->view;
	u32 y = position / r->cmd->conv.kernel_w, x = position % r->cmd->conv.kernel_w;

	if (v->merged)
		return y * v->length + x * v->channels;
	return (y * v->segments + x) * v->length;
}

/* One output channel: moves its weights, and gives their sum. */
static int move_channel(struct repack *r, u32 group, u32 within, s32 *sum)
{
	u32 channel = group * r->plan->group_out + within, tap, i, n;
	u32 taps = qnn_conv_depth(r->cmd), group_in = r->plan->group_in;
	s32 zero = r->plan->weight_zero;
	struct place place = place_of(r, group, within);

	*sum = 0;
	for (tap = 0; tap < taps; tap += n) {
		u32 depth = depth_of(r, tap / group_in) + tap % group_in;

		n = group_in - tap % group_in;
		n = n < CHUNK ? n : CHUNK;
		if (qnn_poll(r->poll, n))
			return -1;
		qnn_weights_read(&r->weights, channel, tap, n, r->row);
		for (i = 0; i < n; i++, depth++) {
			put(r->plan, &place, depth, r->row[i] + zero);
			*sum += r->row[i];
		}
	}
	return 0;
}

/*
 * With repacked weights w' = w + zw, the zero points za and zw:
 * sum (a - za) w = sum a w' - zw sum a - za sum w. The last term goes into the
 * bias. Sums are modulo 2^32: what is between may leave 32 bits, what comes
 * out does not.
 */
static s32 new_bias(const struct repack *r, u32 channel, s32 sum)
{
	const struct qnn_plan *plan = r->plan;
	s32 bias;

	qnn_bias_read(r->cmd, r->weights.consts, channel, 1, &bias);
	return (s32)((u32)bias - (u32)plan->view.fill * (u32)sum);
}

int qnn_repack_conv(const struct qnn_plan *plan, const struct qnn_program *prog,
		    const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll)
{
	struct repack r = { .plan = plan, .cmd = cmd, .poll = poll, .memory = memory };
	s32 *bias = (s32 *)(memory + plan->bias);
	struct qnn_grid grid;
	u32 field = (u32)plan->weight_zero & ((1u << plan->weight_bits) - 1);
	const u64 zeros = ~0ull / ((1u << plan->weight_bits) - 1) * field;
	u32 group, within;
	u64 i;

	qnn_grid_init(&grid, cmd, 0);
	qnn_weights_init(&r.weights, cmd, &grid, prog->consts);
	/* Depths that were added by rounding up count nothing. */
	for (i = plan->weights; i < plan->bias; i += 8) {
		if (i % 4096 == 0 && qnn_poll(poll, 512))
			return -1;
		*(u64 *)(memory + i) = zeros;
	}
	for (group = 0; group < cmd->conv.groups; group++) {
		for (within = 0; within < plan->group_padded; within++, bias++) {
			s32 sum = 0;

			*bias = 0;
			if (within >= plan->group_out)
				continue;
			if (move_channel(&r, group, within, &sum))
				return -1;
			*bias = new_bias(&r, group * plan->group_out + within, sum);
		}
	}
	return 0;
}

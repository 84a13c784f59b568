// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "bits.h"
#include "element.h"

#define WORD_COST	13u	/* of counting a word, in products of bytes: measured */
#define MOST_CLASSES	64u	/* biases of a channel */
#define PIECE		16384u	/* bytes between two polls */

/* Outputs along an axis, by what of the kernel is outside of the input. */
static struct qnn_border border(u32 in, u32 out, u32 kernel, u32 stride, u32 dilation, u32 pad)
{
	struct qnn_border b = { .in = in, .stride = stride, .dilation = dilation, .pad = pad };
	u32 beyond = (kernel - 1) * dilation;

	b.before = min_u32((pad + stride - 1) / stride, out);
	/* The last tap is outside from here on. */
	b.last = in + pad > beyond ? (in + pad - beyond + stride - 1) / stride : 0;
	b.last = min_u32(b.last > b.before ? b.last : b.before, out);
	b.count = b.before + 1 + out - b.last;
	return b;
}

static struct qnn_border border_y(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	return border(cmd->in[0].height, cmd->out.height, d->kernel_h, d->stride_h,
		      d->dilation_h, d->pad_top);
}

static struct qnn_border border_x(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	return border(cmd->in[0].width, cmd->out.width, d->kernel_w, d->stride_w,
		      d->dilation_w, d->pad_left);
}

int qnn_border_inside(const struct qnn_border *b, u32 class_index, u32 tap)
{
	u32 out = class_index <= b->before ? class_index : b->last + class_index - b->before - 1;
	u32 at = out * b->stride + tap * b->dilation;

	return at >= b->pad && at - b->pad < b->in;
}

/* Are there kernels for such weights? With one pixel, reading them is what takes time. */
static int has_kernels(const struct qnn_cmd *cmd, const struct qnn_isa_ops *isa)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	if (d->weight_type == QNN_ELEM_S2)
		return isa->count_signs && !d->weight_zero_point &&
		       cmd->out.height * cmd->out.width > 1;
	return d->weight_type == QNN_ELEM_B1 && isa->count;
}

u32 qnn_bits_planes(const struct qnn_cmd *cmd, const struct qnn_isa_ops *isa)
{
	u32 group_in = cmd->in[0].channels / cmd->conv.groups;
	u32 words = (group_in + QNN_WORD_BITS - 1) / QNN_WORD_BITS;
	u32 planes = qnn_elem_bits(cmd->in[0].type);

	if (!has_kernels(cmd, isa) || planes > QNN_MOST_PLANES)
		return 0;
	/* A matrix unit does more products of bytes than others count bits. */
	if (isa->mac_32 && cmd->out.height * cmd->out.width > 1)
		return 0;
	if (words * planes * WORD_COST > group_in)
		return 0;
	if (planes == 1 && (u64)border_y(cmd).count * border_x(cmd).count > MOST_CLASSES)
		return 0;
	return planes;
}

int qnn_bits_signs(const struct qnn_cmd *cmd, const u8 *consts, struct qnn_poll *poll)
{
	const u8 *weights = consts + cmd->conv.weight_off;
	u64 bytes = (u64)cmd->out.channels * qnn_conv_row_bytes(cmd), at, n, i;

	for (at = 0; at < bytes; at += n) {
		u64 least = 0, codes = 0;

		n = bytes - at < PIECE ? bytes - at : PIECE;
		if (qnn_poll(poll, PIECE / 8))
			return -1;
		for (i = 0; i + 8 <= n; i += 8) {
			__builtin_memcpy(&codes, weights + at + i, 8);
			least |= codes >> 1 & ~codes;
		}
		for (; i < n; i++)
			least |= weights[at + i] >> 1u & ~(u32)weights[at + i];
		/* -2 is 10 */
		if (least & 0x5555555555555555ull)
			return 0;
	}
	return 1;
}

void qnn_bits_plan(struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	struct qnn_view_plan *v = &plan->view;
	u32 words = (plan->group_in + QNN_WORD_BITS - 1) / QNN_WORD_BITS;

	plan->signs = d->weight_type == QNN_ELEM_S2;
	/* A byte of the input meets as many bits of a weight, or twice as many. */
	plan->weight_bits = (u8)(8 / plan->planes * (plan->signs ? 2 : 1));
	if (plan->planes == 1) {
		plan->border_y = border_y(cmd);
		plan->border_x = border_x(cmd);
	}
	v->merged = d->dilation_w == 1;
	v->phases = 1;
	v->channels = words * QNN_WORD_BITS / 8 * plan->planes;
	v->width = (cmd->out.width - 1u) * d->stride_w + (d->kernel_w - 1u) * d->dilation_w + 1;
	v->segments = v->merged ? 1 : d->kernel_w;
	v->length = v->merged ? d->kernel_w * v->channels : v->channels;
	v->row_bytes = (u64)v->width * v->channels;
}

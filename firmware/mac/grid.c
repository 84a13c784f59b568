// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "../element.h"
#include "grid.h"

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

static void init_plain(struct qnn_axis *a, u32 out, u32 kernel, u32 stride, u32 dilation, u32 pad)
{
	a->first = 0;
	a->step = 1;
	a->count = out;
	a->tap = 0;
	a->tap_step = 1;
	a->taps = kernel;
	a->origin = -(s32)pad;
	a->stride = (s32)stride;
	a->dilation = (s32)dilation;
}

/* The outputs @first, @first + @stride, ... of a transposed convolution. */
static void init_spread(struct qnn_axis *a, u32 first, u32 out, u32 kernel, u32 stride,
			u32 dilation, u32 pad)
{
	u32 period = qnn_tap_period(stride, dilation), tap;
	s32 at = 0;

	a->first = first;
	a->step = stride;
	a->count = (out - first + stride - 1) / stride;
	for (tap = 0; tap < min_u32(kernel, period); tap++) {
		at = (s32)(first + pad) - (s32)(tap * dilation);
		if (at % (s32)stride == 0)
			break;
	}
	a->tap = tap;
	a->tap_step = period;
	a->taps = tap < min_u32(kernel, period) ? (kernel - tap + period - 1) / period : 0;
	a->origin = at / (s32)stride;
	a->stride = 1;
	a->dilation = -(s32)(period * dilation / stride);
}

/* Remainders by the stride that occur. */
static u32 phases(const struct qnn_cmd *cmd, u32 stride, u32 out)
{
	return cmd->opcode == QNN_OP_CONV_TRANSPOSE ? min_u32(stride, out) : 1;
}

u32 qnn_grid_count(const struct qnn_cmd *cmd)
{
	return phases(cmd, cmd->conv.stride_h, cmd->out.height) *
	       phases(cmd, cmd->conv.stride_w, cmd->out.width);
}

void qnn_grid_init(struct qnn_grid *grid, const struct qnn_cmd *cmd, u32 index)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 columns = phases(cmd, d->stride_w, cmd->out.width);

	if (cmd->opcode == QNN_OP_CONV_TRANSPOSE) {
		init_spread(&grid->y, index / columns, cmd->out.height, d->kernel_h, d->stride_h,
			    d->dilation_h, d->pad_top);
		init_spread(&grid->x, index % columns, cmd->out.width, d->kernel_w, d->stride_w,
			    d->dilation_w, d->pad_left);
		return;
	}
	init_plain(&grid->y, cmd->out.height, d->kernel_h, d->stride_h, d->dilation_h, d->pad_top);
	init_plain(&grid->x, cmd->out.width, d->kernel_w, d->stride_w, d->dilation_w, d->pad_left);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "view.h"
#include "bits.h"
#include "element.h"

#define WORK_SHARE	16u	/* bytes copied per unit of work */

struct copy {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
	const u8 *in;
	u32 first_bit;		/* of the group in a pixel */
};

static void fill(u8 *dst, u32 count, u8 value)
{
	u32 i;

	for (i = 0; i < count; i++)
		dst[i] = value;
}

/* @count elements as bytes, the smallest code being 0. */
static void convert(const struct copy *c, u8 *dst, const u8 *src, u32 count)
{
	u32 type = c->cmd->in[0].type;

	if (qnn_elem_bits(type) == 8)
		c->isa->flip(dst, src, count, type == QNN_ELEM_S8 ? 0x80 : 0);
	else
		c->isa->expand(dst, src, count, type);
}

/* Column @x of a view: phase by phase. */
static u8 *column(const struct qnn_view_plan *v, u8 *row, u32 x)
{
	u32 at = x % v->phases * (v->width / v->phases) + x / v->phases;

	return row + at * v->channels;
}

/* Pixels of an input row, one by one or in one stretch. */
static void copy_pixels(const struct copy *c, u8 *row, const u8 *src, u32 x, u32 count)
{
	const struct qnn_view_plan *v = &c->plan->view;
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	u32 group_in = c->plan->group_in;

	if (v->phases == 1 && v->channels == group_in &&
	    in->pixel_stride * 8 == group_in * qnn_elem_bits(in->type)) {
		convert(c, column(v, row, x), src, count * group_in);
		return;
	}
	for (; count; count--, x++, src += in->pixel_stride)
		convert(c, column(v, row, x), src, group_in);
}

/* A row of the input; what is outside of it has the zero point. */
static void copy_row(const struct copy *c, u8 *row, s32 y)
{
	const struct qnn_view_plan *v = &c->plan->view;
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	u32 left = c->cmd->conv.pad_left, inside, x;

	if (y < 0 || y >= in->height) {
		fill(row, (u32)v->row_bytes, v->fill);
		return;
	}
	left = left < v->width ? left : v->width;
	inside = v->width - left < in->width ? v->width - left : in->width;
	for (x = 0; x < v->width; x++) {
		if (x == left)
			x += inside;
		if (x < v->width)
			fill(column(v, row, x), v->channels, v->fill);
	}
	copy_pixels(c, row, c->in + (u64)(u32)y * in->row_stride + c->first_bit / 8, left,
		    inside);
}

int qnn_view_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 first_bit = group * plan->group_in * qnn_elem_bits(cmd->in[0].type);
	const struct copy c = { plan, cmd, isa, in, first_bit };
	u32 count = (rows - 1) * d->stride_h + (d->kernel_h - 1u) * d->dilation_h + 1, y;
	s32 top = (s32)(first * d->stride_h) - d->pad_top;

	for (y = 0; y < count; y++, work += plan->view.row_bytes) {
		if (qnn_poll(poll, (u32)plan->view.row_bytes / WORK_SHARE + 1))
			return -1;
		copy_row(&c, work, top + (s32)y);
	}
	return 0;
}

int qnn_view_open(struct qnn_view *view, const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll)
{
	const struct qnn_view_plan *v = &plan->view;
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 first_bit = group * plan->group_in * qnn_elem_bits(cmd->in[0].type);
	u64 row = v->row_bytes;
	u32 pixel = v->channels;

	view->base = work;
	if (v->direct) {
		row = cmd->in[0].row_stride;
		pixel = cmd->in[0].pixel_stride;
		view->base = in + first_bit / 8 + (u64)first * d->stride_h * row;
	} else if (plan->planes) {
		if (qnn_bits_copy(plan, cmd, in, group, first, rows, work, poll))
			return -1;
	} else if (qnn_view_copy(plan, cmd, isa, in, group, first, rows, work, poll)) {
		return -1;
	}
	view->row_stride = row * d->stride_h;
	view->pixel_stride = pixel * d->stride_w;
	view->row_step = (u32)(row * d->dilation_h);
	view->column_step = pixel * d->dilation_w;
	return 0;
}

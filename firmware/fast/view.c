// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "view.h"
#include "bits.h"
#include "element.h"

#define WORK_SHARE	16u	/* bytes copied per unit of work */
#define PIXEL_WORK	32u	/* for each pixel that is copied by itself */
#define PIECE		16384u	/* bytes between two polls, a multiple of 8 */
#define PIXELS		1024u	/* and so many such pixels at most */

struct copy {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
	const u8 *in;
	u32 first_bit;		/* of the group in a pixel */
	u32 whole;		/* pixels lie side by side, here and there */
	struct qnn_poll *poll;
};

/* @count elements as bytes, the smallest code being 0, of 8 bits maybe -128. */
static void convert(const struct copy *c, u8 *dst, const u8 *src, u32 count)
{
	u32 type = c->cmd->in[0].type;

	if (qnn_elem_bits(type) == 8)
		c->isa->flip(dst, src, count, (type == QNN_ELEM_S8 ? 0x80 : 0) ^ c->isa->turn);
	else
		c->isa->expand(dst, src, count, type);
}

/* Column @x of a view: phase by phase. */
static u8 *column(const struct qnn_view_plan *v, u8 *row, u32 x)
{
	if (v->phases > 1)
		x = x % v->phases * (v->width / v->phases) + x / v->phases;
	return row + x * v->channels;
}

/* Pixels of an input row, one by one or in one stretch. */
static void copy_pixels(const struct copy *c, u8 *row, const u8 *src, u32 x, u32 count)
{
	u32 group_in = c->plan->group_in;

	if (c->whole) {
		convert(c, column(&c->plan->view, row, x), src, count * group_in);
		return;
	}
	for (; count; count--, x++, src += c->cmd->in[0].pixel_stride)
		convert(c, column(&c->plan->view, row, x), src, group_in);
}

/* What is outside of a row, columns from @x to @end: in one stretch, if it is one. */
static int fill_columns(const struct copy *c, u8 *row, u32 x, u32 end)
{
	const struct qnn_view_plan *v = &c->plan->view;

	if (v->phases == 1 && x < end) {
		c->isa->fill(column(v, row, x), (end - x) * v->channels, v->fill);
		return 0;
	}
	for (; x < end; x++) {
		if (qnn_poll(c->poll, v->channels / WORK_SHARE + PIXEL_WORK))
			return -1;
		c->isa->fill(column(v, row, x), v->channels, v->fill);
	}
	return 0;
}

/* Codes of less than a byte are taken apart one by one, with AVX2. */
static u32 convert_work(const struct copy *c, u32 count)
{
	return qnn_elem_bits(c->cmd->in[0].type) == 8 ? count / WORK_SHARE + 1 : 2 * count;
}

/* A pixel with more channels than are converted between two polls. */
static int copy_deep(const struct copy *c, u8 *dst, const u8 *src)
{
	u32 group_in = c->plan->group_in, bits = qnn_elem_bits(c->cmd->in[0].type), at, n;

	for (at = 0; at < group_in; at += n) {
		n = min_u32(group_in - at, PIECE);
		if (qnn_poll(c->poll, convert_work(c, n)))
			return -1;
		convert(c, dst + at, src + at * bits / 8, n);
	}
	return 0;
}

/* The part of a row that is inside of the input. */
static int copy_inside(const struct copy *c, u8 *row, const u8 *src, u32 x, u32 count)
{
	u32 group_in = c->plan->group_in, most = PIECE / group_in, n;

	if (!c->whole)
		most = min_u32(most, PIXELS);
	for (; count; count -= n, x += n, src += (u64)n * c->cmd->in[0].pixel_stride) {
		if (!most) {
			n = 1;
			if (copy_deep(c, column(&c->plan->view, row, x), src))
				return -1;
			continue;
		}
		n = min_u32(count, most);
		if (qnn_poll(c->poll, n * (c->whole ? 0 : PIXEL_WORK) +
				      convert_work(c, n * group_in)))
			return -1;
		copy_pixels(c, row, src, x, n);
	}
	return 0;
}

/* A row of the input; what is outside of it has the zero point. */
static int copy_row(const struct copy *c, u8 *row, s32 y)
{
	const struct qnn_view_plan *v = &c->plan->view;
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	u32 left = min_u32(c->cmd->conv.pad_left, v->width), inside;

	if (qnn_poll(c->poll, (u32)v->row_bytes / WORK_SHARE + 1))
		return -1;
	if (y < 0 || y >= in->height) {
		c->isa->fill(row, (u32)v->row_bytes, v->fill);
		return 0;
	}
	inside = min_u32(v->width - left, in->width);
	if (fill_columns(c, row, 0, left) || fill_columns(c, row, left + inside, v->width))
		return -1;
	return copy_inside(c, row, c->in + (u64)(u32)y * in->row_stride + c->first_bit / 8, left,
			   inside);
}

static u32 is_whole(const struct qnn_plan *plan, const struct qnn_tensor_desc *in)
{
	return plan->view.phases == 1 && plan->view.channels == plan->group_in &&
	       in->pixel_stride * 8 == plan->group_in * qnn_elem_bits(in->type);
}

int qnn_view_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 first_bit = group * plan->group_in * qnn_elem_bits(cmd->in[0].type);
	const struct copy c = { plan, cmd, isa, in, first_bit, is_whole(plan, &cmd->in[0]), poll };
	u32 count = qnn_input_rows(d, rows), y;
	s32 top = (s32)(first * d->stride_h) - d->pad_top;

	for (y = 0; y < count; y++, work += plan->view.row_bytes) {
		if (copy_row(&c, work, top + (s32)y))
			return -1;
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
		if (qnn_bits_copy(plan, cmd, isa, in, group, first, rows, work, poll))
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

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Pooling with vector units: all channels of a pixel at a time. */
#include "fast_vector.h"
#include "element.h"
#include "isa.h"
#include "mac/tile.h"
#include "pool_packed.h"
#include "stage/stage.h"
#include "vector/pool.h"

#define WORK_SHARE	8u	/* elements per unit of work */
#define TAP_WORK	32u	/* for each pixel under the window */
#define MEAN_WORK	16u	/* for each mean */
#define MEANS		2048u	/* between two polls */
#define WINDOW		4096u	/* bytes under a window that is taken in at once */

_Static_assert(MEANS * (sizeof(s32) + 1) <= QNN_FAST_BYTES, "working memory");

struct pool {
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
	const u8 *in;
	const u8 *consts;
	struct qnn_poll *poll;
	u32 bits;		/* of an element */
	s32 *acc;		/* MEANS */
	u8 *bytes;		/* the same */
	struct qnn_span y, x;
};

void qnn_plan_pool(struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	if (qnn_type_in(cmd->in[0].type, QNN_TYPES_NARROW))
		plan->kind = QNN_PLAN_POOL;
}

static const u8 *tap(const struct pool *p, u32 y, u32 x)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];

	return p->in + (u64)(p->y.from + y * p->y.step) * in->row_stride +
	       (u64)(p->x.from + x * p->x.step) * in->pixel_stride;
}

/* Takes in a part of the window. */
static void take_max(const struct pool *p, const u8 *src, u32 rows, u32 columns, u8 *dst,
		     int first)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];
	const struct qnn_window window = {
		.src = src,
		.row_step = (u64)p->y.step * in->row_stride,
		.column_step = (u64)p->x.step * in->pixel_stride,
		.rows = rows,
		.columns = columns,
		.count = in->channels,
		.is_signed = qnn_element(in->type)->min < 0,
		.first = first,
		.dst = dst,
	};

	if (p->bits == 8)
		p->isa->pool_max(&window);
	else
		qnn_pool_max_packed(&window, p->bits);
}

static int max_pixel(const struct pool *p, u8 *dst)
{
	const u32 taps = p->y.taps * p->x.taps, channels = p->cmd->in[0].channels;
	u32 y, x;

	if (taps * channels <= WINDOW) {
		if (qnn_poll(p->poll, taps * channels / WORK_SHARE + TAP_WORK))
			return -1;
		take_max(p, tap(p, 0, 0), p->y.taps, p->x.taps, dst, 1);
		return 0;
	}
	for (y = 0; y < p->y.taps; y++) {
		for (x = 0; x < p->x.taps; x++) {
			if (qnn_poll(p->poll, channels / WORK_SHARE + TAP_WORK))
				return -1;
			take_max(p, tap(p, y, x), 1, 1, dst, !y && !x);
		}
	}
	return 0;
}

/* Elements of @count channels of a pixel, @src, as bytes are added. */
static void take_sum(const struct pool *p, const u8 *src, u32 count, int first)
{
	const u32 type = p->cmd->in[0].type;

	if (p->bits < 8) {
		p->isa->expand(p->bytes, src, count, type);
		src = p->bytes;
	}
	p->isa->pool_add(p->acc, src, count, type == QNN_ELEM_S8, first);
}

/* What an element that was added is worth less than the byte: its zero point, too. */
static s32 offset(const struct qnn_tensor_desc *t)
{
	if (t->type == QNN_ELEM_B1)
		return 1;
	return t->zero_point - (t->type == QNN_ELEM_S8 ? 0 : qnn_element(t->type)->min);
}

/* @n channels from @first on. */
static int average(const struct pool *p, u32 first, u32 n, u8 *dst)
{
	const struct qnn_cmd *cmd = p->cmd;
	const u32 taps = p->y.taps * p->x.taps, below = taps * (u32)offset(&cmd->in[0]);
	u32 y, x, i;

	for (y = 0; y < p->y.taps; y++) {
		for (x = 0; x < p->x.taps; x++) {
			if (qnn_poll(p->poll, n / WORK_SHARE + TAP_WORK))
				return -1;
			take_sum(p, tap(p, y, x) + first * p->bits / 8, n, !y && !x);
		}
	}
	if (qnn_poll(p->poll, n * MEAN_WORK + TAP_WORK))
		return -1;
	for (i = 0; i < n; i++)
		p->acc[i] = (s32)((u32)p->acc[i] - below);
	qnn_pool_average(cmd, p->consts, taps, first, n, p->acc);
	qnn_pack(dst, qnn_elem_bits(cmd->out.type), first, n, p->acc);
	return 0;
}

static int run_pixel(const struct pool *p, u8 *dst)
{
	const u32 channels = p->cmd->in[0].channels;
	u32 first, n;

	if (p->cmd->opcode == QNN_OP_MAX_POOL)
		return max_pixel(p, dst);
	for (first = 0; first < channels; first += n) {
		n = min_u32(channels - first, MEANS);
		if (average(p, first, n, dst))
			return -1;
	}
	return 0;
}

int qnn_run_pool_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		      const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const struct qnn_pool_desc *d = &cmd->pool;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	struct pool p = {
		.cmd = cmd,
		.isa = qnn_isa_ops(exec->prepared->isa),
		.in = (const u8 *)exec->region[in->region] + in->offset,
		.consts = exec->prog->consts,
		.poll = part->poll,
		.bits = qnn_elem_bits(in->type),
		.acc = (s32 *)part->work,
		.bytes = part->work + MEANS * sizeof(s32),
	};
	u32 y, x;

	(void)plan;
	for (y = part->first_row; y < part->end_row; y++) {
		p.y = qnn_pool_span(y, d->stride_h, d->pad_top, d->kernel_h, d->gap_h, in->height);
		for (x = 0; x < out->width; x++) {
			p.x = qnn_pool_span(x, d->stride_w, d->pad_left, d->kernel_w, d->gap_w,
					    in->width);
			if (run_pixel(&p, dst + (u64)y * out->row_stride +
					  (u64)x * out->pixel_stride))
				return -1;
		}
	}
	return 0;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Pooling of bytes with vector units: all channels of a pixel at a time. */
#include "fast_vector.h"
#include "element.h"
#include "isa.h"
#include "mac/tile.h"
#include "stage/stage.h"
#include "vector/pool.h"

#define WORK_SHARE	8u	/* elements per unit of work */
#define TAP_WORK	32u	/* for each pixel under the window */
#define MEAN_WORK	16u	/* for each mean */
#define MEANS		2048u	/* between two polls */
#define WINDOW		4096u	/* bytes under a window that is taken in at once */
#define BYTES_ONLY	(QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8))

struct pool {
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
	const u8 *in;
	const u8 *consts;
	struct qnn_poll *poll;
	s32 *acc;
	struct qnn_span y, x;
};

void qnn_plan_pool(struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	if (!qnn_type_in(cmd->in[0].type, BYTES_ONLY))
		return;
	plan->kind = QNN_PLAN_POOL;
}

/* Takes in a part of the window. */
static void take(const struct pool *p, const u8 *src, u32 rows, u32 columns, u8 *dst, int first)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];
	const struct qnn_window window = {
		.src = src,
		.row_step = (u64)p->y.step * in->row_stride,
		.column_step = (u64)p->x.step * in->pixel_stride,
		.rows = rows,
		.columns = columns,
		.count = in->channels,
		.is_signed = in->type == QNN_ELEM_S8,
		.first = first,
		.dst = dst,
	};

	if (p->cmd->opcode == QNN_OP_AVG_POOL)
		p->isa->pool_add(p->acc, src, in->channels, in->type == QNN_ELEM_S8, first);
	else
		p->isa->pool_max(&window);
}

static int average(const struct pool *p, u32 taps, u8 *dst)
{
	const struct qnn_cmd *cmd = p->cmd;
	const u32 channels = cmd->in[0].channels, zero = taps * (u32)cmd->in[0].zero_point;
	u32 first, n, i;

	for (first = 0; first < channels; first += n) {
		s32 *acc = p->acc + first;

		n = channels - first < MEANS ? channels - first : MEANS;
		if (qnn_poll(p->poll, n * MEAN_WORK + TAP_WORK))
			return -1;
		for (i = 0; i < n; i++)
			acc[i] = (s32)((u32)acc[i] - zero);
		qnn_pool_average(cmd, p->consts, taps, first, n, acc);
		qnn_pack(dst, qnn_elem_bits(cmd->out.type), first, n, acc);
	}
	return 0;
}

static int run_pixel(const struct pool *p, u8 *dst)
{
	const struct qnn_cmd *cmd = p->cmd;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u32 taps = p->y.taps * p->x.taps, channels = in->channels, y, x;

	if (cmd->opcode == QNN_OP_MAX_POOL && taps * channels <= WINDOW) {
		if (qnn_poll(p->poll, taps * channels / WORK_SHARE + TAP_WORK))
			return -1;
		take(p, p->in + (u64)p->y.from * in->row_stride +
			(u64)p->x.from * in->pixel_stride, p->y.taps, p->x.taps, dst, 1);
		return 0;
	}
	for (y = 0; y < p->y.taps; y++) {
		const u8 *row = p->in + (u64)(p->y.from + y * p->y.step) * in->row_stride;

		for (x = 0; x < p->x.taps; x++) {
			if (qnn_poll(p->poll, channels / WORK_SHARE + TAP_WORK))
				return -1;
			take(p, row + (u64)(p->x.from + x * p->x.step) * in->pixel_stride, 1, 1,
			     dst, !y && !x);
		}
	}
	return cmd->opcode == QNN_OP_MAX_POOL ? 0 : average(p, taps, dst);
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
		.acc = (s32 *)part->work,
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

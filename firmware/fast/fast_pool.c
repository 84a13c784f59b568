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
#define TAP_WORK	32u	/* for each part of a window */
#define MEAN_WORK	16u	/* for each mean */
#define MEANS		2048u	/* between two polls */
#define WINDOW		4096u	/* bytes under a window that is taken in at once */

_Static_assert(MEANS * (sizeof(s32) + 1) <= QNN_FAST_BYTES, "working memory");

struct pool {
	const struct qnn_cmd *cmd;
	const struct qnn_plan *plan;
	struct qnn_store store;
	const struct qnn_isa_ops *isa;
	const u8 *in;
	const u8 *consts;
	struct qnn_poll *poll;
	u32 bits;		/* of an element */
	u32 most_taps;		/* that are taken in at once */
	s32 *acc;		/* MEANS */
	u8 *bytes;		/* the same */
	struct qnn_span y, x;
};

/* Averages whose channels share a scale go through the output stage of a block of them. */
static void plan_stage(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		       u64 *bytes)
{
	const u32 kind = qnn_stage_choose(cmd, consts);

	plan->stage_kind = QNN_FAST_SCALAR;
	/* Codes of 1 and 2 bits are steps elsewhere: not all stages have a way to pack them. */
	if (cmd->opcode != QNN_OP_AVG_POOL || cmd->stage.kind != QNN_STAGE_REQUANT ||
	    qnn_elem_bits(cmd->out.type) < 4 || cmd->stage.flags & QNN_STAGE_PER_CHANNEL ||
	    kind < QNN_FAST_A_CODES || kind > QNN_FAST_B_LEFT)
		return;
	plan->stage_kind = (u8)kind;
	plan->group_padded = QNN_BLOCK;
	plan->group_out = QNN_BLOCK;
	plan->stage = *bytes;
	*bytes += qnn_align64(qnn_stage_bytes(cmd, kind, QNN_BLOCK));
}

void qnn_plan_pool(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts, u64 *bytes)
{
	if (!qnn_type_in(cmd->in[0].type, QNN_TYPES_NARROW))
		return;
	plan->kind = QNN_PLAN_POOL;
	plan_stage(plan, cmd, consts, bytes);
}

static u32 most_taps(const struct qnn_cmd *cmd)
{
	const u32 channels = cmd->in[0].channels;

	if (cmd->opcode == QNN_OP_MAX_POOL)
		return max_u32(WINDOW / channels, 1);
	/* Elements that share a byte are taken apart pixel by pixel. */
	return qnn_elem_bits(cmd->in[0].type) < 8 ? 1 :
	       max_u32(WINDOW / min_u32(channels, MEANS), 1);
}

static const u8 *tap(const struct pool *p, u32 y, u32 x)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];

	return p->in + (u64)(p->y.from + y * p->y.step) * in->row_stride +
	       (u64)(p->x.from + x * p->x.step) * in->pixel_stride;
}

/* Takes in a part of the window; where a byte has several elements, sums one of its pixels. */
static void take(const struct pool *p, const struct qnn_window *w)
{
	struct qnn_window bytes = *w;

	if (p->cmd->opcode == QNN_OP_MAX_POOL) {
		if (p->bits == 8)
			p->isa->pool_max(w);
		else
			qnn_pool_max_packed(w, p->bits);
		return;
	}
	if (p->bits < 8) {
		p->isa->expand(p->bytes, w->src, w->count, p->cmd->in[0].type);
		bytes.src = p->bytes;
		bytes.is_signed = 0;
	}
	p->isa->pool_sum(p->acc, &bytes);
}

/*
 * The window of @count channels from @channel on, as much as may be between two polls; the
 * largest to @dst.
 */
static int take_all(const struct pool *p, u32 channel, u32 count, u8 *dst)
{
	const struct qnn_tensor_desc *in = &p->cmd->in[0];
	struct qnn_window w = {
		.row_step = (u64)p->y.step * in->row_stride,
		.column_step = (u64)p->x.step * in->pixel_stride,
		.count = count,
		.is_signed = qnn_element(in->type)->min < 0,
		.dst = dst,
	};
	u32 rows = p->y.taps, columns = p->x.taps, y, x;

	if (rows * columns > p->most_taps) {
		columns = min_u32(columns, p->most_taps);
		rows = columns < p->x.taps ? 1 : max_u32(p->most_taps / columns, 1);
	}

	for (y = 0; y < p->y.taps; y += rows) {
		for (x = 0; x < p->x.taps; x += columns) {
			w.src = tap(p, y, x) + channel * p->bits / 8;
			w.rows = min_u32(rows, p->y.taps - y);
			w.columns = min_u32(columns, p->x.taps - x);
			w.first = !y && !x;
			if (qnn_poll(p->poll, w.rows * w.columns * count / WORK_SHARE + TAP_WORK))
				return -1;
			take(p, &w);
		}
	}
	return 0;
}

/* What an element that was added is worth less than the byte: its zero point, too. */
static s32 offset(const struct qnn_tensor_desc *t)
{
	if (t->type == QNN_ELEM_B1)
		return 1;
	return t->zero_point - (t->type == QNN_ELEM_S8 ? 0 : qnn_element(t->type)->min);
}

/* Sums of @n channels from @first on to codes; from each @below is taken away before. */
static void store_codes(const struct pool *p, u32 first, u32 n, u32 below, u8 *dst)
{
	const u32 extra = 0 - below, bits = p->store.bits;
	u8 *to = dst + first * bits / 8;
	struct qnn_tile_out tile = { .pixel = &to, .extra = &extra, .pixels = 1 };
	u32 at;

	for (at = 0; at < n; at += QNN_BLOCK, to += QNN_BLOCK * bits / 8) {
		tile.count = min_u32(n - at, QNN_BLOCK);
		tile.acc = p->acc + at;
		p->isa->stage[p->plan->stage_kind](&p->store, &tile);
	}
}

/* @n channels from @first on. */
static int average(const struct pool *p, u32 first, u32 n, u8 *dst)
{
	const struct qnn_cmd *cmd = p->cmd;
	const u32 taps = p->y.taps * p->x.taps, below = taps * (u32)offset(&cmd->in[0]);
	u32 i;

	if (take_all(p, first, n, dst) || qnn_poll(p->poll, n * MEAN_WORK + TAP_WORK))
		return -1;
	if (p->plan->stage_kind != QNN_FAST_SCALAR) {
		store_codes(p, first, n, below, dst);
		return 0;
	}
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
		return take_all(p, 0, channels, dst);
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
		.plan = plan,
		.isa = qnn_isa_ops(exec->prepared->isa),
		.in = (const u8 *)exec->region[in->region] + in->offset,
		.consts = exec->prog->consts,
		.poll = part->poll,
		.bits = qnn_elem_bits(in->type),
		.most_taps = most_taps(cmd),
		.acc = (s32 *)part->work,
		.bytes = part->work + MEANS * sizeof(s32),
	};
	u32 y, x;

	if (plan->stage_kind != QNN_FAST_SCALAR) {
		qnn_store_init(&p.store, cmd, p.consts,
			       (const u8 *)exec->prepared + plan->stage);
		p.store.padded = QNN_BLOCK;
	}
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

// SPDX-License-Identifier: MIT
/* Pooling. */
#include "lower_priv.h"

static void describe(struct lowering *lw)
{
	const struct graph_window *w = &lw->x->node->window;

	lw->cmd->opcode = lw->x->kind == UNIT_MAX_POOL ? QNN_OP_MAX_POOL :
							 QNN_OP_AVG_POOL;
	lw->cmd->pool = (struct qnn_pool_desc){
		.kernel_h = (u16)w->kh, .kernel_w = (u16)w->kw,
		.stride_h = (u16)w->stride_h, .stride_w = (u16)w->stride_w,
		.pad_top = (u16)w->pad_top, .pad_left = (u16)w->pad_left,
		.pad_bottom = (u16)w->pad_bottom,
		.pad_right = (u16)w->pad_right,
		/* Between taps, if there are several. */
		.gap_h = (u16)(w->kh > 1 ? w->dilation_h - 1 : 0),
		.gap_w = (u16)(w->kw > 1 ? w->dilation_w - 1 : 0),
	};
}

static int mean(struct lowering *lw)
{
	const struct value_format *out = lw->stage.out;

	/* Codes are rounded, not their distance from the zero point. */
	if (lw->x->node->same_codes) {
		lw->cmd->in[0].zero_point = 0;
		lw->cmd->out.zero_point = 0;
	}
	lw->cmd->stage.kind = QNN_STAGE_MEAN;
	lw->cmd->stage.clamp_min = (s32)out->min;
	lw->cmd->stage.clamp_max = (s32)out->max;
	if (lw->x->node->count_pad)
		lw->cmd->pool.flags = QNN_POOL_COUNT_PAD;
	lw->note->stage = "mean";
	return 0;
}

static int average(struct lowering *lw)
{
	const struct graph_window *w = &lw->x->node->window;
	double step = lw->fmt[lw->x->in[0]].q.scale;

	if (lw->x->requant)
		return lower_requant_all(lw, step / lower_scaled(lw)->q.scale /
					     ((double)w->kh * w->kw));
	lower_uniform(lw, step);
	return lower_finish(lw);
}

int lower_pool(struct lowering *lw)
{
	const struct graph_window *w = &lw->x->node->window;

	describe(lw);
	if (lw->x->kind == UNIT_MAX_POOL)
		return 0;
	if (lw->x->kind == UNIT_MEAN_POOL ? mean(lw) : average(lw))
		return -1;
	return lower_fits(lw, (double)lower_reach(&lw->cmd->in[0]) * w->kh *
			      w->kw);
}

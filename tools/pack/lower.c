// SPDX-License-Identifier: MIT
#include "lower.h"

#include <math.h>
#include <stdlib.h>

#include "lower_priv.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

/* Most levels for which thresholds are used without need. */
#define FEW_LEVELS	15
#define ADD_LEFT_SHIFT	20

static struct qnn_tensor_desc tensor(const struct lowering *lw,
				     const struct memory *m, uint32_t value)
{
	const struct graph_value *v = &lw->g->value[value];
	const struct value_format *f = &lw->fmt[value];
	const struct place *p = &m->place[value];

	return (struct qnn_tensor_desc){
		.offset = p->offset, .row_stride = p->row_stride,
		.pixel_stride = p->pixel_stride, .height = (u16)v->h,
		.width = (u16)v->w, .channels = (u16)v->c, .type = (u8)f->elem,
		.region = (u8)p->region,
		.zero_point = f->source == FORMAT_RAW ? 0 :
			      (s32)f->q.zero_point,
	};
}

bool lower_by_threshold(const struct lowering *lw)
{
	const struct value_format *f = lw->stage.out;

	return lw->x->has_quant ||
	       (f->source != FORMAT_SUM && f->max - f->min <= FEW_LEVELS);
}

void lower_stage(struct lowering *lw, bool scalable)
{
	struct qnn_stage_desc *s = &lw->cmd->stage;

	if (scalable) {
		lw->note->stage = "requantize";
		stage_requant(&lw->stage, lw->opt->rounding, s,
			      &lw->l->consts);
	} else {
		lw->note->stage = "threshold";
		stage_threshold(&lw->stage, s, &lw->l->consts);
	}
}

int lower_raw(struct lowering *lw)
{
	float *scale = mem_array(lw->x->channels, sizeof(*scale));

	lw->l->raw_scale[lw->x->out] = scale;
	lw->cmd->stage.kind = QNN_STAGE_RAW;
	lw->note->stage = "raw";
	for (uint32_t c = 0; c < lw->x->channels; c++) {
		scale[c] = (float)lw->stage.slope[c];
		if (isnormal(scale[c]))
			continue;
		report_problem(lw->r, "node '%s' (%s): the scale of output channel %u would be %g; float32 does not have that",
			       lw->x->name, lw->x->op, c, lw->stage.slope[c]);
		return -1;
	}
	return 0;
}

static int finish(struct lowering *lw)
{
	if (lw->stage.out->source == FORMAT_RAW)
		return lower_raw(lw);
	lower_stage(lw, !lower_by_threshold(lw) &&
			stage_scalable(&lw->stage, lw->opt->rounding));
	return 0;
}

int64_t lower_reach(const struct qnn_tensor_desc *t)
{
	int64_t bits = qnn_elem_bits(t->type), below = 0, above;
	bool is_signed = t->type == QNN_ELEM_S8 || t->type == QNN_ELEM_S4 ||
			 t->type == QNN_ELEM_S2;

	if (is_signed)
		below = -(1ll << (bits - 1));
	above = below + (1ll << bits) - 1;
	below = t->zero_point - below;
	above -= t->zero_point;
	return below > above ? below : above;
}

int lower_fits(struct lowering *lw, double bound)
{
	if (bound <= QNN_ACC_MAX)
		return 0;
	report_problem(lw->r, "node '%s' (%s): its sums can reach %g; that is more than 32 bits hold",
		       lw->x->name, lw->x->op, bound);
	return -1;
}

/* Everything that comes out of the array is @step times the accumulator. */
static void uniform(struct lowering *lw, double step)
{
	for (uint32_t c = 0; c < lw->x->channels; c++) {
		lw->stage.slope[c] = lw->x->mul[c] * step;
		lw->stage.offset[c] = lw->x->add[c];
	}
}

static int lower_pool(struct lowering *lw)
{
	const struct graph_window *w = &lw->x->node->window;
	const struct value_format *in = &lw->fmt[lw->x->in[0]];
	const struct value_format *out = lw->stage.out;

	lw->cmd->opcode = lw->x->kind == UNIT_MAX_POOL ? QNN_OP_MAX_POOL :
							 QNN_OP_AVG_POOL;
	lw->cmd->pool = (struct qnn_pool_desc){
		.kernel_h = (u16)w->kh, .kernel_w = (u16)w->kw,
		.stride_h = (u16)w->stride_h, .stride_w = (u16)w->stride_w,
		.pad_top = (u16)w->pad_top, .pad_left = (u16)w->pad_left,
		.pad_bottom = (u16)w->pad_bottom,
		.pad_right = (u16)w->pad_right,
	};
	lw->note->stage = "none";
	if (lw->x->kind == UNIT_MEAN_POOL) {
		lw->cmd->stage.kind = QNN_STAGE_MEAN;
		lw->cmd->stage.clamp_min = (s32)out->min;
		lw->cmd->stage.clamp_max = (s32)out->max;
		lw->note->stage = "mean";
	} else if (lw->x->kind == UNIT_AVG_POOL) {
		uniform(lw, in->q.scale);
		if (finish(lw))
			return -1;
	}
	return lw->x->kind == UNIT_MAX_POOL ? 0 :
	       lower_fits(lw, (double)lower_reach(&lw->cmd->in[0]) * w->kh *
			      w->kw);
}

/*
 * Both operands are brought to steps of the larger scale, made finer by a
 * shift that leaves room for the sum.
 */
static int lower_add(struct lowering *lw)
{
	double s0 = lw->fmt[lw->x->in[0]].q.scale;
	double s1 = lw->fmt[lw->x->in[1]].q.scale;
	double step = 2 * fmax(s0, s1);
	struct qnn_add_desc *a = &lw->cmd->add;

	lw->cmd->opcode = QNN_OP_ADD;
	a->left_shift = ADD_LEFT_SHIFT;
	a->rule = lw->opt->rounding == QNN_ROUND_A ? QNN_ROUND_A : QNN_ROUND_B;
	stage_multiplier(s0 / step, &a->multiplier[0], &a->shift[0]);
	stage_multiplier(s1 / step, &a->multiplier[1], &a->shift[1]);
	uniform(lw, ldexp(step, -ADD_LEFT_SHIFT));
	return finish(lw);
}

static int lower_unit(struct lowering *lw, const struct memory *m)
{
	const struct unit *x = lw->x;
	int ret = 0;

	lw->cmd->in[0] = tensor(lw, m, x->in[0]);
	if (unit_inputs(x) == 2)
		lw->cmd->in[1] = tensor(lw, m, x->in[1]);
	lw->cmd->out = tensor(lw, m, x->out);
	lw->stage = (struct stage_input){
		.unit = x, .out = &lw->fmt[x->out],
		.slope = mem_array(x->channels, sizeof(double)),
		.offset = mem_array(x->channels, sizeof(double)),
	};
	if (x->kind == UNIT_CONV || x->kind == UNIT_IDENTITY)
		ret = lower_conv(lw);
	else if (x->kind == UNIT_ADD)
		ret = lower_add(lw);
	else
		ret = lower_pool(lw);
	free(lw->stage.slope);
	free(lw->stage.offset);
	return ret;
}

int lower(struct lowered *l, const struct graph *g, const struct units *u,
	  const struct value_format *fmt, const struct memory *m,
	  const struct lower_options *opt, struct report *r)
{
	int ret = 0;

	*l = (struct lowered){ .values = g->value_count };
	l->cmd = mem_array(u->count, sizeof(*l->cmd));
	l->note = mem_array(u->count, sizeof(*l->note));
	l->raw_scale = mem_array(g->value_count, sizeof(*l->raw_scale));
	/* More constants than a program may have: the caller refuses it. */
	for (size_t i = 0; i < u->count &&
	     l->consts.size <= QNN_MAX_PROGRAM_SIZE; i++) {
		struct lowering lw = {
			.l = l, .g = g, .x = &u->unit[i], .fmt = fmt,
			.opt = opt, .r = r, .cmd = &l->cmd[i],
			.note = &l->note[i],
		};

		ret |= lower_unit(&lw, m);
	}
	return ret;
}

void lower_free(struct lowered *l)
{
	for (size_t i = 0; i < l->values; i++)
		free(l->raw_scale[i]);
	free(l->raw_scale);
	free(l->cmd);
	free(l->note);
	consts_free(&l->consts);
}

// SPDX-License-Identifier: MIT
/* Sums, differences and products of two values. */
#include <math.h>

#include "lower_priv.h"

#define ADD_LEFT_SHIFT	20

/*
 * Both operands are brought to steps of the larger scale, made finer by a
 * shift that leaves room for the sum.
 */
int lower_add(struct lowering *lw)
{
	double s0 = lw->fmt[lw->x->in[0]].q.scale;
	double s1 = lw->fmt[lw->x->in[1]].q.scale;
	double step = 2 * fmax(s0, s1);
	struct qnn_add_desc *a = &lw->cmd->add;
	enum qnn_rounding rule = lw->x->requant ? lower_rule(lw) :
						  lw->opt->rounding;

	lw->cmd->opcode = QNN_OP_ADD;
	a->left_shift = ADD_LEFT_SHIFT;
	a->rule = rule == QNN_ROUND_A ? QNN_ROUND_A : QNN_ROUND_B;
	stage_multiplier(s0 / step, &a->multiplier[0], &a->shift[0]);
	stage_multiplier(s1 / step, &a->multiplier[1], &a->shift[1]);
	if (lw->x->node->op == GRAPH_SUB)
		a->multiplier[1] = -a->multiplier[1];
	step = ldexp(step, -ADD_LEFT_SHIFT);
	if (lw->x->requant)
		return lower_requant_all(lw, step / lower_scaled(lw)->q.scale);
	lower_uniform(lw, step);
	return lower_finish(lw);
}

static bool covers(const struct qnn_tensor_desc *a,
		   const struct qnn_tensor_desc *out)
{
	return a->height == out->height && a->width == out->width &&
	       a->channels == out->channels;
}

int lower_mul(struct lowering *lw)
{
	struct qnn_tensor_desc *in = lw->cmd->in, first = in[0];
	float s0 = lw->fmt[lw->x->in[0]].q.scale;
	float s1 = lw->fmt[lw->x->in[1]].q.scale;

	lw->cmd->opcode = QNN_OP_MUL;
	/* The device repeats the second one. */
	if (!covers(&in[0], &lw->cmd->out)) {
		in[0] = in[1];
		in[1] = first;
	}
	if (lw->x->requant)
		return lower_requant_all(lw, lower_ratio(lw, s0, s1,
						lower_scaled(lw)->q.scale));
	lower_uniform(lw, (double)s0 * s1);
	return lower_finish(lw);
}

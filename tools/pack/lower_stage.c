// SPDX-License-Identifier: MIT
/* The output stage that suits a unit. */
#include <math.h>
#include <stdlib.h>

#include "exact.h"
#include "lower_priv.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

/* Most levels for which thresholds are used without need. */
#define FEW_LEVELS	15

void lower_uniform(struct lowering *lw, double step)
{
	for (uint32_t c = 0; c < lw->x->channels; c++) {
		lw->stage.slope[c] = lw->x->mul[c] * step;
		lw->stage.offset[c] = lw->x->add[c];
	}
}

bool lower_by_threshold(const struct lowering *lw)
{
	const struct value_format *f = lw->stage.out;

	if (lw->x->requant || !unit_rises(lw->x))
		return false;
	return lw->x->has_quant ||
	       (f->source != FORMAT_SUM &&
		(f->levels || f->max - f->min <= FEW_LEVELS));
}

bool lower_proven(struct lowering *lw, int32_t *bias)
{
	enum qnn_rounding rule = lw->opt->rounding_given ?
				 lw->opt->rounding : 0;

	if (lw->stage.out->levels ||
	    lw->stage.out->max - lw->stage.out->min <= FEW_LEVELS ||
	    !exact_scaling(&lw->stage, &rule, bias))
		return false;
	lw->rule = rule;
	return true;
}

/* The same for commands that turn no weights around and add no bias. */
static bool proven(struct lowering *lw)
{
	int32_t *bias = mem_array(lw->x->channels, sizeof(*bias));
	bool ok = true;

	for (uint32_t c = 0; c < lw->x->channels; c++)
		ok = ok && lw->stage.slope[c] > 0;
	ok = ok && lower_proven(lw, bias);
	free(bias);
	return ok;
}

int lower_stage(struct lowering *lw, bool scalable)
{
	struct qnn_stage_desc *s = &lw->cmd->stage;

	if (scalable) {
		lw->note->stage = "requantize";
		stage_requant(&lw->stage, lw->rule, s, &lw->l->consts);
	} else {
		lw->note->stage = "threshold";
		stage_threshold(&lw->stage, s, &lw->l->consts);
	}
	return 0;
}

int lower_finish(struct lowering *lw)
{
	if (lw->stage.out->source == FORMAT_RAW)
		return lower_raw(lw);
	if (lower_by_threshold(lw))
		return lower_stage(lw, proven(lw));
	if (lw->x->post_count)
		return lower_table(lw);
	return lower_stage(lw, stage_scalable(&lw->stage, lw->opt->rounding));
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

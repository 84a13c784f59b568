// SPDX-License-Identifier: MIT
/* The integer arithmetic of the file's own runtime. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lower_priv.h"
#include "tools/graph/mem.h"

#define RULE_C_LIMIT	256.0f

/* Multipliers of each channel, or one for all. */
struct numbers {
	enum qnn_rounding rule;
	uint32_t entries;
	int32_t *multiplier;
	int8_t *shift;
};

/* Sums of two scaled operands are fixed-point numbers in every runtime. */
static bool fixed_point(const struct lowering *lw)
{
	return lw->x->kind == UNIT_ADD;
}

/* Means and changes of codes keep the rule that the file has. */
static bool own_rule(const struct lowering *lw)
{
	return !lw->opt->rounding_given ||
	       (lw->opt->rounding == QNN_ROUND_C &&
		(lw->x->kind == UNIT_AVG_POOL || lw->x->kind == UNIT_IDENTITY));
}

enum qnn_rounding lower_rule(const struct lowering *lw)
{
	if (own_rule(lw))
		return (enum qnn_rounding)lw->x->requant->rule;
	if (fixed_point(lw) && lw->opt->rounding == QNN_ROUND_C)
		return QNN_ROUND_B;
	return lw->opt->rounding;
}

double lower_ratio(const struct lowering *lw, float a, float b, float out)
{
	float product = a * b;

	if (lower_rule(lw) == QNN_ROUND_C)
		return product / out;
	return (double)a * b / out;
}

const struct value_format *lower_scaled(const struct lowering *lw)
{
	return lw->x->index_quant ? &lw->fmt[lw->x->index] : lw->stage.out;
}

static int refuse(struct lowering *lw, const char *what)
{
	report_problem(lw->r, "node '%s' (%s): its integer multipliers cannot be used: %s",
		       lw->x->name, lw->x->op, what);
	return -1;
}

static bool scale_ok(int32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return isnormal(f) && f > 0 && f < RULE_C_LIMIT;
}

static int check_numbers(struct lowering *lw, const struct numbers *n)
{
	if (n->rule != QNN_ROUND_A && n->rule != QNN_ROUND_B &&
	    n->rule != QNN_ROUND_C)
		return refuse(lw, "their rounding is unknown");
	if (n->rule != QNN_ROUND_C && !n->shift)
		return refuse(lw, "their shifts are missing");
	for (uint32_t k = 0; k < n->entries; k++) {
		bool ok;

		if (n->rule == QNN_ROUND_C)
			ok = scale_ok(n->multiplier[k]);
		else
			ok = n->multiplier[k] >= 0 && n->shift[k] >= -31 &&
			     n->shift[k] <= 30;
		if (!ok)
			return refuse(lw, "one is out of the device's range");
	}
	return 0;
}

/* The numbers for the rule that the user wants. */
static int recompute(struct lowering *lw, const double *real, struct numbers *n)
{
	for (uint32_t k = 0; k < n->entries; k++) {
		float single = (float)real[k];

		if (n->rule == QNN_ROUND_C)
			memcpy(&n->multiplier[k], &single, sizeof(single));
		else if (!stage_multiplier(real[k], &n->multiplier[k],
					   &n->shift[k]))
			return refuse(lw, "with the rounding that is asked for, one is out of the device's range");
	}
	return 0;
}

/* The bound of a clamp as the runtimes turn it into a code. */
static int32_t bound(const struct lowering *lw, double real)
{
	const struct value_format *f = lower_scaled(lw);
	struct quantizer q = f->q;
	int64_t code;

	if (isinf(real))
		return (int32_t)(real < 0 ? f->min : f->max);
	if (lower_rule(lw) != QNN_ROUND_C)
		q.rounding = QUANT_HALF_UP;
	quantizer_value(&q, (float)real, &code);
	return (int32_t)(code < f->min ? f->min : code > f->max ? f->max : code);
}

static int own_inputs(struct lowering *lw)
{
	for (unsigned int k = 0; k < unit_inputs(lw->x); k++)
		if (!lw->fmt[lw->x->in[k]].own)
			return refuse(lw, "its input is not made of codes of a quantizer");
	return 0;
}

static void put(struct lowering *lw, const struct numbers *n)
{
	struct qnn_stage_desc *s = &lw->cmd->stage;
	struct consts *c = &lw->l->consts;

	s->kind = QNN_STAGE_REQUANT;
	s->rule = (u8)n->rule;
	if (n->entries > 1)
		s->flags |= QNN_STAGE_PER_CHANNEL;
	s->scale_off = consts_add(c, n->multiplier,
				  n->entries * sizeof(*n->multiplier));
	if (n->rule != QNN_ROUND_C)
		s->shift_off = consts_add(c, n->shift, n->entries);
	s->clamp_min = bound(lw, lw->x->lo);
	s->clamp_max = bound(lw, lw->x->hi);
}

int lower_requant(struct lowering *lw, const double *real)
{
	const struct graph_requant *own = lw->requant;
	struct numbers n = { .rule = lower_rule(lw), .entries = own->entries };
	int ret;

	if (own_inputs(lw))
		return -1;
	if (own_rule(lw)) {
		n.multiplier = own->multiplier;
		n.shift = own->shift;
		ret = check_numbers(lw, &n);
		if (!ret)
			put(lw, &n);
	} else {
		n.entries = lw->x->channels;
		n.multiplier = mem_array(n.entries, sizeof(*n.multiplier));
		n.shift = mem_array(n.entries, sizeof(*n.shift));
		ret = recompute(lw, real, &n);
		if (!ret)
			ret = check_numbers(lw, &n);
		if (!ret)
			put(lw, &n);
		free(n.multiplier);
		free(n.shift);
	}
	lw->note->stage = "requantize";
	if (!ret && lw->x->post_count)
		return lower_table(lw);
	return ret;
}

int lower_requant_all(struct lowering *lw, double real)
{
	uint32_t channels = lw->x->channels;
	double *all = mem_array(channels, sizeof(*all));
	int ret;

	for (uint32_t c = 0; c < channels; c++)
		all[c] = real;
	ret = lower_requant(lw, all);
	free(all);
	return ret;
}

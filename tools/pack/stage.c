// SPDX-License-Identifier: MIT
#include "stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

/* The rounding of a bias may move a result by this part of a step. */
static const double bias_tolerance[] = {
	[BIAS_EXACT] = 1.0 / 16, [BIAS_COARSE] = 1.0 / 2,
	[BIAS_ANY] = INFINITY,
};

#define RULE_C_LIMIT	256.0

static int64_t threshold_code(const struct graph_thresholds *t,
			      const struct value_format *out, uint32_t c,
			      double real)
{
	const double *row = t->t;
	uint32_t below = 0, end = t->levels;

	if (t->rows > 1)
		row += (size_t)c * t->levels;
	while (below < end) {
		uint32_t middle = (below + end) / 2;

		if (row[middle] <= real)
			below = middle + 1;
		else
			end = middle;
	}
	if (out->q.bipolar)
		return below ? 1 : -1;
	return out->min + below;
}

int64_t stage_code(const struct unit *x, const struct value_format *out,
		   uint32_t c, double real)
{
	return stage_result(x, out, c, fmin(fmax(real, x->lo), x->hi));
}

int64_t stage_result(const struct unit *x, const struct value_format *out,
		     uint32_t c, double real)
{
	real = unit_apply(x, c, real);
	if (x->thresholds)
		return threshold_code(x->thresholds, out, c, real);
	return format_code(out, real);
}

int32_t stage_end(const struct stage_input *in, double end)
{
	double real = fmin(fmax(end, in->unit->lo), in->unit->hi);

	return (int32_t)format_code(in->out, real);
}

bool stage_multiplier(double real, int32_t *multiplier, int8_t *shift)
{
	int exponent;
	int64_t m;

	if (!isfinite(real))
		return false;
	m = llround(frexp(real, &exponent) * 2147483648.0);
	if (m == 2147483648ll) {
		m /= 2;
		exponent++;
	}
	if (exponent > 30)
		return false;
	/* Too small to ever give 1. */
	if (exponent < -31)
		m = exponent = 0;
	*multiplier = (int32_t)m;
	*shift = (int8_t)exponent;
	return true;
}

/* Real bias in steps, before rounding. */
static double bias_steps(const struct stage_input *in, uint32_t c)
{
	return in->offset[c] / in->slope[c];
}

int32_t stage_bias(const struct stage_input *in, uint32_t channel)
{
	return (int32_t)rint(bias_steps(in, channel));
}

static bool channel_scalable(const struct stage_input *in, uint32_t c,
			     enum qnn_rounding rule)
{
	double real = in->slope[c] / in->out->q.scale, steps;
	int32_t multiplier;
	int8_t shift;

	if (!(in->slope[c] > 0))
		return false;
	if (rule == QNN_ROUND_C ? !(real < RULE_C_LIMIT && real >= 0x1p-126) :
				  !stage_multiplier(real, &multiplier, &shift))
		return false;
	steps = bias_steps(in, c);
	if (!in->has_bias)
		return steps == 0;
	return fabs(steps) + (double)in->reach < QNN_ACC_MAX &&
	       fabs(steps - rint(steps)) * real <= bias_tolerance[in->bias];
}

bool stage_scalable(const struct stage_input *in, enum qnn_rounding rule)
{
	for (uint32_t c = 0; c < in->unit->channels; c++)
		if (!channel_scalable(in, c, rule))
			return false;
	return true;
}

/* Whether all @count rows of @size bytes are the same: then one is enough. */
static bool same_rows(const void *data, size_t size, uint32_t count)
{
	return !memcmp(data, (const char *)data + size, size * (count - 1));
}

void stage_requant(const struct stage_input *in, enum qnn_rounding rule,
		   struct qnn_stage_desc *s, struct consts *c)
{
	uint32_t n = in->unit->channels;
	int32_t *multiplier = mem_array(n, sizeof(*multiplier));
	int8_t *shift = mem_array(n, sizeof(*shift));
	uint32_t entries = n;

	for (uint32_t k = 0; k < n; k++) {
		double real = in->slope[k] / in->out->q.scale;
		float single = (float)real;

		if (rule == QNN_ROUND_C)
			memcpy(&multiplier[k], &single, sizeof(single));
		else
			stage_multiplier(real, &multiplier[k], &shift[k]);
	}
	s->kind = QNN_STAGE_REQUANT;
	s->rule = (u8)rule;
	if (same_rows(multiplier, sizeof(*multiplier), n) &&
	    same_rows(shift, sizeof(*shift), n))
		entries = 1;
	else
		s->flags = QNN_STAGE_PER_CHANNEL;
	s->scale_off = consts_add(c, multiplier, entries * sizeof(*multiplier));
	if (rule != QNN_ROUND_C)
		s->shift_off = consts_add(c, shift, entries * sizeof(*shift));
	s->clamp_min = stage_end(in, -INFINITY);
	s->clamp_max = stage_end(in, INFINITY);
	free(multiplier);
	free(shift);
}

/* Code of an accumulator whose channel's slope counts as positive. */
static int64_t code_at(const struct stage_input *in, uint32_t c, int64_t acc)
{
	return stage_code(in->unit, in->out, c,
			  fabs(in->slope[c]) * (double)acc + in->offset[c]);
}

/*
 * The least accumulator above @below, whose own code is less than @code, with
 * at least that code. The code never falls as the accumulator grows, so every
 * rounding mode and every tie comes out as the quantizer defines it. @step is
 * how far away it is expected.
 */
static int64_t search(const struct stage_input *in, uint32_t c, int64_t code,
		      int64_t below, int64_t step)
{
	int64_t reached = below + step;

	while (reached < QNN_ACC_MAX && code_at(in, c, reached) < code) {
		below = reached;
		step *= 2;
		reached = below + step;
	}
	if (reached >= QNN_ACC_MAX) {
		reached = QNN_ACC_MAX;
		if (code_at(in, c, reached) < code)
			return INT32_MAX;
	}
	while (reached - below > 1) {
		int64_t middle = (below + reached) >> 1;

		if (code_at(in, c, middle) >= code)
			reached = middle;
		else
			below = middle;
	}
	return reached;
}

void stage_search(const struct stage_input *in, uint32_t c, int32_t *t)
{
	uint32_t levels = (uint32_t)(in->out->max - in->out->min);
	int64_t below = -(int64_t)QNN_ACC_MAX, step = QNN_ACC_MAX, last = below;

	for (uint32_t j = 0; j < levels; j++) {
		int64_t code = in->out->min + 1 + j, at;

		if (j && t[j - 1] == INT32_MAX) {
			t[j] = INT32_MAX;
			continue;
		}
		if (below == -(int64_t)QNN_ACC_MAX &&
		    code_at(in, c, below) >= code) {
			t[j] = INT32_MIN;
			continue;
		}
		at = search(in, c, code, below, step);
		t[j] = (int32_t)at;
		/* The next one is about as far away as this was. */
		step = at - last > 0 && last != -(int64_t)QNN_ACC_MAX ?
		       at - last : 1;
		last = at;
		below = at - 1;
	}
}

void stage_threshold(const struct stage_input *in, struct qnn_stage_desc *s,
		     struct consts *c)
{
	uint32_t n = in->unit->channels, entries = n;
	uint32_t levels = (uint32_t)(in->out->max - in->out->min);
	int32_t *t = mem_array((size_t)n * levels, sizeof(*t));
	uint8_t *negate = mem_array(n, 1);

	for (uint32_t k = 0; k < n; k++) {
		negate[k] = in->slope[k] < 0;
		if (negate[k])
			s->flags |= QNN_STAGE_NEGATE;
		stage_search(in, k, t + (size_t)k * levels);
	}
	s->kind = QNN_STAGE_THRESHOLD;
	s->levels = (u16)levels;
	s->base = (s32)in->out->min;
	if (same_rows(t, levels * sizeof(*t), n) && same_rows(negate, 1, n))
		entries = 1;
	else
		s->flags |= QNN_STAGE_PER_CHANNEL;
	s->threshold_off = consts_add(c, t, (size_t)entries * levels * sizeof(*t));
	if (s->flags & QNN_STAGE_NEGATE)
		s->negate_off = consts_add(c, negate, entries);
	free(t);
	free(negate);
}

// SPDX-License-Identifier: MIT
/*
 * Thresholds give the codes of any quantizer, but take 4 bytes for each code
 * of each channel. Where scales and biases are such that requantizing does the
 * same, it is proven here, and takes their place.
 */
#include "exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stage/stage.h"
#include "tools/graph/mem.h"

/* One channel, with one rule. */
struct channel {
	const struct stage_input *in;
	enum qnn_rounding rule;
	int32_t multiplier;
	int8_t shift;
	int64_t bias;
	int64_t reach;
	const int32_t *threshold;
};

static bool numbers(struct channel *ch, double real)
{
	float single = (float)real;

	if (ch->rule != QNN_ROUND_C)
		return stage_multiplier(real, &ch->multiplier, &ch->shift) &&
		       ch->multiplier > 0;
	memcpy(&ch->multiplier, &single, sizeof(single));
	return isnormal(single) && single < 256;
}

/* The code of @acc, before it is clamped. */
static int64_t code_at(const struct channel *ch, int64_t acc)
{
	int32_t sum = (int32_t)(acc + ch->bias), code;

	if (ch->rule == QNN_ROUND_A)
		code = qnn_round_a(sum, ch->multiplier, ch->shift);
	else if (ch->rule == QNN_ROUND_B)
		code = qnn_round_b(sum, ch->multiplier, ch->shift);
	else
		code = qnn_round_c(sum, (u32)ch->multiplier);
	return code + (int64_t)ch->in->out->q.zero_point;
}

/*
 * Both ways to get a code never fall as the accumulator grows: they are the
 * same if each code begins at the same one.
 */
static bool same(const struct channel *ch, int32_t lowest, int32_t highest)
{
	for (int64_t code = lowest + 1; code <= highest; code++) {
		int64_t t = ch->threshold[code - ch->in->out->min - 1];

		if (t <= -ch->reach) {
			if (code_at(ch, -ch->reach) < code)
				return false;
		} else if (t > ch->reach) {
			if (code_at(ch, ch->reach) >= code)
				return false;
		} else if (code_at(ch, t) < code || code_at(ch, t - 1) >= code) {
			return false;
		}
	}
	return true;
}

static bool find_bias(struct channel *ch, double steps)
{
	static const int near[] = { 0, -1, 1 };
	int32_t lowest = stage_end(ch->in, -INFINITY);
	int32_t highest = stage_end(ch->in, INFINITY);
	unsigned int tries = ch->in->has_bias ? 3 : 1;

	if (!ch->in->has_bias && steps != 0)
		return false;
	for (unsigned int i = 0; i < tries; i++) {
		ch->bias = (int64_t)rint(steps) + near[i];
		if (llabs(ch->bias) + ch->reach <= QNN_ACC_MAX &&
		    same(ch, lowest, highest))
			return true;
	}
	return false;
}

static bool by_rule(const struct stage_input *in, enum qnn_rounding rule,
		    const int32_t *thresholds, uint32_t levels, int32_t *bias)
{
	for (uint32_t c = 0; c < in->unit->channels; c++) {
		double slope = fabs(in->slope[c]);
		struct channel ch = {
			.in = in, .rule = rule,
			.reach = in->reach ? in->reach : QNN_ACC_MAX,
			.threshold = thresholds + (size_t)c * levels,
		};
		double steps = in->offset[c] / slope;

		if (!(slope > 0) || !(fabs(steps) < QNN_ACC_MAX) ||
		    !numbers(&ch, slope / in->out->q.scale) ||
		    !find_bias(&ch, steps))
			return false;
		bias[c] = (int32_t)ch.bias;
	}
	return true;
}

bool exact_scaling(const struct stage_input *in, enum qnn_rounding *rule,
		   int32_t *bias)
{
	static const enum qnn_rounding rules[] = {
		QNN_ROUND_B, QNN_ROUND_C, QNN_ROUND_A,
	};
	uint32_t levels = (uint32_t)(in->out->max - in->out->min);
	enum qnn_rounding wanted = *rule;
	int32_t *t;
	bool found = false;

	if (in->unit->post_count || in->unit->thresholds ||
	    in->out->q.bipolar || in->reach >= QNN_ACC_MAX)
		return false;
	t = mem_array((size_t)in->unit->channels * levels, sizeof(*t));
	for (uint32_t c = 0; c < in->unit->channels; c++)
		stage_search(in, c, t + (size_t)c * levels);
	for (unsigned int i = 0; i < 3 && !found; i++) {
		if (wanted && rules[i] != wanted)
			continue;
		*rule = rules[i];
		found = by_rule(in, rules[i], t, levels, bias);
	}
	free(t);
	return found;
}

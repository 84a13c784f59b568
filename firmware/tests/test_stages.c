// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Output stages of the vector code at their limits: accumulators of choice, by
 * a layer whose weights are 0, through scales of every size and thresholds that
 * lie on a line or do not. fw_compare() runs all that the machine has.
 */
#include "fast/lines.h"
#include "shapes.h"

#define CHANNELS	72u	/* more than a block */
#define MOST_SUM	(QNN_ACC_MAX - 1000)	/* the weights could be others than 0 */

/* A layer, channel i of which has acc[i]; depthwise ones have vectors of their own. */
static struct qnn_cmd *add_layer(struct qnn_prog *p, const s32 *acc, u32 type, int depthwise)
{
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, 1, 3, depthwise ? CHANNELS : 4);
	c->conv.groups = depthwise ? CHANNELS : 1;
	c->conv.weight_type = QNN_ELEM_S2;
	qnn_prog_out(c, out, type, CHANNELS);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	c->conv.bias_off = qnn_prog_const(p, acc, CHANNELS * 4, 4);
	if (type != QNN_ELEM_B1)
		c->out.zero_point = (qnn_prog_type_min(type) + qnn_prog_type_max(type) + 1) / 2;
	return c;
}

/* Sums around 0, where codes begin and end, and as large as they can be. */
static s32 any_sum(struct rng *rng)
{
	static const s32 sums[] = {
		0, 1, -1, 2, -2, 127, 128, -128, -129, 255, 256, 257, 1 << 30, -(1 << 30),
		MOST_SUM, -MOST_SUM,
	};
	u32 which = (u32)rng_range(rng, 0, 3);

	if (!which)
		return sums[rng_range(rng, 0, ARRAY_SIZE(sums) - 1)];
	if (which == 1)
		return (s32)rng_range(rng, -MOST_SUM, MOST_SUM);
	return (s32)rng_range(rng, -3000, 3000) >> rng_range(rng, 0, 11);
}

/* Scales from nearly nothing to 2^31, a mixture of them or all of one kind. */
static void set_scales(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c, u32 rule)
{
	static const s32 multipliers[] = {
		0, 1, 60, 70000, (1 << 18) - 1, 1 << 18, 1 << 30, 0x5a5a5a5a, 0x7fffffff,
	};
	const int most = (int)rng_range(rng, -2, rng_range(rng, 0, 2) ? 24 : 30);
	const int least = rng_range(rng, 0, 1) ? most : -31;
	const u32 first = (u32)rng_range(rng, 0, ARRAY_SIZE(multipliers) - 1);
	s32 scale[CHANNELS];
	s8 shift[CHANNELS];
	u32 i;

	qnn_prog_requant(p, c, rule, 0, 0);
	for (i = 0; i < CHANNELS; i++) {
		scale[i] = multipliers[rng_range(rng, first, ARRAY_SIZE(multipliers) - 1)];
		shift[i] = (s8)rng_range(rng, least, most);
	}
	c->stage.flags |= QNN_STAGE_PER_CHANNEL;
	c->stage.scale_off = qnn_prog_const(p, scale, sizeof(scale), 4);
	c->stage.shift_off = qnn_prog_const(p, shift, sizeof(shift), 1);
}

/* What was scaled is then looked up. */
static void add_table(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c)
{
	const u32 type = rng_range(rng, 0, 1) ? QNN_ELEM_S8 : QNN_ELEM_U8;
	u8 table[QNN_TABLE_SIZE];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		table[i] = (u8)rng_range(rng, qnn_prog_type_min(c->out.type),
					 qnn_prog_type_max(c->out.type));
	c->stage.kind = QNN_STAGE_TABLE;
	c->stage.table_off = qnn_prog_const(p, table, sizeof(table), 1);
	c->stage.table_type = (u8)type;
	c->stage.table_zero_point = shape_zero_point(rng, type);
	c->stage.clamp_min = qnn_prog_type_min(type);
	c->stage.clamp_max = qnn_prog_type_max(type);
}

static void test_scales(void **state)
{
	struct rng rng = { 21 };
	s32 acc[CHANNELS];
	char what[64];
	u32 n, i;

	(void)state;
	for (n = 0; n < 2000; n++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;

		for (i = 0; i < CHANNELS; i++)
			acc[i] = any_sum(&rng);
		c = add_layer(p, acc, shape_activations[rng_range(&rng, 0, 6)], n % 3 == 2);
		c->out.zero_point = shape_zero_point(&rng, c->out.type);
		set_scales(&rng, p, c, n % 2 ? QNN_ROUND_A : QNN_ROUND_B);
		if (n % 5 == 4)
			add_table(&rng, p, c);
		snprintf(what, sizeof(what), "scales %u", n);
		fw_compare_built(p, &rng, what);
	}
}

/* Rule C with scales of every size. */
static void test_floats(void **state)
{
	struct rng rng = { 25 };
	s32 acc[CHANNELS], scale[CHANNELS];
	char what[64];
	u32 n, i;

	(void)state;
	for (n = 0; n < 600; n++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;

		for (i = 0; i < CHANNELS; i++) {
			acc[i] = any_sum(&rng);
			/* 2^-34 to nearly 2^8 */
			scale[i] = (s32)rng_range(&rng, 0x2e800000, 0x437fffff);
		}
		c = add_layer(p, acc, shape_activations[rng_range(&rng, 0, 6)], n % 3 == 2);
		c->out.zero_point = shape_zero_point(&rng, c->out.type);
		qnn_prog_requant(p, c, QNN_ROUND_C, (u32)scale[0], 0);
		c->stage.flags |= QNN_STAGE_PER_CHANNEL;
		c->stage.scale_off = qnn_prog_const(p, scale, sizeof(scale), 4);
		if (n % 5 == 4)
			add_table(&rng, p, c);
		snprintf(what, sizeof(what), "floats %u", n);
		fw_compare_built(p, &rng, what);
	}
}

/* Thresholds of a line: the sums from which on (x * slope + offset) >> 40 is 1, 2, ... */
static void make_line(struct rng *rng, s32 *threshold, u32 levels)
{
	const s64 slope = rng_range(rng, 1, 255) << rng_range(rng, 12, 41);
	const s64 middle = rng_range(rng, -20000, 20000);
	u32 k;

	for (k = 0; k < levels; k++) {
		s64 wanted = ((s64)k + 1 - levels / 2) * (1ll << 40) - (slope >> 3);

		/* Rounded up; flat lines end where numbers do. */
		wanted = wanted / slope + (wanted % slope > 0) + middle;
		threshold[k] = (s32)(wanted > MOST_SUM ? MOST_SUM :
				     wanted < -MOST_SUM ? -MOST_SUM : wanted);
	}
}

/* A line, or what is hardly one. */
static void make_thresholds(struct rng *rng, s32 *threshold, u32 levels)
{
	u32 at = (u32)rng_range(rng, 0, levels - 1);

	make_line(rng, threshold, levels);
	switch (rng_range(rng, 0, 9)) {
	case 0:		/* one step more than it has */
		for (; at < levels; at++)
			threshold[at]++;
		break;
	case 1:		/* never reached */
		for (; at < levels; at++)
			threshold[at] = 0x7fffffff;
		break;
	case 2:		/* all the same */
		for (at = 0; at < levels; at++)
			threshold[at] = threshold[levels - 1];
		break;
	default:
		break;
	}
}

static void test_thresholds(void **state)
{
	static const u32 types[] = { QNN_ELEM_U8, QNN_ELEM_S8, QNN_ELEM_U4, QNN_ELEM_S4 };
	static s32 thresholds[CHANNELS * 255];
	s32 acc[CHANNELS];
	u8 negate[CHANNELS];
	struct rng rng = { 22 };
	char what[64];
	u32 n, i;

	(void)state;
	for (n = 0; n < 600; n++) {
		u32 type = types[n % 4], most = type == QNN_ELEM_U8 || type == QNN_ELEM_S8 ? 255 : 15;
		u32 levels = (u32)rng_range(&rng, rng_range(&rng, 0, 1) ? most : 1, most);
		u32 flags = (u32)rng_range(&rng, 0, 3);
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;

		for (i = 0; i < CHANNELS; i++) {
			s32 *mine = thresholds + i * levels;

			make_thresholds(&rng, mine, levels);
			acc[i] = rng_range(&rng, 0, 3) ?
				 mine[rng_range(&rng, 0, levels - 1)] - (s32)rng_range(&rng, 0, 1) :
				 any_sum(&rng);
			acc[i] = acc[i] > MOST_SUM ? MOST_SUM : acc[i];
			negate[i] = (u8)rng_range(&rng, 0, 1);
			if (flags & QNN_STAGE_NEGATE && negate[i])
				acc[i] = -acc[i];
		}
		c = add_layer(p, acc, type, n % 5 == 4);
		c->out.zero_point = 0;
		c->stage.kind = QNN_STAGE_THRESHOLD;
		c->stage.levels = (u16)levels;
		c->stage.base = qnn_prog_type_min(type) + (s32)rng_range(&rng, 0, most - levels);
		c->stage.flags = flags;
		c->stage.threshold_off = qnn_prog_const(p, thresholds, CHANNELS * levels * 4, 4);
		if (flags & QNN_STAGE_NEGATE)
			c->stage.negate_off = qnn_prog_const(p, negate, sizeof(negate), 1);
		snprintf(what, sizeof(what), "thresholds %u", n);
		fw_compare_built(p, &rng, what);
	}
}

/* Lines are found: or the test above would test nothing of them. */
static void test_found(void **state)
{
	static const s32 too_far[] = { -5, 0, 1 << 29 }, same[] = { 7, 7, 7 }, not_one[] = { 0, 1, 4 };
	struct rng rng = { 23 };
	struct qnn_line line;
	s32 threshold[255];
	u32 n, found = 0, levels;
	s64 x;

	(void)state;
	assert_int_equal(qnn_line_find(too_far, 3, &line), 0);
	assert_int_equal(qnn_line_find(same, 3, &line), 0);
	assert_int_equal(qnn_line_find(not_one, 3, &line), 0);
	for (n = 0; n < 2000; n++) {
		u32 k;

		levels = (u32)rng_range(&rng, 2, 255);
		make_line(&rng, threshold, levels);
		if (!qnn_line_find(threshold, levels, &line))
			continue;
		found++;
		assert_in_range(line.right, 23, 53);
		for (k = 0; k < levels; k++) {
			x = threshold[k];
			assert_true((x * line.multiplier + line.offset) >> line.right >= k + 1);
			x--;
			assert_true((x * line.multiplier + line.offset) >> line.right < k + 1);
		}
	}
	/* All but the steep ones, whose thresholds are the same, and the flat ones. */
	assert_in_range(found, 1500, 1999);
}

/*
 * Sums of two tensors to one and two bits, so many that most pairs of values are
 * there: steps that all pairs reach, some, or none, also of one operand alone.
 */
static void test_sums(void **state)
{
	static const u32 in_types[] = {
		QNN_ELEM_U8, QNN_ELEM_S8, QNN_ELEM_U4, QNN_ELEM_U2, QNN_ELEM_S2, QNN_ELEM_B1,
	};
	static const u32 out_types[] = { QNN_ELEM_U2, QNN_ELEM_S2, QNN_ELEM_B1 };
	struct rng rng = { 24 };
	char what[64];
	u32 n, i, k;

	(void)state;
	for (n = 0; n < 150; n++) {
		struct qnn_prog *p = qnn_prog_new();
		u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
		u8 out = qnn_prog_region(p, 0);
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
		s32 steps[3];

		for (i = 0; i < 2; i++) {
			u32 type = in_types[rng_range(&rng, 0, 5)];

			c->in[i] = qnn_prog_tensor(in[i], type, 4, 41, 100);
			c->in[i].zero_point = shape_zero_point(&rng, type);
			c->add.multiplier[i] = rng_range(&rng, 0, 9) ? 0x40000000 : rng_range(&rng, 0, 1) ?
					       0 : -0x40000000;
			c->add.shift[i] = (s8)rng_range(&rng, 0, 2);
		}
		c->add.rule = QNN_ROUND_B;
		qnn_prog_out(c, out, out_types[n % 3], 0);
		c->out.zero_point = 0;
		for (k = 0; k < 3; k++)
			steps[k] = (k ? steps[k - 1] : (s32)rng_range(&rng, -400, 300)) +
				   (s32)rng_range(&rng, 0, 1 << rng_range(&rng, 0, 9));
		if (rng_range(&rng, 0, 1)) {
			c->stage.kind = QNN_STAGE_THRESHOLD;
			c->stage.levels = c->out.type == QNN_ELEM_B1 ? 1 : (u16)rng_range(&rng, 1, 3);
			c->stage.base = qnn_prog_type_min(c->out.type);
			c->stage.threshold_off = qnn_prog_const(p, steps, sizeof(steps), 4);
		} else {
			qnn_prog_requant(p, c, QNN_ROUND_A, 0x50000000, -(int)rng_range(&rng, 0, 8));
		}
		snprintf(what, sizeof(what), "sums %u", n);
		fw_compare_built(p, &rng, what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests_name("fw_stages", tests, NULL, NULL);
}

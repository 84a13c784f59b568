// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Estimates of the codes of additions: right for all pairs of bytes where they say so. */
#include "fast/add_estimate.h"
#include "fw_test.h"
#include "rng.h"
#include "shapes.h"
#include "stage/stage.h"

#define BEYOND	512	/* whatever the zero point is, such codes are cut off */

/* Two tensors of bytes, with scales as packers write them, or any. */
static void *build(struct rng *rng, u32 rule, u32 stage_rule, size_t *size)
{
	static const u32 bytes[] = { QNN_ELEM_S8, QNN_ELEM_U8 };
	struct qnn_prog *p = qnn_prog_new();
	u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
	u8 out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
	const int left = rng_range(rng, 0, 3) ? 20 : (int)rng_range(rng, 8, 20);
	float scale = (float)rng_range(rng, 1000, 9000) / 4000.0f / (float)(1 << left);
	void *image;
	u32 bits, i;

	for (i = 0; i < 2; i++) {
		c->in[i] = qnn_prog_tensor(in[i], bytes[rng_range(rng, 0, 1)], 1, 1, 64);
		c->in[i].zero_point = shape_zero_point(rng, c->in[i].type);
		c->add.multiplier[i] = (s32)rng_range(rng, 0x40000000, 0x7fffffff);
		c->add.shift[i] = (s8)-rng_range(rng, 0, 3);
		if (!rng_range(rng, 0, 9))
			c->add.multiplier[i] = -c->add.multiplier[i];
		if (!rng_range(rng, 0, 9))
			c->add.multiplier[i] = 0x40000000;
	}
	c->add.left_shift = (u8)left;
	c->add.rule = (u8)rule;
	qnn_prog_out(c, out, bytes[rng_range(rng, 0, 1)], 64);
	c->out.zero_point = shape_zero_point(rng, c->out.type);
	memcpy(&bits, &scale, sizeof(bits));
	if (stage_rule == QNN_ROUND_C)
		qnn_prog_requant(p, c, stage_rule, bits, 0);
	else
		qnn_prog_requant(p, c, stage_rule, rng_range(rng, 0, 9) ?
				 (u32)rng_range(rng, 0x40000000, 0x7fffffff) : 0x40000000,
				 (int)rng_range(rng, -left - 1, 2 - left));
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static s32 exact(const struct qnn_cmd *cmd, const u8 *consts, s32 acc)
{
	const s32 scale = *(const s32 *)(consts + cmd->stage.scale_off);
	const s32 shift = *(const s8 *)(consts + cmd->stage.shift_off);

	if (cmd->stage.rule == QNN_ROUND_A)
		return qnn_round_a(acc, scale, shift);
	return cmd->stage.rule == QNN_ROUND_B ? qnn_round_b(acc, scale, shift) :
						qnn_round_c(acc, (u32)scale);
}

static s32 slope(const struct qnn_add_estimate *e, u32 which)
{
	return e->high[which] * 32768 + e->low[which];
}

/* All pairs; returns how many are in doubt. */
static u32 check(const struct qnn_add_estimate *e, const struct qnn_cmd *cmd, const u8 *consts)
{
	u32 x, y, doubts = 0;

	for (y = 0; y < 256; y++) {
		for (x = 0; x < 256; x++) {
			const s32 number = e->offset + slope(e, 0) * (s32)x + slope(e, 1) * (s32)y;
			const s64 acc = (s64)qnn_add_worth(cmd, 0, (s32)x) +
					qnn_add_worth(cmd, 1, (s32)y);
			const s32 code = exact(cmd, consts, qnn_saturate(acc));

			if (!(number & e->doubt))
				doubts++;
			else if (qnn_clamp(number >> e->fraction, -BEYOND, BEYOND) !=
				 qnn_clamp(code, -BEYOND, BEYOND))
				fail_msg("%u and %u: %d instead of %d", x, y,
					 number >> e->fraction, code);
		}
	}
	return doubts;
}

static void test_all_pairs(void **state)
{
	struct rng rng = { 41 };
	u32 n, found[3] = { 0 }, tried[3] = { 0 };

	(void)state;
	for (n = 0; n < 240; n++) {
		const u32 rule = n & 1 ? QNN_ROUND_A : QNN_ROUND_B;
		const u32 stage_rule = QNN_ROUND_A + n % 3;
		struct qnn_poll poll = { 0 };
		struct qnn_add_estimate e;
		const struct qnn_cmd *cmd;
		struct qnn_line line;
		struct fw_job job;
		size_t size;
		void *image = build(&rng, rule, stage_rule, &size);

		fw_job_init(&job, image, size, &rng);
		cmd = &job.prog.cmds[0];
		tried[n % 3]++;
		if (qnn_add_line(cmd, job.prog.consts, &line)) {
			assert_int_equal(qnn_add_estimate_set(&e, cmd, &line, &poll), 0);
			if (e.valid) {
				/* Of all pairs few are in doubt: or estimates gain nothing. */
				assert_in_range(check(&e, cmd, job.prog.consts), 0, 512);
				found[n % 3]++;
			}
		}
		fw_job_free(&job);
		free(image);
	}
	for (n = 0; n < 3; n++)
		assert_in_range(found[n], tried[n] / 2, tried[n] - 1);
}

/* Sums of halves: every other one is where a code ends. */
static void test_halves(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
	struct qnn_poll poll = { 0 };
	struct rng rng = { 42 };
	struct qnn_add_estimate e;
	struct qnn_line line;
	struct fw_job job;
	size_t size;
	void *image;

	(void)state;
	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U8, 1, 1, 64);
	c->in[1] = c->in[0];
	c->add.left_shift = 20;
	c->add.multiplier[0] = 0x40000000;
	c->add.multiplier[1] = 0x40000000;
	c->add.shift[0] = 0;
	c->add.shift[1] = 0;
	qnn_prog_out(c, out, QNN_ELEM_U8, 64);
	qnn_prog_requant(p, c, QNN_ROUND_B, 0x40000000, -19);
	image = qnn_prog_finish(p, &size);
	qnn_prog_free(p);
	fw_job_init(&job, image, size, &rng);
	assert_int_equal(qnn_add_line(&job.prog.cmds[0], job.prog.consts, &line), 1);
	assert_int_equal(qnn_add_estimate_set(&e, &job.prog.cmds[0], &line, &poll), 0);
	assert_int_equal(e.valid, 0);
	fw_job_free(&job);
	free(image);
}

/* Scales as thresholds, of sums and of sums that are negated, on all sets. */
static void test_thresholds(void **state)
{
	struct rng rng = { 43 };
	char what[32];
	u32 n, i;

	(void)state;
	for (n = 0; n < 60; n++) {
		struct qnn_prog *p = qnn_prog_new();
		u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
		u8 out = qnn_prog_region(p, 0), negate = n & 1;
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
		const s32 step = (s32)rng_range(&rng, 500000, 3000000);
		s32 threshold[255], first = -(s32)rng_range(&rng, 0, 200) * step;

		for (i = 0; i < 2; i++) {
			c->in[i] = qnn_prog_tensor(in[i], rng_range(&rng, 0, 1) ? QNN_ELEM_S8 :
						   QNN_ELEM_U8, 3, 7, 100);
			c->in[i].zero_point = shape_zero_point(&rng, c->in[i].type);
			c->add.multiplier[i] = (s32)rng_range(&rng, 0x40000000, 0x7fffffff);
			c->add.shift[i] = (s8)-rng_range(&rng, 0, 2);
		}
		c->add.left_shift = 20;
		qnn_prog_out(c, out, QNN_ELEM_U8, 100);
		c->out.zero_point = 0;
		c->stage.kind = QNN_STAGE_THRESHOLD;
		c->stage.levels = (u16)rng_range(&rng, 8, 255);
		for (i = 0; i < c->stage.levels; i++)
			threshold[i] = first + (s32)i * step;
		c->stage.threshold_off = qnn_prog_const(p, threshold, c->stage.levels * 4ul, 4);
		if (n % 3) {
			c->stage.flags = QNN_STAGE_NEGATE;
			c->stage.negate_off = qnn_prog_const(p, &negate, 1, 1);
		}
		snprintf(what, sizeof(what), "thresholds %u", n);
		fw_compare_built(p, &rng, what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_pairs),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_thresholds),
	};

	return cmocka_run_group_tests_name("fw_estimates", tests, NULL, NULL);
}

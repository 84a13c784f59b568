// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Layers of bits that are counted, and codes of one and two bits. fw_compare()
 * runs all instruction sets that the machine has.
 */
#include "fast/bits.h"
#include "fw_test.h"
#include "shapes.h"

static const u32 types[] = { QNN_ELEM_B1, QNN_ELEM_U2, QNN_ELEM_S2 };

/*
 * Of two-bit weights, those that are counted have no -2, which is 10. Now and
 * then there is one, in the last byte of a row or anywhere else.
 */
static void clear_least(struct rng *rng, u8 *data, u32 bytes, u32 row)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		data[i] &= (u8)~(data[i] & ~(data[i] << 1) & 0xaa);
	if (rng_range(rng, 0, 5) == 0)
		data[rng_range(rng, 0, bytes - 1)] = (u8)(2 << 2 * rng_range(rng, 0, 3));
	if (rng_range(rng, 0, 5) == 0)
		data[row * (u32)rng_range(rng, 1, bytes / row) - 1] |= 0x80;
}

static void add_constants(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c)
{
	u32 bytes = qnn_prog_weight_bytes(c), i;
	u8 *data = malloc(bytes);
	s32 bias[1024];

	rng_fill(rng, data, bytes);
	if (c->conv.weight_type == QNN_ELEM_S2)
		clear_least(rng, data, bytes, qnn_prog_weight_row(c));
	c->conv.weight_off = qnn_prog_const(p, data, bytes, 1);
	free(data);
	for (i = 0; i < c->out.channels; i++)
		bias[i] = (s32)rng_range(rng, -500, 500);
	c->conv.bias_off = qnn_prog_const(p, bias, 4u * i, 4);
}

/* Weights of one bit, or two; the sums come out as they are, or as bytes. */
static void run_bits(struct rng *rng, const struct shape *s, u32 type, u32 weights,
		     const char *what)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, s->opcode);
	u32 skipped = (u32)rng_range(rng, 0, 2);

	c->in[0] = qnn_prog_tensor(in, type, s->height, s->width, s->in);
	c->in[0].zero_point = shape_zero_point(rng, type);
	c->in[0].pixel_stride += skipped;
	c->in[0].row_stride += skipped * s->width + skipped;
	shape_window(c, s);
	c->conv.weight_type = (u8)weights;
	qnn_prog_out(c, out, rng_range(rng, 0, 1) ? QNN_ELEM_S32 : QNN_ELEM_S8, s->out);
	add_constants(rng, p, c);
	if (c->out.type == QNN_ELEM_S8)
		qnn_prog_requant(p, c, QNN_ROUND_B, 0x50000000, -3);
	fw_compare_built(p, rng, what);
}

/* What is counted bit by bit: depths around words, and every kind of border. */
static void test_bits(void **state)
{
	struct rng rng = { 9 };
	char what[64];
	u32 depth, i;

	(void)state;
	for (depth = 8; depth <= 136; depth++) {
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 1, 9), (u32)rng_range(&rng, 1, 9),
				depth, (u32)rng_range(&rng, 1, 80), (u32)rng_range(&rng, 1, 4),
				(u32)rng_range(&rng, 1, 3), (u32)rng_range(&rng, 1, 3), 0, 1,
			};
			u32 most = (s.kernel - 1) * s.dilation;

			s.pad = (u32)rng_range(&rng, most / 2, most);
			while (s.height + 2 * s.pad <= most)
				s.height++;
			while (s.width + 2 * s.pad <= most)
				s.width++;
			if (depth % 8 == 0 && s.out % 2 == 0)
				s.groups = 2, s.in *= 2, s.out *= 8;
			snprintf(what, sizeof(what), "bits, %u deep, type %u", depth, types[i]);
			run_bits(&rng, &s, types[i], QNN_ELEM_B1, what);
			run_bits(&rng, &s, types[i], QNN_ELEM_S2, what);
		}
	}
}

/* All bits of the input the same, by a step that is always or never reached. */
static void make_same(struct qnn_prog *p, struct qnn_cmd *c, u8 out, u32 type, u32 depth, int ones)
{
	const s32 step = ones ? -0x7fffffff - 1 : 0x7fffffff, steps[3] = { step, step, step };

	c->conv.weight_type = QNN_ELEM_S8;
	qnn_prog_out(c, out, type, depth);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.levels = type == QNN_ELEM_B1 ? 1 : 3;
	c->stage.threshold_off = qnn_prog_const(p, steps, sizeof(steps), 4);
}

/* Every bit differs, or none does: a byte's count is as large as it can be. */
static void test_full_counts(void **state)
{
	struct rng rng = { 12 };
	u32 i;

	(void)state;
	for (i = 0; i < 16; i++) {
		u32 depth = 4096, weight_type = i & 8 ? QNN_ELEM_S2 : QNN_ELEM_B1;
		u32 type = i & 4 ? QNN_ELEM_U2 : QNN_ELEM_B1;
		struct qnn_prog *p = qnn_prog_new();
		u8 in = qnn_prog_region(p, 0), middle = qnn_prog_region(p, 0);
		u8 out = qnn_prog_region(p, 0), weights[4096 / 4 * 17];
		/* Of two-bit weights, one pixel is not counted. */
		u32 opcode = i & 8 ? QNN_OP_CONV : QNN_OP_FC, width = i & 8 ? 2 : 1;
		struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, width, 1);
		make_same(p, c, middle, type, depth, i & 1);
		c = qnn_prog_cmd(p, opcode);
		c->in[0] = qnn_prog_tensor(middle, type, 1, width, depth);
		c->conv.weight_type = (u8)weight_type;
		/* -1 or 1 */
		memset(weights, i & 2 ? 0xff : i & 8 ? 0x55 : 0, sizeof(weights));
		qnn_prog_out(c, out, QNN_ELEM_S32, 17);
		c->conv.weight_off = qnn_prog_const(p, weights, sizeof(weights), 1);
		fw_compare_built(p, &rng, "full counts");
	}
}

/* More words than are counted before the sums are widened. */
static void test_deep_bits(void **state)
{
	static const u32 depths[] = { 8191, 8192, 8193, 16384, 33000, 65535 };
	struct rng rng = { 10 };
	u32 i;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(depths); i++) {
		struct shape s = {
			QNN_OP_FC, 1, 1, depths[i / 2], 67, 1, 1, 1, 0, 1,
		};

		run_bits(&rng, &s, types[i % 2], QNN_ELEM_B1, "deep bits");
		s.opcode = QNN_OP_CONV;
		s.width = 2;
		run_bits(&rng, &s, types[i % 2], QNN_ELEM_S2, "deep signs");
	}
}

/* Results of one and two bits: every rule, clamp, zero point and kind of threshold. */
static void add_steps(struct rng *rng, struct qnn_prog *p, struct qnn_cmd *c)
{
	u32 rule = (u32)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C), i;
	s32 least = qnn_prog_type_min(c->out.type), most = qnn_prog_type_max(c->out.type);
	s32 thresholds[130 * 3];
	u8 negate[130];

	if (rng_range(rng, 0, 1)) {
		c->out.zero_point = shape_zero_point(rng, c->out.type);
		qnn_prog_requant(p, c, rule, rule == QNN_ROUND_C ? 0x3d23d70a : 0x50000000,
				 (int)rng_range(rng, -9, 2));
		c->stage.clamp_min = (s32)rng_range(rng, least, most);
		c->stage.clamp_max = (s32)rng_range(rng, c->stage.clamp_min, most);
		return;
	}
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.flags = QNN_STAGE_PER_CHANNEL | (rng_range(rng, 0, 1) ? QNN_STAGE_NEGATE : 0);
	c->stage.levels = (u16)rng_range(rng, 1, most - least);
	c->stage.base = (s32)rng_range(rng, least, most - c->stage.levels);
	for (i = 0; i < c->out.channels; i++) {
		s32 *own = thresholds + i * c->stage.levels, k;

		for (k = 0; k < c->stage.levels; k++)
			own[k] = (s32)rng_range(rng, -400, -100) + k * 300;
		if (rng_range(rng, 0, 3) == 0)
			own[0] = -0x7fffffff - (s32)rng_range(rng, 0, 1);
		if (rng_range(rng, 0, 3) == 0)
			own[k - 1] = 0x7fffffff - (s32)rng_range(rng, 0, 2);
		negate[i] = (u8)rng_range(rng, 0, 1);
	}
	c->stage.threshold_off = qnn_prog_const(p, thresholds, 4u * i * c->stage.levels, 4);
	if (c->stage.flags & QNN_STAGE_NEGATE)
		c->stage.negate_off = qnn_prog_const(p, negate, i, 1);
}

static void test_steps(void **state)
{
	struct rng rng = { 11 };
	char what[64];
	u32 channels, i;

	(void)state;
	for (channels = 1; channels <= 130; channels++) {
		for (i = 0; i < 2 * ARRAY_SIZE(types); i++) {
			struct qnn_prog *p = qnn_prog_new();
			u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
			struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

			c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, (u32)rng_range(&rng, 1, 9),
						   1 + channels % 3);
			c->in[0].zero_point = shape_zero_point(&rng, QNN_ELEM_S8);
			c->conv.weight_type = (u8)(i % 2 ? QNN_ELEM_U4 : QNN_ELEM_S4);
			qnn_prog_out(c, out, types[i / 2], channels);
			add_constants(&rng, p, c);
			add_steps(&rng, p, c);
			snprintf(what, sizeof(what), "%u channels of type %u", channels, types[i / 2]);
			fw_compare_built(p, &rng, what);
		}
	}
}

/* A -2 is found wherever it is, and nothing else is taken for one. */
static void test_signs(void **state)
{
	struct qnn_poll poll = { 0 };
	struct qnn_cmd cmd = { .opcode = QNN_OP_CONV };
	u8 weights[64];
	u32 depth, at;

	(void)state;
	cmd.conv.kernel_h = cmd.conv.kernel_w = cmd.conv.groups = 1;
	cmd.conv.weight_type = QNN_ELEM_S2;
	cmd.out.channels = 2;
	for (depth = 1; depth <= 100; depth++) {
		const u32 row = (depth + 3) / 4;

		cmd.in[0].channels = (u16)depth;
		for (at = 0; at < 4 * 2 * row; at++) {
			/* 0, 1 and -1 */
			memset(weights, at % 3 == 0 ? 0 : at % 3 == 1 ? 0x55 : 0xff,
			       sizeof(weights));
			assert_int_equal(qnn_bits_signs(&cmd, weights, &poll), 1);
			weights[at / 4] &= (u8)~(3 << at % 4 * 2);
			weights[at / 4] |= (u8)(2 << at % 4 * 2);
			assert_int_equal(qnn_bits_signs(&cmd, weights, &poll), 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_full_counts),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_deep_bits),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests_name("fw_bits", tests, NULL, NULL);
}

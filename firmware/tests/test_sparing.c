// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Prepared programs that do not keep weights twice. */
#include "shapes.h"

/* Weights that are spared are overwritten: nothing may read them any more. */
static void spoil(void *priv, const void *consts, u64 size)
{
	*(u64 *)priv += size;
	memset((void *)(uintptr_t)consts, 0x5a, size);
}

/* Two layers, of which the second has the first one's weights @apart bytes further. */
static void *build_pair(u32 opcode, u32 bias_off, u32 apart, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct rng rng = { 10 };
	u32 bytes = 2048 * 64, i;
	u8 *data = malloc(2 * bytes);
	u32 at;
	void *image;

	rng_fill(&rng, data, 2 * bytes);
	at = qnn_prog_const(p, data, 2 * bytes, 64);
	free(data);
	for (i = 0; i < 2; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, opcode);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, opcode == QNN_OP_FC ? 1 : 7, 2048);
		c->conv.weight_type = QNN_ELEM_S8;
		c->conv.weight_off = at + i * apart;
		c->conv.bias_off = i ? at + bias_off : QNN_NO_CONST;
		qnn_prog_out(c, out, QNN_ELEM_S32, 64);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static u64 run_spoilt(void *image, size_t size, u32 isa)
{
	struct rng rng = { 11 };
	struct fw_job job;
	u64 spared = 0;
	struct qnn_sparing sparing = { .spare = spoil, .priv = &spared };
	void *memory, *expected;
	size_t bytes;

	fw_job_init(&job, image, size, &rng);
	bytes = job.prog.regions[1].size;
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	expected = malloc(bytes);
	memcpy(expected, job.regions[1], bytes);
	memset(job.regions[1], 0, bytes);
	memory = fw_alloc(qnn_prepared_size(&job.prog, isa, NULL, NULL));
	job.exec.prepared = qnn_prepare_sparing(&job.prog, isa, memory, NULL, NULL,
						&sparing);
	assert_int_equal(qnn_exec_run(&job.exec), 0);
	assert_memory_equal(expected, job.regions[1], bytes);
	free(memory);
	free(expected);
	fw_job_free(&job);
	return spared;
}

static void test_spares(void **state)
{
	static const struct {
		u32 bias_off, apart;
		u32 layers;		/* whose weights can go */
	} cases[] = {
		/* Next to each other; the bias is of the second, and its own. */
		{ QNN_NO_CONST, 2048 * 64, 2 },
		/* A part of them shared, or all. */
		{ QNN_NO_CONST, 2048 * 63, 0 },
		{ QNN_NO_CONST, 0, 0 },
		/* The bias is the first one's last weights, or the second one's first. */
		{ 2048 * 64 - 4, 2048 * 64, 0 },
		{ 2048 * 64 - 256, 2048 * 64, 1 },
		{ 2048 * 64, 2048 * 64, 1 },
	};
	u32 isa = qnn_isa_best(), i, opcode;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases) && isa != QNN_ISA_NONE; i++) {
		for (opcode = QNN_OP_CONV; opcode <= QNN_OP_FC; opcode++) {
			u32 bias = cases[i].bias_off == QNN_NO_CONST ? 0 : cases[i].bias_off;
			size_t size;
			void *image;
			u64 spared;

			if (opcode != QNN_OP_CONV && opcode != QNN_OP_FC)
				continue;
			image = build_pair(opcode, bias, cases[i].apart, &size);
			if (!bias)
				fw_cmd(image, 1)->conv.bias_off = QNN_NO_CONST;
			spared = run_spoilt(image, size, isa);
			/* Each is told of twice: in pieces, and as a whole. */
			assert_int_equal(spared, 2 * cases[i].layers * 2048 * 64);
			free(image);
		}
	}
}

#define CHANNELS	32u
#define WEIGHTS		(9 * CHANNELS * CHANNELS)

/* The constants of a layer, in the order in which they are put. */
enum part {
	NOTHING,
	BIAS,
	SCALES,
	TABLE,			/* one that looks up what scales give */
};

struct layer {
	struct qnn_cmd *cmd;
	u32 bias, scales, table;
};

static void put(struct qnn_prog *p, struct rng *rng, struct layer *l, enum part part)
{
	static const u32 bytes[] = {
		[BIAS] = 4 * CHANNELS, [SCALES] = 4 * CHANNELS, [TABLE] = QNN_TABLE_SIZE,
	};
	s32 number[CHANNELS * 2];
	u32 i, at;

	if (part == NOTHING)
		return;
	/* Half a line, so that what follows starts on none. */
	qnn_prog_const(p, NULL, 32, 64);
	rng_fill(rng, number, sizeof(number));
	for (i = 0; part != TABLE && i < CHANNELS; i++)
		number[i] = part == BIAS ? (s32)rng_range(rng, -9999, 9999) : 0x3b23d70a + (s32)i;
	at = qnn_prog_const(p, number, bytes[part], 4);
	*(part == BIAS ? &l->bias : part == SCALES ? &l->scales : &l->table) = at;
}

static void put_weights(struct qnn_prog *p, struct rng *rng, struct qnn_cmd *c, u32 align)
{
	static u8 weights[WEIGHTS];

	rng_fill(rng, weights, sizeof(weights));
	c->conv.weight_off = qnn_prog_const(p, weights, sizeof(weights), align);
}

static void fill_layer(struct qnn_cmd *c, u8 from, u8 to, const struct layer *l)
{
	c->in[0] = qnn_prog_tensor(from, QNN_ELEM_S8, 9, 7, CHANNELS);
	c->in[0].zero_point = -3;
	c->conv.kernel_h = 3;
	c->conv.kernel_w = 3;
	c->conv.pad_top = 1;
	c->conv.pad_left = 1;
	c->conv.pad_right = 1;
	c->conv.pad_bottom = 1;
	c->conv.weight_type = QNN_ELEM_S8;
	c->conv.bias_off = l->bias;
	qnn_prog_out(c, to, QNN_ELEM_S8, CHANNELS);
	c->out.zero_point = -3;
	c->stage.kind = l->table ? QNN_STAGE_TABLE : QNN_STAGE_REQUANT;
	c->stage.rule = QNN_ROUND_C;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	c->stage.clamp_min = -128;
	c->stage.clamp_max = 127;
	c->stage.scale_off = l->scales;
	c->stage.table_off = l->table;
	c->stage.table_type = l->table ? QNN_ELEM_S8 : 0;
}

struct placing {
	enum part part;		/* which, of layer ... */
	u32 whose;		/* ... this stands right before the weights ... */
	u32 which;		/* ... of this one ... */
	u32 align;		/* ... that start at a multiple of it: 4 is half of a line */
	u32 replaced;		/* layers whose weights change where they are */
};

static u32 run_two(const struct placing *at, const char *what)
{
	struct qnn_prog *p = qnn_prog_new();
	struct rng rng = { 20 + at->part };
	struct layer layer[2] = { 0 };
	u32 before = fw_replaced(), i;
	struct qnn_cmd *c;
	u8 region[3];

	for (i = 0; i < 3; i++)
		region[i] = qnn_prog_region(p, 0);
	for (i = 0; i < 2; i++) {
		if (i != at->whose || at->part != BIAS)
			put(p, &rng, &layer[i], BIAS);
		if (i != at->whose || at->part != SCALES)
			put(p, &rng, &layer[i], SCALES);
	}
	qnn_prog_cmd(p, QNN_OP_CONV);
	/* They lie side by side. */
	c = qnn_prog_cmd(p, QNN_OP_CONV) - 1;
	for (i = 0; i < 2; i++) {
		if (i == at->which)
			put(p, &rng, &layer[at->whose], at->part);
		put_weights(p, &rng, &c[i], i == at->which ? at->align : 64);
	}
	for (i = 0; i < 2; i++)
		fill_layer(&c[i], region[i], region[i + 1], &layer[i]);
	fw_compare_built(p, &rng, what);
	return fw_replaced() - before;
}

static void test_replaces(void **state)
{
	static const struct placing cases[] = {
		{ NOTHING, 0, 0, 64, 2 },
		/* Its own stage is read before; its bias as the weights are. */
		{ SCALES, 0, 0, 4, 2 },
		{ SCALES, 1, 1, 4, 2 },
		{ BIAS, 0, 0, 4, 1 },
		{ BIAS, 0, 0, 64, 2 },
		/* Of the layer after it, and of that before it. */
		{ SCALES, 1, 0, 4, 1 },
		{ BIAS, 1, 0, 4, 1 },
		{ SCALES, 0, 1, 4, 2 },
		{ BIAS, 0, 1, 4, 2 },
		/* A table may be read when the layer runs. */
		{ TABLE, 0, 1, 4, 1 },
		{ TABLE, 0, 0, 4, 1 },
		{ TABLE, 0, 1, 64, 2 },
	};
	char what[32];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u32 replaced;

		snprintf(what, sizeof(what), "placing %u", i);
		replaced = run_two(&cases[i], what);
		if (qnn_isa_best() != QNN_ISA_NONE && replaced != cases[i].replaced)
			fail_msg("%s: %u are replaced, not %u", what, replaced, cases[i].replaced);
	}
}

/* All types, of groups and of parts of a block. */
static void test_orders(void **state)
{
	struct rng rng = { 21 };
	u32 before = fw_replaced(), i;
	char what[32];

	(void)state;
	for (i = 0; i < 300; i++) {
		u32 groups = (u32)rng_range(&rng, 1, 2), kernel = rng_range(&rng, 0, 1) ? 3 : 1;
		struct shape s = {
			QNN_OP_CONV, 4, 5, 16 * groups * (u32)rng_range(&rng, 1, 3),
			16 * groups * (u32)rng_range(&rng, 1, 9), kernel, 1, 1, kernel / 2, groups,
		};

		snprintf(what, sizeof(what), "order %u", i);
		shape_run(&rng, &s, what);
	}
	if (qnn_isa_best() != QNN_ISA_NONE)
		assert_true(fw_replaced() - before > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_replaces),
		cmocka_unit_test(test_orders),
	};

	return cmocka_run_group_tests_name("fw_sparing", tests, NULL, NULL);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Vector code where its loops end: every number of channels and pixels around
 * the sizes of tiles, the largest and smallest operands, each kind of stage.
 * fw_compare() runs all that the machine has. Random programs are elsewhere.
 */
#include "shapes.h"

/* Every number of channels of a block and one more, some numbers of pixels. */
static void test_channels(void **state)
{
	struct rng rng = { 1 };
	char what[64];
	u32 out, n;

	(void)state;
	for (out = 1; out <= 130; out++) {
		for (n = 0; n < 3; n++) {
			struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 1, 5),
				(u32)rng_range(&rng, 1, 13), (u32)rng_range(&rng, 1, 40), out,
				1, 1, 1, 0, 1,
			};

			if (n == 1)
				s.kernel = 3, s.pad = 1;
			if (n == 2)
				s.stride = 2;
			snprintf(what, sizeof(what), "%u channels, %u", out, n);
			shape_run(&rng, &s, what);
		}
	}
}

/* Every remainder of pixels by the tiles. */
static void test_pixels(void **state)
{
	struct rng rng = { 2 };
	char what[64];
	u32 width, out;

	(void)state;
	for (width = 1; width <= 40; width++) {
		for (out = 16; out <= 64; out += 16) {
			const struct shape s = { QNN_OP_CONV, 1, width, 8, out, 1, 1, 1, 0, 1 };

			snprintf(what, sizeof(what), "%u pixels, %u channels", width, out);
			shape_run(&rng, &s, what);
		}
	}
}

/* Maps of every width, whose rows are taken one by one, as one, or are copied first. */
static void test_maps(void **state)
{
	static const u32 depth[] = { 12, 32, 64, 100, 128, 68 };
	struct rng rng = { 12 };
	char what[64];
	u32 width, n;

	(void)state;
	for (width = 3; width <= 66; width += width < 34 ? 1 : 4) {
		for (n = 0; n < 4; n++) {
			const struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 3, 9), width,
				depth[rng_range(&rng, 0, 5)], (u32)rng_range(&rng, 15, 70),
				n < 3 ? 3 : 1, n % 2 ? 2 : 1, n == 2 ? 2 : 1, n < 3 ? 1 : 0, 1,
			};

			snprintf(what, sizeof(what), "map %u wide, %u", width, n);
			shape_run(&rng, &s, what);
		}
	}
}

static void test_windows(void **state)
{
	struct rng rng = { 3 };
	char what[64];
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		struct shape s = {
			QNN_OP_CONV, (u32)rng_range(&rng, 5, 12), (u32)rng_range(&rng, 5, 12),
			4, 4, (u32)rng_range(&rng, 1, 5), (u32)rng_range(&rng, 1, 3),
			(u32)rng_range(&rng, 1, 2), 0, (u32)rng_range(&rng, 1, 2),
		};

		s.pad = (s.kernel - 1) * s.dilation;
		s.in *= s.groups * (u32)rng_range(&rng, 1, 5);
		s.out *= s.groups * (u32)rng_range(&rng, 1, 9);
		snprintf(what, sizeof(what), "window %d", i);
		shape_run(&rng, &s, what);
	}
}

static void test_depthwise(void **state)
{
	struct rng rng = { 4 };
	char what[64];
	u32 channels, n;

	(void)state;
	for (channels = 2; channels <= 200; channels++) {
		for (n = 1; n <= 2; n++) {
			struct shape s = {
				QNN_OP_CONV, (u32)rng_range(&rng, 5, 9),
				(u32)rng_range(&rng, 5, 9), channels, channels,
				(u32)rng_range(&rng, 1, 5), n, (u32)rng_range(&rng, 1, 3), 0,
				channels,
			};

			s.pad = (s.kernel - 1) * s.dilation;
			snprintf(what, sizeof(what), "depthwise, %u channels", channels);
			shape_run(&rng, &s, what);
		}
	}
}

/* Kernels of 3 x 3 taps: which rows and columns are outside, and parts of a block. */
static void *build_columns(struct rng *rng, size_t *size)
{
	static const u32 types[] = { QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_S8, QNN_ELEM_U8, QNN_ELEM_U4 };
	static const u32 channels[] = { 8, 16, 32, 40, 64, 70, 96, 128, 130 };
	static const s32 multipliers[] = { 0x50000000, 0x7fffffff, 0x40000000 };
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	u32 count = channels[rng_range(rng, 0, ARRAY_SIZE(channels) - 1)];
	u32 rule = (u32)rng_range(rng, QNN_ROUND_A, QNN_ROUND_C);
	u8 weights[9 * 130];
	void *image;

	c->conv.kernel_h = c->conv.kernel_w = 3;
	c->conv.stride_h = (u16)rng_range(rng, 1, 2);
	c->conv.stride_w = (u16)rng_range(rng, 1, 2);
	c->conv.dilation_h = (u16)(rng_range(rng, 0, 4) ? 1 : 2);
	c->conv.pad_top = (u16)rng_range(rng, 0, 2);
	c->conv.pad_bottom = (u16)rng_range(rng, 0, 2);
	c->conv.pad_left = (u16)rng_range(rng, 0, rng_range(rng, 0, 4) ? 1 : 2);
	c->conv.pad_right = (u16)rng_range(rng, 0, rng_range(rng, 0, 4) ? 1 : 2);
	c->conv.groups = (u16)count;
	c->in[0] = qnn_prog_tensor(in, types[rng_range(rng, 0, ARRAY_SIZE(types) - 1)],
				   (u32)rng_range(rng, 5, 9),
				   (u32)rng_range(rng, 1, count < 64 ? 40 : 9), count);
	if (c->in[0].width + c->conv.pad_left + c->conv.pad_right < 3)
		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 5, 3, count);
	c->in[0].zero_point = shape_zero_point(rng, c->in[0].type);
	c->conv.weight_type = rng_range(rng, 0, 3) ? QNN_ELEM_S8 : QNN_ELEM_U8;
	c->conv.weight_zero_point = rng_range(rng, 0, 3) ? 0 :
				    shape_zero_point(rng, c->conv.weight_type);
	rng_fill(rng, weights, sizeof(weights));
	c->conv.weight_off = qnn_prog_const(p, weights, 9 * count, 1);
	qnn_prog_out(c, out, rng_range(rng, 0, 1) ? QNN_ELEM_S8 : QNN_ELEM_U8, count);
	c->out.zero_point = shape_zero_point(rng, c->out.type);
	if (rule == QNN_ROUND_C)
		qnn_prog_requant(p, c, rule, 0x3c23d70a, 0);
	else
		qnn_prog_requant(p, c, rule, multipliers[rng_range(rng, 0, 2)],
				 -(int)rng_range(rng, 4, 10));
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

static void test_columns(void **state)
{
	struct rng rng = { 13 };
	char what[32];
	u32 i;

	(void)state;
	for (i = 0; i < 800; i++) {
		size_t size;
		void *image = build_columns(&rng, &size);

		snprintf(what, sizeof(what), "columns %u", i);
		fw_compare(image, size, &rng, what);
		free(image);
	}
}

/*
 * Weights that are kept as codes: each depth around a word of them, books for
 * blocks of channels and for less.
 */
static void test_codes(void **state)
{
	static const u32 depths[] = { 4, 8, 12, 16, 20, 28, 32, 36, 60, 64, 68, 256, 260, 2052 };
	static const u32 channels[] = { 16, 64, 65, 130, 200 };
	static const u32 books[] = { 0, 3, 64, 128 };
	struct rng rng = { 9 };
	char what[64];
	u32 w, d;

	(void)state;
	for (w = 0; w < ARRAY_SIZE(shape_weights); w++) {
		for (d = 0; d < ARRAY_SIZE(depths); d++) {
			struct shape s = {
				QNN_OP_CONV, 2, 3, depths[d], channels[(w + d) % 5], 1, 1, 1, 0, 1,
			};

			shape_book_channels = books[(w + d) % 4];

			snprintf(what, sizeof(what), "weights %u, depth %u", w, depths[d]);
			shape_run_typed(&rng, &s, QNN_ELEM_U8, shape_weights[w], what);
			s.kernel = s.in < 100 ? 3 : 1;
			s.pad = s.kernel / 2;
			shape_run_typed(&rng, &s, QNN_ELEM_U8, shape_weights[w], what);
			if (s.in % 32)
				continue;
			s.groups = 2;
			s.out = 2 * s.out;
			shape_book_channels = 0;
			shape_run_typed(&rng, &s, QNN_ELEM_S8, shape_weights[w], what);
		}
	}
	shape_book_channels = 0;
}

/* Deeper than what is done between two polls. */
static void test_deep(void **state)
{
	static const u32 depths[] = { 4095, 4096, 16383, 16384, 16385, 33000, 65535 };
	struct rng rng = { 5 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		const struct shape s = { QNN_OP_FC, 1, 1, depths[i], 17, 1, 1, 1, 0, 1 };

		shape_run(&rng, &s, "deep");
	}
}

/* Rows that are copied in parts, and one that has no room at all. */
static void test_large(void **state)
{
	static const struct shape shapes[] = {
		{ QNN_OP_CONV, 90, 90, 64, 8, 3, 1, 1, 1, 1 },
		{ QNN_OP_CONV, 3, 3000, 64, 4, 3, 1, 1, 1, 1 },
		{ QNN_OP_CONV, 70, 90, 64, 64, 3, 2, 1, 1, 64 },
		{ QNN_OP_CONV, 3, 4000, 64, 64, 3, 1, 1, 1, 64 },
	};
	struct rng rng = { 6 };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		shape_run(&rng, &shapes[i], "large");
}

/* A row whose bytes as a copy do not fit into 32 bits: 2^32 + 131069. */
static void test_wide_row(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size;
	void *image;
	u32 isa;

	(void)state;
	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, 1, 65535, 65535);
	c->conv.kernel_w = 5;
	c->conv.pad_left = c->conv.pad_right = 2;
	c->conv.weight_type = QNN_ELEM_S2;
	qnn_prog_out(c, out, QNN_ELEM_S32, 1);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(qnn_program_validate(image, size, &prog, &diag, NULL, NULL), 0);
	for (isa = QNN_ISA_NONE; isa < QNN_ISA_NR; isa++)
		assert_int_equal(qnn_prepared_size(&prog, isa, NULL, NULL), 0);
	free(image);
	qnn_prog_free(p);
}

/* Two tensors that are large enough for a table, and thresholds as a byte can have. */
static void *build_pair_of(struct rng *rng, u32 opcode, u32 first, u32 second, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
	u8 out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, opcode);
	u32 width = (u32)rng_range(rng, 9, 12), channels = (u32)rng_range(rng, 61, 80), i;
	s32 thresholds[255];
	void *image;

	c->in[0] = qnn_prog_tensor(in[0], first, 8, width, channels);
	c->in[1] = qnn_prog_tensor(in[1], second, 8, width, channels);
	for (i = 0; i < 2; i++) {
		c->in[i].zero_point = shape_zero_point(rng, c->in[i].type);
		if (opcode != QNN_OP_ADD)
			continue;
		c->add.multiplier[i] = rng_range(rng, 0, 3) ? 0x50000000 : -0x50000000;
		c->add.shift[i] = (s8)rng_range(rng, -3, 1);
		c->add.left_shift = (u8)rng_range(rng, 0, 4);
		c->add.rule = (u8)rng_range(rng, QNN_ROUND_A, QNN_ROUND_B);
	}
	shape_add_stage(rng, p, c, out);
	if (c->stage.kind == QNN_STAGE_THRESHOLD && c->out.type <= QNN_ELEM_U8) {
		for (i = 0; i < ARRAY_SIZE(thresholds); i++)
			thresholds[i] = (s32)i * 9 - 1000;
		c->stage.levels = ARRAY_SIZE(thresholds);
		c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* Copies of elements to their own places, through every stage. */
static void test_copies(void **state)
{
	struct rng rng = { 15 };
	char what[32];
	u32 type, i;

	(void)state;
	for (type = 0; type < ARRAY_SIZE(shape_activations); type++) {
		for (i = 0; i < 60; i++) {
			struct qnn_prog *p = qnn_prog_new();
			u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
			struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

			c->in[0] = qnn_prog_tensor(in, shape_activations[type], 3,
						   (u32)rng_range(&rng, 1, 9),
						   (u32)rng_range(&rng, 1, 80));
			c->in[0].zero_point = shape_zero_point(&rng, c->in[0].type);
			c->out.channels = c->in[0].channels;
			shape_add_stage(&rng, p, c, out);
			if (c->stage.kind == QNN_STAGE_NONE)
				c->stage.kind = QNN_STAGE_RAW;
			snprintf(what, sizeof(what), "copy %u %u", type, i);
			fw_compare_built(p, &rng, what);
		}
	}
}

static void test_pairs(void **state)
{
	struct rng rng = { 12 };
	char what[64];
	u32 first, second, opcode;

	(void)state;
	for (first = 0; first < ARRAY_SIZE(shape_activations); first++) {
		for (second = 0; second < ARRAY_SIZE(shape_activations); second++) {
			for (opcode = 0; opcode < 4; opcode++) {
				size_t size;
				void *image = build_pair_of(&rng, opcode ? QNN_OP_ADD : QNN_OP_MUL,
							    shape_activations[first],
							    shape_activations[second], &size);

				snprintf(what, sizeof(what), "pairs %u %u %u", first, second,
					 opcode);
				fw_compare(image, size, &rng, what);
				free(image);
			}
		}
	}
}

/* Bytes with any rule for the operands and any for the sum: a row of them is a stretch. */
static void run_addition(struct rng *rng, u32 rule, u32 stage_rule, u32 types, u32 channels)
{
	static const u32 bytes[] = { QNN_ELEM_S8, QNN_ELEM_U8 };
	static const u32 floats[] = { 0x3c23d70a, 0x3f000000, 0x42000000 };
	struct qnn_prog *p = qnn_prog_new();
	u8 in[2] = { qnn_prog_region(p, 0), qnn_prog_region(p, 0) };
	u8 out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ADD);
	char what[64];
	int shift;
	u32 i;

	for (i = 0; i < 2; i++) {
		c->in[i] = qnn_prog_tensor(in[i], bytes[types >> i & 1], 2, 1, channels);
		c->in[i].zero_point = shape_zero_point(rng, c->in[i].type);
		c->add.multiplier[i] = (s32)rng_range(rng, 0x40000000, 0x7fffffff) *
				       (rng_range(rng, 0, 1) ? 1 : -1);
		c->add.shift[i] = (s8)-rng_range(rng, 0, 4);
	}
	c->add.left_shift = (u8)rng_range(rng, 0, 20);
	c->add.rule = (u8)rule;
	qnn_prog_out(c, out, bytes[types >> 2], channels);
	c->out.zero_point = shape_zero_point(rng, c->out.type);
	shift = (int)rng_range(rng, -(int)c->add.left_shift - 1, 2);
	if (stage_rule == QNN_ROUND_C)
		qnn_prog_requant(p, c, stage_rule, floats[rng_range(rng, 0, 2)], 0);
	else
		qnn_prog_requant(p, c, stage_rule, (u32)rng_range(rng, 0x40000000, 0x7fffffff),
				 shift);
	snprintf(what, sizeof(what), "addition %u %u %u %u", rule, stage_rule, types, channels);
	fw_compare_built(p, rng, what);
}

static void test_additions(void **state)
{
	static const u32 channels[] = { 1, 15, 16, 17, 31, 33, 63, 65, 128, 200 };
	struct rng rng = { 13 };
	u32 rule, stage_rule, types, i;

	(void)state;
	for (rule = QNN_ROUND_A; rule <= QNN_ROUND_B; rule++)
		for (stage_rule = QNN_ROUND_A; stage_rule <= QNN_ROUND_C; stage_rule++)
			for (types = 0; types < 8; types++)
				for (i = 0; i < ARRAY_SIZE(channels); i++)
					run_addition(&rng, rule, stage_rule, types, channels[i]);
}

/* A layer whose weights are all one number, and whose border has the largest code. */
static void *build_even(u32 type, s8 weight, u32 in, size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 from = qnn_prog_region(p, 0), to = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	s8 book[16], codes[8192] = { 0 };
	void *image;

	memset(book, weight, sizeof(book));
	c->in[0] = qnn_prog_tensor(from, type, 3, 5, in);
	c->in[0].zero_point = qnn_prog_type_max(type);
	c->conv.kernel_h = c->conv.kernel_w = 3;
	c->conv.pad_top = c->conv.pad_left = 2;
	c->conv.weight_type = QNN_WEIGHT_CB4;
	qnn_prog_out(c, to, QNN_ELEM_S32, 20);
	assert_true(qnn_prog_weight_bytes(c) <= sizeof(codes));
	c->conv.weight_off = qnn_prog_const(p, codes, qnn_prog_weight_bytes(c), 1);
	c->conv.codebook_off = qnn_prog_const(p, book, sizeof(book), 1);
	image = qnn_prog_finish(p, size);
	assert_non_null(image);
	qnn_prog_free(p);
	return image;
}

/* Sums of pairs of products around 2^15, and of more pairs. */
static void test_pair_sums(void **state)
{
	static const u32 types[] = { QNN_ELEM_U8, QNN_ELEM_S8, QNN_ELEM_U4, QNN_ELEM_S4,
				     QNN_ELEM_U2 };
	static const s8 weights[] = { 7, 8, 9, 15, 16, 17, 21, 32, 63, 64, 65, 127, -8, -9, -64,
				      -65, -128 };
	struct rng rng = { 13 };
	char what[64];
	size_t size;
	u32 t, w, in;

	(void)state;
	for (t = 0; t < ARRAY_SIZE(types); t++) {
		for (w = 0; w < ARRAY_SIZE(weights); w++) {
			for (in = 30; in <= 80; in += 10) {
				void *image = build_even(types[t], weights[w], in, &size);

				snprintf(what, sizeof(what), "type %u, weights %d, %u channels",
					 types[t], weights[w], in);
				fw_compare(image, size, &rng, what);
				free(image);
			}
		}
	}
}

/* There is always a set that can be used, and names for those of the build. */
static void test_names(void **state)
{
	u32 isa;

	(void)state;
	assert_string_equal(qnn_isa_name(QNN_ISA_NONE), "none");
	assert_null(qnn_isa_name(QNN_ISA_NR));
	assert_true(qnn_isa_usable(QNN_ISA_NONE));
	assert_false(qnn_isa_usable(QNN_ISA_NR));
	assert_true(qnn_isa_usable(qnn_isa_best()));
	for (isa = 0; isa < QNN_ISA_NR; isa++)
		print_message("# %s: %s\n", qnn_isa_name(isa) ? qnn_isa_name(isa) : "not built",
			      qnn_isa_usable(isa) ? "tested" : "not on this machine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_depthwise),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_wide_row),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pair_sums),
		cmocka_unit_test(test_additions),
	};

	return cmocka_run_group_tests_name("fw_fast", tests, NULL, NULL);
}

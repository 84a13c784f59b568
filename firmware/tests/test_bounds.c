// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Bounds: what a refusal says of the value and of the bound that it crossed, and
 * programs that just meet a bound.
 */
#include "firmware/element.h"
#include "changes.h"

/* Limit and value, by device.rst: the nearest value within the bound, or 0. */
static const struct change changes[] = {
	{ CONV, QNN_RULE_COUNT, "region_count", .patch = { H(region_count, 17) }, EXACT, 16, 17 },
	{ CONV, QNN_RULE_COUNT, "cmd_count", .patch = { H(cmd_count, 65537) },
	  EXACT, 65536, 65537 },
	{ CONV, QNN_RULE_REGION, "regions[0].size", .patch = { R0(size, 0) }, EXACT, 1, 0 },
	{ CONV, QNN_RULE_REGION, "regions[1].size", .patch = { R1(size, (1ll << 32) + 1) },
	  EXACT, 1ll << 32, (1ll << 32) + 1 },
	{ MAX, QNN_RULE_REGION, "regions[1].access",
	  .patch = { C(out.region, 0), C(out.offset, 2048), R0(size, 4096), R0(access, 3) },
	  EXACT, 0, QNN_ACCESS_WRITE },
	{ CONV, QNN_RULE_OPCODE, "opcode", .patch = { C(opcode, 999) }, EXACT, 0, 999 },

	{ CONV, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 9) }, EXACT, 0, 9 },
	{ CONV, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_S32),
	  C(out.pixel_stride, 16), C(out.row_stride, 96), R1(size, 4096) },
	  EXACT, 0, QNN_ELEM_S32 },
	{ CONV, QNN_RULE_TYPE, "conv.weight_type", .patch = { C(conv.weight_type, 22) },
	  EXACT, 0, 22 },
	{ TABLE, QNN_RULE_TYPE, "stage.table_type", .patch = { C(stage.table_type, 3) },
	  EXACT, 0, 3 },
	{ CONV, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 6) }, EXACT, 0, 6 },
	{ FC, QNN_RULE_STRIDE, "out.pixel_stride",
	  .patch = { C(out.pixel_stride, 43), C(out.row_stride, 44) }, EXACT, 40, 43 },
	{ FC, QNN_RULE_STRIDE, "out.pixel_stride",
	  .patch = { C(out.pixel_stride, 41), C(out.row_stride, 44) }, EXACT, 40, 41 },
	{ FC, QNN_RULE_STRIDE, "out.row_stride", .patch = { C(out.row_stride, 43) },
	  EXACT, 40, 43 },
	{ FC, QNN_RULE_ALIGN, "out.offset", .patch = { C(out.offset, 3), R1(size, 64) },
	  EXACT, 0, 3 },
	{ CONV, QNN_RULE_REGION, "in[0].region", .patch = { C(in[0].region, 2) }, EXACT, 1, 2 },
	{ CONV, QNN_RULE_BOUNDS, "in[0].offset", .patch = { C(in[0].offset, 7) }, EXACT, 0, 7 },
	/* Where the input ends: 288 bytes from its offset */
	{ CONV, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.offset, 290), C(in[0].offset, 5), C(out.region, 0), R0(size, 4096) },
	  EXACT, 293, 290 },

	/* 36 taps of at most 131 * 8, and the bias */
	{ CONV, QNN_RULE_ACCUMULATOR, "accumulator",
	  .patch = { K32(CONV_BIAS + 12, QNN_ACC_MAX) },
	  EXACT, 0x7ffffffe, 0x7ffffffell + 36 * 131 * 8 },
	{ CONV, QNN_RULE_ACCUMULATOR, "accumulator", .patch = { K32(CONV_BIAS, INT32_MIN) },
	  EXACT, 0x7ffffffe, 0x80000000ll + 36 * 131 * 8 },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 3) }, EXACT, 1, 3 },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 9) }, EXACT, 8, 9 },
	{ BOOK, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 2) }, EXACT, 1, 2 },
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_h", .patch = { C(conv.kernel_h, 256) },
	  EXACT, 255, 256 },
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_w", .patch = { C(conv.kernel_w, 256) },
	  EXACT, 255, 256 },
	{ CONV, QNN_RULE_KERNEL, "conv.stride_h", .patch = { C(conv.stride_h, 256) },
	  EXACT, 255, 256 },
	{ CONV, QNN_RULE_KERNEL, "conv.dilation_h", .patch = { C(conv.dilation_h, 256) },
	  EXACT, 255, 256 },
	/* With padding, a convolution of one pixel could have such a kernel. */
	{ FC, QNN_RULE_KERNEL, "conv.kernel_h",
	  .patch = { C(conv.kernel_h, 2), C(conv.pad_top, 1) }, EXACT, 1, 2 },
	{ FC, QNN_RULE_KERNEL, "conv.kernel_w",
	  .patch = { C(conv.kernel_w, 2), C(conv.pad_left, 1) }, EXACT, 1, 2 },
	{ CONV, QNN_RULE_ZERO_POINT, "conv.weight_zero_point",
	  .patch = { C(conv.weight_zero_point, 1), C(conv.weight_type, QNN_ELEM_B1) },
	  EXACT, 0, 1 },
	{ MAX, QNN_RULE_TYPE, "out.type",
	  .patch = { C(out.type, QNN_ELEM_S8), C(in[0].type, QNN_ELEM_U8) }, EXACT, 2, 1 },
	{ MAX, QNN_RULE_ZERO_POINT, "out.zero_point",
	  .patch = { C(out.zero_point, -1) }, EXACT, 0, -1 },
	{ COPY, QNN_RULE_TYPE, "out.type",
	  .patch = { C(out.type, QNN_ELEM_S4), C(in[0].type, QNN_ELEM_U4) }, EXACT, 4, 3 },
	{ COPY, QNN_RULE_ZERO_POINT, "out.zero_point",
	  .patch = { C(out.zero_point, 1) }, EXACT, 2, 1 },
	{ BOOK, QNN_RULE_CODEBOOK, "conv.codebook_off", .patch = { C(conv.codebook_off, -1) },
	  EXACT, 0, 0xffffffffll },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].from", .patch = { C(copy.axis[2].from, 1) },
	  EXACT, 0, 1 },
	{ COPY, QNN_RULE_COPY, "copy.flags", .patch = { C(copy.flags, 6) }, EXACT, 2, 6 },
	{ MEAN, QNN_RULE_RESERVED, "pool.flags", .patch = { C(pool.flags, 3) }, EXACT, 1, 3 },

	/* Stages */
	{ CONV, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 33) }, EXACT, 0, 33 },
	{ MAX, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 32) }, EXACT, 0, 32 },
	{ ADD, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 0) }, EXACT, 0, 0 },
	{ MEAN, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 0) }, EXACT, 0, 0 },
	{ ADD, QNN_RULE_SCALE, "add.shift[1]", .patch = { C(add.shift[1], 31) }, EXACT, 30, 31 },
	{ CONV, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 7) }, EXACT, 1, 7 },
	{ BOOK, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 7) }, EXACT, 3, 7 },
	{ TABLE, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 6) }, EXACT, 4, 6 },
	{ CONV, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, -1) },
	  EXACT, 0, -1 },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0x007fffff) },
	  EXACT, 0x00800000, 0x007fffff },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0x43800000) },
	  EXACT, 0x437fffff, 0x43800000 },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.threshold_off", .patch = { K32(BOOK_LEVELS + 44, 9) },
	  EXACT, 10, 9 },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.levels", .patch = { C(stage.levels, 4) }, EXACT, 3, 4 },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.base", .patch = { C(stage.base, 1) }, EXACT, 0, 1 },
	{ MEAN, QNN_RULE_RESERVED, "stage.levels", .patch = { C(stage.levels, 1) }, EXACT, 0, 1 },
	/* 1024 bytes of tables do not fit into the constants from here on */
	{ TABLE, QNN_RULE_CONST, "stage.table_off",
	  .patch = { C(stage.table_off, TABLE_CONSTS - 1023) },
	  EXACT, TABLE_CONSTS - 1024, TABLE_CONSTS - 1023 },
};

static void test_diagnosis(void **state)
{
	(void)state;
	changes_check(changes, ARRAY_SIZE(changes));
}

/* No command knows a tensor of no type, or of that of a code book. */
static void test_no_type(void **state)
{
	static const u8 types[] = {
		QNN_ELEM_NONE, 9, 16, QNN_WEIGHT_CB1, 32, 32 + QNN_ELEM_S8, 32 + QNN_ELEM_U2,
		32 + QNN_ELEM_S32, 255,
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;
	int base;

	(void)state;
	for (base = 0; base < BASES; base++) {
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			void *image = bases_build(base, &size);
			struct qnn_cmd *c = fw_cmd(image, 0);
			u8 type = c->in[0].type;

			c->in[0].type = types[i];
			assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
			assert_int_equal(diag.rule, QNN_RULE_TYPE);
			assert_string_equal(diag.field, "in[0].type");
			c->in[0].type = type;
			c->out.type = types[i];
			assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
			assert_int_equal(diag.rule, QNN_RULE_TYPE);
			assert_string_equal(diag.field, "out.type");
			free(image);
		}
	}
}

/* Only ADD, MUL and some copies may work in place. */
static void test_in_place(void **state)
{
	static const struct {
		u32 opcode;
		u32 rule;
	} cases[] = {
		{ QNN_OP_CONV, QNN_RULE_OVERLAP }, { QNN_OP_FC, QNN_RULE_OVERLAP },
		{ QNN_OP_MAX_POOL, QNN_RULE_OVERLAP }, { QNN_OP_AVG_POOL, QNN_RULE_OVERLAP },
		{ QNN_OP_CONV_TRANSPOSE, QNN_RULE_OVERLAP }, { QNN_OP_ARGMAX, QNN_RULE_OVERLAP },
		{ QNN_OP_ADD, QNN_RULE_OK }, { QNN_OP_MUL, QNN_RULE_OK },
		{ QNN_OP_COPY, QNN_RULE_OK },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 16);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, cases[i].opcode);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 1);
		if (cases[i].opcode == QNN_OP_ADD || cases[i].opcode == QNN_OP_MUL)
			c->in[1] = qnn_prog_tensor(1, QNN_ELEM_U8, 1, 1, 1);
		qnn_prog_out(c, 0, QNN_ELEM_U8, 1);
		if (cases[i].opcode != QNN_OP_MAX_POOL && cases[i].opcode != QNN_OP_COPY) {
			qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, 1);
			c->conv.weight_off = cases[i].opcode <= QNN_OP_FC ||
					     cases[i].opcode == QNN_OP_CONV_TRANSPOSE ?
					     qnn_prog_const(p, NULL, 1, 1) : c->conv.weight_off;
		}
		if (cases[i].rule || cases[i].opcode == QNN_OP_COPY) {
			/* so that the second region is used, too */
			c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
			c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 1);
			qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
		}
		image = qnn_prog_finish(p, &size);
		fw_validate(image, size, &prog, &diag);
		if (diag.rule != cases[i].rule)
			fail_msg("opcode %u: rule %u for %s", cases[i].opcode, diag.rule,
				 diag.field);
		free(image);
		qnn_prog_free(p);
	}
}

/* A 31x9 kernel over 331 channels, as close to the limit as products get. */
static void test_full_accumulator(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct qnn_cmd *c;
	void *image;
	size_t size;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	c = qnn_prog_cmd(p, QNN_OP_CONV);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 31, 9, 331);
	c->in[0].zero_point = 151;
	c->conv.kernel_h = 31;
	c->conv.kernel_w = 9;
	c->conv.weight_zero_point = 26;		/* -128 - 26 */
	qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(31 * 9 * 331 * 151 * 154, QNN_ACC_MAX);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	fw_cmd(image, 0)->in[0].zero_point = 152;
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.value, 31ll * 9 * 331 * 152 * 154);
	free(image);
	qnn_prog_free(p);
}

/* Windows of whole inputs, about the limit. */
static void test_full_window(void **state)
{
	static const struct {
		u32 type;
		s32 zero_point;
		u32 height, width, reach;
	} cases[] = {
		{ QNN_ELEM_U8, 151, 4774, 2979, 151 },	/* exactly */
		{ QNN_ELEM_S8, 0, 4095, 4096, 128 },
		{ QNN_ELEM_S8, 0, 4096, 4096, 128 },	/* 2^31 */
		{ QNN_ELEM_S8, 127, 2902, 2902, 255 },
		{ QNN_ELEM_S8, 127, 2902, 2901, 255 },
		{ QNN_ELEM_B1, 0, 46340, 46341, 1 },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 bound = (u64)cases[i].height * cases[i].width * cases[i].reach;
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 1ull << 32);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_AVG_POOL);
		c->in[0] = qnn_prog_tensor(0, cases[i].type, cases[i].height, cases[i].width, 1);
		c->in[0].zero_point = cases[i].zero_point;
		c->pool.kernel_h = (u16)cases[i].height;
		c->pool.kernel_w = (u16)cases[i].width;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
		image = qnn_prog_finish(p, &size);
		fw_validate(image, size, &prog, &diag);
		assert_int_equal(diag.rule, bound > QNN_ACC_MAX ? QNN_RULE_ACCUMULATOR : 0);
		assert_int_equal(diag.value, bound > QNN_ACC_MAX ? bound : 0);
		free(image);
		qnn_prog_free(p);
	}
}

/* Three code books of four values; the largest magnitude may be any of them. */
static void test_largest_entry(void **state)
{
	const s64 room = QNN_ACC_MAX - 1000ll * 255 * 128;
	u32 place;

	(void)state;
	for (place = 0; place < 12; place++) {
		struct qnn_prog *p = qnn_prog_new();
		s32 bias[3] = { 0, (s32)-room, (s32)room };
		s8 books[12] = { 0 };
		struct qnn_program prog;
		struct qnn_diag diag;
		struct qnn_cmd *c;
		void *image;
		size_t size;

		books[place] = -128;
		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_FC);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 1, 1, 1000);
		c->conv.weight_type = QNN_WEIGHT_CB2;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 3);
		c->conv.codebook_channels = 1;
		c->conv.codebook_off = qnn_prog_const(p, books, 12, 1);
		c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 1);
		c->conv.bias_off = qnn_prog_const(p, bias, 12, 4);
		image = qnn_prog_finish(p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
		((s32 *)(fw_consts(image) + c->conv.bias_off))[1]--;
		assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
		assert_int_equal(diag.rule, QNN_RULE_ACCUMULATOR);
		free(image);
		qnn_prog_free(p);
	}
}

/* What is left of the last diagnosis says nothing once a program is accepted. */
static void test_accepted_diagnosis(void **state)
{
	struct qnn_diag diag = { 77, 77, "rubbish", 77, 77 };
	struct qnn_program prog;
	void *image;
	size_t size;

	(void)state;
	image = bases_build(CHAIN, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	assert_int_equal(diag.rule, QNN_RULE_OK);
	assert_int_equal(diag.cmd, QNN_NO_CMD);
	assert_string_equal(diag.field, "");
	assert_int_equal(diag.value, 0);
	assert_int_equal(diag.limit, 0);
	free(image);
}

/* 16 regions, the last of them the largest that there is. */
static void test_most_regions(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct qnn_cmd *c;
	void *image;
	size_t size;
	u8 i;

	(void)state;
	for (i = 0; i < QNN_MAX_REGIONS; i++)
		qnn_prog_region(p, i < 15 ? 0 : 1ull << 32);
	for (i = 1; i < QNN_MAX_REGIONS; i++) {
		c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 1, 1, 1);
		qnn_prog_out(c, i, QNN_ELEM_NONE, 0);
	}
	c->out.offset = 0xffffffff;
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
	fw_cmd(image, 14)->out.offset = 0x100000000;
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_BOUNDS);
	assert_int_equal(diag.cmd, 14);
	assert_int_equal(diag.limit, 0xffffffff);
	free(image);
	qnn_prog_free(p);
}

/* An image of 256 MiB, and what is larger. */
static void test_largest_image(void **state)
{
	const size_t largest = 256u << 20, more = largest + 64;
	struct qnn_program_header *h;
	struct qnn_program prog;
	struct qnn_diag diag;
	void *image;
	size_t size;

	(void)state;
	image = bases_build(MAX, &size);
	h = calloc(1, more);
	assert_non_null(h);
	memcpy(h, image, size);
	h->const_size = (u32)(largest - size);
	h->size = (u32)largest;
	assert_int_equal(qnn_program_validate(h, largest, &prog, &diag, NULL, NULL), 0);
	assert_int_equal(qnn_program_validate(h, largest + 1, &prog, &diag, NULL, NULL), -1);
	assert_string_equal(diag.field, "image");
	assert_int_equal(diag.limit, largest);
	h->const_size += 64;
	h->size += 64;
	assert_int_equal(qnn_program_validate(h, more, &prog, &diag, NULL, NULL), -1);
	assert_int_equal(diag.rule, QNN_RULE_SIZE);
	assert_int_equal(diag.value, more);
	free(h);
	free(image);
}

/* Pads end at 255, however large the kernel's span is, and below the span. */
static void test_pads(void **state)
{
	static const struct {
		u16 kernel, dilation, top, bottom;
		const char *field;
		s64 limit;
	} cases[] = {
		{ 3, 255, 255, 255, "", 0 },
		{ 3, 255, 256, 0, "conv.pad_top", 255 },
		{ 3, 255, 0, 256, "conv.pad_bottom", 255 },
		{ 255, 1, 254, 254, "", 0 },
		{ 255, 1, 255, 0, "conv.pad_top", 254 },
		{ 129, 2, 255, 255, "", 0 },
		{ 129, 2, 256, 0, "conv.pad_top", 255 },
		{ 128, 2, 254, 255, "conv.pad_bottom", 254 },
		{ 1, 1, 0, 1, "conv.pad_bottom", 0 },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 1 << 20);
		qnn_prog_region(p, 1 << 20);
		c = qnn_prog_cmd(p, QNN_OP_CONV);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 600, 1, 1);
		c->conv.kernel_h = cases[i].kernel;
		c->conv.dilation_h = cases[i].dilation;
		c->conv.pad_top = cases[i].top;
		c->conv.pad_bottom = cases[i].bottom;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 1);
		c->conv.weight_off = qnn_prog_const(p, NULL, 255, 1);
		image = qnn_prog_finish(p, &size);
		fw_validate(image, size, &prog, &diag);
		assert_string_equal(diag.field, cases[i].field);
		assert_int_equal(diag.limit, cases[i].limit);
		assert_int_equal(diag.rule, *cases[i].field ? QNN_RULE_KERNEL : QNN_RULE_OK);
		free(image);
		qnn_prog_free(p);
	}
}

/* Padding of a transposed convolution takes no more than there is, nor 255. */
static void test_spread_pads(void **state)
{
	static const struct {
		u16 height, kernel, top, bottom;
		const char *field;
		s64 limit;
	} cases[] = {
		/* whole is height - 1 + kernel */
		{ 1, 255, 127, 127, "", 0 },
		{ 1, 255, 254, 0, "", 0 },
		{ 1, 255, 255, 0, "conv.pad_top", 254 },
		{ 2, 255, 255, 0, "", 0 },
		{ 2, 255, 256, 0, "conv.pad_top", 255 },
		{ 3, 255, 256, 0, "conv.pad_top", 255 },
		{ 4, 255, 256, 0, "conv.pad_top", 255 },
		{ 2, 255, 0, 255, "", 0 },
		{ 2, 255, 0, 256, "conv.pad_bottom", 255 },
		{ 3, 255, 1, 255, "", 0 },
		{ 3, 255, 2, 255, "conv.pad_bottom", 254 },
		{ 3, 255, 0, 256, "conv.pad_bottom", 255 },
		{ 600, 3, 255, 255, "", 0 },
		{ 600, 3, 255, 256, "conv.pad_bottom", 255 },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;
		int whole = cases[i].height - 1 + cases[i].kernel;
		int left = whole - cases[i].top - cases[i].bottom;

		qnn_prog_region(p, 1 << 20);
		qnn_prog_region(p, 1 << 20);
		c = qnn_prog_cmd(p, QNN_OP_CONV_TRANSPOSE);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, cases[i].height, 1, 1);
		c->conv.kernel_h = cases[i].kernel;
		c->conv.pad_top = cases[i].top;
		c->conv.pad_bottom = cases[i].bottom;
		c->out = qnn_prog_tensor(1, QNN_ELEM_S32, left > 0 ? (u32)left : 1, 1, 1);
		c->conv.weight_off = qnn_prog_const(p, NULL, 255, 1);
		image = qnn_prog_finish(p, &size);
		fw_validate(image, size, &prog, &diag);
		assert_string_equal(diag.field, cases[i].field);
		assert_int_equal(diag.limit, cases[i].limit);
		assert_int_equal(diag.rule, *cases[i].field ? QNN_RULE_KERNEL : QNN_RULE_OK);
		free(image);
		qnn_prog_free(p);
	}
}

/* Numbers that have a name, and those beside them. */
static void test_names(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < QNN_RULE_NR; i++)
		assert_string_not_equal(qnn_rule_text(i), "unknown rule");
	for (i = 0; i < 1000; i++) {
		int known = (i >= QNN_ELEM_S8 && i <= QNN_ELEM_S32) ||
			    (i >= QNN_WEIGHT_CB1 && i <= QNN_WEIGHT_CB5);

		assert_int_equal(!strcmp(qnn_elem_name(i), "unknown"), !known);
		assert_int_equal(qnn_elem_bits(i) == 0, !known);
		assert_int_equal(!strcmp(qnn_opcode_name(i), "unknown"), i < 1 || i > FW_OPCODES);
	}
}

/* Codes are what the bits of a type can be; those of a code book are its indices. */
static void test_codes(void **state)
{
	const u32 with_sign = QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_S4) |
			      QNN_TYPE_BIT(QNN_ELEM_S2) | QNN_TYPE_BIT(QNN_ELEM_S32);
	u32 type;

	(void)state;
	for (type = 0; type < 40; type++) {
		const struct qnn_element *e = qnn_element(type);
		u32 bits = qnn_elem_bits(type);
		s64 most = (1ll << bits) - 1;

		assert_int_equal(!e, !bits);
		if (!e)
			continue;
		assert_int_equal(e->bits, bits);
		assert_int_equal(e->min, qnn_type_in(type, with_sign) ? -(most + 1) / 2 : 0);
		assert_int_equal(e->max, qnn_type_in(type, with_sign) ? most / 2 : most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diagnosis),
		cmocka_unit_test(test_no_type),
		cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_full_accumulator),
		cmocka_unit_test(test_full_window),
		cmocka_unit_test(test_largest_entry),
		cmocka_unit_test(test_accepted_diagnosis),
		cmocka_unit_test(test_most_regions),
		cmocka_unit_test(test_largest_image),
		cmocka_unit_test(test_pads),
		cmocka_unit_test(test_spread_pads),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests_name("fw_bounds", tests, NULL, NULL);
}

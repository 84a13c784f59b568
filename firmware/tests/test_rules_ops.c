// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Rules of tables, broadcasting, transposed convolution, copies, argmax and softmax. */
#include "changes.h"

static const struct change tables[] = {
	{ TABLE, QNN_RULE_TYPE, "stage.table_type",
	  .patch = { C(stage.table_type, 0) }, UNFIXABLE },
	{ TABLE, QNN_RULE_TYPE, "stage.table_type",
	  .patch = { C(stage.table_type, QNN_ELEM_S4) }, UNFIXABLE },
	{ TABLE, QNN_RULE_TYPE, "stage.table_type",
	  .patch = { C(stage.table_type, QNN_ELEM_S32) }, UNFIXABLE },
	{ TABLE, QNN_RULE_TYPE, "stage.table_type",
	  .patch = { C(stage.table_type, 255) }, UNFIXABLE },
	{ TABLE, QNN_RULE_TYPE, "out.type",
	  .patch = { C(out.type, QNN_ELEM_S32), C(out.pixel_stride, 16), C(out.row_stride, 16),
		     R1(size, 16) }, UNFIXABLE },
	{ TABLE, QNN_RULE_ZERO_POINT, "stage.table_zero_point",
	  .patch = { C(stage.table_zero_point, 256) } },
	{ TABLE, QNN_RULE_ZERO_POINT, "stage.table_zero_point",
	  .patch = { C(stage.table_zero_point, -1) } },
	{ TABLE, QNN_RULE_ZERO_POINT, "stage.table_zero_point",
	  .patch = { C(stage.table_zero_point, 128), C(stage.table_type, QNN_ELEM_S8),
		     C(stage.clamp_max, 127) } },
	{ TABLE, QNN_RULE_CLAMP, "stage.clamp_min", .patch = { C(stage.clamp_min, -1) } },
	{ TABLE, QNN_RULE_CLAMP, "stage.clamp_max", .patch = { C(stage.clamp_max, 256) } },
	{ TABLE, QNN_RULE_CLAMP, "stage.clamp_max",
	  .patch = { C(stage.clamp_max, 3), C(stage.clamp_min, 4) } },
	{ TABLE, QNN_RULE_STAGE, "stage.rule", .patch = { C(stage.rule, 0) }, UNFIXABLE },
	{ TABLE, QNN_RULE_STAGE, "stage.rule", .patch = { C(stage.rule, 4) }, UNFIXABLE },
	{ TABLE, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 6) } },
	{ TABLE, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 12) } },
	{ TABLE, QNN_RULE_RESERVED, "stage.levels", .patch = { C(stage.levels, 1) } },
	{ TABLE, QNN_RULE_RESERVED, "stage.base", .patch = { C(stage.base, 1) } },
	{ TABLE, QNN_RULE_RESERVED, "stage.threshold_off", .patch = { C(stage.threshold_off, 4) } },
	{ TABLE, QNN_RULE_RESERVED, "stage.negate_off", .patch = { C(stage.negate_off, 4) } },
	{ TABLE, QNN_RULE_RESERVED, "stage.reserved", .patch = { C(stage.reserved[2], 1) } },
	{ TABLE, QNN_RULE_ALIGN, "stage.scale_off",
	  .patch = { C(stage.scale_off, TABLE_SCALE + 1) } },
	{ TABLE, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(TABLE_SCALE, -1) } },
	{ TABLE, QNN_RULE_SCALE, "stage.shift_off", .patch = { K8(TABLE_SHIFT, 31) } },
	{ TABLE, QNN_RULE_CONST, "stage.shift_off", .patch = { C(stage.shift_off, TABLE_CONSTS) } },
	{ TABLE, QNN_RULE_CONST, "stage.table_off",
	  .patch = { C(stage.table_off, TABLE_CONSTS - 1023) } },
	{ TABLE, QNN_RULE_CONST, "stage.table_off", .patch = { C(stage.table_off, -1) } },
	{ TABLE, QNN_RULE_CONST, "stage.table_off",
	  .patch = { C(stage.table_off, TABLE_CONSTS - 255), C(stage.flags, 0) } },
	{ TABLE, QNN_RULE_TABLE, "stage.table_off", .patch = { K8(TABLE_ENTRIES, 8) } },
	{ TABLE, QNN_RULE_TABLE, "stage.table_off", .patch = { K8(TABLE_ENTRIES + 1023, -9) } },
	{ TABLE, QNN_RULE_TABLE, "stage.table_off",
	  .patch = { K8(TABLE_ENTRIES + 255, 16), C(out.type, QNN_ELEM_U4),
		     C(stage.flags, 0) } },
	{ TABLE, QNN_RULE_TABLE, "stage.table_off",
	  .patch = { K8(TABLE_ENTRIES + 600, 0xff), C(out.type, QNN_ELEM_U4) } },
	{ TABLE, QNN_RULE_TABLE, "stage.table_off",
	  .patch = { K8(TABLE_ENTRIES, 2), C(out.type, QNN_ELEM_B1) } },
	/* What only tables have is zero elsewhere */
	{ CONV, QNN_RULE_RESERVED, "stage.table_off", .patch = { C(stage.table_off, 1) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.table_zero_point",
	  .patch = { C(stage.table_zero_point, 1) } },
	{ FC, QNN_RULE_RESERVED, "stage.table_type", .patch = { C(stage.table_type, 1) } },
	{ MAX, QNN_RULE_RESERVED, "stage.table_off", .patch = { C(stage.table_off, 1) } },
	{ MEAN, QNN_RULE_RESERVED, "stage.table_type", .patch = { C(stage.table_type, 1) } },
	{ CONV, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 5) } },
	{ BOOK, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 7) } },
};

static const struct change products[] = {
	{ MUL, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 0) }, UNFIXABLE },
	{ MUL, QNN_RULE_TYPE, "in[1].type", .patch = { C(in[1].type, 0) }, UNFIXABLE },
	{ MUL, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, 9) }, UNFIXABLE },
	{ MUL, QNN_RULE_RESERVED, "pad", .patch = { C(pad[0], 1) } },
	{ MUL, QNN_RULE_RESERVED, "pad", .patch = { C(pad[103], 1) } },
	{ MUL, QNN_RULE_SHAPE, "in[1].height", .patch = { C(in[1].height, 3), R1(size, 64) } },
	{ MUL, QNN_RULE_SHAPE, "in[1].width",
	  .patch = { C(in[1].width, 2), C(in[1].row_stride, 64), R1(size, 64) } },
	{ MUL, QNN_RULE_SHAPE, "in[1].channels", .patch = { C(in[1].channels, 4) } },
	{ MUL, QNN_RULE_SHAPE, "in[1].channels", .patch = { C(in[1].channels, 6) } },
	{ MUL, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 1) } },
	{ MUL, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 1) } },
	{ MUL, QNN_RULE_SHAPE, "out.channels", .patch = { C(out.channels, 1) } },
	/* The first operand is not broadcast */
	{ MUL, QNN_RULE_SHAPE, "in[1].channels", .patch = { C(in[0].channels, 1) }, UNFIXABLE },
	{ MUL, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_NONE) }, UNFIXABLE },
	{ MUL, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_MEAN) }, UNFIXABLE },
	/* In place of an operand that stands for all */
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(in[1].height, 1) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(in[1].width, 1) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(in[1].channels, 1) }, UNFIXABLE },
};

static const struct change spreads[] = {
	{ SPREAD, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 4) } },
	{ SPREAD, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 7), R1(size, 4096) } },
	{ SPREAD, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 4) } },
	{ SPREAD, QNN_RULE_SHAPE, "out.width",
	  .patch = { C(out.width, 7), C(out.row_stride, 112), R1(size, 4096) } },
	{ SPREAD, QNN_RULE_SHAPE, "out.height", .patch = { C(conv.pad_top, 3) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_SHAPE, "out.width", .patch = { C(conv.dilation_w, 2) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.kernel_h", .patch = { C(conv.kernel_h, 0) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.kernel_w", .patch = { C(conv.kernel_w, 256) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.stride_h", .patch = { C(conv.stride_h, 0) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.stride_w", .patch = { C(conv.stride_w, 256) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.dilation_h", .patch = { C(conv.dilation_h, 0) } },
	{ SPREAD, QNN_RULE_KERNEL, "conv.dilation_w",
	  .patch = { C(conv.dilation_w, 256) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_top", .patch = { C(conv.pad_top, 7) }, LIMIT, 6 },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_left", .patch = { C(conv.pad_left, 256) }, LIMIT, 6 },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_bottom",
	  .patch = { C(conv.pad_bottom, 6) }, LIMIT, 5 },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_right",
	  .patch = { C(conv.pad_right, 1), C(conv.pad_left, 6) }, LIMIT, 0 },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_top",
	  .patch = { C(conv.pad_top, 256), C(conv.stride_h, 200) }, LIMIT, 255 },
	{ SPREAD, QNN_RULE_KERNEL, "conv.pad_bottom",
	  .patch = { C(conv.pad_bottom, 256), C(conv.stride_h, 200) }, LIMIT, 255 },
	{ SPREAD, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 3) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_CONST, "conv.weight_off",
	  .patch = { C(conv.weight_off, SPREAD_CONSTS - 4 * SPREAD_ROW + 1) } },
	{ SPREAD, QNN_RULE_RESERVED, "conv.reserved0", .patch = { C(conv.reserved0, 1) } },
	{ SPREAD, QNN_RULE_RESERVED, "pad", .patch = { C(pad[44], 1) } },
	{ SPREAD, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].type, 1) } },
	{ SPREAD, QNN_RULE_TYPE, "in[0].type",
	  .patch = { C(in[0].type, QNN_ELEM_S32) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 0), R0(size, 4096) }, UNFIXABLE },
	{ SPREAD, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_NONE) }, UNFIXABLE },
	/* 2 * 2 taps of 2 channels meet, of at most 131 * 8, and the bias */
	{ SPREAD, QNN_RULE_ACCUMULATOR, "accumulator",
	  .patch = { K32(SPREAD_BIAS + 12, QNN_ACC_MAX - 8 * 131 * 8 + 1) }, UNFIXABLE },
};

static const struct change gaps[] = {
	{ MAX, QNN_RULE_KERNEL, "pool.gap_h", .patch = { C(pool.gap_h, 6) }, LIMIT, 5 },
	{ MAX, QNN_RULE_KERNEL, "pool.gap_w", .patch = { C(pool.gap_w, 0xffff) }, UNFIXABLE },
	{ MEAN, QNN_RULE_KERNEL, "pool.kernel_h",
	  .patch = { C(pool.gap_h, 5) }, UNFIXABLE },
	{ MAX, QNN_RULE_SHAPE, "out.height", .patch = { C(pool.gap_h, 3) }, UNFIXABLE },
	{ MEAN, QNN_RULE_SHAPE, "out.width", .patch = { C(pool.gap_w, 3) }, UNFIXABLE },
	{ MAX, QNN_RULE_KERNEL, "pool.pad_top",
	  .patch = { C(pool.pad_top, 4), C(pool.gap_h, 2) }, LIMIT, 3 },
};

static const struct change copies[] = {
	{ COPY, QNN_RULE_COPY, "copy.axis[0].start",
	  .patch = { C(copy.axis[0].start, QNN_MAX_COPY + 1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[1].start",
	  .patch = { C(copy.axis[1].start, -QNN_MAX_COPY - 1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[1].step",
	  .patch = { C(copy.axis[1].step, QNN_MAX_COPY + 1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].step",
	  .patch = { C(copy.axis[2].step, -QNN_MAX_COPY - 1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[0].step",
	  .patch = { C(copy.axis[0].step, INT32_MIN) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[0].divisor", .patch = { C(copy.axis[0].divisor, 0) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].divisor", .patch = { C(copy.axis[2].divisor, -1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[1].divisor",
	  .patch = { C(copy.axis[1].divisor, QNN_MAX_COPY + 1) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].from", .patch = { C(copy.axis[2].from, 3) } },
	{ COPY, QNN_RULE_COPY, "copy.axis[0].from",
	  .patch = { C(copy.axis[0].from, -1) }, UNFIXABLE },
	{ COPY, QNN_RULE_COPY, "copy.axis[1].from",
	  .patch = { C(copy.axis[1].from, 0) }, UNFIXABLE },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].from",
	  .patch = { C(copy.axis[2].from, 1) }, UNFIXABLE },
	{ COPY, QNN_RULE_COPY, "copy.axis[2].from",
	  .patch = { C(copy.axis[0].from, 2) }, UNFIXABLE },
	{ COPY, QNN_RULE_COPY, "copy.mode", .patch = { C(copy.mode, 3) } },
	{ COPY, QNN_RULE_COPY, "copy.block", .patch = { C(copy.block, 0) } },
	{ COPY, QNN_RULE_COPY, "copy.block", .patch = { C(copy.block, 3) } },
	{ COPY, QNN_RULE_COPY, "copy.block",
	  .patch = { C(copy.block, 2), C(out.channels, 34) } },
	{ COPY, QNN_RULE_RESERVED, "copy.block",
	  .patch = { C(copy.block, 1), C(copy.mode, QNN_COPY_PLAIN), C(copy.flags, 0) } },
	{ COPY, QNN_RULE_COPY, "copy.flags", .patch = { C(copy.flags, 4) } },
	{ COPY, QNN_RULE_COPY, "copy.flags",
	  .patch = { C(copy.flags, QNN_COPY_CRD), C(copy.mode, QNN_COPY_PLAIN),
		     C(copy.block, 0) } },
	{ COPY, QNN_RULE_COPY, "copy.fill", .patch = { C(copy.fill, 16) } },
	{ COPY, QNN_RULE_COPY, "copy.fill", .patch = { C(copy.fill, -1) } },
	{ COPY, QNN_RULE_COPY, "copy.fill",
	  .patch = { C(copy.fill, 2), C(in[0].type, QNN_ELEM_B1), C(out.type, QNN_ELEM_B1),
		     C(in[0].zero_point, 0), C(out.zero_point, 0) } },
	{ COPY, QNN_RULE_RESERVED, "copy.fill",
	  .patch = { C(copy.fill, 5), C(copy.flags, QNN_COPY_CLAMP) } },
	{ COPY, QNN_RULE_COPY, "copy.out_first", .patch = { C(copy.out_first, 35) }, LIMIT, 34 },
	{ COPY, QNN_RULE_COPY, "copy.out_first",
	  .patch = { C(copy.out_first, 0xffff) }, UNFIXABLE },
	{ COPY, QNN_RULE_RESERVED, "pad", .patch = { C(pad[60], 1) } },
	{ COPY, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].type, 1) } },
	{ COPY, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 0) }, UNFIXABLE },
	{ COPY, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_S4) } },
	{ COPY, QNN_RULE_TYPE, "out.type",
	  .patch = { C(stage.kind, QNN_STAGE_RAW) }, UNFIXABLE },
	{ COPY, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, 1) } },
	{ COPY, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_MEAN) }, UNFIXABLE },
	{ COPY, QNN_RULE_BOUNDS, "out.offset", .patch = { C(out.offset, 1) } },
	{ COPY, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 0), R0(size, 128) }, UNFIXABLE },
};

static const struct change argmaxes[] = {
	{ ARGMAX, QNN_RULE_SHAPE, "out.channels",
	  .patch = { C(out.channels, 2), C(out.pixel_stride, 8), C(out.row_stride, 64),
		     R1(size, 128) } },
	{ ARGMAX, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 1) } },
	{ ARGMAX, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 2) } },
	{ ARGMAX, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 0) }, UNFIXABLE },
	{ ARGMAX, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_U8) }, UNFIXABLE },
	{ ARGMAX, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].offset, 1) } },
	{ ARGMAX, QNN_RULE_RESERVED, "pad", .patch = { C(pad[0], 1) } },
	{ ARGMAX, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_NONE) }, UNFIXABLE },
	{ ARGMAX, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 0), C(out.offset, 56), R0(size, 128) }, UNFIXABLE },
};

static const struct change softmaxes[] = {
	{ SOFTMAX, QNN_RULE_TYPE, "in[0].type",
	  .patch = { C(in[0].type, QNN_ELEM_S4) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_TYPE, "in[0].type",
	  .patch = { C(in[0].type, QNN_ELEM_S32) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_U4) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_S32) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_ZERO_POINT, "in[0].zero_point",
	  .patch = { C(in[0].zero_point, 128) } },
	{ SOFTMAX, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, -1) } },
	{ SOFTMAX, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 1) } },
	{ SOFTMAX, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 2) } },
	{ SOFTMAX, QNN_RULE_SHAPE, "out.channels", .patch = { C(out.channels, 9) } },
	{ SOFTMAX, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].offset, 1) } },
	{ SOFTMAX, QNN_RULE_RESERVED, "pad", .patch = { C(pad[4], 1) } },
	{ SOFTMAX, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_RAW) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_RESERVED, "stage.clamp_max", .patch = { C(stage.clamp_max, 1) } },
	{ SOFTMAX, QNN_RULE_ALIGN, "softmax.table_off", .patch = { C(softmax.table_off, 2) } },
	{ SOFTMAX, QNN_RULE_CONST, "softmax.table_off", .patch = { C(softmax.table_off, 4) } },
	{ SOFTMAX, QNN_RULE_TABLE, "softmax.table_off", .patch = { K32(0, 0x7ffffffe) } },
	{ SOFTMAX, QNN_RULE_TABLE, "softmax.table_off", .patch = { K32(0, -1) } },
	{ SOFTMAX, QNN_RULE_TABLE, "softmax.table_off", .patch = { K32(4, -1) } },
	{ SOFTMAX, QNN_RULE_TABLE, "softmax.table_off", .patch = { K32(1020, INT32_MIN) } },
	/* Not in place */
	{ SOFTMAX, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 0), R0(size, 128) }, UNFIXABLE },
	{ SOFTMAX, QNN_RULE_OK, "", .patch = { K32(4, 0x7fffffff), K32(1020, 0) } },
	{ SOFTMAX, QNN_RULE_OK, "",
	  .patch = { C(out.type, QNN_ELEM_S8), C(out.zero_point, -128), C(in[0].type, QNN_ELEM_U8),
		     C(in[0].zero_point, 255) } },
};

/* In place, but for one field: an element could be read after it was written. */
static const struct patch not_in_place[][2] = {
	{ C(copy.axis[0].start, 1) },
	{ C(copy.axis[2].start, -1) },
	{ C(copy.axis[1].step, 0) },
	{ C(copy.axis[2].step, -1) },
	{ C(copy.axis[0].divisor, 2) },
	{ C(copy.axis[2].divisor, 9) },
	{ C(copy.axis[0].from, 1), C(copy.axis[1].from, 0) },
	{ C(copy.mode, QNN_COPY_DEPTH_TO_SPACE), C(copy.block, 1) },
	{ C(copy.out_first, 1) },
	{ C(out.height, 3) },
	{ C(out.width, 3) },
	{ C(out.channels, 7) },
	{ C(in[0].offset, 1) },
};

/* The identity in place is accepted, and nothing that is close to it. */
static void test_copy_in_place(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t i, k;

	(void)state;
	for (i = 0; i <= ARRAY_SIZE(not_in_place); i++) {
		int accepted = i == ARRAY_SIZE(not_in_place);
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;
		size_t size;

		qnn_prog_region(p, 400);
		c = qnn_prog_cmd(p, QNN_OP_COPY);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, 4, 4, 8);
		qnn_prog_out(c, 0, QNN_ELEM_NONE, 0);
		image = qnn_prog_finish(p, &size);
		c = fw_cmd(image, 0);
		for (k = 0; !accepted && k < 2; k++)
			memcpy((u8 *)c + not_in_place[i][k].offset, &not_in_place[i][k].value,
			       not_in_place[i][k].size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), accepted ? 0 : -1);
		assert_int_equal(diag.rule, accepted ? QNN_RULE_OK : QNN_RULE_OVERLAP);
		free(image);
		qnn_prog_free(p);
	}
}

/* As far as the rules allow. */
static const struct change accepted[] = {
	{ TABLE, QNN_RULE_OK, "", .patch = { C(stage.table_zero_point, 255) } },
	{ TABLE, QNN_RULE_OK, "", .patch = { C(stage.table_zero_point, 0) } },
	{ TABLE, QNN_RULE_OK, "",
	  .patch = { C(stage.table_zero_point, -128), C(stage.table_type, QNN_ELEM_S8),
		     C(stage.clamp_min, 127), C(stage.clamp_max, 127) } },
	{ TABLE, QNN_RULE_OK, "",
	  .patch = { K8(TABLE_ENTRIES, 7), K8(TABLE_ENTRIES + 1023, -8) } },
	{ TABLE, QNN_RULE_OK, "",
	  .patch = { K8(TABLE_ENTRIES, 255), C(out.type, QNN_ELEM_U8), C(out.pixel_stride, 4),
		     C(out.row_stride, 4), R1(size, 4) } },
	{ TABLE, QNN_RULE_OK, "",
	  .patch = { K8(TABLE_ENTRIES, 1), C(out.type, QNN_ELEM_B1) } },
	{ TABLE, QNN_RULE_OK, "",
	  .patch = { K8(TABLE_ENTRIES + 256, 9), C(stage.flags, 0) } },
	{ TABLE, QNN_RULE_OK, "", .patch = { C(stage.table_off, TABLE_CONSTS - 1024) } },
	{ ADD, QNN_RULE_OK, "",
	  .patch = { C(add.multiplier[0], 0), C(add.multiplier[1], 0), C(add.left_shift, 20),
		     C(add.shift[0], -31), C(add.shift[1], 30) } },
	{ ADD, QNN_RULE_OK, "",
	  .patch = { C(add.multiplier[0], 0x7fffffff), C(add.multiplier[1], 0x7fffffff),
		     C(add.left_shift, 0), C(add.shift[0], 30), C(add.shift[1], -31) } },
	{ ADD, QNN_RULE_OK, "", .patch = { C(in[1].height, 1) } },
	{ ADD, QNN_RULE_OK, "", .patch = { C(in[1].width, 1) } },
	{ ADD, QNN_RULE_OK, "", .patch = { C(in[1].channels, 1) } },
	{ MUL, QNN_RULE_OK, "", .patch = { C(in[1].channels, 1) } },
	{ SPREAD, QNN_RULE_OK, "", .patch = { C(out.height, 5) } },
	{ SPREAD, QNN_RULE_OK, "",
	  .patch = { K32(SPREAD_BIAS + 12, QNN_ACC_MAX - 8 * 131 * 8) } },
	{ SPREAD, QNN_RULE_OK, "",
	  .patch = { C(conv.pad_top, 6), C(conv.pad_bottom, 0), C(out.height, 1) } },
	{ SPREAD, QNN_RULE_OK, "",
	  .patch = { C(conv.pad_top, 1), C(conv.pad_bottom, 5), C(out.height, 2) } },
	{ SPREAD, QNN_RULE_OK, "",
	  .patch = { C(conv.dilation_h, 3), C(conv.pad_top, 6), C(out.height, 6) } },
	{ SPREAD, QNN_RULE_OK, "",
	  .patch = { C(conv.dilation_h, 3), C(conv.pad_top, 5), C(out.height, 5) } },
	{ MAX, QNN_RULE_OK, "", .patch = { C(pool.gap_h, 4), C(out.height, 1) } },
	{ MAX, QNN_RULE_OK, "",
	  .patch = { C(pool.gap_w, 5), C(pool.pad_left, 6), C(out.width, 3) } },
	{ COPY, QNN_RULE_OK, "",
	  .patch = { C(copy.axis[0].start, QNN_MAX_COPY), C(copy.axis[1].start, -QNN_MAX_COPY),
		     C(copy.axis[1].step, QNN_MAX_COPY), C(copy.axis[2].step, -QNN_MAX_COPY),
		     C(copy.axis[2].divisor, QNN_MAX_COPY) } },
	{ COPY, QNN_RULE_OK, "",
	  .patch = { C(copy.axis[0].from, 2), C(copy.axis[1].from, 0), C(copy.axis[2].from, 1) } },
	{ COPY, QNN_RULE_OK, "", .patch = { C(copy.fill, 15), C(copy.out_first, 31) } },
	{ COPY, QNN_RULE_OK, "",
	  .patch = { C(copy.fill, 0), C(copy.flags, QNN_COPY_CLAMP | QNN_COPY_CRD) } },
	{ COPY, QNN_RULE_OK, "",
	  .patch = { C(copy.mode, QNN_COPY_DEPTH_TO_SPACE), C(copy.block, 255),
		     C(copy.out_first, 34) } },
	{ COPY, QNN_RULE_OK, "",
	  .patch = { C(copy.mode, QNN_COPY_PLAIN), C(copy.block, 0), C(copy.flags, 0),
		     C(copy.out_first, 0), C(copy.axis[0].divisor, 1) } },
};

static void test_accepted(void **state)
{
	(void)state;
	changes_check(accepted, ARRAY_SIZE(accepted));
}

static void test_tables(void **state)
{
	(void)state;
	changes_check(tables, ARRAY_SIZE(tables));
}

static void test_products(void **state)
{
	(void)state;
	changes_check(products, ARRAY_SIZE(products));
}

static void test_spreads(void **state)
{
	(void)state;
	changes_check(spreads, ARRAY_SIZE(spreads));
}

static void test_gaps(void **state)
{
	(void)state;
	changes_check(gaps, ARRAY_SIZE(gaps));
}

static void test_copies(void **state)
{
	(void)state;
	changes_check(copies, ARRAY_SIZE(copies));
}

static void test_argmaxes(void **state)
{
	(void)state;
	changes_check(argmaxes, ARRAY_SIZE(argmaxes));
}

static void test_softmaxes(void **state)
{
	(void)state;
	changes_check(softmaxes, ARRAY_SIZE(softmaxes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_spreads),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_copy_in_place),
		cmocka_unit_test(test_argmaxes),
		cmocka_unit_test(test_softmaxes),
	};

	return cmocka_run_group_tests_name("fw_rules_ops", tests, NULL, NULL);
}

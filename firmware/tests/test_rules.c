// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Every rule of the validator, but for those of test_rules_ops.c. */
#include "changes.h"

static const struct change changes[] = {
	/* Header and sections */
	{ CONV, QNN_RULE_MAGIC, "magic", .patch = { H(magic, 1) } },
	{ CONV, QNN_RULE_VERSION, "version", .patch = { H(version, 2) } },
	{ CONV, QNN_RULE_VERSION, "version", .patch = { H(version, 0) } },
	{ CONV, QNN_RULE_RESERVED, "reserved", .patch = { H(reserved[9], 1) } },
	{ CONV, QNN_RULE_COUNT, "region_count", .patch = { H(region_count, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_COUNT, "region_count", .patch = { H(region_count, 17) }, UNFIXABLE },
	{ CONV, QNN_RULE_COUNT, "cmd_count", .patch = { H(cmd_count, 0) } },
	{ CONV, QNN_RULE_COUNT, "cmd_count", .patch = { H(cmd_count, 65537) }, UNFIXABLE },
	{ CONV, QNN_RULE_COUNT, "cmd_count", .patch = { H(cmd_count, -1) }, UNFIXABLE },
	{ CONV, QNN_RULE_SIZE, "const_size", .patch = { H(const_size, CONV_CONSTS + 1) } },
	{ CONV, QNN_RULE_SIZE, "size", .patch = { H(const_size, CONV_CONSTS + 64) }, UNFIXABLE },
	{ CONV, QNN_RULE_SIZE, "size", .patch = { H(const_size, 0xffffffc0) }, UNFIXABLE },
	{ CONV, QNN_RULE_SIZE, "size", .patch = { H(size, 0) } },
	{ CONV, QNN_RULE_SIZE, "size", .patch = { H(cmd_count, 2) }, UNFIXABLE },
	{ CONV, QNN_RULE_RESERVED, "padding", .patch = { BYTE(96, 1) } },
	{ CONV, QNN_RULE_RESERVED, "padding", .patch = { BYTE(127, 0x80) } },

	/* Regions */
	{ CONV, QNN_RULE_REGION, "regions[0].size", .patch = { R0(size, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_REGION, "regions[1].size",
	  .patch = { R1(size, QNN_MAX_REGION_SIZE + 1) } },
	{ CONV, QNN_RULE_REGION, "regions[1].size", .patch = { R1(size, -1) } },
	{ CONV, QNN_RULE_RESERVED, "regions[0].reserved", .patch = { R0(reserved, 1) } },
	{ CONV, QNN_RULE_ACCESS, "regions[0].access", .patch = { R0(access, QNN_ACCESS_WRITE) } },
	{ CONV, QNN_RULE_ACCESS, "regions[0].access", .patch = { R0(access, 3) } },
	{ CONV, QNN_RULE_ACCESS, "regions[0].access", .patch = { R0(access, 0) } },
	{ CONV, QNN_RULE_ACCESS, "regions[1].access",
	  .patch = { R1(access, 4 | QNN_ACCESS_WRITE) } },
	{ CHAIN, QNN_RULE_ACCESS, "regions[1].access", .patch = { R1(access, QNN_ACCESS_WRITE) } },
	{ MAX, QNN_RULE_REGION, "regions[1].access",

	  .patch = { C(out.region, 0), C(out.offset, 2048), R0(size, 4096), R0(access, 3) },
	  UNFIXABLE },

	/* Commands */
	{ CONV, QNN_RULE_OPCODE, "opcode", .patch = { C(opcode, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_OPCODE, "opcode", .patch = { C(opcode, 11) }, UNFIXABLE },
	{ CONV, QNN_RULE_OPCODE, "opcode", .patch = { C(opcode, 0xffff) }, UNFIXABLE },
	{ CONV, QNN_RULE_RESERVED, "reserved0", .patch = { C(reserved0, 1) } },
	{ CONV, QNN_RULE_RESERVED, "reserved1", .patch = { C(reserved1, 1) } },
	{ CONV, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].reserved, 1) } },
	{ CONV, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].offset, 1) } },
	{ CONV, QNN_RULE_RESERVED, "conv.reserved0", .patch = { C(conv.reserved0, 1) } },
	{ CONV, QNN_RULE_RESERVED, "pad", .patch = { C(pad[44], 1) } },
	{ CONV, QNN_RULE_RESERVED, "pad", .patch = { C(pad[103], 1) } },
	{ MAX, QNN_RULE_RESERVED, "pad", .patch = { C(pad[24], 1) } },
	{ ADD, QNN_RULE_RESERVED, "pad", .patch = { C(pad[12], 1) } },
	{ MAX, QNN_RULE_RESERVED, "in[1]", .patch = { C(in[1].type, 1) } },

	/* Tensors */
	{ CONV, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 9) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "in[0].type",
	  .patch = { C(in[0].type, QNN_WEIGHT_CB4) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, 255) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, QNN_ELEM_S32) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_WEIGHT_CB4) }, UNFIXABLE },
	{ MAX, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, QNN_ELEM_S32) }, UNFIXABLE },
	{ MAX, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_U8) } },
	{ MEAN, QNN_RULE_TYPE, "in[0].type", .patch = { C(in[0].type, QNN_ELEM_S32) }, UNFIXABLE },
	{ ADD, QNN_RULE_TYPE, "in[1].type", .patch = { C(in[1].type, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_RESERVED, "in[0].reserved", .patch = { C(in[0].reserved, 1) } },
	{ CONV, QNN_RULE_RESERVED, "out.reserved", .patch = { C(out.reserved, 1) } },
	{ CONV, QNN_RULE_ZERO_POINT, "in[0].zero_point", .patch = { C(in[0].zero_point, 128) } },
	{ CONV, QNN_RULE_ZERO_POINT, "in[0].zero_point", .patch = { C(in[0].zero_point, -129) } },
	{ CONV, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, 128) } },
	{ FC, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, 1) } },
	{ BOOK, QNN_RULE_ZERO_POINT, "in[0].zero_point", .patch = { C(in[0].zero_point, 1) } },
	{ BOOK, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, 4) } },
	{ MAX, QNN_RULE_ZERO_POINT, "out.zero_point", .patch = { C(out.zero_point, 1) } },
	{ CONV, QNN_RULE_SHAPE, "in[0].height", .patch = { C(in[0].height, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_SHAPE, "in[0].width", .patch = { C(in[0].width, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_SHAPE, "in[0].channels", .patch = { C(in[0].channels, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 5) } },
	{ CONV, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 5) } },
	{ MAX, QNN_RULE_SHAPE, "out.channels", .patch = { C(out.channels, 7) } },
	{ MAX, QNN_RULE_SHAPE, "out.width", .patch = { C(out.width, 1) } },
	{ FC, QNN_RULE_SHAPE, "in[0].height", .patch = { C(in[0].height, 2) } },
	{ FC, QNN_RULE_SHAPE, "in[0].width", .patch = { C(in[0].width, 2) } },
	{ ADD, QNN_RULE_SHAPE, "in[1].height", .patch = { C(in[1].height, 3), R1(size, 64) } },
	{ ADD, QNN_RULE_SHAPE, "in[1].width", .patch = { C(in[1].width, 2) } },
	{ ADD, QNN_RULE_SHAPE, "in[1].channels", .patch = { C(in[1].channels, 4) } },
	{ ADD, QNN_RULE_SHAPE, "out.height", .patch = { C(out.height, 1) } },
	{ ADD, QNN_RULE_SHAPE, "out.channels", .patch = { C(out.channels, 1) } },
	{ CONV, QNN_RULE_STRIDE, "in[0].pixel_stride", .patch = { C(in[0].pixel_stride, 7) } },
	{ CONV, QNN_RULE_STRIDE, "in[0].row_stride", .patch = { C(in[0].row_stride, 47) } },
	{ CONV, QNN_RULE_STRIDE, "in[0].row_stride",
	  .patch = { C(in[0].pixel_stride, 9) }, UNFIXABLE },
	{ CONV, QNN_RULE_STRIDE, "in[0].row_stride",
	  .patch = { C(in[0].pixel_stride, -1) }, UNFIXABLE },
	{ BOOK, QNN_RULE_STRIDE, "out.pixel_stride", .patch = { C(out.pixel_stride, 0) } },
	{ FC, QNN_RULE_STRIDE, "out.pixel_stride",
	  .patch = { C(out.pixel_stride, 42), C(out.row_stride, 44) } },
	{ FC, QNN_RULE_STRIDE, "out.row_stride", .patch = { C(out.row_stride, 41) } },
	{ FC, QNN_RULE_ALIGN, "out.offset", .patch = { C(out.offset, 2), R1(size, 64) } },
	{ CONV, QNN_RULE_REGION, "in[0].region", .patch = { C(in[0].region, 2) }, UNFIXABLE },
	{ CONV, QNN_RULE_REGION, "out.region", .patch = { C(out.region, 255) } },
	{ CONV, QNN_RULE_BOUNDS, "in[0].offset", .patch = { C(in[0].offset, 1) } },
	{ CONV, QNN_RULE_BOUNDS, "in[0].offset", .patch = { C(in[0].offset, -1) } },
	{ CONV, QNN_RULE_BOUNDS, "in[0].offset", .patch = { C(in[0].row_stride, 49) }, UNFIXABLE },
	{ CONV, QNN_RULE_BOUNDS, "in[0].offset", .patch = { C(in[0].row_stride, -1) }, UNFIXABLE },
	{ CONV, QNN_RULE_BOUNDS, "out.offset", .patch = { R1(size, 143) }, UNFIXABLE },
	{ CONV, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.offset, 287), C(out.region, 0), R0(size, 4096) }, UNFIXABLE },
	{ MAX, QNN_RULE_OVERLAP, "out.offset", .patch = { C(out.region, 0) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 0), C(out.offset, 1), R0(size, 64) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(out.row_stride, 17), R1(size, 64) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(out.pixel_stride, 6), C(out.row_stride, 18),
		     C(in[1].row_stride, 18), R1(size, 64) }, UNFIXABLE },
	{ ADD, QNN_RULE_OVERLAP, "out.offset",
	  .patch = { C(out.region, 1), C(out.type, QNN_ELEM_S4) }, UNFIXABLE },

	/* Kernels */
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_h", .patch = { C(conv.kernel_h, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_w", .patch = { C(conv.kernel_w, 256) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_h", .patch = { C(conv.kernel_h, 9) }, LIMIT, 8 },
	{ CONV, QNN_RULE_KERNEL, "conv.kernel_w", .patch = { C(conv.dilation_w, 4) }, LIMIT, 2 },
	{ CONV, QNN_RULE_KERNEL, "conv.stride_h", .patch = { C(conv.stride_h, 0) } },
	{ CONV, QNN_RULE_KERNEL, "conv.stride_w", .patch = { C(conv.stride_w, 256) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.dilation_h", .patch = { C(conv.dilation_h, 0) } },
	{ CONV, QNN_RULE_KERNEL, "conv.dilation_w",
	  .patch = { C(conv.dilation_w, 256) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.pad_top", .patch = { C(conv.pad_top, 3) }, LIMIT, 2 },
	{ CONV, QNN_RULE_KERNEL, "conv.pad_bottom", .patch = { C(conv.pad_bottom, 3) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.pad_left", .patch = { C(conv.pad_left, 3) }, UNFIXABLE },
	{ CONV, QNN_RULE_KERNEL, "conv.pad_right", .patch = { C(conv.pad_right, 256) }, LIMIT, 2 },
	{ FC, QNN_RULE_KERNEL, "conv.kernel_h", .patch = { C(conv.kernel_h, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.kernel_w", .patch = { C(conv.kernel_w, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.stride_h", .patch = { C(conv.stride_h, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.stride_w", .patch = { C(conv.stride_w, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.dilation_h", .patch = { C(conv.dilation_h, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.dilation_w", .patch = { C(conv.dilation_w, 2) } },
	{ FC, QNN_RULE_KERNEL, "conv.pad_left", .patch = { C(conv.pad_left, 1) } },
	{ FC, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 2) } },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 9) }, UNFIXABLE },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 3) }, UNFIXABLE },
	{ CONV, QNN_RULE_GROUPS, "conv.groups", .patch = { C(conv.groups, 8) }, UNFIXABLE },
	{ MAX, QNN_RULE_KERNEL, "pool.kernel_h", .patch = { C(pool.kernel_h, 0) }, UNFIXABLE },
	{ MAX, QNN_RULE_KERNEL, "pool.kernel_w", .patch = { C(pool.kernel_w, 7) }, LIMIT, 6 },
	{ MAX, QNN_RULE_KERNEL, "pool.stride_h", .patch = { C(pool.stride_h, 0) }, UNFIXABLE },
	{ MAX, QNN_RULE_KERNEL, "pool.stride_w", .patch = { C(pool.stride_w, 0) }, UNFIXABLE },
	{ MAX, QNN_RULE_KERNEL, "pool.pad_top", .patch = { C(pool.pad_top, 2) }, LIMIT, 1 },
	{ MAX, QNN_RULE_KERNEL, "pool.pad_right", .patch = { C(pool.pad_right, 2) }, UNFIXABLE },
	{ MAX, QNN_RULE_RESERVED, "pool.flags", .patch = { C(pool.flags, QNN_POOL_COUNT_PAD) } },
	{ MEAN, QNN_RULE_RESERVED, "pool.flags", .patch = { C(pool.flags, 2) } },

	/* Weights and constants */
	{ CONV, QNN_RULE_TYPE, "conv.weight_type", .patch = { C(conv.weight_type, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "conv.weight_type",
	  .patch = { C(conv.weight_type, QNN_ELEM_S32) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "conv.weight_type",
	  .patch = { C(conv.weight_type, 16) }, UNFIXABLE },
	{ CONV, QNN_RULE_TYPE, "conv.weight_type",
	  .patch = { C(conv.weight_type, 22) }, UNFIXABLE },
	{ CONV, QNN_RULE_ZERO_POINT, "conv.weight_zero_point",
	  .patch = { C(conv.weight_zero_point, 8) } },
	{ BOOK, QNN_RULE_ZERO_POINT, "conv.weight_zero_point",
	  .patch = { C(conv.weight_zero_point, 1) } },
	{ CONV, QNN_RULE_CONST, "conv.weight_off",
	  .patch = { C(conv.weight_off, CONV_CONSTS - 4 * CONV_ROW + 1) } },
	{ CONV, QNN_RULE_CONST, "conv.weight_off", .patch = { C(conv.weight_off, -1) } },
	{ CONV, QNN_RULE_ALIGN, "conv.bias_off", .patch = { C(conv.bias_off, CONV_BIAS + 1) } },
	{ CONV, QNN_RULE_CONST, "conv.bias_off", .patch = { C(conv.bias_off, CONV_CONSTS - 12) } },
	{ CONV, QNN_RULE_CONST, "conv.bias_off", .patch = { C(conv.bias_off, 0xfffffffc) } },
	{ CONV, QNN_RULE_RESERVED, "conv.codebook_off", .patch = { C(conv.codebook_off, 0) } },
	{ CONV, QNN_RULE_RESERVED, "conv.codebook_channels",
	  .patch = { C(conv.codebook_channels, 1) } },
	{ BOOK, QNN_RULE_CODEBOOK, "conv.codebook_off", .patch = { C(conv.codebook_off, -1) } },
	{ BOOK, QNN_RULE_CODEBOOK, "conv.codebook_channels",
	  .patch = { C(conv.codebook_channels, 5) } },
	{ BOOK, QNN_RULE_CODEBOOK, "conv.codebook_channels",
	  .patch = { C(conv.codebook_channels, -1) } },
	{ BOOK, QNN_RULE_CONST, "conv.codebook_off", .patch = { C(conv.codebook_off, 128 - 15) } },

	/* The accumulator: 36 taps of at most 131 * 8, and the bias */
	{ CONV, QNN_RULE_ACCUMULATOR, "accumulator",
	  .patch = { K32(CONV_BIAS + 12, QNN_ACC_MAX - 36 * 131 * 8 + 1) }, UNFIXABLE },
	{ CONV, QNN_RULE_ACCUMULATOR, "accumulator",
	  .patch = { K32(CONV_BIAS, INT32_MIN) }, UNFIXABLE },

	/* Stages */
	{ CONV, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_NONE) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_MEAN) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 6) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, 255) }, UNFIXABLE },
	{ MAX, QNN_RULE_STAGE, "stage.kind", .patch = { C(stage.kind, QNN_STAGE_RAW) }, UNFIXABLE },
	{ ADD, QNN_RULE_STAGE, "stage.kind",
	  .patch = { C(stage.kind, QNN_STAGE_MEAN) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.rule", .patch = { C(stage.rule, 0) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.rule", .patch = { C(stage.rule, 4) }, UNFIXABLE },
	{ CONV, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 3) } },
	{ CONV, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 5) } },
	{ BOOK, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 7) } },
	{ FC, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 1) } },
	{ MEAN, QNN_RULE_STAGE, "stage.flags", .patch = { C(stage.flags, 1) } },
	{ CONV, QNN_RULE_RESERVED, "stage.reserved", .patch = { C(stage.reserved[2], 1) } },
	{ FC, QNN_RULE_TYPE, "out.type", .patch = { C(stage.kind, QNN_STAGE_REQUANT) }, UNFIXABLE },
	{ FC, QNN_RULE_TYPE, "out.type",
	  .patch = { C(stage.kind, QNN_STAGE_THRESHOLD) }, UNFIXABLE },
	{ FC, QNN_RULE_TYPE, "out.type", .patch = { C(out.type, QNN_ELEM_S8) }, UNFIXABLE },
	{ CONV, QNN_RULE_RESERVED, "stage.levels", .patch = { C(stage.levels, 1) } },
	{ CONV, QNN_RULE_RESERVED, "stage.threshold_off", .patch = { C(stage.threshold_off, 4) } },
	{ CONV, QNN_RULE_RESERVED, "stage.negate_off", .patch = { C(stage.negate_off, 4) } },
	{ CONV, QNN_RULE_RESERVED, "stage.base", .patch = { C(stage.base, -1) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.rule", .patch = { C(stage.rule, 1) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.scale_off", .patch = { C(stage.scale_off, 4) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.shift_off", .patch = { C(stage.shift_off, 4) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.clamp_min", .patch = { C(stage.clamp_min, -1) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.clamp_max", .patch = { C(stage.clamp_max, 1) } },
	{ BOOK, QNN_RULE_RESERVED, "stage.negate_off",
	  .patch = { C(stage.negate_off, BOOK_NEGATE), C(stage.flags, QNN_STAGE_PER_CHANNEL) } },
	{ FLOATS, QNN_RULE_RESERVED, "stage.shift_off", .patch = { C(stage.shift_off, 4) } },
	{ FC, QNN_RULE_RESERVED, "stage.clamp_max", .patch = { C(stage.clamp_max, 4) } },
	{ MAX, QNN_RULE_RESERVED, "stage.base", .patch = { C(stage.base, 1) } },
	{ MEAN, QNN_RULE_RESERVED, "stage.scale_off", .patch = { C(stage.scale_off, 1) } },
	{ CONV, QNN_RULE_CLAMP, "stage.clamp_min", .patch = { C(stage.clamp_min, -129) } },
	{ CONV, QNN_RULE_CLAMP, "stage.clamp_max", .patch = { C(stage.clamp_max, 128) } },
	{ CONV, QNN_RULE_CLAMP, "stage.clamp_max", .patch = { C(stage.clamp_max, -129) } },
	{ MEAN, QNN_RULE_CLAMP, "stage.clamp_max",
	  .patch = { C(stage.clamp_max, 4), C(stage.clamp_min, 5) } },
	{ CONV, QNN_RULE_ALIGN, "stage.scale_off",
	  .patch = { C(stage.scale_off, CONV_SCALE + 2) } },
	{ CONV, QNN_RULE_CONST, "stage.scale_off",
	  .patch = { C(stage.scale_off, CONV_CONSTS - 12) }, UNFIXABLE },
	{ CONV, QNN_RULE_CONST, "stage.shift_off",
	  .patch = { C(stage.shift_off, CONV_CONSTS - 3) } },
	{ CONV, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE + 12, -1) } },
	{ CONV, QNN_RULE_SCALE, "stage.shift_off", .patch = { K8(CONV_SHIFT + 3, 31) } },
	{ CONV, QNN_RULE_SCALE, "stage.shift_off", .patch = { K8(CONV_SHIFT, -32) } },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0) } },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0x007fffff) } },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0x43800000) } },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0x7fc00000) } },
	{ FLOATS, QNN_RULE_SCALE, "stage.scale_off", .patch = { K32(CONV_SCALE, 0xbf000000) } },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.levels", .patch = { C(stage.levels, 0) } },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.levels", .patch = { C(stage.levels, 4) } },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.base", .patch = { C(stage.base, 1) } },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.base", .patch = { C(stage.base, -1) } },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.threshold_off", .patch = { K32(BOOK_LEVELS + 44, 9) } },
	{ BOOK, QNN_RULE_ALIGN, "stage.threshold_off",
	  .patch = { C(stage.threshold_off, BOOK_LEVELS + 1) } },
	{ BOOK, QNN_RULE_CONST, "stage.threshold_off",
	  .patch = { C(stage.threshold_off, 128 - 44) }, UNFIXABLE },
	{ BOOK, QNN_RULE_THRESHOLD, "stage.negate_off", .patch = { K8(BOOK_NEGATE + 3, 2) } },
	{ BOOK, QNN_RULE_CONST, "stage.negate_off", .patch = { C(stage.negate_off, 125) } },

	/* Addition */
	{ ADD, QNN_RULE_STAGE, "add.rule", .patch = { C(add.rule, QNN_ROUND_C) } },
	{ ADD, QNN_RULE_STAGE, "add.rule", .patch = { C(add.rule, 0) } },
	{ ADD, QNN_RULE_SCALE, "add.left_shift", .patch = { C(add.left_shift, 21) } },
	{ ADD, QNN_RULE_SCALE, "add.multiplier[0]", .patch = { C(add.multiplier[0], INT32_MIN) } },
	{ ADD, QNN_RULE_SCALE, "add.multiplier[1]", .patch = { C(add.multiplier[1], INT32_MIN) } },
	{ ADD, QNN_RULE_SCALE, "add.shift[0]", .patch = { C(add.shift[0], 31) } },
	{ ADD, QNN_RULE_SCALE, "add.shift[1]", .patch = { C(add.shift[1], -32) } },

	/* The second command is the one to blame */
	{ CHAIN, QNN_RULE_OPCODE, "opcode", .patch = { C1(opcode, 77) }, UNFIXABLE },
	{ CHAIN, QNN_RULE_KERNEL, "pool.stride_w", .patch = { C1(pool.stride_w, 0) }, UNFIXABLE },
};

static void test_changes(void **state)
{
	(void)state;
	changes_check(changes, ARRAY_SIZE(changes));
}

static void test_bases(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	void *image;
	size_t size;
	int base;

	(void)state;
	for (base = 0; base < BASES; base++) {
		image = bases_build(base, &size);
		if (fw_validate(image, size, &prog, &diag))
			fail_msg("base %d: %s (%s)", base, qnn_rule_text(diag.rule), diag.field);
		free(image);
	}
}

/* An image that ends early, or goes on: never accepted, never read beyond. */
static void test_sizes(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	void *image;
	size_t size, n;

	(void)state;
	image = bases_build(CHAIN, &size);
	for (n = 0; n < size; n++) {
		assert_int_equal(fw_validate(image, n, &prog, &diag), -1);
		assert_int_equal(diag.rule, QNN_RULE_SIZE);
		assert_int_equal(diag.value, n);
	}
	image = realloc(image, size + 64);
	memset((u8 *)image + size, 0, 64);
	assert_int_equal(fw_validate(image, size + 64, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_SIZE);
	assert_string_equal(diag.field, "image");
	free(image);
}

/* Side by side in one region is not an overlap; a byte closer is. */
static void test_neighbours(void **state)
{
	struct qnn_program prog;
	struct qnn_diag diag;
	u32 before;

	(void)state;
	for (before = 0; before < 2; before++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;
		size_t size;

		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_S8, 2, 3, 5);
		qnn_prog_out(c, 0, QNN_ELEM_NONE, 0);
		c->in[0].offset = before ? 30 : 0;
		c->out.offset = before ? 0 : 30;
		image = qnn_prog_finish(p, &size);
		assert_int_equal(fw_validate(image, size, &prog, &diag), 0);
		fw_cmd(image, 0)->in[0].offset = before ? 29 : 0;
		fw_cmd(image, 0)->out.offset = before ? 0 : 29;
		assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
		assert_int_equal(diag.rule, QNN_RULE_OVERLAP);
		free(image);
		qnn_prog_free(p);
	}
}

/* The sum of a large window: what is outside of the input does not count. */
static void test_pool_accumulator(void **state)
{
	static const struct {
		u32 size, kernel, pad;
		u32 rule;
	} cases[] = {
		{ 2901, 2901, 0, QNN_RULE_OK },
		{ 2901, 2903, 1, QNN_RULE_OK },
		{ 2902, 2902, 0, QNN_RULE_ACCUMULATOR },
		{ 2999, 2902, 0, QNN_RULE_ACCUMULATOR },
		{ 2999, 2901, 0, QNN_RULE_OK },
	};
	struct qnn_program prog;
	struct qnn_diag diag;
	size_t size, i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct qnn_prog *p = qnn_prog_new();
		struct qnn_cmd *c;
		void *image;

		qnn_prog_region(p, 0);
		qnn_prog_region(p, 0);
		c = qnn_prog_cmd(p, QNN_OP_AVG_POOL);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_U8, cases[i].size, cases[i].size, 1);
		c->pool.kernel_h = (u16)cases[i].kernel;
		c->pool.kernel_w = (u16)cases[i].kernel;
		c->pool.pad_top = (u16)cases[i].pad;
		c->pool.pad_bottom = (u16)cases[i].pad;
		c->pool.pad_left = (u16)cases[i].pad;
		c->pool.pad_right = (u16)cases[i].pad;
		qnn_prog_out(c, 1, QNN_ELEM_S32, 0);
		image = qnn_prog_finish(p, &size);
		fw_validate(image, size, &prog, &diag);
		assert_int_equal(diag.rule, cases[i].rule);
		free(image);
		qnn_prog_free(p);
	}
}

/* More work than a counter holds: global pooling by the largest kernel. */
static void test_too_much_work(void **state)
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
	c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
	c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 8);
	c->pool.kernel_h = c->pool.kernel_w = 65535;
	c->pool.pad_top = c->pool.pad_left = 65534;
	c->pool.pad_bottom = c->pool.pad_right = 65534;
	qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_LIMIT);
	assert_int_equal(diag.cmd, 0);
	free(image);
	qnn_prog_free(p);
}

/* Each command can be counted, all of them cannot. */
static void test_too_much_in_total(void **state)
{
	struct qnn_prog *p = qnn_prog_new();
	struct qnn_program prog;
	struct qnn_diag diag;
	struct qnn_cmd *c;
	void *image;
	size_t size;
	u32 i;

	(void)state;
	qnn_prog_region(p, 0);
	qnn_prog_region(p, 0);
	for (i = 0; i < 20; i++) {
		c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
		c->in[0] = qnn_prog_tensor(0, QNN_ELEM_B1, 1, 1, 8);
		c->pool.kernel_h = c->pool.kernel_w = 65535;
		c->pool.pad_top = c->pool.pad_left = 65534;
		c->pool.pad_bottom = c->pool.pad_right = 65534;
		c->pool.stride_h = 8;
		qnn_prog_out(c, 1, QNN_ELEM_NONE, 0);
	}
	image = qnn_prog_finish(p, &size);
	assert_int_equal(fw_validate(image, size, &prog, &diag), -1);
	assert_int_equal(diag.rule, QNN_RULE_LIMIT);
	assert_string_equal(diag.field, "cycles");
	/* 2^32 taps of 2^13 * 2^16 * 2^3 elements, 64 in a cycle: just below 2^58. */
	assert_int_equal(diag.cmd, 16);
	free(image);
	qnn_prog_free(p);
}

static void test_names(void **state)
{
	u32 i, j;

	(void)state;
	for (i = 0; i < QNN_RULE_NR; i++) {
		assert_non_null(qnn_rule_text(i));
		for (j = 0; j < i; j++)
			assert_string_not_equal(qnn_rule_text(i), qnn_rule_text(j));
	}
	assert_string_equal(qnn_rule_text(QNN_RULE_NR), "unknown rule");
	assert_string_equal(qnn_opcode_name(QNN_OP_AVG_POOL), "avg_pool");
	assert_string_equal(qnn_opcode_name(0), "unknown");
	assert_string_equal(qnn_opcode_name(0xffffffff), "unknown");
	assert_string_equal(qnn_elem_name(QNN_ELEM_U4), "u4");
	assert_string_equal(qnn_elem_name(QNN_WEIGHT_CB5), "cb5");
	assert_string_equal(qnn_elem_name(10), "unknown");
	assert_string_equal(qnn_elem_name(0xffffffff), "unknown");
	assert_int_equal(qnn_elem_bits(QNN_WEIGHT_CB3), 3);
	assert_int_equal(qnn_elem_bits(QNN_ELEM_NONE), 0);
	assert_int_equal(qnn_elem_bits(32), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_pool_accumulator),
		cmocka_unit_test(test_too_much_work),
		cmocka_unit_test(test_too_much_in_total),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("fw_rules", tests, NULL, NULL);
}

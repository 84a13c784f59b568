/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Program format, version 1: what the device reads.
 *
 * An image is laid out canonically, without gaps that a program could choose:
 *
 *   struct qnn_program_header                       64 bytes
 *   struct qnn_region_desc [region_count]           16 bytes each
 *   zero bytes up to the next multiple of 64
 *   struct qnn_cmd [cmd_count]                     256 bytes each
 *   constants                                      const_size bytes
 *
 * Everything is little-endian. Every reserved field and every byte of padding
 * must be zero. Documentation/device.rst is the specification.
 */
#ifndef QNN_PROGRAM_H
#define QNN_PROGRAM_H

#include "qnn_types.h"

#define QNN_PROGRAM_MAGIC	0x504e4e51u	/* "QNNP" */
#define QNN_PROGRAM_VERSION	1u

#define QNN_MAX_PROGRAM_SIZE	(256u << 20)	/* bytes of a whole image */
#define QNN_MAX_REGIONS		16u
#define QNN_MAX_COMMANDS	65536u
#define QNN_MAX_REGION_SIZE	(1ull << 32)	/* bytes */
#define QNN_MAX_DIM		65535u		/* height, width, channels */
#define QNN_MAX_CONV_KERNEL	255u		/* also stride, dilation, pad */
#define QNN_MAX_THRESHOLDS	255u
#define QNN_MAX_CODEBOOK	32u
#define QNN_TABLE_SIZE		256u
#define QNN_REGION_ALIGN	64u		/* of a region's base address */
#define QNN_NO_CONST		0xffffffffu	/* optional constant is absent */

/*
 * The accumulator of a layer stays within [-QNN_ACC_MAX, QNN_ACC_MAX], so a
 * threshold of INT32_MIN is always and one of INT32_MAX never reached.
 */
#define QNN_ACC_MAX		0x7ffffffe

/*
 * Element types of tensors. 8-bit elements take a byte; 4-, 2- and 1-bit
 * elements are packed along the channels, the first in the lowest bits; a
 * pixel starts on a byte, the unused high bits of its last byte are written
 * as zero and ignored when read. QNN_ELEM_B1 is bipolar: bit 0 is -1, bit 1
 * is +1.
 */
enum qnn_elem {
	QNN_ELEM_NONE = 0,
	QNN_ELEM_S8 = 1,
	QNN_ELEM_U8 = 2,
	QNN_ELEM_S4 = 3,
	QNN_ELEM_U4 = 4,
	QNN_ELEM_S2 = 5,
	QNN_ELEM_U2 = 6,
	QNN_ELEM_B1 = 7,
	QNN_ELEM_S32 = 8,
};

/*
 * Weights use the element types above (not QNN_ELEM_S32), or indices of 1 to
 * 5 bits into a code book of s8 values.
 */
enum qnn_weight {
	QNN_WEIGHT_CB1 = 17,
	QNN_WEIGHT_CB2 = 18,
	QNN_WEIGHT_CB3 = 19,
	QNN_WEIGHT_CB4 = 20,
	QNN_WEIGHT_CB5 = 21,
};

enum qnn_opcode {
	QNN_OP_CONV = 1,	/* convolution, grouped and depthwise too */
	QNN_OP_FC = 2,		/* fully connected: 1x1 input, kernel 1x1 */
	QNN_OP_MAX_POOL = 3,
	QNN_OP_AVG_POOL = 4,	/* global average pooling too */
	QNN_OP_ADD = 5,		/* element-wise sum of two tensors */
	QNN_OP_MUL = 6,		/* element-wise product of two tensors */
	QNN_OP_CONV_TRANSPOSE = 7,
	QNN_OP_COPY = 8,	/* slice, pad, resize, transpose, convert ... */
	QNN_OP_ARGMAX = 9,	/* over the channels of each pixel */
	QNN_OP_SOFTMAX = 10,	/* over the channels of each pixel, 8 bits */
};

enum qnn_stage {
	QNN_STAGE_NONE = 0,	/* no accumulator: MAX_POOL, COPY, SOFTMAX */
	QNN_STAGE_RAW = 1,	/* the accumulator, as QNN_ELEM_S32 */
	QNN_STAGE_REQUANT = 2,	/* scale, round, add zero point, clamp */
	QNN_STAGE_THRESHOLD = 3,/* base + number of thresholds reached */
	QNN_STAGE_MEAN = 4,	/* QNN_OP_AVG_POOL only: divide by the count */
	QNN_STAGE_TABLE = 5,	/* requantize to 8 bits, then look up */
};

enum qnn_rounding {
	QNN_ROUND_A = 1,	/* TFLite: doubling high multiply, then shift */
	QNN_ROUND_B = 2,	/* one rounding, ties towards +infinity */
	QNN_ROUND_C = 3,	/* float32 product, ties to even */
};

#define QNN_ACCESS_READ		1u
#define QNN_ACCESS_WRITE	2u

struct qnn_program_header {
	u32 magic;		/* QNN_PROGRAM_MAGIC */
	u32 version;		/* QNN_PROGRAM_VERSION */
	u32 size;		/* bytes of the whole image */
	u32 region_count;	/* 1 to QNN_MAX_REGIONS */
	u32 cmd_count;		/* 1 to QNN_MAX_COMMANDS */
	u32 const_size;		/* bytes of constants, a multiple of 64 */
	u32 reserved[10];
};

struct qnn_region_desc {
	u32 access;		/* QNN_ACCESS_*: the union of what commands do */
	u32 reserved;
	u64 size;		/* bytes that a job must bind */
};

/*
 * A tensor of height x width pixels of channels elements. Element (y, x, c)
 * is in the pixel at offset + y * row_stride + x * pixel_stride.
 */
struct qnn_tensor_desc {
	u64 offset;		/* bytes into the region */
	u32 row_stride;		/* bytes; at least one row of pixels */
	u32 pixel_stride;	/* bytes; at least one pixel */
	u16 height;
	u16 width;
	u16 channels;
	u8 type;		/* enum qnn_elem */
	u8 region;
	s32 zero_point;		/* element value that stands for real 0 */
	u32 reserved;
};

#define QNN_STAGE_PER_CHANNEL	1u	/* arrays have an entry per channel */
#define QNN_STAGE_NEGATE	2u	/* threshold: negate array is present */
#define QNN_STAGE_TABLES	4u	/* table: there is one per channel */

/* Offsets count from the start of the constants, in bytes. */
struct qnn_stage_desc {
	u8 kind;		/* enum qnn_stage */
	u8 rule;		/* enum qnn_rounding: REQUANT, TABLE */
	u16 levels;		/* thresholds per channel, 1 to 255 */
	u32 flags;		/* QNN_STAGE_* flags */
	u32 scale_off;		/* s32 multiplier (A, B) or float32 bits (C) */
	u32 shift_off;		/* s8 power of two (A, B) */
	u32 threshold_off;	/* s32, ascending within a channel */
	u32 negate_off;		/* u8, 1: this channel's accumulator negated */
	s32 clamp_min;		/* REQUANT, MEAN; TABLE: of the index */
	s32 clamp_max;
	s32 base;		/* THRESHOLD: element when none is reached */
	u32 table_off;		/* TABLE: 256 elements, a byte each */
	s32 table_zero_point;	/* TABLE: of the index */
	u8 table_type;		/* TABLE: the index, QNN_ELEM_S8 or _U8 */
	u8 reserved[3];
};

/* QNN_OP_CONV, QNN_OP_FC and QNN_OP_CONV_TRANSPOSE */
struct qnn_conv_desc {
	u16 kernel_h;
	u16 kernel_w;
	u16 stride_h;
	u16 stride_w;
	u16 dilation_h;
	u16 dilation_w;
	u16 pad_top;
	u16 pad_left;
	u16 pad_bottom;
	u16 pad_right;
	u16 groups;
	u8 weight_type;		/* enum qnn_elem or enum qnn_weight */
	u8 reserved0;
	s32 weight_zero_point;	/* 0 for bipolar and code-book weights */
	u32 weight_off;		/* rows of one output channel, byte-aligned */
	u32 bias_off;		/* s32 per output channel, or QNN_NO_CONST */
	u32 codebook_off;	/* s8 [books][1 << bits], or QNN_NO_CONST */
	u32 codebook_channels;	/* output channels that share a book, or 0 */
};

/* QNN_OP_MAX_POOL and QNN_OP_AVG_POOL */
#define QNN_POOL_COUNT_PAD	1u	/* MEAN divides by kernel_h * kernel_w */

struct qnn_pool_desc {
	u16 kernel_h;
	u16 kernel_w;
	u16 stride_h;
	u16 stride_w;
	u16 pad_top;
	u16 pad_left;
	u16 pad_bottom;
	u16 pad_right;
	u32 flags;		/* QNN_POOL_* */
	u16 gap_h;		/* rows left out between taps: dilation - 1 */
	u16 gap_w;
};

/* QNN_OP_ADD: acc = sum of R((x - zero_point) << left_shift) of operands */
struct qnn_add_desc {
	s32 multiplier[2];	/* -(2^31 - 1) to 2^31 - 1 */
	s8 shift[2];		/* power of two, -31 to 30 */
	u8 left_shift;		/* 0 to 20 */
	u8 rule;		/* QNN_ROUND_A or QNN_ROUND_B */
};

/*
 * QNN_OP_COPY: an axis of the input. The coordinate is
 * floor((start + step * v) / divisor), v that of the output's axis @from.
 */
struct qnn_copy_axis {
	s32 start;
	s32 step;
	s32 divisor;
	u32 from;		/* 0: height, 1: width, 2: channels */
};

#define QNN_COPY_AXES		3u	/* height, width, channels */
#define QNN_MAX_COPY		(1 << 30)	/* start, step, divisor */
#define QNN_MAX_COPY_BLOCK	255u

enum qnn_copy_mode {
	QNN_COPY_PLAIN = 0,
	QNN_COPY_SPACE_TO_DEPTH = 1,
	QNN_COPY_DEPTH_TO_SPACE = 2,
};

#define QNN_COPY_CLAMP	1u	/* outside is the nearest element, not fill */
#define QNN_COPY_CRD	2u	/* blocks: the channel counts slowest */

struct qnn_copy_desc {
	struct qnn_copy_axis axis[QNN_COPY_AXES];	/* of the input */
	s32 fill;		/* code of the elements outside of the input */
	u16 out_first;		/* output channels before it are kept */
	u8 mode;		/* enum qnn_copy_mode */
	u8 block;		/* side of a block; 0 for QNN_COPY_PLAIN */
	u32 flags;		/* QNN_COPY_* flags */
};

/* QNN_OP_SOFTMAX */
struct qnn_softmax_desc {
	u32 table_off;		/* s32 [256]: exp of differences 0, -1, ... -255 */
};

struct qnn_cmd {
	u16 opcode;		/* enum qnn_opcode */
	u16 reserved0;
	u32 reserved1;
	struct qnn_tensor_desc in[2];	/* the second one for ADD and MUL */
	struct qnn_tensor_desc out;
	struct qnn_stage_desc stage;
	union {
		struct qnn_conv_desc conv;
		struct qnn_pool_desc pool;
		struct qnn_add_desc add;
		struct qnn_copy_desc copy;
		struct qnn_softmax_desc softmax;
		u8 pad[104];	/* MUL and ARGMAX use none of it */
	};
};

_Static_assert(sizeof(struct qnn_program_header) == 64, "header size");
_Static_assert(sizeof(struct qnn_region_desc) == 16, "region size");
_Static_assert(sizeof(struct qnn_tensor_desc) == 32, "tensor size");
_Static_assert(sizeof(struct qnn_stage_desc) == 48, "stage size");
_Static_assert(sizeof(struct qnn_conv_desc) == 44, "conv size");
_Static_assert(sizeof(struct qnn_pool_desc) == 24, "pool size");
_Static_assert(sizeof(struct qnn_add_desc) == 12, "add size");
_Static_assert(sizeof(struct qnn_copy_desc) == 60, "copy size");
_Static_assert(sizeof(struct qnn_softmax_desc) == 4, "softmax size");
_Static_assert(sizeof(struct qnn_cmd) == 256, "command size");

#endif /* QNN_PROGRAM_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* How a command runs with vector units; decided once, in prepare. */
#ifndef QNN_PLAN_H
#define QNN_PLAN_H

#include "kernel.h"
#include "mac/tile.h"
#include "qnn_fast.h"

/*
 * Input of a dense convolution as the kernels see it: bytes without a sign (or
 * with one, see turn in struct qnn_isa_ops), a border where the padding is. A
 * segment is a stretch of bytes under the
 * kernel: a row of taps where they lie side by side, else one tap.
 */
struct qnn_view_plan {
	u8 direct;		/* the input serves as it is */
	u8 merged;		/* a segment is a whole row of taps */
	u8 fill;		/* byte that stands for the zero point */
	s32 offset;		/* byte = value + offset */
	u32 channels;		/* bytes of a pixel in a copy */
	u32 width;		/* pixels of a row in a copy */
	u32 phases;		/* columns so far apart lie side by side */
	u64 row_bytes;		/* of a copy */
	u32 segments;
	u32 length;		/* bytes of a segment, a multiple of qnn_plan_step() */
};

enum qnn_plan_kind {
	QNN_PLAN_SCALAR = 0,	/* the scalar code runs this command */
	QNN_PLAN_DENSE,		/* sums over channels: tiles, fast_conv.c */
	QNN_PLAN_DEPTHWISE,	/* rows: fast_depthwise.c */
	QNN_PLAN_ADD,		/* stretches: fast_add.c */
	QNN_PLAN_POOL,		/* pixels: fast_pool.c */
	QNN_PLAN_PAIRS,		/* a table: fast_pairs.c */
	QNN_PLAN_MAP,		/* the same for one operand: fast_map.c */
};

/* Outputs along an axis, in classes by what of the kernel meets the input. */
struct qnn_border {
	u32 before;		/* outputs whose first tap is outside, each a class */
	u32 last;		/* from here on the last tap is outside: the same */
	u32 count;		/* of classes; those between are one */
	u32 in, stride, dilation, pad;
};

struct qnn_plan {
	u8 kind;		/* enum qnn_plan_kind */
	u8 stage_kind;		/* enum qnn_stage_fast */
	u8 weight_bits;		/* for the kernels: 8, or 4 or 2 without a sign */
	u8 stored_bits;		/* as repacked; fewer: codes that are widened when used */
	u8 planes;		/* of the input, counted bit by bit (bits.h); 0: bytes */
	u8 signs;		/* then: weights are -1, 0 and 1 */
	u8 block;		/* output channels of a tile ... */
	u8 side;		/* ... and those whose weights lie side by side */
	u8 matrix_depth;	/* of a step of a matrix unit; 0: the vector unit has it */
	u16 short_pairs;	/* of products, whose sum is within 16 bits */
	struct qnn_border border_y, border_x;
	s32 weight_zero;	/* of the weights as repacked */
	u32 group_in;
	u32 group_out;
	u32 group_padded;	/* output channels of a group, to 16 */
	u32 depth;		/* bytes of weights of a channel, repacked */
	u32 band_rows;		/* output rows at a time */
	struct qnn_view_plan view;
	u8 *in_place;		/* weights, where those of the program were; or NULL */
	/* offsets into the prepared memory */
	u64 weights;
	u64 bias;		/* s32 per padded channel, for each class of outputs */
	u64 stage;		/* see fast_stage.h */
	u64 operands;		/* of an addition */
	/* offsets into the working memory */
	u64 work_sums;		/* of the input under each pixel */
	u64 work_weights;	/* of a block of channels, widened */
	u64 work_codes;		/* a row of the output */
};

struct qnn_prepared {
	const struct qnn_program *prog;
	u32 isa;
	struct qnn_plan plan[];	/* one for each command */
};

/* Decides; offsets count from *@bytes, which grows. */
void qnn_plan_conv(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		   u32 isa, u64 *bytes);

/* The same with bytes, in the place of a plan whose weights are others than it thought. */
void qnn_plan_conv_bytes(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
			 u32 isa);

/* How an input of bytes is shown, and the zero point of repacked weights. */
struct qnn_isa_ops;

void qnn_view_bytes(struct qnn_view_plan *view, const struct qnn_tensor_desc *in,
		    const struct qnn_isa_ops *isa);
s32 qnn_weight_zero(const struct qnn_conv_desc *conv, u32 bits);

/* Entries of the prepared arrays. */
u32 qnn_plan_channels(const struct qnn_plan *plan, const struct qnn_cmd *cmd);

#define QNN_NO_CHANNEL	0xffffffffu

/* The output channel of entry @at of the prepared arrays, or none. */
u32 qnn_plan_channel(const struct qnn_plan *plan, u32 at);

/* repack.c: what codes of up to 4 bits of a channel stand for: 16 values. */
void qnn_plan_values(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s8 *value);

/* The weights of a dense layer as its kernels take them. */
static inline u8 *qnn_plan_weights(const struct qnn_plan *plan, const u8 *memory)
{
	return plan->in_place ? plan->in_place : (u8 *)memory + plan->weights;
}

/* Are they codes as they lie in the program, only in another order? */
int qnn_repack_moves(const struct qnn_plan *plan, const struct qnn_cmd *cmd);

/* Fills what the plan points to; -1: stopped. @sparing may be NULL. */
int qnn_repack_conv(const struct qnn_plan *plan, const struct qnn_program *prog,
		    const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll,
		    const struct qnn_sparing *sparing);

/*
 * spare.c: bytes of the command's weights, if neither its runs nor any other
 * command reads them once it is prepared; else 0.
 */
u64 qnn_plan_spare(const struct qnn_plan *plan, const struct qnn_program *prog, u32 index);

/* Where the command's weights can be put in order in their own place; NULL: nowhere. */
u8 *qnn_plan_replace(const struct qnn_prepared *prepared, u32 index,
		     const struct qnn_sparing *sparing);

/*
 * A part of a command's work: rows of the output, or blocks of its channels in
 * all groups. Parts have no byte of the output in common.
 */
struct qnn_part {
	struct qnn_exec *exec;
	struct qnn_poll *poll;
	u8 *work;		/* QNN_FAST_BYTES, of the lane */
	u32 first_row, end_row;
	u32 first_block, end_block;
};

/* Has the command a plan, and runs it; -1: stopped. */
int qnn_has_plan(const struct qnn_exec *exec, u32 index);
int qnn_run_plan(struct qnn_exec *exec, struct qnn_poll *poll, u32 index);

/* fast_conv.c */
int qnn_run_conv_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		      const struct qnn_plan *plan);

/*
 * How much of the working memory a copied part of the input takes: what stays
 * in a cache, and what there is room for beside as large a row of the output.
 */
#define QNN_BAND_BYTES		(256u << 10)
#define QNN_MOST_BAND_BYTES	(488u << 10)
#define QNN_SUM_BYTES		(256u << 10)
#define QNN_WIDENED_BYTES	(512u << 10)	/* instead of sums */

_Static_assert(QNN_ACC_BYTES + 2 * (QNN_MOST_BAND_BYTES + 128) <= QNN_FAST_BYTES &&
	       QNN_ACC_BYTES + QNN_MOST_BAND_BYTES + 128 + QNN_SUM_BYTES <= QNN_FAST_BYTES &&
	       QNN_ACC_BYTES + QNN_MOST_BAND_BYTES + 128 + QNN_WIDENED_BYTES <= QNN_FAST_BYTES &&
	       4 * QNN_MAX_DIM <= QNN_SUM_BYTES, "working memory");

static inline u32 qnn_border_class(const struct qnn_border *b, u32 out)
{
	if (out < b->before)
		return out;
	return out < b->last ? b->before : b->before + 1 + out - b->last;
}

#define QNN_STEP_MAX	16u

/* Depths that share the four bytes of a channel in a kernel's weights. */
static inline u32 qnn_plan_step(const struct qnn_plan *plan)
{
	return 32u / plan->weight_bits;
}

/* Weights of a segment that are there; the rest of it is rounding up. */
static inline u32 qnn_plan_taps(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	return plan->view.merged ? cmd->conv.kernel_w * plan->group_in : plan->group_in;
}

/* The number that stands for the zero point in a view, with the sign that bytes there have. */
static inline u32 qnn_view_zero(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	return (u32)(cmd->in[0].zero_point + plan->view.offset);
}

/* Bytes of a channel's repacked weights. */
static inline u32 qnn_plan_row(const struct qnn_plan *plan)
{
	u32 per_word = 32u / plan->stored_bits;

	return (plan->depth + per_word - 1) / per_word * 4;
}

/* Input rows under @rows output rows. */
static inline u32 qnn_input_rows(const struct qnn_conv_desc *d, u32 rows)
{
	return (rows - 1) * d->stride_h + (d->kernel_h - 1u) * d->dilation_h + 1;
}

/* Blocks of channels of all groups of a dense layer. */
static inline u32 qnn_plan_blocks(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	return (plan->group_out + plan->block - 1) / plan->block * cmd->conv.groups;
}

static inline u64 qnn_align64(u64 bytes)
{
	return (bytes + 63) & ~63ull;
}

#endif /* QNN_PLAN_H */

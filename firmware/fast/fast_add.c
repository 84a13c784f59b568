// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition with vector units: rows, or pixels where rows have gaps. */
#include "add_estimate.h"
#include "isa.h"
#include "lines.h"

#define WORK_SHARE	4u	/* elements per unit of work */
#define OPERANDS_WORK	4096u	/* of preparing */
#define PIECE		(16u << 10)	/* elements between two polls */
#define OPERAND_BYTES	qnn_align64(sizeof(struct operands))
#define BYTES_ONLY	(QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8))

/* What is prepared, beside the stage. */
struct operands {
	struct qnn_operand operand[2];
	struct qnn_add_linear linear;
	struct qnn_add_estimate estimate;
};

/* Thresholds are, where they lie on a line: the packer's way to write a scale and ReLU. */
static int stage_suits(const struct qnn_cmd *cmd, const u8 *consts, u32 stage)
{
	const s32 *threshold = (const s32 *)(consts + cmd->stage.threshold_off);
	struct qnn_line line;

	if (cmd->stage.flags & QNN_STAGE_PER_CHANNEL)
		return 0;
	if (cmd->stage.kind == QNN_STAGE_THRESHOLD)
		return stage == QNN_FAST_THRESHOLD && qnn_lines_suit(cmd) &&
		       qnn_line_find(threshold, cmd->stage.levels, &line);
	return cmd->stage.kind == QNN_STAGE_REQUANT &&
	       stage >= QNN_FAST_A_CODES && stage <= QNN_FAST_B_LEFT;
}

int qnn_add_suits(const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	u32 i;

	/* Scaled down, an operand has no way to leave 32 bits. */

	for (i = 0; i < 2; i++) {
		if (!qnn_type_in(cmd->in[i].type, BYTES_ONLY) ||
		    !qnn_same_shape(&cmd->in[i], out) || cmd->add.shift[i] > 0)
			return 0;
	}
	return qnn_type_in(out->type, BYTES_ONLY);
}

void qnn_plan_add(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts, u64 *bytes)
{
	plan->stage_kind = (u8)qnn_stage_choose(cmd, consts);
	if (!qnn_add_suits(cmd) || !stage_suits(cmd, consts, plan->stage_kind))
		return;
	plan->group_padded = QNN_LANES;
	plan->group_out = QNN_LANES;
	plan->stage = *bytes;
	plan->operands = plan->stage +
		       qnn_align64(qnn_stage_bytes(cmd, plan->stage_kind, QNN_LANES));
	*bytes = plan->operands + OPERAND_BYTES;
	plan->kind = QNN_PLAN_ADD;
}

/*
 * A scale of rule B that shifts by nothing is one that shifts by one, of twice
 * the operand: for that there is room, it has 9 bits and goes up by 20.
 */
static u32 doubled(const struct qnn_add_desc *d, u32 which)
{
	return d->rule == QNN_ROUND_B && !d->shift[which];
}

/* Gives whether there is room for the digits of the slope and for the rests. */
static int set_linear(struct qnn_add_linear *linear, const struct qnn_cmd *cmd, u32 which)
{
	const s32 slope = (qnn_add_worth(cmd, which, 255) - qnn_add_worth(cmd, which, 0)) / 255;
	s32 least = 0, rest = slope, i, digit;

	for (i = 2; i >= 0; i--) {
		digit = i ? ((rest + 64) & 127) - 64 : rest;
		if (digit < -128 || digit > 127)
			return 0;
		linear->digit[i][which] = (s8)digit;
		rest = (rest - digit) / 128;
	}
	for (i = 0; i < 256; i++) {
		rest = qnn_add_worth(cmd, which, i) - i * slope;
		least = !i || rest < least ? rest : least;
	}
	for (i = 0; i < 256; i++) {
		rest = qnn_add_worth(cmd, which, i) - i * slope - least;
		if (rest > 255)
			return 0;
		linear->rest[which][i] = (u8)rest;
	}
	linear->offset += least;
	linear->flip[which] = cmd->in[which].type == QNN_ELEM_S8 ? 0x80 : 0;
	return 1;
}

/* @line may be NULL: it has none. */
static int set_operands(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
			const struct qnn_line *line, u8 *memory, struct qnn_poll *poll)
{
	struct operands *o = (struct operands *)(memory + plan->operands);
	struct qnn_add_linear *linear = &o->linear;
	const struct qnn_add_desc *d = &cmd->add;
	u32 i, lane;

	if (qnn_poll(poll, OPERANDS_WORK))
		return -1;
	for (i = 0; i < 2; i++) {
		for (lane = 0; lane < QNN_LANES; lane++)
			qnn_operand_set(&o->operand[i], lane, d->rule, d->multiplier[i],
					d->shift[i] - (s32)doubled(d, i));
	}
	linear->offset = 0;
	linear->valid = set_linear(linear, cmd, 0) && set_linear(linear, cmd, 1);
	o->estimate.valid = 0;
	return line ? qnn_add_estimate_set(&o->estimate, cmd, line, poll) : 0;
}

int qnn_prepare_add(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		    u8 *memory, struct qnn_poll *poll)
{
	struct qnn_line line;

	return set_operands(plan, cmd, qnn_add_line(cmd, consts, &line) ? &line :
			    (const struct qnn_line *)0, memory, poll);
}

int qnn_prepare_add_line(struct qnn_plan *plan, const struct qnn_cmd *cmd,
			 const struct qnn_line *line, u8 *memory, struct qnn_poll *poll)
{
	plan->kind = QNN_PLAN_ADD;
	plan->stage_kind = (u8)qnn_line_put(line, memory + plan->stage);
	plan->operands = plan->stage + qnn_align64(sizeof(struct qnn_lefts));
	return set_operands(plan, cmd, line, memory, poll);
}

/* A stretch in pieces: a row can have 2^32 elements. */
static int run_stretch(qnn_add_fn add, struct qnn_add_args args, u32 count,
		       struct qnn_poll *poll)
{
	u32 i;

	for (; count; count -= args.count) {
		args.count = count < PIECE ? count : PIECE;
		if (qnn_poll(poll, args.count / WORK_SHARE + 1))
			return -1;
		add(&args);
		for (i = 0; i < 2; i++)
			args.x[i] += args.count;
		args.codes += args.count;
	}
	return 0;
}

void qnn_add_again(const struct qnn_add_args *args, u32 at, u32 count)
{
	struct qnn_add_args some = *args;

	some.x[0] += at;
	some.x[1] += at;
	some.codes += at;
	some.count = count;
	args->exact(&some);
}

static qnn_add_fn choose(struct qnn_add_args *args, const struct qnn_isa_ops *isa, u32 stage)
{
	args->exact = args->linear->valid && isa->add_linear ? isa->add_linear[stage] :
							       isa->add[stage];
	return args->estimate->valid && isa->add_estimate ? isa->add_estimate : args->exact;
}

int qnn_run_add_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		     const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_isa_ops *isa = qnn_isa_ops(exec->prepared->isa);
	const u8 *memory = (const u8 *)exec->prepared;
	const struct qnn_tensor_desc *in = cmd->in, *out = &cmd->out;
	const int whole = qnn_is_dense(&in[0]) && qnn_is_dense(&in[1]) && qnn_is_dense(out);
	const struct operands *o = (const struct operands *)(memory + plan->operands);
	struct qnn_store store = { .padded = QNN_LANES };
	struct qnn_add_args args = {
		.rule = cmd->add.rule, .operand = o->operand, .linear = &o->linear,
		.estimate = &o->estimate, .store = &store,
	};
	const qnn_add_fn add = choose(&args, isa, plan->stage_kind);
	const u32 count = whole ? (u32)out->width * out->channels : out->channels;
	u32 y, x, i;

	qnn_store_init(&store, cmd, exec->prog->consts, memory + plan->stage);
	for (i = 0; i < 2; i++) {
		args.is_signed[i] = in[i].type == QNN_ELEM_S8;
		args.zero[i] = in[i].zero_point;
		args.left[i] = cmd->add.left_shift + doubled(&cmd->add, i);
	}
	for (y = part->first_row; y < part->end_row; y++) {
		for (x = 0; x < (whole ? 1u : out->width); x++) {
			for (i = 0; i < 2; i++)
				args.x[i] = (const u8 *)exec->region[in[i].region] +
					    in[i].offset + (u64)y * in[i].row_stride +
					    (u64)x * in[i].pixel_stride;
			args.codes = (u8 *)exec->region[out->region] + out->offset +
				     (u64)y * out->row_stride + (u64)x * out->pixel_stride;
			if (run_stretch(add, args, count, part->poll))
				return -1;
		}
	}
	return 0;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition with vector units: rows, or pixels where rows have gaps. */
#include "fast_vector.h"
#include "element.h"
#include "isa.h"
#include "lines.h"
#include "vector/elementwise.h"

#define WORK_SHARE	4u	/* elements per unit of work */
#define PIECE		(16u << 10)	/* elements between two polls */
#define OPERAND_BYTES	qnn_align64(2 * sizeof(struct qnn_operand) + sizeof(struct qnn_add_linear))
#define BYTES_ONLY	(QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8))

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

/* What byte @index of an operand is worth, a byte with a sign counting from the smallest. */
static s32 worth(const struct qnn_cmd *cmd, u32 which, s32 index)
{
	s32 value = index + qnn_element(cmd->in[which].type)->min - cmd->in[which].zero_point;

	return qnn_add_operand(&cmd->add, which, value);
}

/* Gives whether there is room for the digits of the slope and for the rests. */
static int set_linear(struct qnn_add_linear *linear, const struct qnn_cmd *cmd, u32 which)
{
	const s32 slope = (worth(cmd, which, 255) - worth(cmd, which, 0)) / 255;
	s32 least = 0, rest = slope, i, digit;

	for (i = 2; i >= 0; i--) {
		digit = i ? ((rest + 64) & 127) - 64 : rest;
		if (digit < -128 || digit > 127)
			return 0;
		linear->digit[i][which] = (s8)digit;
		rest = (rest - digit) / 128;
	}
	for (i = 0; i < 256; i++) {
		rest = worth(cmd, which, i) - i * slope;
		least = !i || rest < least ? rest : least;
	}
	for (i = 0; i < 256; i++) {
		rest = worth(cmd, which, i) - i * slope - least;
		if (rest > 255)
			return 0;
		linear->rest[which][i] = (u8)rest;
	}
	linear->offset += least;
	linear->flip[which] = cmd->in[which].type == QNN_ELEM_S8 ? 0x80 : 0;
	return 1;
}

void qnn_prepare_add(const struct qnn_plan *plan, const struct qnn_cmd *cmd, u8 *memory)
{
	struct qnn_operand *operand = (struct qnn_operand *)(memory + plan->operands);
	struct qnn_add_linear *linear = (struct qnn_add_linear *)(operand + 2);
	const struct qnn_add_desc *d = &cmd->add;
	u32 i, lane;

	for (i = 0; i < 2; i++) {
		for (lane = 0; lane < QNN_LANES; lane++)
			qnn_operand_set(&operand[i], lane, d->rule, d->multiplier[i],
					d->shift[i] - (s32)doubled(d, i));
	}
	linear->offset = 0;
	linear->valid = set_linear(linear, cmd, 0) && set_linear(linear, cmd, 1);
}

void qnn_prepare_add_line(struct qnn_plan *plan, const struct qnn_cmd *cmd,
			  const struct qnn_line *line, u8 *memory)
{
	plan->kind = QNN_PLAN_ADD;
	plan->stage_kind = (u8)qnn_line_put(line, memory + plan->stage);
	plan->operands = plan->stage + qnn_align64(sizeof(struct qnn_lefts));
	qnn_prepare_add(plan, cmd, memory);
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

int qnn_run_add_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		     const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_isa_ops *isa = qnn_isa_ops(exec->prepared->isa);
	const u8 *memory = (const u8 *)exec->prepared;
	const struct qnn_tensor_desc *in = cmd->in, *out = &cmd->out;
	const int whole = qnn_is_dense(&in[0]) && qnn_is_dense(&in[1]) && qnn_is_dense(out);
	struct qnn_store store = { .padded = QNN_LANES };
	struct qnn_add_args args = {
		.rule = cmd->add.rule,
		.operand = (const struct qnn_operand *)(memory + plan->operands),
		.store = &store,
	};
	const qnn_add_fn *add = isa->add;
	const u32 count = whole ? (u32)out->width * out->channels : out->channels;
	u32 y, x, i;

	qnn_store_init(&store, cmd, exec->prog->consts, memory + plan->stage);
	args.linear = (const struct qnn_add_linear *)(args.operand + 2);
	if (args.linear->valid && isa->add_linear)
		add = isa->add_linear;
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
			if (run_stretch(add[plan->stage_kind], args, count, part->poll))
				return -1;
		}
	}
	return 0;
}

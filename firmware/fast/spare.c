// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Which constants a prepared program does not read any more. */
#include "element.h"
#include "fast_stage.h"
#include "plan.h"

#define LEAST		(64u << 10)	/* less is not worth the trouble */
#define ALIGN		64u		/* of prepared weights */
#define MOST_COMMANDS	4096u		/* each of them is held against each */

struct range {
	u64 first;
	u64 size;
};

static int meet(struct range a, u64 first, u64 size)
{
	return size && first < a.first + a.size && a.first < first + size;
}

static int is_conv(const struct qnn_cmd *cmd)
{
	return cmd->opcode == QNN_OP_CONV || cmd->opcode == QNN_OP_FC ||
	       cmd->opcode == QNN_OP_CONV_TRANSPOSE;
}

static struct range weights_of(const struct qnn_cmd *cmd)
{
	struct range r = {
		cmd->conv.weight_off, (u64)cmd->out.channels * qnn_conv_row_bytes(cmd),
	};

	return r;
}

static int meets_stage(struct range r, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u64 channels = cmd->out.channels;
	u64 n = s->flags & QNN_STAGE_PER_CHANNEL ? channels : 1;
	u64 tables = s->flags & QNN_STAGE_TABLES ? channels : 1;

	if (s->kind == QNN_STAGE_TABLE && meet(r, s->table_off, tables * QNN_TABLE_SIZE))
		return 1;
	switch (s->kind) {
	case QNN_STAGE_TABLE:
	case QNN_STAGE_REQUANT:
		return meet(r, s->scale_off, 4 * n) || meet(r, s->shift_off, n);
	case QNN_STAGE_THRESHOLD:
		return meet(r, s->threshold_off, 4 * n * s->levels) || meet(r, s->negate_off, n);
	default:
		return 0;
	}
}

static int meets_conv(struct range r, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u64 books = 1;

	if (d->codebook_channels)
		books = (cmd->out.channels + d->codebook_channels - 1u) / d->codebook_channels;
	return meet(r, d->bias_off, 4ull * cmd->out.channels) ||
	       (qnn_type_in(d->weight_type, QNN_TYPES_CODEBOOK) &&
		meet(r, d->codebook_off, books << qnn_elem_bits(d->weight_type)));
}

/* All constants of a command but its weights. */
static int meets_rest(struct range r, const struct qnn_cmd *cmd)
{
	if (is_conv(cmd) && meets_conv(r, cmd))
		return 1;
	if (cmd->opcode == QNN_OP_SOFTMAX && meet(r, cmd->softmax.table_off, 4 * QNN_TABLE_SIZE))
		return 1;
	return meets_stage(r, cmd);
}

static int meets_weights(struct range r, const struct qnn_cmd *cmd)
{
	struct range other;

	if (!is_conv(cmd))
		return 0;
	other = weights_of(cmd);
	return meet(r, other.first, other.size);
}

/* Bytes of the command's weights, if at least so many, and all its own. */
static u64 own_weights(const struct qnn_program *prog, u32 index, u64 least)
{
	const struct qnn_cmd *cmds = prog->cmds;
	struct range r = weights_of(&cmds[index]);
	u32 i;

	if (r.size < least || prog->header->cmd_count > MOST_COMMANDS)
		return 0;
	for (i = 0; i < prog->header->cmd_count; i++) {
		if (meets_rest(r, &cmds[i]) || (i != index && meets_weights(r, &cmds[i])))
			return 0;
	}
	return r.size;
}

u64 qnn_plan_spare(const struct qnn_plan *plan, const struct qnn_program *prog, u32 index)
{
	if (plan->kind != QNN_PLAN_DENSE && plan->kind != QNN_PLAN_DEPTHWISE)
		return 0;
	return own_weights(prog, index, LEAST);
}

/* Do runs of a prepared command read constants, other than weights in their place? */
static int reads_none(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	if (plan->kind == QNN_PLAN_PAIRS)
		return 1;
	return (plan->kind == QNN_PLAN_DENSE || plan->kind == QNN_PLAN_DEPTHWISE) &&
	       plan->stage_kind != QNN_FAST_SCALAR &&
	       (cmd->stage.kind == QNN_STAGE_REQUANT || cmd->stage.kind == QNN_STAGE_RAW) &&
	       !qnn_type_in(cmd->conv.weight_type, QNN_TYPES_CODEBOOK);
}

/* Are bytes before the command's weights of use to anybody yet? */
static int wanted(const struct qnn_prepared *p, u32 index, struct range r)
{
	const u8 *consts = p->prog->consts;
	u32 i;

	for (i = 0; i < p->prog->header->cmd_count; i++) {
		const struct qnn_cmd *cmd = &p->prog->cmds[i];
		const struct qnn_plan *plan = &p->plan[i];

		if (i == index) {
			/* Its stage has been prepared. */
			if (!reads_none(plan, cmd) || meets_conv(r, cmd))
				return 1;
		} else if (i > index || !reads_none(plan, cmd)) {
			if (meets_rest(r, cmd) || meets_weights(r, cmd))
				return 1;
		} else if (plan->in_place && meet(r, (u64)(plan->in_place - consts),
						  weights_of(cmd).size)) {
			return 1;
		}
	}
	return 0;
}

u8 *qnn_plan_replace(const struct qnn_prepared *p, u32 index, const struct qnn_sparing *sparing)
{
	const struct qnn_cmd *cmd = &p->prog->cmds[index];
	const struct qnn_plan *plan = &p->plan[index];
	const u8 *weights = p->prog->consts + cmd->conv.weight_off;
	struct range before;
	u32 row;

	if (plan->kind != QNN_PLAN_DENSE || plan->planes || !qnn_repack_moves(plan, cmd))
		return (u8 *)0;
	row = qnn_conv_row_bytes(cmd);
	if (row != qnn_plan_row(plan) || plan->group_padded != plan->group_out ||
	    (u64)min_u32(plan->group_out, QNN_BLOCK) * row > sparing->room_bytes ||
	    !own_weights(p->prog, index, sparing->least))
		return (u8 *)0;
	/* A bit further to the front, where they start on a line. */
	before.size = (unsigned long)weights % ALIGN;
	before.first = cmd->conv.weight_off - before.size;
	if (before.size > cmd->conv.weight_off || (before.size && wanted(p, index, before)))
		return (u8 *)0;
	return (u8 *)weights - before.size;
}

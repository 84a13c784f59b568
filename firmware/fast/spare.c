// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Which constants a prepared program does not read any more. */
#include "element.h"
#include "plan.h"

#define LEAST		(64u << 10)	/* less is not worth the trouble */
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

u64 qnn_plan_spare(const struct qnn_plan *plan, const struct qnn_program *prog, u32 index)
{
	const struct qnn_cmd *cmds = prog->cmds;
	struct range r, other;
	u32 i;

	if ((plan->kind != QNN_PLAN_DENSE && plan->kind != QNN_PLAN_DEPTHWISE) ||
	    prog->header->cmd_count > MOST_COMMANDS)
		return 0;
	r = weights_of(&cmds[index]);
	if (r.size < LEAST)
		return 0;
	for (i = 0; i < prog->header->cmd_count; i++) {
		if (meets_rest(r, &cmds[i]))
			return 0;
		if (i == index || !is_conv(&cmds[i]))
			continue;
		other = weights_of(&cmds[i]);
		if (meet(r, other.first, other.size))
			return 0;
	}
	return r.size;
}

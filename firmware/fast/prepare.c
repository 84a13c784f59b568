// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "bits.h"
#include "fast_depthwise.h"
#include "fast_vector.h"
#include "isa.h"
#include "lines.h"
#include "plan.h"
#include "steps.h"

static void plan_cmd(struct qnn_plan *plan, const struct qnn_program *prog, u32 index, u32 isa,
		     u64 *bytes)
{
	const struct qnn_plan scalar = { .kind = QNN_PLAN_SCALAR };
	const struct qnn_cmd *cmd = &prog->cmds[index];

	*plan = scalar;
	switch (cmd->opcode) {
	case QNN_OP_CONV:
	case QNN_OP_FC:
		qnn_plan_conv(plan, cmd, prog->consts, isa, bytes);
		if (cmd->conv.groups > 1 && plan->kind == QNN_PLAN_SCALAR)
			qnn_plan_depthwise(plan, cmd, prog->consts, qnn_isa_ops(isa), bytes);
		break;
	case QNN_OP_ADD:
		qnn_plan_add(plan, cmd, prog->consts, bytes);
		if (plan->kind == QNN_PLAN_SCALAR)
			qnn_plan_pairs(plan, cmd, qnn_isa_ops(isa), bytes);
		break;
	case QNN_OP_MUL:
		qnn_plan_pairs(plan, cmd, qnn_isa_ops(isa), bytes);
		break;
	case QNN_OP_COPY:
		qnn_plan_map(plan, cmd, bytes);
		break;
	case QNN_OP_MAX_POOL:
	case QNN_OP_AVG_POOL:
		qnn_plan_pool(plan, cmd, prog->consts, bytes);
		break;
	default:
		break;
	}
}

static u64 plans_end(const struct qnn_program *prog)
{
	return qnn_align64(sizeof(struct qnn_prepared) +
			   (u64)prog->header->cmd_count * sizeof(struct qnn_plan));
}

/* Constants that planning looks at: an entry for each channel, code books. */
static u32 plan_work(const struct qnn_cmd *cmd)
{
	u32 books = cmd->opcode == QNN_OP_CONV || cmd->opcode == QNN_OP_FC ?
		    QNN_MAX_CODEBOOK : 0;

	return 1 + cmd->out.channels * (1 + books);
}

u64 qnn_prepared_size(const struct qnn_program *prog, u32 isa, qnn_poll_fn poll, void *priv)
{
	struct qnn_poll polled = { poll, priv, 0 };
	u64 bytes = plans_end(prog);
	struct qnn_plan plan;
	int some = 0;
	u32 i;

	if (!qnn_isa_ops(isa))
		return 0;
	for (i = 0; i < prog->header->cmd_count; i++) {
		if (qnn_poll(&polled, plan_work(&prog->cmds[i])))
			return 0;
		plan_cmd(&plan, prog, i, isa, &bytes);
		if (bytes > QNN_MAX_PREPARED)
			return 0;
		some |= plan.kind != QNN_PLAN_SCALAR;
	}
	return some ? bytes : 0;
}

/* Thresholds may turn out to be a line: the plan says how they are kept. */
static int fill_stage(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		      u8 *arrays, struct qnn_poll *poll)
{
	if (plan->stage_kind == QNN_FAST_STEPS)
		return qnn_steps_prepare(cmd, plan, consts, arrays, poll);
	if (plan->stage_kind == QNN_FAST_THRESHOLD && qnn_lines_suit(cmd)) {
		int kind = qnn_lines_prepare(cmd, plan, consts, arrays, poll);

		if (kind < 0)
			return -1;
		plan->stage_kind = (u8)kind;
		if (kind != QNN_FAST_THRESHOLD)
			return 0;
	}
	return qnn_stage_prepare(cmd, plan->stage_kind, plan, consts, arrays, poll);
}

static int fill_conv(struct qnn_plan *plan, const struct qnn_program *prog,
		     const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll,
		     const struct qnn_sparing *sparing)
{
	const u32 isa = ((const struct qnn_prepared *)memory)->isa;
	int signs = plan->signs ? qnn_bits_signs(cmd, prog->consts, poll) : 1;

	if (signs < 0)
		return -1;
	if (!signs)
		qnn_plan_conv_bytes(plan, cmd, prog->consts, isa);
	return plan->planes ? qnn_repack_bits(plan, prog, cmd, memory, poll) :
			      qnn_repack_conv(plan, prog, cmd, memory, poll, sparing);
}

static int fill(struct qnn_plan *plan, const struct qnn_program *prog, u32 index,
		u8 *memory, struct qnn_poll *poll, const struct qnn_sparing *sparing)
{
	const struct qnn_cmd *cmd = &prog->cmds[index];
	u64 spared = sparing && !plan->in_place ? qnn_plan_spare(plan, prog, index) : 0;
	int stopped = 0;

	/* What stands before weights that move is read first. */
	if (plan->in_place)
		stopped = fill_stage(plan, cmd, prog->consts, memory + plan->stage, poll);
	if (stopped)
		return stopped;
	if (plan->kind == QNN_PLAN_DENSE)
		stopped = fill_conv(plan, prog, cmd, memory, poll,
				    spared || plan->in_place ? sparing :
				    (const struct qnn_sparing *)0);
	else if (plan->kind == QNN_PLAN_DEPTHWISE)
		stopped = qnn_repack_depthwise(plan, prog, cmd, memory, poll);
	else if (plan->kind == QNN_PLAN_ADD)
		stopped = qnn_prepare_add(plan, cmd, prog->consts, memory, poll);
	else if (plan->kind == QNN_PLAN_PAIRS)
		stopped = qnn_prepare_pairs(plan, cmd, prog->consts, memory, poll);
	else if (plan->kind == QNN_PLAN_MAP)
		stopped = qnn_prepare_map(plan, cmd, prog->consts, memory, poll);
	if (!stopped && plan->group_padded && !plan->in_place)
		stopped = fill_stage(plan, cmd, prog->consts, memory + plan->stage, poll);
	/* In one piece, where pieces may have left something between them. */
	if (!stopped && spared)
		sparing->spare(sparing->priv, prog->consts + cmd->conv.weight_off, spared);
	return stopped;
}

const struct qnn_prepared *qnn_prepare(const struct qnn_program *prog, u32 isa, void *memory,
				       qnn_poll_fn poll, void *priv)
{
	return qnn_prepare_sparing(prog, isa, memory, poll, priv, (struct qnn_sparing *)0);
}

/* The next command's arrays then follow where the weights would have been. */
static void replace(struct qnn_prepared *p, u32 index, u64 *bytes, struct qnn_sparing *sparing)
{
	struct qnn_plan *plan = &p->plan[index];

	plan->in_place = qnn_plan_replace(p, index, sparing);
	if (!plan->in_place)
		return;
	*bytes = plan->weights;
	sparing->replaced++;
}

const struct qnn_prepared *qnn_prepare_sparing(const struct qnn_program *prog, u32 isa,
					       void *memory, qnn_poll_fn poll, void *priv,
					       struct qnn_sparing *sparing)
{
	struct qnn_poll polled = { poll, priv, 0 };
	struct qnn_prepared *p = memory;
	u64 bytes = plans_end(prog);
	u32 i;

	p->prog = prog;
	p->isa = isa;
	for (i = 0; i < prog->header->cmd_count; i++) {
		struct qnn_plan *plan = &p->plan[i];

		if (qnn_poll(&polled, plan_work(&prog->cmds[i])))
			return (const struct qnn_prepared *)0;
		plan_cmd(plan, prog, i, isa, &bytes);
		if (plan->kind == QNN_PLAN_SCALAR)
			continue;
		if (sparing)
			replace(p, i, &bytes, sparing);
		if (fill(plan, prog, i, memory, &polled, sparing))
			return (const struct qnn_prepared *)0;
	}
	return p;
}

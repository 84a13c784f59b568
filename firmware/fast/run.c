// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Running prepared commands, on one lane or in parts on several. */
#include "fast_depthwise.h"
#include "fast_vector.h"
#include "isa.h"
#include "plan.h"

/* Work below which waking another lane takes longer than doing it. */
#define LEAST_MACS	(1u << 20)
#define LEAST_PIXELS	48u		/* of a part: fewer do not fill tiles */
#define PARTS_PER_LANE	4u		/* so that lanes which come late do less */
#define ELEMENT_MACS	16u		/* that an element of other commands counts */

static int run_kind(const struct qnn_part *part, const struct qnn_cmd *cmd,
		    const struct qnn_plan *plan)
{
	switch (plan->kind) {
	case QNN_PLAN_DENSE:
		return qnn_run_conv_fast(part, cmd, plan);
	case QNN_PLAN_DEPTHWISE:
		return qnn_run_depthwise_fast(part, cmd, plan);
	case QNN_PLAN_ADD:
		return qnn_run_add_fast(part, cmd, plan);
	case QNN_PLAN_PAIRS:
		return qnn_run_pairs(part, cmd, plan);
	default:
		return qnn_run_pool_fast(part, cmd, plan);
	}
}

int qnn_has_plan(const struct qnn_exec *exec, u32 index)
{
	return exec->prepared && exec->prepared->plan[index].kind != QNN_PLAN_SCALAR;
}

static void simd(struct qnn_exec *exec, void (*call)(void *priv))
{
	if (call)
		call(exec->priv);
}

/* Vector code is left before the caller is asked. */
static int ask_outside(void *priv)
{
	struct qnn_exec *exec = priv;
	int stop;

	simd(exec, exec->simd_end);
	stop = exec->poll(exec->priv);
	simd(exec, exec->simd_begin);
	return stop;
}

static struct qnn_poll poll_outside(struct qnn_exec *exec, u32 work)
{
	struct qnn_poll poll = { exec->poll ? ask_outside : (qnn_poll_fn)0, exec, work };

	return poll;
}

static u64 macs_of(const struct qnn_cmd *cmd, const struct qnn_plan *plan)
{
	u64 pixels = (u64)cmd->out.height * cmd->out.width;

	if (plan->kind == QNN_PLAN_DENSE)
		return pixels * plan->group_out * cmd->conv.groups * plan->depth;
	return pixels * cmd->out.channels *
	       (plan->kind == QNN_PLAN_DEPTHWISE ? plan->depth + ELEMENT_MACS : ELEMENT_MACS);
}

/* How a command is cut: into ranges of rows, or of blocks; or not at all. */
struct cut {
	u32 rows;
	u32 blocks;
};

/* Rows as long as parts of them fill tiles; else blocks, which share no weights. */
static struct cut cut_of(const struct qnn_exec *exec, const struct qnn_cmd *cmd,
			 const struct qnn_plan *plan)
{
	u64 parts = (u64)cmd->out.height * cmd->out.width / LEAST_PIXELS;
	const struct cut whole = { 1, 1 };
	struct cut cut = whole;

	if (!exec->share || exec->lanes < 2 || macs_of(cmd, plan) < LEAST_MACS)
		return whole;
	if (parts > exec->lanes * PARTS_PER_LANE)
		parts = exec->lanes * PARTS_PER_LANE;
	cut.rows = min_u32((u32)parts, cmd->out.height);
	if (cut.rows >= exec->lanes)
		return cut;
	cut.rows = 1;
	if (plan->kind == QNN_PLAN_DENSE && qnn_plan_blocks(plan, cmd) >= exec->lanes)
		cut.blocks = exec->lanes;
	else if (cmd->out.height >= exec->lanes)
		cut.rows = exec->lanes;
	return cut;
}

/* What the lanes have in common. */
struct shared {
	struct qnn_exec *exec;
	const struct qnn_cmd *cmd;
	const struct qnn_plan *plan;
	struct cut cut;
	u32 blocks;
	int stopped;		/* by any of them */
};

static u32 start_of(u32 total, u32 part, u32 parts)
{
	return (u32)((u64)total * part / parts);
}

static void run_part(void *arg, u32 number, u32 lane)
{
	struct shared *s = arg;
	struct qnn_exec *exec = s->exec;
	struct qnn_poll poll = poll_outside(exec, 0);
	const u32 row = s->cut.rows > 1 ? number : 0, block = s->cut.blocks > 1 ? number : 0;
	const struct qnn_part part = {
		.exec = exec,
		.poll = &poll,
		.work = (lane ? exec->lane_tile[lane] : exec->tile)->fast,
		.first_row = start_of(s->cmd->out.height, row, s->cut.rows),
		.end_row = start_of(s->cmd->out.height, row + 1, s->cut.rows),
		.first_block = start_of(s->blocks, block, s->cut.blocks),
		.end_block = start_of(s->blocks, block + 1, s->cut.blocks),
	};

	if (__atomic_load_n(&s->stopped, __ATOMIC_RELAXED))
		return;
	simd(exec, exec->simd_begin);
	if (run_kind(&part, s->cmd, s->plan))
		__atomic_store_n(&s->stopped, 1, __ATOMIC_RELAXED);
	simd(exec, exec->simd_end);
}

/* Its work was counted from the last command on, and is for the next one. */
static int run_whole(struct shared *s, struct qnn_poll *poll)
{
	struct qnn_exec *exec = s->exec;
	struct qnn_poll outside = poll_outside(exec, poll->work);
	const struct qnn_part part = {
		.exec = exec,
		.poll = &outside,
		.work = exec->tile->fast,
		.end_row = s->cmd->out.height,
		.end_block = s->blocks,
	};
	int ret;

	simd(exec, exec->simd_begin);
	ret = run_kind(&part, s->cmd, s->plan);
	simd(exec, exec->simd_end);
	poll->work = outside.work;
	return ret;
}

int qnn_run_plan(struct qnn_exec *exec, struct qnn_poll *poll, u32 index)
{
	const struct qnn_cmd *cmd = &exec->prog->cmds[index];
	const struct qnn_plan *plan = &exec->prepared->plan[index];
	struct shared s = {
		.exec = exec, .cmd = cmd, .plan = plan, .cut = cut_of(exec, cmd, plan),
	};

	s.blocks = plan->kind == QNN_PLAN_DENSE ? qnn_plan_blocks(plan, cmd) : 1;
	if (s.cut.rows * s.cut.blocks == 1)
		return run_whole(&s, poll);
	exec->share(exec->priv, run_part, &s, s.cut.rows * s.cut.blocks);
	/* What the lanes had not announced yet. */
	poll->work = QNN_POLL_WORK;
	return s.stopped ? -1 : 0;
}

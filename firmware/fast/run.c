// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Running prepared commands, on one lane or in parts on several. */
#include "fast_depthwise.h"
#include "fast_vector.h"
#include "isa.h"
#include "plan.h"

#define LEAST_PIXELS	48u		/* of a part: fewer do not fill tiles ... */
#define LEAST_MATRIX	192u		/* ... of 16 pixels, of which a few are in vain ... */
#define LEAST_FOR_EACH	96u		/* ... if there is only one part for each lane */
#define PARTS_PER_LANE	2u		/* so that lanes which come late do less */

/*
 * Time in units of 2^-40 s, about a picosecond. Below LEAST_TIME, having another lane
 * take a part takes longer than doing it.
 */
#define LEAST_TIME	(4u << 20)
#define PART_TIME	(2u << 20)
#define OUTPUT_TIME	150u		/* of an element that leaves a convolution */
#define SUM_TIME	160u		/* of an addition */
#define ELEMENT_TIME	300u		/* of other commands */
#define TAP_TIME	12u		/* of a depthwise convolution, for an element */
#define BYTE_TIME	30u		/* of weights that are read once */

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
	case QNN_PLAN_MAP:
		return qnn_run_map(part, cmd, plan);
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

/* A product's time. */
static u32 mac_time(const struct qnn_plan *plan, u32 isa)
{
	if (plan->planes)
		return plan->planes;
	return isa == QNN_ISA_AMX ? 1 : isa == QNN_ISA_AVX2 ? 8 : 3;
}

/* What a command takes on one lane, more or less. */
static u64 time_of(const struct qnn_cmd *cmd, const struct qnn_plan *plan, u32 isa)
{
	u64 pixels = (u64)cmd->out.height * cmd->out.width;
	u64 elements = pixels * cmd->out.channels, weights;

	switch (plan->kind) {
	case QNN_PLAN_DENSE:
		weights = (u64)cmd->out.channels * plan->depth;
		if (pixels == 1)
			return weights * plan->stored_bits / 8 * BYTE_TIME;
		return pixels * weights * mac_time(plan, isa) + elements * OUTPUT_TIME;
	case QNN_PLAN_DEPTHWISE:
		return elements * plan->depth * TAP_TIME;
	case QNN_PLAN_ADD:
		return elements * SUM_TIME;
	default:
		return elements * ELEMENT_TIME;
	}
}

/* How a command is cut: into ranges of rows, or of blocks; or not at all. */
struct cut {
	u32 rows;
	u32 blocks;
};

/* Have lanes about as many blocks of channels each? */
static int shares_blocks(const struct qnn_exec *exec, const struct qnn_cmd *cmd,
			 const struct qnn_plan *plan)
{
	const u32 blocks = qnn_plan_blocks(plan, cmd);

	return blocks >= exec->lanes &&
	       (blocks % exec->lanes == 0 || blocks > 4 * exec->lanes ||
		cmd->out.height < exec->lanes);
}

/* Parts that are worth it, with so many pixels each: one or two for each lane. */
static u32 parts_of(const struct qnn_exec *exec, const struct qnn_cmd *cmd, u64 time,
		    u32 least_pixels)
{
	u64 pixels = (u64)cmd->out.height * cmd->out.width, parts = pixels / least_pixels;
	u64 most = exec->lanes * PARTS_PER_LANE;

	/* One for each: rather than rows that another lane has written. */
	if (parts < exec->lanes && pixels / exec->lanes >= LEAST_FOR_EACH)
		parts = exec->lanes;
	if (time / PART_TIME < most)
		most = time / PART_TIME > exec->lanes ? time / PART_TIME : exec->lanes;
	return (u32)(parts < most ? parts : most);
}

/* Rows as long as parts of them fill tiles; else blocks, which share no weights. */
static struct cut cut_of(const struct qnn_exec *exec, const struct qnn_cmd *cmd,
			 const struct qnn_plan *plan)
{
	const u32 isa = exec->prepared->isa;
	const int matrix = isa == QNN_ISA_AMX && plan->kind == QNN_PLAN_DENSE;
	const u64 time = time_of(cmd, plan, isa);
	const struct cut whole = { 1, 1 };
	struct cut cut = whole;

	if (!exec->share || exec->lanes < 2 || time < LEAST_TIME)
		return whole;
	cut.rows = min_u32(parts_of(exec, cmd, time, matrix ? LEAST_MATRIX : LEAST_PIXELS),
			   cmd->out.height);
	if (cut.rows >= exec->lanes)
		return cut;
	cut.rows = 1;
	if (plan->kind == QNN_PLAN_DENSE && shares_blocks(exec, cmd, plan))
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

/* Where a part of the rows begins: depthwise layers do two at once. */
static u32 row_of(const struct shared *s, u32 part)
{
	u32 row = start_of(s->cmd->out.height, part, s->cut.rows);

	return s->plan->kind == QNN_PLAN_DEPTHWISE && part < s->cut.rows ? row & ~1u : row;
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
		.first_row = row_of(s, row),
		.end_row = row_of(s, row + 1),
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

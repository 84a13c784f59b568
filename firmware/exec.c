// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The command processor. */
#include "fast/plan.h"
#include "mac/tile.h"
#include "ops.h"

#define WORK_PER_CMD	256u	/* units that starting a command counts */

u64 qnn_tile_size(void)
{
	return sizeof(struct qnn_tile);
}

static void account(struct qnn_exec *exec, u32 index, u64 time_ns)
{
	struct qnn_counters cost;

	qnn_cmd_cost(exec->prog, index, &cost);
	exec->done.cycles += cost.cycles;
	exec->done.macs += cost.macs;
	exec->done.bytes_read += cost.bytes_read;
	exec->done.bytes_written += cost.bytes_written;
	if (!exec->layers)
		return;
	exec->layers[index].c = cost;
	exec->layers[index].time_ns = time_ns;
}

static u64 now(const struct qnn_exec *exec)
{
	return exec->layers && exec->clock_ns ? exec->clock_ns(exec->priv) : 0;
}

static int run(struct qnn_exec *exec, struct qnn_poll *poll, u32 index)
{
	const struct qnn_cmd *cmd = &exec->prog->cmds[index];

	if (qnn_has_plan(exec, index))
		return qnn_run_plan(exec, poll, index);
	return qnn_op(cmd->opcode)->run(exec, poll, cmd);
}

int qnn_exec_run(struct qnn_exec *exec)
{
	const struct qnn_counters none = { 0, 0, 0, 0 };
	struct qnn_poll poll = { exec->poll, exec->priv, 0 };
	u32 i;

	exec->done = none;
	for (i = 0; i < exec->prog->header->cmd_count; i++) {
		u64 start = now(exec);

		*(volatile u32 *)&exec->cmd = i;
		if (qnn_poll(&poll, WORK_PER_CMD) ||
		    run(exec, &poll, i))
			return -1;
		account(exec, i, now(exec) - start);
	}
	return 0;
}

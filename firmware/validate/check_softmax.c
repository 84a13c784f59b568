// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Softmax over the channels: 8-bit tensors of one shape, and a table. */
#include "../ops.h"
#include "check.h"

/* exp(0) is as close to 1 as 31 bits allow; all others are fractions, or 0. */
static int check_exps(struct qnn_check *check, u32 offset)
{
	const s32 *exps;
	u32 i;

	if (qnn_check_const(check, "softmax.table_off", offset, 4 * QNN_TABLE_SIZE, 4) ||
	    qnn_check_work(check, QNN_TABLE_SIZE))
		return -1;
	exps = (const s32 *)(check->consts + offset);
	for (i = 0; i < QNN_TABLE_SIZE; i++) {
		if (qnn_check_range(check, QNN_RULE_TABLE, "softmax.table_off", exps[i],
				    i ? 0 : 0x7fffffff, 0x7fffffff))
			return -1;
	}
	return 0;
}

int qnn_check_softmax(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const u32 types = QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8);
	const u32 used = sizeof(cmd->softmax);

	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, types) ||
	    qnn_check_one_input(check, cmd) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, types) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + used, sizeof(cmd->pad) - used) ||
	    qnn_check_out_channels(check, cmd) ||
	    qnn_check_out_size(check, cmd, cmd->in[0].height, cmd->in[0].width) ||
	    qnn_check_overlap(check, cmd, 1, 0) ||
	    check_exps(check, cmd->softmax.table_off))
		return -1;
	return qnn_check_stage(check, cmd, 1u << QNN_STAGE_NONE);
}

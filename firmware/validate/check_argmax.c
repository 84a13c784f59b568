// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The index of the largest channel. */
#include "../ops.h"
#include "check.h"

int qnn_check_argmax(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_TENSOR) ||
	    qnn_check_one_input(check, cmd) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad, sizeof(cmd->pad)) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, "out.channels", cmd->out.channels, 1, 1) ||
	    qnn_check_out_size(check, cmd, cmd->in[0].height, cmd->in[0].width) ||
	    qnn_check_overlap(check, cmd, 1, 0))
		return -1;
	return qnn_check_stage(check, cmd, QNN_STAGES_ACC);
}

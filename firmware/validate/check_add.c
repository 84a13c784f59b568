// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Element-wise addition. */
#include "../ops.h"
#include "check.h"

#define STAGES	(1u << QNN_STAGE_RAW | 1u << QNN_STAGE_REQUANT | 1u << QNN_STAGE_THRESHOLD)

static int check_operands(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_add_desc *a = &cmd->add;

	if (qnn_check_range(check, QNN_RULE_STAGE, "add.rule", a->rule, QNN_ROUND_A,
			    QNN_ROUND_B) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.left_shift", a->left_shift, 0, 20) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.multiplier[0]", a->multiplier[0],
			    0, 0x7fffffff) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.multiplier[1]", a->multiplier[1],
			    0, 0x7fffffff) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.shift[0]", a->shift[0], -31, 30))
		return -1;
	return qnn_check_range(check, QNN_RULE_SCALE, "add.shift[1]", a->shift[1], -31, 30);
}

static int check_shapes(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *a = &cmd->in[0], *b = &cmd->in[1];

	if (qnn_check_range(check, QNN_RULE_SHAPE, "in[1].height", b->height,
			    a->height, a->height) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, "in[1].width", b->width,
			    a->width, a->width) ||
	    qnn_check_range(check, QNN_RULE_SHAPE, "in[1].channels", b->channels,
			    a->channels, a->channels) ||
	    qnn_check_out_channels(check, cmd))
		return -1;
	return qnn_check_out_size(check, cmd, a->height, a->width);
}

int qnn_check_add(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_TENSOR) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_IN1, QNN_TYPES_TENSOR) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + sizeof(cmd->add),
				 sizeof(cmd->pad) - sizeof(cmd->add)) ||
	    check_shapes(check, cmd) || check_operands(check, cmd) ||
	    qnn_check_overlap(check, cmd, 2, 1))
		return -1;
	return qnn_check_stage(check, cmd, STAGES);
}

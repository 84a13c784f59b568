// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Element-wise addition and multiplication. */
#include "../ops.h"
#include "check.h"

static int check_rescale(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_add_desc *a = &cmd->add;

	if (qnn_check_range(check, QNN_RULE_STAGE, "add.rule", a->rule, QNN_ROUND_A,
			    QNN_ROUND_B) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.left_shift", a->left_shift, 0, 20) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.multiplier[0]", a->multiplier[0],
			    -0x7fffffff, 0x7fffffff) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.multiplier[1]", a->multiplier[1],
			    -0x7fffffff, 0x7fffffff) ||
	    qnn_check_range(check, QNN_RULE_SCALE, "add.shift[0]", a->shift[0], -31, 30))
		return -1;
	return qnn_check_range(check, QNN_RULE_SCALE, "add.shift[1]", a->shift[1], -31, 30);
}

/* A dimension of the second operand: that of the first, or one. */
static int check_broadcast(struct qnn_check *check, const char *field, u32 value, u32 full)
{
	if (value == 1)
		return 0;
	return qnn_check_range(check, QNN_RULE_SHAPE, field, value, full, full);
}

static int check_operands(struct qnn_check *check, const struct qnn_cmd *cmd, u32 used)
{
	const struct qnn_tensor_desc *a = &cmd->in[0], *b = &cmd->in[1];

	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_TENSOR) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_IN1, QNN_TYPES_TENSOR) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + used, sizeof(cmd->pad) - used) ||
	    check_broadcast(check, "in[1].height", b->height, a->height) ||
	    check_broadcast(check, "in[1].width", b->width, a->width) ||
	    check_broadcast(check, "in[1].channels", b->channels, a->channels) ||
	    qnn_check_out_channels(check, cmd) ||
	    qnn_check_out_size(check, cmd, a->height, a->width))
		return -1;
	return qnn_check_overlap(check, cmd, 2, 1);
}

int qnn_check_add(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	if (check_operands(check, cmd, sizeof(cmd->add)) || check_rescale(check, cmd))
		return -1;
	return qnn_check_stage(check, cmd, QNN_STAGES_ACC);
}

int qnn_check_mul(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	if (check_operands(check, cmd, 0))
		return -1;
	return qnn_check_stage(check, cmd, QNN_STAGES_ACC);
}

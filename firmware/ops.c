// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "ops.h"

static const struct qnn_op ops[] = {
	[QNN_OP_CONV] = { "conv", qnn_check_conv, qnn_cost_conv, qnn_run_conv },
	[QNN_OP_FC] = { "fc", qnn_check_fc, qnn_cost_conv, qnn_run_conv },
	[QNN_OP_MAX_POOL] = { "max_pool", qnn_check_max_pool, qnn_cost_pool, qnn_run_pool },
	[QNN_OP_AVG_POOL] = { "avg_pool", qnn_check_avg_pool, qnn_cost_pool, qnn_run_pool },
	[QNN_OP_ADD] = { "add", qnn_check_add, qnn_cost_elementwise, qnn_run_elementwise },
	[QNN_OP_MUL] = { "mul", qnn_check_mul, qnn_cost_elementwise, qnn_run_elementwise },
	[QNN_OP_CONV_TRANSPOSE] = {
		"conv_transpose", qnn_check_conv, qnn_cost_conv, qnn_run_conv,
	},
	[QNN_OP_COPY] = { "copy", qnn_check_copy, qnn_cost_copy, qnn_run_copy },
	[QNN_OP_ARGMAX] = { "argmax", qnn_check_argmax, qnn_cost_argmax, qnn_run_argmax },
	[QNN_OP_SOFTMAX] = { "softmax", qnn_check_softmax, qnn_cost_softmax, qnn_run_softmax },
};

const struct qnn_op *qnn_op(u32 opcode)
{
	if (opcode >= sizeof(ops) / sizeof(ops[0]) || !ops[opcode].name)
		return (const struct qnn_op *)0;
	return &ops[opcode];
}

const char *qnn_opcode_name(u32 opcode)
{
	const struct qnn_op *op = qnn_op(opcode);

	return op ? op->name : "unknown";
}

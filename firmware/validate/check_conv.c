// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Convolution, plain and transposed, and fully connected layers. */
#include "../ops.h"
#include "check.h"

static const struct qnn_window_fields rows = {
	"conv.kernel_h", "conv.stride_h", "conv.dilation_h", "conv.pad_top", "conv.pad_bottom",
};

static const struct qnn_window_fields columns = {
	"conv.kernel_w", "conv.stride_w", "conv.dilation_w", "conv.pad_left", "conv.pad_right",
};

static int check_kernel(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	const struct qnn_window h = {
		cmd->in[0].height, c->kernel_h, c->stride_h, c->dilation_h,
		c->pad_top, c->pad_bottom,
	};
	const struct qnn_window w = {
		cmd->in[0].width, c->kernel_w, c->stride_w, c->dilation_w,
		c->pad_left, c->pad_right,
	};
	s64 least_h, least_w, most_h, most_w;
	u32 height, width;

	if (cmd->opcode == QNN_OP_CONV_TRANSPOSE) {
		if (qnn_check_spread(check, &h, &rows, QNN_MAX_CONV_KERNEL, &least_h, &most_h) ||
		    qnn_check_spread(check, &w, &columns, QNN_MAX_CONV_KERNEL, &least_w, &most_w) ||
		    qnn_check_range(check, QNN_RULE_SHAPE, "out.height", cmd->out.height,
				    least_h, most_h))
			return -1;
		return qnn_check_range(check, QNN_RULE_SHAPE, "out.width", cmd->out.width,
				       least_w, most_w);
	}
	if (qnn_check_window(check, &h, &rows, QNN_MAX_CONV_KERNEL, &height) ||
	    qnn_check_window(check, &w, &columns, QNN_MAX_CONV_KERNEL, &width))
		return -1;
	return qnn_check_out_size(check, cmd, height, width);
}

static int check_groups(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	u32 groups = cmd->conv.groups;

	if (qnn_check_range(check, QNN_RULE_GROUPS, "conv.groups", groups, 1,
			    cmd->in[0].channels))
		return -1;
	if (cmd->in[0].channels % groups || cmd->out.channels % groups)
		return qnn_refuse(check, QNN_RULE_GROUPS, "conv.groups", groups, 1);
	return 0;
}

/* Gives the largest magnitude in the code books. */
static int check_codebook(struct qnn_check *check, const struct qnn_cmd *cmd, u64 *reach)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	u32 books = 1, entries, i;
	const s8 *entry;

	if (qnn_check_range(check, QNN_RULE_CODEBOOK, "conv.codebook_channels",
			    c->codebook_channels, 0, cmd->out.channels))
		return -1;
	if (c->codebook_off == QNN_NO_CONST)
		return qnn_refuse(check, QNN_RULE_CODEBOOK, "conv.codebook_off",
				  c->codebook_off, 0);
	if (c->codebook_channels)
		books = (cmd->out.channels + c->codebook_channels - 1) / c->codebook_channels;
	entries = books << qnn_elem_bits(c->weight_type);
	if (qnn_check_const(check, "conv.codebook_off", c->codebook_off, entries, 1))
		return -1;
	entry = (const s8 *)(check->consts + c->codebook_off);
	*reach = 0;
	for (i = 0; i < entries; i++) {
		u64 magnitude = entry[i] < 0 ? -entry[i] : entry[i];

		if (qnn_check_work(check, 1))
			return -1;
		if (magnitude > *reach)
			*reach = magnitude;
	}
	return 0;
}

/* Gives the largest magnitude of a weight less its zero point. */
static int check_weights(struct qnn_check *check, const struct qnn_cmd *cmd, u64 *reach)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	s32 min = 0, max = 0;

	*reach = 0;
	if (!qnn_type_in(c->weight_type, QNN_TYPES_WEIGHT))
		return qnn_refuse(check, QNN_RULE_TYPE, "conv.weight_type", c->weight_type, 0);
	if (qnn_type_in(c->weight_type, QNN_TYPES_NARROW & ~QNN_TYPE_BIT(QNN_ELEM_B1))) {
		min = qnn_element(c->weight_type)->min;
		max = qnn_element(c->weight_type)->max;
	}
	if (qnn_check_range(check, QNN_RULE_ZERO_POINT, "conv.weight_zero_point",
			    c->weight_zero_point, min, max) ||
	    qnn_check_const(check, "conv.weight_off", c->weight_off,
			    (u64)qnn_conv_row_bytes(cmd) * cmd->out.channels, 1))
		return -1;
	if (qnn_type_in(c->weight_type, QNN_TYPES_CODEBOOK))
		return check_codebook(check, cmd, reach);
	*reach = qnn_element_reach(c->weight_type, c->weight_zero_point);
	if (c->codebook_off != QNN_NO_CONST)
		return qnn_refuse(check, QNN_RULE_RESERVED, "conv.codebook_off",
				  c->codebook_off, QNN_NO_CONST);
	return qnn_check_zero(check, "conv.codebook_channels", c->codebook_channels);
}

/* Gives the largest magnitude of a bias. */
static int check_bias(struct qnn_check *check, const struct qnn_cmd *cmd, u64 *reach)
{
	u32 offset = cmd->conv.bias_off, i;
	const s32 *bias;

	*reach = 0;
	if (offset == QNN_NO_CONST)
		return 0;
	if (qnn_check_const(check, "conv.bias_off", offset, 4ull * cmd->out.channels, 4))
		return -1;
	bias = (const s32 *)(check->consts + offset);
	for (i = 0; i < cmd->out.channels; i++) {
		s64 value = bias[i];
		u64 magnitude = (u64)(value < 0 ? -value : value);

		if (qnn_check_work(check, 1))
			return -1;
		if (magnitude > *reach)
			*reach = magnitude;
	}
	return 0;
}

int qnn_check_conv(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	u64 activation, weight, bias;

	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_NARROW) ||
	    qnn_check_one_input(check, cmd) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero(check, "conv.reserved0", c->reserved0) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + sizeof(*c),
				 sizeof(cmd->pad) - sizeof(*c)) ||
	    check_kernel(check, cmd) || check_groups(check, cmd) ||
	    check_weights(check, cmd, &weight) || check_bias(check, cmd, &bias))
		return -1;
	activation = qnn_element_reach(cmd->in[0].type, cmd->in[0].zero_point);
	if (qnn_check_accumulator(check, qnn_conv_taps(cmd), activation, weight, bias) ||
	    qnn_check_overlap(check, cmd, 1, 0))
		return -1;
	return qnn_check_stage(check, cmd, QNN_STAGES_ACC);
}

/* A convolution of one pixel: everything about windows is at its least. */
int qnn_check_fc(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *c = &cmd->conv;
	const u32 kernel = QNN_RULE_KERNEL, shape = QNN_RULE_SHAPE;

	if (qnn_check_range(check, shape, "in[0].height", cmd->in[0].height, 1, 1) ||
	    qnn_check_range(check, shape, "in[0].width", cmd->in[0].width, 1, 1) ||
	    qnn_check_range(check, kernel, rows.kernel, c->kernel_h, 1, 1) ||
	    qnn_check_range(check, kernel, columns.kernel, c->kernel_w, 1, 1) ||
	    qnn_check_range(check, kernel, rows.stride, c->stride_h, 1, 1) ||
	    qnn_check_range(check, kernel, columns.stride, c->stride_w, 1, 1) ||
	    qnn_check_range(check, kernel, rows.dilation, c->dilation_h, 1, 1) ||
	    qnn_check_range(check, kernel, columns.dilation, c->dilation_w, 1, 1) ||
	    qnn_check_range(check, QNN_RULE_GROUPS, "conv.groups", c->groups, 1, 1))
		return -1;
	return qnn_check_conv(check, cmd);
}

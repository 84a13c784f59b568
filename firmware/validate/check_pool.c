// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Pooling layers. */
#include "../ops.h"
#include "check.h"

static const struct qnn_window_fields rows = {
	"pool.kernel_h", "pool.stride_h", "pool.gap_h", "pool.pad_top", "pool.pad_bottom",
};

static const struct qnn_window_fields columns = {
	"pool.kernel_w", "pool.stride_w", "pool.gap_w", "pool.pad_left", "pool.pad_right",
};

static int check_pool(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_pool_desc *p = &cmd->pool;
	const struct qnn_window h = {
		cmd->in[0].height, p->kernel_h, p->stride_h, p->gap_h + 1u,
		p->pad_top, p->pad_bottom,
	};
	const struct qnn_window w = {
		cmd->in[0].width, p->kernel_w, p->stride_w, p->gap_w + 1u,
		p->pad_left, p->pad_right,
	};
	u32 height, width;

	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_NARROW) ||
	    qnn_check_one_input(check, cmd) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + sizeof(*p),
				 sizeof(cmd->pad) - sizeof(*p)) ||
	    qnn_check_out_channels(check, cmd) ||
	    /* So no window can miss the input between two taps. */
	    qnn_check_range(check, QNN_RULE_KERNEL, rows.dilation, p->gap_h, 0, h.in - 1) ||
	    qnn_check_range(check, QNN_RULE_KERNEL, columns.dilation, p->gap_w, 0, w.in - 1) ||
	    qnn_check_window(check, &h, &rows, QNN_MAX_DIM, &height) ||
	    qnn_check_window(check, &w, &columns, QNN_MAX_DIM, &width) ||
	    qnn_check_out_size(check, cmd, height, width))
		return -1;
	return qnn_check_overlap(check, cmd, 1, 0);
}

int qnn_check_max_pool(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	if (check_pool(check, cmd) ||
	    qnn_check_zero(check, "pool.flags", cmd->pool.flags) ||
	    qnn_check_range(check, QNN_RULE_TYPE, "out.type", cmd->out.type,
			    cmd->in[0].type, cmd->in[0].type) ||
	    qnn_check_range(check, QNN_RULE_ZERO_POINT, "out.zero_point",
			    cmd->out.zero_point, cmd->in[0].zero_point,
			    cmd->in[0].zero_point))
		return -1;
	return qnn_check_stage(check, cmd, 1u << QNN_STAGE_NONE);
}

/* Taps inside the input that one output element can have. */
static u64 taps(const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u32 h = cmd->pool.kernel_h < in->height ? cmd->pool.kernel_h : in->height;
	u32 w = cmd->pool.kernel_w < in->width ? cmd->pool.kernel_w : in->width;

	return (u64)h * w;
}

int qnn_check_avg_pool(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	u32 allowed = cmd->stage.kind == QNN_STAGE_MEAN ? QNN_POOL_COUNT_PAD : 0;
	u64 reach;

	if (check_pool(check, cmd))
		return -1;
	if (cmd->pool.flags & ~allowed)
		return qnn_refuse(check, QNN_RULE_RESERVED, "pool.flags",
				  cmd->pool.flags, cmd->pool.flags & allowed);
	reach = qnn_element_reach(cmd->in[0].type, cmd->in[0].zero_point);
	if (qnn_check_accumulator(check, taps(cmd), reach, 1, 0))
		return -1;
	return qnn_check_stage(check, cmd, QNN_STAGES_ACC | 1u << QNN_STAGE_MEAN);
}

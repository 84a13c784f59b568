/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef QNN_FAST_DEPTHWISE_H
#define QNN_FAST_DEPTHWISE_H

#include "plan.h"

void qnn_plan_depthwise(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
			const struct qnn_isa_ops *isa, u64 *bytes);
int qnn_repack_depthwise(const struct qnn_plan *plan, const struct qnn_program *prog,
			 const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll);
int qnn_run_depthwise_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
			   const struct qnn_plan *plan);

/* The channel whose numbers stand at place @at of the prepared arrays. */
u32 qnn_depthwise_order(u32 at);

#endif /* QNN_FAST_DEPTHWISE_H */

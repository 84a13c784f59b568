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

struct qnn_isa_ops;

/* Rows of an input under 3 x 3 taps, and what the kernels take of them. */
struct qnn_depthwise_lines {
	qnn_depthwise_3x3_fn run;
	const struct qnn_isa_ops *isa;
	const u8 *line[4];
	u32 column[3];		/* of the first pixel's taps */
	u32 pixels;		/* of the output */
	u32 left, right;	/* columns of taps that are outside: 0 or 1 */
};

/* fast_depthwise_3x3.c: the kernels for it, or NULL. */
qnn_depthwise_3x3_fn qnn_depthwise_3x3(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
				       const struct qnn_isa_ops *isa);

/* Can they read the input where it is, and write the output there? */
int qnn_depthwise_direct(const struct qnn_cmd *cmd);
int qnn_run_depthwise_direct(const struct qnn_part *part, const struct qnn_cmd *cmd,
			     const struct qnn_plan *plan, struct qnn_depthwise_lines *lines,
			     struct qnn_depthwise_3x3_args *args);

/* fast_depthwise_narrow.c: kernels for few channels that lie so, or NULL. */
qnn_depthwise_narrow_fn qnn_depthwise_narrow(const struct qnn_plan *plan,
					     const struct qnn_cmd *cmd,
					     const struct qnn_isa_ops *isa);
int qnn_run_depthwise_narrow(const struct qnn_part *part, const struct qnn_cmd *cmd,
			     const struct qnn_plan *plan, qnn_depthwise_narrow_fn run,
			     const struct qnn_store *store);

/* One row of the output, or two @code_row bytes apart; -1: stopped. */
int qnn_depthwise_lines(const struct qnn_depthwise_lines *lines,
			struct qnn_depthwise_3x3_args *args, u8 *codes, u64 code_row,
			struct qnn_poll *poll);

#endif /* QNN_FAST_DEPTHWISE_H */

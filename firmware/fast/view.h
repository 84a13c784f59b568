/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* The input of a convolution as the kernels read it. */
#ifndef QNN_VIEW_H
#define QNN_VIEW_H

#include "isa.h"
#include "plan.h"

struct qnn_view {
	const u8 *base;		/* of the first output pixel of the band */
	u64 row_stride;		/* bytes between rows of pixels */
	u32 pixel_stride;
	u32 row_step;		/* between rows of segments */
	u32 column_step;	/* between segments */
};

/*
 * Shows the input of @rows output rows from @first on, of one group. Makes a
 * copy in @work unless the input serves as it is. -1: stopped.
 */
int qnn_view_open(struct qnn_view *view, const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll);

/* The copy alone. */
int qnn_view_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll);

#endif /* QNN_VIEW_H */

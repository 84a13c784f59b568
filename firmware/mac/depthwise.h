/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef QNN_DEPTHWISE_H
#define QNN_DEPTHWISE_H

#include "../poll.h"
#include "grid.h"

/* A convolution with a group for each channel; qnn_run_conv() knows when. */
int qnn_run_depthwise(struct qnn_exec *exec, struct qnn_poll *poll,
		      const struct qnn_cmd *cmd, const struct qnn_grid *grid);

#endif /* QNN_DEPTHWISE_H */

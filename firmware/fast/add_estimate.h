/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef QNN_ADD_ESTIMATE_H
#define QNN_ADD_ESTIMATE_H

#include "fast_vector.h"

/* What a byte of operand @which is worth; one with a sign counts from the smallest. */
s32 qnn_add_worth(const struct qnn_cmd *cmd, u32 which, s32 index);

/*
 * The line that an addition's sums have their codes by, as rounding rule A or C have it
 * only nearly. For scales and thresholds that channels share. 0: none.
 */
int qnn_add_line(const struct qnn_cmd *cmd, const u8 *consts, struct qnn_line *line);

/* Fills in how codes are estimated from that line, or that they are not. -1: stopped. */
int qnn_add_estimate_set(struct qnn_add_estimate *e, const struct qnn_cmd *cmd,
			 const struct qnn_line *line, struct qnn_poll *poll);

#endif /* QNN_ADD_ESTIMATE_H */

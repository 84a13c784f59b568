/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Thresholds that a straight line has: those of layers whose scale a packer has
 * written down as thresholds. How many of them are reached is then a product.
 */
#ifndef QNN_LINES_H
#define QNN_LINES_H

#include "fast_stage.h"

/* @count of them, 1 and more, are reached where (x * multiplier + offset) >> right is. */
struct qnn_line {
	s32 multiplier;
	u32 right;		/* 23 to 53, of a scale up to 62 */
	s64 offset;
};

/* The line of @levels ascending thresholds, 2 and more, that fits into struct qnn_lefts; or 0. */
int qnn_line_find(const s32 *threshold, u32 levels, struct qnn_line *line);

/* The same, or one that misses them by little: @reached is where it has each. 0: none. */
int qnn_line_near(const s32 *threshold, u32 levels, struct qnn_line *line, s32 *reached);

/* Fills the arrays of one vector of channels that share a line; says which kind they are of. */
u32 qnn_line_put(const struct qnn_line *line, u8 *arrays);

/* Is a command's stage worth looking for lines? */
int qnn_lines_suit(const struct qnn_cmd *cmd);

/*
 * Fills the arrays of a command's stage, and says which kind they are of;
 * QNN_FAST_THRESHOLD: they are not filled. -1: stopped.
 */
int qnn_lines_prepare(const struct qnn_cmd *cmd, const struct qnn_plan *plan, const u8 *consts,
		      u8 *arrays, struct qnn_poll *poll);

#endif /* QNN_LINES_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Commands of the vector unit, with that of the machine. */
#ifndef QNN_FAST_VECTOR_H
#define QNN_FAST_VECTOR_H

#include "element.h"
#include "isa.h"
#include "lines.h"
#include "plan.h"

static inline int qnn_same_shape(const struct qnn_tensor_desc *a, const struct qnn_tensor_desc *b)
{
	return a->height == b->height && a->width == b->width && a->channels == b->channels;
}

/* Has a row nothing between its pixels, nor within? */
static inline int qnn_is_dense(const struct qnn_tensor_desc *t)
{
	return t->pixel_stride * 8 == t->channels * qnn_elem_bits(t->type);
}

void qnn_plan_add(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts, u64 *bytes);
/* -1: stopped. */
int qnn_prepare_add(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		    u8 *memory, struct qnn_poll *poll);
/* Are its operands, and what becomes of them, bytes of one shape? */
int qnn_add_suits(const struct qnn_cmd *cmd);
/* Of a table of pairs, in whose place it comes: one whose sums have all their codes by a line. */
int qnn_prepare_add_line(struct qnn_plan *plan, const struct qnn_cmd *cmd,
			 const struct qnn_line *line, u8 *memory, struct qnn_poll *poll);
int qnn_run_add_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		     const struct qnn_plan *plan);

void qnn_plan_pairs(struct qnn_plan *plan, const struct qnn_cmd *cmd,
		    const struct qnn_isa_ops *isa, u64 *bytes);
int qnn_prepare_pairs(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		      u8 *memory, struct qnn_poll *poll);
int qnn_run_pairs(const struct qnn_part *part, const struct qnn_cmd *cmd,
		  const struct qnn_plan *plan);

/* Values of an input in ascending order: bytes as they are, others from 0 on. */
static inline u32 qnn_value_count(const struct qnn_tensor_desc *t)
{
	return t->type == QNN_ELEM_B1 ? 2 : 1u << qnn_elem_bits(t->type);
}

static inline s32 qnn_value_of(const struct qnn_tensor_desc *t, u32 i)
{
	if (t->type == QNN_ELEM_B1)
		return 2 * (s32)i - 1;
	return qnn_element(t->type)->min + (s32)i - t->zero_point;
}

/* What stands for it in a stretch of bytes. */
static inline u32 qnn_index_of(const struct qnn_tensor_desc *t, u32 i)
{
	if (t->type == QNN_ELEM_S8)
		return (i - 128) & 0xff;
	return t->type == QNN_ELEM_B1 ? 2 * i : i;
}

/* Copies of every element to its own place, by a table of what becomes of each value. */
void qnn_plan_map(struct qnn_plan *plan, const struct qnn_cmd *cmd, u64 *bytes);
int qnn_prepare_map(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		    u8 *memory, struct qnn_poll *poll);
int qnn_run_map(const struct qnn_part *part, const struct qnn_cmd *cmd,
		const struct qnn_plan *plan);

void qnn_plan_pool(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts, u64 *bytes);
int qnn_run_pool_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		      const struct qnn_plan *plan);

#endif /* QNN_FAST_VECTOR_H */

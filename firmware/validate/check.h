/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * The validator's tools. Every function that returns int returns 0, or -1 after
 * it has filled the diagnosis.
 */
#ifndef QNN_CHECK_H
#define QNN_CHECK_H

#include "../element.h"
#include "../poll.h"

struct qnn_check {
	const struct qnn_program_header *header;
	const struct qnn_region_desc *regions;
	const struct qnn_cmd *cmds;
	const u8 *consts;
	struct qnn_diag *diag;
	struct qnn_poll poll;
	u32 cmd;			/* the one being checked */
	u32 used[QNN_MAX_REGIONS];	/* QNN_ACCESS_* by commands so far */
};

/* check.c */
int qnn_refuse(struct qnn_check *check, u32 rule, const char *field, s64 value,
	       s64 limit);
int qnn_check_work(struct qnn_check *check, u32 units);
int qnn_check_range(struct qnn_check *check, u32 rule, const char *field,
		    s64 value, s64 min, s64 max);
/* An unused field; an unused structure. */
int qnn_check_zero(struct qnn_check *check, const char *field, s64 value);
int qnn_check_zero_bytes(struct qnn_check *check, const char *field,
			 const void *bytes, u32 size);
/* @size bytes of constants at @offset. */
int qnn_check_const(struct qnn_check *check, const char *field, u32 offset,
		    u64 size, u32 align);
/* |acc| <= bias + depth * activation * weight, the largest magnitudes. */
int qnn_check_accumulator(struct qnn_check *check, u64 depth, u64 activation,
			  u64 weight, u64 bias);

/* check_tensor.c */
enum qnn_tensor_role { QNN_TENSOR_IN0, QNN_TENSOR_IN1, QNN_TENSOR_OUT };

int qnn_check_tensor(struct qnn_check *check, const struct qnn_cmd *cmd,
		     enum qnn_tensor_role role, u32 types);
/* The second input of a command that has only one. */
int qnn_check_one_input(struct qnn_check *check, const struct qnn_cmd *cmd);
int qnn_check_out_size(struct qnn_check *check, const struct qnn_cmd *cmd,
		       u32 height, u32 width);
int qnn_check_out_channels(struct qnn_check *check, const struct qnn_cmd *cmd);
/* @in_place: the output may be exactly an input. */
int qnn_check_overlap(struct qnn_check *check, const struct qnn_cmd *cmd,
		      u32 inputs, int in_place);
/* Largest |value - zero_point| that a tensor's elements can have. */
u64 qnn_element_reach(u32 type, s32 zero_point);

/* Stages of all commands that produce an accumulator. */
#define QNN_STAGES_ACC \
	(1u << QNN_STAGE_RAW | 1u << QNN_STAGE_REQUANT | \
	 1u << QNN_STAGE_THRESHOLD | 1u << QNN_STAGE_TABLE)

/* check_stage.c: @kinds has a bit for each enum qnn_stage allowed. */
int qnn_check_stage(struct qnn_check *check, const struct qnn_cmd *cmd,
		    u32 kinds);

/* check.c: one axis of a window that moves over an input. */
struct qnn_window {
	u32 in;
	u32 kernel;
	u32 stride;
	u32 dilation;
	u32 pad_before;
	u32 pad_after;
};

struct qnn_window_fields {
	const char *kernel;
	const char *stride;
	const char *dilation;
	const char *pad_before;
	const char *pad_after;
};

/* Also gives the number of positions, at least one. */
int qnn_check_window(struct qnn_check *check, const struct qnn_window *window,
		     const struct qnn_window_fields *fields, u32 max, u32 *out);

/* Transposed: gives the least number of positions, and the most. */
int qnn_check_spread(struct qnn_check *check, const struct qnn_window *window,
		     const struct qnn_window_fields *fields, u32 max, s64 *least, s64 *most);

#endif /* QNN_CHECK_H */

/* SPDX-License-Identifier: MIT */
/*
 * Build program images in memory, for tests.
 *
 *	struct qnn_prog *p = qnn_prog_new();
 *	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
 *	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
 *
 *	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 8, 8, 16);
 *	c->conv.kernel_h = c->conv.kernel_w = 3;
 *	c->conv.weight_type = QNN_ELEM_S4;
 *	c->conv.weight_off = qnn_prog_const(p, w, sizeof(w), 1);
 *	qnn_prog_out(c, out, QNN_ELEM_S8, 32);
 *	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -7);
 *	image = qnn_prog_finish(p, &size);
 *
 * Nothing is checked: a test that wants a bad program writes one. Running out
 * of memory is remembered, and qnn_prog_finish() then returns NULL.
 */
#ifndef QNN_PROG_H
#define QNN_PROG_H

#include <stddef.h>

#include "qnn_program.h"

struct qnn_prog;

/* NULL when memory is short. */
struct qnn_prog *qnn_prog_new(void);
void qnn_prog_free(struct qnn_prog *prog);

/*
 * Add a region and return its number. @size 0: qnn_prog_finish() makes it just
 * large enough for the tensors in it. The access mode is always derived from
 * the commands; a test for another one patches the image.
 */
u8 qnn_prog_region(struct qnn_prog *prog, u64 size);

/*
 * Copy @size bytes into the constants at a multiple of @align, return their
 * offset. @data may be NULL: zero bytes.
 */
u32 qnn_prog_const(struct qnn_prog *prog, const void *data, size_t size,
		   u32 align);

/*
 * Add a command: all zero except that kernels, strides, dilations and groups
 * are 1, absent constants are QNN_NO_CONST, an ADD has multipliers of one half
 * shifted left by one (that is, 1.0) under rule B, a COPY leaves each element
 * where it is, and the stage is RAW (NONE for MAX_POOL, COPY and SOFTMAX). The
 * pointer is valid until the next qnn_prog_cmd() or qnn_prog_finish().
 */
struct qnn_cmd *qnn_prog_cmd(struct qnn_prog *prog, u32 opcode);

/* A tensor without gaps at offset 0 of a region, zero point 0. */
struct qnn_tensor_desc qnn_prog_tensor(u8 region, u32 type, u32 height,
				       u32 width, u32 channels);

/* Bytes from the start of the region to the tensor's last byte plus one. */
u64 qnn_prog_tensor_end(const struct qnn_tensor_desc *tensor);

/*
 * Set the command's output: height and width follow from in[0] and the
 * kernel; CONV_TRANSPOSE without output padding, COPY as its input. @channels
 * 0: those of in[0]; ARGMAX always has one. @type QNN_ELEM_NONE: that of in[0],
 * with its zero point.
 */
void qnn_prog_out(struct qnn_cmd *cmd, u8 region, u32 type, u32 channels);

/* Bytes of one output channel's weights, and of all of them. */
u32 qnn_prog_weight_row(const struct qnn_cmd *cmd);
u32 qnn_prog_weight_bytes(const struct qnn_cmd *cmd);

/*
 * REQUANT with one multiplier for all channels; @scale is the multiplier of
 * rules A and B, the float's bits for rule C (@shift unused). The clamp is the
 * whole range of the output type, so set the output first.
 */
void qnn_prog_requant(struct qnn_prog *prog, struct qnn_cmd *cmd, u32 rule,
		      u32 scale, int shift);

/* The range of an element's code: 0 to 1 for QNN_ELEM_B1. */
s32 qnn_prog_type_min(u32 type);
s32 qnn_prog_type_max(u32 type);
u32 qnn_prog_type_bits(u32 type);	/* weights too */

/*
 * Lay out the image; free() it. The builder can be added to and finished
 * again. NULL when memory was short.
 */
void *qnn_prog_finish(struct qnn_prog *prog, size_t *size);

#endif /* QNN_PROG_H */

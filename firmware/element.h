/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the device knows about each element and weight type. */
#ifndef QNN_ELEMENT_H
#define QNN_ELEMENT_H

#include "qnn_device.h"

#define QNN_TYPE_BIT(type)	(1u << (type))

/* Sets of types, for checks. */
#define QNN_TYPES_CODEBOOK \
	(QNN_TYPE_BIT(QNN_WEIGHT_CB1) | QNN_TYPE_BIT(QNN_WEIGHT_CB2) | \
	 QNN_TYPE_BIT(QNN_WEIGHT_CB3) | QNN_TYPE_BIT(QNN_WEIGHT_CB4) | \
	 QNN_TYPE_BIT(QNN_WEIGHT_CB5))
#define QNN_TYPES_NARROW \
	(QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8) | \
	 QNN_TYPE_BIT(QNN_ELEM_S4) | QNN_TYPE_BIT(QNN_ELEM_U4) | \
	 QNN_TYPE_BIT(QNN_ELEM_S2) | QNN_TYPE_BIT(QNN_ELEM_U2) | \
	 QNN_TYPE_BIT(QNN_ELEM_B1))
#define QNN_TYPES_TENSOR	(QNN_TYPES_NARROW | QNN_TYPE_BIT(QNN_ELEM_S32))
#define QNN_TYPES_WEIGHT	(QNN_TYPES_NARROW | QNN_TYPES_CODEBOOK)

/*
 * The codes of a type are the integers that its bits stand for, except for
 * bipolar elements: there a code is the bit, 0 or 1, and the value 2 * code - 1.
 */
struct qnn_element {
	const char *name;
	s32 min;		/* code */
	s32 max;
	u32 bits;
};

/* NULL: no such type. */
const struct qnn_element *qnn_element(u32 type);

static inline int qnn_type_in(u32 type, u32 set)
{
	return type < 32 && (set & QNN_TYPE_BIT(type));
}

/* Bytes that one pixel's elements take. */
static inline u32 qnn_pixel_bytes(const struct qnn_tensor_desc *t)
{
	return (t->channels * qnn_elem_bits(t->type) + 7) / 8;
}

/* Same for all pixels of a tensor, without what its strides skip. */
static inline u64 qnn_tensor_bytes(const struct qnn_tensor_desc *t)
{
	return (u64)t->height * t->width * qnn_pixel_bytes(t);
}

/* Weights of one output channel. */
static inline u32 qnn_conv_depth(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *conv = &cmd->conv;

	return (u32)conv->kernel_h * conv->kernel_w *
	       ((u32)cmd->in[0].channels / conv->groups);
}

/* Bytes of the weights of one output channel. */
static inline u32 qnn_conv_row_bytes(const struct qnn_cmd *cmd)
{
	u64 bits = (u64)qnn_conv_depth(cmd) * qnn_elem_bits(cmd->conv.weight_type);

	return (u32)((bits + 7) / 8);
}

/*
 * Transposed convolution: an output row meets those rows of the kernel only
 * that are a multiple of this apart.
 */
static inline u32 qnn_tap_period(u32 stride, u32 dilation)
{
	u32 a = stride, b = dilation;

	while (b) {
		u32 rest = a % b;

		a = b;
		b = rest;
	}
	return stride / a;
}

/* Products that can meet in one output element, at most. */
static inline u32 qnn_conv_taps(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *conv = &cmd->conv;
	u32 period_h = 1, period_w = 1;

	if (cmd->opcode == QNN_OP_CONV_TRANSPOSE) {
		period_h = qnn_tap_period(conv->stride_h, conv->dilation_h);
		period_w = qnn_tap_period(conv->stride_w, conv->dilation_w);
	}
	return (conv->kernel_h + period_h - 1) / period_h *
	       ((conv->kernel_w + period_w - 1) / period_w) *
	       ((u32)cmd->in[0].channels / conv->groups);
}

#endif /* QNN_ELEMENT_H */

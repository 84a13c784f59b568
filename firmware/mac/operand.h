/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Where a convolution's operands come from. */
#ifndef QNN_OPERAND_H
#define QNN_OPERAND_H

#include "unpack.h"

/* Reads weights channel by channel; knows which code book it has at hand. */
struct qnn_weights {
	const struct qnn_conv_desc *desc;
	const u8 *consts;
	u32 row_bytes;
	u32 book;
	struct qnn_unpacker unpacker;
};

void qnn_weights_init(struct qnn_weights *w, const struct qnn_cmd *cmd,
		      const u8 *consts);

/* @taps weights of a channel from @tap on, less their zero point. */
void qnn_weights_read(struct qnn_weights *w, u32 channel, u32 tap, u32 taps,
		      s16 *dst);

/* Biases of @count channels from @channel on. */
void qnn_bias_read(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		   u32 count, s32 *dst);

/* Where the window of an output pixel starts in the input, padding included. */
struct qnn_origin {
	s32 y;
	s32 x;
};

static inline struct qnn_origin qnn_conv_origin(const struct qnn_cmd *cmd, u32 pixel)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	struct qnn_origin origin = {
		(s32)(pixel / cmd->out.width * d->stride_h) - d->pad_top,
		(s32)(pixel % cmd->out.width * d->stride_w) - d->pad_left,
	};

	return origin;
}

/*
 * The input pixel under kernel tap (@ky, @kx); NULL where that is outside of
 * the input.
 */
static inline const u8 *qnn_conv_source(const struct qnn_cmd *cmd, const u8 *in,
					struct qnn_origin origin, u32 ky, u32 kx)
{
	s32 y = origin.y + (s32)(ky * cmd->conv.dilation_h);
	s32 x = origin.x + (s32)(kx * cmd->conv.dilation_w);

	if (y < 0 || y >= cmd->in[0].height || x < 0 || x >= cmd->in[0].width)
		return (const u8 *)0;
	return in + (u64)y * cmd->in[0].row_stride + (u64)x * cmd->in[0].pixel_stride;
}

#endif /* QNN_OPERAND_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Where a convolution's operands come from. */
#ifndef QNN_OPERAND_H
#define QNN_OPERAND_H

#include "grid.h"
#include "unpack.h"

/* Reads weights channel by channel; knows which code book it has at hand. */
struct qnn_weights {
	const struct qnn_conv_desc *desc;
	const struct qnn_grid *grid;
	const u8 *consts;
	u32 row_bytes;
	u32 group_in;		/* input channels of a group */
	int whole;		/* the grid has all taps of the kernel */
	u32 book;
	struct qnn_unpacker unpacker;
};

void qnn_weights_init(struct qnn_weights *w, const struct qnn_cmd *cmd,
		      const struct qnn_grid *grid, const u8 *consts);

/*
 * @taps weights of a channel from @tap on, less their zero point: for each tap
 * of the grid, those of the group's input channels.
 */
void qnn_weights_read(struct qnn_weights *w, u32 channel, u32 tap, u32 taps,
		      s16 *dst);

/* Biases of @count channels from @channel on. */
void qnn_bias_read(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		   u32 count, s32 *dst);

#endif /* QNN_OPERAND_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Which taps of a kernel meet which pixels of the input. A convolution is one
 * grid. A transposed one has a grid for each remainder of the output's row and
 * column by the strides: within it, all outputs meet the same taps.
 */
#ifndef QNN_GRID_H
#define QNN_GRID_H

#include "qnn_device.h"

/*
 * The outputs first, first + step, ... and the taps tap, tap + tap_step, ...
 * of the kernel: output number p and tap number t of those meet the input at
 * origin + p * stride + t * dilation.
 */
struct qnn_axis {
	u32 first;
	u32 step;
	u32 count;
	u32 tap;
	u32 tap_step;
	u32 taps;
	s32 origin;
	s32 stride;
	s32 dilation;
};

struct qnn_grid {
	struct qnn_axis y;
	struct qnn_axis x;
};

#define QNN_GRID_WORK	1024u	/* units that finding out about a grid counts */

u32 qnn_grid_count(const struct qnn_cmd *cmd);
void qnn_grid_init(struct qnn_grid *grid, const struct qnn_cmd *cmd, u32 index);

static inline u32 qnn_grid_pixels(const struct qnn_grid *grid)
{
	return grid->y.count * grid->x.count;
}

/* Output pixel number @pixel of the grid. */
static inline u8 *qnn_grid_output(const struct qnn_grid *grid, const struct qnn_cmd *cmd,
				  u8 *out, u32 pixel)
{
	u32 y = grid->y.first + pixel / grid->x.count * grid->y.step;
	u32 x = grid->x.first + pixel % grid->x.count * grid->x.step;

	return out + (u64)y * cmd->out.row_stride + (u64)x * cmd->out.pixel_stride;
}

/* Where the taps of an output pixel start in the input, padding included. */
struct qnn_origin {
	s32 y;
	s32 x;
};

static inline struct qnn_origin qnn_grid_origin(const struct qnn_grid *grid, u32 pixel)
{
	struct qnn_origin origin = {
		grid->y.origin + (s32)(pixel / grid->x.count) * grid->y.stride,
		grid->x.origin + (s32)(pixel % grid->x.count) * grid->x.stride,
	};

	return origin;
}

/*
 * The input pixel under tap number (@ty, @tx); NULL where that is outside of
 * the input.
 */
static inline const u8 *qnn_grid_source(const struct qnn_grid *grid, const struct qnn_cmd *cmd,
					const u8 *in, struct qnn_origin origin, u32 ty, u32 tx)
{
	s32 y = origin.y + (s32)ty * grid->y.dilation;
	s32 x = origin.x + (s32)tx * grid->x.dilation;

	if (y < 0 || y >= cmd->in[0].height || x < 0 || x >= cmd->in[0].width)
		return (const u8 *)0;
	return in + (u64)y * cmd->in[0].row_stride + (u64)x * cmd->in[0].pixel_stride;
}

#endif /* QNN_GRID_H */

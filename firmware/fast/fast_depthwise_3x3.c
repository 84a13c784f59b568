// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution of 3 x 3 taps, row by row or two rows at once. An input of
 * bytes is read where it is: what surrounds it is known to the kernels, and there is
 * a line of it for rows that are above or below.
 */
#include "fast_depthwise.h"
#include "element.h"
#include "isa.h"

#define WORK_SHARE	2u		/* products per unit of work */
#define FILL_SHARE	16u		/* bytes of a line ... */
#define CHANNEL_WORK	4u		/* for each channel */
#define PIECE		(128u << 10)	/* products between two polls ... */
#define BLOCKS		128u		/* ... in so many blocks at most */
#define TAPS		12u		/* with those that fill up the fours */


/* How far the last pixel's taps reach beyond the row of the input. */
static s32 beyond(const struct qnn_cmd *cmd)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	s32 last = (s32)((cmd->out.width - 1u) * d->stride_w) + 2 - d->pad_left;

	return last - (s32)cmd->in[0].width + 1;
}

qnn_depthwise_3x3_fn qnn_depthwise_3x3(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
				       const struct qnn_isa_ops *isa)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	if (!isa->depthwise_3x3 || d->kernel_h != 3 || d->kernel_w != 3 || d->dilation_w != 1 ||
	    d->stride_w > 2 || plan->view.channels % QNN_BLOCK)
		return (qnn_depthwise_3x3_fn)0;
	return isa->depthwise_3x3[plan->stage_kind];
}

int qnn_depthwise_direct(const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;

	return (in->type == QNN_ELEM_U8 || in->type == QNN_ELEM_S8) &&
	       in->pixel_stride == in->channels && qnn_elem_bits(out->type) == 8 &&
	       out->pixel_stride == out->channels && cmd->conv.pad_left <= 1 &&
	       beyond(cmd) <= 1;
}

/* All blocks of a stretch of pixels. */
static int run_blocks(struct qnn_depthwise_3x3_args *args, qnn_depthwise_3x3_fn run,
		      struct qnn_poll *poll)
{
	const u32 blocks = (args->channels + QNN_BLOCK - 1) / QNN_BLOCK;
	const u32 work = args->rows * args->pixels * TAPS / WORK_SHARE + CHANNEL_WORK;
	u32 block;

	for (block = 0; block < blocks; block = args->end_block) {
		args->first_block = block;
		args->end_block = min_u32(block + BLOCKS, blocks);
		if (qnn_poll(poll, (args->end_block - block) * QNN_BLOCK * work))
			return -1;
		run(args);
	}
	return 0;
}

int qnn_depthwise_lines(const struct qnn_depthwise_lines *lines,
			struct qnn_depthwise_3x3_args *args, u8 *codes, u64 code_row,
			struct qnn_poll *poll)
{
	const u32 channels = min_u32(args->channels, BLOCKS * QNN_BLOCK);
	const u32 most = PIECE / (TAPS * channels) + 1, count = args->rows == 2 ? 4 : 3;
	u32 x, y;

	for (x = 0; x < lines->pixels; x += args->pixels) {
		const u32 left = lines->left && !x;
		const u64 at = (u64)x * args->step - (x ? lines->left * (u64)args->channels : 0);

		args->pixels = min_u32(lines->pixels - x, most);
		args->left = left;
		args->right = lines->right && x + args->pixels == lines->pixels;
		for (y = 0; y < 3; y++)
			args->column[y] = lines->column[y] - (y ? left * args->channels : 0);
		for (y = 0; y < count; y++)
			args->line[y] = lines->line[y] + at;
		for (; y < 4; y++)
			args->line[y] = args->line[0];
		for (y = 0; y < args->rows; y++)
			args->codes[y] = codes + y * code_row + (u64)x * args->code_step;
		if (run_blocks(args, lines->run, poll))
			return -1;
	}
	return 0;
}

int qnn_run_depthwise_direct(const struct qnn_part *part, const struct qnn_cmd *cmd,
			     const struct qnn_plan *plan, struct qnn_depthwise_lines *lines,
			     struct qnn_depthwise_3x3_args *args)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const u8 *src = (const u8 *)part->exec->region[in->region] + in->offset;
	u8 *dst = (u8 *)part->exec->region[out->region] + out->offset;
	const struct qnn_conv_desc *d = &cmd->conv;
	const u32 most = d->stride_h == 1 && d->stride_w == 1 && d->dilation_h == 1 ? 2 : 1;
	u32 y, i;

	lines->left = d->pad_left;
	lines->right = beyond(cmd) == 1;
	for (i = 0; i < 3; i++)
		lines->column[i] = i * in->channels;
	args->flip = (in->type == QNN_ELEM_S8 ? 0x80 : 0) ^ lines->isa->turn;
	args->channels = in->channels;
	args->step = d->stride_w * in->channels;
	args->code_step = out->channels;
	if (qnn_poll(part->poll, (u32)plan->view.row_bytes / FILL_SHARE + 1))
		return -1;
	lines->isa->fill(part->work, (u32)plan->view.row_bytes, args->fill ^ args->flip);
	for (y = part->first_row; y < part->end_row; y += args->rows) {
		args->rows = min_u32(part->end_row - y, most);
		for (i = 0; i < 4; i++) {
			s32 at = (s32)(y * d->stride_h + i * d->dilation_h) - d->pad_top;

			lines->line[i] = at < 0 || at >= in->height ? part->work :
					 src + (u64)(u32)at * in->row_stride;
		}
		if (qnn_depthwise_lines(lines, args, dst + (u64)y * out->row_stride,
					out->row_stride, part->poll))
			return -1;
	}
	return 0;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Depthwise convolution of 3 x 3 taps and few channels: the input is read where it is. */
#include "fast_depthwise.h"
#include "element.h"
#include "isa.h"

#define TAP_WORK	6u		/* for each byte, whose four taps are a product or two */
#define PIECE		8192u		/* bytes between two polls, a multiple of 64 */

qnn_depthwise_narrow_fn qnn_depthwise_narrow(const struct qnn_plan *plan,
					     const struct qnn_cmd *cmd,
					     const struct qnn_isa_ops *isa)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 channels = in->channels;

	if (!isa->depthwise_narrow || d->kernel_h != 3 || d->kernel_w != 3 ||
	    d->dilation_w != 1 || d->stride_w > 2 ||
	    (channels != 8 && channels != 16 && channels != 32) ||
	    (in->type != QNN_ELEM_U8 && in->type != QNN_ELEM_S8) ||
	    in->pixel_stride != channels || qnn_elem_bits(out->type) != 8 ||
	    out->pixel_stride != channels)
		return (qnn_depthwise_narrow_fn)0;
	return isa->depthwise_narrow[plan->stage_kind];
}

static int run_rows(struct qnn_depthwise_narrow_args *args, u32 bytes,
		    qnn_depthwise_narrow_fn run, struct qnn_poll *poll)
{
	for (args->from = 0; args->from < bytes; args->from = args->end) {
		args->end = min_u32(args->from + PIECE, bytes);
		if (qnn_poll(poll, args->rows * (args->end - args->from) * TAP_WORK))
			return -1;
		run(args);
	}
	return 0;
}

int qnn_run_depthwise_narrow(const struct qnn_part *part, const struct qnn_cmd *cmd,
			     const struct qnn_plan *plan, qnn_depthwise_narrow_fn run,
			     const struct qnn_store *store)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const u8 *memory = (const u8 *)part->exec->prepared;
	const u8 *src = (const u8 *)part->exec->region[in->region] + in->offset;
	u8 *dst = (u8 *)part->exec->region[out->region] + out->offset;
	const struct qnn_conv_desc *d = &cmd->conv;
	const u32 most = d->stride_h * d->stride_w == 1 && d->dilation_h == 1 ? 2 : 1;
	struct qnn_depthwise_narrow_args args = {
		.stride = d->stride_w,
		.left = d->pad_left,
		.channels = in->channels,
		.fill = plan->view.fill,
		.flip = in->type == QNN_ELEM_S8 ? 0x80 : 0,
		.weights = (const s8 *)memory + plan->weights,
		.bias = (const s32 *)(memory + plan->bias),
		.weight_zero = plan->weight_zero,
		.store = store,
	};
	u32 y, i;

	for (y = part->first_row; y < part->end_row; y += args.rows) {
		args.rows = min_u32(part->end_row - y, most);
		for (i = 0; i < 4; i++) {
			s32 at = (s32)(y * d->stride_h + i * d->dilation_h) - d->pad_top;
			int there = at >= 0 && at < in->height;

			args.line[i] = there ? src + (u64)(u32)at * in->row_stride : src;
			args.line_bytes[i] = there ? (u32)in->width * in->channels : 0;
		}
		for (i = 0; i < args.rows; i++)
			args.codes[i] = dst + (u64)(y + i) * out->row_stride;
		if (run_rows(&args, (u32)out->width * out->channels, run, part->poll))
			return -1;
	}
	return 0;
}

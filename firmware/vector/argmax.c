// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The index of the largest channel of each pixel. */
#include "../element.h"
#include "../mac/tile.h"
#include "../mac/unpack.h"
#include "../ops.h"
#include "../stage/stage.h"

struct argmax {
	const struct qnn_tensor_desc *in;
	struct qnn_vector_tile *tile;
	struct qnn_poll *poll;
	struct qnn_unpacker unpacker;
};

static int find(const struct argmax *a, const u8 *pixel, s32 *index)
{
	const s32 *wide = (const s32 *)pixel;
	u32 channel, count, i;
	s32 largest = 0;

	for (channel = 0; channel < a->in->channels; channel += count) {
		count = a->in->channels - channel;
		count = count < QNN_LINE ? count : QNN_LINE;
		if (qnn_poll(a->poll, count))
			return -1;
		if (a->in->type != QNN_ELEM_S32)
			qnn_unpack(&a->unpacker, pixel, channel, count, a->tile->line);
		for (i = 0; i < count; i++) {
			s32 value = a->in->type == QNN_ELEM_S32 ? wide[channel + i] :
								  a->tile->line[i];

			/* The first of equals stays. */
			if (channel + i && value <= largest)
				continue;
			largest = value;
			*index = (s32)(channel + i);
		}
	}
	return 0;
}

int qnn_run_argmax(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const u8 *src = (const u8 *)exec->region[in->region] + in->offset;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	struct argmax a = { .in = in, .tile = &exec->tile->vector, .poll = poll };
	u32 y, x;

	if (in->type != QNN_ELEM_S32)
		qnn_unpacker_init(&a.unpacker, in->type, 0);
	for (y = 0; y < out->height; y++) {
		for (x = 0; x < out->width; x++) {
			s32 index = 0;

			if (find(&a, src + (u64)y * in->row_stride + (u64)x * in->pixel_stride,
				 &index))
				return -1;
			qnn_stage_store(cmd, exec->prog->consts,
					dst + (u64)y * out->row_stride +
					(u64)x * out->pixel_stride, 0, 1, &index);
		}
	}
	return 0;
}

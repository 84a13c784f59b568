// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "../element.h"
#include "operand.h"

#define NO_BOOK	0xffffffffu

void qnn_weights_init(struct qnn_weights *w, const struct qnn_cmd *cmd,
		      const struct qnn_grid *grid, const u8 *consts)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	w->desc = d;
	w->grid = grid;
	w->consts = consts;
	w->group_in = cmd->in[0].channels / d->groups;
	w->whole = grid->y.taps == d->kernel_h && grid->x.taps == d->kernel_w;
	w->row_bytes = qnn_conv_row_bytes(cmd);
	w->book = NO_BOOK;
	if (!qnn_type_in(d->weight_type, QNN_TYPES_CODEBOOK))
		qnn_unpacker_init(&w->unpacker, d->weight_type, d->weight_zero_point);
}

static void open_book(struct qnn_weights *w, u32 channel)
{
	const struct qnn_conv_desc *d = w->desc;
	u32 book = d->codebook_channels ? channel / d->codebook_channels : 0;
	const s8 *books = (const s8 *)(w->consts + d->codebook_off);

	if (book == w->book)
		return;
	w->book = book;
	qnn_unpacker_init_book(&w->unpacker, d->weight_type,
			       books + ((u64)book << qnn_elem_bits(d->weight_type)));
}

/* Stretches of input channels, one for each tap that the grid has. */
static void gather(const struct qnn_weights *w, const u8 *row, u32 tap, u32 taps, s16 *dst)
{
	const struct qnn_axis *y = &w->grid->y, *x = &w->grid->x;
	u32 position = tap / w->group_in, channel = tap % w->group_in;

	while (taps) {
		u32 ky = y->tap + position / x->taps * y->tap_step;
		u32 kx = x->tap + position % x->taps * x->tap_step;
		u32 n = w->group_in - channel < taps ? w->group_in - channel : taps;

		qnn_unpack(&w->unpacker, row,
			   (ky * w->desc->kernel_w + kx) * w->group_in + channel, n, dst);
		dst += n;
		taps -= n;
		channel = 0;
		position++;
	}
}

void qnn_weights_read(struct qnn_weights *w, u32 channel, u32 tap, u32 taps,
		      s16 *dst)
{
	const u8 *row = w->consts + w->desc->weight_off + (u64)channel * w->row_bytes;

	if (qnn_type_in(w->desc->weight_type, QNN_TYPES_CODEBOOK))
		open_book(w, channel);
	if (w->whole)
		qnn_unpack(&w->unpacker, row, tap, taps, dst);
	else
		gather(w, row, tap, taps, dst);
}

void qnn_bias_read(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		   u32 count, s32 *dst)
{
	u32 offset = cmd->conv.bias_off, i;
	const s32 *bias = (const s32 *)(consts + offset) + channel;

	for (i = 0; i < count; i++)
		dst[i] = offset == QNN_NO_CONST ? 0 : bias[i];
}

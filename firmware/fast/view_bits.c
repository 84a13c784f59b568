// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * The input as planes of bits: of each 32 channels those of one plane, then
 * those of the next one. What rounding up adds to a pixel is 0.
 */
#include "bits.h"
#include "element.h"

#define WORK_SHARE	2u	/* bytes copied per unit of work */

struct copy {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	const u8 *in;
	struct qnn_poll *poll;
	u64 flip;		/* makes the codes of 32 channels unsigned ... */
	u64 fill;		/* ... and stands for the zero point of them */
};

static void store4(u8 *dst, u64 value)
{
	u32 four = (u32)value;

	__builtin_memcpy(dst, &four, sizeof(four));
}

/* 32 channels of a pixel, or @count of them. */
static void put_word(const struct copy *c, u8 *dst, u64 codes, u32 count)
{
	u32 planes = c->plan->planes;

	if (count * planes < 64)
		codes &= (1ull << count * planes) - 1;
	if (planes == 1) {
		store4(dst, codes);
		return;
	}
	codes = qnn_bits_part(codes);
	store4(dst, codes);
	store4(dst + 4, codes >> 32);
}

static u64 load(const u8 *src, u32 bytes)
{
	u64 value = 0;
	u32 i;

	if (bytes == 8) {
		__builtin_memcpy(&value, src, 8);
	} else if (bytes == 4) {
		u32 four;

		__builtin_memcpy(&four, src, 4);
		value = four;
	} else {
		for (i = 0; i < bytes; i++)
			value |= (u64)src[i] << 8 * i;
	}
	return value;
}

/* A pixel at @src, or one outside of the input. */
static void put_pixel(const struct copy *c, u8 *dst, const u8 *src)
{
	u32 planes = c->plan->planes, left = c->plan->group_in, n;

	for (; left; left -= n) {
		n = left < QNN_WORD_BITS ? left : QNN_WORD_BITS;
		put_word(c, dst, src ? load(src, (n * planes + 7) / 8) ^ c->flip : c->fill, n);
		dst += QNN_WORD_BITS / 8 * planes;
		src = src ? src + QNN_WORD_BITS / 8 * planes : src;
	}
}

static int copy_row(const struct copy *c, u8 *row, s32 y)
{
	const struct qnn_view_plan *v = &c->plan->view;
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	const u8 *pixels = c->in + (u64)(u32)y * in->row_stride;
	s32 x = -(s32)c->cmd->conv.pad_left;
	u32 i;

	for (i = 0; i < v->width; i++, x++, row += v->channels) {
		int inside = y >= 0 && y < in->height && x >= 0 && x < in->width;

		if (qnn_poll(c->poll, v->channels / WORK_SHARE + 1))
			return -1;
		put_pixel(c, row, inside ? pixels + (u64)(u32)x * in->pixel_stride :
					   (const u8 *)0);
	}
	return 0;
}

int qnn_bits_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *in,
		  u32 group, u32 first, u32 rows, u8 *work, struct qnn_poll *poll)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_tensor_desc *t = &cmd->in[0];
	u32 count = (rows - 1) * d->stride_h + (d->kernel_h - 1u) * d->dilation_h + 1, y;
	s32 top = (s32)(first * d->stride_h) - d->pad_top, least = qnn_element(t->type)->min;
	struct copy c = {
		.plan = plan, .cmd = cmd, .poll = poll,
		.in = in + group * plan->group_in * plan->planes / 8,
		.flip = least < 0 ? 0xaaaaaaaaaaaaaaaaull : 0,
		.fill = (u64)(t->zero_point - least) * 0x5555555555555555ull,
	};

	if (plan->planes == 1)
		c.fill = 0;
	for (y = 0; y < count; y++, work += plan->view.row_bytes) {
		if (copy_row(&c, work, top + (s32)y))
			return -1;
	}
	return 0;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * The input as planes of bits: of each 32 channels those of one plane, then
 * those of the next one. What rounding up adds to a pixel is 0.
 */
#include "bits.h"
#include "element.h"

#define WORK_SHARE	8u	/* bytes copied per unit of work */
#define PIXEL_WORK	32u	/* for each stretch of them */
#define PIECE		16384u	/* bytes between two polls, about */

struct copy {
	const struct qnn_plan *plan;
	const struct qnn_cmd *cmd;
	const struct qnn_isa_ops *isa;
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

	for (i = 0; i < bytes; i++)
		value |= (u64)src[i] << 8 * i;
	return value;
}

/* What stands for a pixel outside of the input. */
static void fill_pixel(const struct copy *c, u8 *dst)
{
	u32 left = c->plan->group_in, n;

	for (; left; left -= n, dst += QNN_WORD_BITS / 8 * c->plan->planes) {
		n = min_u32(left, QNN_WORD_BITS);
		put_word(c, dst, c->fill, n);
	}
}

/* @words of 32 channels each. */
static void copy_words(const struct copy *c, u8 *dst, const u8 *src, u32 words)
{
	if (c->plan->planes == 1)
		c->isa->flip(dst, src, words * (QNN_WORD_BITS / 8), 0);
	else
		c->isa->part(dst, src, words, c->flip);
}

static void copy_pixel(const struct copy *c, u8 *dst, const u8 *src)
{
	u32 planes = c->plan->planes, group_in = c->plan->group_in;
	u32 words = group_in / QNN_WORD_BITS, rest = group_in % QNN_WORD_BITS;
	u32 at = words * (QNN_WORD_BITS / 8) * planes;

	copy_words(c, dst, src, words);
	if (rest)
		put_word(c, dst + at, load(src + at, (rest * planes + 7) / 8) ^ c->flip, rest);
}

/* Pixels that are inside of the input: in stretches, if they lie side by side. */
static int copy_inside(const struct copy *c, u8 *dst, const u8 *src, u32 count)
{
	u32 pixel = c->plan->view.channels, stride = c->cmd->in[0].pixel_stride;
	u32 whole = c->plan->group_in % QNN_WORD_BITS == 0 && stride == pixel, n;

	for (; count; count -= n, dst += n * pixel, src += (u64)n * stride) {
		n = whole ? min_u32(count, PIECE / pixel + 1) : 1;
		if (qnn_poll(c->poll, n * pixel / WORK_SHARE + PIXEL_WORK))
			return -1;
		if (whole)
			copy_words(c, dst, src, n * (pixel / (4 * c->plan->planes)));
		else
			copy_pixel(c, dst, src);
	}
	return 0;
}

static int copy_row(const struct copy *c, u8 *row, s32 y)
{
	const struct qnn_view_plan *v = &c->plan->view;
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	u32 left = min_u32(c->cmd->conv.pad_left, v->width), inside = 0, x;

	if (y >= 0 && y < in->height)
		inside = min_u32(v->width - left, in->width);
	for (x = 0; x < v->width; x++) {
		if (x == left)
			x += inside;
		if (x >= v->width)
			break;
		if (qnn_poll(c->poll, v->channels + PIXEL_WORK))
			return -1;
		fill_pixel(c, row + (u64)x * v->channels);
	}
	if (!inside)
		return 0;
	return copy_inside(c, row + (u64)left * v->channels,
			   c->in + (u64)(u32)y * in->row_stride, inside);
}

int qnn_bits_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_tensor_desc *t = &cmd->in[0];
	u32 count = qnn_input_rows(d, rows), y;
	s32 top = (s32)(first * d->stride_h) - d->pad_top, least = qnn_element(t->type)->min;
	struct copy c = {
		.plan = plan, .cmd = cmd, .isa = isa, .poll = poll,
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

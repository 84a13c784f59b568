// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The softmax of each pixel's channels, in TFLite's fixed point. */
#include "../ops.h"

/* 1 with 19 fractional bits: the sum of a pixel is at least that. */
#define ONE	(1u << 19)

struct softmax {
	const s32 *exps;	/* of each difference to the largest, Q0.31 */
	struct qnn_poll *poll;
	u32 channels;
	/* codes, with a sign bit turned around, in the order of their values */
	u8 flip_in;
	u8 flip_out;
};

/* a * b / 2^31, halves towards plus infinity. */
static s64 multiply(s64 a, s64 b)
{
	return (a * b + (1ll << 30)) >> 31;
}

/*
 * 2^31 / (@sum / 2^@top), where @top is the highest bit of @sum: three steps
 * of Newton and Raphson from 48/17 - 32/17 * half, with 29 fractional bits.
 */
static u32 reciprocal(u64 sum, u32 top)
{
	s64 half = (s64)(top < 30 ? sum << (30 - top) : sum >> (top - 30));
	s64 x = 1515870810 + multiply(half, -1010580540);
	u32 i;

	for (i = 0; i < 3; i++)
		x += 4 * multiply(x, (1ll << 29) - multiply(half, x));
	return x < 1 << 30 ? (u32)(2 * x) : 0x7fffffff;
}

static u8 largest(const struct softmax *s, const u8 *src)
{
	u8 max = 0;
	u32 c;

	for (c = 0; c < s->channels; c++) {
		u8 value = src[c] ^ s->flip_in;

		max = value > max ? value : max;
	}
	return max;
}

/* At most 65535 times ONE. */
static u64 add_up(const struct softmax *s, const u8 *src, u8 max)
{
	u64 sum = 0;
	u32 c;

	for (c = 0; c < s->channels; c++)
		sum += ((u32)s->exps[(u8)(max - (src[c] ^ s->flip_in))] + (1u << 11)) >> 12;
	/* It can be less only if somebody has changed the input meanwhile. */
	return sum < ONE ? ONE : sum;
}

static int run_pixel(const struct softmax *s, const u8 *src, u8 *dst)
{
	u32 top, scale, shift, c;
	u64 sum;
	u8 max;

	if (qnn_poll(s->poll, s->channels))
		return -1;
	max = largest(s, src);
	if (qnn_poll(s->poll, s->channels))
		return -1;
	sum = add_up(s, src, max);
	if (qnn_poll(s->poll, s->channels))
		return -1;
	top = 63 - (u32)__builtin_clzll(sum);		/* 19 to 34 */
	scale = reciprocal(sum, top);
	shift = top + 4;
	for (c = 0; c < s->channels; c++) {
		s32 exp = s->exps[(u8)(max - (src[c] ^ s->flip_in))];
		s64 code = (multiply(scale, exp) + (1ll << (shift - 1))) >> shift;

		dst[c] = (u8)(code < 255 ? code : 255) ^ s->flip_out;
	}
	return 0;
}

int qnn_run_softmax(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	const u8 *src = (const u8 *)exec->region[in->region] + in->offset;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	const struct softmax s = {
		.exps = (const s32 *)(exec->prog->consts + cmd->softmax.table_off),
		.poll = poll,
		.channels = in->channels,
		.flip_in = in->type == QNN_ELEM_S8 ? 0x80 : 0,
		.flip_out = out->type == QNN_ELEM_S8 ? 0x80 : 0,
	};
	u32 y, x;

	for (y = 0; y < out->height; y++) {
		for (x = 0; x < out->width; x++) {
			if (run_pixel(&s, src + (u64)y * in->row_stride + (u64)x * in->pixel_stride,
				      dst + (u64)y * out->row_stride + (u64)x * out->pixel_stride))
				return -1;
		}
	}
	return 0;
}

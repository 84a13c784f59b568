// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Copies: each output element is looked for in the input, by whole stretches of
 * channels where they lie side by side.
 */
#include "../element.h"
#include "../mac/tile.h"
#include "../mac/unpack.h"
#include "../ops.h"
#include "../stage/stage.h"

#define WORK_PER_ELEMENT	4u	/* finding it, taking it, the stage */

struct copy {
	const struct qnn_cmd *cmd;
	const u8 *in;
	const u8 *consts;
	struct qnn_vector_tile *tile;
	struct qnn_poll *poll;
	u32 channels;		/* written */
	u32 stretch;		/* channels side by side in the input, too */
	s32 fill;		/* value of an element outside */
	struct qnn_unpacker unpacker;
};

/* Place of an element: row, column, channel. */
struct place {
	s64 at[QNN_COPY_AXES];
};

/* At most 2^32 * 2^30 + 2^30 in magnitude. */
static s64 coordinate(const struct qnn_copy_axis *a, u32 v)
{
	s64 numerator = a->start + (s64)a->step * v;
	s64 quotient = numerator / a->divisor;

	return quotient - (numerator % a->divisor < 0);
}

/* Where output channel @k, counted from the first one written, comes from. */
static struct place locate(const struct copy *c, u32 y, u32 x, u32 k)
{
	const struct qnn_copy_desc *d = &c->cmd->copy;
	u32 b = d->block, area = b * b, v[QNN_COPY_AXES] = { y, x, k }, r, i;
	int crd = !!(d->flags & QNN_COPY_CRD);
	struct place p;

	if (d->mode == QNN_COPY_SPACE_TO_DEPTH) {
		r = crd ? k % area : k / (c->channels / area);
		v[0] = y * b + r / b;
		v[1] = x * b + r % b;
		v[2] = crd ? k / area : k % (c->channels / area);
	} else if (d->mode == QNN_COPY_DEPTH_TO_SPACE) {
		r = y % b * b + x % b;
		v[0] = y / b;
		v[1] = x / b;
		v[2] = crd ? k * area + r : r * c->channels + k;
	}
	for (i = 0; i < QNN_COPY_AXES; i++)
		p.at[i] = coordinate(&d->axis[i], v[d->axis[i].from]);
	return p;
}

/* @count values of one pixel that are inside of the input. */
static void load(const struct copy *c, const u8 *pixel, u32 channel, u32 count, s32 *dst)
{
	const s32 *wide = (const s32 *)pixel + channel;
	u32 i;

	if (c->cmd->in[0].type == QNN_ELEM_S32) {
		for (i = 0; i < count; i++)
			dst[i] = wide[i];
		return;
	}
	qnn_unpack(&c->unpacker, pixel, channel, count, c->tile->line);
	for (i = 0; i < count; i++)
		dst[i] = c->tile->line[i];
}

static void repeat(s32 value, u32 count, s32 *dst)
{
	u32 i;

	for (i = 0; i < count; i++)
		dst[i] = value;
}

static s64 limit(s64 value, s64 min, s64 max)
{
	return value < min ? min : value > max ? max : value;
}

/* @count values from a place on along the channels, inside or not. */
static void take(const struct copy *c, struct place p, u32 count, s32 *dst)
{
	const struct qnn_tensor_desc *in = &c->cmd->in[0];
	s64 y = limit(p.at[0], 0, in->height - 1), x = limit(p.at[1], 0, in->width - 1);
	int clamp = c->cmd->copy.flags & QNN_COPY_CLAMP;
	const u8 *pixel = c->in + (u64)y * in->row_stride + (u64)x * in->pixel_stride;
	u32 before, inside;
	s32 edge = c->fill;

	if (!clamp && (y != p.at[0] || x != p.at[1])) {
		repeat(c->fill, count, dst);
		return;
	}
	before = (u32)limit(-p.at[2], 0, count);
	inside = (u32)limit(in->channels - p.at[2], before, count) - before;
	if (clamp && before)
		load(c, pixel, 0, 1, &edge);
	repeat(edge, before, dst);
	if (inside)
		load(c, pixel, (u32)(p.at[2] + before), inside, dst + before);
	if (clamp && before + inside < count)
		load(c, pixel, in->channels - 1u, 1, &edge);
	repeat(edge, count - before - inside, dst + before + inside);
}

/* Values are the accumulators, or make the codes, of @count elements. */
static void store(const struct copy *c, u8 *pixel, u32 k, u32 count)
{
	const struct qnn_cmd *cmd = c->cmd;
	s32 *acc = c->tile->acc;
	u32 first = cmd->copy.out_first + k, i;

	if (cmd->stage.kind == QNN_STAGE_NONE) {
		/* A bipolar value's code is its bit. */
		for (i = 0; i < count && cmd->out.type == QNN_ELEM_B1; i++)
			acc[i] = acc[i] > 0;
		qnn_pack(pixel, qnn_elem_bits(cmd->out.type), first, count, acc);
		return;
	}
	for (i = 0; i < count && cmd->in[0].type == QNN_ELEM_S32; i++)
		acc[i] = qnn_saturate(acc[i]);
	qnn_stage_store(cmd, c->consts, pixel, first, count, acc);
}

static int run_pixel(const struct copy *c, u32 y, u32 x, u8 *pixel)
{
	u32 k, count, i, n;

	for (k = 0; k < c->channels; k += count) {
		count = c->channels - k < QNN_LINE ? c->channels - k : QNN_LINE;
		if (qnn_poll(c->poll, WORK_PER_ELEMENT * count))
			return -1;
		for (i = 0; i < count; i += n) {
			n = c->stretch - (k + i) % c->stretch;
			n = n < count - i ? n : count - i;
			take(c, locate(c, y, x, k + i), n, c->tile->acc + i);
		}
		store(c, pixel, k, count);
	}
	return 0;
}

/* How many output channels come from as many channels of one input pixel. */
static u32 find_stretch(const struct qnn_cmd *cmd, u32 channels)
{
	const struct qnn_copy_desc *d = &cmd->copy;
	const struct qnn_copy_axis *a = &d->axis[2];

	if (a->from != 2 || a->step != 1 || a->divisor != 1 || d->flags & QNN_COPY_CRD)
		return 1;
	return d->mode == QNN_COPY_SPACE_TO_DEPTH ? channels / ((u32)d->block * d->block) :
						    channels;
}

int qnn_run_copy(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset;
	struct copy c = { cmd, .consts = exec->prog->consts, .poll = poll };
	s32 zero_point = cmd->stage.kind == QNN_STAGE_NONE ? 0 : in->zero_point;
	u32 y, x;

	c.in = (const u8 *)exec->region[in->region] + in->offset;
	c.tile = &exec->tile->vector;
	c.channels = (u32)out->channels - cmd->copy.out_first;
	c.stretch = find_stretch(cmd, c.channels);
	c.fill = in->type == QNN_ELEM_B1 ? 2 * cmd->copy.fill - 1 : cmd->copy.fill - zero_point;
	if (in->type != QNN_ELEM_S32)
		qnn_unpacker_init(&c.unpacker, in->type, zero_point);
	for (y = 0; y < out->height; y++) {
		for (x = 0; x < out->width; x++) {
			if (run_pixel(&c, y, x, dst + (u64)y * out->row_stride +
						(u64)x * out->pixel_stride))
				return -1;
		}
	}
	return 0;
}

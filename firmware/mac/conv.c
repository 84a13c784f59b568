// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Convolution, plain and transposed: tiles of output pixels x output channels,
 * each accumulated over chunks of the taps, then put through the output stage.
 */
#include "../element.h"
#include "../ops.h"
#include "../stage/stage.h"
#include "depthwise.h"
#include "operand.h"
#include "tile.h"

#define NOTHING_LOADED	0xffffffffu

struct conv {
	const struct qnn_cmd *cmd;
	const struct qnn_grid *grid;
	const u8 *in;
	u8 *out;
	const u8 *consts;
	struct qnn_mac_tile *tile;
	struct qnn_poll *poll;
	u32 group_in;		/* input channels of a group */
	u32 group_out;
	u32 depth;		/* taps of an output element */
	struct qnn_unpacker act_unpacker;
	struct qnn_weights weights;

	/* the tile at hand */
	u32 first_input;	/* first input channel of the group */
	u32 first_pixel;
	u32 pixels;
	u32 first_channel;
	u32 channels;
	/* what the tile memory has: pixels or channel and first tap */
	u32 act_pixel, act_input, act_tap;
	u32 weight_channel, weight_tap;
};

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* Unpack taps @tap .. of the channels at hand, two channels to a word. */
static void load_weights(struct conv *c, u32 tap, u32 taps)
{
	s16 *row = c->tile->row;
	u32 i, d;

	if (c->weight_channel == c->first_channel && c->weight_tap == tap)
		return;
	c->weight_channel = c->first_channel;
	c->weight_tap = tap;
	for (i = 0; i < ((c->channels + 3) & ~3u); i++) {
		s64 *word = c->tile->weight[i / 2];

		if (i >= c->channels) {
			for (d = 0; d < taps && !(i & 1); d++)
				word[d] = 0;
			continue;
		}
		qnn_weights_read(&c->weights, c->first_channel + i, tap, taps, row);
		if (i & 1) {
			for (d = 0; d < taps; d++)
				word[d] += row[d] * (1ll << 32);
		} else {
			for (d = 0; d < taps; d++)
				word[d] = row[d];
		}
	}
}

/*
 * Unpack taps @tap .. of one output pixel: stretches of channels of one input
 * pixel each, zeros where the kernel is outside of the input.
 */
static void load_pixel(const struct conv *c, u32 pixel, u32 tap, u32 taps, s16 *dst)
{
	struct qnn_origin origin = qnn_grid_origin(c->grid, pixel);
	u32 columns = c->grid->x.taps;
	u32 position = tap / c->group_in, channel = tap % c->group_in;
	u32 ty = position / columns, tx = position % columns;

	while (taps) {
		const u8 *src = qnn_grid_source(c->grid, c->cmd, c->in, origin, ty, tx);
		u32 n = min_u32(taps, c->group_in - channel), i;

		if (src) {
			qnn_unpack(&c->act_unpacker, src, c->first_input + channel, n, dst);
		} else {
			for (i = 0; i < n; i++)
				dst[i] = 0;
		}
		dst += n;
		taps -= n;
		channel = 0;
		if (++tx == columns) {
			tx = 0;
			ty++;
		}
	}
}

static void load_activations(struct conv *c, u32 tap, u32 taps)
{
	u32 p;

	if (c->act_pixel == c->first_pixel && c->act_input == c->first_input &&
	    c->act_tap == tap)
		return;
	c->act_pixel = c->first_pixel;
	c->act_input = c->first_input;
	c->act_tap = tap;
	for (p = 0; p < c->pixels; p++)
		load_pixel(c, c->first_pixel + p, tap, taps, c->tile->act[p]);
}

static void load_bias(struct conv *c)
{
	u32 p, i;

	for (p = 0; p < c->pixels; p++) {
		s32 *acc = c->tile->acc[p];

		qnn_bias_read(c->cmd, c->consts, c->first_channel, c->channels, acc);
		for (i = c->channels; i < QNN_TILE_CHANNELS; i++)
			acc[i] = 0;
	}
}

static void store(struct conv *c)
{
	u32 p;

	for (p = 0; p < c->pixels; p++)
		qnn_stage_store(c->cmd, c->consts,
				qnn_grid_output(c->grid, c->cmd, c->out, c->first_pixel + p),
				c->first_channel, c->channels, c->tile->acc[p]);
}

static int run_tile(struct conv *c)
{
	u32 tap, taps;

	load_bias(c);
	for (tap = 0; tap < c->depth; tap += taps) {
		taps = min_u32(c->depth - tap, QNN_TILE_DEPTH);
		if (qnn_poll(c->poll, (c->pixels + c->channels) * taps))
			return -1;
		load_weights(c, tap, taps);
		load_activations(c, tap, taps);
		if (qnn_poll(c->poll, c->pixels * c->channels * taps))
			return -1;
		qnn_array_mac(c->tile, c->pixels, c->channels, taps);
	}
	if (qnn_poll(c->poll, c->pixels * c->channels))
		return -1;
	store(c);
	return 0;
}

/* All output channels of a group, for the pixels at hand. */
static int run_group(struct conv *c, u32 group)
{
	u32 i;

	c->first_input = group * c->group_in;
	for (i = 0; i < c->group_out; i += c->channels) {
		c->first_channel = group * c->group_out + i;
		c->channels = min_u32(c->group_out - i, QNN_TILE_CHANNELS);
		if (run_tile(c))
			return -1;
	}
	return 0;
}

static void prepare(struct conv *c, struct qnn_exec *exec, struct qnn_poll *poll,
		    const struct qnn_cmd *cmd, const struct qnn_grid *grid)
{
	const struct qnn_conv_desc *d = &cmd->conv;

	c->cmd = cmd;
	c->grid = grid;
	c->in = (const u8 *)exec->region[cmd->in[0].region] + cmd->in[0].offset;
	c->out = (u8 *)exec->region[cmd->out.region] + cmd->out.offset;
	c->consts = exec->prog->consts;
	c->tile = &exec->tile->mac;
	c->poll = poll;
	c->group_in = cmd->in[0].channels / d->groups;
	c->group_out = cmd->out.channels / d->groups;
	c->depth = grid->y.taps * grid->x.taps * c->group_in;
	c->act_pixel = NOTHING_LOADED;
	c->act_input = NOTHING_LOADED;
	c->act_tap = NOTHING_LOADED;
	c->weight_channel = NOTHING_LOADED;
	c->weight_tap = NOTHING_LOADED;
	qnn_unpacker_init(&c->act_unpacker, cmd->in[0].type, cmd->in[0].zero_point);
	qnn_weights_init(&c->weights, cmd, grid, c->consts);
}

static int run_dense(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd,
		     const struct qnn_grid *grid)
{
	u32 pixels = qnn_grid_pixels(grid), group;
	struct conv c;

	prepare(&c, exec, poll, cmd, grid);
	for (group = 0; group < cmd->conv.groups; group++) {
		for (c.first_pixel = 0; c.first_pixel < pixels; c.first_pixel += c.pixels) {
			c.pixels = min_u32(pixels - c.first_pixel, QNN_TILE_PIXELS);
			if (run_group(&c, group))
				return -1;
		}
	}
	return 0;
}

int qnn_run_conv(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd)
{
	u32 grids = qnn_grid_count(cmd), groups = cmd->conv.groups, i;
	int depthwise = groups > 1 && groups == cmd->in[0].channels &&
			groups == cmd->out.channels;

	for (i = 0; i < grids; i++) {
		struct qnn_grid grid;

		if (qnn_poll(poll, QNN_GRID_WORK))
			return -1;
		qnn_grid_init(&grid, cmd, i);
		if (depthwise ? qnn_run_depthwise(exec, poll, cmd, &grid) :
				run_dense(exec, poll, cmd, &grid))
			return -1;
	}
	return 0;
}

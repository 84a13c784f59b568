// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Depthwise convolution: lines of channels over blocks of output pixels. */
#include "../element.h"
#include "../ops.h"
#include "../stage/stage.h"
#include "depthwise.h"
#include "operand.h"
#include "tile.h"

#define NOTHING_LOADED	0xffffffffu

struct depthwise {
	const struct qnn_cmd *cmd;
	const struct qnn_grid *grid;
	const u8 *in;
	u8 *out;
	const u8 *consts;
	struct qnn_depthwise_tile *tile;
	struct qnn_poll *poll;
	u32 depth;		/* taps of the grid */
	struct qnn_unpacker act_unpacker;
	struct qnn_weights weights;

	/* the line and the block at hand */
	u32 first_channel;
	u32 channels;
	u32 first_pixel;
	u32 pixels;
	u32 loaded_tap;		/* first tap whose weights the tile has */
};

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* Taps @tap .. of the line's channels, a line for each tap. */
static int load_weights(struct depthwise *w, u32 tap, u32 taps)
{
	struct qnn_depthwise_tile *tile = w->tile;
	u32 i, t;

	if (w->loaded_tap == tap)
		return 0;
	if (qnn_poll(w->poll, w->channels * taps))
		return -1;
	w->loaded_tap = tap;
	for (i = 0; i < w->channels; i++) {
		qnn_weights_read(&w->weights, w->first_channel + i, tap, taps, tile->row);
		for (t = 0; t < taps; t++)
			tile->weight[t][i] = tile->row[t];
	}
	return 0;
}

static void add_taps(struct depthwise *w, u32 pixel, u32 tap, u32 taps)
{
	struct qnn_depthwise_tile *tile = w->tile;
	s32 *acc = tile->acc[pixel];
	struct qnn_origin origin = qnn_grid_origin(w->grid, w->first_pixel + pixel);
	u32 columns = w->grid->x.taps, ty = tap / columns, tx = tap % columns;
	u32 t, i;

	for (t = 0; t < taps; t++) {
		const s16 *weight = tile->weight[t], *act = tile->act;
		const u8 *src = qnn_grid_source(w->grid, w->cmd, w->in, origin, ty, tx);

		if (++tx == columns) {
			tx = 0;
			ty++;
		}
		if (!src)
			continue;
		qnn_unpack(&w->act_unpacker, src, w->first_channel, w->channels, tile->act);
		for (i = 0; i < w->channels; i++)
			acc[i] += act[i] * weight[i];
	}
}

/* The line's channels of a block of pixels. */
static int run_block(struct depthwise *w)
{
	u32 tap, taps, p;

	for (p = 0; p < w->pixels; p++)
		qnn_bias_read(w->cmd, w->consts, w->first_channel, w->channels,
			      w->tile->acc[p]);
	for (tap = 0; tap < w->depth; tap += taps) {
		taps = min_u32(w->depth - tap, QNN_LINE_TAPS);
		if (load_weights(w, tap, taps))
			return -1;
		for (p = 0; p < w->pixels; p++) {
			if (qnn_poll(w->poll, w->channels * taps))
				return -1;
			add_taps(w, p, tap, taps);
		}
	}
	for (p = 0; p < w->pixels; p++) {
		if (qnn_poll(w->poll, w->channels))
			return -1;
		qnn_stage_store(w->cmd, w->consts,
				qnn_grid_output(w->grid, w->cmd, w->out, w->first_pixel + p),
				w->first_channel, w->channels, w->tile->acc[p]);
	}
	return 0;
}

static int run_line(struct depthwise *w)
{
	u32 pixels = qnn_grid_pixels(w->grid);

	w->loaded_tap = NOTHING_LOADED;
	for (w->first_pixel = 0; w->first_pixel < pixels; w->first_pixel += w->pixels) {
		w->pixels = min_u32(pixels - w->first_pixel, QNN_LINE_PIXELS);
		if (run_block(w))
			return -1;
	}
	return 0;
}

int qnn_run_depthwise(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd,
		      const struct qnn_grid *grid)
{
	u32 channels = cmd->out.channels;
	struct depthwise w;

	w.cmd = cmd;
	w.grid = grid;
	w.in = (const u8 *)exec->region[cmd->in[0].region] + cmd->in[0].offset;
	w.out = (u8 *)exec->region[cmd->out.region] + cmd->out.offset;
	w.consts = exec->prog->consts;
	w.tile = &exec->tile->depthwise;
	w.poll = poll;
	w.depth = grid->y.taps * grid->x.taps;
	qnn_unpacker_init(&w.act_unpacker, cmd->in[0].type, cmd->in[0].zero_point);
	qnn_weights_init(&w.weights, cmd, grid, w.consts);
	for (w.first_channel = 0; w.first_channel < channels; w.first_channel += w.channels) {
		w.channels = min_u32(channels - w.first_channel, QNN_LINE);
		if (run_line(&w))
			return -1;
	}
	return 0;
}

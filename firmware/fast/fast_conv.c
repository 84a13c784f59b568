// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Dense convolution and fully connected layers with vector units. */
#include "mac/tile.h"
#include "view.h"

#define WORK_SHARE	32u		/* multiply-adds per unit of work */
#define MOST_DEPTH	16384u		/* bytes between two polls */

struct conv {
	const struct qnn_cmd *cmd;
	const struct qnn_plan *plan;
	const struct qnn_isa_ops *isa;
	const u8 *memory;	/* prepared */
	u8 *out;
	struct qnn_poll *poll;
	struct qnn_view view;
	struct qnn_store store;
	const u8 *consts;
	u8 *widened;		/* weights that are stored as codes, or NULL */
	s32 *acc;
	s32 *sums;		/* of the input under each pixel, or NULL */

	/* the band and the block of channels at hand */
	u32 group;
	u32 first_row;
	u32 pixels;
	u32 first;		/* channel within the group */
	u32 channels;
	u32 vectors;
};

static u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

/* Where a pixel of the band is. */
struct spot {
	u32 y;
	u32 x;
};

static struct spot spot_of(const struct conv *c, u32 pixel)
{
	u32 width = c->cmd->out.width;
	struct spot s = { pixel / width, pixel % width };

	return s;
}

static void next_spot(const struct conv *c, struct spot *s)
{
	if (++s->x == c->cmd->out.width) {
		s->x = 0;
		s->y++;
	}
}

static const u8 *pixel_at(const struct conv *c, const struct spot *s)
{
	return c->view.base + s->y * c->view.row_stride + (u64)s->x * c->view.pixel_stride;
}

static void all_segments(const struct conv *c, struct qnn_mac_args *args)
{
	args->rows = c->cmd->conv.kernel_h;
	args->row_step = c->view.row_step;
	args->columns = c->plan->view.segments;
	args->column_step = c->view.column_step;
	args->length = c->plan->view.length;
}

static int poll_macs(const struct conv *c, u32 pixels, u32 depth)
{
	return qnn_poll(c->poll, pixels * c->vectors * depth / (WORK_SHARE / QNN_LANES) + 1);
}

/* A deep tile in parts: @length bytes of a segment at a time. */
static int run_parts(struct conv *c, const struct qnn_mac_kernel *kernel,
		     const struct qnn_mac_args *all)
{
	struct qnn_mac_args part = *all;
	u32 segment, at, p;

	part.rows = 1;
	part.columns = 1;
	for (segment = 0; segment < all->rows * all->columns; segment++) {
		u64 offset = (u64)(segment / all->columns) * all->row_step +
			     (u64)(segment % all->columns) * all->column_step;

		for (at = 0; at < all->length; at += part.length) {
			part.length = min_u32(all->length - at, MOST_DEPTH);
			if (poll_macs(c, kernel->pixels, part.length))
				return -1;
			for (p = 0; p < kernel->pixels; p++)
				part.pixel[p] = all->pixel[p] + offset + at;
			kernel->run(&part);
			part.weights += (u64)part.length * c->vectors * QNN_LANES *
					c->plan->weight_bits / 8;
			part.start = part.acc;
			part.start_step = c->vectors * QNN_LANES;
		}
	}
	return 0;
}

static int run_tile(struct conv *c, const struct qnn_mac_kernel *kernel,
		    const struct qnn_mac_args *args)
{
	if (c->plan->depth > MOST_DEPTH)
		return run_parts(c, kernel, args);
	if (poll_macs(c, kernel->pixels, c->plan->depth))
		return -1;
	kernel->run(args);
	return 0;
}

/* Input and output of the pixels from @first on. */
static void point(const struct conv *c, u32 first, u32 wanted, struct qnn_mac_args *args,
		  struct qnn_tile_out *tile)
{
	const struct qnn_tensor_desc *out = &c->cmd->out;
	struct spot s = spot_of(c, first);
	u32 p;

	for (p = 0; p < tile->pixels; p++, next_spot(c, &s)) {
		args->pixel[p] = pixel_at(c, &s);
		tile->pixel[p] = c->out + (u64)(c->first_row + s.y) * out->row_stride +
				 (u64)s.x * out->pixel_stride;
		tile->extra[p] = c->sums ? (u32)c->sums[first + p] *
					   -(u32)c->plan->weight_zero : 0;
	}
	/* The kernel works on more pixels; what it finds there is not kept. */
	for (; p < wanted; p++)
		args->pixel[p] = args->pixel[0];
}

/* The kernel for what is left: the smallest that has as many pixels. */
static const struct qnn_mac_kernel *choose(const struct qnn_mac_kernel *kernels, u32 pixels)
{
	u32 i = 0;

	while (kernels[i].pixels > 1 && kernels[i + 1].pixels >= pixels)
		i++;
	return &kernels[i];
}

static const struct qnn_mac_kernel *kernels_of(const struct conv *c)
{
	if (c->plan->weight_bits == 4)
		return &c->isa->mac_u4[c->vectors - 1];
	if (c->plan->weight_bits == 2)
		return &c->isa->mac_u2[c->vectors - 1];
	if (c->plan->narrow && c->isa->mac_narrow)
		return c->isa->mac_narrow[c->vectors - 1];
	return c->isa->mac[c->vectors - 1];
}

/* Stored codes of the block become the weights that kernels take. */
static int widen_block(struct conv *c, const u8 *codes)
{
	const struct qnn_plan *plan = c->plan;
	s8 value[16];
	struct qnn_widen_args args = {
		.value = value, .bits = plan->stored_bits, .vectors = c->vectors,
		.quads = plan->depth / 4, .codes = codes, .bytes = c->widened,
	};

	if (qnn_poll(c->poll, c->vectors * args.quads))
		return -1;
	qnn_plan_values(c->cmd, c->consts, c->group * plan->group_out + c->first, value);
	c->isa->widen(&args);
	return 0;
}

/* All pixels of the band, for a block of channels. */
static int run_block(struct conv *c)
{
	const struct qnn_plan *plan = c->plan;
	const struct qnn_mac_kernel *kernels = kernels_of(c), *kernel;
	u64 channel = (u64)c->group * plan->group_padded + c->first;
	const u8 *weights = c->memory + plan->weights + channel * qnn_plan_row(plan);
	struct qnn_mac_args args = {
		.weights = (const s8 *)(c->widened ? c->widened : weights),
		.start = (const s32 *)(c->memory + plan->bias) + channel,
		.acc = c->acc,
	};
	struct qnn_tile_out tile = {
		.group = c->group, .first = c->first, .count = c->channels, .acc = c->acc,
	};
	u32 first;

	if (c->widened && widen_block(c, weights))
		return -1;
	all_segments(c, &args);
	for (first = 0; first < c->pixels; first += tile.pixels) {
		kernel = choose(kernels, c->pixels - first);
		tile.pixels = min_u32(c->pixels - first, kernel->pixels);
		point(c, first, kernel->pixels, &args, &tile);
		if (run_tile(c, kernel, &args))
			return -1;
		c->isa->stage[plan->stage_kind](&c->store, &tile);
	}
	return 0;
}

/* What weights with a zero point need of the band. */
static int sum_band(struct conv *c)
{
	struct qnn_mac_args args;
	struct spot s;
	u32 first, n, p;

	if (!c->sums)
		return 0;
	all_segments(c, &args);
	for (first = 0; first < c->pixels; first += n) {
		n = min_u32(c->pixels - first, QNN_MAC_ROWS);
		if (qnn_poll(c->poll, n * (c->plan->depth / WORK_SHARE + 1)))
			return -1;
		s = spot_of(c, first);
		for (p = 0; p < n; p++, next_spot(c, &s))
			args.pixel[p] = pixel_at(c, &s);
		c->isa->sum(&args, n, c->sums + first);
	}
	return 0;
}

static int run_band(struct conv *c)
{
	const struct qnn_plan *plan = c->plan;

	if (sum_band(c))
		return -1;
	for (c->first = 0; c->first < plan->group_out; c->first += QNN_BLOCK) {
		c->channels = min_u32(plan->group_out - c->first, QNN_BLOCK);
		c->vectors = (c->channels + QNN_LANES - 1) / QNN_LANES;
		if (run_block(c))
			return -1;
	}
	return 0;
}

static void init(struct conv *c, struct qnn_exec *exec, struct qnn_poll *poll,
		 const struct qnn_cmd *cmd, const struct qnn_plan *plan)
{
	c->cmd = cmd;
	c->plan = plan;
	c->isa = qnn_isa_ops(exec->prepared->isa);
	c->memory = (const u8 *)exec->prepared;
	c->out = (u8 *)exec->region[cmd->out.region] + cmd->out.offset;
	c->poll = poll;
	c->consts = exec->prog->consts;
	c->acc = (s32 *)exec->tile->fast;
	c->widened = plan->stored_bits < plan->weight_bits ?
		     exec->tile->fast + plan->work_weights : (u8 *)0;
	c->sums = plan->weight_zero ? (s32 *)(exec->tile->fast + plan->work_sums) :
				      (s32 *)0;
	qnn_store_init(&c->store, cmd, exec->prog->consts, c->memory + plan->stage);
	c->store.padded = plan->group_padded * cmd->conv.groups;
	c->store.group_out = plan->group_out;
	c->store.group_padded = plan->group_padded;
}

int qnn_run_conv_fast(struct qnn_exec *exec, struct qnn_poll *poll, const struct qnn_cmd *cmd,
		      const struct qnn_plan *plan)
{
	const u8 *in = (const u8 *)exec->region[cmd->in[0].region] + cmd->in[0].offset;
	u32 rows;
	struct conv c;

	init(&c, exec, poll, cmd, plan);
	for (c.group = 0; c.group < cmd->conv.groups; c.group++) {
		for (c.first_row = 0; c.first_row < cmd->out.height; c.first_row += rows) {
			rows = min_u32(cmd->out.height - c.first_row, plan->band_rows);
			c.pixels = rows * cmd->out.width;
			if (qnn_view_open(&c.view, plan, cmd, c.isa, in, c.group, c.first_row,
					  rows, exec->tile->fast + QNN_ACC_BYTES, poll) ||
			    run_band(&c))
				return -1;
		}
	}
	return 0;
}

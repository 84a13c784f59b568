// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Dense convolution and fully connected layers with vector units. */
#include "mac/tile.h"
#include "spots.h"

#define WORK_SHARE	32u		/* multiply-adds per unit of work ... */
#define MATRIX_SHARE	4u		/* ... and so many times that of a matrix unit */
#define MOST_DEPTH	2048u		/* bytes between two polls */
#define AHEAD		8u		/* bytes of weights that are fetched for each depth */
#define MATRIX_STEPS	512u		/* of a matrix unit, the same */
#define MOST_PLANES	1024u		/* the same of planes of bits */
#define PLANES_COST	3u		/* of a byte of them */
#define LEAST_PIXELS	8u		/* fewer take as long: memory is read */
#define PIXEL_WORK	48u		/* for finding the place of a pixel */
#define OUTPUT_WORK	1u		/* for each output of a vector stage ... */
#define SEARCH_WORK	8u		/* ... that looks for one of many thresholds ... */
#define SCALAR_WORK	64u		/* ... and of the scalar one */
#define SUM_WORK	16u		/* for each stretch that is summed */

/* Of their own, as a kernel's stack frames should not be large. */
#define NOINLINE	__attribute__((__noinline__))

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
	struct qnn_matrix_shape shape;

	/* the band and the block of channels at hand */
	u32 group;
	u32 first_block, end_block;	/* of the group */
	u32 first_row;
	u32 rows;
	struct qnn_spots spots;
	u32 first;		/* channel within the group */
	u32 channels;
	u32 vectors;
	u32 output_work;
	const s32 *bias;	/* of the block's first channel */

	/* tiles in turns, one of which is on its way out: where pixels go, what is added */
	u8 *to[QNN_TILES][QNN_MAC_ROWS];
	u32 extra[QNN_TILES][QNN_MAC_ROWS];
	struct qnn_tile_out outgoing;
};

typedef void (*mac_fn)(const struct qnn_mac_args *args);

static void all_segments(const struct conv *c, struct qnn_mac_args *args)
{
	args->rows = c->cmd->conv.kernel_h;
	args->row_step = c->view.row_step;
	args->columns = c->plan->view.segments;
	args->column_step = c->view.column_step;
	args->length = c->plan->view.length;
	args->pixel_step = c->view.pixel_stride;
}

static u32 most_depth(const struct conv *c)
{
	if (c->plan->planes)
		return MOST_PLANES;
	return c->plan->matrix_depth ? c->plan->matrix_depth * MATRIX_STEPS : MOST_DEPTH;
}

static int poll_macs(const struct conv *c, u32 pixels, u32 depth)
{
	if (c->plan->planes)
		depth *= PLANES_COST;
	else if (c->plan->matrix_depth)
		depth /= MATRIX_SHARE;
	if (pixels < LEAST_PIXELS)
		pixels = LEAST_PIXELS;
	return qnn_poll(c->poll, pixels * c->vectors * depth / (WORK_SHARE / QNN_LANES) + 1);
}

/* All that is under the kernel, in parts: stretches of a segment. */
struct parts {
	const struct qnn_mac_args *all;
	u32 pixels;
	u32 most;		/* bytes of a part */
	u32 segment;
	u32 at;			/* bytes into it */
};

static int next_part(struct parts *s, struct qnn_mac_args *part)
{
	const struct qnn_mac_args *all = s->all;
	u64 offset = (u64)(s->segment / all->columns) * all->row_step +
		     (u64)(s->segment % all->columns) * all->column_step + s->at;
	u32 p;

	if (s->segment == all->rows * all->columns)
		return 0;
	part->rows = 1;
	part->columns = 1;
	part->length = min_u32(all->length - s->at, s->most);
	for (p = 0; p < s->pixels; p++)
		part->pixel[p] = all->pixel[p] + offset;
	s->at += part->length;
	if (s->at == all->length) {
		s->at = 0;
		s->segment++;
	}
	return 1;
}

/* A deep tile: a part adds to what the one before it has left. */
static NOINLINE int run_parts(struct conv *c, mac_fn run, u32 pixels, const struct qnn_mac_args *all)
{
	struct parts parts = { .all = all, .pixels = pixels, .most = most_depth(c) };
	const u32 side = min_u32(c->vectors * QNN_LANES, c->plan->side);
	struct qnn_mac_args part = *all;
	u32 p;

	while (next_part(&parts, &part)) {
		if (poll_macs(c, pixels, part.length))
			return -1;
		run(&part);
		part.ahead += part.length * AHEAD;
		part.weights += (u64)part.length * side * c->plan->weight_bits / 8;
		for (p = 0; p < pixels; p++)
			part.start[p] = part.acc + p * c->vectors * QNN_LANES;
	}
	return 0;
}

static int run_tile(struct conv *c, const struct qnn_mac_kernel *kernel, int even,
		    const struct qnn_mac_args *args)
{
	mac_fn run = even && kernel->run_even ? kernel->run_even : kernel->run;

	if (c->plan->depth > most_depth(c))
		return run_parts(c, run, kernel->pixels, args);
	if (poll_macs(c, kernel->pixels, c->plan->depth))
		return -1;
	run(args);
	return 0;
}

/* Biases of the tile's pixels from @p on, which are next to each other in a row. */
static void set_starts(const struct conv *c, u32 p, u32 pixels, struct qnn_mac_args *args)
{
	const struct qnn_plan *plan = c->plan;
	const struct qnn_spots *s = &c->spots;
	u32 y = qnn_border_class(&plan->border_y, c->first_row + s->y), x, i;

	for (i = 0; i < pixels; i++) {
		x = qnn_border_class(&plan->border_x, s->x + i);
		args->start[p + i] = c->bias + (u64)(y * plan->border_x.count + x) *
					       c->store.padded;
	}
}

/*
 * Input and output of the tile's pixels, of which the next one is the first. Are groups
 * of them a step apart?
 */
static int point(struct conv *c, u32 wanted, struct qnn_mac_args *args, u8 **to)
{
	struct qnn_spots *s = &c->spots;
	int even = args->pixels == wanted;
	u32 p = 0, n, i;
	const u8 *in;

	for (; p < args->pixels; p += n) {
		n = qnn_spots_row(s, args->pixels - p);
		for (i = 0, in = s->in; i < n; i++, in += s->in_step)
			args->pixel[p + i] = in;
		qnn_spots_to(s, n, to + p);
		if (c->plan->border_y.count * c->plan->border_x.count > 1)
			set_starts(c, p, n, args);
		even &= (p + n) % QNN_EVEN == 0;
		qnn_spots_move(s, n);
	}
	/* The kernel works on more pixels; what it finds there is not kept. */
	for (; p < wanted; p++)
		args->pixel[p] = args->pixel[0];
	return even;
}

/* The same for a matrix unit, which has the first pixel of each half, and a step. */
static void point_halves(struct conv *c, struct qnn_mac_args *args, u8 **to)
{
	struct qnn_spots *s = &c->spots;
	u32 p, n;

	args->pixel[0] = s->in;
	for (p = 0; p < args->pixels; p += n) {
		n = qnn_spots_row(s, args->pixels - p);
		if (args->half - p < n)
			args->pixel[args->half] = s->in + (args->half - p) * s->in_step;
		qnn_spots_to(s, n, to + p);
		qnn_spots_move(s, n);
	}
}

/* What the zero point of the weights adds to the sums of each pixel. */
static void point_extra(const struct conv *c, u32 first, u32 pixels, u32 *extra)
{
	u32 p;

	for (p = 0; c->sums && p < pixels; p++)
		extra[p] = (u32)c->sums[first + p] * -(u32)c->plan->weight_zero;
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
	if (c->plan->matrix_depth)
		return &c->isa->mac_32[c->vectors - 1];
	if (c->plan->planes)
		return c->plan->signs ? c->isa->count_signs[c->vectors - 1] :
					c->isa->count[c->vectors - 1];
	if (c->plan->weight_bits == 4)
		return &c->isa->mac_u4[c->vectors - 1];
	if (c->plan->weight_bits == 2)
		return &c->isa->mac_u2[c->vectors - 1];
	if (c->plan->short_pairs >= QNN_SHORT_PAIRS && c->isa->mac_short)
		return c->isa->mac_short[c->vectors - 1];
	if (c->plan->short_pairs && c->isa->mac_narrow)
		return c->isa->mac_narrow[c->vectors - 1];
	return c->isa->mac[c->vectors - 1];
}

/* Stored codes of the block become the weights that kernels take. */
static int widen_block(struct conv *c, const u8 *codes)
{
	const struct qnn_plan *plan = c->plan;
	s8 value[16];
	struct qnn_widen_args args = {
		.value = value, .bits = plan->stored_bits,
		.vectors = min_u32(c->vectors, plan->side / QNN_LANES),
		.quads = plan->depth / 4, .codes = codes, .bytes = c->widened,
	};
	u32 vector;

	if (qnn_poll(c->poll, c->vectors * args.quads))
		return -1;
	qnn_plan_values(c->cmd, c->consts, c->group * plan->group_out + c->first, value);
	for (vector = 0; vector < c->vectors; vector += args.vectors) {
		c->isa->widen(&args);
		args.codes += (u64)qnn_plan_row(plan) * args.vectors * QNN_LANES;
		args.bytes += (u64)plan->depth * args.vectors * QNN_LANES;
	}
	return 0;
}

/* Is there a block after this one, whose weights tiles fetch bit by bit? */
static int has_next(const struct conv *c)
{
	const u32 block = c->plan->block;

	return !c->widened && c->first + block < c->end_block * block;
}

/* Lines of those in a step of a matrix unit: as many in each tile. */
static u32 fetch_lines(const struct conv *c)
{
	const struct qnn_plan *plan = c->plan;
	const u32 tiles = (c->spots.total + QNN_MAC_ROWS - 1) / QNN_MAC_ROWS;

	if (!plan->matrix_depth || !has_next(c))
		return 0;
	return (plan->matrix_depth * plan->block / 64u + tiles - 1) / tiles;
}

/* Past what a tile has fetched. */
static void fetched(const struct conv *c, struct qnn_mac_args *args, const u8 *next)
{
	const struct qnn_plan *plan = c->plan;

	args->ahead += plan->matrix_depth ?
		       (u64)args->fetch * 64 * (plan->depth / plan->matrix_depth) :
		       (u64)plan->depth * AHEAD;
	/* All of it is near: once more, which costs nothing. */
	if (args->ahead >= next + (u64)plan->depth * plan->block)
		args->ahead = next;
}

static void open_spots(struct conv *c)
{
	qnn_spots_open(&c->spots, c->cmd, &c->view,
		       c->out + (u64)c->first_row * c->cmd->out.row_stride, c->rows,
		       c->plan->matrix_depth, c->sums != (s32 *)0);
}

/* The kernel and the pixels of the next tile. */
static const struct qnn_mac_kernel *next_tile(struct conv *c, const struct qnn_mac_kernel *kernels,
					      u32 left, struct qnn_mac_args *args)
{
	const struct qnn_mac_kernel *kernel;
	struct qnn_halves halves;

	if (!c->plan->matrix_depth) {
		kernel = choose(kernels, left);
		args->pixels = min_u32(left, kernel->pixels);
		return kernel;
	}
	halves = qnn_spots_halves(&c->spots, left);
	args->half = halves.first;
	args->pixels = halves.first + halves.second;
	args->scattered = !c->spots.flat && !c->spots.by_row;
	return kernels;
}

static void store(struct conv *c)
{
	if (c->outgoing.pixels)
		c->isa->stage[c->plan->stage_kind](&c->store, &c->outgoing);
	c->outgoing.pixels = 0;
}

/*
 * Stores the tile before; the one just summed is next. By then its sums have arrived in
 * memory, from a matrix unit.
 */
static void send_out(struct conv *c, u32 turn, const struct qnn_mac_args *args)
{
	struct qnn_tile_out *tile = &c->outgoing;

	store(c);
	tile->pixel = c->to[turn];
	tile->extra = c->extra[turn];
	tile->pixels = args->pixels;
	tile->group = c->group;
	tile->first = c->first;
	tile->count = c->channels;
	tile->acc = args->acc;
	if (!c->plan->matrix_depth)
		store(c);
}

static void init_args(struct conv *c, const u8 *weights, const u8 *next,
		      struct qnn_mac_args *args)
{
	u32 p;

	args->weights = (const s8 *)(c->widened ? c->widened : weights);
	args->shape = &c->shape;
	args->depth = c->plan->matrix_depth;
	args->all_depth = c->plan->depth;
	args->planes = c->plan->planes;
	args->shift = c->plan->planes == 1 ? 1 : 0;
	for (p = 0; p < QNN_MAC_ROWS; p++)
		args->start[p] = c->bias;
	all_segments(c, args);
	args->ahead = next;
	args->fetch = fetch_lines(c);
}

/* All pixels of the band, for a block of channels. */
static int run_block(struct conv *c)
{
	const struct qnn_plan *plan = c->plan;
	const struct qnn_mac_kernel *kernels = kernels_of(c), *kernel;
	u64 channel = (u64)c->group * plan->group_padded + c->first;
	const u8 *weights = qnn_plan_weights(plan, c->memory) + channel * qnn_plan_row(plan);
	const u8 *next = weights + (has_next(c) ? (u64)qnn_plan_row(plan) * plan->block : 0);
	struct qnn_mac_args args;
	u32 first, turn = 0;
	int even = 0;

	if (c->widened && widen_block(c, weights))
		return -1;
	c->bias = (const s32 *)(c->memory + plan->bias) + channel;
	open_spots(c);
	init_args(c, weights, next, &args);
	for (first = 0; first < c->spots.total; first += args.pixels) {
		kernel = next_tile(c, kernels, c->spots.total - first, &args);
		if (qnn_poll(c->poll, args.pixels * (c->channels * c->output_work + PIXEL_WORK)))
			return -1;
		if (plan->matrix_depth && !args.scattered)
			point_halves(c, &args, c->to[turn]);
		else
			even = point(c, kernel->pixels, &args, c->to[turn]);
		point_extra(c, first, args.pixels, c->extra[turn]);
		args.acc = c->acc + turn * QNN_TILE_SUMS;
		if (run_tile(c, kernel, even, &args))
			return -1;
		send_out(c, turn, &args);
		turn ^= plan->matrix_depth ? QNN_TILES - 1 : 0;
		fetched(c, &args, next);
	}
	store(c);
	return 0;
}

/* Sums of the input under @pixels pixels, to @sums. */
static int sum_pixels(struct conv *c, const struct qnn_mac_args *all, u32 pixels, s32 *sums)
{
	struct parts parts = { .all = all, .pixels = pixels, .most = MOST_DEPTH };
	struct qnn_mac_args part;
	s32 more[QNN_MAC_ROWS];
	u32 p;

	if (c->plan->depth <= MOST_DEPTH) {
		u32 work = c->plan->depth / WORK_SHARE + all->rows * all->columns * SUM_WORK;

		if (qnn_poll(c->poll, pixels * work))
			return -1;
		c->isa->sum(all, pixels, sums);
		return 0;
	}
	for (p = 0; p < pixels; p++)
		sums[p] = 0;
	while (next_part(&parts, &part)) {
		if (qnn_poll(c->poll, pixels * (part.length / WORK_SHARE + SUM_WORK)))
			return -1;
		c->isa->sum(&part, pixels, more);
		for (p = 0; p < pixels; p++)
			sums[p] = (s32)((u32)sums[p] + (u32)more[p]);
	}
	return 0;
}

/* What weights with a zero point need of the band. */
static NOINLINE int sum_band(struct conv *c)
{
	struct qnn_mac_args args;
	u32 first, n, p;

	if (!c->sums)
		return 0;
	all_segments(c, &args);
	open_spots(c);
	for (first = 0; first < c->spots.total; first += n) {
		n = qnn_spots_row(&c->spots, min_u32(c->spots.total - first, QNN_MAC_ROWS));
		for (p = 0; p < n; p++)
			args.pixel[p] = c->spots.in + p * c->spots.in_step;
		qnn_spots_move(&c->spots, n);
		if (sum_pixels(c, &args, n, c->sums + first))
			return -1;
	}
	return 0;
}

static int run_band(struct conv *c)
{
	const struct qnn_plan *plan = c->plan;
	u32 block;

	if (sum_band(c))
		return -1;
	for (block = c->first_block; block < c->end_block; block++) {
		c->first = block * plan->block;
		c->channels = min_u32(plan->group_out - c->first, plan->block);
		c->vectors = (c->channels + QNN_LANES - 1) / QNN_LANES;
		if (run_block(c))
			return -1;
	}
	return 0;
}

static u32 output_work(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	if (plan->stage_kind == QNN_FAST_SCALAR)
		return SCALAR_WORK;
	return plan->stage_kind == QNN_FAST_THRESHOLD && cmd->stage.levels > QNN_FAST_LEVELS ?
	       SEARCH_WORK : OUTPUT_WORK;
}

static void init(struct conv *c, const struct qnn_part *part, const struct qnn_cmd *cmd,
		 const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;

	c->cmd = cmd;
	c->plan = plan;
	c->isa = qnn_isa_ops(exec->prepared->isa);
	c->memory = (const u8 *)exec->prepared;
	c->out = (u8 *)exec->region[cmd->out.region] + cmd->out.offset;
	c->poll = part->poll;
	c->consts = exec->prog->consts;
	c->output_work = output_work(plan, cmd);
	c->shape.first = 0;
	c->outgoing.pixels = 0;
	__builtin_memset(c->extra, 0, sizeof(c->extra));
	c->acc = (s32 *)part->work;
	c->widened = plan->stored_bits < plan->weight_bits ? part->work + plan->work_weights :
							     (u8 *)0;
	c->sums = plan->weight_zero ? (s32 *)(part->work + plan->work_sums) : (s32 *)0;
	qnn_store_init(&c->store, cmd, exec->prog->consts, c->memory + plan->stage);
	c->store.padded = plan->group_padded * cmd->conv.groups;
	c->store.group_out = plan->group_out;
	c->store.group_padded = plan->group_padded;
}

/* The part's blocks of a group, which are counted on from one group to the next. */
static void choose_blocks(struct conv *c, const struct qnn_part *part, u32 per_group)
{
	u32 before = c->group * per_group;

	c->first_block = part->first_block > before ? part->first_block - before : 0;
	c->end_block = part->end_block > before ? min_u32(part->end_block - before, per_group) : 0;
}

/* The part's rows, for its blocks of a group. */
static int run_group(struct conv *c, const struct qnn_part *part)
{
	const struct qnn_cmd *cmd = c->cmd;
	const u8 *in = (const u8 *)part->exec->region[cmd->in[0].region] + cmd->in[0].offset;

	for (c->first_row = part->first_row; c->first_row < part->end_row; c->first_row += c->rows) {
		c->rows = min_u32(part->end_row - c->first_row, c->plan->band_rows);
		if (qnn_view_open(&c->view, c->plan, cmd, c->isa, in, c->group, c->first_row,
				  c->rows, part->work + QNN_ACC_BYTES, part->poll) ||
		    run_band(c))
			return -1;
	}
	return 0;
}

int qnn_run_conv_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
		      const struct qnn_plan *plan)
{
	const u32 groups = cmd->conv.groups;
	struct conv c;
	int ret = 0;

	init(&c, part, cmd, plan);
	for (c.group = 0; c.group < groups && !ret; c.group++) {
		choose_blocks(&c, part, qnn_plan_blocks(plan, cmd) / groups);
		if (c.first_block < c.end_block)
			ret = run_group(&c, part);
	}
	if (c.isa->release)
		c.isa->release(&c.shape);
	return ret;
}

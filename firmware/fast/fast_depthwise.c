// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Depthwise convolution with vector units. A row of the output is one stretch
 * of elements, pixels and channels alike: so is a row of the copied input, in
 * which columns that are a stride apart lie side by side.
 */
#include "fast_depthwise.h"
#include "element.h"
#include "isa.h"
#include "mac/operand.h"
#include "mac/tile.h"
#include "view.h"

#define WORK_SHARE	2u		/* products per unit of work */
#define MOST_TAPS	64u
#define NO_TAP		MOST_TAPS
#define CHANNEL_WORK	4u		/* for each channel */
#define PIECE		(128u << 10)	/* products between two polls ... */
#define BLOCKS		128u		/* ... in so many blocks at most */
#define MOVE_WORK	8u		/* for each element that is moved */
#define MOVED		4096u		/* between two polls */

/* Channels of a copy: they divide a block, or blocks divide them. */
static u32 padded_channels(u32 channels)
{
	u32 padded = 8;

	while (padded < channels && padded < QNN_BLOCK)
		padded *= 2;
	return padded < channels ? (channels + QNN_BLOCK - 1) / QNN_BLOCK * QNN_BLOCK : padded;
}

/* Channels that the prepared arrays have: whole blocks. */
static u32 array_channels(const struct qnn_plan *plan)
{
	return plan->view.channels < QNN_BLOCK ? QNN_BLOCK : plan->view.channels;
}

static int supported(const struct qnn_cmd *cmd, u32 stage)
{
	u32 channels = cmd->in[0].channels;

	return cmd->conv.groups == channels && cmd->out.channels == channels &&
	       cmd->conv.kernel_h * cmd->conv.kernel_w <= MOST_TAPS &&
	       qnn_elem_bits(cmd->out.type) <= 8 && cmd->stage.kind != QNN_STAGE_TABLE &&
	       stage >= QNN_FAST_A;
}

void qnn_plan_depthwise(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
			const struct qnn_isa_ops *isa, u64 *bytes)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	struct qnn_view_plan *v = &plan->view;
	u32 channels, taps = (u32)d->kernel_h * d->kernel_w, rows = cmd->out.height;

	plan->stage_kind = (u8)qnn_stage_choose(cmd, consts);
	if (!supported(cmd, plan->stage_kind))
		return;
	qnn_view_bytes(v, &cmd->in[0], isa);
	v->channels = padded_channels(cmd->in[0].channels);
	v->width = (cmd->out.width - 1u) * d->stride_w + (d->kernel_w - 1u) * d->dilation_w + 1;
	v->phases = d->stride_w;
	v->width = (v->width + v->phases - 1) / v->phases * v->phases;
	v->row_bytes = (u64)v->width * v->channels;
	plan->group_in = cmd->in[0].channels;
	plan->group_out = cmd->in[0].channels;
	plan->group_padded = array_channels(plan);
	plan->depth = (taps + 3) / 4 * 4;
	plan->weight_zero = qnn_weight_zero(d, 8);
	while (rows > 1 && qnn_input_rows(d, rows) * v->row_bytes > QNN_BAND_BYTES)
		rows = (rows + 1) / 2;
	if (qnn_input_rows(d, rows) * v->row_bytes > QNN_MOST_BAND_BYTES)
		return;
	plan->band_rows = rows;

	channels = plan->group_padded;
	plan->weights = *bytes;
	plan->bias = plan->weights + qnn_align64((u64)channels * plan->depth);
	plan->stage = plan->bias + qnn_align64((u64)channels * 4);
	*bytes = plan->stage + qnn_align64(qnn_stage_bytes(cmd, plan->stage_kind, channels));
	/* The last block of a row reads beyond it. */
	plan->work_codes = qnn_align64(qnn_input_rows(d, rows) * v->row_bytes + QNN_BLOCK);
	plan->kind = QNN_PLAN_DEPTHWISE;
}

/* Which element is in place @at of the vectors, see mix(). */
u32 qnn_depthwise_order(u32 at)
{
	return at / 64 * 64 + at % 16 / 4 * 16 + at % 64 / 16 * 4 + at % 4;
}

static u32 is_3x3(const struct qnn_conv_desc *d)
{
	return d->kernel_h == 3 && d->kernel_w == 3;
}

/*
 * The tap at place @at of the fours. Those of 3 x 3 taps are columns, which the
 * next pixels have in common; others are filled one after the other.
 */
static u32 tap_at(const struct qnn_conv_desc *d, u32 at)
{
	u32 taps = (u32)d->kernel_h * d->kernel_w;

	if (is_3x3(d))
		at = at % 4 < 3 ? at % 4 * 3 + at / 4 : taps;
	return at < taps ? at : NO_TAP;
}

int qnn_repack_depthwise(const struct qnn_plan *plan, const struct qnn_program *prog,
			 const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll)
{
	u32 taps = (u32)cmd->conv.kernel_h * cmd->conv.kernel_w, at, t;
	s32 *bias = (s32 *)(memory + plan->bias);
	struct qnn_weights weights;
	struct qnn_grid grid;
	s16 row[MOST_TAPS];

	qnn_grid_init(&grid, cmd, 0);
	qnn_weights_init(&weights, cmd, &grid, prog->consts);
	for (at = 0; at < plan->group_padded; at++) {
		u32 channel = qnn_depthwise_order(at) % plan->view.channels;
		s8 *dst = (s8 *)memory + plan->weights + (u64)(at / 64) * plan->depth * 64 +
			  at % 64 * 4;
		s32 sum = 0;

		if (qnn_poll(poll, plan->depth))
			return -1;
		bias[at] = 0;
		for (t = 0; t < plan->depth; t++)
			dst[t / 4 * 256 + t % 4] = (s8)plan->weight_zero;
		if (channel >= plan->group_out)
			continue;
		qnn_weights_read(&weights, channel, 0, taps, row);
		for (t = 0; t < plan->depth; t++) {
			u32 tap = tap_at(&cmd->conv, t);

			if (tap == NO_TAP)
				continue;
			dst[t / 4 * 256 + t % 4] = (s8)(row[tap] + plan->weight_zero);
			sum += row[tap];
		}
		qnn_bias_read(cmd, prog->consts, channel, 1, &bias[at]);
		bias[at] = (s32)((u32)bias[at] - qnn_view_zero(plan, cmd) * (u32)sum);
	}
	return 0;
}

/* Where each tap of an output row starts in the copied input. */
static void find_taps(const struct qnn_plan *plan, const struct qnn_conv_desc *d, u32 *tap)
{
	const struct qnn_view_plan *v = &plan->view;
	u32 plane = v->width / v->phases * v->channels, at;

	for (at = 0; at < plan->depth; at++) {
		u32 t = tap_at(d, at), y = t / d->kernel_w * d->dilation_h;
		u32 x = t % d->kernel_w * d->dilation_w;

		/* Those that fill up a four have no weight. */
		tap[at] = t == NO_TAP ? tap[0] :
			  y * (u32)v->row_bytes + x % v->phases * plane + x / v->phases * v->channels;
	}
}

/* Codes of a row, a byte each, to where the output is. */
static int scatter(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *codes,
		   u8 *row, struct qnn_poll *poll)
{
	const struct qnn_tensor_desc *out = &cmd->out;
	u32 bits = qnn_elem_bits(out->type), x, first, n;

	for (x = 0; x < out->width; x++, row += out->pixel_stride, codes += plan->view.channels) {
		for (first = 0; first < out->channels; first += n) {
			n = out->channels - first < MOVED ? out->channels - first : MOVED;
			if (qnn_poll(poll, (n + 1) * MOVE_WORK))
				return -1;
			qnn_put_codes(row + (u64)first * bits / 8, bits, n, codes + first);
		}
	}
	return 0;
}

/* Products of the wanted blocks of a piece, and reading their numbers. */
static u32 block_work(const struct qnn_depthwise_args *args, u32 depth)
{
	u32 blocks = args->end_block - args->first_block;
	u32 times = args->bytes / (args->blocks * QNN_BLOCK) + 1;

	return blocks * QNN_BLOCK * (times * depth / WORK_SHARE + CHANNEL_WORK);
}

/* A row of the output in pieces, after each of which blocks begin anew. */
static int run_row(const struct qnn_plan *plan, qnn_depthwise_fn run,
		   struct qnn_depthwise_args *args, const u8 *row, u8 *codes,
		   struct qnn_poll *poll)
{
	u32 period = args->blocks * QNN_BLOCK, at, block;
	u32 bytes = args->store->cmd->out.width * plan->view.channels;
	u32 piece = (PIECE / plan->depth + period - 1) / period * period;

	for (at = 0; at < bytes; at += args->bytes) {
		args->bytes = bytes - at < piece ? bytes - at : piece;
		args->row = row + at;
		args->codes = codes + at;
		for (block = 0; block < args->blocks; block = args->end_block) {
			args->first_block = block;
			args->end_block = block + BLOCKS < args->blocks ? block + BLOCKS :
									  args->blocks;
			if (qnn_poll(poll, block_work(args, plan->depth)))
				return -1;
			run(args);
		}
	}
	return 0;
}

/* How rows of the copied input become rows of the output. */
struct run {
	const struct qnn_part *part;
	const struct qnn_cmd *cmd;
	const struct qnn_plan *plan;
	int flat;		/* codes go to the output at once */
	qnn_depthwise_fn run;
	struct qnn_depthwise_args args;
	struct qnn_depthwise_lines lines;	/* instead, if there is a function for them */
	struct qnn_depthwise_3x3_args columns;
};

/* One row, or two that go to the output at once; the first one is @y of the band. */
static int run_rows(struct run *r, u32 y, u32 rows, u8 *dst)
{
	const struct qnn_conv_desc *d = &r->cmd->conv;
	const u64 row_bytes = r->plan->view.row_bytes;
	const u8 *row = r->part->work + (u64)y * d->stride_h * row_bytes;
	u8 *codes = r->flat ? dst : r->part->work + r->plan->work_codes;
	u32 i;
	int stopped;

	if (r->lines.run) {
		for (i = 0; i < 4; i++)
			r->lines.line[i] = row + i * d->dilation_h * row_bytes;
		r->columns.rows = rows;
		stopped = qnn_depthwise_lines(&r->lines, &r->columns, codes,
					      r->cmd->out.row_stride, r->part->poll);
	} else {
		stopped = run_row(r->plan, r->run, &r->args, row, codes, r->part->poll);
	}
	if (stopped || r->flat)
		return stopped;
	return scatter(r->plan, r->cmd, codes, dst, r->part->poll);
}

static int run_bands(struct run *r, const struct qnn_isa_ops *isa, const u8 *in, u8 *dst)
{
	const struct qnn_part *part = r->part;
	const struct qnn_conv_desc *d = &r->cmd->conv;
	const u32 most = r->lines.run && r->flat && d->stride_h * d->stride_w == 1 &&
			 d->dilation_h == 1 ? 2 : 1;
	u32 first, rows, y, n;

	for (first = part->first_row; first < part->end_row; first += rows) {
		rows = min_u32(part->end_row - first, r->plan->band_rows);
		if (qnn_view_copy(r->plan, r->cmd, isa, in, 0, first, rows, part->work,
				  part->poll))
			return -1;
		for (y = 0; y < rows; y += n, dst += n * (u64)r->cmd->out.row_stride) {
			n = min_u32(rows - y, most);
			if (run_rows(r, y, n, dst))
				return -1;
		}
	}
	return 0;
}

static void open_columns(struct run *r, const struct qnn_isa_ops *isa, const u32 *tap)
{
	const struct qnn_plan *plan = r->plan;
	u32 x;

	r->lines.run = qnn_depthwise_3x3(plan, r->cmd, isa);
	r->lines.isa = isa;
	r->lines.pixels = r->cmd->out.width;
	/* A four of taps is a column. */
	for (x = 0; x < 3 && r->lines.run; x++)
		r->lines.column[x] = tap[4 * x];
	r->columns.weights = r->args.weights;
	r->columns.bias = r->args.bias;
	r->columns.weight_zero = r->args.weight_zero;
	r->columns.store = r->args.store;
	r->columns.fill = plan->view.fill;
	r->columns.stride = r->cmd->conv.stride_w;
	r->columns.channels = plan->view.channels;
	r->columns.step = plan->view.channels;
	r->columns.code_step = plan->view.channels;
}

int qnn_run_depthwise_fast(const struct qnn_part *part, const struct qnn_cmd *cmd,
			   const struct qnn_plan *plan)
{
	const struct qnn_exec *exec = part->exec;
	const struct qnn_isa_ops *isa = qnn_isa_ops(exec->prepared->isa);
	const struct qnn_tensor_desc *out = &cmd->out;
	const u8 *memory = (const u8 *)exec->prepared;
	const u8 *in = (const u8 *)exec->region[cmd->in[0].region] + cmd->in[0].offset;
	u8 *dst = (u8 *)exec->region[out->region] + out->offset +
		  (u64)part->first_row * out->row_stride;
	struct qnn_store store = { .padded = plan->group_padded };
	qnn_depthwise_narrow_fn narrow;
	u32 tap[MOST_TAPS];
	struct run r = {
		.part = part, .cmd = cmd, .plan = plan,
		.flat = qnn_elem_bits(out->type) == 8 && out->pixel_stride == out->channels &&
			plan->view.channels == out->channels,
		.run = isa->depthwise[plan->stage_kind],
		.args = {
			.tap = tap,
			.quads = plan->depth / 4,
			.weights = (const s8 *)memory + plan->weights,
			.bias = (const s32 *)(memory + plan->bias),
			.weight_zero = plan->weight_zero,
			.blocks = plan->group_padded / QNN_BLOCK,
			.store = &store,
		},
	};

	qnn_store_init(&store, cmd, exec->prog->consts, memory + plan->stage);
	narrow = qnn_depthwise_narrow(plan, cmd, isa);
	if (narrow)
		return qnn_run_depthwise_narrow(part, cmd, plan, narrow, &store);
	find_taps(plan, &cmd->conv, tap);
	open_columns(&r, isa, tap);
	if (r.lines.run && qnn_depthwise_direct(cmd))
		return qnn_run_depthwise_direct(part, cmd, plan, &r.lines, &r.columns);
	return run_bands(&r, isa, in, dst);
}

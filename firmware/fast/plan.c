// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Which commands run with vector units, and how their operands lie. */
#include "bits.h"
#include "element.h"
#include "fast_depthwise.h"
#include "isa.h"
#include "plan.h"
#include "steps.h"

#define LEAST_PIXELS	4u	/* of a matrix unit; it takes as long for eight */

static u32 round_up(u32 value, u32 to)
{
	return (value + to - 1) / to * to;
}

static int padded(const struct qnn_conv_desc *d)
{
	return d->pad_top || d->pad_bottom || d->pad_left || d->pad_right;
}

/* The smallest code becomes 0, of 8 bits maybe -128; a bipolar element 0 or 2. */
static s32 view_offset(u32 type, const struct qnn_isa_ops *isa)
{
	s32 least = qnn_elem_bits(type) == 8 ? -isa->turn : 0;

	return type == QNN_ELEM_B1 ? 1 : least - qnn_element(type)->min;
}

void qnn_view_bytes(struct qnn_view_plan *view, const struct qnn_tensor_desc *in,
		    const struct qnn_isa_ops *isa)
{
	view->offset = view_offset(in->type, isa);
	view->fill = (u8)(in->zero_point + view->offset);
}

/*
 * With one pixel a weight is used once: reading it is what takes time, so it
 * stays as small as it is.
 */
static u32 plan_bits(const struct qnn_cmd *cmd, const struct qnn_isa_ops *isa)
{
	u32 type = cmd->conv.weight_type, bits = qnn_elem_bits(type);

	if (cmd->out.height * cmd->out.width > 1 || !isa->mac_u4 || bits == 8 ||
	    qnn_type_in(type, QNN_TYPES_CODEBOOK))
		return 8;
	return bits == 1 ? 2 : bits;
}

/* Do the channels of each block share a code book? */
static int one_book(const struct qnn_cmd *cmd)
{
	u32 channels = cmd->conv.codebook_channels;

	return !qnn_type_in(cmd->conv.weight_type, QNN_TYPES_CODEBOOK) || !channels ||
	       (cmd->conv.groups == 1 && channels % QNN_BLOCK == 0);
}

/*
 * Weights that many pixels use stay as small as they are, too: a block of them
 * is widened at a time, each to the entry of a table. It need not have a zero
 * for what rounding up adds.
 */
static u32 plan_stored_bits(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	u32 bits = qnn_elem_bits(cmd->conv.weight_type);

	if (plan->weight_bits < 8)
		return plan->weight_bits;
	if (bits > 4 || plan->view.length != qnn_plan_taps(plan, cmd) || !one_book(cmd) ||
	    (u64)plan->depth * QNN_BLOCK > QNN_WIDENED_BYTES)
		return 8;
	return bits == 3 ? 4 : bits;
}

/* @step: segments are a multiple of it. */
static void plan_view(struct qnn_view_plan *v, const struct qnn_cmd *cmd,
		      const struct qnn_isa_ops *isa, u32 group_in, u32 step)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_tensor_desc *in = &cmd->in[0];
	u32 dense = in->pixel_stride == group_in || d->kernel_w == 1;

	qnn_view_bytes(v, in, isa);
	v->phases = 1;
	v->direct = in->type == (isa->turn ? QNN_ELEM_S8 : QNN_ELEM_U8) && !padded(d) &&
		    group_in % step == 0;
	v->merged = d->dilation_w == 1 && (!v->direct || dense);
	v->channels = v->merged ? group_in : round_up(group_in, step);
	v->width = (cmd->out.width - 1u) * d->stride_w + (d->kernel_w - 1u) * d->dilation_w + 1;
	v->segments = v->merged ? 1 : d->kernel_w;
	v->length = round_up(v->merged ? d->kernel_w * v->channels : v->channels, step);
	v->row_bytes = (u64)v->width * v->channels;
}

static int fits(const struct qnn_plan *plan, const struct qnn_cmd *cmd, u32 rows, u64 most)
{
	u64 copy = plan->view.direct ? 0 :
		   qnn_input_rows(&cmd->conv, rows) * plan->view.row_bytes;
	u64 sums = plan->weight_zero ? 4ull * rows * cmd->out.width : 0;

	return copy <= most && sums <= QNN_SUM_BYTES;
}

/*
 * Output rows at a time; 0: not even one has room. Each part passes through
 * all weights once, so with many weights it may be larger.
 */
static u32 plan_band(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	u64 weights = (u64)plan->depth * plan->group_padded;
	u64 most = weights > QNN_BAND_BYTES ? QNN_MOST_BAND_BYTES : QNN_BAND_BYTES;
	u32 rows = cmd->out.height;

	while (rows > 1 && !fits(plan, cmd, rows, most))
		rows = (rows + 1) / 2;
	return fits(plan, cmd, rows, QNN_MOST_BAND_BYTES) ? rows : 0;
}

/* Weights that do not fit into s8 less their zero point keep a zero point. */
s32 qnn_weight_zero(const struct qnn_conv_desc *conv, u32 bits)
{
	/* Without a sign the smallest code is 0; a bipolar weight 0 or 2. */
	if (bits < 8)
		return conv->weight_type == QNN_ELEM_B1 ? 1 :
		       conv->weight_zero_point - qnn_element(conv->weight_type)->min;
	if (conv->weight_type == QNN_ELEM_S8)
		return conv->weight_zero_point;
	return conv->weight_type == QNN_ELEM_U8 ? conv->weight_zero_point - 128 : 0;
}

/* Where there are pixels for it. */
static u32 plan_matrix(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		       const struct qnn_isa_ops *isa)
{
	if (!isa->mac_32 || (u32)cmd->out.height * cmd->out.width < LEAST_PIXELS)
		return 0;
	return isa->matrix_depth(plan->view.length);
}

static void plan_bytes(struct qnn_plan *plan, const struct qnn_cmd *cmd,
		       const struct qnn_isa_ops *isa)
{
	plan->weight_bits = (u8)plan_bits(cmd, isa);
	plan_view(&plan->view, cmd, isa, plan->group_in, qnn_plan_step(plan));
	plan->weight_zero = qnn_weight_zero(&cmd->conv, plan->weight_bits);
	plan->matrix_depth = (u8)plan_matrix(plan, cmd, isa);
	if (plan->matrix_depth) {
		plan->block = QNN_MATRIX_BLOCK;
		plan->side = QNN_LANES;
	}
}

static int supported(const struct qnn_cmd *cmd, u32 group_out)
{
	u32 bits = qnn_elem_bits(cmd->out.type), groups = cmd->conv.groups;

	if (cmd->opcode == QNN_OP_CONV_TRANSPOSE)
		return 0;
	/* Nothing to sum over; or a byte of the output is not one group's. */
	if (groups > 1 && (groups == cmd->in[0].channels || group_out * bits % 8))
		return 0;
	/* A group's channels start on a byte. */
	return groups == 1 ||
	       cmd->in[0].channels / groups * qnn_elem_bits(cmd->in[0].type) % 8 == 0;
}

/* The largest weight that there may be, as repacked to 8 bits and without its sign. */
static u32 largest_weight(const struct qnn_cmd *cmd, const u8 *consts)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	const struct qnn_element *e = qnn_element(d->weight_type);
	const s8 *entry = (const s8 *)(consts + d->codebook_off);
	u32 bits = qnn_elem_bits(d->weight_type), books = 1, most = 1, i;

	if (!qnn_type_in(d->weight_type, QNN_TYPES_CODEBOOK)) {
		if (bits == 8)
			return 128;
		if (d->weight_type == QNN_ELEM_B1)
			return 1;
		return max_u32((u32)(d->weight_zero_point - e->min),
			       (u32)(e->max - d->weight_zero_point));
	}
	if (d->codebook_channels)
		books = (cmd->out.channels + d->codebook_channels - 1) / d->codebook_channels;
	for (i = 0; i < books << bits; i++)
		most = max_u32(most, (u32)(entry[i] < 0 ? -entry[i] : entry[i]));
	return most;
}

/*
 * Pairs of products, of bytes of a view and weights, whose sum is within 16 bits.
 * Weights that rounding up added are their zero point, and meet any byte.
 */
static u32 short_pairs(const struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts)
{
	u32 type = cmd->in[0].type;
	u32 most = type == QNN_ELEM_B1 ? 2 : (1u << qnn_elem_bits(type)) - 1;

	return 32767u / (2 * (plan->weight_zero ? 255 : most) * largest_weight(cmd, consts));
}

/* @planes: of the input, see bits.h. */
static void plan_dense(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
		       const struct qnn_isa_ops *isa, u32 planes, u64 *bytes)
{
	const struct qnn_conv_desc *d = &cmd->conv;
	u32 channels;

	plan->group_in = cmd->in[0].channels / d->groups;
	plan->group_out = cmd->out.channels / d->groups;
	plan->group_padded = round_up(plan->group_out, QNN_LANES);
	plan->planes = (u8)planes;
	plan->border_y.count = 1;
	plan->border_x.count = 1;
	plan->block = QNN_BLOCK;
	plan->side = QNN_BLOCK;
	if (plan->planes)
		qnn_bits_plan(plan, cmd);
	else
		plan_bytes(plan, cmd, isa);
	plan->depth = d->kernel_h * plan->view.segments * plan->view.length;
	plan->stored_bits = plan->planes ? plan->weight_bits : (u8)plan_stored_bits(plan, cmd);
	plan->band_rows = plan_band(plan, cmd);
	if (!plan->band_rows)
		return;
	plan->short_pairs = (u16)short_pairs(plan, cmd, consts);
	plan->stage_kind = (u8)(qnn_steps_suit(cmd) ? QNN_FAST_STEPS :
				qnn_stage_choose(cmd, consts));
	channels = plan->group_padded * d->groups;

	/* Weights come last: they are filled from the front, and memory is taken as it is used. */
	plan->bias = *bytes;
	plan->stage = plan->bias + qnn_align64((u64)channels * 4 * plan->border_y.count *
					       plan->border_x.count);
	plan->weights = plan->stage + qnn_align64(plan->stage_kind == QNN_FAST_STEPS ?
						  qnn_steps_bytes(cmd, channels) :
						  qnn_stage_bytes(cmd, plan->stage_kind, channels));
	*bytes = plan->weights + qnn_align64((u64)channels * qnn_plan_row(plan));

	/* A segment that was rounded up reads beyond the last pixel. */
	plan->work_sums = QNN_ACC_BYTES;
	if (!plan->view.direct)
		plan->work_sums += qnn_align64(qnn_input_rows(d, plan->band_rows) *
					       plan->view.row_bytes + QNN_STEP_MAX);
	plan->work_weights = plan->work_sums;
	plan->kind = QNN_PLAN_DENSE;
}

static const struct qnn_plan nothing = { .kind = QNN_PLAN_SCALAR };

void qnn_plan_conv(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts, u32 isa,
		   u64 *bytes)
{
	const struct qnn_isa_ops *ops = qnn_isa_ops(isa);
	u64 end = *bytes;
	u32 planes;

	if (!supported(cmd, cmd->out.channels / cmd->conv.groups))
		return;
	planes = qnn_bits_planes(cmd, ops);
	plan_dense(plan, cmd, consts, ops, planes, &end);
	if (planes && (plan->signs || plan->kind == QNN_PLAN_SCALAR)) {
		struct qnn_plan other = nothing;

		/* Room for either: which it is, the weights say. */
		plan_dense(&other, cmd, consts, ops, 0, bytes);
		if (plan->kind == QNN_PLAN_SCALAR)
			*plan = other;
	}
	if (end > *bytes)
		*bytes = end;
}

void qnn_plan_conv_bytes(struct qnn_plan *plan, const struct qnn_cmd *cmd, const u8 *consts,
			 u32 isa)
{
	u64 place = plan->bias;

	*plan = nothing;
	plan_dense(plan, cmd, consts, qnn_isa_ops(isa), 0, &place);
}

u32 qnn_plan_channels(const struct qnn_plan *plan, const struct qnn_cmd *cmd)
{
	return plan->group_padded * (plan->kind == QNN_PLAN_DENSE ? cmd->conv.groups : 1u);
}

u32 qnn_plan_channel(const struct qnn_plan *plan, u32 at)
{
	u32 within = at % plan->group_padded;

	if (plan->kind == QNN_PLAN_DEPTHWISE)
		within = qnn_depthwise_order(at) % plan->view.channels;
	return within < plan->group_out ? at / plan->group_padded * plan->group_out + within :
					  QNN_NO_CHANNEL;
}

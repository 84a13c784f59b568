// SPDX-License-Identifier: MIT
/* Convolutions, fully connected layers, and what has no layer in front. */
#include <math.h>
#include <stdlib.h>

#include "layer.h"
#include "lower_priv.h"
#include "tools/graph/mem.h"

/* A constant channel of a raw output is stored with this many steps. */
#define CONSTANT_STEPS	1048576.0

static void describe(struct lowering *lw)
{
	const struct graph_node *n = lw->x->node;
	struct qnn_conv_desc *c = &lw->cmd->conv;
	const struct graph_window *w;

	lw->cmd->opcode = QNN_OP_CONV;
	c->kernel_h = c->kernel_w = c->stride_h = c->stride_w = 1;
	c->dilation_h = c->dilation_w = 1;
	c->groups = (u16)lw->x->channels;
	c->bias_off = c->codebook_off = QNN_NO_CONST;
	if (!n)
		return;
	w = &n->window;
	c->kernel_h = (u16)w->kh;
	c->kernel_w = (u16)w->kw;
	c->stride_h = (u16)w->stride_h;
	c->stride_w = (u16)w->stride_w;
	c->dilation_h = (u16)w->dilation_h;
	c->dilation_w = (u16)w->dilation_w;
	c->pad_top = (u16)w->pad_top;
	c->pad_left = (u16)w->pad_left;
	c->pad_bottom = (u16)w->pad_bottom;
	c->pad_right = (u16)w->pad_right;
	c->groups = (u16)n->groups;
	if (n->groups == 1 && w->kh == 1 && w->kw == 1 && w->stride_h == 1 &&
	    w->stride_w == 1 && lw->cmd->in[0].height == 1 &&
	    lw->cmd->in[0].width == 1 && !w->pad_top && !w->pad_left &&
	    !w->pad_bottom && !w->pad_right) {
		lw->cmd->opcode = QNN_OP_FC;
		c->dilation_h = c->dilation_w = 1;
	}
}

/* slope and offset of each channel, and how far accumulators reach. */
static void fill_stage(struct lowering *lw, const struct layer *l)
{
	const struct value_format *in = &lw->fmt[lw->x->in[0]];
	double zero = in->q.zero_point;
	double reach = fmax((double)in->max - zero, zero - (double)in->min);

	lw->stage.has_bias = true;
	lw->stage.reach = (int64_t)(reach * layer_reach(l) *
				    (double)layer_row(l));
	for (uint32_t o = 0; o < l->out; o++) {
		lw->stage.slope[o] = lw->x->mul[o] * l->scale[o] * in->q.scale;
		lw->stage.offset[o] = lw->x->add[o];
	}
}

/*
 * Scaling has no negative slopes and none of zero: turn the weights around,
 * or make the channel a constant that its bias alone gives.
 */
static void make_positive(struct lowering *lw, struct layer *l)
{
	struct stage_input *s = &lw->stage;
	double least = s->out->source == FORMAT_RAW ? 1e-6 : s->out->q.scale;

	for (uint32_t o = 0; o < l->out; o++) {
		double offset = fabs(s->offset[o]);

		if (s->slope[o] < 0) {
			layer_negate(l, o);
			s->slope[o] = -s->slope[o];
		}
		if (s->slope[o] > 0 &&
		    s->slope[o] * (double)s->reach * CONSTANT_STEPS > offset)
			continue;
		layer_clear(l, o);
		s->slope[o] = fmax(offset, least) / CONSTANT_STEPS;
	}
}

static bool whole_biases(const struct stage_input *s)
{
	for (uint32_t c = 0; c < s->unit->channels; c++) {
		double b = s->offset[c] / s->slope[c];

		if (fabs(b - rint(b)) > 1e-6)
			return false;
	}
	return true;
}

/*
 * A raw result is a whole number of steps, so its bias is rounded. Weights of
 * a few bits have large steps: where the network has its own grid, and the
 * result should be its result, the array gets finer ones.
 */
static void refine_raw(struct lowering *lw, struct layer *l)
{
	int32_t factor = 1, reach = layer_reach(l), limit;
	struct stage_input *s = &lw->stage;

	if (!l->exact || !reach || whole_biases(s))
		return;
	/* Codes of a signed type reach further down than up. */
	limit = layer_above(l) < reach ? 128 : 127;
	while (reach * factor * 2 <= limit &&
	       (double)s->reach * factor * 4 < QNN_ACC_MAX)
		factor *= 2;
	if (factor == 1)
		return;
	layer_refine(l, factor);
	s->reach *= factor;
	for (uint32_t o = 0; o < l->out; o++)
		s->slope[o] /= factor;
}

static void put_bias(struct lowering *lw, uint32_t channels)
{
	int32_t *bias = mem_array(channels, sizeof(*bias));

	for (uint32_t o = 0; o < channels; o++) {
		bias[o] = stage_bias(&lw->stage, o);
		if (abs(bias[o]) > lw->bias_reach)
			lw->bias_reach = abs(bias[o]);
	}
	if (lw->bias_reach)
		lw->cmd->conv.bias_off = consts_add(&lw->l->consts, bias,
						    channels * sizeof(*bias));
	free(bias);
}

static int put_weights(struct lowering *lw, const struct layer *l)
{
	uint32_t type = layer_type(l);
	int64_t weights;

	if (type == QNN_ELEM_NONE) {
		report_problem(lw->r, "node '%s' (%s): its weights and their zero point %d do not fit into 8 bits",
			       lw->x->name, lw->x->op, l->zero_point);
		return -1;
	}
	layer_pack(l, type, &lw->cmd->conv, &lw->l->consts);
	lw->note->weight_type = lw->cmd->conv.weight_type;
	lw->note->weights = !lw->x->node ? "none" : l->exact ? "quant" :
			    lw->opt->weight_bits == 8 ? "max" :
			    lw->opt->weight_bits == 1 ? "mean" : "mse";
	weights = l->factor > 1 ? layer_reach(l) : type == QNN_ELEM_B1 ? 1 :
		  lower_reach(&(struct qnn_tensor_desc){
				.type = (u8)type,
				.zero_point = l->zero_point });
	return lower_fits(lw, (double)weights * (double)layer_row(l) *
			      (double)lower_reach(&lw->cmd->in[0]) +
			      lw->bias_reach);
}

static int finish_raw(struct lowering *lw, struct layer *l)
{
	make_positive(lw, l);
	refine_raw(lw, l);
	if (lower_fits(lw, (double)lw->stage.reach))
		return -1;
	for (uint32_t o = 0; o < l->out; o++) {
		double steps = fabs(lw->stage.offset[o] / lw->stage.slope[o]);

		if (steps + (double)lw->stage.reach < QNN_ACC_MAX)
			continue;
		report_problem(lw->r, "node '%s' (%s): the bias of output channel %u is %g times the step of its sum; that is more than 32 bits hold",
			       lw->x->name, lw->x->op, o, steps);
		return -1;
	}
	put_bias(lw, l->out);
	return lower_raw(lw);
}

static void finish_elements(struct lowering *lw, struct layer *l)
{
	bool scalable = false;

	if (!lower_by_threshold(lw)) {
		make_positive(lw, l);
		scalable = stage_scalable(&lw->stage, lw->opt->rounding);
	}
	if (scalable)
		put_bias(lw, l->out);
	lower_stage(lw, scalable);
}

int lower_conv(struct lowering *lw)
{
	struct layer l;
	int ret = layer_open(&l, lw->x, lw->opt->weight_bits, lw->r);

	if (!ret) {
		describe(lw);
		fill_stage(lw, &l);
		if (lw->stage.out->source == FORMAT_RAW)
			ret = finish_raw(lw, &l);
		else
			finish_elements(lw, &l);
		if (!ret)
			ret = put_weights(lw, &l);
	}
	layer_close(&l);
	return ret;
}

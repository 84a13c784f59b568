// SPDX-License-Identifier: MIT
/* Convolutions, also transposed, and fully connected layers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "lower_priv.h"
#include "qnn_device.h"
#include "tools/graph/mem.h"

/* A constant channel of a raw output is stored with this many steps. */
#define CONSTANT_STEPS	1048576.0
/* Operands of so many bits at most, and so many products at least, see few_bits(). */
#define FEW_BITS	4
#define MANY_PRODUCTS	32

static void describe(struct lowering *lw)
{
	const struct graph_node *n = lw->x->node;
	struct qnn_conv_desc *c = &lw->cmd->conv;
	const struct graph_window *w;

	lw->cmd->opcode = n && n->op == GRAPH_CONV_TRANSPOSE ?
			  QNN_OP_CONV_TRANSPOSE : QNN_OP_CONV;
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
	if (n->op == GRAPH_CONV && n->groups == 1 && w->kh == 1 && w->kw == 1 && w->stride_h == 1 &&
	    w->stride_w == 1 && lw->cmd->in[0].height == 1 &&
	    lw->cmd->in[0].width == 1 && !w->pad_top && !w->pad_left &&
	    !w->pad_bottom && !w->pad_right) {
		lw->cmd->opcode = QNN_OP_FC;
		c->dilation_h = c->dilation_w = 1;
	}
}

/* Taps of the kernel's @size that can meet in one output element. */
static uint32_t meeting(uint32_t size, uint32_t stride, uint32_t dilation)
{
	uint32_t a = stride, b = dilation;

	while (b) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	stride /= a;
	return (size + stride - 1) / stride;
}

/* Products that an accumulator adds up. */
static double products(const struct lowering *lw, const struct layer *l)
{
	const struct graph_node *n = lw->x->node;
	const struct graph_window *w;

	if (!n || n->op != GRAPH_CONV_TRANSPOSE)
		return (double)layer_row(l);
	w = &n->window;
	return (double)l->in * meeting(w->kh, w->stride_h, w->dilation_h) *
	       meeting(w->kw, w->stride_w, w->dilation_w);
}

/* slope and offset of each channel, and how far accumulators reach. */
static void fill_stage(struct lowering *lw, const struct layer *l)
{
	const struct value_format *in = &lw->fmt[lw->x->in[0]];
	double zero = in->q.zero_point;
	double reach = fmax((double)in->max - zero, zero - (double)in->min);

	lw->stage.has_bias = true;
	lw->stage.reach = (int64_t)(reach * layer_reach(l) * products(lw, l));
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

static void put_biases(struct lowering *lw, const int32_t *bias,
		       uint32_t channels)
{
	for (uint32_t o = 0; o < channels; o++)
		lw->bias_reach = fmax(lw->bias_reach, fabs((double)bias[o]));
	if (lw->bias_reach > 0)
		lw->cmd->conv.bias_off = consts_add(&lw->l->consts, bias,
						    channels * sizeof(*bias));
}

static void put_bias(struct lowering *lw, uint32_t channels)
{
	int32_t *bias = mem_array(channels, sizeof(*bias));

	for (uint32_t o = 0; o < channels; o++)
		bias[o] = stage_bias(&lw->stage, o);
	put_biases(lw, bias, channels);
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
	weights = layer_pack(l, type, &lw->cmd->conv, &lw->l->consts);
	if (!weights)
		weights = type == QNN_ELEM_B1 ? 1 :
			  lower_reach(&(struct qnn_tensor_desc){
					.type = (u8)type,
					.zero_point = l->zero_point });
	lw->note->weight_type = lw->cmd->conv.weight_type;
	lw->note->weights = !lw->x->node ? "none" : l->exact ? "quant" :
			    l->made->by;
	return lower_fits(lw, (double)weights * products(lw, l) *
			      (double)lower_reach(&lw->cmd->in[0]) +
			      lw->bias_reach);
}

static bool biases_fit(struct lowering *lw, const struct layer *l)
{
	for (uint32_t o = 0; o < l->out; o++) {
		double steps = fabs(lw->stage.offset[o] / lw->stage.slope[o]);

		if (steps + (double)lw->stage.reach < QNN_ACC_MAX)
			continue;
		report_problem(lw->r, "node '%s' (%s): the bias of output channel %u is %g times the step of its sum; that is more than 32 bits hold",
			       lw->x->name, lw->x->op, o, steps);
		return false;
	}
	return true;
}

/* Sums of the network's own codes, with nothing behind them in the device. */
static int finish_steps(struct lowering *lw, const struct layer *l)
{
	double in = lw->fmt[lw->x->in[0]].q.scale;
	double *base = mem_array(l->out, sizeof(*base));
	int ret = lower_fits(lw, (double)lw->stage.reach);

	for (uint32_t o = 0; o < l->out; o++)
		base[o] = l->scale[o] * in;
	if (!ret)
		ret = lower_steps(lw, base);
	free(base);
	return ret;
}

/* Who reads the sums again adds the bias, as exactly as it is known. */
static int finish_raw(struct lowering *lw, struct layer *l)
{
	if (!graph_is_output(lw->g, lw->x->out))
		return lower_raw(lw);
	if (l->exact && (lw->x->affines || !whole_biases(&lw->stage)))
		return finish_steps(lw, l);
	make_positive(lw, l);
	if (lower_fits(lw, (double)lw->stage.reach) || !biases_fit(lw, l))
		return -1;
	put_bias(lw, l->out);
	memset(lw->stage.offset, 0, l->out * sizeof(double));
	return lower_raw(lw);
}

/* The index of a table is scaled, with a bias in front. */
static int finish_table(struct lowering *lw, struct layer *l)
{
	const struct value_format *out = lw->stage.out;

	lw->stage.out = &lw->fmt[lw->x->index];
	make_positive(lw, l);
	if (biases_fit(lw, l))
		put_bias(lw, l->out);
	lw->stage.out = out;
	return lower_table(lw);
}

/* Weights turned around where slopes are negative, and these biases. */
static void put_proven(struct lowering *lw, struct layer *l,
		       const int32_t *bias)
{
	for (uint32_t o = 0; o < l->out; o++) {
		if (lw->stage.slope[o] > 0)
			continue;
		layer_negate(l, o);
		lw->stage.slope[o] = -lw->stage.slope[o];
	}
	put_biases(lw, bias, l->out);
}

static int finish_exact(struct lowering *lw, struct layer *l)
{
	int32_t *bias = mem_array(l->out, sizeof(*bias));
	bool proven = lower_proven(lw, bias);

	if (proven)
		put_proven(lw, l, bias);
	free(bias);
	return lower_stage(lw, proven);
}

/*
 * Products of few bits come in large steps. Where the result is a sum of many, to know
 * its bias better than one of them is not worth 255 thresholds for each channel.
 */
static bool few_bits(const struct lowering *lw, const struct layer *l)
{
	return products(lw, l) >= MANY_PRODUCTS &&
	       qnn_elem_bits(layer_type(l)) <= FEW_BITS &&
	       qnn_elem_bits(lw->cmd->in[0].type) <= FEW_BITS;
}

static int finish_elements(struct lowering *lw, struct layer *l)
{
	bool scalable;

	if (lower_by_threshold(lw))
		return finish_exact(lw, l);
	if (lw->x->post_count)
		return finish_table(lw, l);
	make_positive(lw, l);
	if (few_bits(lw, l))
		lw->stage.bias = BIAS_ANY;
	scalable = stage_scalable(&lw->stage, lw->opt->rounding);
	if (scalable)
		put_bias(lw, l->out);
	return lower_stage(lw, scalable);
}

static void double_number(struct graph_requant *q, uint32_t o)
{
	float f;

	if (q->rule != QNN_ROUND_C) {
		q->shift[o]++;
		return;
	}
	memcpy(&f, &q->multiplier[o], sizeof(f));
	f *= 2;
	memcpy(&q->multiplier[o], &f, sizeof(f));
}

/*
 * Quantizers give a channel that is nearly constant weights of tiny steps, and a
 * bias that fills 32 bits: no room is left for the sum. What such steps add to
 * a result is far below one of its codes, so the channel gets larger ones.
 */
static void make_room(struct lowering *lw, struct layer *l, int32_t *bias,
		      struct graph_requant *q)
{
	int64_t weight = lower_reach(&(struct qnn_tensor_desc){
		.type = (u8)layer_type(l), .zero_point = l->zero_point });
	double most = QNN_ACC_MAX - (double)weight * products(lw, l) *
				    (double)lower_reach(&lw->cmd->in[0]);

	for (uint32_t o = 0; o < l->out; o++)
		while (fabs((double)bias[o]) > most && most > 1) {
			bias[o] /= 2;
			layer_halve(l, o);
			double_number(q, o);
		}
}

/* Numbers of each channel, to be changed. */
static struct graph_requant spread(const struct graph_requant *own,
				   uint32_t channels)
{
	struct graph_requant q = { .rule = own->rule, .entries = channels };
	uint32_t one = own->entries > 1;

	q.multiplier = mem_array(channels, sizeof(*q.multiplier));
	q.shift = own->shift ? mem_array(channels, sizeof(*q.shift)) : NULL;
	for (uint32_t o = 0; o < channels; o++) {
		q.multiplier[o] = own->multiplier[o * one];
		if (q.shift)
			q.shift[o] = own->shift[o * one];
	}
	return q;
}

static void put_own_biases(struct lowering *lw, struct layer *l,
			   struct graph_requant *q)
{
	int32_t *bias = mem_copy(lw->x->node->weights.grid->bias, l->out,
				 sizeof(*bias));
	double most = 0;

	for (uint32_t o = 0; o < l->out; o++)
		most = fmax(most, fabs((double)bias[o]));
	if (most > QNN_ACC_MAX / 2) {
		*q = spread(lw->x->requant, l->out);
		lw->requant = q;
		make_room(lw, l, bias, q);
	}
	put_biases(lw, bias, l->out);
	free(bias);
}

/* The network's own integers, all of them. */
static int finish_requant(struct lowering *lw, struct layer *l)
{
	float in = lw->fmt[lw->x->in[0]].q.scale;
	double *real = mem_array(l->out, sizeof(*real));
	struct graph_requant changed = { 0 };
	int ret;

	if (lw->x->node->weights.grid->bias)
		put_own_biases(lw, l, &changed);
	for (uint32_t o = 0; o < l->out; o++)
		real[o] = lower_ratio(lw, in, (float)l->scale[o],
				      lower_scaled(lw)->q.scale);
	ret = lower_requant(lw, real);
	free(changed.multiplier);
	free(changed.shift);
	free(real);
	return ret;
}

static int finish(struct lowering *lw, struct layer *l)
{
	if (lw->x->requant)
		return finish_requant(lw, l);
	fill_stage(lw, l);
	return lw->stage.out->source == FORMAT_RAW ? finish_raw(lw, l) :
						     finish_elements(lw, l);
}

int lower_conv(struct lowering *lw)
{
	const struct graph_node *n = lw->x->node;
	struct layer l;
	int ret = layer_open(&l, lw->x,
			     n ? lw->codes[n - lw->g->node] : NULL, lw->r);

	if (!ret) {
		describe(lw);
		ret = finish(lw, &l);
		if (!ret)
			ret = put_weights(lw, &l);
	}
	layer_close(&l);
	return ret;
}

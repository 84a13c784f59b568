// SPDX-License-Identifier: MIT
/* Pooling and means. */
#include "priv.h"

#include <limits.h>

static bool pool_window(struct op *op, struct graph_node *n)
{
	const struct tfl_options *o = op->opt;
	struct sides in;
	bool codes;

	if (!tfl_op_value(op, 0, &n->in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 0), &in))
		return false;
	if (o->filter_h < 1 || o->filter_w < 1 ||
	    o->filter_h > (int32_t)GRAPH_MAX_DIM ||
	    o->filter_w > (int32_t)GRAPH_MAX_DIM) {
		tfl_op_problem(op, "its filter is %d x %d; sides must be 1 to %u",
			       o->filter_h, o->filter_w, GRAPH_MAX_DIM);
		return false;
	}
	if (codes && !same_quant(tfl_op_input(op, 0), tfl_op_output(op, 0))) {
		tfl_op_problem(op, "its input and result have different scales or zero points; TFLite does not run that either");
		return false;
	}
	return tfl_op_window(op, &in, (uint32_t)o->filter_h, (uint32_t)o->filter_w,
			     &n->window);
}

void tfl_op_average_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_AVG_POOL };

	if (!pool_window(op, &n))
		return;
	n.same_codes = tfl_is_code(tfl_op_input(op, 0));
	tfl_op_finish(op, tfl_op_node(op, &n), op->opt->activation, NULL);
}

void tfl_op_max_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_MAX_POOL };

	if (!pool_window(op, &n))
		return;
	tfl_op_finish(op, tfl_op_node(op, &n), op->opt->activation, NULL);
}

/* Which of height, width, channels a mean goes over, as bits. */
static bool mean_axes(struct op *op, unsigned int *axes)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	struct numbers n;

	*axes = 0;
	if (!tfl_op_ints(op, 1, "axes", 1, TFL_MAX_RANK, &n))
		return false;
	for (size_t k = 0; k < n.count; k++) {
		int axis = tfl_op_axis(t, n.i[k]);

		if (axis == 0 || axis == 1) {
			*axes |= 1u << axis;
			continue;
		}
		tfl_op_problem(op, "it is a mean over dimension %lld of %zu; only height and width are supported",
			       (long long)n.i[k], t->shape.n);
		numbers_free(&n);
		return false;
	}
	numbers_free(&n);
	return true;
}

/*
 * TFLite puts the division into the multiplier: as many bits of it as there
 * are, before dividing.
 */
static struct graph_requant *mean_requant(struct op *op, uint32_t count)
{
	const struct tfl_tensor *in = tfl_op_input(op, 0), *out = tfl_op_output(op, 0);
	struct graph_requant *rq;
	int bits;

	if (!tfl_is_code(in))
		return NULL;
	rq = tfl_op_requant(op, (double)in->scale[0] / (double)out->scale[0]);
	if (!rq)
		return NULL;
	bits = 31 - __builtin_clz(count);
	if (bits > 31 + rq->shift[0])
		bits = 31 + rq->shift[0];
	rq->multiplier[0] = (int32_t)(((int64_t)rq->multiplier[0] << bits) /
				      count);
	rq->shift[0] = (int8_t)(rq->shift[0] - bits);
	return rq;
}

void tfl_op_mean(struct op *op)
{
	struct graph_node n = {
		.op = GRAPH_AVG_POOL,
		.window = { .stride_h = 1, .stride_w = 1, .dilation_h = 1,
			    .dilation_w = 1 },
	};
	struct graph_requant *rq;
	unsigned int axes;
	struct sides in;
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 0), &in) || !mean_axes(op, &axes))
		return;
	n.window.kh = axes & 1 ? in.h : 1;
	n.window.kw = axes & 2 ? in.w : 1;
	rq = mean_requant(op, n.window.kh * n.window.kw);
	if (codes && !rq)
		return;
	value = tfl_op_tail(op, tfl_op_node(op, &n), TFL_NONE, rq);
	tfl_op_result_value(op, 0, tfl_op_shape_like(op, value,
						    tfl_op_output(op, 0)));
}

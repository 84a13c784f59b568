// SPDX-License-Identifier: MIT
/* Fully connected layers. */
#include "priv.h"

#include <stdlib.h>

#include "qnn_program.h"

/*
 * TFLite takes the input as rows of as many numbers as a weight row has,
 * whatever its shape.
 */
static bool rows(struct op *op, uint32_t in, uint32_t *value)
{
	const struct graph_value *v = &op->imp->g->value[*value];
	uint64_t count = graph_elements(v);
	struct graph_node n = {
		.op = GRAPH_RESHAPE, .in = { *value },
		.reshape = { .c = in, .h = 1, .channels_last = true },
	};

	if (v->c == in)
		return true;
	if (count % in || count / in > GRAPH_MAX_DIM || in > GRAPH_MAX_DIM) {
		tfl_op_problem(op, "its weights are for %u inputs; it has %llu", in,
			       (unsigned long long)count);
		return false;
	}
	n.reshape.w = (uint32_t)(count / in);
	*value = tfl_op_node(op, &n);
	return *value != GRAPH_NONE;
}

/* The largest sum that there can be. */
static int64_t reach(const struct graph_weights *w)
{
	int64_t most = 0;

	for (uint32_t o = 0; w->grid->bias && o < w->out; o++) {
		int64_t b = llabs((long long)w->grid->bias[o]);

		most = b > most ? b : most;
	}
	most += (int64_t)w->in * 255 * 255;
	return most < QNN_ACC_MAX ? most : QNN_ACC_MAX;
}

/*
 * TFLite multiplies these sums by a number in double precision and rounds
 * halves away from zero. Integers do the same where no sum is halfway; where
 * one is, there is no requantization, and the results are as in real numbers.
 */
#define LEVELS	512u	/* compared to find the integers of a channel, about */

static struct graph_requant *dense_requant(struct op *op,
					   const struct graph_weights *w)
{
	const struct tfl_tensor *in = tfl_op_input(op, 0);
	const struct tfl_tensor *out = tfl_op_output(op, 0);
	struct graph_requant *rq = requant_new(w->out);
	struct quantizer q;
	bool ok = tfl_op_quantizer(op, out, &q);
	int64_t most = reach(w);

	rq->rule = QNN_ROUND_B;
	for (uint32_t c = 0; ok && c < w->out; c++) {
		double real = (double)in->scale[0] * w->grid->scale[c] /
			      q.scale;
		int zero = (int)q.zero_point;

		if (c && w->grid->scale[c] == w->grid->scale[c - 1]) {
			rq->multiplier[c] = rq->multiplier[c - 1];
			rq->shift[c] = rq->shift[c - 1];
			continue;
		}
		ok = tfl_op_spend(op, LEVELS) &&
		     arith_rounded(real, (int)quantizer_min(&q) - zero,
				   (int)quantizer_max(&q) - zero, most,
				   &rq->multiplier[c], &rq->shift[c]);
	}
	if (ok)
		return rq;
	requant_free(rq);
	return NULL;
}

void tfl_op_dense(struct op *op)
{
	struct graph_node n = {
		.op = GRAPH_CONV, .groups = 1,
		.window = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
			    .dilation_h = 1, .dilation_w = 1 },
	};
	const struct tfl_tensor *t = tfl_op_const(op, 1, "weights");
	struct graph_requant *rq = NULL;
	struct sides in, w;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !t || !tfl_op_image(op, tfl_op_input(op, 0), &in) || !tfl_op_sides(op, t, &w))
		return;
	if (t->shape.n != 2 || op->opt->weights_format) {
		tfl_op_problem(op, "its weights '%.64s' have %zu dimensions and format %d; only 2 and the default format are supported",
			       t->name, t->shape.n, op->opt->weights_format);
		return;
	}
	if (!rows(op, w.c, &n.in[0]))
		return;
	if (tfl_op_weights(op, 1, 2, 0, &(struct weight_shape){
			.out = w.w, .in = w.c, .kh = 1, .kw = 1, .axis = 0,
			.out_step = w.c, .in_step = 1 }, &n.weights) && codes)
		rq = dense_requant(op, &n.weights);
	if (op->refused || !tfl_op_ready(op)) {
		requant_free(rq);
		graph_node_free(&n);
		return;
	}
	n.in[0] = tfl_op_tail(op, tfl_op_node(op, &n), op->opt->activation, rq);
	tfl_op_result_value(op, 0, tfl_op_shape_like(op, n.in[0], tfl_op_output(op, 0)));
}

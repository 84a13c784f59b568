// SPDX-License-Identifier: MIT
/* Weights and biases of layers. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

/* Scales must be the same within an output channel, zero points anywhere. */
static struct graph_grid *grid_of(struct op *op, const struct constant *c,
				  uint32_t out)
{
	size_t row = c->count / out;
	struct graph_grid *g;

	for (size_t k = 0; k < c->count; k++) {
		if (c->scale[k] == c->scale[k / row * row])
			continue;
		op_problem(op, "the quantizer of its weights has different scales within output channel %zu; one for each output channel is supported",
			   k / row);
		return NULL;
	}
	g = mem_array(1, sizeof(*g));
	g->q = c->q;
	g->code = mem_copy(c->code, c->count, sizeof(*c->code));
	g->scale = mem_array(out, sizeof(*g->scale));
	for (uint32_t o = 0; o < out; o++)
		g->scale[o] = c->scale[o * row];
	return g;
}

static const struct constant *bias_of(struct op *op, size_t index, uint32_t out,
				      bool integers)
{
	const struct constant *b = op_const(op, index, "bias");

	if (b && (b->f || !integers))
		b = op_floats(op, index, "bias");
	if (!b)
		return NULL;
	if (b->count == 1 ||
	    (b->count == out && b->rank && b->dims[b->rank - 1] == out))
		return b;
	op_problem(op, "its bias has %zu numbers for %u output channels",
		   b->count, out);
	return NULL;
}

/* Integers, in the steps in which the layer counts. */
static void integer_bias(const struct constant *b, float in_scale,
			 struct graph_weights *w)
{
	for (uint32_t o = 0; o < w->out; o++) {
		size_t k = b->count == 1 ? 0 : o;
		int64_t code = b->i ? b->i[k] : b->code[k];
		double step = (double)in_scale * w->grid->scale[o];

		/* Then its own step is another one: it stays as it is. */
		if (code < INT32_MIN || code > INT32_MAX ||
		    (b->code && (b->q.zero_point != 0 ||
				 fabs(b->scale[k] - step) > 1e-3 * step)))
			return;
	}
	w->grid->bias = mem_array(w->out, sizeof(*w->grid->bias));
	for (uint32_t o = 0; o < w->out; o++) {
		size_t k = b->count == 1 ? 0 : o;

		w->grid->bias[o] = (int32_t)(b->i ? b->i[k] : b->code[k]);
	}
}

static void take_bias(const struct constant *b, float in_scale,
		      struct graph_weights *w)
{
	w->bias = mem_array(w->out, sizeof(*w->bias));
	if (w->grid && in_scale > 0 && (b->i || b->code))
		integer_bias(b, in_scale, w);
	for (uint32_t o = 0; o < w->out; o++) {
		size_t k = b->count == 1 ? 0 : o;

		if (b->f)
			w->bias[o] = b->f[k];
		else if (w->grid)
			w->bias[o] = (float)((double)b->i[k] * in_scale *
					     w->grid->scale[o]);
	}
}

bool op_weights(struct op *op, const struct constant *c, uint32_t in,
		uint32_t kh, uint32_t kw, size_t bias, float in_scale,
		struct graph_weights *w)
{
	uint32_t out = (uint32_t)c->dims[0];
	const struct constant *b = NULL;

	if (!c->count || c->dims[0] > GRAPH_MAX_DIM) {
		op_problem(op, "its weights have %llu output channels; 1 to %u are supported",
			   (unsigned long long)c->dims[0], GRAPH_MAX_DIM);
		return false;
	}
	if (op_input_given(op, bias)) {
		b = bias_of(op, bias, out, in_scale > 0);
		if (!b)
			return false;
	}
	if (!op_spend(op, 2ull * c->count))
		return false;
	*w = (struct graph_weights){ .out = out, .in = in, .kh = kh, .kw = kw };
	if (c->code) {
		w->grid = grid_of(op, c, out);
		if (!w->grid)
			return false;
	}
	w->data = mem_copy(c->f, c->count, sizeof(*c->f));
	if (b)
		take_bias(b, in_scale, w);
	return true;
}

// SPDX-License-Identifier: MIT
#include "channel_steps.h"

#include <math.h>
#include <stdlib.h>

#include "gauss.h"
#include "slim_graph.h"
#include "tools/graph/mem.h"

/* Channels that hardly move are not made larger than this. */
#define LARGEST_FACTOR	64.0

/* Does it give f times the result for f times the input, whatever f above 0 is? */
static bool scales(const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CLAMP:
		return (n->lo == 0 || isinf(n->lo)) && isinf(n->hi);
	case GRAPH_AFFINE:
	case GRAPH_MAX_POOL:
	case GRAPH_CONV:
		return true;
	case GRAPH_AVG_POOL:
		return !n->same_codes;
	default:
		return false;
	}
}

static bool possible(const struct slim_path *p, const struct graph *g)
{
	if (p->why)
		return false;
	for (size_t i = 0; i < p->count; i++)
		if (!scales(&g->node[p->node[i]]))
			return false;
	return true;
}

/* Is everything that reads the normalization behind a ReLU? */
static double lowest(const struct slim_path *p, const struct graph *g)
{
	const struct graph_node *norm = &g->node[p->norm];

	for (size_t i = 0; i < p->count; i++) {
		const struct graph_node *n = &g->node[p->node[i]];

		if (n->in[0] == norm->out && n->op != GRAPH_CLAMP)
			return -INFINITY;
	}
	return 0;
}

/*
 * How many steps of the whole layer one of each channel is: the quantizer with the
 * least error for its normal distribution. 1 for what is constantly zero.
 */
static double *factors(const struct slim_path *p, const struct graph *g,
		       unsigned int bits)
{
	const struct graph_affine *a = &g->node[p->norm].affine;
	uint32_t channels = g->value[g->node[p->norm].out].c;
	double lo = lowest(p, g), whole;
	int64_t top = lo < 0 ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
	struct gauss all = { .channels = channels, .mean = a->mean,
			     .dev = a->dev, .lo = lo, .hi = INFINITY };
	double *f = mem_array(channels, sizeof(*f));

	whole = gauss_step(&all, lo < 0 ? -top - 1 : 0, top);
	for (uint32_t c = 0; c < channels; c++) {
		struct gauss one = { .channels = 1, .mean = a->mean + c,
				     .dev = a->dev + c, .lo = lo,
				     .hi = INFINITY };
		double step = gauss_step(&one, lo < 0 ? -top - 1 : 0, top);

		f[c] = whole > 0 && step > whole / LARGEST_FACTOR ?
		       step / whole : 1;
	}
	return f;
}

static void divide(double *list, const double *f, uint32_t channels)
{
	for (uint32_t c = 0; c < channels && list; c++)
		list[c] /= f[c];
}

/* Weights that read a channel make up for what it was divided by. */
static void multiply_inputs(struct graph_weights *w, const double *f)
{
	size_t taps = (size_t)w->kh * w->kw;

	for (uint32_t o = 0; o < w->out; o++)
		for (uint32_t c = 0; c < w->in; c++)
			for (size_t k = 0; k < taps; k++) {
				float *x = &w->data[((size_t)o * w->in + c) *
						    taps + k];

				*x = (float)(*x * f[c]);
			}
}

/* How the source computes it in floats matters for outputs alone. */
static void drop_steps(struct graph_affine *a)
{
	for (int i = 0; i < 2; i++) {
		free(a->step[i].operand);
		a->step[i] = (struct graph_step){ 0 };
	}
}

static void keep_units(struct graph_value *v, const double *f)
{
	if (!v->units) {
		v->units = mem_copy(f, v->c, sizeof(*f));
		return;
	}
	for (uint32_t c = 0; c < v->c; c++)
		v->units[c] *= f[c];
}

static void spread(const struct slim_path *p, struct graph *g,
		   const double *f)
{
	for (size_t i = 0; i < p->count; i++) {
		struct graph_node *n = &g->node[p->node[i]];
		uint32_t channels = g->value[n->out].c;

		if (n->op == GRAPH_CONV) {
			multiply_inputs(&n->weights, f);
			continue;
		}
		keep_units(&g->value[n->out], f);
		if (n->op != GRAPH_AFFINE)
			continue;
		drop_steps(&n->affine);
		/* Of what the normalization itself gets, nothing was divided. */
		if (!i)
			divide(n->affine.mul, f, channels);
		divide(n->affine.add, f, channels);
		divide(n->affine.mean, f, channels);
		divide(n->affine.dev, f, channels);
	}
}

void channel_steps(struct graph *g, unsigned int bits)
{
	for (uint32_t i = 0; i < g->node_count; i++) {
		struct slim_path p;
		double *f;

		if (!slim_path_find(&p, g, i))
			continue;
		if (possible(&p, g)) {
			f = factors(&p, g, bits);
			spread(&p, g, f);
			free(f);
		}
		slim_path_free(&p);
	}
}

// SPDX-License-Identifier: MIT
/* Numbers of a node that nobody checks who works with them later. */
#include "sane.h"

#include <math.h>

#define MAX_STEP	(1 << 30)	/* of a copy: as the device has it */
#define MAX_BITS	32u

static bool problem(const struct graph_node *n, struct report *r,
		    const char *what)
{
	report_problem(r, "%s: %s", graph_node_label(n), what);
	return false;
}

static bool finite_floats(const float *x, size_t count)
{
	for (size_t i = 0; x && i < count; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

static bool finite_doubles(const double *x, size_t count)
{
	for (size_t i = 0; x && i < count; i++)
		if (!isfinite(x[i]))
			return false;
	return true;
}

static bool scales_ok(const float *scale, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isfinite(scale[i]) || !(scale[i] > 0))
			return false;
	return true;
}

static bool conv_ok(const struct graph_node *n, struct report *r)
{
	const struct graph_weights *w = &n->weights;
	size_t count = (size_t)w->out * w->in * w->kh * w->kw;

	if (!finite_floats(w->data, count) || !finite_floats(w->bias, w->out))
		return problem(n, r, "its weights are not all finite numbers");
	if (w->grid && !scales_ok(w->grid->scale, w->out))
		return problem(n, r, "a scale of its weights is not above zero");
	if (w->grid && w->grid->q.zero_point != rintf(w->grid->q.zero_point))
		return problem(n, r, "the zero point of its weights is not whole");
	return true;
}

static bool affine_ok(const struct graph *g, const struct graph_node *n,
		      struct report *r)
{
	uint32_t c = g->value[n->in[0]].c;

	return (finite_doubles(n->affine.mul, c) &&
		finite_doubles(n->affine.add, c)) ||
	       problem(n, r, "its factors are not all finite numbers");
}

static bool quant_ok(const struct graph_node *n, struct report *r)
{
	const struct quantizer *q = &n->quant;

	if (q->bits < 1 || q->bits > MAX_BITS)
		return problem(n, r, "its quantizer has no or too many bits");
	if (!isfinite(q->scale) || !(q->scale > 0))
		return problem(n, r, "its scale is not above zero");
	return quantizer_min(q) < quantizer_max(q) ||
	       problem(n, r, "its quantizer has one value");
}

static bool function_ok(const struct graph *g, const struct graph_node *n,
			struct report *r)
{
	const struct graph_activation *a = &n->activation;

	if (a->alpha && a->alphas > 1 && a->alphas != g->value[n->in[0]].c)
		return problem(n, r, "it has parameters for another number of channels");
	return finite_doubles(a->alpha, a->alphas) ||
	       problem(n, r, "its parameters are not finite numbers");
}

static bool thresholds_ok(const struct graph *g, const struct graph_node *n,
			  struct report *r)
{
	const struct graph_thresholds *t = &n->thresholds;
	size_t count = (size_t)t->rows * t->levels;

	if (!count || (t->rows > 1 && t->rows != g->value[n->in[0]].c))
		return problem(n, r, "it has thresholds for another number of channels, or none");
	if (!isfinite(t->step) || !(t->step > 0) || !isfinite(t->base))
		return problem(n, r, "the step of its results is not above zero");
	for (size_t i = 0; i < count; i++) {
		if (isnan(t->t[i]))
			return problem(n, r, "a threshold is not a number");
		if (i % t->levels && t->t[i] < t->t[i - 1])
			return problem(n, r, "its thresholds are not in ascending order");
	}
	return true;
}

static bool axis_ok(const struct graph_axis *a)
{
	return a->divisor >= 1 && a->divisor <= MAX_STEP &&
	       a->start >= -MAX_STEP && a->start <= MAX_STEP &&
	       a->step >= -MAX_STEP && a->step <= MAX_STEP && a->from < 3;
}

static bool copy_ok(const struct graph_node *n, struct report *r)
{
	const struct graph_copy *c = &n->copy;
	unsigned int seen = 0;

	for (int j = 0; j < 3; j++) {
		if (!axis_ok(&c->axis[j]))
			return problem(n, r, "it takes elements in steps that the device lacks");
		seen |= 1u << c->axis[j].from;
	}
	if (seen != 7)
		return problem(n, r, "it takes an axis twice");
	if (c->blocks != GRAPH_PLAIN &&
	    (c->block < 1 || c->block > GRAPH_MAX_WINDOW))
		return problem(n, r, "its blocks are too small or too large");
	return c->blocks != GRAPH_SPACE_TO_DEPTH ||
	       !(c->c % (c->block * c->block)) ||
	       problem(n, r, "its channels are no multiple of a block's elements");
}

bool graph_sane(const struct graph *g, const struct graph_node *n,
		struct report *r)
{
	switch (n->op) {
	case GRAPH_CONV:
	case GRAPH_CONV_TRANSPOSE:
		return conv_ok(n, r);
	case GRAPH_AFFINE:
		return affine_ok(g, n, r);
	case GRAPH_CLAMP:
		return n->lo <= n->hi ||
		       problem(n, r, "its bounds are the wrong way round");
	case GRAPH_FUNCTION:
		return function_ok(g, n, r);
	case GRAPH_QUANT:
		return quant_ok(n, r);
	case GRAPH_THRESHOLD:
		return thresholds_ok(g, n, r);
	case GRAPH_COPY:
		return copy_ok(n, r);
	case GRAPH_CONCAT:
		return (n->parts >= 1 && n->parts <= GRAPH_MAX_INPUTS &&
			n->axis < 3) ||
		       problem(n, r, "it joins too many values, or none");
	default:
		return true;
	}
}

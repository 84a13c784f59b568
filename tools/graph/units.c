// SPDX-License-Identifier: MIT
#include "units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

void units_free(struct units *u)
{
	for (size_t i = 0; i < u->count; i++) {
		struct unit *x = &u->unit[i];

		free(x->name);
		free(x->mul);
		free(x->add);
		free(x->mean);
		free(x->dev);
	}
	free(u->unit);
	free(u->alias);
	*u = (struct units){ 0 };
}

static bool is_output(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

static bool element_wise(const struct graph_node *n)
{
	return n->op == GRAPH_AFFINE || n->op == GRAPH_CLAMP ||
	       n->op == GRAPH_QUANT;
}

static const struct graph_node *only_user(const struct graph *g,
					  const struct graph_readers *rd,
					  uint32_t value)
{
	uint32_t node = graph_only_reader(rd, value);

	return node == GRAPH_NONE ? NULL : &g->node[node];
}

static void append_op(struct unit *x, const char *source)
{
	static const struct {
		const char *source;
		const char *text;
	} shorter[] = {
		{ "BatchNormalization", "BN" },
		{ "BipolarQuant", "Quant" },
		{ "GlobalAveragePool", "GlobalAvgPool" },
	};
	size_t len = strlen(x->op);

	for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++)
		if (!strcmp(source, shorter[i].source))
			source = shorter[i].text;
	snprintf(x->op + len, sizeof(x->op) - len, "%s%s", len ? "+" : "",
		 source);
}

static void absorb_affine(struct unit *x, const struct graph_affine *a)
{
	bool known = a->mean || x->mean;

	if (known && !x->mean) {
		x->mean = mem_array(x->channels, sizeof(double));
		x->dev = mem_array(x->channels, sizeof(double));
	}
	for (uint32_t c = 0; c < x->channels; c++) {
		x->mul[c] *= a->mul[c];
		x->add[c] = x->add[c] * a->mul[c] + a->add[c];
		if (a->mean) {
			x->mean[c] = a->mean[c];
			x->dev[c] = a->dev[c];
		} else if (known) {
			x->mean[c] = x->mean[c] * a->mul[c] + a->add[c];
			x->dev[c] *= fabs(a->mul[c]);
		}
	}
}

/*
 * A clamp behind a quantizer only leaves out codes, if its bounds are among
 * the quantizer's values and two codes or more remain.
 */
static bool leaves_codes(const struct unit *x, const struct graph_node *n)
{
	const struct quantizer *q = &x->quant;
	double lo = fmax(x->limit_lo, n->lo) / q->scale + q->zero_point;
	double hi = fmin(x->limit_hi, n->hi) / q->scale + q->zero_point;

	if ((isfinite(lo) && lo != rint(lo)) || (isfinite(hi) && hi != rint(hi)))
		return false;
	/* Between -1 and +1 there is no code. */
	if (q->bipolar)
		return lo <= -1 && hi >= 1;
	return fmax(lo, quantizer_min(q)) < fmin(hi, quantizer_max(q));
}

/* Whether the output stage of @x can do @n as well, behind what it does. */
static bool fits(const struct graph *g, const struct unit *x,
		 const struct graph_node *n)
{
	if (x->kind == UNIT_MAX_POOL || x->kind == UNIT_MEAN_POOL)
		return false;
	switch (n->op) {
	case GRAPH_AFFINE:
		/* Raw sums have a bias only in convolutions. */
		return !x->has_quant && isinf(x->lo) && isinf(x->hi) &&
		       (x->kind == UNIT_CONV || x->kind == UNIT_IDENTITY ||
			!is_output(g, n->out));
	case GRAPH_CLAMP:
		return !x->has_quant || leaves_codes(x, n);
	case GRAPH_QUANT:
		return !x->has_quant;
	default:
		return false;
	}
}

static void absorb(struct unit *x, const struct graph_node *n)
{
	double *lo = x->has_quant ? &x->limit_lo : &x->lo;
	double *hi = x->has_quant ? &x->limit_hi : &x->hi;

	append_op(x, n->source);
	x->out = n->out;
	switch (n->op) {
	case GRAPH_AFFINE:
		absorb_affine(x, &n->affine);
		break;
	case GRAPH_CLAMP:
		/* min(max(x, lo), hi) of something already within bounds. */
		*lo = fmin(fmax(*lo, n->lo), n->hi);
		*hi = fmin(fmax(*hi, n->lo), n->hi);
		break;
	default:
		x->has_quant = true;
		x->quant = n->quant;
		break;
	}
}

static void start(const struct graph *g, struct unit *x,
		  const struct graph_node *n)
{
	const struct graph_window *w = &n->window;
	bool padded = w->pad_top || w->pad_left || w->pad_bottom ||
		      w->pad_right;
	double mul = 1;

	x->node = n;
	x->name = mem_string(n->name);
	x->in[0] = n->in[0];
	x->in[1] = n->in[1];
	x->out = n->out;
	x->channels = g->value[n->out].c;
	x->lo = x->limit_lo = -INFINITY;
	x->hi = x->limit_hi = INFINITY;
	append_op(x, n->source);
	if (n->op == GRAPH_CONV) {
		x->kind = UNIT_CONV;
	} else if (n->op == GRAPH_MAX_POOL) {
		x->kind = UNIT_MAX_POOL;
	} else if (n->op == GRAPH_AVG_POOL) {
		x->kind = padded && !n->count_pad ? UNIT_MEAN_POOL :
						    UNIT_AVG_POOL;
		mul = 1.0 / ((double)w->kh * w->kw);
	} else {
		x->kind = UNIT_ADD;
	}
	x->mul = mem_array(x->channels, sizeof(double));
	x->add = mem_array(x->channels, sizeof(double));
	for (uint32_t c = 0; c < x->channels; c++) {
		x->mul[c] = mul;
		if (n->op == GRAPH_CONV && n->weights.bias)
			x->add[c] = n->weights.bias[c];
	}
}

static void start_identity(const struct graph *g, struct unit *x,
			   const struct graph_node *n)
{
	x->kind = UNIT_IDENTITY;
	x->name = mem_string(n->name);
	x->in[0] = n->in[0];
	x->channels = g->value[n->out].c;
	x->lo = x->limit_lo = -INFINITY;
	x->hi = x->limit_hi = INFINITY;
	x->mul = mem_array(x->channels, sizeof(double));
	x->add = mem_array(x->channels, sizeof(double));
	for (uint32_t c = 0; c < x->channels; c++)
		x->mul[c] = 1;
	absorb(x, n);
}

/*
 * The library quantizes inputs to the nearest element, ties to even, and to
 * the whole range of the type. If the network's own quantizer of the input is
 * like that, the elements are its codes.
 */
static bool like_library(const struct quantizer *q)
{
	return !q->bipolar && !q->narrow && q->rounding == QUANT_ROUND &&
	       (q->bits == 8 || q->bits == 4 || q->bits == 2) &&
	       fmod(q->zero_point, 2) == 0 &&
	       q->zero_point >= quantizer_min(q) &&
	       q->zero_point <= quantizer_max(q);
}

static void take_input(const struct graph *g, const struct graph_readers *rd,
		       struct units *u, bool *done)
{
	const struct graph_node *n = only_user(g, rd, g->input);

	u->input = g->input;
	if (!n || n->op != GRAPH_QUANT || !like_library(&n->quant) ||
	    is_output(g, n->out))
		return;
	u->input_quant = &n->quant;
	u->input = n->out;
	done[n - g->node] = true;
}

static void follow(const struct graph *g, const struct graph_readers *rd,
		   struct unit *x, bool *done)
{
	const struct graph_node *n;

	while ((n = only_user(g, rd, x->out)) && element_wise(n) &&
	       fits(g, x, n)) {
		absorb(x, n);
		done[n - g->node] = true;
	}
}

int units_build(const struct graph *g, struct units *u, struct report *r)
{
	bool *done = mem_array(g->node_count, sizeof(*done));
	struct graph_readers rd;
	int ret = 0;

	*u = (struct units){ 0 };
	graph_readers_init(&rd, g);
	take_input(g, &rd, u, done);
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->node[i];
		struct unit *x;

		if (done[i])
			continue;
		if (n->op == GRAPH_FLATTEN) {
			report_problem(r, "%s: flattening %u x %u x %u is supported only in front of a fully connected layer, with at most %u x %u pixels",
				       graph_node_label(n),
				       g->value[n->in[0]].c, g->value[n->in[0]].h,
				       g->value[n->in[0]].w, GRAPH_MAX_WINDOW,
				       GRAPH_MAX_WINDOW);
			ret = -1;
			continue;
		}
		if (!element_wise(n) && n->op != GRAPH_CONV &&
		    n->op != GRAPH_MAX_POOL && n->op != GRAPH_AVG_POOL &&
		    n->op != GRAPH_ADD) {
			report_problem(r, "%s: not supported",
				       graph_node_label(n));
			ret = -1;
			continue;
		}
		u->unit = mem_grow(u->unit, &u->cap, u->count + 1,
				   sizeof(*u->unit));
		x = &u->unit[u->count++];
		if (element_wise(n))
			start_identity(g, x, n);
		else
			start(g, x, n);
		follow(g, &rd, x, done);
	}
	for (size_t i = 0; i < g->output_count; i++) {
		if (g->output[i] != g->input)
			continue;
		report_problem(r, "output '%.64s' is the input itself",
			       g->value[g->input].name);
		ret = -1;
	}
	graph_readers_free(&rd);
	free(done);
	return ret;
}

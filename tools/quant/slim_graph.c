// SPDX-License-Identifier: MIT
#include "slim_graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/function.h"
#include "tools/graph/mem.h"

/* Does it treat each channel for itself, and is nothing of it but numbers per channel? */
static bool passes(const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_AFFINE:
	case GRAPH_CLAMP:
	case GRAPH_MAX_POOL:
	case GRAPH_AVG_POOL:
		return true;
	case GRAPH_FUNCTION:
		return n->activation.alphas <= 1 && !n->activation.codes;
	case GRAPH_QUANT:
		return !n->requant;
	default:
		return false;
	}
}

static bool ends(const struct graph_node *n)
{
	return n->op == GRAPH_CONV && n->groups == 1 && !n->weights.grid;
}

static void refuse(struct slim_path *p, const char *why, const char *who)
{
	p->why = why;
	p->who = who;
}

static void add(struct slim_path *p, uint32_t node)
{
	p->node = mem_grow(p->node, &p->cap, p->count + 1, sizeof(*p->node));
	p->node[p->count++] = node;
}

/* All that reads the value, and what that gives, up to other layers. */
static void follow(struct slim_path *p, const struct graph *g)
{
	for (size_t at = 0; at < p->count && !p->why; at++) {
		uint32_t value = g->node[p->node[at]].out;

		if (ends(&g->node[p->node[at]]))
			continue;
		if (graph_is_output(g, value)) {
			refuse(p, "they are part of an output,",
			       g->value[value].name);
			return;
		}
		for (uint32_t i = 0; i < g->node_count && !p->why; i++)
			for (unsigned int k = 0;
			     k < graph_inputs(&g->node[i]) && !p->why; k++) {
				if (g->node[i].in[k] != value)
					continue;
				if (!passes(&g->node[i]) && !ends(&g->node[i]))
					refuse(p, "they are read by",
					       g->node[i].name);
				else
					add(p, i);
			}
	}
}

static bool alone(const struct graph *g, uint32_t value)
{
	struct graph_readers rd;
	bool one;

	graph_readers_init(&rd, g);
	one = graph_only_reader(&rd, value) != GRAPH_NONE;
	graph_readers_free(&rd);
	return one;
}

bool slim_path_find(struct slim_path *p, const struct graph *g, uint32_t norm)
{
	const struct graph_node *n = &g->node[norm];

	*p = (struct slim_path){ .conv = GRAPH_NONE, .norm = norm };
	if (n->op != GRAPH_AFFINE || !n->affine.dev)
		return false;
	for (uint32_t i = 0; i < g->node_count; i++)
		if (g->node[i].out == n->in[0] && g->node[i].op == GRAPH_CONV)
			p->conv = i;
	if (p->conv == GRAPH_NONE)
		return false;
	if (g->node[p->conv].weights.grid)
		refuse(p, "its weights are quantized already,",
		       g->node[p->conv].name);
	else if (g->node[p->conv].groups != 1)
		refuse(p, "it has groups of channels,", g->node[p->conv].name);
	else if (!alone(g, n->in[0]))
		refuse(p, "others read them without the normalization,",
		       g->value[n->in[0]].name);
	add(p, norm);
	follow(p, g);
	return true;
}

void slim_path_free(struct slim_path *p)
{
	free(p->node);
}

/* Keeps some of @count parts of @size bytes. */
static void squeeze(void *data, uint32_t count, size_t size, const bool *keep)
{
	char *bytes = data;
	size_t at = 0;

	for (uint32_t c = 0; c < count && data; c++) {
		if (!keep[c])
			continue;
		memmove(bytes + at, bytes + c * size, size);
		at += size;
	}
}

static void cut_affine(struct graph_affine *a, uint32_t channels,
		       const bool *keep)
{
	squeeze(a->mul, channels, sizeof(*a->mul), keep);
	squeeze(a->add, channels, sizeof(*a->add), keep);
	squeeze(a->mean, channels, sizeof(*a->mean), keep);
	squeeze(a->dev, channels, sizeof(*a->dev), keep);
	for (int i = 0; i < 2; i++)
		squeeze(a->step[i].operand, channels,
			sizeof(*a->step[i].operand), keep);
}

/* What a node makes of numbers that are the same all over a channel. */
static void pass_on(const struct graph_node *n, const double *in, double *out,
		    uint32_t channels)
{
	for (uint32_t c = 0; c < channels; c++) {
		double x = in[c];

		if (n->op == GRAPH_AFFINE)
			x = x * n->affine.mul[c] + n->affine.add[c];
		else if (n->op == GRAPH_CLAMP)
			x = fmin(fmax(x, n->lo), n->hi);
		else if (n->op == GRAPH_FUNCTION)
			x = function_value(&n->activation, 0, x);
		else if (n->op == GRAPH_QUANT)
			x = quantizer_value(&n->quant, (float)x, NULL);
		out[c] = x;
	}
}

/* Channels that go leave what they always were in the bias. */
static void cut_inputs(struct graph_node *n, uint32_t channels,
		       const bool *keep, const double *constant, uint32_t left)
{
	struct graph_weights *w = &n->weights;
	size_t taps = (size_t)w->kh * w->kw;

	if (!w->bias)
		w->bias = mem_array(w->out, sizeof(*w->bias));
	for (uint32_t o = 0; o < w->out; o++) {
		float *row = w->data + o * channels * taps;
		double sum = w->bias[o];

		for (uint32_t c = 0; c < channels; c++)
			for (size_t k = 0; k < taps && !keep[c]; k++)
				sum += row[c * taps + k] * constant[c];
		w->bias[o] = (float)sum;
		squeeze(row, channels, taps * sizeof(*row), keep);
		memmove(w->data + o * left * taps, row,
			left * taps * sizeof(*row));
	}
	w->in = left;
}

/* Of the layer itself: rows and biases. */
static void cut_outputs(struct graph_weights *w, uint32_t channels,
			const bool *keep, uint32_t left)
{
	squeeze(w->data, channels, (size_t)w->in * w->kh * w->kw * sizeof(float),
		keep);
	squeeze(w->bias, channels, sizeof(*w->bias), keep);
	w->out = left;
}

void slim_path_cut(const struct slim_path *p, struct graph *g, const bool *keep)
{
	uint32_t conv = g->node[p->conv].out, left = 0;
	uint32_t channels = g->value[conv].c;
	double **constant = mem_array(g->value_count, sizeof(*constant));

	for (uint32_t c = 0; c < channels; c++)
		left += keep[c];
	cut_outputs(&g->node[p->conv].weights, channels, keep, left);
	g->value[conv].c = left;
	for (size_t i = 0; i < p->count; i++) {
		struct graph_node *n = &g->node[p->node[i]];

		if (ends(n)) {
			cut_inputs(n, channels, keep, constant[n->in[0]], left);
			continue;
		}
		constant[n->out] = mem_array(channels, sizeof(double));
		if (i)
			pass_on(n, constant[n->in[0]], constant[n->out], channels);
		else
			memcpy(constant[n->out], n->affine.mean,
			       channels * sizeof(double));
		if (n->op == GRAPH_AFFINE)
			cut_affine(&n->affine, channels, keep);
		g->value[n->out].c = left;
	}
	for (size_t i = 0; i < g->value_count; i++)
		free(constant[i]);
	free(constant);
}

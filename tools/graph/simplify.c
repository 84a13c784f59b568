// SPDX-License-Identifier: MIT
#include "graph.h"

#include <string.h>

static bool monotone(const struct graph_node *n, uint32_t channels)
{
	if (n->op != GRAPH_AFFINE)
		return n->op == GRAPH_CLAMP || n->op == GRAPH_QUANT;
	for (uint32_t c = 0; c < channels; c++)
		if (n->affine.mul[c] < 0)
			return false;
	return true;
}

/* May @next, which reads the result of @n alone, as well run before it? */
static bool commutes(const struct graph *g, const struct graph_node *n,
		     const struct graph_node *next)
{
	const struct graph_value *v = &g->value[n->in[0]];

	if (n->op == GRAPH_FLATTEN)
		return next->op == GRAPH_CLAMP || next->op == GRAPH_QUANT ||
		       (next->op == GRAPH_AFFINE && v->h == 1 && v->w == 1);
	return n->op == GRAPH_MAX_POOL && monotone(next, v->c);
}

/* a -> @first -> b -> @second -> c becomes a -> @second -> b -> @first -> c */
static void exchange(struct graph *g, struct graph_node *first,
		     struct graph_node *second)
{
	struct graph_node moved = *second;
	uint32_t a = first->in[0], b = first->out, c = second->out;
	struct graph_value *middle = &g->value[b];

	*second = *first;
	*first = moved;
	first->in[0] = a;
	first->out = b;
	second->in[0] = b;
	second->out = c;
	middle->c = g->value[a].c;
	middle->h = g->value[a].h;
	middle->w = g->value[a].w;
	middle->flat = g->value[a].flat;
}

/*
 * Move node @at behind all that it commutes with. Nodes are exchanged in
 * place, so the reader of a value stays at its index.
 */
static void sink(struct graph *g, const struct graph_readers *rd, uint32_t at)
{
	uint32_t next;

	while (g->node[at].op == GRAPH_FLATTEN ||
	       g->node[at].op == GRAPH_MAX_POOL) {
		next = graph_only_reader(rd, g->node[at].out);
		if (next == GRAPH_NONE ||
		    !commutes(g, &g->node[at], &g->node[next]))
			return;
		exchange(g, &g->node[at], &g->node[next]);
		at = next;
	}
}

static void sink_all(struct graph *g)
{
	struct graph_readers rd;

	graph_readers_init(&rd, g);
	/* From the end, so that what is passed has sunk already. */
	for (size_t i = g->node_count; i-- > 0;)
		sink(g, &rd, (uint32_t)i);
	graph_readers_free(&rd);
}

/*
 * A fully connected layer on a flattened image is a convolution whose kernel
 * covers the image: weights have the same order in both.
 */
static void widen_conv(struct graph *g, const struct graph_node *flatten)
{
	const struct graph_value *v = &g->value[flatten->in[0]];

	if (v->h > GRAPH_MAX_WINDOW || v->w > GRAPH_MAX_WINDOW)
		return;
	for (size_t i = 0; i < g->node_count; i++) {
		struct graph_node *n = &g->node[i];

		if (n->op != GRAPH_CONV || n->in[0] != flatten->out ||
		    n->groups != 1)
			continue;
		n->in[0] = flatten->in[0];
		n->weights.in = v->c;
		n->weights.kh = n->window.kh = v->h;
		n->weights.kw = n->window.kw = v->w;
	}
}

/* Flattening one pixel changes nothing: let the others read what it reads. */
static void bypass(struct graph *g, const struct graph_node *flatten)
{
	for (size_t i = 0; i < g->node_count; i++)
		for (unsigned int k = 0; k < graph_inputs(&g->node[i]); k++)
			if (g->node[i].in[k] == flatten->out)
				g->node[i].in[k] = flatten->in[0];
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == flatten->out)
			g->output[i] = flatten->in[0];
}

static void drop_unused(struct graph *g)
{
	struct graph_readers rd;
	size_t kept = g->node_count;

	graph_readers_init(&rd, g);
	for (size_t i = g->node_count; i-- > 0;) {
		struct graph_node *n = &g->node[i];

		if (rd.uses[n->out]) {
			g->node[--kept] = *n;
			continue;
		}
		for (unsigned int k = 0; k < graph_inputs(n); k++)
			rd.uses[n->in[k]]--;
		graph_node_free(n);
	}
	g->node_count -= kept;
	if (g->node_count)
		memmove(g->node, g->node + kept,
			g->node_count * sizeof(g->node[0]));
	graph_readers_free(&rd);
}

void graph_simplify(struct graph *g)
{
	sink_all(g);
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->node[i];
		const struct graph_value *v = &g->value[n->in[0]];

		if (n->op != GRAPH_FLATTEN)
			continue;
		if (v->h == 1 && v->w == 1)
			bypass(g, n);
		else
			widen_conv(g, n);
	}
	drop_unused(g);
}

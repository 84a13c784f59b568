// SPDX-License-Identifier: MIT
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static bool monotone(const struct graph_node *n, uint32_t channels)
{
	if (n->op != GRAPH_AFFINE)
		return n->op == GRAPH_CLAMP || n->op == GRAPH_QUANT;
	for (uint32_t c = 0; c < channels; c++)
		if (n->affine.mul[c] < 0)
			return false;
	return true;
}

/* The same for all channels, which flattening mixes. */
static bool uniform(const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CLAMP:
		return true;
	case GRAPH_QUANT:
		return !n->requant || n->requant->entries == 1;
	case GRAPH_THRESHOLD:
		return n->thresholds.rows == 1;
	case GRAPH_FUNCTION:
		return n->activation.alphas <= 1 &&
		       !n->activation.codes_by_channel;
	default:
		return false;
	}
}

/* May @next, which reads the result of @n alone, as well run before it? */
static bool commutes(const struct graph *g, const struct graph_node *n,
		     const struct graph_node *next)
{
	const struct graph_value *v = &g->value[n->in[0]];

	if (n->op == GRAPH_FLATTEN)
		return uniform(next) || (next->op == GRAPH_AFFINE &&
					 v->h == 1 && v->w == 1);
	return n->op == GRAPH_MAX_POOL && monotone(next, v->c);
}

static bool element_wise(const struct graph_node *n)
{
	return n->op == GRAPH_AFFINE || n->op == GRAPH_CLAMP ||
	       n->op == GRAPH_FUNCTION || n->op == GRAPH_QUANT ||
	       n->op == GRAPH_THRESHOLD;
}

/*
 * What belongs to one quantizer stays together: all of it up to there runs
 * before @n, or nothing.
 */
static bool all_commute(const struct graph *g, const struct graph_readers *rd,
			const struct graph_node *n, uint32_t next)
{
	while (next != GRAPH_NONE && element_wise(&g->node[next])) {
		const struct graph_node *m = &g->node[next];

		if (!commutes(g, n, m))
			return false;
		if (m->op == GRAPH_QUANT || m->op == GRAPH_THRESHOLD)
			return true;
		next = graph_only_reader(rd, m->out);
	}
	return true;
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
		    !commutes(g, &g->node[at], &g->node[next]) ||
		    !all_commute(g, rd, &g->node[at], next))
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
	bool taken = flatten->in[0] == g->input;

	for (size_t i = 0; i < g->node_count; i++)
		for (unsigned int k = 0; k < graph_inputs(&g->node[i]); k++)
			if (g->node[i].in[k] == flatten->out)
				g->node[i].in[k] = flatten->in[0];
	/* Each output has memory of its own. */
	for (size_t i = 0; i < g->output_count && !taken; i++)
		taken = g->output[i] == flatten->in[0];
	for (size_t i = 0; i < g->output_count && !taken; i++)
		if (g->output[i] == flatten->out) {
			g->output[i] = flatten->in[0];
			g->value[flatten->in[0]].softmax =
				g->value[flatten->out].softmax;
		}
}

/* Zeros around all of the input, and nothing else? */
static bool is_pad(const struct graph *g, const struct graph_node *n)
{
	const struct graph_value *v = &g->value[n->in[0]];
	const struct graph_copy *c = &n->copy;

	if (n->op != GRAPH_COPY || c->blocks != GRAPH_PLAIN || c->clamp ||
	    c->fill != 0 || c->c != v->c)
		return false;
	for (uint32_t j = 0; j < 3; j++)
		if (c->axis[j].from != j || c->axis[j].step != 1 ||
		    c->axis[j].divisor != 1 || c->axis[j].start > 0 ||
		    c->axis[j].start < -(int32_t)GRAPH_MAX_WINDOW)
			return false;
	return !c->axis[2].start &&
	       (int64_t)c->h + c->axis[0].start >= v->h &&
	       (int64_t)c->w + c->axis[1].start >= v->w;
}

/* A convolution pads by itself, as far as its kernel reaches. */
static void pad_conv(struct graph *g, const struct graph_node *pad)
{
	const struct graph_value *v = &g->value[pad->in[0]];
	uint32_t top = (uint32_t)-pad->copy.axis[0].start;
	uint32_t left = (uint32_t)-pad->copy.axis[1].start;
	uint32_t bottom = pad->copy.h - top - v->h;
	uint32_t right = pad->copy.w - left - v->w;

	for (size_t i = 0; i < g->node_count; i++) {
		struct graph_node *n = &g->node[i];
		struct graph_window *w = &n->window;
		uint32_t most_h = (w->kh - 1) * w->dilation_h;
		uint32_t most_w = (w->kw - 1) * w->dilation_w;

		if (n->op != GRAPH_CONV || n->in[0] != pad->out)
			continue;
		most_h = most_h < GRAPH_MAX_WINDOW ? most_h : GRAPH_MAX_WINDOW;
		most_w = most_w < GRAPH_MAX_WINDOW ? most_w : GRAPH_MAX_WINDOW;
		if (w->pad_top + top > most_h || w->pad_left + left > most_w ||
		    w->pad_bottom + bottom > most_h ||
		    w->pad_right + right > most_w)
			continue;
		w->pad_top += top;
		w->pad_left += left;
		w->pad_bottom += bottom;
		w->pad_right += right;
		n->in[0] = pad->in[0];
	}
}

/*
 * The same for every number, and it owns nothing but its name; not something
 * that makes sense only together with what follows it.
 */
static bool splits(const struct graph_node *all,
		   const struct graph_readers *rd, const struct graph_node *n)
{
	uint32_t next = graph_only_reader(rd, n->out);

	if (n->op == GRAPH_QUANT)
		return !n->requant;
	if (n->op != GRAPH_CLAMP || next == GRAPH_NONE)
		return false;
	switch (all[next].op) {
	case GRAPH_QUANT:
		return !all[next].requant;
	case GRAPH_AFFINE:
	case GRAPH_CLAMP:
	case GRAPH_FUNCTION:
	case GRAPH_THRESHOLD:
		return false;
	default:
		return true;
	}
}

static void append(struct graph *g, const struct graph_node *n)
{
	g->node = mem_grow(g->node, &g->node_cap, g->node_count + 1,
			   sizeof(*g->node));
	g->node[g->node_count++] = *n;
}

/* A node of its own for each part of what @join, which nobody else reads, is. */
static void split(struct graph *g, struct graph_node *join,
		  const struct graph_node *n)
{
	for (uint32_t k = 0; k < join->parts; k++) {
		const struct graph_value v = g->value[join->in[k]];
		struct graph_node own = *n;
		struct report none = { 0 };

		own.name = mem_string(n->name);
		own.in[0] = join->in[k];
		own.out = graph_add_value(g, &none, v.name, v.c, v.h, v.w,
					  v.flat);
		join->in[k] = own.out;
		append(g, &own);
	}
	join->out = n->out;
}

/*
 * What follows a joined value element by element comes before it: then it
 * belongs to the layers that give the parts, and they get one format.
 */
static void split_joined(struct graph *g)
{
	struct graph_node *old = g->node;
	size_t count = g->node_count, next = 0;
	struct graph_readers rd;
	bool *gone = mem_array(count, sizeof(*gone));

	graph_readers_init(&rd, g);
	g->node = NULL;
	g->node_count = g->node_cap = 0;
	for (; next < count; next++) {
		struct graph_node *n = &old[next];
		uint32_t reader;

		if (gone[next])
			continue;
		while (n->op == GRAPH_CONCAT &&
		       (reader = graph_only_reader(&rd, n->out)) != GRAPH_NONE &&
		       splits(old, &rd, &old[reader]) &&
		       g->node_count + count + n->parts <= GRAPH_MAX_NODES) {
			split(g, n, &old[reader]);
			graph_node_free(&old[reader]);
			gone[reader] = true;
		}
		append(g, n);
	}
	graph_readers_free(&rd);
	free(gone);
	free(old);
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
	size_t before;

	sink_all(g);
	/* Parts may be joined values, too. */
	do {
		before = g->node_count;
		split_joined(g);
	} while (g->node_count != before);
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->node[i];
		const struct graph_value *v = &g->value[n->in[0]];

		if (is_pad(g, n))
			pad_conv(g, n);
		if (n->op != GRAPH_FLATTEN)
			continue;
		if (v->h == 1 && v->w == 1)
			bypass(g, n);
		else
			widen_conv(g, n);
	}
	drop_unused(g);
}

// SPDX-License-Identifier: MIT
#include "sums.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/cone.h"
#include "tools/graph/mem.h"

static bool has_weights(const struct graph_node *n)
{
	return n->op == GRAPH_CONV || n->op == GRAPH_CONV_TRANSPOSE;
}

/* Is it computed, and by no quantizer, nor moved from where one is? */
static bool is_free(const struct graph *g, const uint32_t *maker, uint32_t value)
{
	while (maker[value] != GRAPH_NONE) {
		const struct graph_node *n = &g->node[maker[value]];

		switch (n->op) {
		case GRAPH_CLAMP:
			value = n->in[0];
			break;
		case GRAPH_CONV:
		case GRAPH_CONV_TRANSPOSE:
		case GRAPH_AFFINE:
		case GRAPH_FUNCTION:
		case GRAPH_ADD:
		case GRAPH_SUB:
		case GRAPH_MUL:
			return true;
		default:
			return false;
		}
	}
	return false;
}

/* Values that layers read, and additions, too. */
static bool *shared_values(const struct graph *g)
{
	bool *shared = mem_array(g->value_count, sizeof(*shared));
	bool *weighted = mem_array(g->value_count, sizeof(*weighted));
	uint32_t *maker = graph_makers(g);

	for (size_t i = 0; i < g->node_count; i++)
		if (has_weights(&g->node[i]))
			weighted[g->node[i].in[0]] = true;
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->node[i];

		if (n->op != GRAPH_ADD && n->op != GRAPH_SUB)
			continue;
		for (unsigned int k = 0; k < 2; k++)
			shared[n->in[k]] = weighted[n->in[k]] &&
					   is_free(g, maker, n->in[k]);
	}
	free(maker);
	free(weighted);
	return shared;
}

/* A node that passes @value on, as a value of its own with the same shape. */
static uint32_t add_copy(struct graph *g, uint32_t value)
{
	const struct graph_value v = g->value[value];
	char name[160];
	uint32_t out;

	snprintf(name, sizeof(name), "%.120s_narrow", v.name);
	out = graph_add_value(g, NULL, name, v.c, v.h, v.w, v.flat);
	g->node = mem_grow(g->node, &g->node_cap, g->node_count + 1,
			   sizeof(*g->node));
	g->node[g->node_count++] = (struct graph_node){
		.op = GRAPH_CLAMP, .name = mem_string(name),
		.source = "Requantize", .in = { value }, .out = out,
		.lo = -INFINITY, .hi = INFINITY,
	};
	return out;
}

/* Each copy goes right behind what makes its value. */
static void insert_copies(struct graph *g, const bool *shared)
{
	size_t values = g->value_count, nodes = g->node_count, count = 0;
	uint32_t *copy = mem_array(values, sizeof(*copy));
	struct graph_node *old;

	for (size_t i = 0; i < values; i++)
		copy[i] = shared[i] ? add_copy(g, (uint32_t)i) : GRAPH_NONE;
	old = mem_array(g->node_count, sizeof(*old));
	memcpy(old, g->node, g->node_count * sizeof(*old));
	for (size_t i = 0; i < nodes; i++) {
		struct graph_node *n = &old[i];

		if (has_weights(n) && copy[n->in[0]] != GRAPH_NONE)
			n->in[0] = copy[n->in[0]];
		g->node[count++] = *n;
		for (size_t k = nodes; k < g->node_count; k++)
			if (old[k].in[0] == n->out)
				g->node[count++] = old[k];
	}
	free(old);
	free(copy);
}

void sums_keep(struct graph *g)
{
	bool *shared = shared_values(g);

	insert_copies(g, shared);
	free(shared);
}

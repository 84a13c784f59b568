// SPDX-License-Identifier: MIT
#include "cone.h"

#include <stdlib.h>

#include "mem.h"

uint32_t *graph_makers(const struct graph *g)
{
	uint32_t *maker = mem_array(g->value_count, sizeof(*maker));

	for (size_t i = 0; i < g->value_count; i++)
		maker[i] = GRAPH_NONE;
	for (size_t i = 0; i < g->node_count; i++)
		maker[g->node[i].out] = (uint32_t)i;
	return maker;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

size_t graph_cone(const struct graph *g, const uint32_t *maker,
		  const bool *known, uint32_t value, uint32_t *node)
{
	bool *seen;
	size_t count = 0;
	bool open = false;

	if (value >= g->value_count || maker[value] == GRAPH_NONE)
		return 0;
	seen = mem_array(g->node_count, sizeof(*seen));
	node[count++] = maker[value];
	seen[maker[value]] = true;
	for (size_t i = 0; i < count; i++) {
		const struct graph_node *n = &g->node[node[i]];

		for (unsigned int k = 0; k < graph_inputs(n); k++) {
			uint32_t from = maker[n->in[k]];

			if (known[n->in[k]])
				continue;
			if (from == GRAPH_NONE) {
				open = true;
			} else if (!seen[from]) {
				seen[from] = true;
				node[count++] = from;
			}
		}
	}
	free(seen);
	/* Nodes of a graph are in an order in which they can run. */
	qsort(node, count, sizeof(*node), by_number);
	return open ? 0 : count;
}

/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GRAPH_CONE_H
#define TOOLS_GRAPH_CONE_H

#include "graph.h"

/* The node that computes each value, or GRAPH_NONE; the caller frees it. */
uint32_t *graph_makers(const struct graph *g);

/*
 * The nodes that compute @value from those values for which @known is true,
 * @value itself not counted. @maker: of graph_makers(). Numbers of nodes go to
 * @node, in an order in which they can run, and their count is returned; 0
 * where the network's input is reached and not known, or no node computes
 * @value. @node has room for all nodes.
 */
size_t graph_cone(const struct graph *g, const uint32_t *maker,
		  const bool *known, uint32_t value, uint32_t *node);

#endif /* TOOLS_GRAPH_CONE_H */

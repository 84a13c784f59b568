/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GRAPH_SANE_H
#define TOOLS_GRAPH_SANE_H

#include "graph.h"

/*
 * Whether the numbers of @n mean something; its inputs are known. False with a
 * problem in @r.
 */
bool graph_sane(const struct graph *g, const struct graph_node *n,
		struct report *r);

#endif /* TOOLS_GRAPH_SANE_H */

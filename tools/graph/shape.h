/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_GRAPH_SHAPE_H
#define TOOLS_GRAPH_SHAPE_H

#include "graph.h"

struct graph_shape {
	uint64_t c, h, w;
	bool flat;
};

/* What @n, whose inputs are known, computes; false with a problem in @r. */
bool graph_infer(const struct graph *g, const struct graph_node *n,
		 struct report *r, struct graph_shape *s);

#endif /* TOOLS_GRAPH_SHAPE_H */

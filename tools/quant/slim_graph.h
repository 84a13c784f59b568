/* SPDX-License-Identifier: MIT */
/* From a layer with batch normalization to those that read its channels. */
#ifndef TOOLS_SLIM_GRAPH_H
#define TOOLS_SLIM_GRAPH_H

#include "tools/graph/graph.h"

struct slim_path {
	uint32_t conv, norm;	/* nodes */
	uint32_t *node;		/* from the normalization on, readers last or not */
	size_t count;
	size_t cap;
	const char *why;	/* channels have to stay; NULL: they may go */
	const char *who;	/* the node or value that it is about */
};

/* Is @norm a batch normalization behind a convolution? */
bool slim_path_find(struct slim_path *p, const struct graph *g, uint32_t norm);
void slim_path_free(struct slim_path *p);

/*
 * Take channels out. What they are when their slope is 0, goes into the biases of
 * those that read them.
 */
void slim_path_cut(const struct slim_path *p, struct graph *g, const bool *keep);

#endif /* TOOLS_SLIM_GRAPH_H */

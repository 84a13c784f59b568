/* SPDX-License-Identifier: MIT */
/*
 * All that a convolution needs to know of what it reads and what it should
 * compute, to find the weights with the least squared error.
 */
#ifndef TOOLS_GRAM_H
#define TOOLS_GRAM_H

#include "tools/graph/graph.h"

/* Of one group of channels, over all images and positions, less the means. */
struct gram {
	size_t row;		/* weights of an output channel */
	uint32_t out;		/* output channels of a group */
	double *input;		/* [row][row]: means of products of inputs */
	double *cross;		/* [out][row]: of inputs and wanted outputs */
};

/*
 * @in: what the layer reads, [images][elements]; @wanted: what it should give,
 * the same.
 */
void gram_make(struct gram *gr, const struct graph *g,
	       const struct graph_node *n, uint32_t group, uint32_t images,
	       const float *in, const float *wanted);
void gram_free(struct gram *gr);

#endif /* TOOLS_GRAM_H */

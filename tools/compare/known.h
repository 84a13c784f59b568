/* SPDX-License-Identifier: MIT */
/* Which value of the source network each layer of a model file computes. */
#ifndef COMPARE_KNOWN_H
#define COMPARE_KNOWN_H

#include <jansson.h>

#include "dump.h"
#include "tools/graph/graph.h"

struct known_layer {
	char *name;		/* as the file has it; may be "" */
	char *op;
	uint32_t value;		/* of the network; GRAPH_NONE: not known */
	const char *why;	/* it is not known; static */
	/* per channel: real = scale * (code - zero_point) + offset */
	double *scale;
	double *offset;
	double zero_point;
	bool weights_own;	/* the network's own grid: packing loses nothing */
	bool output_own;
};

struct known {
	json_t *origin;
	struct known_layer *layer;
	uint32_t layers;
	uint32_t input;		/* value that the device is given */
	const char *sha256;	/* of the source; "": the file does not say */
	const char **cut;	/* as the network was cut when it was packed */
	size_t cuts;
};

/*
 * known_read() takes what the file says; known_match() finds the values in
 * the network, simplified as it was packed. Both return 0, or -1 with a
 * problem in @r.
 */
int known_read(struct known *k, const struct dump *d, struct report *r);
int known_match(struct known *k, const struct dump *d, const struct graph *g,
		struct report *r);
void known_free(struct known *k);

#endif /* COMPARE_KNOWN_H */

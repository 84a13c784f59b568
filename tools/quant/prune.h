/* SPDX-License-Identifier: MIT */
/* Which weights stay: those of the largest magnitude. */
#ifndef TOOLS_PRUNE_H
#define TOOLS_PRUNE_H

#include "tools/graph/units.h"

/* The part of a layer's weights that goes, 0 to below 1. */
struct prune_rule {
	const char *name;
	double part;
};

struct prune_options {
	double each;		/* of every layer */
	double all;		/* of all layers together */
	const struct prune_rule *rule;	/* layers of their own */
	size_t rules;
};

/*
 * Per node, which of its weights stay; NULL: all. Layers that the network quantizes
 * itself are left alone. Returns 0, or -1 with problems: a layer that there is not.
 */
int prune_make(bool **keep, const struct graph *g, const struct units *u,
	       const struct prune_options *opt, struct report *r);

/* A copy of weights without those that go. */
float *prune_copy(const float *w, size_t count, const bool *keep);

#endif /* TOOLS_PRUNE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Network slimming: channels that batch normalization makes next to nothing of are
 * taken out of the network, with all that computes and reads them.
 */
#ifndef TOOLS_SLIM_H
#define TOOLS_SLIM_H

#include "prune.h"
#include "tools/graph/graph.h"

struct slim_options {
	double part;		/* of all channels where it is possible */
	const struct prune_rule *rule;	/* layers of their own */
	size_t rules;
};

/*
 * @g is simplified. Returns 0, or -1 with problems: a layer that there is not, or whose
 * channels have to stay. Where those of others have to, there is a note.
 */
int slim(struct graph *g, const struct slim_options *opt, struct report *r);

#endif /* TOOLS_SLIM_H */

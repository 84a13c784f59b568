/* SPDX-License-Identifier: MIT */
/*
 * What qnn-pack did with a network: one description, as JSON, of which the
 * other forms are views.
 */
#ifndef TOOLS_REPORT_NETWORK_H
#define TOOLS_REPORT_NETWORK_H

#include <jansson.h>
#include <stdio.h>

#include "tools/pack/pack.h"

/* The nodes of a network as they were imported, before anything is changed. */
struct source_node {
	char *name;
	const char *op;		/* static */
};

struct source_nodes {
	struct source_node *node;
	size_t count;
};

void source_nodes_take(struct source_nodes *s, const struct graph *g);
void source_nodes_free(struct source_nodes *s);

/* NULL: there is no memory for it. */
json_t *report_network(const struct packed *p, const struct pack_options *opt,
		       const struct source_nodes *nodes,
		       const struct report *r);

/* Views of report_network(). Errors of @out are left to the caller. */
void report_html(const json_t *root, FILE *out);
/* A table with a row for each layer, totals, and the memory. -ENOMEM */
int report_text(const json_t *root, FILE *out);

#endif /* TOOLS_REPORT_NETWORK_H */

/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_UNITS_PRIV_H
#define TOOLS_UNITS_PRIV_H

#include "units.h"

/* While units are made of nodes. */
struct builder {
	struct graph *g;
	struct units *u;
	struct graph_readers rd;
	bool *done;		/* per node */
	bool *output;		/* per value of the network */
	uint32_t *maker;	/* per value of the network: node or NONE */
	struct report *r;
	bool failed;
};

/* A unit with nothing behind its layer yet. */
struct unit *unit_add(struct builder *b, enum unit_kind kind,
		      const struct graph_node *n);

/* units_fold.c: what the output stage does. */
bool unit_element_wise(const struct graph_node *n);
/* Whether the output stage of @x can do @n as well, behind what it does. */
bool unit_takes(struct builder *b, const struct unit *x,
		const struct graph_node *n);
void unit_take(struct builder *b, struct unit *x, const struct graph_node *n);

/* units_move.c: nodes that move data. */
void unit_move(struct builder *b, const struct graph_node *n);

/*
 * The first operand of a product that repeats both of them, with all sides; its
 * own where the device can do it.
 */
uint32_t unit_whole(struct builder *b, const struct graph_node *n);

#endif /* TOOLS_UNITS_PRIV_H */

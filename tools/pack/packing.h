/* SPDX-License-Identifier: MIT */
/* What the weights of a layer are stored as: themselves, bits, or indices. */
#ifndef TOOLS_PACKING_H
#define TOOLS_PACKING_H

#include "layer.h"

struct packing {
	uint32_t type;
	const int32_t *book;	/* [books][places]; NULL: none */
	uint32_t places;
	uint32_t channels;	/* that share a book */
	int32_t *found;		/* the book, where it was not made before */
};

/*
 * The code book that the weights were made with, where it still has all of them
 * and indices take less room than @type. Weights of 8 bits that a network brings
 * along get the books that take least room, if that is less than the weights do:
 * trained code books arrive as integers.
 */
struct packing packing_choose(const struct layer *l, uint32_t type);
void packing_close(struct packing *p);

/* The number of @v in the book of channel @out. */
uint32_t packing_index(const struct packing *p, uint32_t out, int32_t v);

#endif /* TOOLS_PACKING_H */

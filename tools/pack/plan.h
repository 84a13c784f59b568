/* SPDX-License-Identifier: MIT */
/*
 * Where blocks of memory lie that live for some time each: those that live at
 * the same time must not overlap, and all of them together should take little
 * more than the largest set that does. Knows nothing of networks.
 */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include <stddef.h>
#include <stdint.h>

struct plan_block {
	uint64_t bytes;		/* above 0 */
	size_t born;		/* first step at which it is needed */
	size_t dies;		/* last one */
	uint64_t offset;	/* result */
};

struct plan {
	uint64_t size;		/* of all blocks together */
	uint64_t bound;		/* no plan can do with less */
	uint64_t unshared;	/* if each block had memory of its own */
	uint32_t align;		/* of all offsets: 64, 16 or 4 */
};

/* The same blocks in the same order always get the same offsets. */
void plan_blocks(struct plan_block *block, size_t count, struct plan *plan);

/* The most bytes that live at the same time. */
uint64_t plan_bound(const struct plan_block *block, size_t count);

#endif /* TOOLS_PLAN_H */

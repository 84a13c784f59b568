/* SPDX-License-Identifier: MIT */
/* The constants of a program: equal ones are stored once. */
#ifndef TOOLS_CONSTS_H
#define TOOLS_CONSTS_H

#include <stddef.h>
#include <stdint.h>

struct consts {
	uint8_t *data;
	size_t size;
	size_t cap;
	struct consts_item *item;
	size_t items;
	size_t item_cap;
};

/* Returns the offset, a multiple of 4. */
uint32_t consts_add(struct consts *c, const void *data, size_t size);
void consts_free(struct consts *c);

#endif /* TOOLS_CONSTS_H */

// SPDX-License-Identifier: MIT
#include "consts.h"

#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

#define ALIGN	4u

struct consts_item {
	size_t offset;
	size_t size;
};

uint32_t consts_add(struct consts *c, const void *data, size_t size)
{
	size_t offset = (c->size + ALIGN - 1) / ALIGN * ALIGN;

	for (size_t i = 0; i < c->items; i++)
		if (c->item[i].size == size &&
		    !memcmp(c->data + c->item[i].offset, data, size))
			return (uint32_t)c->item[i].offset;
	c->data = mem_grow(c->data, &c->cap, offset + size, 1);
	memcpy(c->data + offset, data, size);
	c->size = offset + size;
	c->item = mem_grow(c->item, &c->item_cap, c->items + 1,
			   sizeof(*c->item));
	c->item[c->items++] = (struct consts_item){ offset, size };
	return (uint32_t)offset;
}

void consts_free(struct consts *c)
{
	free(c->data);
	free(c->item);
	*c = (struct consts){ 0 };
}

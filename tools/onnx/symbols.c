// SPDX-License-Identifier: MIT
#include "priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "tools/graph/mem.h"

/* Seeded, so that no file can have names that all hash alike. */
static uint64_t hash(const struct symbols *table, const char *s)
{
	uint64_t h = table->seed;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
	return h ^ h >> 32;
}

static struct symbol *slot(const struct symbols *s, const char *name)
{
	size_t i = hash(s, name) & (s->size - 1);

	while (s->entry[i].name && strcmp(s->entry[i].name, name))
		i = (i + 1) & (s->size - 1);
	return &s->entry[i];
}

struct symbol *symbol_find(const struct symbols *s, const char *name)
{
	struct symbol *e = s->size ? slot(s, name) : NULL;

	return e && e->name ? e : NULL;
}

static void grow(struct symbols *s)
{
	struct symbols bigger = { .size = s->size ? s->size * 2 : 64 };

	/* Without a random seed it is as good as any other table. */
	if (getrandom(&bigger.seed, sizeof(bigger.seed), GRND_NONBLOCK) < 0)
		bigger.seed = 0xcbf29ce484222325ull;
	bigger.entry = mem_array(bigger.size, sizeof(*bigger.entry));
	bigger.used = s->used;
	for (size_t i = 0; i < s->size; i++)
		if (s->entry[i].name)
			*slot(&bigger, s->entry[i].name) = s->entry[i];
	free(s->entry);
	*s = bigger;
}

struct symbol *symbol_add(struct symbols *s, const char *name)
{
	struct symbol *e;

	if (s->used * 2 >= s->size)
		grow(s);
	e = slot(s, name);
	if (e->name)
		return NULL;
	*e = (struct symbol){ .name = name, .node = GRAPH_NONE,
			      .tensor.value = GRAPH_NONE };
	s->used++;
	return e;
}

void symbols_free(struct symbols *s)
{
	for (size_t i = 0; i < s->size; i++)
		constant_free(s->entry[i].constant);
	free(s->entry);
	*s = (struct symbols){ 0 };
}

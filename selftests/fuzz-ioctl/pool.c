// SPDX-License-Identifier: MIT
/*
 * Pools. The threads of a process share them without locks: a slot that is read
 * while it is written names something stale, which is as good as any.
 */
#include <string.h>

#include "fz.h"

#define SLOTS	48

static struct {
	struct slot slots[SLOTS];
	bool used[SLOTS];
	uint32_t next;
} pools[POOLS];

void pool_reset(void)
{
	memset(pools, 0, sizeof(pools));
}

void pool_add(enum pool pool, int file, uint32_t value, uint64_t extra)
{
	uint32_t at = __atomic_fetch_add(&pools[pool].next, 1, __ATOMIC_RELAXED) % SLOTS;

	pools[pool].slots[at] = (struct slot){ file, value, extra };
	pools[pool].used[at] = true;
}

/* The slot that is found from a random one on, or -1. */
static int find(enum pool pool, int file, struct dice *dice, uint64_t extra)
{
	uint32_t first = below(dice, SLOTS), i;

	for (i = 0; i < SLOTS; i++) {
		uint32_t at = (first + i) % SLOTS;

		if (pools[pool].used[at] &&
		    (file < 0 || pools[pool].slots[at].file == file) &&
		    pools[pool].slots[at].extra >= extra)
			return (int)at;
	}
	return -1;
}

bool pool_pick(enum pool pool, int file, struct dice *dice, struct slot *slot)
{
	return pool_pick_large(pool, file, dice, 0, slot);
}

bool pool_pick_large(enum pool pool, int file, struct dice *dice, uint64_t extra,
		     struct slot *slot)
{
	int at = find(pool, file, dice, extra);

	if (at < 0 && extra)
		at = find(pool, file, dice, 0);
	if (at < 0) {
		*slot = (struct slot){ -1, 0, 0 };
		return false;
	}
	*slot = pools[pool].slots[at];
	return true;
}

bool pool_take(enum pool pool, int file, struct dice *dice, struct slot *slot)
{
	int at = find(pool, file, dice, 0);

	if (at < 0)
		return false;
	*slot = pools[pool].slots[at];
	pools[pool].used[at] = false;
	return true;
}

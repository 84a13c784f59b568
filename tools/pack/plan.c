// SPDX-License-Identifier: MIT
/*
 * Blocks are placed one after the other, each at the lowest offset at which it
 * fits between those that are there. For some order this gives the best plan
 * there is (that of the best plan's offsets), so the search is one for an
 * order: a few good guesses, then all of them for few blocks, and exchanges of
 * two for many, until the bound is reached or enough has been tried.
 */
#include "plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

/* Every order is tried for so many blocks: 40320 of them. */
#define FEW_BLOCKS	8u
/* Pairs of blocks that may be looked at, for a plan. */
#define MOST_WORK	((uint64_t)1 << 21)
/* A plan this close to the bound (1/64) is not worth a smaller alignment. */
#define CLOSE_SHIFT	6

struct search {
	const struct plan_block *block;
	size_t count;
	uint32_t align;
	uint64_t bound;
	size_t *order;
	size_t *placed;		/* blocks by offset, while an order is tried */
	uint64_t *offset;	/* of that order */
	uint64_t best;
	uint64_t *best_offset;
	uint64_t work;
};

static uint64_t align_up(uint64_t n, uint64_t align)
{
	return (n + align - 1) / align * align;
}

static bool together(const struct plan_block *a, const struct plan_block *b)
{
	return a->born <= b->dies && b->born <= a->dies;
}

/* Place block @k among the first @n of s->placed; returns where it ends. */
static uint64_t place(struct search *s, size_t k, size_t n)
{
	const struct plan_block *b = &s->block[k];
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		size_t o = s->placed[i];
		uint64_t end = s->offset[o] + s->block[o].bytes;

		if (!together(b, &s->block[o]) || end <= at)
			continue;
		if (s->offset[o] >= at + b->bytes)
			break;
		at = align_up(end, s->align);
	}
	s->work += n;
	s->offset[k] = at;
	for (i = n; i > 0 && s->offset[s->placed[i - 1]] > at; i--)
		s->placed[i] = s->placed[i - 1];
	s->placed[i] = k;
	return at + b->bytes;
}

/* The size that s->order gives; what exceeds @limit is not finished. */
static uint64_t try_order(struct search *s, uint64_t limit)
{
	uint64_t size = 0;

	for (size_t i = 0; i < s->count && size <= limit; i++) {
		uint64_t end = place(s, s->order[i], i);

		size = end > size ? end : size;
	}
	if (size < s->best) {
		s->best = size;
		memcpy(s->best_offset, s->offset,
		       s->count * sizeof(*s->offset));
	}
	return size;
}

static bool done(const struct search *s)
{
	return s->best <= s->bound || s->work > MOST_WORK;
}

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static uint64_t life(const struct plan_block *b)
{
	return b->dies - b->born + 1;
}

static int larger(const struct plan_block *a, const struct plan_block *b)
{
	return compare(b->bytes, a->bytes);
}

static int longer(const struct plan_block *a, const struct plan_block *b)
{
	return compare(life(b), life(a));
}

static int earlier(const struct plan_block *a, const struct plan_block *b)
{
	return compare(a->born, b->born);
}

static int later(const struct plan_block *a, const struct plan_block *b)
{
	return compare(b->dies, a->dies);
}

typedef int (*rank_fn)(const struct plan_block *a, const struct plan_block *b);

struct ranks {
	const struct plan_block *block;
	rank_fn first;
	rank_fn second;
};

static int by_rank(const void *pa, const void *pb, void *priv)
{
	const struct ranks *r = priv;
	size_t a = *(const size_t *)pa, b = *(const size_t *)pb;
	int c = r->first(&r->block[a], &r->block[b]);

	if (!c)
		c = r->second(&r->block[a], &r->block[b]);
	return c ? c : compare(a, b);
}

/* Leaves the best of the guesses in s->order. */
static void guess(struct search *s)
{
	static const rank_fn rank[][2] = {
		{ larger, longer }, { longer, larger }, { earlier, larger },
		{ later, larger },
	};
	size_t *best = mem_array(s->count, sizeof(*best));

	for (size_t i = 0; i < sizeof(rank) / sizeof(rank[0]); i++) {
		struct ranks r = { s->block, rank[i][0], rank[i][1] };
		uint64_t before = s->best;

		for (size_t k = 0; k < s->count; k++)
			s->order[k] = k;
		qsort_r(s->order, s->count, sizeof(*s->order), by_rank, &r);
		try_order(s, s->best);
		if (s->best < before)
			memcpy(best, s->order, s->count * sizeof(*best));
		if (done(s))
			break;
	}
	memcpy(s->order, best, s->count * sizeof(*best));
	free(best);
}

static void exchange(size_t *order, size_t a, size_t b)
{
	size_t t = order[a];

	order[a] = order[b];
	order[b] = t;
}

/* Heap's algorithm: every order, each one exchange away from the last one. */
static void try_all(struct search *s)
{
	size_t turn[FEW_BLOCKS] = { 0 };

	for (size_t i = 1; i < s->count && !done(s);) {
		if (turn[i] == i) {
			turn[i++] = 0;
			continue;
		}
		exchange(s->order, i % 2 ? turn[i] : 0, i);
		turn[i]++;
		i = 1;
		try_order(s, s->best);
	}
}

/* Exchanges that do not make it worse are kept. */
static void improve(struct search *s)
{
	uint64_t size = s->best, random = 1;

	while (!done(s)) {
		size_t a, b;
		uint64_t next;

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		a = (random >> 40) % s->count;
		random = random * 6364136223846793005ull + 1442695040888963407ull;
		b = (random >> 40) % s->count;
		exchange(s->order, a, b);
		next = try_order(s, size);
		if (next <= size)
			size = next;
		else
			exchange(s->order, a, b);
		s->work++;
	}
}

static void search(struct search *s)
{
	s->work = 0;
	s->best = UINT64_MAX;
	guess(s);
	if (done(s))
		return;
	if (s->count <= FEW_BLOCKS)
		try_all(s);
	else
		improve(s);
}

struct event {
	size_t step;
	bool ends;
	uint64_t bytes;
};

static int by_step(const void *pa, const void *pb)
{
	const struct event *a = pa, *b = pb;
	int c = compare(a->step, b->step);

	return c ? c : a->ends - b->ends;
}

uint64_t plan_bound(const struct plan_block *block, size_t count)
{
	struct event *e = mem_array(2 * count, sizeof(*e));
	uint64_t live = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		e[2 * i] = (struct event){ block[i].born, false, block[i].bytes };
		e[2 * i + 1] = (struct event){ block[i].dies, true, block[i].bytes };
	}
	qsort(e, 2 * count, sizeof(*e), by_step);
	for (size_t i = 0; i < 2 * count; i++) {
		live = e[i].ends ? live - e[i].bytes : live + e[i].bytes;
		most = live > most ? live : most;
	}
	free(e);
	return most;
}

static void take(struct plan_block *block, const struct search *s,
		 struct plan *plan)
{
	plan->size = s->best;
	plan->align = s->align;
	for (size_t i = 0; i < s->count; i++)
		block[i].offset = s->best_offset[i];
}

void plan_blocks(struct plan_block *block, size_t count, struct plan *plan)
{
	static const uint32_t aligns[] = { 64, 16, 4 };
	struct search s = {
		.block = block, .count = count,
		.order = mem_array(count, sizeof(*s.order)),
		.placed = mem_array(count, sizeof(*s.placed)),
		.offset = mem_array(count, sizeof(*s.offset)),
		.best_offset = mem_array(count, sizeof(*s.best_offset)),
	};

	*plan = (struct plan){ .align = aligns[0] };
	for (size_t i = 0; i < count; i++)
		plan->unshared += block[i].bytes;
	s.bound = plan->bound = plan_bound(block, count);
	for (size_t i = 0; count && i < sizeof(aligns) / sizeof(aligns[0]); i++) {
		s.align = aligns[i];
		search(&s);
		if (!i || s.best < plan->size)
			take(block, &s, plan);
		if (plan->size - plan->bound <= plan->bound >> CLOSE_SHIFT)
			break;
	}
	free(s.order);
	free(s.placed);
	free(s.offset);
	free(s.best_offset);
}

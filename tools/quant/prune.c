// SPDX-License-Identifier: MIT
#include "prune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "tools/graph/mem.h"

/* A weight, and where it is. */
struct place {
	double magnitude;
	uint32_t node;
	size_t index;
};

/* Of equal ones the first goes first, so that the same always does. */
static int by_magnitude(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->magnitude != y->magnitude)
		return x->magnitude < y->magnitude ? -1 : 1;
	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static size_t weight_count(const struct graph_weights *w)
{
	return (size_t)w->out * w->in * w->kh * w->kw;
}

/* All weights of a layer stay, to begin with. */
static void keep_all(bool **keep, const struct graph *g, uint32_t node)
{
	size_t count = weight_count(&g->node[node].weights);

	if (keep[node])
		return;
	keep[node] = mem_array(count, sizeof(bool));
	memset(keep[node], true, count);
}

struct list {
	struct place *place;
	size_t count;
	size_t cap;
};

static void add_layer(struct list *l, const struct graph *g, uint32_t node)
{
	const struct graph_weights *w = &g->node[node].weights;
	size_t count = weight_count(w);

	l->place = mem_grow(l->place, &l->cap, l->count + count,
			    sizeof(*l->place));
	for (size_t i = 0; i < count; i++)
		l->place[l->count++] = (struct place){ fabs(w->data[i]), node, i };
}

/*
 * What counts for weights of different layers: the square of each, over the sum of
 * those that would be left if it went next (LAMP). So the scale of a layer does not
 * matter, and the last weight of none goes.
 */
static void rank_layer(struct list *l, size_t first)
{
	double left = 0;

	qsort(l->place + first, l->count - first, sizeof(*l->place),
	      by_magnitude);
	for (size_t i = l->count; i-- > first;) {
		double square = l->place[i].magnitude * l->place[i].magnitude;

		left += square;
		l->place[i].magnitude = left > 0 ? square / left : 0;
	}
}

/* The smallest of the list's weights go; it is empty then. */
static void drop(struct list *l, bool **keep, double part)
{
	size_t gone = (size_t)(part * (double)l->count);

	if (gone)
		qsort(l->place, l->count, sizeof(*l->place), by_magnitude);
	for (size_t i = 0; i < gone; i++)
		keep[l->place[i].node][l->place[i].index] = false;
	l->count = 0;
}

static void prune_layer(bool **keep, const struct graph *g, uint32_t node,
			double part)
{
	struct list l = { 0 };

	keep_all(keep, g, node);
	add_layer(&l, g, node);
	drop(&l, keep, part);
	free(l.place);
}

static uint32_t node_of(const struct graph *g, const struct unit *x)
{
	return (uint32_t)(x->node - g->node);
}

static int prune_named(bool **keep, const struct graph *g,
		       const struct units *u, const struct prune_rule *rule,
		       struct report *r)
{
	const struct unit *found = NULL;
	unsigned int count = 0;

	for (size_t i = 0; i < u->count; i++)
		if (choice_weights(&u->unit[i]) &&
		    choice_is_named(g, &u->unit[i], rule->name)) {
			found = &u->unit[i];
			count++;
		}
	if (count == 1) {
		prune_layer(keep, g, node_of(g, found), rule->part);
		return 0;
	}
	report_problem(r, "--prune: %u layers with weights to quantize are called '%.64s'; --report lists the layers",
		       count, rule->name);
	return -1;
}

int prune_make(bool **keep, const struct graph *g, const struct units *u,
	       const struct prune_options *opt, struct report *r)
{
	struct list all = { 0 };
	int ret = 0;

	for (size_t i = 0; i < opt->rules; i++)
		if (prune_named(keep, g, u, &opt->rule[i], r))
			ret = -1;
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		size_t first;

		if (!choice_weights(x) || keep[node_of(g, x)])
			continue;
		if (opt->each > 0)
			prune_layer(keep, g, node_of(g, x), opt->each);
		if (!(opt->all > 0))
			continue;
		keep_all(keep, g, node_of(g, x));
		first = all.count;
		add_layer(&all, g, node_of(g, x));
		rank_layer(&all, first);
	}
	drop(&all, keep, opt->all);
	free(all.place);
	return ret;
}

float *prune_copy(const float *w, size_t count, const bool *keep)
{
	float *copy = mem_copy(w, count, sizeof(*w));

	for (size_t i = 0; i < count && keep; i++)
		if (!keep[i])
			copy[i] = 0;
	return copy;
}

// SPDX-License-Identifier: MIT
/*
 * Nodes that only move data: copies, joined values and reshapes. What can be
 * done by addressing becomes an alias.
 */
#include "units_priv.h"

#include <stdlib.h>

#include "mem.h"

static void add_alias(struct builder *b, struct unit_alias a)
{
	struct units *u = b->u;

	u->alias = mem_grow(u->alias, &u->alias_cap, u->alias_count + 1,
			    sizeof(*u->alias));
	u->alias[u->alias_count++] = a;
}

/* A value that no node has; GRAPH_NONE: too large. */
static uint32_t fresh(struct builder *b, uint32_t like, const char *what,
		      uint64_t c, uint64_t h, uint64_t w)
{
	char *name = mem_printf("%.80s (%s)", b->g->value[like].name, what);
	uint32_t value = graph_add_value(b->g, b->r, name, c, h, w, false);

	free(name);
	if (value == GRAPH_NONE)
		b->failed = true;
	return value;
}

/* A copy of @in to @out, whose row, column and channel are @from of its. */
static struct unit *copy_unit(struct builder *b, const struct graph_node *n,
			      uint32_t in, uint32_t out,
			      const uint32_t from[3])
{
	struct unit *x = unit_add(b, UNIT_COPY, n);
	const struct graph_value *v = &b->g->value[out];

	x->in[0] = in;
	x->out = out;
	x->channels = v->c;
	x->copy = (struct graph_copy){ .c = v->c, .h = v->h, .w = v->w };
	for (int j = 0; j < 3; j++)
		x->copy.axis[j] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = from[j],
		};
	return x;
}

static const uint32_t straight[3] = { 0, 1, 2 };

static void join(struct builder *b, const struct graph_node *n)
{
	struct unit_alias a = { .of = n->out, .step = { 1, 1 } };

	for (uint32_t k = 0; k < n->parts; k++) {
		const struct graph_value *v = &b->g->value[n->in[k]];
		uint32_t side[3] = { v->h, v->w, v->c };

		a.value = fresh(b, n->out, "part", v->c, v->h, v->w);
		if (a.value == GRAPH_NONE)
			return;
		add_alias(b, a);
		copy_unit(b, n, n->in[k], a.value, straight)->joined = n->out;
		a.first[n->axis] += side[n->axis];
	}
}

/* Does memory hold the numbers with the channels outermost anyway? */
static bool channels_outermost(const struct graph_value *v)
{
	return v->c == 1 || (v->h == 1 && v->w == 1);
}

/*
 * @in with its numbers in memory as the channels vary slowest, for a reshape to
 * @channels: with the channels as rows, rows as columns, columns as channels.
 */
static uint32_t put_channels_first(struct builder *b,
				   const struct graph_node *n, uint32_t in,
				   uint32_t channels)
{
	static const uint32_t from[3] = { 1, 2, 0 };
	const struct graph_value v = b->g->value[in];
	uint32_t out = fresh(b, in, "by channels", v.w, v.c, v.h);

	if (out != GRAPH_NONE)
		copy_unit(b, n, in, out, from)->dense = channels;
	return out;
}

/* The same without a change of order, if only gaps have to go. */
static uint32_t put_dense(struct builder *b, const struct graph_node *n,
			  uint32_t in, uint32_t channels)
{
	const struct graph_value v = b->g->value[in];
	uint32_t out = fresh(b, in, "dense", v.c, v.h, v.w);

	if (out != GRAPH_NONE)
		copy_unit(b, n, in, out, straight)->dense = channels;
	return out;
}

static void reshape(struct builder *b, const struct graph_node *n,
		    bool channels_last)
{
	static const uint32_t back[3] = { 2, 0, 1 };
	const struct graph_value to = b->g->value[n->out];
	uint32_t in = n->in[0], via = n->out;
	bool turn = !channels_last && !channels_outermost(&to);
	uint32_t channels = turn ? to.w : to.c;

	if (!channels_last && !channels_outermost(&b->g->value[in]))
		in = put_channels_first(b, n, in, channels);
	else
		in = put_dense(b, n, in, channels);
	if (turn)
		via = fresh(b, n->out, "by channels", to.w, to.c, to.h);
	if (in == GRAPH_NONE || via == GRAPH_NONE)
		return;
	add_alias(b, (struct unit_alias){ .value = via, .of = in,
					  .reshaped = true });
	if (turn)
		copy_unit(b, n, via, n->out, back);
}

static void copy(struct builder *b, const struct graph_node *n)
{
	struct unit *x = unit_add(b, UNIT_COPY, n);

	x->in[0] = n->in[0];
	x->out = n->out;
	x->copy = n->copy;
}

void unit_move(struct builder *b, const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CONCAT:
		join(b, n);
		break;
	case GRAPH_FLATTEN:
		reshape(b, n, false);
		break;
	case GRAPH_RESHAPE:
		reshape(b, n, n->reshape.channels_last);
		break;
	default:
		copy(b, n);
		break;
	}
}

static bool covers(const struct graph_value *a, const struct graph_value *out)
{
	return a->c == out->c && a->h == out->h && a->w == out->w;
}

uint32_t unit_whole(struct builder *b, const struct graph_node *n)
{
	const struct graph_value to = b->g->value[n->out];
	const struct graph_value v = b->g->value[n->in[0]];
	const uint32_t side[3] = { v.h, v.w, v.c };
	struct unit *x;
	uint32_t out;

	if (covers(&v, &to) || covers(&b->g->value[n->in[1]], &to))
		return n->in[0];
	out = fresh(b, n->in[0], "repeated", to.c, to.h, to.w);
	if (out == GRAPH_NONE)
		return n->in[0];
	x = copy_unit(b, n, n->in[0], out, straight);
	for (uint32_t j = 0; j < 3; j++)
		x->copy.axis[j].step = side[j] > 1;
	return out;
}

// SPDX-License-Identifier: MIT
#include "units_priv.h"

#include <math.h>
#include <stdlib.h>

#include "cone.h"
#include "mem.h"

void unit_free(struct unit *x)
{
	free(x->name);
	free(x->mul);
	free(x->add);
	free(x->mean);
	free(x->dev);
	free(x->post);
	free(x->affine);
}

void units_free(struct units *u)
{
	for (size_t i = 0; i < u->count; i++)
		unit_free(&u->unit[i]);
	free(u->unit);
	free(u->alias);
	free(u->narrow);
	free(u->whole);
	free(u->typed);
	*u = (struct units){ 0 };
}

struct unit *unit_add(struct builder *b, enum unit_kind kind,
		      const struct graph_node *n)
{
	struct units *u = b->u;
	struct unit *x;

	u->unit = mem_grow(u->unit, &u->cap, u->count + 1, sizeof(*u->unit));
	x = &u->unit[u->count++];
	*x = (struct unit){
		.kind = kind, .name = mem_string(n->name),
		.in = { n->in[0], n->in[1] }, .out = n->out,
		.channels = b->g->value[n->out].c,
		.lo = -INFINITY, .hi = INFINITY,
		.limit_lo = -INFINITY, .limit_hi = INFINITY,
		.joined = GRAPH_NONE,
	};
	if (kind != UNIT_IDENTITY) {
		x->node = n;
		snprintf(x->op, sizeof(x->op), "%s", n->source);
	}
	return x;
}

static enum unit_kind pool_kind(const struct graph_node *n)
{
	const struct graph_window *w = &n->window;
	bool padded = w->pad_top || w->pad_left || w->pad_bottom ||
		      w->pad_right;

	return n->same_codes || (padded && !n->count_pad) ? UNIT_MEAN_POOL :
							    UNIT_AVG_POOL;
}

static enum unit_kind kind_of(const struct graph_node *n)
{
	switch (n->op) {
	case GRAPH_CONV:
	case GRAPH_CONV_TRANSPOSE:
		return UNIT_CONV;
	case GRAPH_MAX_POOL:
		return UNIT_MAX_POOL;
	case GRAPH_AVG_POOL:
		return pool_kind(n);
	case GRAPH_ADD:
	case GRAPH_SUB:
		return UNIT_ADD;
	case GRAPH_MUL:
		return UNIT_MUL;
	case GRAPH_SOFTMAX:
		return UNIT_SOFTMAX;
	case GRAPH_ARGMAX:
		return UNIT_ARGMAX;
	default:
		return UNIT_IDENTITY;
	}
}

static void start(struct builder *b, const struct graph_node *n)
{
	const struct graph_window *w = &n->window;
	uint32_t first = n->op == GRAPH_MUL ? unit_whole(b, n) : n->in[0];
	struct unit *x = unit_add(b, kind_of(n), n);
	double mul = 1;

	x->in[0] = first;
	if (x->kind == UNIT_AVG_POOL)
		mul = 1.0 / ((double)w->kh * w->kw);
	x->mul = mem_array(x->channels, sizeof(double));
	x->add = mem_array(x->channels, sizeof(double));
	for (uint32_t c = 0; c < x->channels; c++) {
		x->mul[c] = mul;
		if (x->kind == UNIT_CONV && n->weights.bias)
			x->add[c] = n->weights.bias[c];
	}
	if (x->kind == UNIT_IDENTITY)
		unit_take(b, x, n);
}

static void follow(struct builder *b, size_t at)
{
	struct unit *x = &b->u->unit[at];
	uint32_t next;

	while ((next = graph_only_reader(&b->rd, x->out)) != GRAPH_NONE) {
		const struct graph_node *n = &b->g->node[next];

		if (!unit_element_wise(n) || !unit_takes(b, x, n))
			return;
		unit_take(b, x, n);
		b->done[next] = true;
	}
}

static bool bare_identity(const struct unit *x)
{
	return x->kind == UNIT_IDENTITY && !x->scaled && isinf(x->lo) &&
	       isinf(x->hi);
}

/* Tables of the file's own codes need quantizers on both sides. */
static void check_codes(struct builder *b, const struct unit *x)
{
	for (size_t i = 0; i < x->post_count; i++) {
		const struct graph_node *n = x->post[i];

		if (n->op != GRAPH_FUNCTION || !n->activation.codes)
			continue;
		if (x->post_count == 1 && x->has_quant &&
		    (x->index_quant || bare_identity(x)))
			continue;
		report_problem(b->r, "%s: its table of codes needs a quantizer right in front of it and one right behind it",
			       graph_node_label(n));
		b->failed = true;
	}
}

/*
 * The library quantizes inputs to the nearest element, ties to even, before it
 * adds the zero point, and to the whole range of the type. If the network's own
 * quantizer of the input is like that, the elements are its codes.
 */
static bool like_library(const struct quantizer *q, bool codes)
{
	return !q->bipolar && (q->bits == 8 || q->bits == 4 || q->bits == 2) &&
	       q->zero_point == rint(q->zero_point) &&
	       q->zero_point >= quantizer_min(q) &&
	       q->zero_point <= quantizer_max(q) &&
	       (codes ||
		(!q->narrow && q->rounding == QUANT_ROUND &&
		 (q->zero_after || fmod(q->zero_point, 2) == 0)));
}

static void take_input(struct builder *b)
{
	struct graph *g = b->g;
	uint32_t reader = graph_only_reader(&b->rd, g->input);
	const struct graph_node *n;

	b->u->input = g->input;
	n = reader == GRAPH_NONE ? NULL : &g->node[reader];
	if (n && n->op == GRAPH_QUANT && !n->requant &&
	    like_library(&n->quant, g->input_is_codes)) {
		b->u->input_quant = &n->quant;
		/* Each output has memory of its own: codes are copied there. */
		if (b->output[n->out])
			return;
		b->u->input = n->out;
		b->done[reader] = true;
	} else if (g->input_is_codes) {
		report_problem(b->r, "input '%.64s' is made of integers; that needs a quantizer of 8, 4 or 2 bits as the only one to read it",
			       g->value[g->input].name);
		b->failed = true;
	}
}

static void build(struct builder *b)
{
	take_input(b);
	for (size_t i = 0; i < b->g->node_count; i++) {
		const struct graph_node *n = &b->g->node[i];
		size_t at;

		if (b->done[i])
			continue;
		if (n->op == GRAPH_CONCAT || n->op == GRAPH_COPY ||
		    n->op == GRAPH_FLATTEN || n->op == GRAPH_RESHAPE) {
			unit_move(b, n);
			continue;
		}
		start(b, n);
		at = b->u->count - 1;
		follow(b, at);
		check_codes(b, &b->u->unit[at]);
	}
}

/* An output stage alone can read accumulators, if no table comes first. */
static bool reads_raw(const struct unit *x)
{
	return x->kind == UNIT_IDENTITY &&
	       !(x->post_count && x->index == x->in[0]);
}

static void find_narrow(struct units *u, const struct graph *g)
{
	u->narrow = mem_array(g->value_count, sizeof(*u->narrow));
	u->whole = mem_array(g->value_count, sizeof(*u->whole));
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];

		for (unsigned int k = 0; k < unit_inputs(x); k++)
			if (!reads_raw(x))
				u->narrow[x->in[k]] = true;
		if (x->kind == UNIT_SOFTMAX)
			u->whole[x->in[0]] = true;
	}
	for (size_t i = 0; i < u->alias_count; i++)
		u->narrow[u->alias[i].of] = true;
}

/* @value, and what it lies in. */
static void set_typed(struct units *u, const struct unit_alias **alias,
		      uint32_t value)
{
	u->typed[value] = true;
	while (alias[value]) {
		value = alias[value]->of;
		u->typed[value] = true;
	}
}

static bool wants_type(const struct units *u, const struct unit *x)
{
	switch (x->kind) {
	case UNIT_SOFTMAX:
		return true;
	case UNIT_COPY:
		return u->typed[x->out] || (!x->copy.clamp && x->copy.fill != 0) ||
		       (x->joined != GRAPH_NONE && u->typed[x->joined]);
	case UNIT_MAX_POOL:
	case UNIT_MEAN_POOL:
		return u->typed[x->out];
	default:
		return false;
	}
}

static void find_typed(struct units *u, const struct graph *g)
{
	const struct unit_alias **alias;

	alias = mem_array(g->value_count, sizeof(*alias));
	u->typed = mem_array(g->value_count, sizeof(*u->typed));
	for (size_t i = 0; i < u->alias_count; i++)
		alias[u->alias[i].value] = &u->alias[i];
	for (size_t i = 0; i < g->output_count; i++)
		set_typed(u, alias, g->output[i]);
	for (size_t i = u->count; i-- > 0;)
		if (wants_type(u, &u->unit[i]))
			set_typed(u, alias, u->unit[i].in[0]);
	free(alias);
}

/* Flat values can have more channels than tensors of the device. */
static void check_channels(struct builder *b, uint32_t value)
{
	const struct graph_value *v = &b->g->value[value];

	if (v->c <= GRAPH_MAX_DIM)
		return;
	report_problem(b->r, "value '%.64s': it has %u channels; at most %u are supported",
		       v->name, v->c, GRAPH_MAX_DIM);
	b->failed = true;
}

static void check_values(struct builder *b)
{
	check_channels(b, b->u->input);
	for (size_t i = 0; i < b->u->count; i++)
		check_channels(b, b->u->unit[i].out);
	for (size_t i = 0; i < b->u->alias_count; i++)
		check_channels(b, b->u->alias[i].value);
}

int units_build(struct graph *g, struct units *u, struct report *r)
{
	struct builder b = { .g = g, .u = u, .r = r };

	*u = (struct units){ 0 };
	b.done = mem_array(g->node_count, sizeof(*b.done));
	b.output = mem_array(g->value_count, sizeof(*b.output));
	b.maker = graph_makers(g);
	for (size_t i = 0; i < g->output_count; i++)
		b.output[g->output[i]] = true;
	graph_readers_init(&b.rd, g);
	build(&b);
	find_narrow(u, g);
	find_typed(u, g);
	check_values(&b);
	if (b.output[g->input]) {
		report_problem(r, "output '%.64s' is the input itself: there is nothing to compute",
			       g->value[g->input].name);
		b.failed = true;
	}
	graph_readers_free(&b.rd);
	free(b.maker);
	free(b.output);
	free(b.done);
	return b.failed ? -1 : 0;
}

// SPDX-License-Identifier: MIT
#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "qnn_device.h"
#include "tools/graph/mem.h"

struct settler {
	struct graph *g;
	struct units *u;
	const struct value_format *fmt;
	struct unit_alias **alias;	/* per value; NULL: it is none */
	uint32_t *uses;			/* who reads it: units, views, outputs */
	bool *output;			/* it, or what lies in it, is one */
	bool *gone;			/* per unit */
};

static void count_uses(struct settler *s)
{
	const struct units *u = s->u;

	for (size_t i = 0; i < u->count; i++)
		for (unsigned int k = 0; k < unit_inputs(&u->unit[i]); k++)
			s->uses[u->unit[i].in[k]]++;
	for (size_t i = 0; i < u->alias_count; i++) {
		s->alias[u->alias[i].value] = &u->alias[i];
		s->uses[u->alias[i].of] += u->alias[i].reshaped;
	}
	for (size_t i = 0; i < s->g->output_count; i++) {
		s->uses[s->g->output[i]]++;
		s->output[s->g->output[i]] = true;
	}
	for (size_t i = u->alias_count; i-- > 0;)
		if (u->alias[i].reshaped && s->output[u->alias[i].value])
			s->output[u->alias[i].of] = true;
}

static uint32_t bits_of(const struct settler *s, uint32_t value)
{
	return qnn_elem_bits(s->fmt[value].elem);
}

static bool same_codes(const struct value_format *a,
		       const struct value_format *b)
{
	return a->elem == b->elem && a->q.scale == b->q.scale &&
	       a->q.zero_point == b->q.zero_point;
}

/* All of the input, or a part of it, as it is. */
static bool straight(const struct graph_copy *c)
{
	if (c->blocks != GRAPH_PLAIN)
		return false;
	for (uint32_t j = 0; j < 3; j++)
		if (c->axis[j].from != j || c->axis[j].divisor != 1 ||
		    c->axis[j].start < 0 || c->axis[j].step < 1)
			return false;
	return true;
}

/* The joined value is the memory of its part @x->in from the start. */
static bool join_in_place(struct settler *s, const struct unit *x)
{
	struct unit_alias *a = s->alias[x->out];
	uint32_t in = x->in[0];

	if (s->uses[in] != 1 || in == s->u->input || s->alias[in] ||
	    !same_codes(&s->fmt[in], &s->fmt[x->joined]) ||
	    a->first[2] * bits_of(s, in) % 8)
		return false;
	s->alias[x->out] = NULL;
	a->value = in;
	s->alias[in] = a;
	return true;
}

/* A part that starts within a byte: the copy has all channels up to its own. */
static void join_within_byte(struct settler *s, struct unit *x)
{
	struct unit_alias *a = s->alias[x->out];

	if (a->first[2] * bits_of(s, x->out) % 8 == 0)
		return;
	x->out_first = a->first[2];
	s->g->value[x->out].c += a->first[2];
	a->first[2] = 0;
}

static void add_alias(struct settler *s, struct unit_alias a)
{
	struct units *u = s->u;
	const struct unit_alias *old = u->alias;

	u->alias = mem_grow(u->alias, &u->alias_cap, u->alias_count + 1,
			    sizeof(*u->alias));
	u->alias[u->alias_count++] = a;
	if (old != u->alias)
		for (size_t i = 0; i + 1 < u->alias_count; i++)
			s->alias[u->alias[i].value] = &u->alias[i];
	s->alias[a.value] = &u->alias[u->alias_count - 1];
}

static uint32_t root_of(const struct settler *s, uint32_t value)
{
	while (s->alias[value])
		value = s->alias[value]->of;
	return value;
}

/* May @value, which a unit has written, be memory of @in instead? */
static bool may_lie_in(const struct settler *s, uint32_t value, uint32_t in)
{
	in = root_of(s, in);
	return !s->output[value] || (!s->output[in] && in != s->u->input);
}

static bool dense_in_place(struct settler *s, const struct unit *x)
{
	const struct graph_value *v = &s->g->value[x->in[0]];
	const struct unit_alias *a = s->alias[x->in[0]];

	if (!straight(&x->copy) || !may_lie_in(s, x->out, x->in[0]) ||
	    (a && !a->reshaped) || s->alias[x->out] ||
	    s->fmt[x->in[0]].elem != s->fmt[x->out].elem ||
	    v->c * bits_of(s, x->in[0]) % 8)
		return false;
	if (s->output[x->out])
		s->output[root_of(s, x->in[0])] = true;
	add_alias(s, (struct unit_alias){ .value = x->out, .of = x->in[0],
					  .reshaped = true });
	return true;
}

static bool slice_in_place(struct settler *s, const struct unit *x)
{
	const struct graph_value *v = &s->g->value[x->in[0]];
	const struct graph_copy *c = &x->copy;
	const struct graph_axis *a = c->axis;
	uint64_t row = (uint64_t)v->w * v->c * 4;
	bool leaps = a[0].step > 1 || a[1].step > 1;

	/* The device wants room for the last pixel's gap, too. */
	if (!straight(c) || s->output[x->out] || s->alias[x->out] ||
	    a[2].step != 1 || (leaps && s->alias[x->in[0]]) ||
	    (uint64_t)a[0].start + (uint64_t)a[0].step * (c->h - 1) >= v->h ||
	    (uint64_t)a[1].start + (uint64_t)a[1].step * c->w > v->w ||
	    (uint64_t)a[2].start + c->c > v->c ||
	    (uint64_t)a[2].start * bits_of(s, x->in[0]) % 8 ||
	    row * (uint64_t)a[0].step * (uint64_t)a[1].step > UINT32_MAX)
		return false;
	add_alias(s, (struct unit_alias){
		.value = x->out, .of = x->in[0],
		.first = { (uint32_t)a[0].start, (uint32_t)a[1].start,
			   (uint32_t)a[2].start },
		.step = { (uint32_t)a[0].step, (uint32_t)a[1].step },
	});
	return true;
}

/* The same codes, which stand for other numbers. */
static bool codes_in_place(struct settler *s, const struct unit *x)
{
	const struct value_format *in = &s->fmt[x->in[0]];
	const struct value_format *out = &s->fmt[x->out];

	if (out->source != FORMAT_SAME || s->output[x->out] ||
	    in->elem != out->elem || in->min != out->min ||
	    in->max != out->max)
		return false;
	add_alias(s, (struct unit_alias){ .value = x->out, .of = x->in[0],
					  .step = { 1, 1 } });
	return true;
}

/* Can @x go, because its result lies in memory that is there anyway? */
static bool in_place(struct settler *s, struct unit *x)
{
	if (x->kind == UNIT_IDENTITY)
		return codes_in_place(s, x);
	if (x->kind != UNIT_COPY)
		return false;
	if (x->joined != GRAPH_NONE) {
		if (join_in_place(s, x))
			return true;
		join_within_byte(s, x);
		return false;
	}
	return x->dense ? dense_in_place(s, x) : slice_in_place(s, x);
}

/* Each alias behind the one that it lies in. */
static void sort_aliases(struct settler *s)
{
	struct units *u = s->u;
	struct unit_alias *sorted = mem_array(u->alias_count, sizeof(*sorted));
	uint32_t *chain = mem_array(u->alias_count, sizeof(*chain));
	size_t count = 0;

	for (size_t i = 0; i < u->alias_count; i++) {
		struct unit_alias *a = s->alias[u->alias[i].value];
		size_t depth = 0;

		for (; a; a = s->alias[a->of])
			chain[depth++] = a->value;
		while (depth) {
			a = s->alias[chain[--depth]];
			sorted[count++] = *a;
			s->alias[a->value] = NULL;
		}
	}
	free(chain);
	free(u->alias);
	u->alias = sorted;
	u->alias_count = u->alias_cap = count;
}

static void drop_units(struct settler *s)
{
	struct units *u = s->u;
	size_t kept = 0;

	for (size_t i = 0; i < u->count; i++) {
		if (s->gone[i])
			unit_free(&u->unit[i]);
		else
			u->unit[kept++] = u->unit[i];
	}
	u->count = kept;
}

void settle(struct graph *g, struct units *u, const struct value_format *fmt)
{
	struct settler s = {
		.g = g, .u = u, .fmt = fmt,
		.alias = mem_array(g->value_count, sizeof(*s.alias)),
		.uses = mem_array(g->value_count, sizeof(*s.uses)),
		.output = mem_array(g->value_count, sizeof(*s.output)),
		.gone = mem_array(u->count, sizeof(*s.gone)),
	};

	count_uses(&s);
	for (size_t i = 0; i < u->count; i++)
		s.gone[i] = in_place(&s, &u->unit[i]);
	drop_units(&s);
	sort_aliases(&s);
	free(s.alias);
	free(s.uses);
	free(s.output);
	free(s.gone);
}

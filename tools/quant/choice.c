// SPDX-License-Identifier: MIT
#include "choice.h"

#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

bool choice_weights(const struct unit *x)
{
	return x->kind == UNIT_CONV && !x->node->weights.grid;
}

bool choice_is_named(const struct graph *g, const struct unit *x,
		     const char *name)
{
	return !strcmp(x->name, name) || !strcmp(g->value[x->out].name, name);
}

/* Does what @x computes reach an output without another layer with weights? */
static bool is_last(const struct graph *g, const struct units *u, size_t index)
{
	bool *from = mem_array(g->value_count, sizeof(*from));
	bool last = graph_is_output(g, u->unit[index].out);

	from[u->unit[index].out] = true;
	for (size_t i = index + 1; i < u->count && !last; i++) {
		const struct unit *x = &u->unit[i];

		if (x->kind == UNIT_CONV)
			continue;
		for (unsigned int k = 0; k < unit_inputs(x); k++)
			from[x->out] = from[x->out] || from[x->in[k]];
		last = from[x->out] && graph_is_output(g, x->out);
	}
	free(from);
	return last;
}

/* Does it read the network's input, or is its result an output's logits? */
static bool is_end(const struct graph *g, const struct units *u,
		   const struct unit *x)
{
	return x->in[0] == u->input || is_last(g, u, (size_t)(x - u->unit));
}

static bool mark(bool *marked, uint32_t value)
{
	bool was = marked[value];

	marked[value] = true;
	return !was;
}

/* What lies in another value, and what that consists of, is read with it. */
static bool mark_aliases(const struct units *u, bool *marked)
{
	bool more = false;

	for (size_t i = 0; i < u->alias_count; i++) {
		const struct unit_alias *a = &u->alias[i];

		if (marked[a->value] || marked[a->of]) {
			more = mark(marked, a->value) || more;
			more = mark(marked, a->of) || more;
		}
	}
	return more;
}

/* Marks go on to what the marked values are copies of. */
static void mark_sources(const struct units *u, bool *marked)
{
	bool more = true;

	while (more) {
		more = mark_aliases(u, marked);
		for (size_t i = u->count; i-- > 0;) {
			const struct unit *x = &u->unit[i];

			if (!format_passes_on(x) || !(marked[x->out] ||
					   (x->joined != GRAPH_NONE &&
					    marked[x->joined])))
				continue;
			more = mark(marked, x->in[0]) || more;
		}
	}
}

/* The last layers read results of at least their width, too. */
static void widen_end(struct choices *c, const struct graph *g,
		      const struct units *u, const struct unit *x,
		      unsigned int bits)
{
	bool *read = mem_array(g->value_count, sizeof(*read));

	read[x->in[0]] = true;
	mark_sources(u, read);
	for (size_t i = 0; i < g->value_count; i++) {
		unsigned int *of = &c->activation_bits[i];

		if (!read[i])
			continue;
		*of = *of > bits ? *of : bits;
		c->own_bits[i] = true;
	}
	free(read);
}

/* Results that no layer with weights reads. */
static void widen_sums(struct choices *c, const struct graph *g,
		       const struct units *u, unsigned int bits)
{
	bool *read = mem_array(g->value_count, sizeof(*read));

	for (size_t i = 0; i < u->count; i++)
		if (u->unit[i].kind == UNIT_CONV)
			read[u->unit[i].in[0]] = true;
	mark_sources(u, read);
	for (size_t i = 0; i < g->value_count; i++)
		if (!read[i]) {
			c->activation_bits[i] = bits;
			c->own_bits[i] = true;
		}
	free(read);
}

static void by_default(struct choices *c, const struct graph *g,
		       const struct units *u, const struct choice_options *opt)
{
	for (size_t i = 0; i < g->value_count; i++)
		c->activation_bits[i] = opt->activation_bits;
	if (opt->sums_bits)
		widen_sums(c, g, u, opt->sums_bits);
	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		size_t node;

		if (!choice_weights(x))
			continue;
		node = (size_t)(x->node - g->node);
		c->weights[node] = opt->weights;
		if (!opt->ends_bits || !is_end(g, u, x))
			continue;
		c->weights[node] = weights_at(&opt->weights, opt->ends_bits);
		c->own_weights[node] = true;
		if (x->in[0] != u->input)
			widen_end(c, g, u, x, opt->ends_bits);
	}
}

/* Is the rule about the weights or the result of this unit? */
static bool is_meant(const struct graph *g, const struct units *u, size_t i,
		     const struct layer_rule *rule)
{
	const struct unit *x = &u->unit[i];

	if (rule->by_unit ? rule->unit != i : !choice_is_named(g, x, rule->name))
		return false;
	return (rule->activation_bits && !format_passes_on(x)) ||
	       (rule->weights && choice_weights(x));
}

/* Returns how many layers the rule is about. */
static unsigned int apply(struct choices *c, const struct graph *g,
			  const struct units *u, const struct layer_rule *rule)
{
	unsigned int found = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		size_t node;

		if (!is_meant(g, u, i, rule))
			continue;
		found++;
		if (rule->activation_bits) {
			c->activation_bits[x->out] = rule->activation_bits;
			c->own_bits[x->out] = true;
		}
		if (!rule->weights || !choice_weights(x))
			continue;
		node = (size_t)(x->node - g->node);
		c->weights[node] = rule->choice;
		c->own_weights[node] = true;
	}
	return found;
}

/* Weights of 0 must have a code. */
static int check_pruned(const struct choices *c, const struct graph *g,
			const struct units *u, struct report *r)
{
	int ret = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		const struct weight_choice *w;

		if (!choice_weights(x) || !c->keep[x->node - g->node])
			continue;
		w = &c->weights[x->node - g->node];
		if (weights_have_zero(w))
			continue;
		report_problem(r, "layer '%.64s': %u-bit weights by '%s' have no level of 0, which pruned ones need",
			       x->name, w->bits, weights_method_name(w->method));
		ret = -1;
	}
	return ret;
}

int choices_make(struct choices *c, const struct graph *g,
		 const struct units *u, const struct choice_options *opt,
		 struct report *r)
{
	int ret = 0;

	c->keep = mem_array(g->node_count, sizeof(*c->keep));
	c->weights = mem_array(g->node_count, sizeof(*c->weights));
	c->activation_bits = mem_array(g->value_count,
				       sizeof(*c->activation_bits));
	c->own_weights = mem_array(g->node_count, sizeof(*c->own_weights));
	c->own_bits = mem_array(g->value_count, sizeof(*c->own_bits));
	by_default(c, g, u, opt);
	for (size_t i = 0; i < opt->rules; i++) {
		unsigned int found = apply(c, g, u, &opt->rule[i]);

		if (found == 1)
			continue;
		ret = -1;
		if (found)
			report_problem(r, "%u layers are called '%.64s'; the names of the values that they compute tell them apart",
				       found, opt->rule[i].name);
		else
			report_problem(r, "no layer is called '%.64s', or it has nothing to quantize that way; --report lists the layers",
				       opt->rule[i].name);
	}
	if (prune_make(c->keep, g, u, &opt->prune, r) ||
	    check_pruned(c, g, u, r))
		ret = -1;
	return ret;
}

int choices_check(const struct choice_options *opt, const struct graph *g,
		  const struct units *u, const struct value_format *fmt,
		  struct report *r)
{
	int ret = 0;

	for (size_t k = 0; k < opt->rules; k++) {
		const struct layer_rule *rule = &opt->rule[k];

		for (size_t i = 0; i < u->count; i++) {
			uint32_t out = u->unit[i].out;

			if (rule->by_unit || !rule->activation_bits ||
			    !is_meant(g, u, i, rule) ||
			    format_has_width(u, fmt, out) ||
			    fmt[out].q.bits == rule->activation_bits)
				continue;
			report_problem(r, "layer '%.64s': its result cannot have %u bits: what it is made for settles how it is stored",
				       rule->name, rule->activation_bits);
			ret = -1;
		}
	}
	return ret;
}

void choices_free(struct choices *c, const struct graph *g)
{
	for (size_t i = 0; c->keep && i < g->node_count; i++)
		free(c->keep[i]);
	free(c->keep);
	free(c->weights);
	free(c->activation_bits);
	free(c->own_weights);
	free(c->own_bits);
	*c = (struct choices){ 0 };
}

void choice_make(struct weight_codes *wc, const struct unit *x, const float *w,
		 const struct weight_choice *choice, const bool *keep)
{
	const struct graph_weights *own = &x->node->weights;
	size_t row = (size_t)own->in * own->kh * own->kw;
	bool *negative = mem_array(own->out, sizeof(*negative));
	float *kept = prune_copy(w, own->out * row, keep);

	for (uint32_t o = 0; o < own->out; o++)
		negative[o] = x->mul[o] < 0;
	weights_make(wc, kept, own->out, row, choice, negative);
	free(kept);
	free(negative);
}

struct weight_codes **choice_quantize(const struct graph *g,
				      const struct units *u,
				      const struct choices *c)
{
	struct weight_codes **codes = mem_array(g->node_count, sizeof(*codes));

	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];
		size_t node;

		if (!choice_weights(x))
			continue;
		node = (size_t)(x->node - g->node);
		codes[node] = mem_array(1, sizeof(*codes[node]));
		choice_make(codes[node], x, x->node->weights.data,
			    &c->weights[node], c->keep[node]);
	}
	return codes;
}

void choice_codes_free(const struct graph *g, struct weight_codes **codes)
{
	for (size_t i = 0; codes && i < g->node_count; i++) {
		if (codes[i])
			weights_free(codes[i]);
		free(codes[i]);
	}
	free(codes);
}

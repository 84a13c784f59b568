// SPDX-License-Identifier: MIT
#include "choice.h"

#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

bool choice_weights(const struct unit *x)
{
	return x->kind == UNIT_CONV && !x->node->weights.grid;
}

bool choice_named(const struct graph *g, const struct unit *x,
		  const char *name)
{
	return !strcmp(x->name, name) || !strcmp(g->value[x->out].name, name);
}

static bool is_output(const struct graph *g, uint32_t value)
{
	for (size_t i = 0; i < g->output_count; i++)
		if (g->output[i] == value)
			return true;
	return false;
}

/* Does what @x computes reach an output without another layer with weights? */
static bool is_last(const struct graph *g, const struct units *u, size_t index)
{
	bool *from = mem_array(g->value_count, sizeof(*from));
	bool last = is_output(g, u->unit[index].out);

	from[u->unit[index].out] = true;
	for (size_t i = index + 1; i < u->count && !last; i++) {
		const struct unit *x = &u->unit[i];

		if (x->kind == UNIT_CONV)
			continue;
		for (unsigned int k = 0; k < unit_inputs(x); k++)
			from[x->out] = from[x->out] || from[x->in[k]];
		last = from[x->out] && is_output(g, x->out);
	}
	free(from);
	return last;
}

bool choice_is_end(const struct graph *g, const struct units *u,
		   const struct unit *x)
{
	return x->in[0] == u->input || is_last(g, u, (size_t)(x - u->unit));
}

static struct weight_choice at_ends(const struct choice_options *opt)
{
	struct weight_choice c = { .bits = opt->ends_bits };

	if (opt->weights.method == WEIGHTS_MSE ||
	    opt->weights.method == WEIGHTS_COSINE)
		c.method = opt->weights.method;
	return c;
}

/* The unit that computes what @value moves on. */
static uint32_t moved_from(const struct units *u, uint32_t value)
{
	for (size_t i = u->count; i-- > 0;) {
		const struct unit *x = &u->unit[i];

		if (x->out == value &&
		    (x->kind == UNIT_MAX_POOL || x->kind == UNIT_COPY ||
		     x->kind == UNIT_MEAN_POOL))
			value = x->in[0];
	}
	return value;
}

/* The last layers read results of their width, too. */
static void widen_end(struct choices *c, const struct units *u,
		      const struct unit *x, unsigned int bits)
{
	unsigned int *of = &c->activation_bits[moved_from(u, x->in[0])];

	*of = *of > bits ? *of : bits;
}

/* Results that no layer with weights reads. */
static void widen_sums(struct choices *c, const struct graph *g,
		       const struct units *u, unsigned int bits)
{
	bool *read = mem_array(g->value_count, sizeof(*read));

	for (size_t i = 0; i < u->count; i++)
		if (u->unit[i].kind == UNIT_CONV)
			read[moved_from(u, u->unit[i].in[0])] = true;
	for (size_t i = 0; i < g->value_count; i++)
		if (!read[i])
			c->activation_bits[i] = bits;
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

		if (!choice_weights(x))
			continue;
		c->weights[x->node - g->node] = opt->weights;
		if (!opt->ends_bits || !choice_is_end(g, u, x))
			continue;
		c->weights[x->node - g->node] = at_ends(opt);
		if (x->in[0] != u->input)
			widen_end(c, u, x, opt->ends_bits);
	}
}

/* Returns whether there is such a layer, and it has what the rule is about. */
static bool apply(struct choices *c, const struct graph *g,
		  const struct units *u, const struct layer_rule *rule)
{
	bool found = false;

	for (size_t i = 0; i < u->count; i++) {
		const struct unit *x = &u->unit[i];

		if (!choice_named(g, x, rule->name))
			continue;
		if (rule->activation_bits) {
			c->activation_bits[x->out] = rule->activation_bits;
			found = true;
		}
		if (!rule->weights || !choice_weights(x))
			continue;
		c->weights[x->node - g->node] = rule->choice;
		found = true;
	}
	return found;
}

int choices_make(struct choices *c, const struct graph *g,
		 const struct units *u, const struct choice_options *opt,
		 struct report *r)
{
	int ret = 0;

	c->weights = mem_array(g->node_count, sizeof(*c->weights));
	c->activation_bits = mem_array(g->value_count,
				       sizeof(*c->activation_bits));
	by_default(c, g, u, opt);
	for (size_t i = 0; i < opt->rules; i++) {
		if (apply(c, g, u, &opt->rule[i]))
			continue;
		report_problem(r, "no layer is called '%.64s', or it has nothing to quantize that way; --report lists the layers",
			       opt->rule[i].name);
		ret = -1;
	}
	return ret;
}

void choices_free(struct choices *c)
{
	free(c->weights);
	free(c->activation_bits);
	*c = (struct choices){ 0 };
}

void choice_make(struct weight_codes *wc, const struct unit *x, const float *w,
		 const struct weight_choice *choice)
{
	const struct graph_weights *own = &x->node->weights;
	bool *negative = mem_array(own->out, sizeof(*negative));

	for (uint32_t o = 0; o < own->out; o++)
		negative[o] = x->mul[o] < 0;
	weights_make(wc, w, own->out, (size_t)own->in * own->kh * own->kw,
		     choice, negative);
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
			    &c->weights[node]);
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

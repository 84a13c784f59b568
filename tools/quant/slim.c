// SPDX-License-Identifier: MIT
#include "slim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "slim_graph.h"
#include "tools/graph/mem.h"

/* A layer whose channels may go. */
struct slim_layer {
	struct slim_path path;
	bool *keep;		/* per channel */
	bool own;		/* a rule has settled it */
};

/* A channel, by how far its normalization lets it move. */
struct channel {
	double gamma;
	size_t layer;
	uint32_t c;
};

static int by_gamma(const void *a, const void *b)
{
	const struct channel *x = a, *y = b;

	if (x->gamma != y->gamma)
		return x->gamma < y->gamma ? -1 : 1;
	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	return (x->c > y->c) - (x->c < y->c);
}

/* The channels of layer @at, or of all that no rule has settled. */
static struct channel *list_channels(const struct graph *g,
				     const struct slim_layer *layer,
				     size_t layers, size_t at, size_t *count)
{
	struct channel *list = NULL;
	size_t cap = 0;

	*count = 0;
	for (size_t i = 0; i < layers; i++) {
		const struct graph_node *norm = &g->node[layer[i].path.norm];
		uint32_t channels = g->value[norm->out].c;

		if (at == layers ? layer[i].own : i != at)
			continue;
		list = mem_grow(list, &cap, *count + channels, sizeof(*list));
		for (uint32_t c = 0; c < channels; c++)
			list[(*count)++] = (struct channel){
				norm->affine.dev[c], i, c,
			};
	}
	return list;
}

/* The smallest go; of each layer one stays. */
static void choose(const struct graph *g, struct slim_layer *layer,
		   size_t layers, size_t at, double part)
{
	size_t count, *left = mem_array(layers, sizeof(*left)), gone;
	struct channel *list = list_channels(g, layer, layers, at, &count);

	for (size_t i = 0; i < count; i++)
		left[list[i].layer]++;
	gone = (size_t)(part * (double)count);
	if (gone)
		qsort(list, count, sizeof(*list), by_gamma);
	for (size_t i = 0; i < gone; i++) {
		if (left[list[i].layer] == 1)
			continue;
		left[list[i].layer]--;
		layer[list[i].layer].keep[list[i].c] = false;
	}
	free(left);
	free(list);
}

static bool is_named(const struct graph *g, const struct slim_path *p,
		     const char *name)
{
	const struct graph_node *conv = &g->node[p->conv];
	const struct graph_node *norm = &g->node[p->norm];

	return !strcmp(conv->name, name) || !strcmp(norm->name, name) ||
	       !strcmp(g->value[conv->out].name, name) ||
	       !strcmp(g->value[norm->out].name, name);
}

/* Returns -1 with a problem unless one layer has the rule's name, and may be slimmed. */
static int apply(const struct graph *g, struct slim_layer *layer, size_t layers,
		 const struct prune_rule *rule, struct report *r)
{
	size_t found = layers, count = 0;

	for (size_t i = 0; i < layers; i++)
		if (is_named(g, &layer[i].path, rule->name)) {
			found = i;
			count++;
		}
	if (count != 1) {
		report_problem(r, "--prune-channels: %zu layers with batch normalization behind them are called '%.64s'",
			       count, rule->name);
		return -1;
	}
	if (layer[found].path.why) {
		report_problem(r, "--prune-channels: the channels of layer '%.64s' have to stay: %s '%.64s'",
			       rule->name, layer[found].path.why,
			       layer[found].path.who);
		return -1;
	}
	choose(g, layer, layers, found, rule->part);
	layer[found].own = true;
	return 0;
}

/* Layers with batch normalization; those that are not possible are settled. */
static struct slim_layer *find_layers(const struct graph *g, size_t *count)
{
	struct slim_layer *layer = NULL;
	size_t cap = 0;

	*count = 0;
	for (uint32_t i = 0; i < g->node_count; i++) {
		struct slim_layer *l;
		struct slim_path p;

		if (!slim_path_find(&p, g, i))
			continue;
		layer = mem_grow(layer, &cap, *count + 1, sizeof(*layer));
		l = &layer[(*count)++];
		*l = (struct slim_layer){ .path = p, .own = p.why };
		l->keep = mem_array(g->value[g->node[i].out].c, sizeof(bool));
		memset(l->keep, true, g->value[g->node[i].out].c);
	}
	return layer;
}

/* One note, so that it costs little in the file. */
static void note_others(const struct graph *g, const struct slim_layer *layer,
			size_t layers, struct report *r)
{
	const struct slim_layer *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < layers; i++)
		if (layer[i].path.why) {
			first = first ? first : &layer[i];
			count++;
		}
	if (first)
		report_note(r, "channels of %zu layers have to stay; of '%.64s', because %s '%.64s'",
			    count, g->node[first->path.conv].name,
			    first->path.why, first->path.who);
}

int slim(struct graph *g, const struct slim_options *opt, struct report *r)
{
	struct slim_layer *layer;
	size_t layers, possible = 0;
	int ret = 0;

	if (!(opt->part > 0) && !opt->rules)
		return 0;
	layer = find_layers(g, &layers);
	for (size_t i = 0; i < opt->rules; i++)
		if (apply(g, layer, layers, &opt->rule[i], r))
			ret = -1;
	for (size_t i = 0; i < layers; i++)
		possible += !layer[i].path.why;
	if (!ret && opt->part > 0 && !possible) {
		report_problem(r, "--prune-channels: no layer has channels that may go%s%s%s%.64s",
			       layers ? "; of '" : ", for none has batch normalization behind it",
			       layers ? g->node[layer[0].path.conv].name : "",
			       layers ? "', because " : "",
			       layers ? layer[0].path.why : "");
		ret = -1;
	}
	if (!ret && opt->part > 0) {
		choose(g, layer, layers, layers, opt->part);
		note_others(g, layer, layers, r);
	}
	for (size_t i = 0; i < layers; i++) {
		if (!ret && !layer[i].path.why)
			slim_path_cut(&layer[i].path, g, layer[i].keep);
		slim_path_free(&layer[i].path);
		free(layer[i].keep);
	}
	free(layer);
	return ret;
}

// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "tools/common/json_out.h"
#include "tools/common/table.h"

static double percent(uint32_t part, uint32_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* Where most is lost although nothing is wrong. */
static void print_weakest(const struct comparison *c)
{
	uint32_t weakest = GRAPH_NONE;

	for (uint32_t i = 0; i < c->k->layers; i++)
		if (c->layer[i].has_own &&
		    (weakest == GRAPH_NONE || stats_sqnr(&c->layer[i].own) <
		     stats_sqnr(&c->layer[weakest].own)))
			weakest = i;
	printf("verdict    no layer goes wrong: each one is as good as its widths allow");
	if (weakest != GRAPH_NONE && c->layer[weakest].own.noise > 0)
		printf("; layer %u, %s, loses most: %.1f dB of its own",
		       weakest, c->k->layer[weakest].name,
		       stats_sqnr(&c->layer[weakest].own));
	putchar('\n');
}

static void print_summary(const struct comparison *c)
{
	const struct known_layer *l;

	printf("images     %u\n", c->images);
	printf("agreement  %.2f %% (the same class for %u of %u)\n",
	       percent(c->agree, c->images), c->agree, c->images);
	if (c->labelled)
		printf("accuracy   %.2f %% on the device, %.2f %% of the source network\n",
		       percent(c->device_right, c->labelled),
		       percent(c->source_right, c->labelled));
	if (c->first_wrong == GRAPH_NONE) {
		print_weakest(c);
		return;
	}
	l = &c->k->layer[c->first_wrong];
	printf("verdict    layer %u, %s (%s), is the first that goes wrong: %.1f dB of its own, where its widths give %.1f dB\n",
	       c->first_wrong, l->name, l->op,
	       stats_sqnr(&c->layer[c->first_wrong].own),
	       c->layer[c->first_wrong].expected);
}

static void db_cell(struct table *t, double db)
{
	if (isinf(db))
		table_cell(t, "%s", db > 0 ? "exact" : "none");
	else
		table_cell(t, "%.1f", db);
}

static void layer_row(struct table *t, const struct comparison *c, uint32_t i)
{
	const struct known_layer *k = &c->k->layer[i];
	const struct layer_result *l = &c->layer[i];

	table_cell(t, "%u", i);
	table_cell(t, "%s", k->name);
	table_cell(t, "%s", k->op);
	table_cell(t, "%s", qnn_elem_name(c->d->out[i].type));
	if (k->value == GRAPH_NONE) {
		for (int n = 0; n < 6; n++)
			table_cell(t, "%s", "");
		table_cell(t, "not compared: %s", k->why);
		return;
	}
	table_cell(t, "%.4g", l->whole.max);
	table_cell(t, "%.4g", stats_mean(&l->whole));
	table_cell(t, "%.5f", stats_cosine(&l->whole));
	db_cell(t, stats_sqnr(&l->whole));
	if (l->has_own)
		db_cell(t, stats_sqnr(&l->own));
	else
		table_cell(t, "%s", "");
	table_cell(t, "%.1f", l->expected);
	table_cell(t, "%s", i == c->first_wrong ? "first wrong" :
			    l->wrong ? "wrong" : "");
}

enum run_exit compare_text(const struct comparison *c)
{
	struct table *t = table_create("layer:r|name:l|operator:l|type:l|max diff:r|mean diff:r|cosine:r|SQNR:r|own:r|expected:r|note:l");
	int ret;

	if (!t)
		return run_error(RUN_SYSTEM, "no memory");
	print_summary(c);
	putchar('\n');
	for (uint32_t i = 0; i < c->k->layers; i++)
		layer_row(t, c, i);
	ret = table_print(t, stdout);
	table_free(t);
	if (ret)
		return run_error(RUN_SYSTEM, "no memory");
	if (fflush(stdout) || ferror(stdout))
		return run_error(RUN_SYSTEM, "cannot write to stdout");
	return RUN_OK;
}

/* JSON has no infinity: null is "no difference". */
static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_layer(const struct comparison *c, uint32_t i)
{
	const struct known_layer *k = &c->k->layer[i];
	const struct layer_result *l = &c->layer[i];
	json_t *o = json_object();

	json_object_set_new(o, "index", json_integer(i));
	json_object_set_new(o, "name", json_text(k->name));
	json_object_set_new(o, "op", json_text(k->op));
	json_object_set_new(o, "type", json_string(
			    qnn_elem_name(c->d->out[i].type)));
	if (k->value == GRAPH_NONE) {
		json_object_set_new(o, "not_compared", json_string(k->why));
		return o;
	}
	json_object_set_new(o, "value", json_text(c->g->value[k->value].name));
	json_object_set_new(o, "max", real(l->whole.max));
	json_object_set_new(o, "mean", real(stats_mean(&l->whole)));
	json_object_set_new(o, "cosine", real(stats_cosine(&l->whole)));
	json_object_set_new(o, "sqnr_db", real(stats_sqnr(&l->whole)));
	json_object_set_new(o, "own_max", l->has_own ? real(l->own.max) :
						       json_null());
	json_object_set_new(o, "own_sqnr_db", l->has_own ?
			    real(stats_sqnr(&l->own)) : json_null());
	json_object_set_new(o, "expected_sqnr_db", real(l->expected));
	json_object_set_new(o, "wrong", json_boolean(l->wrong));
	return o;
}

enum run_exit compare_json(const struct comparison *c,
			   const struct run_options *opt)
{
	json_t *root = json_object(), *layers = json_array();
	int ret;

	json_object_set_new(root, "model", json_text(opt->model));
	json_object_set_new(root, "source", json_text(opt->compare));
	json_object_set_new(root, "images", json_integer(c->images));
	json_object_set_new(root, "agreement",
			    json_real(percent(c->agree, c->images)));
	json_object_set_new(root, "source_accuracy", c->labelled ?
			    json_real(percent(c->source_right, c->labelled)) :
			    json_null());
	json_object_set_new(root, "device_accuracy", c->labelled ?
			    json_real(percent(c->device_right, c->labelled)) :
			    json_null());
	json_object_set_new(root, "first_wrong", c->first_wrong == GRAPH_NONE ?
			    json_null() : json_integer(c->first_wrong));
	for (uint32_t i = 0; i < c->k->layers; i++)
		json_array_append_new(layers, json_layer(c, i));
	json_object_set_new(root, "layers", layers);
	ret = json_out(root, opt->json);
	json_decref(root);
	if (!ret)
		return RUN_OK;
	return run_error(RUN_SYSTEM, "cannot write JSON to %s: %s", opt->json,
			 strerror(-ret));
}

// SPDX-License-Identifier: MIT
#include "known.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qnn_file.h"
#include "tools/common/text.h"
#include "tools/graph/mem.h"

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static const json_t *layer_of(const struct known *k, uint32_t i)
{
	return json_array_get(json_object_get(k->origin, "layers"), i);
}

static void read_cuts(struct known *k)
{
	const json_t *list = json_object_get(json_object_get(k->origin,
							     "asked_for"),
					     "cut");

	k->cut = mem_array(json_array_size(list), sizeof(*k->cut));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name)
			k->cut[k->cuts++] = name;
	}
}

int known_read(struct known *k, const struct dump *d, struct report *r)
{
	const void *data;
	size_t size;

	*k = (struct known){ .layers = d->layers };
	k->layer = mem_array(k->layers, sizeof(*k->layer));
	if (!qnn_model_section(d->plain, QNN_SECTION_ORIGIN, &data, &size))
		k->origin = json_loadb(data, size, 0, NULL);
	if (!layer_of(k, 0)) {
		report_problem(r, "the file does not say where its layers come from; only files of qnn-pack can be compared");
		return -1;
	}
	k->sha256 = text(json_object_get(k->origin, "source"), "sha256");
	read_cuts(k);
	for (uint32_t i = 0; i < k->layers; i++) {
		struct qnn_layer l;

		k->layer[i].value = GRAPH_NONE;
		if (qnn_model_layer(d->plain, i, &l, sizeof(l)))
			continue;
		k->layer[i].name = mem_string(l.name);
		k->layer[i].op = mem_string(l.op);
	}
	return 0;
}

static bool same_name(const struct graph *g, size_t value, const char *name)
{
	char *clean = mem_string(g->value[value].name);
	bool same;

	text_clean(clean);
	same = !strcmp(clean, name);
	free(clean);
	return same;
}

/* The number that the file has, or else the only value of that name. */
static uint32_t find_value(const struct graph *g, const json_t *value)
{
	const char *name = text(value, "value");
	json_int_t number = json_integer_value(json_object_get(value, "number"));
	uint32_t found = GRAPH_NONE;

	if (!*name)
		return GRAPH_NONE;
	if (number >= 0 && (size_t)number < g->value_count &&
	    same_name(g, (size_t)number, name))
		return (uint32_t)number;
	for (uint32_t i = 0; i < g->value_count; i++) {
		if (!same_name(g, i, name))
			continue;
		if (found != GRAPH_NONE)
			return GRAPH_NONE;
		found = i;
	}
	return found;
}

/* One number for all channels, or one for each. */
static double *numbers(const json_t *n, uint32_t channels, double otherwise)
{
	double *list = mem_array(channels, sizeof(*list));

	for (uint32_t c = 0; c < channels; c++) {
		const json_t *one = json_is_array(n) ? json_array_get(n, c) : n;

		list[c] = n ? json_number_value(one) : otherwise;
	}
	return list;
}

static bool own(const char *from)
{
	static const char *const own_sources[] = {
		"quant", "none", "same", "sum", "raw", "input", "",
	};

	for (size_t i = 0; i < sizeof(own_sources) / sizeof(own_sources[0]); i++)
		if (!strcmp(from, own_sources[i]))
			return true;
	return false;
}

static void match_layer(struct known_layer *l, const json_t *origin,
			const struct qnn_tensor_desc *t, const struct graph *g)
{
	const json_t *out = json_object_get(origin, "output");
	const json_t *scale = json_object_get(out, "scale");
	uint32_t value = find_value(g, out);
	const struct graph_value *v;

	l->scale = numbers(scale, t->channels, NAN);
	l->offset = numbers(json_object_get(out, "offset"), t->channels, 0);
	l->zero_point = json_number_value(json_object_get(out, "zero_point"));
	l->weights_own = own(text(origin, "weights_from"));
	l->output_own = own(text(out, "range_from"));
	if (value == GRAPH_NONE) {
		l->why = "the source has no value like it";
		return;
	}
	v = &g->value[value];
	if (!scale)
		l->why = "the file does not say what its numbers stand for";
	else if (v->h != t->height || v->w != t->width || v->c != t->channels)
		l->why = "it is only a part of a value of the source";
	else
		l->value = value;
}

/* A value that several layers write is known where the last one did. */
static void drop_earlier(struct known *k)
{
	for (uint32_t i = 0; i < k->layers; i++)
		for (uint32_t j = i + 1; j < k->layers; j++) {
			struct known_layer *l = &k->layer[i];

			if (l->value == GRAPH_NONE ||
			    l->value != k->layer[j].value)
				continue;
			l->value = GRAPH_NONE;
			l->why = "a later layer completes it";
		}
}

int known_match(struct known *k, const struct dump *d, const struct graph *g,
		struct report *r)
{
	k->input = find_value(g, json_object_get(k->origin, "input"));
	if (k->input == GRAPH_NONE) {
		report_problem(r, "the network has no value like the model's input");
		return -1;
	}
	for (uint32_t i = 0; i < k->layers; i++)
		match_layer(&k->layer[i], layer_of(k, i), &d->out[i], g);
	drop_earlier(k);
	return 0;
}

void known_free(struct known *k)
{
	for (uint32_t i = 0; i < k->layers; i++) {
		free(k->layer[i].name);
		free(k->layer[i].op);
		free(k->layer[i].scale);
		free(k->layer[i].offset);
	}
	free(k->layer);
	free(k->cut);
	json_decref(k->origin);
	*k = (struct known){ 0 };
}

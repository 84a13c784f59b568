// SPDX-License-Identifier: MIT
/* The part of a model file that tells where every number comes from. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "origin.h"
#include "qnn.h"
#include "qnn_device.h"
#include "tools/common/json_out.h"
#include "tools/graph/mem.h"

/* One number, where that of all channels is the same. */
static json_t *per_channel(const struct packed *p, uint32_t value,
			   double (*of)(const struct lowered *l, uint32_t value,
					uint32_t channel))
{
	const struct lowered *l = &p->lowered;
	uint32_t channels = p->g->value[value].c, c = 1;
	double first = of(l, value, 0);
	json_t *a;

	while (c < channels && of(l, value, c) == first)
		c++;
	if (c == channels)
		return json_real(first);
	a = json_array();
	for (c = 0; c < channels; c++)
		json_array_append_new(a, json_real(of(l, value, c)));
	return a;
}

static double sum_slope(const struct lowered *l, uint32_t value,
			uint32_t channel)
{
	return l->raw[value].slope[channel];
}

static double sum_offset(const struct lowered *l, uint32_t value,
			 uint32_t channel)
{
	return l->raw[value].offset[channel];
}

/* Sums: what one of them stands for, and what none does. */
static void add_raw(const struct packed *p, uint32_t value, json_t *o)
{
	json_t *offset;

	if (p->lowered.raw[value].slope)
		json_object_set_new(o, "scale",
				    per_channel(p, value, sum_slope));
	if (!p->lowered.raw[value].offset)
		return;
	offset = per_channel(p, value, sum_offset);
	/* Mostly, no sum stands for nothing. */
	if (json_is_real(offset) && json_real_value(offset) == 0)
		json_decref(offset);
	else
		json_object_set_new(o, "offset", offset);
}

/* Of what the source has, which is not what is quantized. */
static json_t *channel_scales(const struct value_format *f,
			      const struct graph_value *v)
{
	json_t *list = json_array();

	for (uint32_t c = 0; c < v->c; c++)
		json_array_append_new(list, json_real(f->q.scale *
						      v->units[c]));
	return list;
}

json_t *origin_value(const struct packed *p, uint32_t value)
{
	const struct value_format *f = &p->fmt[value];
	const struct graph_value *v = &p->g->value[value];
	json_t *o = json_object();

	json_object_set_new(o, "value", json_text(v->name));
	json_object_set_new(o, "number", json_integer(value));
	json_object_set_new(o, "type", json_string(qnn_elem_name(f->elem)));
	json_object_set_new(o, "range_from",
			    json_string(format_source_name(f->source)));
	if (f->source == FORMAT_RAW) {
		add_raw(p, value, o);
		return o;
	}
	json_object_set_new(o, "scale", v->units ? channel_scales(f, v) :
				       json_real(f->q.scale));
	json_object_set_new(o, "zero_point",
			    json_integer((json_int_t)f->q.zero_point));
	return o;
}

static json_t *layer(const struct packed *p, size_t i)
{
	const struct unit *x = &p->units.unit[i];
	const struct lower_note *n = &p->lowered.note[i];
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(x->name));
	json_object_set_new(o, "op", json_text(x->op));
	json_object_set_new(o, "stage", json_string(n->stage));
	if (n->weight_type) {
		json_object_set_new(o, "weights",
				    json_string(qnn_elem_name(n->weight_type)));
		json_object_set_new(o, "weights_from", json_string(n->weights));
	}
	json_object_set_new(o, "output", origin_value(p, x->out));
	return o;
}

static json_t *source(const struct pack_options *opt)
{
	json_t *o = json_object();

	json_object_set_new(o, "file", json_text(opt->source_file));
	json_object_set_new(o, "sha256", json_string(opt->source_sha256));
	return o;
}

/* Where files lie is nobody's business: "images,labels" without folders. */
static json_t *calibration(const struct pack_options *opt)
{
	char *text = mem_string(opt->calib_file);
	size_t length = 0, start = 0;
	json_t *o;

	for (const char *c = opt->calib_file; *c; c++) {
		if (*c == '/') {
			length = start;
			continue;
		}
		text[length++] = *c;
		if (*c == ',')
			start = length;
	}
	text[length] = '\0';
	o = json_text(text);
	free(text);
	return o;
}

static void add_book_channels(json_t *o, const struct weight_choice *c)
{
	if (c->book_channels)
		json_object_set_new(o, "book_channels",
				    json_integer(c->book_channels));
}

static void add_layer(json_t *list, const struct layer_rule *rule)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_text(rule->name));
	if (rule->weights) {
		json_object_set_new(o, "weight_bits",
				    json_integer(rule->choice.bits));
		json_object_set_new(o, "weights_by", json_string(
			weights_method_name(rule->choice.method)));
		add_book_channels(o, &rule->choice);
	}
	if (rule->activation_bits)
		json_object_set_new(o, "activation_bits",
				    json_integer(rule->activation_bits));
	json_array_append_new(list, o);
}

static json_t *parts(const struct prune_rule *rule, size_t rules)
{
	json_t *o = json_object();

	for (size_t i = 0; i < rules; i++)
		json_object_set_new(o, rule[i].name, json_real(rule[i].part));
	return o;
}

static void add_pruning(json_t *o, const struct pack_options *opt)
{
	const struct prune_options *p = &opt->choice.prune;

	if (p->each > 0)
		json_object_set_new(o, "prune_each", json_real(p->each));
	if (p->all > 0)
		json_object_set_new(o, "prune_all", json_real(p->all));
	if (p->rules)
		json_object_set_new(o, "prune", parts(p->rule, p->rules));
	if (opt->slim.part > 0)
		json_object_set_new(o, "prune_channels",
				    json_real(opt->slim.part));
	if (opt->slim.rules)
		json_object_set_new(o, "prune_channels_of",
				    parts(opt->slim.rule, opt->slim.rules));
}

/* How, where it is not what the widths alone make of it. */
static void add_methods(json_t *o, const struct pack_options *opt)
{
	const struct choice_options *c = &opt->choice;
	json_t *layers;

	if (c->weights.method)
		json_object_set_new(o, "weights_by", json_string(
				    weights_method_name(c->weights.method)));
	add_book_channels(o, &c->weights);
	if (c->weights.stochastic)
		json_object_set_new(o, "stochastic", json_integer(
				    (json_int_t)c->weights.seed));
	if (opt->format.method)
		json_object_set_new(o, "activations_by", json_string(
				    format_method_name(opt->format.method)));
	if (opt->format.method == FORMAT_BY_PERCENTILE)
		json_object_set_new(o, "percentile",
				    json_real(opt->format.percentile));
	if (c->ends_bits)
		json_object_set_new(o, "first_last", json_integer(c->ends_bits));
	if (c->sums_bits)
		json_object_set_new(o, "sums", json_integer(c->sums_bits));
	if (opt->teacher.kind)
		json_object_set_new(o, "teacher_student", json_string(
			opt->teacher.kind == TEACHER_BIAS ? "bias" : "all"));
	add_pruning(o, opt);
	if (!c->rules)
		return;
	layers = json_array();
	for (size_t i = 0; i < c->rules; i++)
		add_layer(layers, &c->rule[i]);
	json_object_set_new(o, "layers", layers);
}

/* Widths count only where the network has no quantizer of its own. */
static json_t *asked_for(const struct pack_options *opt)
{
	json_t *o = json_object(), *cut;

	json_object_set_new(o, "weight_bits",
			    json_integer(opt->choice.weights.bits));
	json_object_set_new(o, "activation_bits",
			    json_integer(opt->choice.activation_bits));
	if (opt->lower.rounding_given)
		json_object_set_new(o, "rounding", json_string(
				    pack_rounding_name(opt->lower.rounding)));
	add_methods(o, opt);
	if (!opt->cuts)
		return o;
	cut = json_array();
	for (size_t i = 0; i < opt->cuts; i++)
		json_array_append_new(cut, json_text(opt->cut[i]));
	json_object_set_new(o, "cut", cut);
	return o;
}

json_t *origin_lines(const struct report_lines *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->kept; i++)
		json_array_append_new(a, json_text(l->line[i]));
	return a;
}

json_t *origin_head(const struct packed *p, const struct pack_options *opt)
{
	json_t *o = json_object();
	char version[32];

	snprintf(version, sizeof(version), "%d.%d.%d", QNN_VERSION_MAJOR,
		 QNN_VERSION_MINOR, QNN_VERSION_PATCH);
	json_object_set_new(o, "tool", json_string("qnn-pack"));
	json_object_set_new(o, "version", json_string(version));
	json_object_set_new(o, "name",
			    json_text(opt->name ? opt->name : p->g->name));
	if (opt->source_file)
		json_object_set_new(o, "source", source(opt));
	json_object_set_new(o, "asked_for", asked_for(opt));
	if (opt->calib_file) {
		json_object_set_new(o, "calibration", calibration(opt));
		json_object_set_new(o, "calibration_images",
				    json_integer(opt->calib_images));
	}
	json_object_set_new(o, "input", origin_value(p, p->units.input));
	return o;
}

char *pack_origin(const struct packed *p, const struct pack_options *opt,
		  const struct report *r)
{
	json_t *o = origin_head(p, opt), *layers = json_array();
	char *text, *copy;

	for (size_t i = 0; i < p->units.count; i++)
		json_array_append_new(layers, layer(p, i));
	json_object_set_new(o, "layers", layers);
	json_object_set_new(o, "notes", origin_lines(&r->notes));
	text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	/* From jansson's allocator to ours. */
	copy = mem_string(text ? text : "{}");
	free(text);
	return copy;
}

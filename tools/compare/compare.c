// SPDX-License-Identifier: MIT
#include "compare.h"

#include <math.h>
#include <stdlib.h>

#include "tools/common/progress.h"
#include "tools/graph/cone.h"
#include "tools/graph/mem.h"

/* What is needed while images are run. */
struct runner {
	struct comparison *c;
	struct float_net *source;	/* of the file's network */
	struct float_net *whole;	/* of the simplified one */
	struct float_net *part;		/* each layer alone */
	uint32_t **cone;	/* per layer: nodes that compute it */
	size_t *cone_size;
	float **device;		/* per layer: channels, height, width */
	double *codes;		/* of the largest layer */
	float *image;		/* as the device has it; channels outermost */
	float *output;		/* first one of the device */
};

static void *array_for(const struct qnn_tensor_desc *t, size_t size)
{
	return mem_array((size_t)t->height * t->width * t->channels, size);
}

/* Which nodes a layer stands for, given the others' results. */
static void find_cones(struct runner *r)
{
	const struct comparison *c = r->c;
	uint32_t *maker = graph_makers(c->g);
	uint32_t *node = mem_array(c->g->node_count, sizeof(*node));
	bool *known = mem_array(c->g->value_count, sizeof(*known));

	known[c->k->input] = known[c->g->input] = true;
	for (uint32_t i = 0; i < c->k->layers; i++)
		if (c->k->layer[i].value != GRAPH_NONE)
			known[c->k->layer[i].value] = true;
	for (uint32_t i = 0; i < c->k->layers; i++) {
		uint32_t value = c->k->layer[i].value;

		if (value == GRAPH_NONE)
			continue;
		r->cone_size[i] = graph_cone(c->g, maker, known, value, node);
		r->cone[i] = mem_copy(node, r->cone_size[i], sizeof(*node));
		c->layer[i].has_own = r->cone_size[i];
	}
	free(maker);
	free(node);
	free(known);
}

static void open_runner(struct runner *r, struct comparison *c)
{
	size_t most = 0;

	*r = (struct runner){ .c = c };
	c->layer = mem_array(c->k->layers, sizeof(*c->layer));
	r->source = float_open(c->source);
	r->whole = float_open(c->g);
	r->part = float_open(c->g);
	r->cone = mem_array(c->k->layers, sizeof(*r->cone));
	r->cone_size = mem_array(c->k->layers, sizeof(*r->cone_size));
	r->device = mem_array(c->k->layers, sizeof(*r->device));
	for (uint32_t i = 0; i < c->k->layers; i++) {
		const struct qnn_tensor_desc *t = &c->d->out[i];
		size_t count = (size_t)t->height * t->width * t->channels;

		r->device[i] = array_for(t, sizeof(float));
		most = count > most ? count : most;
	}
	r->codes = mem_array(most, sizeof(*r->codes));
	r->image = mem_array(graph_elements(&c->g->value[c->g->input]),
			     sizeof(*r->image));
	r->output = mem_array(qnn_model_output(c->d->plain, 0)->elements,
			      sizeof(*r->output));
	find_cones(r);
}

static void close_runner(struct runner *r)
{
	for (uint32_t i = 0; i < r->c->k->layers; i++) {
		free(r->cone[i]);
		free(r->device[i]);
	}
	free(r->cone);
	free(r->cone_size);
	free(r->device);
	free(r->codes);
	free(r->image);
	free(r->output);
	float_close(r->source);
	float_close(r->whole);
	float_close(r->part);
}

static void least_and_most(enum qnn_type type, double *least, double *most)
{
	uint32_t bits = qnn_elem_bits(type);
	bool is_signed = type == QNN_TYPE_S8 || type == QNN_TYPE_S4 ||
			 type == QNN_TYPE_S2;

	*least = is_signed ? -ldexp(1, (int)bits - 1) : 0;
	*most = *least + ldexp(1, (int)bits) - 1;
}

/* What the device makes of an image, channels outermost. */
static void quantize_image(struct runner *r, const float *image)
{
	const struct qnn_tensor *t = qnn_model_input(r->c->d->plain, 0);
	size_t plane = (size_t)t->height * t->width;
	double least, most;

	least_and_most(t->type, &least, &most);
	for (size_t p = 0; p < plane; p++)
		for (uint32_t ch = 0; ch < t->channels; ch++) {
			float scale = t->scale[t->scale_count > 1 ? ch : 0];
			double code = (double)rintf(image[p * t->channels + ch] /
						    scale) + t->zero_point;

			code = fmin(fmax(code, least), most);
			r->image[ch * plane + p] =
				(float)((code - t->zero_point) * scale);
		}
	float_set(r->part, r->c->g->input, r->image);
	float_set(r->part, r->c->k->input, r->image);
}

/* The device's results, in real numbers, also as what later layers read. */
static void take_layers(struct runner *r)
{
	const struct comparison *c = r->c;

	for (uint32_t i = 0; i < c->k->layers; i++) {
		const struct known_layer *l = &c->k->layer[i];
		const struct qnn_tensor_desc *t = &c->d->out[i];
		size_t plane = (size_t)t->height * t->width;

		if (l->value == GRAPH_NONE)
			continue;
		dump_codes(c->d, i, r->codes);
		for (size_t k = 0; k < plane * t->channels; k++)
			r->device[i][k] = (float)
				((r->codes[k] - l->zero_point) *
				 l->scale[k / plane] + l->offset[k / plane]);
		float_set(r->part, l->value, r->device[i]);
	}
}

static void compare_layers(struct runner *r)
{
	const struct comparison *c = r->c;

	for (uint32_t i = 0; i < c->k->layers; i++) {
		uint32_t value = c->k->layer[i].value;
		size_t count;

		if (value == GRAPH_NONE)
			continue;
		count = graph_elements(&c->g->value[value]);
		stats_add(&c->layer[i].whole, float_value(r->whole, value),
			  r->device[i], count);
		if (!r->cone_size[i])
			continue;
		for (size_t k = 0; k < r->cone_size[i]; k++)
			float_step(r->part, r->cone[i][k]);
		stats_add(&c->layer[i].own, float_value(r->part, value),
			  r->device[i], count);
		float_set(r->part, value, r->device[i]);
	}
}

/* Index of the device's largest output, counted as float_class() does. */
static uint32_t device_class(const struct runner *r)
{
	const struct qnn_tensor *t = qnn_model_output(r->c->d->plain, 0);
	size_t plane = (size_t)t->height * t->width, best = 0;
	float most = -INFINITY;

	for (uint32_t ch = 0; ch < t->channels; ch++)
		for (size_t p = 0; p < plane; p++) {
			float v = r->output[p * t->channels + ch];

			if (v <= most)
				continue;
			most = v;
			best = ch * plane + p;
		}
	return (uint32_t)best;
}

static int compare_image(struct runner *r, const float *image, size_t count,
			 int32_t label)
{
	struct comparison *c = r->c;
	const struct qnn_tensor *out = qnn_model_output(c->d->plain, 0);
	uint32_t source, device;
	int ret = dump_run(c->d, image, count);

	if (!ret)
		ret = qnn_job_get_output_float(c->d->job, out->name, r->output,
					       out->elements);
	if (ret)
		return ret;
	float_run(r->source, image);
	float_run(r->whole, image);
	quantize_image(r, image);
	take_layers(r);
	compare_layers(r);
	source = float_class(r->source);
	device = device_class(r);
	c->images++;
	c->agree += source == device;
	if (label < 0)
		return 0;
	c->labelled++;
	c->source_right += source == (uint32_t)label;
	c->device_right += device == (uint32_t)label;
	return 0;
}

static double noise(double db)
{
	return pow(10, -db / 10);
}

/* What the widths of a layer make of its result, at best. */
static double expected(const struct comparison *c, uint32_t i)
{
	const struct known_layer *l = &c->k->layer[i];
	uint32_t weights = c->d->weight_type[i];
	uint32_t bits = qnn_elem_bits(c->d->out[i].type);
	double sum = noise(COMPARE_FINEST);

	if (weights && !l->weights_own)
		sum += noise(stats_width_sqnr(qnn_elem_bits(weights)));
	if (bits <= 8 && !l->output_own)
		sum += noise(stats_width_sqnr(bits));
	return -10 * log10(sum);
}

static void judge(struct comparison *c)
{
	c->first_wrong = GRAPH_NONE;
	for (uint32_t i = 0; i < c->k->layers; i++) {
		struct layer_result *l = &c->layer[i];
		double least;

		l->expected = expected(c, i);
		least = fmax(l->expected - COMPARE_MARGIN, 0);
		l->wrong = l->has_own && !(stats_sqnr(&l->own) >= least);
		if (l->wrong && c->first_wrong == GRAPH_NONE)
			c->first_wrong = i;
	}
}

enum run_exit compare_run(struct comparison *c, struct source *src)
{
	size_t count = graph_elements(&c->g->value[c->g->input]);
	enum run_exit status = RUN_OK;
	struct progress bar;
	struct runner r;

	open_runner(&r, c);
	progress_start(&bar, "compare", src->images);
	for (uint32_t i = 0; i < src->images && !status; i++) {
		if (compare_image(&r, src->data.images + i * count, count,
				  source_label(src, i)))
			status = run_error(RUN_DEVICE, "image %u: %s", i,
					   qnn_error());
		progress_update(&bar, i + 1);
	}
	progress_end(&bar);
	close_runner(&r);
	judge(c);
	return status;
}

void compare_free(struct comparison *c)
{
	free(c->layer);
}

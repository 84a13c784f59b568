// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static enum run_exit prepare_generated(struct source *src,
				       const struct run_options *opt)
{
	size_t most = 0;
	unsigned int i;

	for (i = 0; i < qnn_model_input_count(src->model); i++)
		if (qnn_model_input(src->model, i)->bytes > most)
			most = qnn_model_input(src->model, i)->bytes;
	src->images = opt->images ? opt->images : SOURCE_GENERATED;
	src->bytes = malloc(most ? most : 1);
	return src->bytes ? RUN_OK :
		run_error(RUN_SYSTEM, "no memory for an input of %zu bytes", most);
}

static enum run_exit check_labels(const struct source *src,
				  const struct run_options *opt)
{
	const struct qnn_tensor *out = qnn_model_output(src->model, 0);
	uint32_t i;

	for (i = 0; i < src->images; i++)
		if (source_label(src, i) >= 0 &&
		    (size_t)source_label(src, i) >= out->elements)
			return run_error(RUN_DATA,
					 "%s: image %u has label %d, but output \"%s\" has only %zu values",
					 opt->data, i, source_label(src, i),
					 out->name, out->elements);
	return RUN_OK;
}

enum run_exit source_open(struct source *src, const struct run_options *opt,
			  const struct qnn_model *model)
{
	const struct qnn_tensor *in = qnn_model_input(model, 0);
	enum run_exit status;

	*src = (struct source) { .model = model };
	if (!opt->data)
		return prepare_generated(src, opt);
	if (qnn_model_input_count(model) != 1)
		return run_error(RUN_DATA,
				 "%s: the model has %u inputs: --data feeds models with one",
				 opt->model, qnn_model_input_count(model));
	if (dataset_load(opt->data, in->height, in->width, in->channels,
			 opt->data_scale, &src->data))
		return run_error(RUN_DATA, "%s", dataset_error());
	src->images = src->data.count;
	if (opt->images && opt->images < src->images)
		src->images = opt->images;
	status = check_labels(src, opt);
	if (status)
		source_close(src);
	return status;
}

void source_close(struct source *src)
{
	dataset_free(&src->data);
	free(src->bytes);
	src->bytes = NULL;
}

static int set_generated(struct source *src, struct qnn_job *job,
			 uint32_t image)
{
	const struct qnn_tensor *in;
	uint64_t state = image, word;
	unsigned int i;
	size_t pos, n;
	int ret = 0;

	for (i = 0; !ret && i < qnn_model_input_count(src->model); i++) {
		in = qnn_model_input(src->model, i);
		for (pos = 0; pos < in->bytes; pos += n) {
			word = splitmix64(&state);
			n = in->bytes - pos < 8 ? in->bytes - pos : 8;
			memcpy(src->bytes + pos, &word, n);
		}
		ret = qnn_job_set_input(job, in->name, src->bytes, in->bytes);
	}
	return ret;
}

int source_set(struct source *src, struct qnn_job *job, uint32_t image)
{
	size_t elements = (size_t)src->data.height * src->data.width *
			  src->data.channels;

	if (!src->data.count)
		return set_generated(src, job, image);
	return qnn_job_set_input_float(job, NULL,
				       src->data.images + image * elements,
				       elements);
}

int32_t source_label(const struct source *src, uint32_t image)
{
	return src->data.labels ? src->data.labels[image] : -1;
}

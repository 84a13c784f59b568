// SPDX-License-Identifier: MIT
#include "contender.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layer.h"
#include "qnn.h"

struct contender {
	char *name;
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
};

/* "dir/digits-w8a8.qnn" and "in-process" make "digits-w8a8@in-process". */
static char *make_name(const char *path, const char *device)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	int len = (int)(dot ? (size_t)(dot - base) : strlen(base));
	char *name;

	return asprintf(&name, "%.*s@%s", len, base, device) < 0 ? NULL : name;
}

/* The values do not matter for the time; they are the same in each run. */
static int fill_inputs(struct contender *c)
{
	uint32_t state = 1;

	for (unsigned int i = 0; i < qnn_model_input_count(c->model); i++) {
		const struct qnn_tensor *t = qnn_model_input(c->model, i);
		uint8_t *data = malloc(t->bytes);
		int ret;

		if (!data)
			return -ENOMEM;
		for (size_t k = 0; k < t->bytes; k++) {
			state = state * 1664525u + 1013904223u;
			data[k] = (uint8_t)(state >> 24);
		}
		ret = qnn_job_set_input(c->job, t->name, data, t->bytes);
		free(data);
		if (ret)
			return ret;
	}
	return 0;
}

static int open_parts(struct contender *c, const char *path, const char *device)
{
	int ret;

	c->name = make_name(path, device);
	if (!c->name)
		return -ENOMEM;
	ret = qnn_device_open(device, &c->dev);
	if (!ret)
		ret = qnn_model_load(c->dev, path, &c->model);
	if (!ret)
		ret = qnn_job_create(c->model, &c->job);
	return ret ? ret : fill_inputs(c);
}

#define LAYER	"layer:"

/* The text of a layer in @spec, or NULL: it is a file. */
static const char *layer_text(const char *spec)
{
	return strncmp(spec, LAYER, strlen(LAYER)) ? NULL : spec + strlen(LAYER);
}

int contender_open(const char *spec, struct contender **out)
{
	const char *text = layer_text(spec);
	struct contender *c;
	char *path, *at;
	struct layer layer;
	int ret = -ENOMEM;

	if (text && !layer_parse(text, &layer))
		return contender_open_layer(&layer, text, out);
	c = calloc(1, sizeof(*c));
	path = strdup(spec);
	if (c && path) {
		at = strrchr(path, '@');
		if (at)
			*at++ = '\0';
		ret = open_parts(c, path, at ? at : QNN_IN_PROCESS);
	}
	free(path);
	if (ret)
		contender_close(c);
	else
		*out = c;
	return ret;
}

int contender_open_layer(const struct layer *layer, const char *text, struct contender **out)
{
	struct contender *c = calloc(1, sizeof(*c));
	void *data = NULL;
	size_t size;
	int ret = -ENOMEM;

	if (c)
		c->name = strdup(text);
	if (c && c->name)
		ret = layer_model(layer, &data, &size);
	if (!ret)
		ret = qnn_device_open(QNN_IN_PROCESS, &c->dev);
	if (!ret)
		ret = qnn_model_load_memory(c->dev, data, size, &c->model);
	if (!ret)
		ret = qnn_job_create(c->model, &c->job);
	if (!ret)
		ret = fill_inputs(c);
	free(data);
	if (ret)
		contender_close(c);
	else
		*out = c;
	return ret;
}

void contender_close(struct contender *c)
{
	if (!c)
		return;
	qnn_job_free(c->job);
	qnn_model_free(c->model);
	qnn_device_close(c->dev);
	free(c->name);
	free(c);
}

const char *contender_name(const struct contender *c)
{
	return c->name;
}

double contender_run(struct contender *c)
{
	struct timespec a, b;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &a);
	ret = qnn_run(c->job);
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (ret)
		return ret;
	return (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
}

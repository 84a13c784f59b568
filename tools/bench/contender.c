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

#define LAYER	"layer:"

/*
 * "dir/digits-w8a8.qnn" and "in-process" make "digits-w8a8@in-process", a layer is
 * its text.
 */
static char *make_name(const char *path, const char *device)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	int len = (int)(dot ? (size_t)(dot - base) : strlen(base));
	char *name;

	if (!strncmp(path, LAYER, strlen(LAYER)))
		return strdup(path + strlen(LAYER));
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

static int load(struct contender *c, const char *what)
{
	const char *text = strncmp(what, LAYER, strlen(LAYER)) ? NULL : what + strlen(LAYER);
	struct layer layer;
	void *data = NULL;
	size_t size;
	int ret;

	if (!text)
		return qnn_model_load(c->dev, what, &c->model);
	if (layer_parse(text, &layer))
		return -EINVAL;
	ret = layer_model(&layer, &data, &size);
	if (!ret)
		ret = qnn_model_load_memory(c->dev, data, size, &c->model);
	free(data);
	return ret;
}

int contender_open_on(const char *what, const char *device, struct contender **out)
{
	struct contender *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	if (c)
		c->name = make_name(what, device);
	if (c && c->name)
		ret = qnn_device_open(device, &c->dev);
	if (!ret)
		ret = load(c, what);
	if (!ret)
		ret = qnn_job_create(c->model, &c->job);
	if (!ret)
		ret = fill_inputs(c);
	if (ret)
		contender_close(c);
	else
		*out = c;
	return ret;
}

int contender_open(const char *spec, struct contender **out)
{
	char *what = strdup(spec), *at;
	int ret;

	if (!what)
		return -ENOMEM;
	at = strrchr(what, '@');
	if (at)
		*at++ = '\0';
	ret = contender_open_on(what, at ? at : QNN_IN_PROCESS, out);
	free(what);
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

struct qnn_job *contender_job(struct contender *c)
{
	return c->job;
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

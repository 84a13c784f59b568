// SPDX-License-Identifier: MIT
/*
 * Runs ONNX files for the scripts beside it, in floating point or packed on
 * the in-process device. Requests on stdin, a line and then numbers:
 *
 *   float COUNT PATH
 *   device COUNT PATH
 *
 * with COUNT inputs of float32, height, width, channels. The answer is a line
 * of JSON and, for each input, the outputs in the same form. With "device",
 * what lacks ranges is calibrated with those inputs.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qnn.h"
#include "tools/float/float.h"
#include "tools/graph/mem.h"
#include "tools/onnx/onnx.h"
#include "tools/pack/pack.h"

struct net {
	struct graph g;
	struct report r;
	struct packed p;
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
	float *inputs;
	size_t count;		/* inputs */
	size_t elements;	/* of one of them */
	int status;
};

static void die(const char *text)
{
	fprintf(stderr, "run_onnx: %s\n", text);
	exit(2);
}

static void put(const void *from, size_t size)
{
	if (fwrite(from, 1, size, stdout) != size)
		die(strerror(errno));
}

/* Where the file was refused, the inputs are not sent. */
static void load(struct net *n, const char *path)
{
	n->status = onnx_load(path, NULL, &n->g, &n->r);
	if (n->status)
		return;
	n->elements = graph_elements(&n->g.value[n->g.input]);
}

static json_t *lines(const struct report_lines *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->kept; i++)
		json_array_append_new(list, json_string(l->line[i]));
	return list;
}

static json_t *shape(const struct graph_value *v)
{
	return json_pack("[iii]", (int)v->h, (int)v->w, (int)v->c);
}

static void header(const struct net *n)
{
	json_t *root = json_object(), *shapes = json_array(), *ops = json_array();
	char *text;

	json_object_set_new(root, "status", json_integer(n->status));
	json_object_set_new(root, "problems", lines(&n->r.problems));
	json_object_set_new(root, "notes", lines(&n->r.notes));
	if (!n->status)
		json_object_set_new(root, "input", shape(&n->g.value[n->g.input]));
	for (size_t i = 0; !n->status && i < n->g.output_count; i++)
		json_array_append_new(shapes,
				      shape(&n->g.value[n->g.output[i]]));
	for (size_t i = 0; !n->status && i < n->g.node_count; i++)
		json_array_append_new(ops, json_integer(n->g.node[i].op));
	json_object_set_new(root, "outputs", shapes);
	json_object_set_new(root, "ops", ops);
	text = json_dumps(root, JSON_COMPACT);
	puts(text);
	fflush(stdout);
	free(text);
	json_decref(root);
}

static void read_inputs(struct net *n)
{
	size_t size = n->count * n->elements;

	n->inputs = mem_array(size, sizeof(float));
	if (fread(n->inputs, sizeof(float), size, stdin) != size)
		die("the inputs end early");
}

static void put_planes(const struct graph_value *v, const float *data)
{
	size_t plane = (size_t)v->h * v->w;

	for (size_t p = 0; p < plane; p++)
		for (uint32_t c = 0; c < v->c; c++)
			put(&data[c * plane + p], sizeof(*data));
}

static void run_float(struct net *n)
{
	struct float_net *net = float_open(&n->g);

	for (size_t k = 0; k < n->count; k++) {
		float_run(net, n->inputs + k * n->elements);
		for (size_t i = 0; i < n->g.output_count; i++)
			put_planes(&n->g.value[n->g.output[i]],
				   float_value(net, n->g.output[i]));
	}
	fflush(stdout);
	float_close(net);
}

static void pack(struct net *n)
{
	const struct graph_value *v = &n->g.value[n->g.input];
	struct dataset ds = {
		.count = (uint32_t)n->count, .height = v->h, .width = v->w,
		.channels = v->c, .images = n->inputs,
	};
	struct pack_options opt = {
		.lower = { .rounding = QNN_ROUND_C },
		.format = { .input_scale = 1 },
		.choice = { .weights = { .bits = 8 }, .activation_bits = 8 },
		.calib_images = ds.count,
	};
	void *out = NULL;
	size_t size;

	n->status = pack_build(&n->p, &n->g, n->g.input_is_codes ? NULL : &ds,
			       &opt, &n->r);
	if (!n->status)
		n->status = pack_file(&n->p, &opt, &out, &size, &n->r);
	if (!n->status && (qnn_device_open(QNN_IN_PROCESS, &n->dev) ||
			   qnn_model_load_memory(n->dev, out, size, &n->model) ||
			   qnn_job_create(n->model, &n->job)))
		die(qnn_error());
	free(out);
}

static void run_device(struct net *n)
{
	const struct qnn_tensor *in = qnn_model_input(n->model, 0);

	for (size_t k = 0; k < n->count; k++) {
		if (qnn_job_set_input_float(n->job, in->name,
					    n->inputs + k * n->elements,
					    n->elements) || qnn_run(n->job))
			die(qnn_error());
		for (unsigned int i = 0; i < qnn_model_output_count(n->model); i++) {
			const struct qnn_tensor *t = qnn_model_output(n->model, i);
			float *data = mem_array(t->elements, sizeof(*data));

			if (qnn_job_get_output_float(n->job, t->name, data,
						     t->elements))
				die(qnn_error());
			put(data, t->elements * sizeof(*data));
			free(data);
		}
	}
	fflush(stdout);
}

static void request(const char *how, size_t count, const char *path)
{
	struct net n = { .count = count };

	load(&n, path);
	header(&n);
	if (n.status)
		goto out;
	read_inputs(&n);
	if (!strcmp(how, "float")) {
		run_float(&n);
		goto out;
	}
	/* A second line: whether it can be packed. */
	pack(&n);
	header(&n);
	if (!n.status)
		run_device(&n);
out:
	qnn_job_free(n.job);
	qnn_model_free(n.model);
	qnn_device_close(n.dev);
	pack_free(&n.p);
	graph_free(&n.g);
	report_free(&n.r);
	free(n.inputs);
}

int main(void)
{
	char line[4352], how[16], path[4096];
	size_t count;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%15s %zu %4095[^\n]", how, &count, path) != 3)
			die("no request at this place of the input");
		request(how, count, path);
	}
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Packs TFLite files and runs them on the in-process device, for the scripts
 * beside it: requests on stdin, answers on stdout, all numbers little-endian.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qnn.h"
#include "tools/float/float.h"
#include "tools/pack/pack.h"
#include "tools/tflite/tflite.h"

#define REQUEST_MAGIC 0x4c465451u /* "QTFL" */

/* Followed by the file, and @count inputs: its elements, a byte each. */
struct request {
	uint32_t magic;
	uint32_t size;		/* of the file */
	uint32_t rounding;	/* enum qnn_rounding; 0: as the file has it */
	uint32_t count;
	uint32_t floats;	/* not packed: run in floating point, 4 bytes an
				 * element in and out
				 */
};

/*
 * Followed by @text_size bytes of problems; or by the number of elements of
 * each output, and for each input those of each output, as s32 or binary32.
 */
struct answer {
	int32_t status;
	uint32_t text_size;
	uint32_t outputs;
};

struct net {
	struct graph g;
	struct packed p;
	struct report r;
	struct qnn_device *dev;
	struct qnn_model *model;
	struct qnn_job *job;
	struct float_net *real;
	int status;
};

static void die(const char *text)
{
	fprintf(stderr, "run_models: %s\n", text);
	exit(2);
}

static void *allocate(size_t size)
{
	void *p = aligned_alloc(64, (size + 64) / 64 * 64);

	if (!p)
		die("no memory");
	return p;
}

static void get(void *to, size_t size)
{
	if (fread(to, 1, size, stdin) != size)
		die("the input ends inside of a request");
}

static void put(const void *from, size_t size)
{
	if (fwrite(from, 1, size, stdout) != size)
		die(strerror(errno));
}

static void pack(struct net *n, const void *file, const struct request *q)
{
	struct pack_options opt = {
		.lower = { .rounding = QNN_ROUND_A },
		.format = { .input_scale = 1 },
		.choice = { .weights = { .bits = 8 }, .activation_bits = 8 },
	};
	void *out = NULL;
	size_t size;

	if (q->rounding) {
		opt.lower.rounding = q->rounding;
		opt.lower.rounding_given = true;
	}
	n->status = tflite_parse(file, q->size, NULL, &n->g, &n->r);
	if (n->status)
		return;
	if (q->floats) {
		n->real = float_open(&n->g);
		return;
	}
	n->status = pack_build(&n->p, &n->g, NULL, &opt, &n->r);
	if (!n->status)
		n->status = pack_file(&n->p, &opt, &out, &size, &n->r);
	if (!n->status && (qnn_device_open(QNN_IN_PROCESS, &n->dev) ||
			   qnn_model_load_memory(n->dev, out, size, &n->model) ||
			   qnn_job_create(n->model, &n->job)))
		die(qnn_error());
	free(out);
}

/* Elements lie without gaps in a row, but perhaps not the rows. */
static void spread(const struct qnn_tensor *t, const uint8_t *from,
		   uint8_t *to)
{
	for (uint32_t y = 0; y < t->height; y++)
		for (uint32_t x = 0; x < t->width; x++) {
			memcpy(to + y * t->row_stride + x * t->pixel_stride,
			       from, t->channels);
			from += t->channels;
		}
}

/* Results that never leave a few codes may be of a narrower type. */
static int32_t element(const struct qnn_tensor *t, const uint8_t *pixel,
		       uint32_t c)
{
	int32_t code;

	switch (t->type) {
	case QNN_TYPE_S8:
		return (int8_t)pixel[c];
	case QNN_TYPE_U8:
		return pixel[c];
	case QNN_TYPE_S4:
		code = pixel[c / 2] >> c % 2 * 4 & 15;
		return code - (code & 8) * 2;
	case QNN_TYPE_U4:
		return pixel[c / 2] >> c % 2 * 4 & 15;
	case QNN_TYPE_S2:
		code = pixel[c / 4] >> c % 4 * 2 & 3;
		return code - (code & 2) * 2;
	case QNN_TYPE_U2:
		return pixel[c / 4] >> c % 4 * 2 & 3;
	case QNN_TYPE_S32:
		memcpy(&code, pixel + 4 * (size_t)c, sizeof(code));
		return code;
	default:
		die("an output of one bit");
		return 0;
	}
}

static void gather(const struct qnn_tensor *t, const uint8_t *from,
		   int32_t *to)
{
	for (uint32_t y = 0; y < t->height; y++)
		for (uint32_t x = 0; x < t->width; x++)
			for (uint32_t c = 0; c < t->channels; c++)
				*to++ = element(t, from + y * t->row_stride +
						x * t->pixel_stride, c);
}

static void put_outputs(struct net *n)
{
	for (unsigned int i = 0; i < qnn_model_output_count(n->model); i++) {
		const struct qnn_tensor *t = qnn_model_output(n->model, i);
		uint8_t *raw = allocate(t->bytes);
		int32_t *dense = allocate(t->elements * sizeof(*dense));

		if (qnn_job_get_output(n->job, t->name, raw, t->bytes))
			die(qnn_error());
		gather(t, raw, dense);
		put(dense, t->elements * sizeof(*dense));
		free(raw);
		free(dense);
	}
}

static void run(struct net *n, uint32_t count)
{
	const struct qnn_tensor *t = qnn_model_input(n->model, 0);
	uint8_t *dense = allocate(t->elements), *raw = allocate(t->bytes);

	memset(raw, 0, t->bytes);
	for (uint32_t k = 0; k < count; k++) {
		get(dense, t->elements);
		spread(t, dense, raw);
		if (qnn_job_set_input(n->job, t->name, raw, t->bytes) ||
		    qnn_run(n->job))
			die(qnn_error());
		put_outputs(n);
		fflush(stdout);
	}
	free(dense);
	free(raw);
}

/* Values have the channels outermost, files innermost. */
static void put_floats(struct net *n)
{
	for (size_t i = 0; i < n->g.output_count; i++) {
		const struct graph_value *v = &n->g.value[n->g.output[i]];
		const float *from = float_value(n->real, n->g.output[i]);
		size_t pixels = (size_t)v->h * v->w;

		for (size_t p = 0; p < pixels; p++)
			for (size_t c = 0; c < v->c; c++)
				put(&from[c * pixels + p], sizeof(*from));
	}
}

static void run_floats(struct net *n, uint32_t count)
{
	size_t size = graph_elements(&n->g.value[n->g.input]) * sizeof(float);
	float *image = allocate(size);

	for (uint32_t k = 0; k < count; k++) {
		get(image, size);
		float_run(n->real, image);
		put_floats(n);
		fflush(stdout);
	}
	free(image);
}

static uint32_t elements(const struct net *n, uint32_t i)
{
	if (n->real)
		return (uint32_t)graph_elements(&n->g.value[n->g.output[i]]);
	return (uint32_t)qnn_model_output(n->model, i)->elements;
}

static void answer(struct net *n, uint32_t count)
{
	struct answer a = { .status = n->status };
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		die("no memory");
	report_print(&n->r.problems, f, "%s", "");
	fclose(f);
	a.text_size = (uint32_t)size;
	if (!n->status)
		a.outputs = n->real ? (uint32_t)n->g.output_count :
				      qnn_model_output_count(n->model);
	put(&a, sizeof(a));
	put(text, size);
	free(text);
	for (uint32_t i = 0; i < a.outputs; i++) {
		uint32_t size = elements(n, i);

		put(&size, sizeof(size));
	}
	fflush(stdout);
	if (n->real)
		run_floats(n, count);
	else if (!n->status)
		run(n, count);
}

static void release(struct net *n)
{
	qnn_job_free(n->job);
	qnn_model_free(n->model);
	qnn_device_close(n->dev);
	float_close(n->real);
	pack_free(&n->p);
	graph_free(&n->g);
	report_free(&n->r);
}

int main(void)
{
	struct request q;
	size_t got;

	while ((got = fread(&q, 1, sizeof(q), stdin))) {
		struct net n = { 0 };
		void *file;

		if (got != sizeof(q) || q.magic != REQUEST_MAGIC)
			die("no request at this place of the input");
		file = allocate(q.size);
		get(file, q.size);
		pack(&n, file, &q);
		answer(&n, q.count);
		free(file);
		release(&n);
	}
	return 0;
}

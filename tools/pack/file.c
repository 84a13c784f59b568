// SPDX-License-Identifier: MIT
/* The model file around a program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "qnn.h"
#include "qnn_writer.h"
#include "tools/common/text.h"
#include "tools/graph/mem.h"

#define NAME_SIZE	64u	/* in struct qnn_file_tensor */

/* Names that tensors of the file have so far. */
struct names {
	char (*name)[NAME_SIZE];
	size_t count;
};

static bool is_taken(const struct names *n, const char *name)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->name[i], name))
			return true;
	return false;
}

/*
 * The value's name where it fits and can be shown, or else what it is. Two
 * names may become one on the way: then the second gets a number.
 */
static void tensor_name(struct names *n, char *out, const char *name,
			const char *otherwise, size_t index)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", name);
	text_clean(text);
	if (*text && strlen(text) < NAME_SIZE)
		snprintf(out, NAME_SIZE, "%s", text);
	else
		snprintf(out, NAME_SIZE, "%s%zu", otherwise, index);
	for (size_t k = 2; is_taken(n, out); k++)
		snprintf(out, NAME_SIZE, "%s%zu_%zu", otherwise, index, k);
	memcpy(n->name[n->count++], out, NAME_SIZE);
}

static struct qnn_file_tensor describe(const struct packed *p, uint32_t value,
				       enum qnn_file_role role)
{
	const struct graph_value *v = &p->g->value[value];
	const struct place *place = &p->memory.place[value];
	const struct value_format *f = &p->fmt[value];

	return (struct qnn_file_tensor){
		.role = role, .region = place->region, .offset = place->offset,
		.height = v->h, .width = v->w, .channels = v->c,
		.type = f->elem, .row_stride = place->row_stride,
		.pixel_stride = place->pixel_stride,
		.zero_point = f->source == FORMAT_RAW ? 0 :
			      (int32_t)f->q.zero_point,
	};
}

static int add_input(const struct packed *p, struct names *n,
		     struct qnn_writer *w)
{
	struct qnn_file_tensor t = describe(p, p->units.input, QNN_FILE_INPUT);

	tensor_name(n, t.name, p->g->value[p->g->input].name, "input", 0);
	return qnn_writer_add_tensor(w, &t, &p->fmt[p->units.input].q.scale, 1);
}

/* One number where those of all channels are the same. */
static uint32_t operands(const float *operand, uint32_t channels)
{
	for (uint32_t c = 1; c < channels; c++)
		if (operand[c] != operand[0])
			return channels;
	return 1;
}

static int add_output(const struct packed *p, uint32_t value,
		      const struct qnn_file_tensor *t, struct qnn_writer *w)
{
	const struct lower_real *real = &p->lowered.real[value];
	int ret;

	if (real->scale)
		ret = qnn_writer_add_tensor(w, t, real->scale, t->channels);
	else
		ret = qnn_writer_add_tensor(w, t, &p->fmt[value].q.scale, 1);
	for (uint32_t k = 0; k < real->steps && !ret; k++) {
		const struct lower_step *s = &real->step[k];

		ret = qnn_writer_add_step(w, s->kind, s->operand,
					  operands(s->operand, t->channels));
	}
	return ret;
}

static int add_outputs(const struct packed *p, struct names *n,
		       struct qnn_writer *w)
{
	for (size_t i = 0; i < p->g->output_count; i++) {
		uint32_t value = p->g->output[i];
		struct qnn_file_tensor t = describe(p, value, QNN_FILE_OUTPUT);
		int ret;

		tensor_name(n, t.name, p->g->value[value].name, "output", i);
		ret = add_output(p, value, &t, w);
		if (!ret && p->g->value[value].softmax)
			ret = qnn_writer_add_step(w, QNN_STEP_SOFTMAX, NULL, 0);
		if (ret)
			return ret;
	}
	return 0;
}

static int add_tensors(const struct packed *p, struct qnn_writer *w)
{
	struct names n = {
		.name = mem_array(p->g->output_count + 1, NAME_SIZE),
	};
	int ret = add_input(p, &n, w);

	if (!ret)
		ret = add_outputs(p, &n, w);
	free(n.name);
	return ret;
}

static int fill(const struct packed *p, const struct pack_options *opt,
		const struct report *r, struct qnn_writer *w)
{
	char *origin = pack_origin(p, opt, r);
	int ret = qnn_writer_set_program(w, p->program, p->program_size);

	if (!ret)
		ret = add_tensors(p, w);
	for (size_t i = 0; i < p->units.count && !ret; i++)
		ret = qnn_writer_add_layer(w, p->units.unit[i].name,
					   p->units.unit[i].op);
	if (!ret)
		ret = qnn_writer_set_origin(w, origin);
	free(origin);
	return ret;
}

/* Would a device run it? Then it is what we meant to write. */
static int try_device(const void *data, size_t size)
{
	struct qnn_device *dev;
	struct qnn_model *model;
	int ret = qnn_device_open(QNN_IN_PROCESS, &dev);

	if (ret)
		return ret;
	ret = qnn_model_load_memory(dev, data, size, &model);
	if (!ret)
		qnn_model_free(model);
	qnn_device_close(dev);
	return ret;
}

static int build(const struct packed *p, const struct pack_options *opt,
		 struct qnn_writer **w, void **data, size_t *size,
		 struct report *r)
{
	int ret = qnn_writer_create(w);

	*data = NULL;
	if (!ret)
		ret = fill(p, opt, r, *w);
	if (!ret)
		qnn_writer_set_packed(*w, opt->compress);
	if (!ret)
		ret = qnn_writer_finish(*w, data, size);
	if (!ret)
		ret = try_device(*data, *size);
	if (ret)
		report_problem(r, "the device refuses the result, which is a fault of qnn-pack: %s",
			       qnn_error());
	return ret;
}

int pack_file(const struct packed *p, const struct pack_options *opt,
	      void **data, size_t *size, struct report *r)
{
	struct qnn_writer *w = NULL;
	int ret = build(p, opt, &w, data, size, r);

	qnn_writer_free(w);
	if (ret) {
		free(*data);
		*data = NULL;
	}
	return ret;
}

int pack_save(const struct packed *p, const struct pack_options *opt,
	      const char *path, struct report *r)
{
	struct qnn_writer *w = NULL;
	size_t size;
	void *data;
	int ret = build(p, opt, &w, &data, &size, r);

	if (!ret) {
		ret = qnn_writer_save(w, path);
		if (ret)
			report_problem(r, "%s", qnn_error());
	}
	free(data);
	qnn_writer_free(w);
	return ret;
}

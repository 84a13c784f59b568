// SPDX-License-Identifier: MIT
#include "dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qnn_writer.h"
#include "tools/graph/mem.h"

#define ALIGN	64u

static uint64_t align_up(uint64_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t commands_at(uint32_t regions)
{
	return align_up(sizeof(struct qnn_program_header) +
			regions * sizeof(struct qnn_region_desc));
}

static const struct qnn_cmd *old_commands(const struct qnn_program_header *h)
{
	return (const void *)((const char *)h + commands_at(h->region_count));
}

/* The result of @cmd without gaps, from @at on. */
static struct qnn_tensor_desc kept(const struct qnn_cmd *cmd, uint64_t at,
				   uint32_t region)
{
	struct qnn_tensor_desc t = cmd->out;

	t.pixel_stride = (t.channels * qnn_elem_bits(t.type) + 7) / 8;
	t.row_stride = t.width * t.pixel_stride;
	t.offset = at;
	t.region = (u8)region;
	return t;
}

static struct qnn_cmd copy_of(const struct qnn_tensor_desc *from,
			      const struct qnn_tensor_desc *to)
{
	struct qnn_cmd c = { .opcode = QNN_OP_COPY, .out = *to };

	c.in[0] = *from;
	for (uint32_t i = 0; i < QNN_COPY_AXES; i++)
		c.copy.axis[i] = (struct qnn_copy_axis){
			.step = 1, .divisor = 1, .from = i,
		};
	return c;
}

/* Lays out what is kept; returns the bytes of it all. */
static uint64_t place_all(struct dump *d, const struct qnn_program_header *old)
{
	const struct qnn_cmd *cmd = old_commands(old);
	uint64_t at = 0;

	d->layers = old->cmd_count;
	d->out = mem_array(d->layers, sizeof(*d->out));
	d->weight_type = mem_array(d->layers, sizeof(*d->weight_type));
	for (uint32_t i = 0; i < d->layers; i++) {
		uint32_t op = cmd[i].opcode;

		d->out[i] = kept(&cmd[i], at, old->region_count);
		at += align_up((uint64_t)d->out[i].height *
			       d->out[i].row_stride);
		if (op == QNN_OP_CONV || op == QNN_OP_FC ||
		    op == QNN_OP_CONV_TRANSPOSE)
			d->weight_type[i] = cmd[i].conv.weight_type;
	}
	return at;
}

/* The whole region as one tensor of bytes, whose sides are within limits. */
static struct qnn_file_tensor whole(const struct dump *d, uint32_t region,
				    uint64_t bytes)
{
	uint64_t blocks = align_up(bytes) / ALIGN;
	uint64_t channels = ALIGN * ((blocks + QNN_MAX_DIM - 1) / QNN_MAX_DIM);
	struct qnn_file_tensor t = {
		.role = QNN_FILE_OUTPUT, .region = region, .width = 1,
		.type = QNN_ELEM_U8, .channels = (uint32_t)channels,
		.height = (uint32_t)((bytes + channels - 1) / channels),
		.row_stride = (uint32_t)channels,
		.pixel_stride = (uint32_t)channels,
	};

	snprintf(t.name, sizeof(t.name), "%s", d->name);
	return t;
}

static void *lengthen(struct dump *d, const struct qnn_program_header *old,
		      uint64_t bytes, size_t *size)
{
	const struct qnn_cmd *cmd = old_commands(old);
	size_t at = commands_at(old->region_count + 1);
	struct qnn_program_header *h;
	struct qnn_region_desc *region;
	struct qnn_cmd *out;

	*size = at + 2 * (size_t)d->layers * sizeof(*cmd) + old->const_size;
	h = mem_array(*size, 1);
	*h = *old;
	h->size = (u32)*size;
	h->region_count++;
	h->cmd_count *= 2;
	region = (struct qnn_region_desc *)(h + 1);
	memcpy(region, old + 1, old->region_count * sizeof(*region));
	region[old->region_count] = (struct qnn_region_desc){
		.access = QNN_ACCESS_WRITE, .size = bytes,
	};
	out = (struct qnn_cmd *)((char *)h + at);
	for (uint32_t i = 0; i < d->layers; i++) {
		out[2 * i] = cmd[i];
		out[2 * i + 1] = copy_of(&cmd[i].out, &d->out[i]);
		region[cmd[i].out.region].access |= QNN_ACCESS_READ;
	}
	memcpy(out + 2 * d->layers, cmd + d->layers, old->const_size);
	return h;
}

/* What the values of the output @name go through. */
static int copy_steps(const struct dump *d, const char *name,
		      struct qnn_writer *w)
{
	const struct qnn_tensor *t;
	int ret = 0;

	for (unsigned int i = 0; (t = qnn_model_output(d->plain, i)); i++)
		for (uint32_t k = 0; !ret && !strcmp(t->name, name) &&
		     k < t->step_count; k++)
			ret = qnn_writer_add_step(w, t->step[k].kind,
						  t->step[k].operand,
						  t->step[k].count);
	return ret;
}

/* The inputs and outputs that the file has. */
static int copy_tensors(const struct dump *d, struct qnn_writer *w)
{
	const struct qnn_file_tensor *t;
	const float *scale;
	size_t size, scales;
	int ret = qnn_model_section(d->plain, QNN_SECTION_TENSORS,
				    (const void **)&t, &size);

	if (!ret)
		ret = qnn_model_section(d->plain, QNN_SECTION_SCALES,
					(const void **)&scale, &scales);
	for (size_t i = 0; !ret && i < size / sizeof(*t); i++) {
		ret = qnn_writer_add_tensor(w, &t[i], scale + t[i].scale_index,
					    t[i].scale_count);
		if (!ret)
			ret = copy_steps(d, t[i].name, w);
	}
	return ret;
}

static int finish(struct dump *d, struct qnn_device *dev,
		  const struct qnn_program_header *old, struct qnn_writer *w)
{
	uint64_t bytes = place_all(d, old);
	struct qnn_file_tensor all = whole(d, old->region_count, bytes);
	const float one = 1;
	void *image, *file = NULL;
	size_t size;
	int ret;

	d->bytes = (size_t)all.height * all.row_stride;
	image = lengthen(d, old, d->bytes, &size);
	ret = qnn_writer_set_program(w, image, size);
	free(image);
	if (!ret)
		ret = copy_tensors(d, w);
	if (!ret)
		ret = qnn_writer_add_tensor(w, &all, &one, 1);
	if (!ret)
		ret = qnn_writer_finish(w, &file, &size);
	if (!ret)
		ret = qnn_model_load_memory(dev, file, size, &d->model);
	free(file);
	return ret;
}

static bool has_tensor(const struct qnn_model *m, const char *name)
{
	for (unsigned int i = 0; i < qnn_model_input_count(m); i++)
		if (!strcmp(qnn_model_input(m, i)->name, name))
			return true;
	for (unsigned int i = 0; i < qnn_model_output_count(m); i++)
		if (!strcmp(qnn_model_output(m, i)->name, name))
			return true;
	return false;
}

int dump_open(struct dump *d, struct qnn_device *dev, const char *path)
{
	const struct qnn_program_header *old;
	struct qnn_writer *w = NULL;
	size_t size;
	int ret;

	*d = (struct dump){ 0 };
	ret = qnn_model_load(dev, path, &d->plain);
	if (!ret)
		ret = qnn_model_section(d->plain, QNN_SECTION_PROGRAM,
					(const void **)&old, &size);
	if (!ret)
		ret = qnn_writer_create(&w);
	if (!ret) {
		unsigned int k = 0;

		do
			snprintf(d->name, sizeof(d->name), "layers %u", k++);
		while (has_tensor(d->plain, d->name));
		ret = finish(d, dev, old, w);
	}
	qnn_writer_free(w);
	if (!ret)
		ret = qnn_job_create(d->model, &d->job);
	if (!ret)
		d->data = mem_array(d->bytes, 1);
	return ret;
}

void dump_close(struct dump *d)
{
	qnn_job_free(d->job);
	qnn_model_free(d->model);
	qnn_model_free(d->plain);
	free(d->out);
	free(d->weight_type);
	free(d->data);
	*d = (struct dump){ 0 };
}

int dump_run(struct dump *d, const float *image, size_t count)
{
	int ret = qnn_job_set_input_float(d->job, NULL, image, count);

	if (!ret)
		ret = qnn_run(d->job);
	if (!ret)
		ret = qnn_job_get_output(d->job, d->name, d->data, d->bytes);
	return ret;
}

static int64_t element(const unsigned char *pixel, uint32_t type, uint32_t c)
{
	uint32_t bits = qnn_elem_bits(type), v;
	bool is_signed = type == QNN_ELEM_S8 || type == QNN_ELEM_S4 ||
			 type == QNN_ELEM_S2;
	int32_t wide;

	if (type == QNN_ELEM_S32) {
		memcpy(&wide, pixel + 4 * (size_t)c, 4);
		return wide;
	}
	v = (uint32_t)(pixel[c * bits / 8] >> c * bits % 8) & ((1u << bits) - 1);
	if (type == QNN_ELEM_B1)
		return v ? 1 : -1;
	return is_signed && v >> (bits - 1) ? (int64_t)v - (1 << bits) : v;
}

void dump_codes(const struct dump *d, uint32_t layer, double *codes)
{
	const struct qnn_tensor_desc *t = &d->out[layer];
	size_t plane = (size_t)t->height * t->width;

	for (size_t p = 0; p < plane; p++) {
		const unsigned char *pixel = d->data + t->offset +
					     p * t->pixel_stride;

		for (uint32_t c = 0; c < t->channels; c++)
			codes[c * plane + p] =
				(double)element(pixel, t->type, c);
	}
}

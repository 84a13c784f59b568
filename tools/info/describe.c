// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "qnn_device.h"
#include "tools/common/json_out.h"
#include "tools/common/steps.h"

static int find_program(const struct qnn_model *model, struct program *prog)
{
	const void *data;
	size_t size, at;
	int err = qnn_model_section(model, QNN_SECTION_PROGRAM, &data, &size);

	if (err)
		return err;
	prog->header = data;
	prog->regions = (const void *)(prog->header + 1);
	at = sizeof(*prog->header) +
	     prog->header->region_count * sizeof(*prog->regions);
	prog->cmds = (const void *)((const char *)data + (at + 63) / 64 * 64);
	prog->consts = (const void *)(prog->cmds + prog->header->cmd_count);
	return 0;
}

/* Append and take @item; an array that lost an item becomes NULL. */
static void append(json_t **array, json_t *item)
{
	if (*array && json_array_append_new(*array, item)) {
		json_decref(*array);
		*array = NULL;
	} else if (!*array) {
		json_decref(item);
	}
}

static json_t *section_name(uint32_t tag)
{
	char text[12];
	unsigned int i;

	for (i = 0; i < 4; i++)
		text[i] = (char)(tag >> 8 * i);
	text[4] = '\0';
	for (i = 0; i < 4; i++)
		if (text[i] <= ' ' || text[i] > '~')
			snprintf(text, sizeof(text), "0x%08x", tag);
	return json_text(text);
}

static json_t *sections(const struct image *image)
{
	const struct qnn_file_section *s;
	json_t *array = json_array();
	char crc[12];
	uint32_t i;

	for (i = 0; i < image->section_count; i++) {
		s = &image->sections[i];
		snprintf(crc, sizeof(crc), "%08x", s->crc);
		append(&array,
		       json_pack("{s:o, s:b, s:b, s:I, s:I, s:I, s:s}",
				 "name", section_name(s->tag),
				 "optional", !!(s->flags & QNN_SECTION_OPTIONAL),
				 "packed", !!(s->flags & QNN_SECTION_PACKED),
				 "offset", (json_int_t)s->offset,
				 "bytes", (json_int_t)s->size,
				 "unpacked_bytes", (json_int_t)
					(s->flags & QNN_SECTION_PACKED ?
					 image->unpacked_size[i] : s->size),
				 "crc32", crc));
	}
	return array;
}

static json_t *tensor(const struct qnn_tensor *t)
{
	json_t *scales = json_array(), *steps = json_array(), *o;
	uint32_t i;

	for (i = 0; i < t->scale_count; i++)
		append(&scales, json_real(t->scale[i]));
	for (i = 0; i < t->step_count; i++)
		append(&steps, steps_json(t->step[i].kind, t->step[i].operand,
					  t->step[i].count));
	o = json_pack("{s:o, s:[I,I,I], s:s, s:o, s:i, s:I}",
		      "name", json_text(t->name),
		      "shape", (json_int_t)t->height, (json_int_t)t->width,
		      (json_int_t)t->channels,
		      "type", qnn_elem_name(t->type),
		      "scale", scales,
		      "zero_point", t->zero_point,
		      "bytes", (json_int_t)t->bytes);
	/* Most have none. */
	if (o && t->step_count && json_object_set(o, "steps", steps)) {
		json_decref(o);
		o = NULL;
	}
	json_decref(steps);
	return o;
}

static json_t *tensors(const struct qnn_model *model, bool inputs)
{
	json_t *array = json_array();
	unsigned int i;

	if (inputs)
		for (i = 0; i < qnn_model_input_count(model); i++)
			append(&array, tensor(qnn_model_input(model, i)));
	else
		for (i = 0; i < qnn_model_output_count(model); i++)
			append(&array, tensor(qnn_model_output(model, i)));
	return array;
}

static json_t *labels(const struct qnn_model *model)
{
	json_t *array = json_array();
	const char *label;
	unsigned int i;

	for (i = 0; (label = qnn_model_label(model, i)); i++)
		append(&array, json_text(label));
	return array;
}

static const char *access_name(uint32_t access)
{
	static const char *const names[] = {
		"none", "read", "write", "read and write",
	};

	return names[access & 3];
}

/* What a job binds to a region: a tensor of the model, or working memory. */
static json_t *region_use(const struct qnn_model *model, uint32_t region)
{
	const struct qnn_file_tensor *t;
	const void *data;
	size_t size, i;
	char text[96];

	if (qnn_model_section(model, QNN_SECTION_TENSORS, &data, &size))
		return json_string("scratch");
	for (t = data, i = 0; i < size / sizeof(*t); i++)
		if (t[i].region == region) {
			snprintf(text, sizeof(text), "%s %.63s",
				 t[i].role == QNN_FILE_INPUT ? "input" : "output",
				 t[i].name);
			return json_text(text);
		}
	return json_string("scratch");
}

static json_t *regions(const struct qnn_model *model,
		       const struct program *prog)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < prog->header->region_count; i++)
		append(&array,
		       json_pack("{s:i, s:s, s:I, s:o}",
				 "index", (int)i,
				 "access", access_name(prog->regions[i].access),
				 "bytes", (json_int_t)prog->regions[i].size,
				 "use", region_use(model, i)));
	return array;
}

static json_t *layers(const struct image *image, const struct qnn_model *model,
		      const struct program *prog)
{
	json_t *array = json_array();
	uint32_t i;

	for (i = 0; i < prog->header->cmd_count; i++) {
		struct layer_weights w = layer_weights(image, prog, &prog->cmds[i]);

		append(&array, describe_layer(model, &prog->cmds[i], i, &w));
	}
	return array;
}

static json_t *per_weight(double amount, uint64_t weights)
{
	return weights ? json_real(amount / (double)weights) : json_null();
}

static json_t *totals(const struct image *image, const struct qnn_model *model,
		      const struct program *prog)
{
	struct layer_weights all = { 0 };
	struct qnn_layer sum = { 0 }, layer;
	struct layer_weights one;
	uint32_t i;

	for (i = 0; i < prog->header->cmd_count; i++) {
		if (qnn_model_layer(model, i, &layer, sizeof(layer)))
			return NULL;
		sum.cycles += layer.cycles;
		sum.macs += layer.macs;
		sum.bytes_read += layer.bytes_read;
		sum.bytes_written += layer.bytes_written;
		one = layer_weights(image, prog, &prog->cmds[i]);
		all.count += one.count;
		all.zeros += one.zeros;
		all.bytes += one.bytes;
		all.stored += one.stored;
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
			 "macs", (json_int_t)sum.macs,
			 "cycles", (json_int_t)sum.cycles,
			 "bytes_read", (json_int_t)sum.bytes_read,
			 "bytes_written", (json_int_t)sum.bytes_written,
			 "weights", (json_int_t)all.count,
			 "weight_bytes", (json_int_t)all.bytes,
			 "stored_weight_bytes", (json_int_t)(all.stored + 0.5),
			 "constant_bytes", (json_int_t)prog->header->const_size,
			 "bits_per_weight", per_weight(8.0 * (double)all.bytes,
						       all.count),
			 "stored_bits_per_weight", per_weight(8 * all.stored,
							      all.count),
			 "sparsity", per_weight((double)all.zeros, all.count));
}

/* JSON of the file as it is; as a string where it is not JSON. */
static json_t *origin(const struct qnn_model *model)
{
	const void *data;
	size_t size;
	json_t *value;
	char *text;

	if (qnn_model_section(model, QNN_SECTION_ORIGIN, &data, &size))
		return json_null();
	value = json_loadb(data, size, JSON_DECODE_ANY, NULL);
	if (value)
		return value;
	text = strndup(data, size);
	value = text ? json_text(text) : NULL;
	free(text);
	return value;
}

int describe_model(const struct image *image, const struct qnn_model *model,
		   const char *path, json_t **out)
{
	struct program prog;
	char version[16];
	int err = find_program(model, &prog);

	if (err)
		return err;
	snprintf(version, sizeof(version), "%u.%u", image->header->major,
		 image->header->minor);
	*out = json_pack("{s:o, s:I, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "file", json_text(path),
			 "bytes", (json_int_t)image->size,
			 "file_version", version,
			 "program_version", (int)prog.header->version,
			 "sections", sections(image),
			 "inputs", tensors(model, true),
			 "outputs", tensors(model, false),
			 "labels", labels(model),
			 "regions", regions(model, &prog),
			 "layers", layers(image, model, &prog),
			 "totals", totals(image, model, &prog),
			 "origin", origin(model));
	return *out ? 0 : -ENOMEM;
}

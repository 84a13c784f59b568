// SPDX-License-Identifier: MIT
/* Models: from a checked file to what users see. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "crc.h"
#include "export.h"
#include "memory.h"
#include "tensor.h"

static void describe(const struct qnn_model *model, const struct qnn_file_tensor *t,
		     struct qnn_tensor *out)
{
	size_t pixel = qnn_packed_pixel_bytes(t->type, t->channels);

	*out = (struct qnn_tensor){
		.name = t->name,
		.type = t->type,
		.height = t->height,
		.width = t->width,
		.channels = t->channels,
		.row_stride = t->row_stride,
		.pixel_stride = t->pixel_stride,
		.bytes = (size_t)(t->height - 1) * t->row_stride +
			 (size_t)(t->width - 1) * t->pixel_stride + pixel,
		.elements = (size_t)t->height * t->width * t->channels,
		.bind_offset = t->offset,
		.bind_size = model->file.prog.regions[t->region].size,
		.zero_point = t->zero_point,
		.scale_count = t->scale_count,
		.scale = model->file.scales + t->scale_index,
	};
}

/* Steps of a tensor follow each other in the file. */
static void describe_steps(const struct qnn_model *model, uint32_t index, struct qnn_tensor *out)
{
	const struct qnn_file *file = &model->file;
	uint32_t i;

	for (i = 0; i < file->step_count; i++) {
		const struct qnn_file_step *s = &file->steps[i];

		if (s->tensor != index)
			continue;
		model->steps[i] = (struct qnn_step){
			.kind = s->kind,
			.count = s->operand_count,
			.operand = s->operand_count ? file->operands + s->operand_index : NULL,
		};
		if (!out->step_count++)
			out->step = &model->steps[i];
	}
}

static int describe_tensors(struct qnn_model *model)
{
	static const uint32_t roles[] = { QNN_FILE_INPUT, QNN_FILE_OUTPUT };
	const struct qnn_file *file = &model->file;
	unsigned int n = 0, r;
	uint32_t i;

	model->tensors = calloc(file->tensor_count, sizeof(*model->tensors));
	model->regions = calloc(file->tensor_count, sizeof(*model->regions));
	model->steps = calloc(file->step_count + 1ul, sizeof(*model->steps));
	if (!model->tensors || !model->regions || !model->steps)
		return qnn_fail_memory(model->name);
	for (r = 0; r < 2; r++) {
		for (i = 0; i < file->tensor_count; i++) {
			if (file->tensors[i].role != roles[r])
				continue;
			describe(model, &file->tensors[i], &model->tensors[n]);
			describe_steps(model, i, &model->tensors[n]);
			model->regions[n++] = file->tensors[i].region;
		}
		if (!r)
			model->input_count = n;
	}
	model->output_count = n - model->input_count;
	return 0;
}

static int collect_labels(struct qnn_model *model)
{
	const struct qnn_file *file = &model->file;
	size_t at;

	for (at = 0; at < file->label_bytes; at++)
		model->label_count += !file->labels[at];
	if (!model->label_count)
		return 0;
	model->labels = calloc(model->label_count, sizeof(*model->labels));
	if (!model->labels)
		return qnn_fail_memory(model->name);
	model->label_count = 0;
	for (at = 0; at < file->label_bytes; at += strlen(file->labels + at) + 1)
		model->labels[model->label_count++] = file->labels + at;
	return 0;
}

/* Takes over @data, on failure too. */
static int load(struct qnn_device *dev, const char *name, bool is_path, void *data, size_t size,
		struct qnn_model **out)
{
	struct qnn_model *model = calloc(1, sizeof(*model));
	int err;

	if (!model) {
		free(data);
		return qnn_fail_memory(name);
	}
	model->dev = dev;
	model->data = data;
	model->is_path = is_path;
	model->name = strdup(name);
	err = model->name ? 0 : qnn_fail_memory(name);
	if (!err)
		err = qnn_file_parse(&model->file, model->name, data, size);
	if (!err)
		err = describe_tensors(model);
	if (!err)
		err = collect_labels(model);
	if (!err && dev->ops->program_create)
		err = dev->ops->program_create(model);
	if (err) {
		model->dev = NULL;	/* there is no program to destroy */
		qnn_model_free(model);
		return err;
	}
	*out = model;
	return 0;
}

QNN_API int qnn_model_load(struct qnn_device *dev, const char *path, struct qnn_model **model)
{
	size_t size;
	void *data;
	int err;

	*model = NULL;
	err = qnn_file_read(path, &data, &size);
	if (err)
		return err;
	return load(dev, path, true, data, size, model);
}

QNN_API int qnn_model_load_memory(struct qnn_device *dev, const void *data, size_t size,
				  struct qnn_model **model)
{
	void *copy;

	*model = NULL;
	if (!size)
		return qnn_fail(-EBADMSG, "model in memory: is empty");
	if (size > QNN_FILE_MAX_SIZE)
		return qnn_fail(-E2BIG, "model in memory: has %zu bytes, a .qnn file at most %u",
				size, QNN_FILE_MAX_SIZE);
	copy = qnn_memory(size, true);
	if (!copy)
		return qnn_fail_memory("model in memory");
	memcpy(copy, data, size);
	return load(dev, "model in memory", false, copy, size, model);
}

QNN_API void qnn_model_free(struct qnn_model *model)
{
	if (!model)
		return;
	if (model->dev && model->dev->ops->program_destroy)
		model->dev->ops->program_destroy(model);
	free(model->labels);
	free(model->regions);
	free(model->tensors);
	free(model->steps);
	qnn_file_free(&model->file);
	free(model->name);
	free(model->data);
	free(model->again);
	free(model);
}

QNN_API unsigned int qnn_model_input_count(const struct qnn_model *model)
{
	return model->input_count;
}

QNN_API unsigned int qnn_model_output_count(const struct qnn_model *model)
{
	return model->output_count;
}

QNN_API const struct qnn_tensor *qnn_model_input(const struct qnn_model *model,
						 unsigned int index)
{
	return index < model->input_count ? &model->tensors[index] : NULL;
}

QNN_API const struct qnn_tensor *qnn_model_output(const struct qnn_model *model,
						  unsigned int index)
{
	return index < model->output_count ? &model->tensors[model->input_count + index] : NULL;
}

/* The file as it is now, if that is still what section @s was loaded from. */
static int read_same(const struct qnn_model *model, const struct qnn_file_section *s, void **file)
{
	size_t size;
	int err;

	err = qnn_file_read(model->name, file, &size);
	if (err)
		return err == -ENOMEM ? err : -ENODATA;
	if (size == model->file.size &&
	    qnn_crc32((uint8_t *)*file + s->offset, s->size) == s->crc)
		return 0;
	free(*file);
	return qnn_fail(-ENODATA, "%s: is not the file any more that was loaded", model->name);
}

/*
 * A section of which parts have left memory, from the file. That it cannot be
 * read any more, or is another one, is the same to who asks.
 */
static int read_again(const struct qnn_model *model, const struct qnn_file_section *s,
		      const void **data)
{
	struct qnn_model *owner = (struct qnn_model *)model;
	bool packed = s->flags & QNN_SECTION_PACKED;
	uint8_t *again = atomic_load(&owner->again), *other = NULL;
	void *file, *unpacked;
	size_t size;
	int err;

	if (!again) {
		err = read_same(model, s, &file);
		if (!err && packed) {
			err = qnn_file_section_bytes(model->name, s, (uint8_t *)file + s->offset,
						     data, &size, &unpacked);
			free(file);
			file = unpacked;
		}
		if (err)
			return err;
		again = file;
		/* Another thread may have been as far. */
		if (!atomic_compare_exchange_strong(&owner->again, &other, again)) {
			free(again);
			again = other;
		}
	}
	*data = packed ? again : again + s->offset;
	return 0;
}

QNN_API int qnn_model_section(const struct qnn_model *model, uint32_t tag, const void **data,
			      size_t *size)
{
	const void *contents;
	size_t bytes;
	int err = 0;

	contents = qnn_file_contents(&model->file, tag, &bytes);
	if (!contents)
		return qnn_fail(-ENOENT, "%s: section %s: is not there", model->name,
				qnn_tag_text(tag).s);
	if (tag == QNN_SECTION_PROGRAM && model->spared)
		err = read_again(model, qnn_file_section(&model->file, tag), &contents);
	if (err)
		return err;
	*data = contents;
	*size = bytes;
	return 0;
}

QNN_API const char *qnn_model_label(const struct qnn_model *model, unsigned int index)
{
	return index < model->label_count ? model->labels[index] : NULL;
}

QNN_API unsigned int qnn_model_layer_count(const struct qnn_model *model)
{
	return model->file.prog.header->cmd_count;
}

QNN_API int qnn_model_layer(const struct qnn_model *model, unsigned int index,
			    struct qnn_layer *layer, size_t size)
{
	const struct qnn_file *file = &model->file;
	struct qnn_counters cost;
	struct qnn_layer known;

	if (index >= file->prog.header->cmd_count)
		return qnn_fail(-ENOENT, "%s: has no layer %u, only %u", model->name, index,
				file->prog.header->cmd_count);
	qnn_cmd_cost(&file->prog, index, &cost);
	known = (struct qnn_layer){
		.name = file->layers ? file->layers[index].name : "",
		.op = file->layers ? file->layers[index].op : "",
		.command = qnn_opcode_name(file->prog.cmds[index].opcode),
		.cycles = cost.cycles,
		.macs = cost.macs,
		.bytes_read = cost.bytes_read,
		.bytes_written = cost.bytes_written,
	};
	memset(layer, 0, size);
	memcpy(layer, &known, size < sizeof(known) ? size : sizeof(known));
	return 0;
}

const char *qnn_model_region_name(const struct qnn_model *model, uint32_t index)
{
	unsigned int i;

	for (i = 0; i < model->input_count + model->output_count; i++)
		if (model->regions[i] == index)
			return model->tensors[i].name;
	return "scratch";
}

// SPDX-License-Identifier: MIT
/* .qnn files: names of layers and classes, origin. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "text.h"

/* A fixed-size text: UTF-8, terminated, zero up to its end. */
static const char *fixed_text_fault(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	size_t i;

	if (len == size)
		return "not terminated";
	if (!qnn_text_ok(text, len, false))
		return "not printable UTF-8";
	for (i = len; i < size; i++)
		if (text[i])
			return "not filled up with zeros";
	return NULL;
}

static int check_layers(struct qnn_file *file)
{
	uint32_t count = file->prog.header->cmd_count;
	uint32_t i;
	size_t size;

	file->layers = qnn_file_contents(file, QNN_SECTION_LAYERS, &size);
	if (!file->layers)
		return 0;
	if (size != (size_t)count * sizeof(*file->layers))
		return qnn_fail(-EINVAL, "%s: section LAYR: has %zu bytes, %u commands need %zu",
				file->name, size, count, count * sizeof(*file->layers));
	for (i = 0; i < count; i++) {
		const struct qnn_file_layer *l = &file->layers[i];
		const char *field = "name";
		const char *fault = fixed_text_fault(l->name, sizeof(l->name));

		if (!fault) {
			field = "op";
			fault = fixed_text_fault(l->op, sizeof(l->op));
		}
		if (fault)
			return qnn_fail(-EINVAL, "%s: section LAYR: %s of layer %u is %s",
					file->name, field, i, fault);
	}
	return 0;
}

static int check_labels(struct qnn_file *file)
{
	const char *labels;
	size_t at = 0, size;
	uint32_t n;

	labels = qnn_file_contents(file, QNN_SECTION_LABELS, &size);
	if (!labels)
		return 0;
	if (labels[size - 1])
		return qnn_fail(-EINVAL, "%s: section LABL: the last label is not terminated",
				file->name);
	for (n = 0; at < size; n++) {
		size_t len = strlen(labels + at);

		if (!qnn_text_ok(labels + at, len, false))
			return qnn_fail(-EINVAL, "%s: section LABL: label %u is not printable UTF-8",
					file->name, n);
		at += len + 1;
	}
	file->labels = labels;
	file->label_bytes = size;
	return 0;
}

static int check_origin(struct qnn_file *file)
{
	const char *text;
	size_t size;

	text = qnn_file_contents(file, QNN_SECTION_ORIGIN, &size);
	if (text && !qnn_text_ok(text, size, true))
		return qnn_fail(-EINVAL, "%s: section ORIG: is not printable UTF-8", file->name);
	return 0;
}

int qnn_file_parse_texts(struct qnn_file *file)
{
	int err;

	err = check_layers(file);
	if (!err)
		err = check_labels(file);
	if (!err)
		err = check_origin(file);
	return err;
}

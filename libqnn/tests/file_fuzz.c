// SPDX-License-Identifier: MIT
/*
 * Fuzzes the file reader. Check sums and sizes are made right first, so that
 * mutations get past them; what loads is run with a short deadline.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "qnn.h"
#include "libqnn/src/unpack.h"
#include "qnn_file.h"

#define MAX_MEMORY	(1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The check sum of what is packed, so that mutations of it get further. */
static void seal_packed(uint8_t *stored, const struct qnn_file_section *s)
{
	struct qnn_file_packed *h = (void *)stored;
	size_t size;
	void *data;

	if (!(s->flags & QNN_SECTION_PACKED) || s->offset % QNN_FILE_ALIGN ||
	    qnn_unpack_section(&(struct qnn_unpack_name){ "fuzz", "fuzz" }, stored, s->size,
			       MAX_MEMORY, &data, &size, &h->crc))
		return;
	free(data);
}

static void seal(uint8_t *data, size_t size)
{
	struct qnn_file_header *h = (void *)data;
	struct qnn_file_section *s = (void *)(h + 1);
	uint32_t i;

	h->magic = QNN_FILE_MAGIC;
	h->size = size;
	if (h->section_count > QNN_FILE_MAX_SECTIONS ||
	    h->section_count * sizeof(*s) > size - sizeof(*h))
		return;
	for (i = 0; i < h->section_count; i++)
		if (s[i].offset <= size && s[i].size <= size - s[i].offset) {
			seal_packed(data + s[i].offset, &s[i]);
			s[i].crc = crc32_z(0, data + s[i].offset, s[i].size);
		}
	h->table_crc = crc32_z(0, (void *)s, h->section_count * sizeof(*s));
	h->header_crc = crc32_z(0, data, offsetof(struct qnn_file_header, header_crc));
}

static int is_small(const struct qnn_model *model)
{
	unsigned int i;

	for (i = 0; i < qnn_model_input_count(model); i++)
		if (qnn_model_input(model, i)->bind_size > MAX_MEMORY)
			return 0;
	for (i = 0; i < qnn_model_output_count(model); i++)
		if (qnn_model_output(model, i)->bind_size > MAX_MEMORY)
			return 0;
	return 1;
}

static void run(struct qnn_model *model)
{
	const struct qnn_tensor *t = qnn_model_output(model, 0);
	struct qnn_job *job;
	float *out = calloc(t->elements, sizeof(*out));

	if (out && !qnn_job_create(model, &job)) {
		qnn_job_set_timeout(job, 10);
		qnn_run(job);
		qnn_job_get_output_float(job, t->name, out, t->elements);
		qnn_job_free(job);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qnn_device *dev;
	struct qnn_model *model;
	uint8_t *copy;

	if (!dev && qnn_device_open(QNN_IN_PROCESS, &dev))
		abort();
	if (size < sizeof(struct qnn_file_header))
		return 0;
	if (posix_memalign((void **)&copy, QNN_FILE_ALIGN, size))
		return 0;
	memcpy(copy, data, size);
	seal(copy, size);
	if (!qnn_model_load_memory(dev, copy, size, &model)) {
		if (is_small(model))
			run(model);
		qnn_model_free(model);
	} else if (!qnn_error()[0]) {
		abort();
	}
	free(copy);
	return 0;
}

// SPDX-License-Identifier: MIT
/* .qnn files: collecting the parts and laying them out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "crc.h"
#include "error.h"
#include "export.h"
#include "file.h"
#include "qnn.h"
#include "qnn_writer.h"
#include "text.h"

/* The bytes of a section, growing. */
struct blob {
	uint8_t *data;
	size_t size;
};

enum {
	PART_PROGRAM, PART_TENSORS, PART_SCALES, PART_STEPS, PART_OPERANDS, PART_LAYERS,
	PART_LABELS, PART_ORIGIN, PART_NR
};

static const struct {
	uint32_t tag;
	uint32_t flags;
} parts[PART_NR] = {
	[PART_PROGRAM] = { QNN_SECTION_PROGRAM, 0 },
	[PART_TENSORS] = { QNN_SECTION_TENSORS, 0 },
	[PART_SCALES] = { QNN_SECTION_SCALES, 0 },
	[PART_STEPS] = { QNN_SECTION_STEPS, 0 },
	[PART_OPERANDS] = { QNN_SECTION_OPERANDS, 0 },
	[PART_LAYERS] = { QNN_SECTION_LAYERS, QNN_SECTION_OPTIONAL },
	[PART_LABELS] = { QNN_SECTION_LABELS, QNN_SECTION_OPTIONAL },
	[PART_ORIGIN] = { QNN_SECTION_ORIGIN, QNN_SECTION_OPTIONAL },
};

struct qnn_writer {
	struct blob part[PART_NR];
};

static int blob_append(struct blob *b, const void *data, size_t size)
{
	uint8_t *mem = NULL;

	/* A file has no room for more; no sum of sizes overflows below it. */
	if (size > QNN_FILE_MAX_SIZE || b->size + size > QNN_FILE_MAX_SIZE)
		return qnn_fail(-E2BIG, "the file would have more than %u bytes",
				QNN_FILE_MAX_SIZE);
	mem = realloc(b->data, b->size + size);
	if (!mem)
		return qnn_fail_memory("a section of the file");
	memcpy(mem + b->size, data, size);
	b->data = mem;
	b->size += size;
	return 0;
}

static int blob_replace(struct blob *b, const void *data, size_t size)
{
	struct blob fresh = { 0 };
	int err;

	err = blob_append(&fresh, data, size);
	if (err)
		return err;
	free(b->data);
	*b = fresh;
	return 0;
}

QNN_API int qnn_writer_create(struct qnn_writer **writer)
{
	*writer = calloc(1, sizeof(**writer));
	return *writer ? 0 : qnn_fail_memory("a writer");
}

QNN_API void qnn_writer_free(struct qnn_writer *writer)
{
	int i;

	if (!writer)
		return;
	for (i = 0; i < PART_NR; i++)
		free(writer->part[i].data);
	free(writer);
}

QNN_API int qnn_writer_set_program(struct qnn_writer *writer, const void *image, size_t size)
{
	if (!size)
		return qnn_fail(-EINVAL, "the program is empty");
	if (size > QNN_MAX_PROGRAM_SIZE)
		return qnn_fail(-E2BIG, "the program has %zu bytes, a device takes %u",
				size, QNN_MAX_PROGRAM_SIZE);
	return blob_replace(&writer->part[PART_PROGRAM], image, size);
}

QNN_API int qnn_writer_add_tensor(struct qnn_writer *writer, const struct qnn_file_tensor *tensor,
				  const float *scales, uint32_t scale_count)
{
	struct blob *all = &writer->part[PART_SCALES];
	struct qnn_file_tensor t = *tensor;
	size_t before = all->size;
	int err;

	if (!scale_count)
		return qnn_fail(-EINVAL, "a tensor has no scale");
	t.scale_index = before / sizeof(float);
	t.scale_count = scale_count;
	err = blob_append(all, scales, scale_count * sizeof(float));
	if (err)
		return err;
	err = blob_append(&writer->part[PART_TENSORS], &t, sizeof(t));
	if (err)
		all->size = before;
	return err;
}

QNN_API int qnn_writer_add_step(struct qnn_writer *writer, uint32_t kind, const float *operands,
				uint32_t count)
{
	size_t tensors = writer->part[PART_TENSORS].size / sizeof(struct qnn_file_tensor);
	struct blob *all = &writer->part[PART_OPERANDS];
	size_t before = all->size;
	struct qnn_file_step s = {
		.kind = kind,
		.operand_index = count ? before / sizeof(float) : 0,
		.operand_count = count,
	};
	int err = 0;

	if (!tensors)
		return qnn_fail(-EINVAL, "there is no tensor for a step yet");
	if (!count && kind != QNN_STEP_SOFTMAX)
		return qnn_fail(-EINVAL, "a step has no operand");
	s.tensor = tensors - 1;
	if (count)
		err = blob_append(all, operands, count * sizeof(float));
	if (err)
		return err;
	err = blob_append(&writer->part[PART_STEPS], &s, sizeof(s));
	if (err)
		all->size = before;
	return err;
}

/* Copies as many whole characters as fit before a NUL. */
static void copy_cut(char *dst, size_t size, const char *src)
{
	size_t len = strlen(src);
	size_t n = 0;

	while (n < len) {
		size_t c = qnn_text_char(src + n, len - n);

		/* Bytes that are not text stay, so that finish refuses them. */
		c = c ? c : 1;
		if (n + c >= size)
			break;
		memcpy(dst + n, src + n, c);
		n += c;
	}
}

QNN_API int qnn_writer_add_layer(struct qnn_writer *writer, const char *name, const char *op)
{
	struct qnn_file_layer layer = { 0 };

	copy_cut(layer.name, sizeof(layer.name), name);
	copy_cut(layer.op, sizeof(layer.op), op);
	return blob_append(&writer->part[PART_LAYERS], &layer, sizeof(layer));
}

QNN_API int qnn_writer_add_label(struct qnn_writer *writer, const char *label)
{
	return blob_append(&writer->part[PART_LABELS], label, strlen(label) + 1);
}

QNN_API int qnn_writer_set_origin(struct qnn_writer *writer, const char *json)
{
	if (!*json)
		return qnn_fail(-EINVAL, "the origin is empty");
	return blob_replace(&writer->part[PART_ORIGIN], json, strlen(json));
}

static uint64_t align_up(uint64_t offset)
{
	return (offset + QNN_FILE_ALIGN - 1) / QNN_FILE_ALIGN * QNN_FILE_ALIGN;
}

/* Fills header and table; the return value is the size of the file. */
static uint64_t lay_out(const struct qnn_writer *w, struct qnn_file_header *h,
			struct qnn_file_section *table, const struct blob **blobs)
{
	uint32_t n = 0;
	uint64_t end;
	int i;

	for (i = 0; i < PART_NR; i++)
		n += w->part[i].size > 0;
	h->section_count = n;
	end = sizeof(*h) + n * sizeof(*table);
	for (i = 0, n = 0; i < PART_NR; i++) {
		if (!w->part[i].size)
			continue;
		blobs[n] = &w->part[i];
		table[n].tag = parts[i].tag;
		table[n].flags = parts[i].flags;
		table[n].offset = align_up(end);
		table[n].size = w->part[i].size;
		table[n].crc = qnn_crc32(w->part[i].data, w->part[i].size);
		end = table[n].offset + table[n].size;
		n++;
	}
	return end;
}

/* The loader's checks on what was laid out. */
static int check(const void *data, size_t size)
{
	struct qnn_file file;

	return qnn_file_parse(&file, "the new file", data, size);
}

QNN_API int qnn_writer_finish(struct qnn_writer *writer, void **data, size_t *size)
{
	struct qnn_file_header h = {
		.magic = QNN_FILE_MAGIC,
		.major = QNN_FILE_MAJOR,
		.minor = writer->part[PART_STEPS].size ? 1 : 0,
	};
	struct qnn_file_section table[PART_NR] = { 0 };
	const struct blob *blobs[PART_NR];
	uint8_t *out;
	uint32_t i;
	void *mem;
	int err;

	h.size = lay_out(writer, &h, table, blobs);
	if (h.size > QNN_FILE_MAX_SIZE)
		return qnn_fail(-E2BIG, "the file would have more than %u bytes",
				QNN_FILE_MAX_SIZE);
	h.table_crc = crc32(0, (const void *)table, h.section_count * sizeof(*table));
	h.header_crc = crc32(0, (const void *)&h, offsetof(struct qnn_file_header, header_crc));

	if (posix_memalign(&mem, QNN_FILE_ALIGN, h.size))
		return qnn_fail_memory("the file");
	out = memset(mem, 0, h.size);
	memcpy(out, &h, sizeof(h));
	memcpy(out + sizeof(h), table, h.section_count * sizeof(*table));
	for (i = 0; i < h.section_count; i++)
		memcpy(out + table[i].offset, blobs[i]->data, blobs[i]->size);

	err = check(out, h.size);
	if (err) {
		free(mem);
		return err;
	}
	*data = mem;
	*size = h.size;
	return 0;
}

// SPDX-License-Identifier: MIT
/* .qnn files: collecting the parts and laying them out. */
#include <errno.h>
#include <stdbool.h>
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
#include "unpack.h"
#include "writer_pack.h"

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
	bool pack;
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

QNN_API void qnn_writer_set_packed(struct qnn_writer *writer, int packed)
{
	writer->pack = packed;
}

static uint64_t align_up(uint64_t offset)
{
	return (offset + QNN_FILE_ALIGN - 1) / QNN_FILE_ALIGN * QNN_FILE_ALIGN;
}

/* The sections as they are stored. */
struct stored {
	struct blob part[PART_NR];
	bool packed[PART_NR];
};

static int pack_program(const struct blob *b, void **packed, size_t *size)
{
	struct qnn_program prog;
	struct qnn_range *ranges;
	struct qnn_diag diag;
	size_t count;
	int err;

	*packed = NULL;
	/* A program that is refused stays as it is, for the checks to tell why. */
	if (qnn_program_validate(b->data, b->size, &prog, &diag, NULL, NULL))
		return 0;
	ranges = qnn_program_ranges(&prog, b->size, &count);
	if (!ranges)
		return qnn_fail_memory("a packed section");
	err = qnn_pack_section(b->data, b->size, ranges, count, packed, size);
	free(ranges);
	return err;
}

static int store(const struct qnn_writer *w, struct stored *s)
{
	int err = 0, i;

	for (i = 0; i < PART_NR && !err; i++) {
		const struct blob *b = &w->part[i];
		struct qnn_range all = { .size = b->size };
		void *packed = NULL;
		size_t size;

		s->part[i] = *b;
		if (!w->pack || !b->size || b->size > qnn_unpack_limit(parts[i].tag))
			continue;
		if (i == PART_PROGRAM)
			err = pack_program(b, &packed, &size);
		else
			err = qnn_pack_section(b->data, b->size, &all, 1, &packed, &size);
		if (!packed)
			continue;
		s->part[i] = (struct blob){ packed, size };
		s->packed[i] = true;
	}
	return err;
}

static void forget(struct stored *s)
{
	int i;

	for (i = 0; i < PART_NR; i++)
		if (s->packed[i])
			free(s->part[i].data);
}

/* Fills header and table; the return value is the size of the file. */
static uint64_t lay_out(const struct stored *s, struct qnn_file_header *h,
			struct qnn_file_section *table, const struct blob **blobs)
{
	uint32_t n = 0;
	uint64_t end;
	int i;

	for (i = 0; i < PART_NR; i++)
		n += s->part[i].size > 0;
	h->section_count = n;
	end = sizeof(*h) + n * sizeof(*table);
	for (i = 0, n = 0; i < PART_NR; i++) {
		if (!s->part[i].size)
			continue;
		blobs[n] = &s->part[i];
		table[n].tag = parts[i].tag;
		table[n].flags = parts[i].flags;
		if (s->packed[i]) {
			table[n].flags |= QNN_SECTION_PACKED;
			h->minor = 2;
		}
		table[n].offset = align_up(end);
		table[n].size = s->part[i].size;
		table[n].crc = qnn_crc32(s->part[i].data, s->part[i].size);
		end = table[n].offset + table[n].size;
		n++;
	}
	return end;
}

/* The loader's checks on what was laid out. */
static int check(const void *data, size_t size)
{
	struct qnn_file file;
	int err;

	err = qnn_file_parse(&file, "the new file", data, size);
	qnn_file_free(&file);
	return err;
}

static int assemble(const struct stored *s, unsigned int minor, void **data, size_t *size)
{
	struct qnn_file_header h = {
		.magic = QNN_FILE_MAGIC, .major = QNN_FILE_MAJOR, .minor = minor,
	};
	struct qnn_file_section table[PART_NR] = { 0 };
	const struct blob *blobs[PART_NR];
	uint8_t *out;
	uint32_t i;
	void *mem;

	h.size = lay_out(s, &h, table, blobs);
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
	*data = mem;
	*size = h.size;
	return 0;
}

QNN_API int qnn_writer_finish(struct qnn_writer *writer, void **data, size_t *size)
{
	struct stored s = { 0 };
	size_t bytes = 0;
	void *mem = NULL;
	int err;

	err = store(writer, &s);
	if (!err)
		err = assemble(&s, writer->part[PART_STEPS].size ? 1 : 0, &mem, &bytes);
	forget(&s);
	if (err)
		return err;
	err = check(mem, bytes);
	if (err) {
		free(mem);
		return err;
	}
	*data = mem;
	*size = bytes;
	return 0;
}

// SPDX-License-Identifier: MIT
/* .qnn files: header, section table, check sums, padding. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "crc.h"
#include "error.h"
#include "file.h"
#include "unpack.h"

static const struct {
	uint32_t tag;
	bool optional;
	bool needed;
} known_sections[] = {
	{ QNN_SECTION_PROGRAM, false, true },
	{ QNN_SECTION_TENSORS, false, true },
	{ QNN_SECTION_SCALES, false, true },
	{ QNN_SECTION_STEPS, false, false },
	{ QNN_SECTION_OPERANDS, false, false },
	{ QNN_SECTION_LAYERS, true, false },
	{ QNN_SECTION_LABELS, true, false },
	{ QNN_SECTION_ORIGIN, true, false },
};

#define KNOWN_SECTIONS	(sizeof(known_sections) / sizeof(known_sections[0]))

struct qnn_tag_text qnn_tag_text(uint32_t tag)
{
	struct qnn_tag_text text;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		unsigned char c = tag >> 8 * i;

		if (c < 0x21 || c > 0x7e) {
			snprintf(text.s, sizeof(text.s), "0x%08x", tag);
			return text;
		}
		text.s[i] = c;
	}
	text.s[4] = '\0';
	return text;
}

const struct qnn_file_section *qnn_file_section(const struct qnn_file *file,
						uint32_t tag)
{
	uint32_t i;

	for (i = 0; i < file->section_count; i++)
		if (file->sections[i].tag == tag)
			return &file->sections[i];
	return NULL;
}

const void *qnn_file_contents(const struct qnn_file *file, uint32_t tag, size_t *size)
{
	const struct qnn_file_section *s = qnn_file_section(file, tag);

	if (!s)
		return NULL;
	if (s->flags & QNN_SECTION_PACKED) {
		*size = file->unpacked[s - file->sections].size;
		return file->unpacked[s - file->sections].data;
	}
	*size = s->size;
	return file->data + s->offset;
}

int qnn_file_section_bytes(const char *name, const struct qnn_file_section *s,
			   const void *stored, const void **data, size_t *size,
			   void **unpacked)
{
	struct qnn_tag_text tag = qnn_tag_text(s->tag);
	int err;

	*unpacked = NULL;
	*data = stored;
	*size = s->size;
	if (!(s->flags & QNN_SECTION_PACKED))
		return 0;
	err = qnn_unpack_section(&(struct qnn_unpack_name){ name, tag.s }, stored, s->size,
				 qnn_unpack_limit(s->tag), unpacked, size, NULL);
	*data = *unpacked;
	return err;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static int check_header(struct qnn_file *file)
{
	const struct qnn_file_header *h = (const void *)file->data;
	uint32_t crc;

	if (file->size >= sizeof(h->magic) && h->magic != QNN_FILE_MAGIC)
		return qnn_fail(-EBADMSG, "%s: is not a .qnn file: header.magic is %08x, should be %08x",
				file->name, h->magic, QNN_FILE_MAGIC);
	if (file->size < sizeof(*h))
		return qnn_fail(-EBADMSG, "%s: is cut: %zu bytes, the header alone has %zu",
				file->name, file->size, sizeof(*h));
	crc = crc32(0, file->data, offsetof(struct qnn_file_header, header_crc));
	if (h->header_crc != crc)
		return qnn_fail(-EBADMSG, "%s: header: check sum is %08x, should be %08x",
				file->name, h->header_crc, crc);
	if (h->major != QNN_FILE_MAJOR)
		return qnn_fail(-EPROTONOSUPPORT,
				"%s: is of file version %u.%u, this library reads %u.%u",
				file->name, h->major, h->minor, QNN_FILE_MAJOR, QNN_FILE_MINOR);
	if (h->size != file->size)
		return qnn_fail(-EBADMSG, "%s: has %zu bytes, header.size says %llu",
				file->name, file->size, (unsigned long long)h->size);
	if (!h->section_count || h->section_count > QNN_FILE_MAX_SECTIONS)
		return qnn_fail(-EBADMSG, "%s: header.section_count is %u, should be 1 to %u",
				file->name, h->section_count, QNN_FILE_MAX_SECTIONS);
	if (!all_zero((const void *)h->reserved, sizeof(h->reserved)))
		return qnn_fail(-EBADMSG, "%s: header.reserved is not zero", file->name);
	return 0;
}

static int check_table(struct qnn_file *file)
{
	const struct qnn_file_header *h = (const void *)file->data;
	size_t bytes = h->section_count * sizeof(struct qnn_file_section);
	uint32_t crc;

	if (bytes > file->size - sizeof(*h))
		return qnn_fail(-EBADMSG, "%s: is cut in the section table", file->name);
	crc = crc32(0, file->data + sizeof(*h), bytes);
	if (h->table_crc != crc)
		return qnn_fail(-EBADMSG, "%s: section table: check sum is %08x, should be %08x",
				file->name, h->table_crc, crc);
	file->sections = (const void *)(file->data + sizeof(*h));
	file->section_count = h->section_count;
	return 0;
}

/* Version rules for the tag and flags of section @i. */
static int check_tag(const struct qnn_file *file, uint32_t i)
{
	const struct qnn_file_header *h = (const void *)file->data;
	const struct qnn_file_section *s = &file->sections[i];
	struct qnn_tag_text tag = qnn_tag_text(s->tag);
	bool optional = s->flags & QNN_SECTION_OPTIONAL;
	size_t k;

	if (qnn_file_section(file, s->tag) != s)
		return qnn_fail(-EBADMSG, "%s: section %s: is there twice", file->name, tag.s);
	if (s->flags & ~(QNN_SECTION_OPTIONAL | QNN_SECTION_PACKED))
		return qnn_fail(-EPROTONOSUPPORT,
				"%s: section %s: flags %08x are not known; the file is of version %u.%u, this library reads %u.%u",
				file->name, tag.s, s->flags, h->major, h->minor,
				QNN_FILE_MAJOR, QNN_FILE_MINOR);
	for (k = 0; k < KNOWN_SECTIONS; k++)
		if (known_sections[k].tag == s->tag)
			break;
	if (k < KNOWN_SECTIONS && known_sections[k].optional != optional)
		return qnn_fail(-EBADMSG, "%s: section %s: must %sbe marked optional",
				file->name, tag.s, optional ? "not " : "");
	if (k == KNOWN_SECTIONS && !optional)
		return qnn_fail(-EPROTONOSUPPORT,
				"%s: section %s: is needed but not known here; the file is of version %u.%u, this library reads %u.%u",
				file->name, tag.s, h->major, h->minor,
				QNN_FILE_MAJOR, QNN_FILE_MINOR);
	return 0;
}

/* Place, padding and check sum of section @i; @end is where the last ended. */
static int check_section(const struct qnn_file *file, uint32_t i, uint64_t *end)
{
	const struct qnn_file_section *s = &file->sections[i];
	struct qnn_tag_text tag = qnn_tag_text(s->tag);
	uint64_t start = (*end + QNN_FILE_ALIGN - 1) / QNN_FILE_ALIGN * QNN_FILE_ALIGN;
	uint32_t crc;

	if (s->reserved)
		return qnn_fail(-EBADMSG, "%s: section %s: reserved is not zero",
				file->name, tag.s);
	if (s->offset != start)
		return qnn_fail(-EBADMSG, "%s: section %s: offset is %llu, should be %llu",
				file->name, tag.s, (unsigned long long)s->offset,
				(unsigned long long)start);
	if (!s->size)
		return qnn_fail(-EBADMSG, "%s: section %s: is empty", file->name, tag.s);
	if (start > file->size || s->size > file->size - start)
		return qnn_fail(-EBADMSG, "%s: section %s: is cut: %llu bytes at %llu, the file has %zu",
				file->name, tag.s, (unsigned long long)s->size,
				(unsigned long long)start, file->size);
	if (!all_zero(file->data + *end, start - *end))
		return qnn_fail(-EBADMSG, "%s: section %s: the padding before it is not zero",
				file->name, tag.s);
	crc = qnn_crc32(file->data + start, s->size);
	if (s->crc != crc)
		return qnn_fail(-EBADMSG, "%s: section %s: check sum is %08x, should be %08x",
				file->name, tag.s, s->crc, crc);
	*end = start + s->size;
	return 0;
}

static int unpack(struct qnn_file *file, uint32_t i)
{
	const struct qnn_file_section *s = &file->sections[i];
	const void *data;

	return qnn_file_section_bytes(file->name, s, file->data + s->offset, &data,
				      &file->unpacked[i].size, &file->unpacked[i].data);
}

int qnn_file_parse_layout(struct qnn_file *file)
{
	uint64_t end;
	uint32_t i;
	int err;

	err = check_header(file);
	if (!err)
		err = check_table(file);
	if (err)
		return err;

	end = sizeof(struct qnn_file_header) +
	      file->section_count * sizeof(struct qnn_file_section);
	for (i = 0; i < file->section_count && !err; i++) {
		err = check_section(file, i, &end);
		if (!err)
			err = check_tag(file, i);
	}
	if (err)
		return err;
	if (end != file->size)
		return qnn_fail(-EBADMSG, "%s: has %llu bytes behind the last section",
				file->name, (unsigned long long)(file->size - end));
	for (i = 0; i < KNOWN_SECTIONS; i++)
		if (known_sections[i].needed &&
		    !qnn_file_section(file, known_sections[i].tag))
			return qnn_fail(-EBADMSG, "%s: section %s: is missing", file->name,
					qnn_tag_text(known_sections[i].tag).s);
	/* Only of a file that is sound otherwise. */
	for (i = 0; i < file->section_count && !err; i++)
		err = unpack(file, i);
	return err;
}

// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "libqnn/src/unpack.h"

static void read_all(struct image *image, FILE *in)
{
	struct stat st;
	void *data;

	if (fstat(fileno(in), &st) || !S_ISREG(st.st_mode) ||
	    st.st_size > QNN_FILE_MAX_SIZE)
		return;
	/* A byte more, so that an empty file is memory as well. */
	if (posix_memalign(&data, QNN_FILE_ALIGN, (size_t)st.st_size + 1))
		return;
	image->data = data;
	image->size = fread(image->data, 1, (size_t)st.st_size, in);
}

static void find_sections(struct image *image)
{
	const struct qnn_file_header *header = (const void *)image->data;
	size_t room;

	if (image->size < sizeof(*header) || header->magic != QNN_FILE_MAGIC)
		return;
	image->header = header;
	image->sections = (const void *)(image->data + sizeof(*header));
	room = (image->size - sizeof(*header)) / sizeof(*image->sections);
	image->section_count = header->section_count;
	if (image->section_count > QNN_FILE_MAX_SECTIONS)
		image->section_count = QNN_FILE_MAX_SECTIONS;
	if (image->section_count > room)
		image->section_count = (uint32_t)room;
}

static bool lies_within(const struct image *image,
			const struct qnn_file_section *s)
{
	return !(s->offset % QNN_FILE_ALIGN) && s->offset <= image->size &&
	       s->size <= image->size - s->offset;
}

/* What cannot be unpacked is not there; libqnn says why. */
static void unpack(struct image *image)
{
	static const struct qnn_unpack_name name = { "", "" };
	uint32_t i;

	for (i = 0; i < image->section_count; i++) {
		const struct qnn_file_section *s = &image->sections[i];

		if (s->flags & QNN_SECTION_PACKED && lies_within(image, s))
			qnn_unpack_section(&name, image->data + s->offset,
					   (size_t)s->size,
					   qnn_unpack_limit(s->tag),
					   &image->unpacked[i],
					   &image->unpacked_size[i], NULL);
	}
}

void image_open(struct image *image, const char *path)
{
	/* O_NONBLOCK: nobody may ever write into a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "rb");

	*image = (struct image) { 0 };
	if (!in) {
		if (fd >= 0)
			close(fd);
		return;
	}
	read_all(image, in);
	fclose(in);
	find_sections(image);
	unpack(image);
}

void image_close(struct image *image)
{
	uint32_t i;

	for (i = 0; i < QNN_FILE_MAX_SECTIONS; i++)
		free(image->unpacked[i]);
	free(image->data);
	*image = (struct image) { 0 };
}

const struct qnn_file_packed *image_packed(const struct image *image,
					   uint32_t tag)
{
	uint32_t i;

	for (i = 0; i < image->section_count; i++)
		if (image->sections[i].tag == tag && image->unpacked[i])
			return (const void *)(image->data +
					      image->sections[i].offset);
	return NULL;
}

bool image_section(const struct image *image, uint32_t tag, const void **data,
		   size_t *size)
{
	const struct qnn_file_section *s;
	uint32_t i;

	for (i = 0; i < image->section_count; i++) {
		s = &image->sections[i];
		if (s->tag != tag || !lies_within(image, s))
			continue;
		if (s->flags & QNN_SECTION_PACKED) {
			*data = image->unpacked[i];
			*size = image->unpacked_size[i];
			return *data;
		}
		*data = image->data + s->offset;
		*size = (size_t)s->size;
		return true;
	}
	return false;
}

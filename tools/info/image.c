// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

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
}

void image_close(struct image *image)
{
	free(image->data);
	*image = (struct image) { 0 };
}

bool image_section(const struct image *image, uint32_t tag, const void **data,
		   size_t *size)
{
	const struct qnn_file_section *s;
	uint32_t i;

	for (i = 0; i < image->section_count; i++) {
		s = &image->sections[i];
		if (s->tag != tag || s->offset % QNN_FILE_ALIGN ||
		    s->offset > image->size ||
		    s->size > image->size - s->offset)
			continue;
		*data = image->data + s->offset;
		*size = (size_t)s->size;
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a .qnn file and its section table, as far as they make sense.
 * This is for showing damaged files too, so nothing but bounds is checked;
 * libqnn decides whether a file is good.
 */
#ifndef QNN_INFO_IMAGE_H
#define QNN_INFO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "qnn_file.h"

struct image {
	unsigned char *data;	/* 64-byte aligned */
	size_t size;
	const struct qnn_file_header *header;	/* NULL: not a .qnn file */
	const struct qnn_file_section *sections;
	uint32_t section_count;	/* that lie within the file */
	void *unpacked[QNN_FILE_MAX_SECTIONS];	/* packed ones that are sound */
	size_t unpacked_size[QNN_FILE_MAX_SECTIONS];
};

/** image_open() - read a file; one that cannot be read is an empty image */
void image_open(struct image *image, const char *path);
void image_close(struct image *image);

/** image_packed() - how a section is stored; NULL: as it is, or not to be read */
const struct qnn_file_packed *image_packed(const struct image *image,
					   uint32_t tag);

/** image_section() - false when there is none, or it leaves the file */
bool image_section(const struct image *image, uint32_t tag, const void **data,
		   size_t *size);

#endif /* QNN_INFO_IMAGE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Reading .qnn files. No byte of a file is trusted: qnn_file_parse() checks
 * all of it before anything else looks at it.
 */
#ifndef LIBQNN_FILE_H
#define LIBQNN_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "qnn_device.h"
#include "qnn_file.h"

/* A checked file; pointers lead into @data, or into what was packed there. */
struct qnn_file {
	const char *name;		/* for error texts */
	const uint8_t *data;		/* 64-byte aligned */
	size_t size;
	const struct qnn_file_section *sections;
	uint32_t section_count;
	struct {
		void *data;		/* NULL: the section is not packed */
		size_t size;
	} unpacked[QNN_FILE_MAX_SECTIONS];

	struct qnn_program prog;	/* validated */
	const struct qnn_file_tensor *tensors;
	uint32_t tensor_count;
	const float *scales;
	uint32_t scale_count;
	const struct qnn_file_step *steps;
	uint32_t step_count;
	const float *operands;
	const struct qnn_file_layer *layers;	/* NULL: no names */
	const char *labels;			/* NULL: none */
	size_t label_bytes;
};

/* Reads @path into new memory, 64-byte aligned, that the caller frees. */
int qnn_file_read(const char *path, void **data, size_t *size);

/*
 * Checks @data and describes it. @name names the file in error texts and must
 * stay valid as long as @file, like the data. qnn_file_free() frees what @file has of
 * its own, on failure too.
 */
int qnn_file_parse(struct qnn_file *file, const char *name, const void *data,
		   size_t size);
void qnn_file_free(struct qnn_file *file);

/* NULL: the file has no such section. */
const struct qnn_file_section *qnn_file_section(const struct qnn_file *file,
						uint32_t tag);

/* Its bytes, unpacked, and how many; NULL: there are none. */
const void *qnn_file_contents(const struct qnn_file *file, uint32_t tag, size_t *size);

/*
 * The bytes of section @s, which are at @stored. Those of a packed one are in new memory,
 * which is also @unpacked, for the caller to free.
 */
int qnn_file_section_bytes(const char *name, const struct qnn_file_section *s,
			   const void *stored, const void **data, size_t *size,
			   void **unpacked);

/* The parts of qnn_file_parse(), each in its own source file. */
int qnn_file_parse_layout(struct qnn_file *file);
int qnn_file_parse_program(struct qnn_file *file);
int qnn_file_parse_tensors(struct qnn_file *file);
int qnn_file_parse_steps(struct qnn_file *file);
int qnn_file_parse_texts(struct qnn_file *file);

/* Name of a section for error texts: 4 letters, or hexadecimal. */
struct qnn_tag_text {
	char s[12];
};

struct qnn_tag_text qnn_tag_text(uint32_t tag);

#endif /* LIBQNN_FILE_H */

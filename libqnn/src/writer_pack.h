/* SPDX-License-Identifier: MIT */
/* Packed sections, as unpack.h reads them: whatever takes least room. */
#ifndef LIBQNN_WRITER_PACK_H
#define LIBQNN_WRITER_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "qnn_device.h"

/* Bytes of a section that are of one kind. */
struct qnn_range {
	uint64_t offset, size;
	uint8_t bits;		/* of a field; 16 or 32: words; 0: anything */
	uint32_t row;		/* fields in a row; not of words */
};

/*
 * Ranges of a program image that is checked, ascending, with whatever lies between them;
 * to be freed. NULL: no memory.
 */
struct qnn_range *qnn_program_ranges(const struct qnn_program *prog, size_t image_size,
				     size_t *count);

/*
 * Packs @data, which consists of @ranges. Returns 0 with *@packed NULL where that would not
 * be smaller, else memory for the caller to free.
 */
int qnn_pack_section(const void *data, size_t size, const struct qnn_range *ranges,
		     size_t count, void **packed, size_t *packed_size);

#endif /* LIBQNN_WRITER_PACK_H */

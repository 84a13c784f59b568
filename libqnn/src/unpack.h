/* SPDX-License-Identifier: MIT */
/*
 * Packed sections: from what is stored to the bytes that it stands for. Nothing
 * that is stored is trusted, and nothing is allocated before it is known that
 * the size is allowed.
 */
#ifndef LIBQNN_UNPACK_H
#define LIBQNN_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "qnn_file.h"

/* Most bytes that the section @tag may have. */
uint64_t qnn_unpack_limit(uint32_t tag);

/* What an error text is about: "file: section". */
struct qnn_unpack_name {
	const char *file;
	const char *section;
};

/*
 * Memory with the section's bytes, 64-byte aligned, that the caller frees. Their
 * check sum is right, unless @crc is not NULL: then it is told what it is.
 */
int qnn_unpack_section(const struct qnn_unpack_name *name, const void *stored,
		       size_t stored_size, uint64_t limit, void **data, size_t *size,
		       uint32_t *crc);

/* A distance of as much goes on, with nothing at its end. */
#define QNN_PIECE_FAR	255u

/* Bytes of a row of @row fields of @bits each. */
static inline uint64_t qnn_piece_row_bytes(uint32_t row, uint8_t bits)
{
	return ((uint64_t)row * bits + 7) / 8;
}

/* Field @index of a row that starts at @row. */
static inline unsigned int qnn_piece_get(const uint8_t *row, uint64_t index, unsigned int bits)
{
	uint64_t at = index * bits;
	unsigned int shift = at % 8, v = row[at / 8] >> shift;

	if (shift + bits > 8)
		v |= row[at / 8 + 1] << (8 - shift);
	return v & ((1u << bits) - 1);
}

static inline void qnn_piece_put(uint8_t *row, uint64_t index, unsigned int bits,
				 unsigned int value)
{
	uint64_t at = index * bits;
	unsigned int shift = at % 8, mask = (1u << bits) - 1;

	row[at / 8] = (row[at / 8] & ~(mask << shift)) | value << shift;
	if (shift + bits > 8)
		row[at / 8 + 1] = (row[at / 8 + 1] & ~(mask >> (8 - shift))) |
				  value >> (8 - shift);
}

#endif /* LIBQNN_UNPACK_H */

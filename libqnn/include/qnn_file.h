/* SPDX-License-Identifier: MIT */
/*
 * The .qnn model file, version 1.2.
 *
 *   struct qnn_file_header                         64 bytes
 *   struct qnn_file_section [section_count]        32 bytes each
 *   sections, each at a multiple of 64, in the order of the table
 *
 * Little-endian. Every byte between sections and every reserved field is zero,
 * and a loader checks that; together with the check sums no flipped bit of a
 * file stays unnoticed. A reader refuses another major version; it skips
 * unknown sections with QNN_SECTION_OPTIONAL and refuses other unknown ones.
 * Documentation/qnn-file.rst is the specification.
 */
#ifndef QNN_FILE_H
#define QNN_FILE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define QNN_FILE_MAGIC		0x464e4e51u	/* "QNNF" */
#define QNN_FILE_MAJOR		1
#define QNN_FILE_MINOR		2	/* newest; of files without packed sections
					 * 1, and without steps 0 */
#define QNN_FILE_MAX_SECTIONS	32
#define QNN_FILE_MAX_SIZE	(1u << 30)
#define QNN_FILE_ALIGN		64
#define QNN_FILE_MAX_STEPS	16	/* of a tensor */

#define QNN_SECTION_TAG(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
/* The program, as the device reads it. */
#define QNN_SECTION_PROGRAM	QNN_SECTION_TAG('P', 'R', 'O', 'G')
/* struct qnn_file_tensor []: inputs and outputs. */
#define QNN_SECTION_TENSORS	QNN_SECTION_TAG('T', 'E', 'N', 'S')
/* float []: scales that tensors refer to. */
#define QNN_SECTION_SCALES	QNN_SECTION_TAG('S', 'C', 'A', 'L')
/*
 * struct qnn_file_step []: what real numbers of outputs go through; and
 * float []: their operands. Not optional, but most files have neither.
 */
#define QNN_SECTION_STEPS	QNN_SECTION_TAG('S', 'T', 'E', 'P')
#define QNN_SECTION_OPERANDS	QNN_SECTION_TAG('O', 'P', 'N', 'D')
/* struct qnn_file_layer []: one per command. Optional. */
#define QNN_SECTION_LAYERS	QNN_SECTION_TAG('L', 'A', 'Y', 'R')
/* NUL-terminated class names in order. Optional. */
#define QNN_SECTION_LABELS	QNN_SECTION_TAG('L', 'A', 'B', 'L')
/* JSON text: where the model and its numbers come from. Optional. */
#define QNN_SECTION_ORIGIN	QNN_SECTION_TAG('O', 'R', 'I', 'G')

#define QNN_SECTION_OPTIONAL	1u
/* What is stored is not the section, but a struct qnn_file_packed. */
#define QNN_SECTION_PACKED	2u

#define QNN_FILE_MAX_PACKED	(16u << 20)	/* bytes of such a section, but PROG */
#define QNN_FILE_MAX_RATIO	1024		/* of its bytes to those stored */

struct qnn_file_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint64_t size;			/* of the whole file, bytes */
	uint32_t section_count;
	uint32_t table_crc;		/* crc32 (zlib) of the section table */
	uint32_t reserved[9];
	uint32_t header_crc;		/* crc32 of the 60 bytes before it */
};

struct qnn_file_section {
	uint32_t tag;			/* QNN_SECTION_* */
	uint32_t flags;			/* QNN_SECTION_OPTIONAL, _PACKED */
	uint64_t offset;		/* from the start of the file */
	uint64_t size;			/* bytes, without padding */
	uint32_t crc;			/* crc32 (zlib) of these bytes */
	uint32_t reserved;
};

/*
 * A packed section: this, the table of its pieces, and for each piece in order a
 * raw deflate stream (RFC 1951).
 */
struct qnn_file_packed {
	uint64_t size;			/* of the section, bytes */
	uint32_t crc;			/* crc32 (zlib) of it */
	uint32_t piece_count;
};

/* What the bytes of a stream are. */
enum qnn_file_piece_kind {
	QNN_PIECE_PLAIN = 1,		/* the section's */
	QNN_PIECE_PLANES = 2,		/* lowest bytes of all words, and so on */
	QNN_PIECE_FIELDS = 3,		/* 8 / bits fields each */
	QNN_PIECE_SPARSE = 4,		/* distances, then fields that are not fill */
};

struct qnn_file_piece {
	uint32_t size;			/* bytes of the section */
	uint32_t stored;		/* bytes of the stream */
	uint8_t kind;			/* enum qnn_file_piece_kind */
	uint8_t bits;			/* PLANES: 16, 32; fields: 1 to 8 */
	uint16_t fill;			/* SPARSE: of fields that are left out */
	uint32_t row;			/* fields in a row, which starts on a byte */
};

enum qnn_file_role {
	QNN_FILE_INPUT = 1,
	QNN_FILE_OUTPUT = 2,
};

/* real value = (element - zero_point) * scale, and then through its steps */
struct qnn_file_tensor {
	char name[64];			/* NUL-terminated and zero-filled */
	uint32_t role;			/* enum qnn_file_role */
	uint32_t region;		/* of the program; one tensor a region */
	uint64_t offset;		/* of element (0, 0, 0) in the region */
	uint32_t height;
	uint32_t width;
	uint32_t channels;
	uint32_t type;			/* element type of the device */
	uint32_t row_stride;		/* bytes */
	uint32_t pixel_stride;		/* bytes */
	int32_t zero_point;
	uint32_t scale_index;		/* of the first scale */
	uint32_t scale_count;		/* 1, or channels */
	uint32_t reserved[3];
};

/* In the order of the tensors, and for each of them in order. */
struct qnn_file_step {
	uint32_t tensor;		/* index of an output */
	uint32_t kind;			/* enum qnn_step_kind */
	uint32_t operand_index;		/* of the first operand */
	uint32_t operand_count;		/* 1, or channels; softmax: 0 */
};

struct qnn_file_layer {
	char name[64];			/* of the node in the source model */
	char op[32];			/* what it was there, "Conv+BN+Relu" */
};

#ifdef __cplusplus
}
#endif

#endif /* QNN_FILE_H */

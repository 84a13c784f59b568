/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Small valid programs with known constants, for tests that change them. */
#ifndef FW_BASES_H
#define FW_BASES_H

#include "fw_test.h"

enum base {
	CONV,		/* grouped 3x3, s4 weights, bias, requantize per channel */
	FLOATS,		/* the same with rule C, one scale */
	BOOK,		/* 3-bit code books, thresholds per channel, negated */
	FC,		/* raw */
	MAX,
	MEAN,
	ADD,
	CHAIN,		/* CONV, then MAX_POOL of its result */
	TABLE,		/* FC, one scale, a table per channel */
	MUL,		/* a pixel of factors, raw */
	SPREAD,		/* grouped transposed 3x3 by 2, padded, bias, raw */
	COPY,		/* blocks of 2x2 to channels 3 to 34 */
	ARGMAX,
	SOFTMAX,	/* S8 to U8, a table at the start of the constants */
	BASES,
};

/* Constants of the bases, in the order that they are added. */
#define CONV_ROW	18			/* 3 * 3 * 4 of 4 bits */
#define CONV_BIAS	(4 * CONV_ROW)
#define CONV_SCALE	(CONV_BIAS + 16)
#define CONV_SHIFT	(CONV_SCALE + 16)
#define CONV_CONSTS	128
#define BOOK_TABLE	24			/* after four rows of 6 bytes */
#define BOOK_LEVELS	(BOOK_TABLE + 16)
#define BOOK_NEGATE	(BOOK_LEVELS + 48)

#define TABLE_SCALE	64			/* after four rows of 16 bytes */
#define TABLE_SHIFT	(TABLE_SCALE + 4)
#define TABLE_ENTRIES	(TABLE_SHIFT + 1)
#define TABLE_CONSTS	1152
#define SPREAD_ROW	9			/* 3 * 3 * 2 of 4 bits */
#define SPREAD_BIAS	(4 * SPREAD_ROW)
#define SPREAD_CONSTS	64

/* The caller frees the image. */
void *bases_build(enum base base, size_t *size);

#endif /* FW_BASES_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Working memory of the arrays: operands are unpacked into it once and used
 * many times. Rows beyond those loaded hold rubbish and are never read.
 */
#ifndef QNN_TILE_H
#define QNN_TILE_H

#include "qnn_device.h"

#define QNN_TILE_PIXELS		32u	/* output pixels */
#define QNN_TILE_CHANNELS	16u	/* output channels, a multiple of 8 */
#define QNN_TILE_DEPTH		128u	/* taps, a multiple of 8 */
#define QNN_LINE		128u	/* elements of a pixel, a multiple of 8 */

_Static_assert(QNN_TILE_PIXELS * QNN_TILE_CHANNELS * QNN_TILE_DEPTH <= QNN_POLL_WORK,
	       "a tile is done between two polls");

/*
 * MAC array. The weights of two output channels share a 64-bit word, low +
 * high * 2^32: one multiplication by an activation is two multiply-adds. The
 * sums cannot disturb each other beyond a borrow, because the validator has
 * proved that each stays within 32 bits.
 */
struct qnn_mac_tile {
	s32 acc[QNN_TILE_PIXELS][QNN_TILE_CHANNELS];
	s16 act[QNN_TILE_PIXELS][QNN_TILE_DEPTH];
	s64 weight[QNN_TILE_CHANNELS / 2][QNN_TILE_DEPTH];
	s16 row[QNN_TILE_DEPTH];	/* one channel's weights, unpacked */
};

/*
 * Depthwise convolution: products of one channel each, so channels lie side by
 * side and there is nothing to sum over but the kernel.
 */
#define QNN_LINE_PIXELS		16u
#define QNN_LINE_TAPS		32u	/* a multiple of 8 */

struct qnn_depthwise_tile {
	s32 acc[QNN_LINE_PIXELS][QNN_LINE];
	s16 weight[QNN_LINE_TAPS][QNN_LINE];
	s16 act[QNN_LINE];
	s16 row[QNN_LINE_TAPS];
};

/* Vector unit: a stretch of one pixel's channels. */
struct qnn_vector_tile {
	s32 acc[QNN_LINE];
	s32 second[QNN_LINE];	/* operand, of commands with two */
	s16 line[QNN_LINE];
};

/*
 * Vector units of the machine that emulates: sums of a tile, a part of the
 * input as it suits them.
 */
#define QNN_FAST_BYTES		(1u << 20)

struct qnn_tile {
	union {
		u8 fast[QNN_FAST_BYTES];
		struct qnn_mac_tile mac;
		struct qnn_depthwise_tile depthwise;
		struct qnn_vector_tile vector;
	};
};

/*
 * acc[p][c] += sum over d < depth of act[p][d] * weight[c][d], for @pixels rows
 * and for @channels rounded up to four.
 */
void qnn_array_mac(struct qnn_mac_tile *tile, u32 pixels, u32 channels, u32 depth);

#endif /* QNN_TILE_H */

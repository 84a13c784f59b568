/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the kernels of all instruction sets have in common. */
#ifndef QNN_KERNEL_H
#define QNN_KERNEL_H

#include "poll.h"
#include "qnn_device.h"

#define QNN_LANES	16u	/* 32-bit accumulators of a vector */
#define QNN_BLOCK	64u	/* output channels of a full tile */
/* Output pixels of a tile, at most: a kernel's stack has no room for many. */
#ifdef QNN_HAVE_AMX
#define QNN_MAC_ROWS	32u
#define QNN_TILES	2u	/* in turns */
#else
#define QNN_MAC_ROWS	16u
#define QNN_TILES	1u
#endif
#define QNN_MATRIX_BLOCK 32u	/* the same of a matrix unit: their weights stay near */
#define QNN_TILE_SUMS	(64u * QNN_LANES)	/* of 32 x 32, or 16 x 64 */
#define QNN_ACC_BYTES	(QNN_TILES * QNN_TILE_SUMS * 4u)

static inline u32 min_u32(u32 a, u32 b)
{
	return a < b ? a : b;
}

static inline u32 max_u32(u32 a, u32 b)
{
	return a > b ? a : b;
}

/* What a matrix unit is set up for, from tile to tile. */
struct qnn_matrix_shape {
	u32 first, second;	/* pixels of the halves; 0: for nothing */
	u32 depth;		/* of a step */
};

/*
 * A tile of output pixels x output channels. Channels lie in vectors of
 * QNN_LANES; weights have four depths of each channel side by side.
 */
struct qnn_mac_args {
	const u8 *pixel[QNN_MAC_ROWS];	/* first byte under the kernel */
	u32 pixels;			/* that are wanted; the kernel may do more */
	u32 pixel_step;			/* bytes between pixels of a group: run_even, mac_32 */
	u32 rows, row_step;		/* rows of segments, bytes between them */
	u32 columns, column_step;	/* segments of a row */
	u32 length;			/* bytes of a segment, a multiple of 4 */
	const s8 *weights;
	const s32 *start[QNN_MAC_ROWS];	/* accumulators of each pixel */
	s32 *acc;			/* the sums, pixel by pixel */
	const u8 *ahead;		/* weights that are wanted next */
	/* mac_32: tiles of two halves of up to sixteen pixels */
	u32 half;			/* pixels of the first one */
	u32 scattered;			/* those of a half are not pixel_step apart */
	u32 depth;			/* of a step, which segments are a multiple of ... */
	u32 all_depth;			/* ... and of all weights of a channel */
	u32 fetch;			/* lines of ahead in each step */
	struct qnn_matrix_shape *shape;	/* kept until release() */
	/* of bits: how many, and a count of the first is worth -(1 << shift) */
	u32 planes;
	u32 shift;
};

#define QNN_EVEN	4u	/* pixels of a group */

/*
 * The names say operands, pixels x channels, and instruction set. @run_even is
 * for groups of pixels that are a step apart, or NULL: there are no registers
 * for twelve pointers.
 */
struct qnn_mac_kernel {
	void (*run)(const struct qnn_mac_args *args);
	u32 pixels;
	void (*run_even)(const struct qnn_mac_args *args);
};

/*
 * Kernels for @vectors (1 to 4) vectors of channels, the one with most pixels
 * first, the last for one pixel.
 */
const struct qnn_mac_kernel *qnn_mac_kernels(u32 isa, u32 vectors);

/*
 * Weights of a block as codes of 1, 2 or 4 bits become bytes. Words of 4 bytes a
 * channel have their codes as those of packed kernels; QNN_LANES of them are a
 * vector.
 */
struct qnn_widen_args {
	const s8 *value;	/* of each code: 16 */
	u32 bits;
	u32 vectors;		/* of channels */
	u32 quads;		/* fours of depths */
	const u8 *codes;
	u8 *bytes;
};

/* What an output stage needs. */
struct qnn_store {
	const struct qnn_cmd *cmd;
	const u8 *consts;
	const u8 *arrays;	/* prepared: stage.h */
	u32 padded;		/* channels that the arrays have */
	u32 group_out;
	u32 group_padded;
	/* Bounds of the results before the zero point is added, and that. */
	s32 least;
	s32 most;
	s32 zero;
	u32 bits;		/* of an output element ... */
	u32 is_signed;		/* ... and does it have a sign */
};

/* A tile of sums on its way out. */
struct qnn_tile_out {
	u8 *const *pixel;		/* in the output */
	const u32 *extra;		/* to be added to each sum of a pixel */
	u32 pixels;
	u32 group;
	u32 first;		/* channel of the group, a multiple of QNN_LANES */
	u32 count;		/* channels */
	s32 *acc;		/* pixel by pixel, rounded up to vectors; overwritten */
};

/* Sends a tile through the output stage. */
typedef void (*qnn_stage_fn)(const struct qnn_store *store, const struct qnn_tile_out *tile);

/* A row of a depthwise convolution's output. */
struct qnn_depthwise_args {
	const u8 *row;		/* of the input, as a view */
	const u32 *tap;		/* where each tap starts in it; four a quad */
	u32 quads;
	const s8 *weights;	/* [block][quad][64][4] */
	const s32 *bias;
	s32 weight_zero;
	u32 blocks;		/* of 64 elements, after which weights repeat ... */
	u32 first_block;	/* ... and those of them that are wanted */
	u32 end_block;
	u32 bytes;		/* elements of the row */
	const struct qnn_store *store;
	u8 *codes;		/* a byte for each */
};

typedef void (*qnn_depthwise_fn)(const struct qnn_depthwise_args *args);

/*
 * The same of 3 x 3 taps whose channels fill blocks: a stretch of a row of the output,
 * or of two, one below the other.
 */
struct qnn_depthwise_3x3_args {
	const u8 *line[4];	/* of the input: under the taps, and one more for two rows */
	u32 rows;		/* 1; with a stride of 1 also 2 */
	u32 pixels;
	u32 column[3];		/* where the first pixel's columns are in a line */
	u32 step;		/* bytes from a pixel to the next one's columns */
	u32 stride;		/* 1 or 2: its first column is that one of this pixel */
	u32 left;		/* the first pixel's first column is outside of the line */
	u32 right;		/* the last pixel's last one is */
	u8 fill;		/* what is there */
	u8 flip;		/* of what is in the lines */
	const s8 *weights;	/* [block][column][64][4] */
	const s32 *bias;
	s32 weight_zero;
	u32 channels;
	u32 first_block;
	u32 end_block;
	const struct qnn_store *store;
	u8 *codes[2];		/* a byte for each channel ... */
	u32 code_step;		/* ... of a pixel */
};

typedef void (*qnn_depthwise_3x3_fn)(const struct qnn_depthwise_3x3_args *args);

/* The same where pixels have 8, 16 or 32 channels and lie side by side. */
struct qnn_depthwise_narrow_args {
	const u8 *line[4];
	u32 line_bytes[4];	/* that are there; none: the line is outside */
	u32 rows;		/* as above */
	u32 stride;
	u32 left;		/* columns before the lines */
	u32 channels;
	u8 fill;		/* what surrounds the lines, as the taps see it */
	u8 flip;		/* of what is in them */
	const s8 *weights;	/* of one block, in which channels repeat */
	const s32 *bias;
	s32 weight_zero;
	const struct qnn_store *store;
	u8 *codes[2];
	u32 from;		/* of them, a multiple of 64 ... */
	u32 end;		/* ... and up to here */
};

typedef void (*qnn_depthwise_narrow_fn)(const struct qnn_depthwise_narrow_args *args);

struct qnn_operand;

/*
 * Both operands of an addition, scaled: what a byte is worth is its product with a
 * slope and a rest, which has a byte for each. Bytes with a sign count from the
 * smallest one. Slopes have digits of 7 bits, with a sign, the highest ones first.
 */
struct qnn_add_linear {
	u8 rest[2][256];
	s32 offset;		/* of the sum of both */
	s8 digit[3][2];
	u8 flip[2];
	u8 valid;
};

/*
 * The code of a sum as a number with a fraction: bytes times slopes, and an offset. It is
 * never too small, and too large by less than what is masked out of its fraction: where
 * the rest of that is 0, the code is in doubt.
 */
struct qnn_add_estimate {
	s32 offset;
	s32 doubt;		/* that mask */
	u32 fraction;		/* bits */
	s16 high[2];		/* of the slopes, from bit 15 on */
	s16 low[2];
	u8 flip[2];		/* makes bytes with a sign count from the smallest */
	u8 valid;
};

/* A stretch of an addition of two tensors of bytes. */
struct qnn_add_args {
	const u8 *x[2];
	u8 is_signed[2];
	s32 zero[2];
	u32 left[2];		/* shifts before the scales */
	u32 rule;		/* of the scales */
	const struct qnn_operand *operand;	/* two */
	const struct qnn_add_linear *linear;
	const struct qnn_add_estimate *estimate;
	void (*exact)(const struct qnn_add_args *args);	/* where an estimate is in doubt */
	u32 count;
	const struct qnn_store *store;
	u8 *codes;
};

typedef void (*qnn_add_fn)(const struct qnn_add_args *args);

/* The largest bytes under a window, or of those and what was found before; or their sums. */
struct qnn_window {
	const u8 *src;
	u64 row_step, column_step;
	u32 rows, columns;
	u32 count;		/* channels */
	u32 is_signed;
	u32 first;		/* nothing was found before */
	u8 *dst;		/* of the largest */
};

/*
 * The sum of channel @i, for those that do not fill a register. It may leave 32 bits
 * and come back when zero points are taken away.
 */
static inline s32 qnn_window_sum_one(const struct qnn_window *w, u32 i, s32 before)
{
	u32 sum = w->first ? 0 : (u32)before, y, x;

	for (y = 0; y < w->rows; y++) {
		for (x = 0; x < w->columns; x++) {
			u8 byte = w->src[i + y * w->row_step + x * w->column_step];

			sum += w->is_signed ? (u32)(s8)byte : byte;
		}
	}
	return (s32)sum;
}

/*
 * What becomes of pairs of elements, where the result has one or two bits and a
 * larger first element never makes it smaller: step k is reached by an x above
 * below[k][y], and by any x from a certain y on.
 */
struct qnn_pair_steps {
	u8 below[3][256];
	u64 always_none[3];	/* -1: there is no such y */
	u64 turn;		/* what the high bit of a code is turned by, and once more */
	u8 always_from[3];
	u8 flip[2];		/* of the bytes x and y: they ascend then */
};

struct qnn_pairs_args {
	const struct qnn_pair_steps *steps;
	const u8 *x;
	const u8 *y;
	u32 wide;		/* has y more than 64 values? */
	u32 bits;
	u32 count;
	u8 *dst;		/* packed; the last byte's rest is 0 */
};

#endif /* QNN_KERNEL_H */

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations x s8 weights: two times sixteen pixels x sixteen channels, by an
 * instruction of the matrix unit (AMX). In user space alone: the kernel does not keep
 * the tiles of its own code.
 *
 * Weights lie as VNNI takes them, which is a row of a tile for each four depths. A row
 * of the other operand is a pixel: where pixels are a step apart, they are read from
 * where they are, else from a copy. Tiles have as many rows as pixels are wanted.
 */
#include "../avx512/avx512.h"
#include "../isa.h"

#define PIXELS		16u
#define MOST_DEPTH	64u	/* of a step */
#define LEAST_DEPTH	12u	/* with less the vector unit is as fast */

/* Sums of the first pixels and the second ones, by the first channels and the second. */
#define SUM_11	0
#define SUM_12	1
#define SUM_21	2
#define SUM_22	3
#define PIXELS_1	4
#define PIXELS_2	5
#define CHANNELS_1	6
#define CHANNELS_2	7

#define INLINE	static inline __attribute__((always_inline))

/* What LDTILECFG reads. */
struct config {
	u8 palette;
	u8 start_row;
	u8 reserved[14];
	u16 column_bytes[16];
	u8 rows[16];
};

/* The intrinsics do not say that they read and write memory. */
#define MEMORY()	__asm__ volatile("" : : : "memory")

u32 qnn_matrix_depth_amx(u32 length)
{
	u32 depth;

	for (depth = MOST_DEPTH; depth >= LEAST_DEPTH; depth -= 4) {
		if (length % depth == 0)
			return depth;
	}
	return 0;
}

/* Takes as long as a few steps, so it is done only where tiles change. */
static void configure(const struct qnn_mac_args *args)
{
	const struct qnn_matrix_shape shape = {
		args->half, args->pixels - args->half, args->depth,
	};
	struct config c __attribute__((aligned(64))) = { .palette = 1 };
	u32 i;

	if (shape.first == args->shape->first && shape.second == args->shape->second &&
	    shape.depth == args->shape->depth)
		return;
	*args->shape = shape;
	for (i = SUM_11; i <= SUM_22; i++)
		c.column_bytes[i] = QNN_LANES * 4;
	c.column_bytes[PIXELS_1] = c.column_bytes[PIXELS_2] = (u16)shape.depth;
	c.column_bytes[CHANNELS_1] = c.column_bytes[CHANNELS_2] = QNN_LANES * 4;
	c.rows[SUM_11] = c.rows[SUM_12] = c.rows[PIXELS_1] = (u8)shape.first;
	c.rows[SUM_21] = c.rows[SUM_22] = c.rows[PIXELS_2] =
		(u8)(shape.second ? shape.second : 1);
	c.rows[CHANNELS_1] = c.rows[CHANNELS_2] = (u8)(shape.depth / 4);
	/* The compiler thinks that only the first bytes of it are read. */
	__asm__ volatile("" : : "r"(&c) : "memory");
	_tile_loadconfig(&c);
}

struct run {
	const struct qnn_mac_args *args;
	u32 second;		/* pixels of the second half */
	u8 *copy;		/* of two halves, two times in turns */
	u32 turn;
};

/* A step of @pixels pixels, side by side. */
static const u8 *gather(struct run *r, const u8 *const *pixel, u32 pixels, u64 from)
{
	const __mmask64 some = first_bytes(r->args->depth);
	u8 *copy = r->copy + (r->turn++ & 3) * PIXELS * MOST_DEPTH;
	u32 p;

	for (p = 0; p < pixels; p++)
		_mm512_store_si512(copy + p * MOST_DEPTH,
				   _mm512_maskz_loadu_epi8(some, pixel[p] + from));
	MEMORY();
	return copy;
}

INLINE void load_pixels(struct run *r, u64 from)
{
	const struct qnn_mac_args *args = r->args;
	const u8 *const *second = args->pixel + args->half;

	if (args->scattered) {
		_tile_loadd(PIXELS_1, gather(r, args->pixel, args->half, from), MOST_DEPTH);
		if (r->second)
			_tile_loadd(PIXELS_2, gather(r, second, r->second, from), MOST_DEPTH);
		return;
	}
	_tile_loadd(PIXELS_1, args->pixel[0] + from, args->pixel_step);
	if (r->second)
		_tile_loadd(PIXELS_2, second[0] + from, args->pixel_step);
}

/* Weights of the second channels are @apart from those of the first. */
INLINE void multiply(const struct run *r, const u32 vectors, const s8 *weights, u64 apart)
{
	_tile_loadd(CHANNELS_1, weights, QNN_LANES * 4);
	_tile_dpbusd(SUM_11, PIXELS_1, CHANNELS_1);
	if (vectors > 1) {
		_tile_loadd(CHANNELS_2, weights + apart, QNN_LANES * 4);
		_tile_dpbusd(SUM_12, PIXELS_1, CHANNELS_2);
	}
	if (!r->second)
		return;
	_tile_dpbusd(SUM_21, PIXELS_2, CHANNELS_1);
	if (vectors > 1)
		_tile_dpbusd(SUM_22, PIXELS_2, CHANNELS_2);
}

/* Weights of the next block. */
INLINE const u8 *fetch(const u8 *ahead, u32 lines)
{
	for (; lines; lines--, ahead += 64)
		_mm_prefetch((const char *)ahead, _MM_HINT_T1);
	return ahead;
}

/* Sums begin with the bias, or with what a part before has left. */
INLINE void begin(const struct run *r, const u32 vectors)
{
	const struct qnn_mac_args *args = r->args;
	const int more = args->start[0] == args->acc;
	const u64 row = more ? vectors * QNN_LANES * 4 : 0;
	const s32 *first = args->start[0];
	const s32 *second = more ? first + args->half * vectors * QNN_LANES : first;

	_tile_loadd(SUM_11, first, row);
	if (vectors > 1)
		_tile_loadd(SUM_12, first + QNN_LANES, row);
	if (!r->second)
		return;
	_tile_loadd(SUM_21, second, row);
	if (vectors > 1)
		_tile_loadd(SUM_22, second + QNN_LANES, row);
}

INLINE void end(const struct run *r, const u32 vectors)
{
	const u64 row = vectors * QNN_LANES * 4;
	s32 *first = r->args->acc, *second = first + r->args->half * vectors * QNN_LANES;

	_tile_stored(SUM_11, first, row);
	if (vectors > 1)
		_tile_stored(SUM_12, first + QNN_LANES, row);
	if (!r->second)
		return;
	_tile_stored(SUM_21, second, row);
	if (vectors > 1)
		_tile_stored(SUM_22, second + QNN_LANES, row);
}

#define MAC_KERNEL(VECTORS)								\
static void mac_u8s8_32x##VECTORS##_amx(const struct qnn_mac_args *args)		\
{											\
	u8 copy[4 * PIXELS * MOST_DEPTH] __attribute__((aligned(64)));			\
	struct run r = {								\
		.args = args, .second = args->pixels - args->half,			\
		.copy = copy,								\
	};										\
	const u64 apart = (u64)args->all_depth * QNN_LANES;				\
	const s8 *weights = args->weights;						\
	const u8 *ahead = args->ahead;							\
	u32 y, x, k;									\
											\
	configure(args);								\
	MEMORY();									\
	begin(&r, VECTORS);								\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 from = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (k = 0; k < args->length; k += args->depth) {		\
				load_pixels(&r, from + k);				\
				multiply(&r, VECTORS, weights, apart);			\
				weights += args->depth * QNN_LANES;			\
				ahead = fetch(ahead, args->fetch);			\
			}								\
		}									\
	}										\
	end(&r, VECTORS);								\
	MEMORY();									\
}

MAC_KERNEL(1)
MAC_KERNEL(2)

/* Tiles that are in use have to be saved whenever the thread is. */
void qnn_release_amx(struct qnn_matrix_shape *shape)
{
	if (shape->first)
		_tile_release();
	shape->first = 0;
}

#define KERNEL(VECTORS) {								\
	.run = mac_u8s8_32x##VECTORS##_amx, .pixels = 2 * PIXELS,			\
}

const struct qnn_mac_kernel qnn_mac_amx[2] = { KERNEL(1), KERNEL(2) };

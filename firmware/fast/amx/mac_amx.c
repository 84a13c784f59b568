// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * u8 activations x s8 weights: sixteen pixels x sixteen channels, sixty-four deep, by
 * an instruction of the matrix unit (AMX). In user space alone: the kernel does not
 * keep the tiles of its own code.
 *
 * Weights lie as VNNI takes them, which is a row of a tile for each four depths. A row
 * of the other operand is a pixel: where pixels are a step apart, they are read from
 * where they are, else from a copy. Tiles have as many rows as pixels are wanted.
 */
#include "../avx512/avx512.h"
#include "../isa.h"

#define PIXELS	16u
#define DEEP	64u	/* depths of a step */

/* Tiles 0 to 3 are sums. */
#define INPUT		4
#define WEIGHTS		5
#define INPUT_REST	6	/* of the end of a segment, which is less than a step */
#define WEIGHTS_REST	7

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

/* Where the rows of a tile of activations are. */
struct input {
	const u8 *const *pixel;
	u32 pixels;
	u64 step;		/* bytes between pixels; 0: they need a copy */
	u8 *copy;		/* two tiles, in turns */
	u32 turn;
};

/* Takes as long as a few steps, so it is done only where tiles change. */
static void configure(struct qnn_matrix_shape *shape, u32 pixels, u32 rest)
{
	struct config c __attribute__((aligned(64))) = { .palette = 1 };
	u32 i;

	if (shape->pixels == pixels && shape->rest == rest)
		return;
	*shape = (struct qnn_matrix_shape){ pixels, rest };
	for (i = 0; i < 8; i++) {
		c.rows[i] = (u8)(i == WEIGHTS || i == WEIGHTS_REST ? DEEP / 4 : pixels);
		c.column_bytes[i] = DEEP;
	}
	if (rest) {
		c.column_bytes[INPUT_REST] = (u16)rest;
		c.rows[WEIGHTS_REST] = (u8)(rest / 4);
	}
	/* The compiler thinks that only the first bytes of it are read. */
	__asm__ volatile("" : : "r"(&c) : "memory");
	_tile_loadconfig(&c);
}

/* The distance of all pixels from each other, or 0. */
static u64 even_step(const u8 *const *pixel, u32 pixels)
{
	const u64 step = (u64)(pixel[1] - pixel[0]);
	u32 p;

	for (p = 1; p + 1 < pixels; p++)
		if ((u64)(pixel[p + 1] - pixel[p]) != step)
			return 0;
	return step;
}

/* @bytes of each pixel, from @from on, side by side. */
static const u8 *gather(struct input *in, u64 from, u32 bytes)
{
	const __mmask64 some = first_bytes(bytes);
	u8 *copy = in->copy + (in->turn++ & 1) * PIXELS * DEEP;
	u32 p;

	for (p = 0; p < in->pixels; p++)
		_mm512_store_si512(copy + p * DEEP,
				   _mm512_maskz_loadu_epi8(some, in->pixel[p] + from));
	MEMORY();
	return copy;
}

#define LOAD_INPUT(TILE, in, from, bytes)						\
	do {										\
		if ((in)->step)								\
			_tile_loadd(TILE, (in)->pixel[0] + (from), (in)->step);		\
		else									\
			_tile_loadd(TILE, gather(in, from, bytes), DEEP);		\
	} while (0)

/* A step of all channels: their sums are different tiles. */
#define MULTIPLY(VECTORS, INPUT_TILE, WEIGHT_TILE, weights)				\
	do {										\
		const u64 row = (VECTORS) * 64;						\
											\
		_tile_loadd(WEIGHT_TILE, weights, row);					\
		_tile_dpbusd(0, INPUT_TILE, WEIGHT_TILE);				\
		if ((VECTORS) > 1) {							\
			_tile_loadd(WEIGHT_TILE, (weights) + 64, row);			\
			_tile_dpbusd(1, INPUT_TILE, WEIGHT_TILE);			\
		}									\
		if ((VECTORS) > 2) {							\
			_tile_loadd(WEIGHT_TILE, (weights) + 128, row);			\
			_tile_dpbusd(2, INPUT_TILE, WEIGHT_TILE);			\
		}									\
		if ((VECTORS) > 3) {							\
			_tile_loadd(WEIGHT_TILE, (weights) + 192, row);			\
			_tile_dpbusd(3, INPUT_TILE, WEIGHT_TILE);			\
		}									\
	} while (0)

#define EACH_SUM(VECTORS, WHAT, base, step)						\
	do {										\
		WHAT(0, base, step);							\
		if ((VECTORS) > 1)							\
			WHAT(1, (base) + 1 * QNN_LANES, step);				\
		if ((VECTORS) > 2)							\
			WHAT(2, (base) + 2 * QNN_LANES, step);				\
		if ((VECTORS) > 3)							\
			WHAT(3, (base) + 3 * QNN_LANES, step);				\
	} while (0)

/* Accumulators that begin with what @args says, pixel by pixel. */
static const s32 *starts(const struct qnn_mac_args *args, u32 vectors, u64 *step)
{
	u32 p, v;

	for (p = 1; p < args->pixels && args->start[p] == args->start[0]; p++)
		;
	*step = 0;
	if (p == args->pixels)
		return args->start[0];
	*step = vectors * 64;
	if (args->start[0] == args->acc && args->start[1] == args->acc + vectors * QNN_LANES)
		return args->acc;
	for (p = 0; p < args->pixels; p++)
		for (v = 0; v < vectors; v++)
			_mm512_store_si512(args->acc + (p * vectors + v) * QNN_LANES,
					   _mm512_loadu_si512(args->start[p] + v * QNN_LANES));
	return args->acc;
}

static inline const u8 *fetch(const u8 *ahead)
{
	UNROLL for (u32 i = 0; i < 8; i++)
		_mm_prefetch((const char *)ahead + i * 64, _MM_HINT_T1);
	return ahead + 8 * 64;
}

#define MAC_KERNEL(VECTORS)								\
static void mac_u8s8_16x##VECTORS##_amx(const struct qnn_mac_args *args)		\
{											\
	u8 copy[2 * PIXELS * DEEP] __attribute__((aligned(64)));			\
	struct input in = {								\
		.pixel = args->pixel, .pixels = args->pixels, .copy = copy,		\
		.step = even_step(args->pixel, args->pixels),				\
	};										\
	const u32 rest = args->length % DEEP;						\
	const s8 *weights = args->weights;						\
	const u8 *ahead = args->ahead;							\
	const s32 *first;								\
	u32 y, x, left;									\
	u64 step;									\
											\
	configure(args->shape, args->pixels, rest);					\
	first = starts(args, VECTORS, &step);						\
	MEMORY();									\
	EACH_SUM(VECTORS, _tile_loadd, first, step);					\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 from = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (left = args->length; left >= DEEP; left -= DEEP) {		\
				if ((VECTORS) == 4)					\
					ahead = fetch(ahead);				\
				LOAD_INPUT(INPUT, &in, from, DEEP);			\
				MULTIPLY(VECTORS, INPUT, WEIGHTS, weights);		\
				weights += (VECTORS) * DEEP * QNN_LANES;		\
				from += DEEP;						\
			}								\
			if (!left)							\
				continue;						\
			LOAD_INPUT(INPUT_REST, &in, from, left);			\
			MULTIPLY(VECTORS, INPUT_REST, WEIGHTS_REST, weights);		\
			weights += (VECTORS) * left * QNN_LANES;			\
		}									\
	}										\
	EACH_SUM(VECTORS, _tile_stored, args->acc, (VECTORS) * 64);			\
	MEMORY();									\
}

MAC_KERNEL(1)
MAC_KERNEL(2)
MAC_KERNEL(3)
MAC_KERNEL(4)

/* Tiles that are in use have to be saved whenever the thread is. */
void qnn_release_amx(struct qnn_matrix_shape *shape)
{
	if (shape->pixels)
		_tile_release();
	shape->pixels = 0;
}

const struct qnn_mac_kernel qnn_mac_amx[4] = {
	{ .run = mac_u8s8_16x1_amx, .pixels = PIXELS },
	{ .run = mac_u8s8_16x2_amx, .pixels = PIXELS },
	{ .run = mac_u8s8_16x3_amx, .pixels = PIXELS },
	{ .run = mac_u8s8_16x4_amx, .pixels = PIXELS },
};

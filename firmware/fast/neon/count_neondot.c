// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bits of activations x bits of weights: those that differ are counted. */
#include "../bits.h"
#include "neondot.h"

/* The bits of four bytes at a time, times what one of them is worth. */
static inline uint32x4_t add_differing(uint32x4_t count, int8x16_t a, int8x16_t w, uint8x16_t worth)
{
	return vdotq_u32(count, vreinterpretq_u8_s8(vcntq_s8(veorq_s8(a, w))), worth);
}

/* Sixteen channels and all planes. @PLANES: as many as there are. */
#define COUNT_KERNEL(PIXELS, PLANES)							\
static inline void count_##PIXELS##_##PLANES(const struct qnn_mac_args *args, u32 v,	\
					     u32 vectors)				\
{											\
	const u32 step = vectors * QNN_LANES;						\
	const s8 *weights = args->weights + (u64)v * 64;				\
	const u8 *pixel[PIXELS];							\
	uint32x4_t count[PIXELS][4];							\
	uint8x16_t worth[PLANES];							\
	u32 y, x;									\
											\
	UNROLL for (u32 i = 0; i < (PLANES); i++)					\
		worth[i] = vdupq_n_u8((u8)(1u << (args->shift + i)));			\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		pixel[p] = args->pixel[p];						\
		UNROLL for (u32 c = 0; c < 4; c++)					\
			count[p][c] = vdupq_n_u32(0);					\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
			const u64 end = at + args->length;				\
											\
			for (; at != end; at += 4 * (PLANES), weights += 4 * step) {	\
				int8x16_t w[4];						\
											\
				UNROLL for (u32 c = 0; c < 4; c++)			\
					w[c] = load_bytes(weights + 16 * c);		\
				UNROLL for (u32 i = 0; i < (PLANES) * (PIXELS); i++) {	\
					const u32 p = i / (PLANES), plane = i % (PLANES);	\
					int8x16_t a = broadcast4(pixel[p] + at + 4 * plane);	\
											\
					UNROLL for (u32 c = 0; c < 4; c++)		\
						count[p][c] = add_differing(count[p][c],	\
								a, w[c], worth[plane]);	\
					IN_TURN();					\
				}							\
			}								\
		}									\
	}										\
	/* The first accumulators may be where the sums go. */				\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		UNROLL for (u32 c = 0; c < 4; c++) {					\
			const u32 lane = v * QNN_LANES + c * QUARTER;			\
											\
			store(args->acc + p * step + lane,				\
			      vsubq_s32(load(args->start[p] + lane),			\
					vreinterpretq_s32_u32(count[p][c])));		\
		}									\
	}										\
}

#define COUNT_VECTORS(PIXELS, VECTORS)							\
static void count_##PIXELS##x##VECTORS##_neondot(const struct qnn_mac_args *args)	\
{											\
	u32 v;										\
											\
	for (v = 0; v < (VECTORS); v++) {						\
		if (args->planes == 1)							\
			count_##PIXELS##_1(args, v, VECTORS);				\
		else									\
			count_##PIXELS##_2(args, v, VECTORS);				\
	}										\
}

#define COUNT_KERNELS(PIXELS)								\
	COUNT_KERNEL(PIXELS, 1)								\
	COUNT_KERNEL(PIXELS, 2)								\
	COUNT_VECTORS(PIXELS, 1)							\
	COUNT_VECTORS(PIXELS, 2)							\
	COUNT_VECTORS(PIXELS, 3)							\
	COUNT_VECTORS(PIXELS, 4)

COUNT_KERNELS(4)
COUNT_KERNELS(3)
COUNT_KERNELS(2)
COUNT_KERNELS(1)

#define KERNEL(PIXELS, VECTORS)								\
	{ .run = count_##PIXELS##x##VECTORS##_neondot, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(4, VECTORS), KERNEL(3, VECTORS), KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_count_neondot[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

/* qnn_bits_swap() of two words. */
#define SWAP(bits, step, mask)								\
	do {										\
		uint64x2_t swap = vandq_u64(vdupq_n_u64(mask),				\
			veorq_u64(bits, vshrq_n_u64(bits, 1 << (step))));		\
											\
		bits = veorq_u64(veorq_u64(bits, swap), vshlq_n_u64(swap, 1 << (step)));	\
	} while (0)

void qnn_part_neondot(u8 *dst, const u8 *src, u32 words, u64 flip)
{
	u32 i;

	for (i = 0; i + 2 <= words; i += 2) {
		uint64x2_t bits = veorq_u64(vreinterpretq_u64_u8(vld1q_u8(src + 8 * i)),
					    vdupq_n_u64(flip));

		SWAP(bits, 0, 0x2222222222222222);
		SWAP(bits, 1, 0x0c0c0c0c0c0c0c0c);
		SWAP(bits, 2, 0x00f000f000f000f0);
		SWAP(bits, 3, 0x0000ff000000ff00);
		SWAP(bits, 4, 0x00000000ffff0000);
		vst1q_u8(dst + 8 * i, vreinterpretq_u8_u64(bits));
	}
	for (; i < words; i++) {
		u64 bits;

		__builtin_memcpy(&bits, src + 8 * i, 8);
		bits = qnn_bits_part(bits ^ flip);
		__builtin_memcpy(dst + 8 * i, &bits, 8);
	}
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * s8 activations of one pixel x weights of 4 and 2 bits without a sign: nothing
 * is used twice, so what counts is how few bytes are read.
 */
#include "neondot.h"

/* A word of weights serves @FIELDS fours of activations. */
#define MAC_PACKED(BITS, FIELDS, VECTORS)						\
static void mac_s8u##BITS##_1x##VECTORS##_neondot(const struct qnn_mac_args *args)	\
{											\
	const uint8x16_t mask = vdupq_n_u8((1 << (BITS)) - 1);				\
	const u8 *weights = (const u8 *)args->weights;					\
	int32x4_t acc[4 * (VECTORS)];							\
	u32 y, x, i;									\
											\
	UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++)					\
		acc[c] = load(args->start[0] + c * QUARTER);				\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			const u8 *at = args->pixel[0] + (u64)y * args->row_step +	\
				       (u64)x * args->column_step;			\
											\
			for (i = 0; i < args->length; i += 4 * (FIELDS)) {		\
				int8x16_t a[FIELDS];					\
											\
				UNROLL for (u32 f = 0; f < (FIELDS); f++)		\
					a[f] = broadcast4(at + i + 4 * f);		\
				UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++) {	\
					uint8x16_t w = vld1q_u8(weights + 16 * c);	\
											\
					UNROLL for (u32 f = 0; f < (FIELDS); f++) {	\
						acc[c] = vdotq_s32(acc[c],		\
							vreinterpretq_s8_u8(vandq_u8(w,	\
							mask)), a[f]);			\
						w = vshrq_n_u8(w, BITS);		\
					}						\
					IN_TURN();					\
				}							\
				weights += 64 * (VECTORS);				\
			}								\
		}									\
	}										\
	UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++)					\
		store(args->acc + c * QUARTER, acc[c]);					\
}

MAC_PACKED(4, 2, 1)
MAC_PACKED(4, 2, 2)
MAC_PACKED(4, 2, 3)
MAC_PACKED(4, 2, 4)
MAC_PACKED(2, 4, 1)
MAC_PACKED(2, 4, 2)
MAC_PACKED(2, 4, 3)
MAC_PACKED(2, 4, 4)

#define KERNEL(BITS, VECTORS)								\
	{ .run = mac_s8u##BITS##_1x##VECTORS##_neondot, .pixels = 1 }

const struct qnn_mac_kernel qnn_mac_u4_neondot[4] = {
	KERNEL(4, 1), KERNEL(4, 2), KERNEL(4, 3), KERNEL(4, 4),
};

const struct qnn_mac_kernel qnn_mac_u2_neondot[4] = {
	KERNEL(2, 1), KERNEL(2, 2), KERNEL(2, 3), KERNEL(2, 4),
};

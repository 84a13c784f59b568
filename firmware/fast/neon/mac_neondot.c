// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* s8 activations x s8 weights, four products at a time. */
#include "neondot.h"

/* Four depths: those of @PIXELS pixels are number @QUAD of their registers. */
#define ADD_QUAD(PIXELS, VECTORS, QUAD)							\
	do {										\
		UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++) {			\
			const int8x16_t w = load_bytes(weights + 16 * c);		\
											\
			UNROLL for (u32 p = 0; p < (PIXELS); p++)			\
				acc[p][c] = vdotq_laneq_s32(acc[p][c], w, a[p], QUAD);	\
			if ((PIXELS) > 2)						\
				IN_TURN();						\
		}									\
		weights += step;							\
	} while (0)

/* @VECTORS vectors of channels at once, from vector @v on. */
#define MAC_KERNEL(PIXELS, VECTORS)							\
static inline void mac_##PIXELS##_##VECTORS(const struct qnn_mac_args *args, u32 v,	\
					    u32 vectors)				\
{											\
	const u32 step = vectors * 64;							\
	const s8 *weights = args->weights + (u64)v * 64;				\
	const u8 *pixel[PIXELS];							\
	int32x4_t acc[PIXELS][4 * (VECTORS)];						\
	int8x16_t a[PIXELS];								\
	u32 y, x, i;									\
											\
	UNROLL for (u32 p = 0; p < (PIXELS); p++) {					\
		pixel[p] = args->pixel[p];						\
		UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++)				\
			acc[p][c] = load(args->start[p] + v * QNN_LANES + c * QUARTER);	\
	}										\
	for (y = 0; y < args->rows; y++) {						\
		for (x = 0; x < args->columns; x++) {					\
			u64 at = (u64)y * args->row_step + (u64)x * args->column_step;	\
											\
			for (i = 0; i + 16 <= args->length; i += 16) {			\
				UNROLL for (u32 p = 0; p < (PIXELS); p++)		\
					a[p] = load_bytes(pixel[p] + at + i);		\
				ADD_QUAD(PIXELS, VECTORS, 0);				\
				ADD_QUAD(PIXELS, VECTORS, 1);				\
				ADD_QUAD(PIXELS, VECTORS, 2);				\
				ADD_QUAD(PIXELS, VECTORS, 3);				\
			}								\
			for (; i < args->length; i += 4) {				\
				UNROLL for (u32 p = 0; p < (PIXELS); p++)		\
					a[p] = broadcast4(pixel[p] + at + i);		\
				ADD_QUAD(PIXELS, VECTORS, 0);				\
			}								\
		}									\
	}										\
	UNROLL for (u32 p = 0; p < (PIXELS); p++)					\
		UNROLL for (u32 c = 0; c < 4 * (VECTORS); c++)				\
			store(args->acc + (p * vectors + v) * QNN_LANES + c * QUARTER,	\
			      acc[p][c]);						\
}

/* As many vectors at once as there are registers for. */
MAC_KERNEL(6, 1)
MAC_KERNEL(4, 1)
MAC_KERNEL(2, 1)
MAC_KERNEL(2, 2)
MAC_KERNEL(1, 1)
MAC_KERNEL(1, 2)
MAC_KERNEL(1, 3)
MAC_KERNEL(1, 4)

/* @REST: the vectors that @AT_ONCE leaves. */
#define MAC_VECTORS(PIXELS, VECTORS, AT_ONCE, REST)					\
static void mac_s8s8_##PIXELS##x##VECTORS##_neondot(const struct qnn_mac_args *args)	\
{											\
	u32 v;										\
											\
	for (v = 0; v + (AT_ONCE) <= (VECTORS); v += (AT_ONCE))				\
		mac_##PIXELS##_##AT_ONCE(args, v, VECTORS);				\
	REST										\
}

#define LAST(PIXELS, VECTORS)	mac_##PIXELS##_1(args, (VECTORS) - 1, VECTORS);

MAC_VECTORS(6, 1, 1, )
MAC_VECTORS(6, 2, 1, )
MAC_VECTORS(6, 3, 1, )
MAC_VECTORS(6, 4, 1, )
MAC_VECTORS(4, 1, 1, )
MAC_VECTORS(4, 2, 1, )
MAC_VECTORS(4, 3, 1, )
MAC_VECTORS(4, 4, 1, )
MAC_VECTORS(2, 1, 1, )
MAC_VECTORS(2, 2, 2, )
MAC_VECTORS(2, 3, 2, LAST(2, 3))
MAC_VECTORS(2, 4, 2, )
MAC_VECTORS(1, 1, 1, )
MAC_VECTORS(1, 2, 2, )
MAC_VECTORS(1, 3, 3, )
MAC_VECTORS(1, 4, 4, )

#define KERNEL(PIXELS, VECTORS)								\
	{ .run = mac_s8s8_##PIXELS##x##VECTORS##_neondot, .pixels = PIXELS }
#define KERNELS(VECTORS)								\
	{ KERNEL(6, VECTORS), KERNEL(4, VECTORS), KERNEL(2, VECTORS), KERNEL(1, VECTORS) }

const struct qnn_mac_kernel qnn_mac_neondot[4][QNN_MAC_SIZES] = {
	KERNELS(1), KERNELS(2), KERNELS(3), KERNELS(4),
};

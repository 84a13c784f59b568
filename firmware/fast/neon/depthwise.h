/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What the kernels of depthwise convolution have in common. */
#ifndef QNN_DEPTHWISE_NEONDOT_H
#define QNN_DEPTHWISE_NEONDOT_H

#include "codes.h"

/*
 * Four taps of sixteen elements, next to each other. These are a quarter of a
 * block of qnn_depthwise_order(): a part of each of its vectors.
 */
static inline void mix(int8x16_t a, int8x16_t b, int8x16_t c, int8x16_t d, int8x16_t mixed[4])
{
	int16x8_t low = vreinterpretq_s16_s8(vzip1q_s8(a, b));
	int16x8_t high = vreinterpretq_s16_s8(vzip2q_s8(a, b));
	int16x8_t low2 = vreinterpretq_s16_s8(vzip1q_s8(c, d));
	int16x8_t high2 = vreinterpretq_s16_s8(vzip2q_s8(c, d));

	mixed[0] = vreinterpretq_s8_s16(vzip1q_s16(low, low2));
	mixed[1] = vreinterpretq_s8_s16(vzip2q_s16(low, low2));
	mixed[2] = vreinterpretq_s8_s16(vzip1q_s16(high, high2));
	mixed[3] = vreinterpretq_s8_s16(vzip2q_s16(high, high2));
}

/* Where numbers of a quarter's first vector are, and its weights. */
static inline u32 first_of(u32 quarter)
{
	return quarter / 4 * QNN_BLOCK + quarter % 4 * QUARTER;
}

static inline const s8 *weights_of(const struct qnn_depthwise_args *args, u32 quarter)
{
	return args->weights + (u64)(quarter / 4) * args->quads * 256 + quarter % 4 * 16;
}

/* The sums, to codes of 8 bits and less. */
#define NARROW(RULE)									\
static inline int8x16_t narrow_##RULE(const struct qnn_store *s, const struct code_range *range, \
				      u32 first, const struct numbers n[4],		\
				      const int32x4_t acc[4])				\
{											\
	int32x4_t codes[4];								\
											\
	(void)s;									\
	(void)first;									\
	UNROLL for (u32 v = 0; v < 4; v++)						\
		codes[v] = code_##RULE(&n[v], acc[v]);					\
	return narrow(range, codes);							\
}

NARROW(a)
NARROW(b)
NARROW(c)
NARROW(a_left)
NARROW(b_left)

#endif /* QNN_DEPTHWISE_NEONDOT_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Output stage: from accumulators to packed elements. */
#ifndef QNN_STAGE_H
#define QNN_STAGE_H

#include "qnn_device.h"

/* round.c: |acc| <= QNN_ACC_MAX; the results are those before the zero point. */
s32 qnn_round_a(s32 acc, s32 multiplier, s32 shift);
s32 qnn_round_b(s32 acc, s32 multiplier, s32 shift);
s32 qnn_round_c(s32 acc, u32 scale_bits);
/* Quotient, ties away from zero. */
s32 qnn_round_mean(s32 acc, u32 count);

static inline s32 qnn_clamp(s64 value, s32 min, s32 max)
{
	return value < min ? min : value > max ? max : (s32)value;
}

static inline s32 qnn_saturate(s64 value)
{
	return qnn_clamp(value, -QNN_ACC_MAX, QNN_ACC_MAX);
}

/*
 * output.c: replace the accumulators of @count channels, the first of them
 * @channel, by codes of the output type. Not for MEAN and NONE, which the
 * commands that have them do by themselves.
 */
void qnn_stage_apply(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		     u32 count, s32 *acc);

/*
 * output.c: the same, and store the codes as elements of the output's @pixel.
 */
void qnn_stage_store(const struct qnn_cmd *cmd, const u8 *consts, u8 *pixel,
		     u32 channel, u32 count, s32 *acc);

/*
 * pack.c: store @count codes, the first of them element @first of @pixel. The
 * rest of the last byte is zeroed: whoever stores a pixel in parts does it in
 * ascending order.
 */
void qnn_pack(u8 *pixel, u32 bits, u32 first, u32 count, const s32 *codes);

#endif /* QNN_STAGE_H */

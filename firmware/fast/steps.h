/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Output stages whose codes have one or two bits. No rounding rule makes a
 * larger number smaller, so such a code only says which of one or three steps
 * the accumulator has reached; with a bit for each answer, many channels take
 * a few instructions. Step k is reached by accumulators of the numbers k and
 * more; @invert has the bits that are to be turned afterwards.
 *
 * Prepared arrays: s32 step[levels][padded], u16 invert[bits][padded / 16].
 */
#ifndef QNN_STEPS_H
#define QNN_STEPS_H

#include "isa.h"
#include "plan.h"

/* Has the command such a stage? */
int qnn_steps_suit(const struct qnn_cmd *cmd);

u64 qnn_steps_bytes(const struct qnn_cmd *cmd, u32 padded);

/* -1: stopped. */
int qnn_steps_prepare(const struct qnn_cmd *cmd, const struct qnn_plan *plan, const u8 *consts,
		      u8 *arrays, struct qnn_poll *poll);

#define QNN_NEVER	0x7fffffff	/* more than any accumulator */
#define QNN_STEPS_WORK	512u		/* units that finding a step counts */

/* REQUANT: the smallest accumulator that becomes @code or more. */
s32 qnn_steps_search(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s32 code);

/* Steps of codes of @bits. */
static inline u32 qnn_steps_levels(u32 bits)
{
	return (1u << bits) - 1;
}

static inline const u16 *qnn_steps_invert(const struct qnn_store *s, u32 bits)
{
	return (const u16 *)((const s32 *)s->arrays + (u64)qnn_steps_levels(bits) * s->padded);
}

#endif /* QNN_STEPS_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Output stages of the vector code. Their arrays are prepared: an entry for
 * each padded channel, so that a vector can always be loaded.
 */
#ifndef QNN_FAST_STAGE_H
#define QNN_FAST_STAGE_H

#include "kernel.h"
#include "qnn_fast.h"

enum qnn_stage_fast {
	QNN_FAST_SCALAR,	/* the scalar code; no arrays */
	QNN_FAST_RAW,		/* no arrays */
	QNN_FAST_A,		/* struct qnn_shifts[] */
	QNN_FAST_B,		/* the same */
	QNN_FAST_C,		/* float scale[] */
	QNN_FAST_THRESHOLD,	/* s32 flip[], s32 threshold[levels][]; many: a block a vector */
	/* Without a table, of scales as they usually are, to 8 bits or less: */
	QNN_FAST_A_CODES,	/* struct qnn_scales[] */
	QNN_FAST_B_CODES,	/* the same */
	QNN_FAST_C_CODES,	/* float scale[] */
	QNN_FAST_STEPS,		/* one or two bits: see steps.h */
	QNN_STAGE_FAST_NR,
};

/* More thresholds than these are quicker searched than counted. */
#define QNN_FAST_LEVELS	32u

#define QNN_SEARCH_STEP	16u	/* of so many thresholds one is counted, the rest searched */

/*
 * Then a vector of channels has a block of so many numbers for each of them: flip,
 * and thresholds up to a power of two, of which those that were added are never
 * reached.
 */
static inline u32 qnn_search_entries(u32 levels)
{
	u32 entries = 2 * QNN_FAST_LEVELS;

	while (entries <= levels)
		entries *= 2;
	return entries;
}

/*
 * Rules A and B for a vector of channels, as products of 32 bits come: those
 * of the even and those of the odd lanes, 64 bits each.
 */
struct qnn_shifts {
	s64 multiplier[2][QNN_LANES / 2];
	s64 right[2][QNN_LANES / 2];	/* B: 31 and more */
	s64 half[2][QNN_LANES / 2];	/* of the last place that stays, or 0 */
	s64 away[2][QNN_LANES / 2];	/* A: -1 where there is a shift */
};

/*
 * The same where what is left after 32 places is enough: shifts below 0. The
 * products' high halves go into 32 bits.
 */
struct qnn_scales {
	s64 multiplier[2][QNN_LANES / 2];
	s64 half[2][QNN_LANES / 2];	/* added to the product */
	s32 right[QNN_LANES];		/* of the high half; A: one less */
};

/* Scales of an operand of an addition, which leaves room for half of a place. */
struct qnn_operand {
	struct qnn_scales scales;	/* A: right as it is, 0 and more */
	s32 half_right[QNN_LANES];	/* A: of the last place that stays, or 0 */
	s32 away[QNN_LANES];		/* A: -1 where there is a shift */
};

struct qnn_plan;

/* Lane @lane of what is to be multiplied and shifted. */
void qnn_shifts_set(struct qnn_shifts *shifts, u32 lane, u32 rule, s32 multiplier, s32 shift);
void qnn_operand_set(struct qnn_operand *operand, u32 lane, u32 rule, s32 multiplier, s32 shift);

/* Codes, a byte each, as elements of @bits from a byte on; the last byte's rest is 0. */
void qnn_put_codes(u8 *dst, u32 bits, u32 count, const u8 *codes);

/* Fills in what does not depend on how channels lie. */
void qnn_store_init(struct qnn_store *store, const struct qnn_cmd *cmd, const u8 *consts,
		    const u8 *arrays);

/* Which of them a command can use. */
u32 qnn_stage_choose(const struct qnn_cmd *cmd, const u8 *consts);

/* Bytes of its arrays for so many channels, and filling them. */
u64 qnn_stage_bytes(const struct qnn_cmd *cmd, u32 kind, u32 padded);
/* -1: stopped. */
int qnn_stage_prepare(const struct qnn_cmd *cmd, u32 kind, const struct qnn_plan *plan,
		      const u8 *consts, u8 *arrays, struct qnn_poll *poll);

#endif /* QNN_FAST_STAGE_H */

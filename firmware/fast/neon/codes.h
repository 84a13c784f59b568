/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Sums to codes of 8 bits and less, four registers at a time. A sum is scaled
 * to 32 bits here; what leaves the code's range is cut off when it becomes 16
 * and then 8 bits: the zero point, and the bounds, are added and applied there.
 */
#ifndef QNN_CODES_NEONDOT_H
#define QNN_CODES_NEONDOT_H

#include "neondot.h"

/* What is the same for all codes of a command. Those without a sign are 128 less at first. */
struct code_range {
	int16x8_t zero;
	int8x16_t least;
	int8x16_t most;
	int8x16_t turn;
};

static inline struct code_range code_range(const struct qnn_store *s)
{
	const s32 down = s->is_signed ? 0 : 128;
	struct code_range r;

	r.zero = vdupq_n_s16((s16)(s->zero - down));
	r.least = vdupq_n_s8((s8)(s->least + s->zero - down));
	r.most = vdupq_n_s8((s8)(s->most + s->zero - down));
	r.turn = vdupq_n_s8((s8)-down);
	return r;
}

/* What a rule needs for a register of channels; each takes what it uses. */
struct numbers {
	int32x4_t multiplier;
	int32x4_t right;	/* 0 and less: as shifts to the left count */
	int64x2_t half[2];
	int32x4_t away;		/* -1 where halves go away from zero */
	int32x4_t least;
	int32x4_t most;
	int32x4_t left;
	float32x4_t scale;
};

/* In the order of the channels: the even ones and the odd ones are apart. */
static inline void load_scales(struct numbers *n, const struct qnn_scales *k, u32 at)
{
	n->multiplier = vtrn1q_s32(load(&k->multiplier[0][at / 2]),
				   load(&k->multiplier[1][at / 2]));
	n->right = vnegq_s32(load(&k->right[at]));
}

static inline void load_halves(struct numbers *n, const struct qnn_scales *k, u32 at)
{
	const int64x2_t even = vreinterpretq_s64_s32(load(&k->half[0][at / 2]));
	const int64x2_t odd = vreinterpretq_s64_s32(load(&k->half[1][at / 2]));

	n->half[0] = vzip1q_s64(even, odd);
	n->half[1] = vzip2q_s64(even, odd);
}

/* @channel: a multiple of QUARTER. */
static inline struct numbers numbers_b(const void *arrays, u32 channel)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + channel / QNN_LANES;
	struct numbers n;

	load_scales(&n, k, channel % QNN_LANES);
	load_halves(&n, k, channel % QNN_LANES);
	return n;
}

/* Rule B: one rounding, in the product, of which the high half is wanted. */
static inline int32x4_t code_b(const struct numbers *n, int32x4_t acc)
{
	int64x2_t low = vmlal_s32(n->half[0], vget_low_s32(acc), vget_low_s32(n->multiplier));
	int64x2_t high = vmlal_high_s32(n->half[1], acc, n->multiplier);

	return vshlq_s32(vuzp2q_s32(vreinterpretq_s32_s64(low), vreinterpretq_s32_s64(high)),
			 n->right);
}

static inline struct numbers numbers_a(const void *arrays, u32 channel)
{
	const struct qnn_scales *k = (const struct qnn_scales *)arrays + channel / QNN_LANES;
	struct numbers n;

	load_scales(&n, k, channel % QNN_LANES);
	n.right = vsubq_s32(n.right, vdupq_n_s32(1));
	return n;
}

/* Rule A: both of its roundings are instructions, the second one's halves go up. */
static inline int32x4_t code_a(const struct numbers *n, int32x4_t acc)
{
	int32x4_t high = vqrdmulhq_s32(acc, n->multiplier);

	return vrshlq_s32(vsraq_n_s32(high, high, 31), n->right);
}

/* The same where it may not shift. */
static inline int32x4_t code_a_once(const struct numbers *n, int32x4_t acc)
{
	int32x4_t high = vqrdmulhq_s32(acc, n->multiplier);

	return vrshlq_s32(vaddq_s32(high, vandq_s32(vshrq_n_s32(high, 31), n->away)), n->right);
}

/* Where sums grow: what is cut off is beyond all codes. */
static inline void load_lefts(struct numbers *n, const struct qnn_lefts *k, u32 at)
{
	n->least = load(&k->least[at]);
	n->most = load(&k->most[at]);
	n->left = load(&k->left[at]);
}

static inline int32x4_t to_the_left(const struct numbers *n, int32x4_t acc)
{
	return vshlq_s32(vmaxq_s32(vminq_s32(acc, n->most), n->least), n->left);
}

static inline struct numbers numbers_b_left(const void *arrays, u32 channel)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + channel / QNN_LANES;
	struct numbers n = numbers_b(&k->scales, channel % QNN_LANES);

	load_lefts(&n, k, channel % QNN_LANES);
	return n;
}

static inline int32x4_t code_b_left(const struct numbers *n, int32x4_t acc)
{
	return code_b(n, to_the_left(n, acc));
}

/* Channels that do not shift to the right round once. */
static inline struct numbers numbers_a_left(const void *arrays, u32 channel)
{
	const struct qnn_lefts *k = (const struct qnn_lefts *)arrays + channel / QNN_LANES;
	struct numbers n = numbers_a(&k->scales, channel % QNN_LANES);

	load_lefts(&n, k, channel % QNN_LANES);
	n.away = vmvnq_s32(load(&k->once[channel % QNN_LANES]));
	n.right = vandq_s32(n.right, n.away);
	return n;
}

static inline int32x4_t code_a_left(const struct numbers *n, int32x4_t acc)
{
	return code_a_once(n, to_the_left(n, acc));
}

static inline struct numbers numbers_c(const void *arrays, u32 channel)
{
	struct numbers n;

	n.scale = vreinterpretq_f32_s32(load((const float *)arrays + channel));
	return n;
}

/* Rule C with the rounding of IEEE, which WITH_NEAREST() has set. */
static inline int32x4_t code_c(const struct numbers *n, int32x4_t acc)
{
	return vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(acc), n->scale));
}

/* Bytes of four registers. */
static inline int8x16_t narrow(const struct code_range *r, const int32x4_t code[4])
{
	int16x8_t low = vqmovn_high_s32(vqmovn_s32(code[0]), code[1]);
	int16x8_t high = vqmovn_high_s32(vqmovn_s32(code[2]), code[3]);
	int8x16_t bytes;

	low = vqaddq_s16(low, r->zero);
	high = vqaddq_s16(high, r->zero);
	bytes = vqmovn_high_s16(vqmovn_s16(low), high);
	return veorq_s8(vmaxq_s8(vminq_s8(bytes, r->most), r->least), r->turn);
}

#endif /* QNN_CODES_NEONDOT_H */

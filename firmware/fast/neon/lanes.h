/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Output stages of four channels. stage/round.c has the formulas. */
#ifndef QNN_LANES_NEONDOT_H
#define QNN_LANES_NEONDOT_H

#include "neondot.h"

/* A register of channels, as the prepared arrays count them. */
struct lanes {
	const struct qnn_store *store;
	u32 channel;				/* a multiple of QUARTER */
};

static inline int32x4_t array(const struct lanes *l, u32 index)
{
	const s32 *numbers = (const s32 *)l->store->arrays;

	return load(numbers + (u64)index * l->store->padded + l->channel);
}

/* Clamped before the zero point is added, so that nothing can wrap. */
static inline int32x4_t finish(const struct qnn_store *s, int32x4_t value)
{
	value = vmaxq_s32(value, vdupq_n_s32(s->least));
	value = vminq_s32(value, vdupq_n_s32(s->most));
	return vaddq_s32(value, vdupq_n_s32(s->zero));
}

static inline const struct qnn_shifts *shifts_of(const struct lanes *l)
{
	return (const struct qnn_shifts *)l->store->arrays + l->channel / QNN_LANES;
}

/* Numbers of 64 bits of the even and of the odd channels, whose low halves are enough. */
static inline int32x4_t in_order(const s64 numbers[2][QNN_LANES / 2], u32 at)
{
	return vtrn1q_s32(load(&numbers[0][at / 2]), load(&numbers[1][at / 2]));
}

/* Two roundings: the second one sends halves away from zero. */
static inline int32x4_t round_a(const struct lanes *l, int32x4_t acc)
{
	const struct qnn_shifts *k = shifts_of(l);
	const u32 at = l->channel % QNN_LANES;
	int32x4_t high = vqrdmulhq_s32(acc, in_order(k->multiplier, at));
	int32x4_t one_less = vandq_s32(vshrq_n_s32(high, 31), in_order(k->away, at));

	return finish(l->store, vrshlq_s32(vaddq_s32(high, one_less),
					   vnegq_s32(in_order(k->right, at))));
}

/* One rounding: half of the last place is added in the shift. */
static inline int32x4_t round_b(const struct lanes *l, int32x4_t acc)
{
	const struct qnn_shifts *k = shifts_of(l);
	const u32 at = l->channel % QNN_LANES;
	int32x4_t multiplier = in_order(k->multiplier, at);
	int32x4_t left = vnegq_s32(in_order(k->right, at));
	int64x2_t low = vmull_s32(vget_low_s32(acc), vget_low_s32(multiplier));
	int64x2_t high = vmull_high_s32(acc, multiplier);

	low = vrshlq_s64(low, vmovl_s32(vget_low_s32(left)));
	high = vrshlq_s64(high, vmovl_high_s32(left));
	return finish(l->store, vuzp1q_s32(vreinterpretq_s32_s64(low),
					   vreinterpretq_s32_s64(high)));
}

/* With the rounding of IEEE, which WITH_NEAREST() has set. */
static inline int32x4_t round_c(const struct lanes *l, int32x4_t acc)
{
	float32x4_t value = vmulq_f32(vcvtq_f32_s32(acc), vreinterpretq_f32_s32(array(l, 0)));

	return finish(l->store, vcvtnq_s32_f32(value));
}

/* -1 where the threshold is more than the accumulator, else 0. */
static inline int32x4_t beyond(const s32 *threshold, int32x4_t acc)
{
	return vreinterpretq_s32_u32(vcgtq_s32(load(threshold), acc));
}

/* Between two thresholds of a lane that are QNN_SEARCH_STEP apart. */
static inline s32 search(const s32 *numbers, s32 at, s32 acc)
{
	u32 step;

	for (step = QNN_SEARCH_STEP / 2; step; step /= 2)
		at += numbers[(at + (s32)step) * (s32)QNN_LANES] <= acc ? (s32)step : 0;
	return at;
}

/* Many thresholds: every so many are counted, those between two of them searched. */
static inline int32x4_t searched(const struct lanes *l, int32x4_t acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	const u32 entries = qnn_search_entries(s->levels);
	const s32 *numbers = (const s32 *)l->store->arrays + l->channel % QNN_LANES +
			     (u64)(l->channel / QNN_LANES * QNN_LANES) * entries;
	const int32x4_t flip = load(numbers);
	int32x4_t at = vdupq_n_s32((s32)(entries - QNN_SEARCH_STEP));
	s32 from[QUARTER], value[QUARTER];
	u32 i;

	acc = vsubq_s32(veorq_s32(acc, flip), flip);
	for (i = QNN_SEARCH_STEP; i < entries; i += QNN_SEARCH_STEP)
		at = vmlaq_n_s32(at, beyond(numbers + i * QNN_LANES, acc), QNN_SEARCH_STEP);
	store(from, at);
	store(value, acc);
	for (i = 0; i < QUARTER; i++)
		from[i] = search(numbers + i, from[i], value[i]);
	return vaddq_s32(load(from), vdupq_n_s32(s->base));
}

static inline int32x4_t reached(const struct lanes *l, int32x4_t acc)
{
	const struct qnn_stage_desc *s = &l->store->cmd->stage;
	const s32 *numbers = (const s32 *)l->store->arrays + l->channel;
	int32x4_t flip, level = vdupq_n_s32(s->base + s->levels);
	u32 i;

	if (s->levels > QNN_FAST_LEVELS)
		return searched(l, acc);
	flip = load(numbers);
	acc = vsubq_s32(veorq_s32(acc, flip), flip);
	for (i = 1; i <= s->levels; i++)
		level = vaddq_s32(level, beyond(numbers + (u64)i * l->store->padded, acc));
	return level;
}

static inline int32x4_t raw(const struct lanes *l, int32x4_t acc)
{
	(void)l;
	return acc;
}

#endif /* QNN_LANES_NEONDOT_H */

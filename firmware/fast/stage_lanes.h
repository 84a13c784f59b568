/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Output stages of tiles, a register of channels at a time. The file that includes this has
 * the set's lanes.h, and says how many lanes a register has (WIDTH), how a number is
 * added to all of them (PLUS), and what the set is called (SET).
 */
#ifndef QNN_STAGE_LANES_H
#define QNN_STAGE_LANES_H

#include "nearest.h"
#include "stage/stage.h"

#define OF_SET(name, set)	name##_##set
#define OF(name, set)		OF_SET(name, set)

/* Codes of a pixel, in place of its sums, to the output. */
static void put(const struct qnn_store *s, const struct qnn_tile_out *t, u32 pixel, s32 *codes)
{
	u32 bits = s->bits, channel = s->group_out * t->group + t->first;
	u32 step = s->cmd->stage.flags & QNN_STAGE_TABLES ? QNN_TABLE_SIZE : 0, i;
	const u8 *table = s->consts + s->cmd->stage.table_off + (u64)channel * step;

	if (s->cmd->stage.kind == QNN_STAGE_TABLE) {
		for (i = 0; i < t->count; i++, table += step)
			codes[i] = table[(u8)codes[i]];
	}
	qnn_pack(t->pixel[pixel], bits, channel, t->count, codes);
}

/* All pixels of a register of channels, then the next ones. */
#define STORE(NAME, CODES)								\
static void store_##NAME(const struct qnn_store *s, const struct qnn_tile_out *t)	\
{											\
	u32 step = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES, v, p;		\
											\
	for (v = 0; v < t->count; v += WIDTH) {						\
		const struct lanes l = { s, s->group_padded * t->group + t->first + v };	\
											\
		for (p = 0; p < t->pixels; p++) {					\
			s32 *acc = t->acc + p * step + v;				\
											\
			store(acc, CODES(&l, PLUS(load(acc), t->extra[p])));		\
		}									\
	}										\
	for (p = 0; p < t->pixels; p++)							\
		put(s, t, p, t->acc + p * step);					\
}

STORE(raw, raw)
STORE(a, round_a)
STORE(b, round_b)
STORE(c_nearest, round_c)
STORE(threshold, reached)

static void store_c(const struct qnn_store *s, const struct qnn_tile_out *t);

TO_NEAREST(store_c, store_c_nearest)

const qnn_stage_fn OF(qnn_stage, SET)[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_SCALAR] = qnn_store_scalar,
	[QNN_FAST_RAW] = store_raw,
	[QNN_FAST_A] = store_a,
	[QNN_FAST_B] = store_b,
	[QNN_FAST_C] = store_c,
	[QNN_FAST_THRESHOLD] = store_threshold,
	[QNN_FAST_A_CODES] = OF(qnn_store_a_codes, SET),
	[QNN_FAST_B_CODES] = OF(qnn_store_b_codes, SET),
	[QNN_FAST_C_CODES] = OF(qnn_store_c_codes, SET),
	[QNN_FAST_A_LEFT] = OF(qnn_store_a_left_codes, SET),
	[QNN_FAST_B_LEFT] = OF(qnn_store_b_left_codes, SET),
	[QNN_FAST_STEPS] = OF(qnn_store_steps, SET),
};

#endif /* QNN_STAGE_LANES_H */

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of tiles: four channels at a time. */
#include "lanes.h"
#include "stage/stage.h"

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
	for (v = 0; v < t->count; v += QUARTER) {					\
		const struct lanes l = { s, s->group_padded * t->group + t->first + v };	\
											\
		for (p = 0; p < t->pixels; p++) {					\
			s32 *acc = t->acc + p * step + v;				\
			int32x4_t extra = vdupq_n_s32((s32)t->extra[p]);		\
											\
			store(acc, CODES(&l, vaddq_s32(load(acc), extra)));		\
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

struct tile_args {
	const struct qnn_store *store;
	const struct qnn_tile_out *tile;
};

static void store_c_inner(const struct tile_args *args)
{
	store_c_nearest(args->store, args->tile);
}

WITH_NEAREST(store_c_call, const struct tile_args *, store_c_inner)

static void store_c(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	const struct tile_args args = { s, t };

	store_c_call(&args);
}

const qnn_stage_fn qnn_stage_neondot[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_SCALAR] = qnn_store_scalar,
	[QNN_FAST_RAW] = store_raw,
	[QNN_FAST_A] = store_a,
	[QNN_FAST_B] = store_b,
	[QNN_FAST_C] = store_c,
	[QNN_FAST_THRESHOLD] = store_threshold,
	[QNN_FAST_A_CODES] = qnn_store_a_codes_neondot,
	[QNN_FAST_B_CODES] = qnn_store_b_codes_neondot,
	[QNN_FAST_C_CODES] = qnn_store_c_codes_neondot,
	[QNN_FAST_A_LEFT] = qnn_store_a_left_codes_neondot,
	[QNN_FAST_B_LEFT] = qnn_store_b_left_codes_neondot,
	[QNN_FAST_STEPS] = qnn_store_steps_neondot,
};

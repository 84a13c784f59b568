// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Arrays of the vector code's output stages. */
#include "fast_stage.h"
#include "element.h"
#include "isa.h"
#include "lines.h"
#include "plan.h"
#include "stage/stage.h"

#define MOST_THRESHOLDS	(1u << 22)	/* of a command, that are worth a copy */
#define NEVER		0x7fffffff
#define MOST_LEFT	23		/* of sums, whose limit is then 255 or more ... */
#define LEAST_LEFT_SCALE (1 << 18)	/* ... and so their code beyond 2^16 */

static u32 step_of(const struct qnn_cmd *cmd)
{
	return cmd->stage.flags & QNN_STAGE_PER_CHANNEL ? 1 : 0;
}

/* The largest of the shifts: more than 0 makes numbers larger. */
static s32 most_shift(const struct qnn_cmd *cmd, const u8 *consts)
{
	const s8 *shift = (const s8 *)(consts + cmd->stage.shift_off);
	u32 i, n = step_of(cmd) ? cmd->out.channels : 1;
	s32 most = -128;

	for (i = 0; i < n; i++)
		most = shift[i] > most ? shift[i] : most;
	return most;
}

/*
 * Can sums be shifted to the left first? Those that are cut off for it must be
 * far beyond all codes.
 */
static int lefts_suit(const struct qnn_cmd *cmd, const u8 *consts)
{
	const s8 *shift = (const s8 *)(consts + cmd->stage.shift_off);
	const s32 *scale = (const s32 *)(consts + cmd->stage.scale_off);
	u32 i, n = step_of(cmd) ? cmd->out.channels : 1;

	for (i = 0; i < n; i++) {
		if (shift[i] > MOST_LEFT - 1 ||
		    (shift[i] >= 0 && scale[i] && scale[i] < LEAST_LEFT_SCALE))
			return 0;
	}
	return 1;
}

/*
 * Does rule A round all that is kept like rule B? The halves of its two roundings
 * are one number where results below zero, the only ones whose halves go down, become
 * the least code.
 */
static int rounds_once(const struct qnn_cmd *cmd)
{
	return cmd->stage.clamp_min >= cmd->out.zero_point;
}

static u32 choose_scale(const struct qnn_cmd *cmd, const u8 *consts)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const int codes = s->kind == QNN_STAGE_REQUANT && qnn_elem_bits(cmd->out.type) <= 8;
	const int twice = s->rule == QNN_ROUND_A && !rounds_once(cmd);
	s32 most;

	if (s->rule == QNN_ROUND_C)
		return codes ? QNN_FAST_C_CODES : QNN_FAST_C;
	most = most_shift(cmd, consts);
	if (codes && most >= 0 && lefts_suit(cmd, consts))
		return twice ? QNN_FAST_A_LEFT : QNN_FAST_B_LEFT;
	if (most > 0)
		return QNN_FAST_SCALAR;
	if (codes && most < 0)
		return twice ? QNN_FAST_A_CODES : QNN_FAST_B_CODES;
	return s->rule == QNN_ROUND_A ? QNN_FAST_A : QNN_FAST_B;
}

u32 qnn_stage_choose(const struct qnn_cmd *cmd, const u8 *consts)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	switch (s->kind) {
	case QNN_STAGE_RAW:
		return QNN_FAST_RAW;
	case QNN_STAGE_THRESHOLD:
		return (u32)cmd->out.channels * s->levels <= MOST_THRESHOLDS ?
		       QNN_FAST_THRESHOLD : QNN_FAST_SCALAR;
	case QNN_STAGE_REQUANT:
	case QNN_STAGE_TABLE:
		return choose_scale(cmd, consts);
	default:
		return QNN_FAST_SCALAR;
	}
}

static u32 threshold_bytes(const struct qnn_cmd *cmd)
{
	u32 bytes = 4 * (cmd->stage.levels <= QNN_FAST_LEVELS ? cmd->stage.levels + 1u :
			 qnn_search_entries(cmd->stage.levels));
	u32 line = sizeof(struct qnn_lefts) / QNN_LANES;

	return qnn_lines_suit(cmd) && bytes < line ? line : bytes;
}

/* Bytes of a channel's numbers. */
static u32 channel_bytes(const struct qnn_cmd *cmd, u32 kind)
{
	switch (kind) {
	case QNN_FAST_A:
	case QNN_FAST_B:
		return sizeof(struct qnn_shifts) / QNN_LANES;
	case QNN_FAST_A_CODES:
	case QNN_FAST_B_CODES:
		return sizeof(struct qnn_scales) / QNN_LANES;
	case QNN_FAST_A_LEFT:
	case QNN_FAST_B_LEFT:
		return sizeof(struct qnn_lefts) / QNN_LANES;
	case QNN_FAST_C:
	case QNN_FAST_C_CODES:
		return 4;
	case QNN_FAST_THRESHOLD:
		return threshold_bytes(cmd);
	default:
		return 0;
	}
}

static u64 table_bytes(const struct qnn_cmd *cmd, u32 kind, u32 padded)
{
	u32 tables = cmd->stage.flags & QNN_STAGE_TABLES ? padded : 1;

	if (cmd->stage.kind != QNN_STAGE_TABLE || kind == QNN_FAST_SCALAR)
		return 0;
	/* An entry is read as the first byte of four. */
	return (u64)tables * QNN_TABLE_SIZE + 4;
}

void qnn_store_init(struct qnn_store *store, const struct qnn_cmd *cmd, const u8 *consts,
		    const u8 *arrays)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	store->cmd = cmd;
	store->consts = consts;
	store->arrays = arrays;
	store->zero = s->kind == QNN_STAGE_TABLE ? s->table_zero_point : cmd->out.zero_point;
	store->least = s->clamp_min - store->zero;
	store->most = s->clamp_max - store->zero;
	if (s->kind == QNN_STAGE_THRESHOLD) {
		/* Of how many thresholds are reached, as lines give it. */
		store->zero = s->base;
		store->least = 0;
		store->most = s->levels;
	}
	store->bits = qnn_elem_bits(cmd->out.type);
	store->is_signed = qnn_element(cmd->out.type)->min < 0;
}

u64 qnn_stage_bytes(const struct qnn_cmd *cmd, u32 kind, u32 padded)
{
	return (u64)padded * channel_bytes(cmd, kind) + table_bytes(cmd, kind, padded);
}

void qnn_shifts_set(struct qnn_shifts *shifts, u32 lane, u32 rule, s32 multiplier, s32 shift)
{
	s32 right = (rule == QNN_ROUND_B ? 31 : 0) - shift;
	u32 odd = lane % 2, at = lane / 2;

	shifts->multiplier[odd][at] = multiplier;
	shifts->right[odd][at] = right;
	shifts->half[odd][at] = right ? 1ll << (right - 1) : 0;
	shifts->away[odd][at] = right ? -1 : 0;
}

static void scales_set(struct qnn_scales *scales, u32 lane, s32 multiplier, s64 half, s32 right)
{
	u32 odd = lane % 2, at = lane / 2;

	scales->multiplier[odd][at] = multiplier;
	scales->half[odd][at] = half;
	scales->right[lane] = right;
}

/* What one rounding adds to the product: of rule A, whose two it stands for, both halves. */
static s64 one_half(u32 rule, s32 shift)
{
	return (1ll << (30 - shift)) + (rule == QNN_ROUND_A && shift < 0 ? 1ll << 30 : 0);
}

void qnn_lefts_set(struct qnn_lefts *lefts, u32 lane, s32 multiplier, s64 offset, u32 right)
{
	u32 odd = lane % 2, at = lane / 2, left = right < 32 ? 32 - right : 0;
	s32 most = (s32)(0x7fffffffu >> left);

	lefts->scales.multiplier[odd][at] = multiplier;
	lefts->scales.half[odd][at] = (s64)((u64)offset << left);
	lefts->scales.right[lane] = right < 32 ? 0 : (s32)right - 32;
	lefts->least[lane] = -most;
	lefts->most[lane] = most;
	lefts->left[lane] = (s32)left;
	lefts->once[lane] = -1;
}

/* Rule A rounds twice where it shifts to the right; bits 31 to 62 of a product are wanted. */
static void lefts_put(struct qnn_lefts *lefts, u32 lane, s32 multiplier, s32 shift)
{
	qnn_lefts_set(lefts, lane, multiplier, 0, (u32)(shift > 0 ? 32 - shift : 32));
	lefts->scales.half[lane % 2][lane / 2] = 1ll << 30;
	lefts->scales.right[lane] = shift < 0 ? -1 - shift : 0;
	lefts->once[lane] = shift < 0 ? 0 : -1;
}

void qnn_operand_set(struct qnn_operand *operand, u32 lane, u32 rule, s32 multiplier, s32 shift)
{
	if (rule != QNN_ROUND_A) {
		scales_set(&operand->scales, lane, multiplier, one_half(rule, shift), -1 - shift);
		return;
	}
	scales_set(&operand->scales, lane, multiplier, 1ll << 30, -shift);
	operand->half_right[lane] = shift ? 1 << (-shift - 1) : 0;
	operand->away[lane] = shift ? -1 : 0;
}

static void put_scale(const struct qnn_cmd *cmd, u32 kind, const u8 *consts, u32 channel,
		      u8 *arrays, u32 at)
{
	u32 from = channel * step_of(cmd), vector = at / QNN_LANES, lane = at % QNN_LANES;
	s32 scale = ((const s32 *)(consts + cmd->stage.scale_off))[from];
	const s8 *shift = (const s8 *)(consts + cmd->stage.shift_off) + from;

	switch (kind) {
	case QNN_FAST_C:
	case QNN_FAST_C_CODES:
		((s32 *)arrays)[at] = scale;
		break;
	case QNN_FAST_A_CODES:
		scales_set((struct qnn_scales *)arrays + vector, lane, scale, 1ll << 30,
			   -1 - *shift);
		break;
	case QNN_FAST_B_CODES:
		scales_set((struct qnn_scales *)arrays + vector, lane, scale,
			   one_half(cmd->stage.rule, *shift), -1 - *shift);
		break;
	case QNN_FAST_A_LEFT:
		lefts_put((struct qnn_lefts *)arrays + vector, lane, scale, *shift);
		break;
	case QNN_FAST_B_LEFT:
		qnn_lefts_set((struct qnn_lefts *)arrays + vector, lane, scale,
			      one_half(cmd->stage.rule, *shift), (u32)(31 - *shift));
		break;
	default:
		qnn_shifts_set((struct qnn_shifts *)arrays + vector, lane, cmd->stage.rule, scale,
			       *shift);
		break;
	}
}

static void put_thresholds(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, u8 *arrays,
			   u32 at, u32 padded)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 from = channel * step_of(cmd), k;
	const s32 *threshold = (const s32 *)(consts + s->threshold_off) + (u64)from * s->levels;
	u32 entries = s->levels + 1u, step = padded;
	s32 *numbers = (s32 *)arrays + at;

	if (s->levels > QNN_FAST_LEVELS) {
		entries = qnn_search_entries(s->levels);
		step = QNN_LANES;
		numbers = (s32 *)arrays + (u64)(at / QNN_LANES * QNN_LANES) * entries +
			  at % QNN_LANES;
	}
	*numbers = s->flags & QNN_STAGE_NEGATE && consts[s->negate_off + from] ? -1 : 0;
	for (k = 1; k < entries; k++)
		numbers[(u64)k * step] = k <= s->levels ? threshold[k - 1] : NEVER;
}

/* The tables follow the numbers: one, or one for each channel. */
static void put_table(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, u8 *tables, u32 at)
{
	const u8 *table = consts + cmd->stage.table_off;
	u32 i;

	if (cmd->stage.flags & QNN_STAGE_TABLES)
		table += (u64)channel * QNN_TABLE_SIZE;
	else if (at)
		return;
	for (i = 0; i < QNN_TABLE_SIZE; i++)
		tables[(u64)at * QNN_TABLE_SIZE + i] = table[i];
}

int qnn_stage_prepare(const struct qnn_cmd *cmd, u32 kind, const struct qnn_plan *plan,
		      const u8 *consts, u8 *arrays, struct qnn_poll *poll)
{
	u32 padded = qnn_plan_channels(plan, cmd), i;
	u32 work = channel_bytes(cmd, kind) / 4 + QNN_TABLE_SIZE;
	u8 *tables = arrays + (u64)padded * channel_bytes(cmd, kind);

	for (i = 0; i < padded; i++) {
		u32 channel = qnn_plan_channel(plan, i);

		if (qnn_poll(poll, work))
			return -1;
		if (channel == QNN_NO_CHANNEL)
			channel = 0;	/* nobody keeps the result */
		if (kind == QNN_FAST_THRESHOLD)
			put_thresholds(cmd, consts, channel, arrays, i, padded);
		else if (kind >= QNN_FAST_A)
			put_scale(cmd, kind, consts, channel, arrays, i);
		if (table_bytes(cmd, kind, padded))
			put_table(cmd, consts, channel, tables, i);
	}
	return 0;
}

void qnn_put_codes(u8 *dst, u32 bits, u32 count, const u8 *codes)
{
	u32 mask = (1u << bits) - 1, i, bit;

	if (bits == 8) {
		__builtin_memcpy(dst, codes, count);
		return;
	}
	for (i = 0; i < count; dst++) {
		u32 byte = 0;

		for (bit = 0; bit < 8 && i < count; bit += bits, i++)
			byte |= (codes[i] & mask) << bit;
		*dst = (u8)byte;
	}
}

void qnn_store_scalar(const struct qnn_store *s, const struct qnn_tile_out *t)
{
	u32 step = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES, p, i;

	for (p = 0; p < t->pixels; p++) {
		s32 *acc = t->acc + p * step;

		for (i = 0; t->extra[p] && i < t->count; i++)
			acc[i] = (s32)((u32)acc[i] + t->extra[p]);
		qnn_stage_store(s->cmd, s->consts, t->pixel[p],
				t->group * s->group_out + t->first, t->count, acc);
	}
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "../element.h"
#include "stage.h"

static void requantize(const struct qnn_cmd *cmd, const u8 *consts, s32 zero_point,
		       u32 channel, u32 count, s32 *acc)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 step = !!(s->flags & QNN_STAGE_PER_CHANNEL);
	const s32 *scale = (const s32 *)(consts + s->scale_off) + channel * step;
	const s8 *shift = (const s8 *)(consts + s->shift_off) + channel * step;
	u32 i;

	for (i = 0; i < count; i++, scale += step, shift += step) {
		s64 value;

		if (s->rule == QNN_ROUND_A)
			value = qnn_round_a(acc[i], *scale, *shift);
		else if (s->rule == QNN_ROUND_B)
			value = qnn_round_b(acc[i], *scale, *shift);
		else
			value = qnn_round_c(acc[i], (u32)*scale);
		acc[i] = qnn_clamp(value + zero_point, s->clamp_min, s->clamp_max);
	}
}

/* An entry for each index; packing takes its low bits, whatever its sign. */
static void look_up(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		    u32 count, s32 *acc)
{
	u32 step = cmd->stage.flags & QNN_STAGE_TABLES ? QNN_TABLE_SIZE : 0, i;
	const u8 *table = consts + cmd->stage.table_off + (u64)channel * step;

	for (i = 0; i < count; i++, table += step)
		acc[i] = table[(u8)acc[i]];
}

/* How many of the ascending thresholds the value reaches. */
static s32 reached(const s32 *threshold, u32 levels, s32 value)
{
	u32 low = 0, high = levels;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (value >= threshold[middle])
			low = middle + 1;
		else
			high = middle;
	}
	return (s32)low;
}

static void count_thresholds(const struct qnn_cmd *cmd, const u8 *consts,
			     u32 channel, u32 count, s32 *acc)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 step = !!(s->flags & QNN_STAGE_PER_CHANNEL);
	const u8 *negate = consts + s->negate_off + channel * step;
	const s32 *threshold = (const s32 *)(consts + s->threshold_off);
	u32 i;

	threshold += (u64)channel * step * s->levels;
	for (i = 0; i < count; i++) {
		s32 value = acc[i];

		if ((s->flags & QNN_STAGE_NEGATE) && negate[i * step])
			value = -value;
		acc[i] = s->base + reached(threshold, s->levels, value);
		threshold += step * s->levels;
	}
}

void qnn_stage_apply(const struct qnn_cmd *cmd, const u8 *consts, u32 channel,
		     u32 count, s32 *acc)
{
	switch (cmd->stage.kind) {
	case QNN_STAGE_REQUANT:
		requantize(cmd, consts, cmd->out.zero_point, channel, count, acc);
		break;
	case QNN_STAGE_THRESHOLD:
		count_thresholds(cmd, consts, channel, count, acc);
		break;
	case QNN_STAGE_TABLE:
		requantize(cmd, consts, cmd->stage.table_zero_point, channel, count, acc);
		look_up(cmd, consts, channel, count, acc);
		break;
	default:	/* RAW: the accumulators are the codes. */
		break;
	}
}

void qnn_stage_store(const struct qnn_cmd *cmd, const u8 *consts, u8 *pixel,
		     u32 channel, u32 count, s32 *acc)
{
	qnn_stage_apply(cmd, consts, channel, count, acc);
	qnn_pack(pixel, qnn_elem_bits(cmd->out.type), channel, count, acc);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "steps.h"
#include "element.h"
#include "stage/stage.h"

#define ALWAYS		(-0x7fffffff - 1)

int qnn_steps_suit(const struct qnn_cmd *cmd)
{
	return qnn_elem_bits(cmd->out.type) <= 2 &&
	       (cmd->stage.kind == QNN_STAGE_REQUANT || cmd->stage.kind == QNN_STAGE_THRESHOLD);
}

u64 qnn_steps_bytes(const struct qnn_cmd *cmd, u32 padded)
{
	u32 bits = qnn_elem_bits(cmd->out.type);

	return (u64)padded * 4 * qnn_steps_levels(bits) + padded / QNN_LANES * 2 * bits;
}

s32 qnn_steps_search(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s32 code)
{
	s64 low = -QNN_ACC_MAX, high = QNN_NEVER;

	if (code <= cmd->stage.clamp_min)
		return ALWAYS;
	if (code > cmd->stage.clamp_max)
		return QNN_NEVER;
	while (low < high) {
		s64 middle = (low + high) >> 1;
		s32 acc = (s32)middle;

		qnn_stage_apply(cmd, consts, channel, 1, &acc);
		if (acc >= code)
			high = middle;
		else
			low = middle + 1;
	}
	return (s32)low;
}

/* The same of thresholds, as the program has them. */
static s32 threshold(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s32 code)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 from = s->flags & QNN_STAGE_PER_CHANNEL ? channel : 0;
	const s32 *thresholds = (const s32 *)(consts + s->threshold_off) + (u64)from * s->levels;
	s32 index = code - s->base - 1;

	if (index < 0)
		return ALWAYS;
	return index < s->levels ? thresholds[index] : QNN_NEVER;
}

static int is_negated(const struct qnn_cmd *cmd, const u8 *consts, u32 channel)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 from = s->flags & QNN_STAGE_PER_CHANNEL ? channel : 0;

	return s->kind == QNN_STAGE_THRESHOLD && s->flags & QNN_STAGE_NEGATE &&
	       consts[s->negate_off + from];
}

/* -acc reaches a step where acc does not reach this one. */
static s32 negated(s32 step)
{
	return step <= -QNN_ACC_MAX ? QNN_NEVER : 1 - step;
}

/* The steps of a channel, @padded apart. */
static void put_steps(const struct qnn_cmd *cmd, const u8 *consts, u32 channel, s32 *steps,
		      u32 padded)
{
	u32 levels = qnn_steps_levels(qnn_elem_bits(cmd->out.type)), k;
	s32 least = qnn_element(cmd->out.type)->min;
	int negate = is_negated(cmd, consts, channel);

	for (k = 0; k < levels; k++) {
		s32 code = least + (s32)k + 1;
		s32 step = cmd->stage.kind == QNN_STAGE_THRESHOLD ?
			   threshold(cmd, consts, channel, code) :
			   qnn_steps_search(cmd, consts, channel, code);

		steps[(u64)k * padded] = negate ? negated(step) : step;
	}
}

/* Which bits of a channel's codes are to be turned. */
static u32 turned_bits(const struct qnn_cmd *cmd, const u8 *consts, u32 channel)
{
	u32 bits = qnn_elem_bits(cmd->out.type);
	u32 turned = is_negated(cmd, consts, channel) ? (1u << bits) - 1 : 0;

	/* The lowest code, -2, has the bits of 2. */
	return qnn_element(cmd->out.type)->min < 0 ? turned ^ 1u << (bits - 1) : turned;
}

static void copy_steps(s32 *to, const s32 *from, u32 levels, u32 padded)
{
	u32 k;

	for (k = 0; k < levels; k++)
		to[(u64)k * padded] = from[(u64)k * padded];
}

int qnn_steps_prepare(const struct qnn_cmd *cmd, const struct qnn_plan *plan, const u8 *consts,
		      u8 *arrays, struct qnn_poll *poll)
{
	u32 padded = qnn_plan_channels(plan, cmd), bits = qnn_elem_bits(cmd->out.type), i, b;
	u32 levels = qnn_steps_levels(bits), turned;
	s32 *steps = (s32 *)arrays;
	u16 *invert = (u16 *)(steps + (u64)levels * padded);

	for (i = 0; i < padded / QNN_LANES * bits; i++)
		invert[i] = 0;
	for (i = 0; i < padded; i++) {
		u32 channel = qnn_plan_channel(plan, i);

		if (qnn_poll(poll, levels * QNN_STEPS_WORK))
			return -1;
		if (channel == QNN_NO_CHANNEL)
			channel = 0;	/* nobody keeps the result */
		if (i && !(cmd->stage.flags & QNN_STAGE_PER_CHANNEL))
			copy_steps(steps + i, steps, levels, padded);
		else
			put_steps(cmd, consts, channel, steps + i, padded);
		turned = turned_bits(cmd, consts, channel);
		for (b = 0; b < bits; b++)
			invert[b * (padded / QNN_LANES) + i / QNN_LANES] |=
				(u16)((turned >> b & 1) << i % QNN_LANES);
	}
	return 0;
}

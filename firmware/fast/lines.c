// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "lines.h"
#include "plan.h"

#define LEAST_LEVELS	8u		/* fewer are counted as fast */
#define MOST_RIGHT	53u		/* 255 << 53 leaves room for products ... */
#define MOST_THRESHOLD	(1 << 29)	/* ... of these */
#define MOST_MULTIPLIER	0x7fffffffll
#define TRIES		8u		/* slopes: two or three are usual */
#define WORK		(8u * 255u)	/* for each channel */

/* What the thresholds ask of an offset, given the slope. */
struct bounds {
	s64 least, most;
	u32 at_least, at_most;		/* thresholds that say so */
};

/* Threshold number k - 1 is the first number whose product is k << right or more. */
static struct bounds bounds_of(const s32 *threshold, u32 levels, const struct qnn_line *line)
{
	const s64 one = 1ll << line->right;
	struct bounds b;
	u32 i;

	for (i = 0; i < levels; i++) {
		s64 least = (i + 1) * one - (s64)line->multiplier * threshold[i];
		s64 most = least + line->multiplier - 1;

		if (!i || least > b.least) {
			b.least = least;
			b.at_least = i;
		}
		if (!i || most < b.most) {
			b.most = most;
			b.at_most = i;
		}
	}
	return b;
}

/* The nearest slope with which the two thresholds that contradict each other do not; or 0. */
static s64 next_slope(const s32 *threshold, const struct bounds *b, u32 right)
{
	s64 run = (s64)threshold[b->at_most] - 1 - threshold[b->at_least];
	s64 rise = ((s64)b->at_most - b->at_least) * (1ll << right) - 1;

	if (run > 0 && rise > 0)
		return rise / run;
	if (run < 0 && rise < 0)
		return (rise + run + 1) / run;
	return 0;
}

/* Do sums that are cut off for a shift to the left reach all or none? */
static int fits(const s32 *threshold, u32 levels, u32 right)
{
	s32 most = right < 32 ? 0x3fffffff >> (32 - right) : MOST_THRESHOLD;

	return threshold[0] > -most && threshold[levels - 1] < most;
}

/* From the first threshold to the last one; 0: there is no room for it. */
static s64 first_slope(const s32 *threshold, u32 levels, struct qnn_line *line)
{
	s64 run = (s64)threshold[levels - 1] - threshold[0], slope;

	line->right = MOST_RIGHT;
	if (!run || !fits(threshold, levels, line->right))
		return 0;
	/* A little below the largest: the slope is only about this. */
	do {
		slope = (s64)(levels - 1) * (1ll << line->right--) / run;
	} while (slope > MOST_MULTIPLIER - (1 << 24));
	line->right++;
	return fits(threshold, levels, line->right) ? slope : 0;
}

int qnn_line_find(const s32 *threshold, u32 levels, struct qnn_line *line)
{
	s64 slope = first_slope(threshold, levels, line);
	struct bounds b;
	u32 i;

	for (i = 0; i < TRIES && slope > 0 && slope <= MOST_MULTIPLIER; i++) {
		line->multiplier = (s32)slope;
		b = bounds_of(threshold, levels, line);
		if (b.least <= b.most) {
			line->offset = b.least + (b.most - b.least) / 2;
			return 1;
		}
		slope = next_slope(threshold, &b, line->right);
	}
	return 0;
}

int qnn_line_near(const s32 *threshold, u32 levels, struct qnn_line *line, s32 *reached)
{
	s64 slope = first_slope(threshold, levels, line), rise;
	struct bounds b;
	u32 i;

	if (slope <= 0 || slope > MOST_MULTIPLIER)
		return 0;
	line->multiplier = (s32)slope;
	b = bounds_of(threshold, levels, line);
	line->offset = b.least + (b.most - b.least) / 2;
	for (i = 0; i < levels; i++) {
		rise = (i + 1ll) * (1ll << line->right) - line->offset;
		rise = rise / slope + (rise > 0 && rise % slope);
		if (rise <= -MOST_THRESHOLD || rise >= MOST_THRESHOLD)
			return 0;
		reached[i] = (s32)rise;
	}
	return 1;
}

u32 qnn_line_put(const struct qnn_line *line, u8 *arrays)
{
	u32 lane;

	for (lane = 0; lane < QNN_LANES; lane++)
		qnn_lefts_set((struct qnn_lefts *)arrays, lane, line->multiplier, line->offset,
			      line->right);
	/* Without a shift to the left, scales are all there is to them. */
	return line->right < 32 ? QNN_FAST_B_LEFT : QNN_FAST_B_CODES;
}

int qnn_lines_suit(const struct qnn_cmd *cmd)
{
	return cmd->stage.kind == QNN_STAGE_THRESHOLD && cmd->stage.levels >= LEAST_LEVELS;
}

/* Products that need no shift to the left: the scales alone, moved together. */
static void drop_lefts(u8 *arrays, u32 vectors)
{
	u32 i;

	for (i = 1; i < vectors; i++)
		__builtin_memmove(arrays + i * sizeof(struct qnn_scales),
				  &((struct qnn_lefts *)arrays)[i].scales,
				  sizeof(struct qnn_scales));
}

int qnn_lines_prepare(const struct qnn_cmd *cmd, const struct qnn_plan *plan, const u8 *consts,
		      u8 *arrays, struct qnn_poll *poll)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const u32 per_channel = !!(s->flags & QNN_STAGE_PER_CHANNEL);
	const u8 *negate = s->flags & QNN_STAGE_NEGATE ? consts + s->negate_off : (const u8 *)0;
	const s32 *thresholds = (const s32 *)(consts + s->threshold_off);
	u32 padded = qnn_plan_channels(plan, cmd), least_right = MOST_RIGHT, i;
	struct qnn_line line;

	for (i = 0; i < padded; i++) {
		u32 channel = qnn_plan_channel(plan, i);
		s32 multiplier;

		if (qnn_poll(poll, WORK))
			return -1;
		if (channel == QNN_NO_CHANNEL || !per_channel)
			channel = 0;	/* nobody keeps the result, or all share it */
		if ((!i || per_channel) &&
		    !qnn_line_find(thresholds + (u64)channel * s->levels, s->levels, &line))
			return QNN_FAST_THRESHOLD;
		multiplier = negate && negate[channel] ? -line.multiplier : line.multiplier;
		qnn_lefts_set((struct qnn_lefts *)arrays + i / QNN_LANES, i % QNN_LANES, multiplier,
			      line.offset, line.right);
		least_right = min_u32(least_right, line.right);
	}
	if (least_right < 32)
		return QNN_FAST_B_LEFT;
	drop_lefts(arrays, padded / QNN_LANES);
	return QNN_FAST_B_CODES;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Codes of additions as fixed-point numbers: bytes times slopes, and an offset. Each
 * operand is rounded when it is scaled, and again the sum; what that can make of the
 * number is a bound on how wrong it is. Unless a step between codes is so near, the code
 * is certain.
 */
#include "add_estimate.h"
#include "element.h"
#include "vector/elementwise.h"

#define FRACTION	20u	/* bits, at most ... */
#define LEAST_FRACTION	16u	/* ... and at least */
#define DOUBT_SHARE	9u	/* in doubt at most: 2^-9 of all numbers ... */
#define SAMPLES		16u	/* ... and of 256 pairs for each of so many, one of 2^9 */
#define SET_WORK	16384u	/* of trying a fraction */
#define ROOM		(1ll << 30)
#define LINE_LEAST	23u	/* right of a line */
#define LINE_MOST	62u
/* Single precision: codes up to 512 are wrong by so many bits less than 1. */
#define SINGLE_BITS	14u

s32 qnn_add_worth(const struct qnn_cmd *cmd, u32 which, s32 index)
{
	s32 value = index + qnn_element(cmd->in[which].type)->min - cmd->in[which].zero_point;

	return qnn_add_operand(&cmd->add, which, value);
}

/* A scale of rule C: its significand and exponent. */
static int single_line(u32 bits, struct qnn_line *line)
{
	const u32 exponent = bits >> 23;

	if (exponent < 150u - LINE_MOST || exponent > 150u - LINE_LEAST)
		return 0;
	line->multiplier = (s32)((bits & 0x7fffff) | 0x800000);
	line->right = 150 - exponent;
	return 1;
}

/* One of rules A and B. */
static int scale_line(s32 multiplier, s32 shift, struct qnn_line *line)
{
	const s32 right = 31 - shift;

	if (right < (s32)LINE_LEAST || right > (s32)LINE_MOST)
		return 0;
	line->multiplier = multiplier;
	line->right = (u32)right;
	return 1;
}

int qnn_add_line(const struct qnn_cmd *cmd, const u8 *consts, struct qnn_line *line)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const s32 *scale = (const s32 *)(consts + s->scale_off);
	int found;

	/* Those have no scale. */
	if (s->kind == QNN_STAGE_THRESHOLD) {
		found = qnn_line_find((const s32 *)(consts + s->threshold_off), s->levels, line);
		if (found && s->flags & QNN_STAGE_NEGATE && consts[s->negate_off])
			line->multiplier = -line->multiplier;
		return found;
	}
	if (s->rule == QNN_ROUND_C)
		found = single_line((u32)*scale, line);
	else
		found = scale_line(*scale, *(const s8 *)(consts + s->shift_off), line);
	line->offset = found ? 1ll << (line->right - 1) : 0;
	return found;
}

/*
 * How far a code can be from where the line has it, in places of the fraction: rule A by
 * half of its first rounding, rule C by that of single precision. And by one more where
 * halves go another way than up, as they do with these.
 */
static s64 line_error(const struct qnn_cmd *cmd, const struct qnn_line *line, u32 fraction)
{
	const s32 places = (s32)(fraction + 31 - line->right);	/* as rule A rounds first */

	if (cmd->stage.kind != QNN_STAGE_REQUANT || cmd->stage.rule == QNN_ROUND_B)
		return 1;
	if (cmd->stage.rule == QNN_ROUND_C)
		return (1ll << (fraction - SINGLE_BITS)) + 1;
	return places > 0 ? (1ll << (places - 1)) + 1 : 1;
}

/* An operand: its slope, where it begins, and how far it is from that at most. */
struct straight {
	s64 slope, offset, error;
	s64 most;		/* worth, without its sign */
};

static s64 scaled(const struct qnn_cmd *cmd, u32 which, s32 index, const struct qnn_line *line,
		  u32 fraction)
{
	return ((s64)qnn_add_worth(cmd, which, index) * line->multiplier) >>
	       (line->right - fraction);
}

static struct straight straight_of(const struct qnn_cmd *cmd, u32 which,
				   const struct qnn_line *line, u32 fraction)
{
	const s64 first = scaled(cmd, which, 0, line, fraction);
	struct straight s = {
		.slope = (scaled(cmd, which, 255, line, fraction) - first) / 255,
	};
	s64 low = first, high = first, rest, worth;
	s32 i;

	for (i = 0; i < 256; i++) {
		rest = scaled(cmd, which, i, line, fraction) - i * s.slope;
		low = rest < low ? rest : low;
		high = rest > high ? rest : high;
		worth = qnn_add_worth(cmd, which, i);
		worth = worth < 0 ? -worth : worth;
		s.most = worth > s.most ? worth : s.most;
	}
	s.offset = low + (high - low) / 2;
	/* Itself it was rounded down. */
	s.error = (high - low) / 2 + 2;
	return s;
}

static int has_room(const struct straight *s, s64 offset)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		s64 corner = offset + (i & 1 ? 255 * s[0].slope : 0) +
			     (i & 2 ? 255 * s[1].slope : 0);

		if (corner <= -ROOM || corner >= ROOM)
			return 0;
	}
	return s[0].most + s[1].most < 2 * ROOM;
}

/* Scales can be such that steps between codes are where many sums are. */
static int is_rare(const struct qnn_add_estimate *e, const struct straight *s)
{
	u32 x, y, found = 0;

	for (y = 0; y < SAMPLES; y++) {
		for (x = 0; x < 256; x++) {
			u32 code = (u32)(e->offset + x * s[0].slope + y * 17 * s[1].slope);

			found += !(code & (u32)e->doubt);
		}
	}
	return found <= (256 * SAMPLES) >> DOUBT_SHARE;
}

/* Gives whether estimates with so many places are worth it. */
static int try_fraction(struct qnn_add_estimate *e, const struct qnn_cmd *cmd,
			const struct qnn_line *line, u32 fraction)
{
	const struct straight s[2] = {
		straight_of(cmd, 0, line, fraction), straight_of(cmd, 1, line, fraction),
	};
	const s64 error = s[0].error + s[1].error + line_error(cmd, line, fraction) + 1;
	const s64 offset = s[0].offset + s[1].offset + error +
			   (line->offset >> (line->right - fraction));
	u32 bits = 0, i;

	while ((1ll << bits) <= 2 * error)
		bits++;
	if (bits + DOUBT_SHARE > fraction || !has_room(s, offset))
		return 0;
	e->offset = (s32)offset;
	e->fraction = fraction;
	e->doubt = (s32)((1u << fraction) - (1u << bits));
	for (i = 0; i < 2; i++) {
		e->low[i] = (s16)(s[i].slope & 0x7fff);
		e->high[i] = (s16)(s[i].slope >> 15);
		e->flip[i] = cmd->in[i].type == QNN_ELEM_S8 ? 0x80 : 0;
	}
	return is_rare(e, s);
}

int qnn_add_estimate_set(struct qnn_add_estimate *e, const struct qnn_cmd *cmd,
			 const struct qnn_line *line, struct qnn_poll *poll)
{
	u32 fraction = FRACTION;

	for (e->valid = 0; !e->valid && fraction >= LEAST_FRACTION; fraction--) {
		if (qnn_poll(poll, SET_WORK))
			return -1;
		e->valid = (u8)try_fraction(e, cmd, line, fraction);
	}
	return 0;
}

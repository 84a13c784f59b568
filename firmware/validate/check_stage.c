// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages: fields, arrays, and the types that they produce. */
#include "check.h"

#define FLOAT_MIN_NORMAL	0x00800000u	/* 2^-126 */
#define FLOAT_256		0x43800000u

/* Entries of each per-channel array. */
static u32 entries(const struct qnn_cmd *cmd)
{
	return cmd->stage.flags & QNN_STAGE_PER_CHANNEL ? cmd->out.channels : 1;
}

/* What only one kind of stage has must be zero for all others. */
static int check_no_requant(struct qnn_check *check, const struct qnn_stage_desc *s)
{
	if (qnn_check_zero(check, "stage.rule", s->rule) ||
	    qnn_check_zero(check, "stage.scale_off", s->scale_off))
		return -1;
	return qnn_check_zero(check, "stage.shift_off", s->shift_off);
}

static int check_no_clamp(struct qnn_check *check, const struct qnn_stage_desc *s)
{
	if (qnn_check_zero(check, "stage.clamp_min", s->clamp_min))
		return -1;
	return qnn_check_zero(check, "stage.clamp_max", s->clamp_max);
}

static int check_no_threshold(struct qnn_check *check, const struct qnn_stage_desc *s)
{
	if (qnn_check_zero(check, "stage.levels", s->levels) ||
	    qnn_check_zero(check, "stage.threshold_off", s->threshold_off) ||
	    qnn_check_zero(check, "stage.negate_off", s->negate_off))
		return -1;
	return qnn_check_zero(check, "stage.base", s->base);
}

static int check_no_table(struct qnn_check *check, const struct qnn_stage_desc *s)
{
	if (qnn_check_zero(check, "stage.table_off", s->table_off) ||
	    qnn_check_zero(check, "stage.table_zero_point", s->table_zero_point))
		return -1;
	return qnn_check_zero(check, "stage.table_type", s->table_type);
}

static int check_flags(struct qnn_check *check, const struct qnn_stage_desc *s, u32 allowed)
{
	if (s->flags & ~allowed)
		return qnn_refuse(check, QNN_RULE_STAGE, "stage.flags", s->flags,
				  s->flags & allowed);
	return 0;
}

static int check_out_type(struct qnn_check *check, const struct qnn_cmd *cmd, u32 types)
{
	if (!qnn_type_in(cmd->out.type, types))
		return qnn_refuse(check, QNN_RULE_TYPE, "out.type", cmd->out.type, 0);
	return 0;
}

/* The clamps are codes of @type. */
static int check_clamp(struct qnn_check *check, const struct qnn_stage_desc *s, u32 type)
{
	const struct qnn_element *e = qnn_element(type);

	if (qnn_check_range(check, QNN_RULE_CLAMP, "stage.clamp_min", s->clamp_min,
			    e->min, e->max))
		return -1;
	return qnn_check_range(check, QNN_RULE_CLAMP, "stage.clamp_max", s->clamp_max,
			       s->clamp_min, e->max);
}

static int check_multipliers(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 i, n = entries(cmd);
	const s8 *shift;
	const s32 *scale;

	if (qnn_check_const(check, "stage.shift_off", s->shift_off, n, 1))
		return -1;
	scale = (const s32 *)(check->consts + s->scale_off);
	shift = (const s8 *)(check->consts + s->shift_off);
	for (i = 0; i < n; i++) {
		if (qnn_check_work(check, 1) ||
		    qnn_check_range(check, QNN_RULE_SCALE, "stage.scale_off",
				    scale[i], 0, 0x7fffffff) ||
		    qnn_check_range(check, QNN_RULE_SCALE, "stage.shift_off",
				    shift[i], -31, 30))
			return -1;
	}
	return 0;
}

static int check_floats(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 i, n = entries(cmd);
	const u32 *scale;

	if (qnn_check_zero(check, "stage.shift_off", s->shift_off))
		return -1;
	scale = (const u32 *)(check->consts + s->scale_off);
	for (i = 0; i < n; i++) {
		if (qnn_check_work(check, 1) ||
		    qnn_check_range(check, QNN_RULE_SCALE, "stage.scale_off", scale[i],
				    FLOAT_MIN_NORMAL, FLOAT_256 - 1))
			return -1;
	}
	return 0;
}

static int check_scales(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	if (qnn_check_range(check, QNN_RULE_STAGE, "stage.rule", s->rule,
			    QNN_ROUND_A, QNN_ROUND_C) ||
	    qnn_check_const(check, "stage.scale_off", s->scale_off,
			    4ull * entries(cmd), 4))
		return -1;
	return s->rule == QNN_ROUND_C ? check_floats(check, cmd) :
					check_multipliers(check, cmd);
}

static int check_requant(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	if (check_out_type(check, cmd, QNN_TYPES_NARROW) ||
	    check_no_threshold(check, s) ||
	    check_flags(check, s, QNN_STAGE_PER_CHANNEL) ||
	    check_clamp(check, s, cmd->out.type))
		return -1;
	return check_scales(check, cmd);
}

/* Every entry of every table is a code of the output type. */
static int check_entries(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const struct qnn_element *e = qnn_element(cmd->out.type);
	u32 tables = s->flags & QNN_STAGE_TABLES ? cmd->out.channels : 1, i, k;
	const u8 *entry = check->consts + s->table_off;

	if (qnn_check_const(check, "stage.table_off", s->table_off,
			    (u64)tables * QNN_TABLE_SIZE, 1))
		return -1;
	for (i = 0; i < tables; i++) {
		if (qnn_check_work(check, QNN_TABLE_SIZE))
			return -1;
		for (k = 0; k < QNN_TABLE_SIZE; k++, entry++) {
			s32 code = e->min < 0 ? (s8)*entry : *entry;

			if (qnn_check_range(check, QNN_RULE_TABLE, "stage.table_off", code,
					    e->min, e->max))
				return -1;
		}
	}
	return 0;
}

static int check_table(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const u32 types = QNN_TYPE_BIT(QNN_ELEM_S8) | QNN_TYPE_BIT(QNN_ELEM_U8);
	const struct qnn_stage_desc *s = &cmd->stage;
	const struct qnn_element *index = qnn_element(s->table_type);

	if (!qnn_type_in(s->table_type, types))
		return qnn_refuse(check, QNN_RULE_TYPE, "stage.table_type", s->table_type, 0);
	if (check_out_type(check, cmd, QNN_TYPES_NARROW) ||
	    check_no_threshold(check, s) ||
	    check_flags(check, s, QNN_STAGE_PER_CHANNEL | QNN_STAGE_TABLES) ||
	    qnn_check_range(check, QNN_RULE_ZERO_POINT, "stage.table_zero_point",
			    s->table_zero_point, index->min, index->max) ||
	    check_clamp(check, s, s->table_type) || check_scales(check, cmd))
		return -1;
	return check_entries(check, cmd);
}

/* Ascending thresholds, channel by channel. */
static int check_order(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const s32 *t = (const s32 *)(check->consts + s->threshold_off);
	u32 i, j, n = entries(cmd);

	for (i = 0; i < n; i++, t += s->levels) {
		if (qnn_check_work(check, s->levels))
			return -1;
		for (j = 1; j < s->levels; j++) {
			if (t[j] < t[j - 1])
				return qnn_refuse(check, QNN_RULE_THRESHOLD,
						  "stage.threshold_off", t[j], t[j - 1]);
		}
	}
	return 0;
}

static int check_negate(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 i, n = entries(cmd);

	if (!(s->flags & QNN_STAGE_NEGATE))
		return qnn_check_zero(check, "stage.negate_off", s->negate_off);
	if (qnn_check_const(check, "stage.negate_off", s->negate_off, n, 1))
		return -1;
	for (i = 0; i < n; i++) {
		if (qnn_check_work(check, 1) ||
		    qnn_check_range(check, QNN_RULE_THRESHOLD, "stage.negate_off",
				    check->consts[s->negate_off + i], 0, 1))
			return -1;
	}
	return 0;
}

static int check_threshold(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	const struct qnn_element *e;

	if (check_out_type(check, cmd, QNN_TYPES_NARROW) ||
	    check_no_requant(check, s) || check_no_clamp(check, s) ||
	    check_flags(check, s, QNN_STAGE_PER_CHANNEL | QNN_STAGE_NEGATE))
		return -1;
	/* QNN_MAX_THRESHOLDS is what the 8-bit types allow. */
	e = qnn_element(cmd->out.type);
	if (qnn_check_range(check, QNN_RULE_THRESHOLD, "stage.levels", s->levels,
			    1, e->max - e->min) ||
	    qnn_check_range(check, QNN_RULE_THRESHOLD, "stage.base", s->base,
			    e->min, (s64)e->max - s->levels) ||
	    qnn_check_const(check, "stage.threshold_off", s->threshold_off,
			    4ull * entries(cmd) * s->levels, 4) ||
	    check_order(check, cmd))
		return -1;
	return check_negate(check, cmd);
}

static int check_mean(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	if (check_out_type(check, cmd, QNN_TYPES_NARROW) ||
	    check_flags(check, s, 0) || check_no_requant(check, s) ||
	    check_no_threshold(check, s))
		return -1;
	return check_clamp(check, s, cmd->out.type);
}

/* RAW and NONE have no parameters. */
static int check_plain(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_stage_desc *s = &cmd->stage;
	u32 types = s->kind == QNN_STAGE_RAW ? QNN_TYPE_BIT(QNN_ELEM_S32) : QNN_TYPES_TENSOR;

	if (check_out_type(check, cmd, types) || check_flags(check, s, 0) ||
	    check_no_requant(check, s) || check_no_clamp(check, s))
		return -1;
	return check_no_threshold(check, s);
}

int qnn_check_stage(struct qnn_check *check, const struct qnn_cmd *cmd, u32 kinds)
{
	const struct qnn_stage_desc *s = &cmd->stage;

	if (s->kind > QNN_STAGE_TABLE || !(kinds & (1u << s->kind)))
		return qnn_refuse(check, QNN_RULE_STAGE, "stage.kind", s->kind, 0);
	if (qnn_check_zero_bytes(check, "stage.reserved", s->reserved, sizeof(s->reserved)) ||
	    (s->kind != QNN_STAGE_TABLE && check_no_table(check, s)))
		return -1;
	switch (s->kind) {
	case QNN_STAGE_REQUANT:
		return check_requant(check, cmd);
	case QNN_STAGE_THRESHOLD:
		return check_threshold(check, cmd);
	case QNN_STAGE_MEAN:
		return check_mean(check, cmd);
	case QNN_STAGE_TABLE:
		return check_table(check, cmd);
	default:
		return check_plain(check, cmd);
	}
}

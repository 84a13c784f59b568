// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Copies. Where an element comes from needs no proof: coordinates are compared
 * with the input's size when they are used. The limits here keep them within
 * 64 bits.
 */
#include "../ops.h"
#include "check.h"

#define RULE	QNN_RULE_COPY

struct axis_fields {
	const char *start;
	const char *step;
	const char *divisor;
	const char *from;
};

#define AXIS_FIELDS(a) { a ".start", a ".step", a ".divisor", a ".from" }

static const struct axis_fields names[QNN_COPY_AXES] = {
	AXIS_FIELDS("copy.axis[0]"), AXIS_FIELDS("copy.axis[1]"), AXIS_FIELDS("copy.axis[2]"),
};

static int check_axes(struct qnn_check *check, const struct qnn_copy_desc *d)
{
	u32 i, seen = 0;

	for (i = 0; i < QNN_COPY_AXES; i++) {
		const struct qnn_copy_axis *a = &d->axis[i];
		const struct axis_fields *f = &names[i];

		if (qnn_check_range(check, RULE, f->start, a->start, -QNN_MAX_COPY, QNN_MAX_COPY) ||
		    qnn_check_range(check, RULE, f->step, a->step, -QNN_MAX_COPY, QNN_MAX_COPY) ||
		    qnn_check_range(check, RULE, f->divisor, a->divisor, 1, QNN_MAX_COPY) ||
		    qnn_check_range(check, RULE, f->from, a->from, 0, QNN_COPY_AXES - 1))
			return -1;
		if (seen & (1u << a->from))
			return qnn_refuse(check, RULE, f->from, a->from, 0);
		seen |= 1u << a->from;
	}
	return 0;
}

static int check_blocks(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_copy_desc *d = &cmd->copy;
	u32 channels = (u32)cmd->out.channels - d->out_first, area = (u32)d->block * d->block;

	if (qnn_check_range(check, RULE, "copy.mode", d->mode, QNN_COPY_PLAIN,
			    QNN_COPY_DEPTH_TO_SPACE))
		return -1;
	if (d->mode == QNN_COPY_PLAIN)
		return qnn_check_zero(check, "copy.block", d->block);
	if (qnn_check_range(check, RULE, "copy.block", d->block, 1, QNN_MAX_COPY_BLOCK))
		return -1;
	if (d->mode == QNN_COPY_SPACE_TO_DEPTH && channels % area)
		return qnn_refuse(check, RULE, "copy.block", d->block, 1);
	return 0;
}

static int check_fill(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_element *e = qnn_element(cmd->in[0].type);
	const struct qnn_copy_desc *d = &cmd->copy;
	u32 allowed = QNN_COPY_CLAMP | (d->mode == QNN_COPY_PLAIN ? 0 : QNN_COPY_CRD);

	if (d->flags & ~allowed)
		return qnn_refuse(check, RULE, "copy.flags", d->flags, d->flags & allowed);
	if (d->flags & QNN_COPY_CLAMP)
		return qnn_check_zero(check, "copy.fill", d->fill);
	return qnn_check_range(check, RULE, "copy.fill", d->fill, e->min, e->max);
}

/* Every element stays where it is. */
static int is_identity(const struct qnn_copy_desc *d)
{
	u32 i;

	for (i = 0; i < QNN_COPY_AXES; i++) {
		const struct qnn_copy_axis *a = &d->axis[i];

		if (a->start || a->step != 1 || a->divisor != 1 || a->from != i)
			return 0;
	}
	return d->mode == QNN_COPY_PLAIN && !d->out_first;
}

/* Without a stage, elements keep their type and meaning. */
static int check_same_type(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_tensor_desc *in = &cmd->in[0], *out = &cmd->out;

	if (qnn_check_range(check, QNN_RULE_TYPE, "out.type", out->type, in->type, in->type))
		return -1;
	return qnn_check_range(check, QNN_RULE_ZERO_POINT, "out.zero_point", out->zero_point,
			       in->zero_point, in->zero_point);
}

int qnn_check_copy(struct qnn_check *check, const struct qnn_cmd *cmd)
{
	const struct qnn_copy_desc *d = &cmd->copy;

	if (qnn_check_tensor(check, cmd, QNN_TENSOR_IN0, QNN_TYPES_TENSOR) ||
	    qnn_check_one_input(check, cmd) ||
	    qnn_check_tensor(check, cmd, QNN_TENSOR_OUT, QNN_TYPES_TENSOR) ||
	    qnn_check_zero_bytes(check, "pad", cmd->pad + sizeof(*d),
				 sizeof(cmd->pad) - sizeof(*d)) ||
	    qnn_check_range(check, RULE, "copy.out_first", d->out_first, 0,
			    cmd->out.channels - 1) ||
	    check_axes(check, d) || check_blocks(check, cmd) || check_fill(check, cmd) ||
	    qnn_check_overlap(check, cmd, 1, is_identity(d)))
		return -1;
	if (cmd->stage.kind == QNN_STAGE_NONE && check_same_type(check, cmd))
		return -1;
	return qnn_check_stage(check, cmd, 1u << QNN_STAGE_NONE | QNN_STAGES_ACC);
}

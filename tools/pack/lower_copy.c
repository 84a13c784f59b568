// SPDX-License-Identifier: MIT
/* Copies, what has no layer in front of it, and the position of the largest. */
#include "lower_priv.h"

static bool same_codes(const struct lowering *lw)
{
	const struct qnn_tensor_desc *in = &lw->cmd->in[0], *out = &lw->cmd->out;

	return in->type == out->type && in->zero_point == out->zero_point &&
	       (in->type == QNN_ELEM_S32 ||
		lw->fmt[lw->x->in[0]].q.scale == lw->stage.out->q.scale);
}

static bool in_range(const struct graph_axis *a)
{
	return a->start >= -QNN_MAX_COPY && a->start <= QNN_MAX_COPY &&
	       a->step >= -QNN_MAX_COPY && a->step <= QNN_MAX_COPY &&
	       a->divisor >= 1 && a->divisor <= QNN_MAX_COPY && a->from < 3;
}

static int describe(struct lowering *lw)
{
	const struct graph_copy *from = &lw->x->copy;
	const struct value_format *in = &lw->fmt[lw->x->in[0]];
	struct qnn_copy_desc *c = &lw->cmd->copy;
	unsigned int seen = 0;
	bool ok = from->blocks == GRAPH_PLAIN ||
		  (from->block >= 1 && from->block <= QNN_MAX_COPY_BLOCK);

	for (int j = 0; j < 3; j++) {
		const struct graph_axis *a = &from->axis[j];

		ok = ok && in_range(a);
		seen |= ok ? 1u << a->from : 0;
		c->axis[j] = (struct qnn_copy_axis){
			.start = a->start, .step = a->step,
			.divisor = a->divisor, .from = a->from,
		};
	}
	if (!ok || seen != 7) {
		report_problem(lw->r, "node '%s' (%s): the device cannot address such a copy",
			       lw->x->name, lw->x->op);
		return -1;
	}
	c->mode = (u8)from->blocks;
	c->block = from->blocks == GRAPH_PLAIN ? 0 : (u8)from->block;
	c->out_first = (u16)lw->x->out_first;
	if (from->clamp)
		c->flags |= QNN_COPY_CLAMP;
	if (from->crd && from->blocks != GRAPH_PLAIN)
		c->flags |= QNN_COPY_CRD;
	if (!from->clamp)
		c->fill = (s32)format_fill(in, from->fill);
	return 0;
}

static void describe_straight(struct lowering *lw)
{
	struct qnn_copy_desc *c = &lw->cmd->copy;

	for (u32 j = 0; j < 3; j++)
		c->axis[j] = (struct qnn_copy_axis){
			.step = 1, .divisor = 1, .from = j,
		};
}

int lower_copy(struct lowering *lw)
{
	lw->cmd->opcode = QNN_OP_COPY;
	if (describe(lw))
		return -1;
	if (same_codes(lw))
		lw->cmd->stage.kind = QNN_STAGE_NONE;
	else
		lower_table_codes(lw);
	return 0;
}

/* From accumulators that an earlier unit has left. */
static int from_raw(struct lowering *lw)
{
	const struct lower_raw *raw = &lw->l->raw[lw->x->in[0]];

	/* There was a problem with the unit that makes them. */
	if (!raw->slope)
		return -1;
	for (uint32_t c = 0; c < lw->x->channels; c++) {
		double mul = lw->x->mul[c];

		lw->stage.slope[c] = mul * raw->slope[c];
		lw->stage.offset[c] = mul * raw->offset[c] + lw->x->add[c];
	}
	return lower_finish(lw);
}

int lower_identity(struct lowering *lw)
{
	const struct value_format *in = &lw->fmt[lw->x->in[0]];

	/* Only a layer can add a bias to a sum. */
	if (in->source != FORMAT_RAW && lw->stage.out->source == FORMAT_RAW)
		return lower_conv(lw);
	lw->cmd->opcode = QNN_OP_COPY;
	describe_straight(lw);
	if (in->source == FORMAT_RAW)
		return from_raw(lw);
	if (!lw->x->requant) {
		lower_table_codes(lw);
		return 0;
	}
	return lower_requant_all(lw, (double)in->q.scale /
				     lower_scaled(lw)->q.scale);
}

int lower_argmax(struct lowering *lw)
{
	lw->cmd->opcode = QNN_OP_ARGMAX;
	lower_uniform(lw, 1);
	return lower_finish(lw);
}

// SPDX-License-Identifier: MIT
/* Commands of a program, in words. */
#include "describe.h"
#include "qnn_device.h"
#include "tools/common/json_out.h"

static bool has_weights(const struct qnn_cmd *cmd)
{
	return cmd->opcode == QNN_OP_CONV || cmd->opcode == QNN_OP_FC ||
	       cmd->opcode == QNN_OP_CONV_TRANSPOSE;
}

static bool has_two_inputs(const struct qnn_cmd *cmd)
{
	return cmd->opcode == QNN_OP_ADD || cmd->opcode == QNN_OP_MUL;
}

static json_t *shape(const struct qnn_tensor_desc *t)
{
	return json_pack("[i, i, i]", t->height, t->width, t->channels);
}

static json_t *input_types(const struct qnn_cmd *cmd)
{
	if (has_two_inputs(cmd))
		return json_pack("[s, s]", qnn_elem_name(cmd->in[0].type),
				 qnn_elem_name(cmd->in[1].type));
	return json_pack("[s]", qnn_elem_name(cmd->in[0].type));
}

static const char *stage_name(unsigned int kind)
{
	static const char *const names[] = {
		[QNN_STAGE_NONE] = "none",
		[QNN_STAGE_RAW] = "raw",
		[QNN_STAGE_REQUANT] = "requantize",
		[QNN_STAGE_THRESHOLD] = "threshold",
		[QNN_STAGE_MEAN] = "mean",
		[QNN_STAGE_TABLE] = "table",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

static json_t *stage_rule(const struct qnn_stage_desc *stage)
{
	static const char *const names[] = {
		[QNN_ROUND_A] = "A", [QNN_ROUND_B] = "B", [QNN_ROUND_C] = "C",
	};

	if ((stage->kind != QNN_STAGE_REQUANT && stage->kind != QNN_STAGE_TABLE) ||
	    stage->rule < QNN_ROUND_A || stage->rule > QNN_ROUND_C)
		return json_null();
	return json_string(names[stage->rule]);
}

static json_t *conv_window(const struct qnn_conv_desc *c)
{
	return json_pack("{s:[i,i], s:[i,i], s:[i,i], s:[i,i,i,i], s:i}",
			 "kernel", c->kernel_h, c->kernel_w,
			 "stride", c->stride_h, c->stride_w,
			 "dilation", c->dilation_h, c->dilation_w,
			 "pad", c->pad_top, c->pad_left,
			 c->pad_bottom, c->pad_right,
			 "groups", c->groups);
}

static json_t *pool_window(const struct qnn_pool_desc *p)
{
	return json_pack("{s:[i,i], s:[i,i], s:[i,i], s:[i,i,i,i]}",
			 "kernel", p->kernel_h, p->kernel_w,
			 "stride", p->stride_h, p->stride_w,
			 "dilation", p->gap_h + 1, p->gap_w + 1,
			 "pad", p->pad_top, p->pad_left,
			 p->pad_bottom, p->pad_right);
}

/* An axis of the input: what the coordinate is computed from. */
static json_t *axis(const struct qnn_copy_axis *a)
{
	static const char *const names[QNN_COPY_AXES] = { "height", "width", "channels" };

	return json_pack("{s:i, s:i, s:i, s:s}", "start", a->start, "step", a->step,
			 "divisor", a->divisor, "from",
			 a->from < QNN_COPY_AXES ? names[a->from] : "?");
}

static json_t *copy_map(const struct qnn_copy_desc *d)
{
	static const char *const modes[] = {
		[QNN_COPY_PLAIN] = "plain",
		[QNN_COPY_SPACE_TO_DEPTH] = "space_to_depth",
		[QNN_COPY_DEPTH_TO_SPACE] = "depth_to_space",
	};

	return json_pack("{s:s, s:i, s:b, s:o, s:i, s:[o,o,o]}",
			 "mode", d->mode <= QNN_COPY_DEPTH_TO_SPACE ? modes[d->mode] : "?",
			 "block", d->block,
			 "crd", !!(d->flags & QNN_COPY_CRD),
			 "fill", d->flags & QNN_COPY_CLAMP ? json_string("nearest") :
							     json_integer(d->fill),
			 "out_first", d->out_first,
			 "axes", axis(&d->axis[0]), axis(&d->axis[1]), axis(&d->axis[2]));
}

/* What the command has besides tensors, stage and weights. */
static json_t *parameters(const struct qnn_cmd *cmd)
{
	if (has_weights(cmd))
		return conv_window(&cmd->conv);
	switch (cmd->opcode) {
	case QNN_OP_MAX_POOL:
	case QNN_OP_AVG_POOL:
		return pool_window(&cmd->pool);
	case QNN_OP_COPY:
		return copy_map(&cmd->copy);
	default:
		return json_object();
	}
}

static json_t *weights(const struct qnn_cmd *cmd, const struct layer_weights *w)
{
	if (!w->count)
		return json_object();
	return json_pack("{s:s, s:I, s:I, s:i, s:f, s:I, s:f}",
			 "weight_type", qnn_elem_name(cmd->conv.weight_type),
			 "weights", (json_int_t)w->count,
			 "weight_bytes", (json_int_t)w->bytes,
			 "weight_bits", (int)qnn_elem_bits(cmd->conv.weight_type),
			 "sparsity", (double)w->zeros / (double)w->count,
			 "stored_bytes", (json_int_t)(w->stored + 0.5),
			 "stored_bits", 8 * w->stored / (double)w->count);
}

/* Move the members of @from into @to; NULL when one of them is NULL. */
static json_t *merge(json_t *to, json_t *from)
{
	if (to && from && !json_object_update(to, from)) {
		json_decref(from);
		return to;
	}
	json_decref(to);
	json_decref(from);
	return NULL;
}

json_t *describe_layer(const struct qnn_model *model,
		       const struct qnn_cmd *cmd, unsigned int index,
		       const struct layer_weights *w)
{
	const struct qnn_stage_desc *stage = &cmd->stage;
	struct qnn_layer layer;
	json_t *out;

	if (qnn_model_layer(model, index, &layer, sizeof(layer)))
		return NULL;
	out = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o}",
			"index", (int)index,
			"name", json_text(layer.name),
			"op", json_text(layer.op),
			"command", json_text(layer.command),
			"input", shape(&cmd->in[0]),
			"output", shape(&cmd->out),
			"input_types", input_types(cmd),
			"output_type", qnn_elem_name(cmd->out.type),
			"stage", stage_name(stage->kind),
			"rounding", stage_rule(stage),
			"levels", stage->kind == QNN_STAGE_THRESHOLD ?
				json_integer(stage->levels) : json_null());
	out = merge(out, parameters(cmd));
	out = merge(out, weights(cmd, w));
	return merge(out, json_pack("{s:I, s:I, s:I, s:I}",
				    "macs", (json_int_t)layer.macs,
				    "cycles", (json_int_t)layer.cycles,
				    "bytes_read", (json_int_t)layer.bytes_read,
				    "bytes_written",
				    (json_int_t)layer.bytes_written));
}

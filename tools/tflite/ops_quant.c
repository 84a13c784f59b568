// SPDX-License-Identifier: MIT
/* Between numbers and codes, and functions. */
#include "priv.h"

#include <math.h>

void tfl_op_quantize(struct op *op)
{
	const struct tfl_tensor *in = tfl_op_input(op, 0), *out = tfl_op_output(op, 0);
	struct graph_node n = { .op = GRAPH_QUANT };
	struct quantizer from;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_quantizer(op, out, &n.quant))
		return;
	if (in->type != TFL_FLOAT32) {
		if (!tfl_op_quantizer(op, in, &from))
			return;
		n.requant = tfl_op_requant(op, (double)from.scale / n.quant.scale);
		if (!n.requant)
			return;
	} else if (n.in[0] == op->imp->g->input) {
		/* As the library does it that fills the device's buffers. */
		n.quant.rounding = QUANT_ROUND;
		report_note(op->imp->r, "node '%.64s' (%s): halves are rounded to even, TFLite rounds them away from zero",
			    op->name, op->type);
	}
	tfl_op_result_value(op, 0, tfl_op_node(op, &n));
}

/* Real numbers are what the graph has anyway. */
void tfl_op_dequantize(struct op *op)
{
	const struct tfl_tensor *in = tfl_op_input(op, 0), *out = tfl_op_output(op, 0);
	bool constant = tfl_op_is_const(op, 0);
	struct symbol *s;
	uint32_t value;

	/* Of values, it is codes; constants can have other widths as well. */
	if (in && !tfl_is_code(in) && !(constant &&
	    (in->type == TFL_FLOAT16 || in->type == TFL_INT4 || in->type == TFL_INT2))) {
		tfl_op_problem(op, "its input is of type %s", tfl_type_name(in->type));
		return;
	}
	if (out->type != TFL_FLOAT32) {
		tfl_op_problem(op, "its result is of type %s, not float32",
			       tfl_type_name(out->type));
		return;
	}
	if (constant) {
		s = &op->imp->symbol[op->o->out.v[0]];
		s->kind = SYMBOL_CONST;
		s->source = tfl_op_symbol(op, 0)->source;
		return;
	}
	if (!tfl_op_value(op, 0, &value))
		return;
	report_note(op->imp->r, "node '%.64s' (%s): left out; where it is the network's output, that has codes, a scale and a zero point",
		    op->name, op->type);
	tfl_op_result_value(op, 0, value);
}

void tfl_op_softmax(struct op *op)
{
	struct graph_node n = { .op = GRAPH_SOFTMAX,
				.softmax_beta = op->opt->beta,
				.softmax_fixed = true };
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes))
		return;
	if (!isfinite(n.softmax_beta) || n.softmax_beta <= 0) {
		tfl_op_problem(op, "option beta is %g; it must be above 0",
			       n.softmax_beta);
		return;
	}
	tfl_op_finish(op, tfl_op_node(op, &n), TFL_NONE, NULL);
}

void tfl_op_arg_max(struct op *op)
{
	const struct tfl_tensor *in = tfl_op_input(op, 0);
	struct graph_node n = { .op = GRAPH_ARGMAX };
	struct symbol *result;
	struct numbers axis;
	struct sides s;
	bool channels;
	int32_t type = tfl_op_output(op, 0)->type;

	/* What reads them next would take other types for codes or floats. */
	if (type != TFL_INT32 && type != TFL_INT64) {
		tfl_op_problem(op, "its result is of type %s; positions are int32 or int64",
			       tfl_type_name(type));
		return;
	}
	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_image(op, in, &s) ||
	    !tfl_op_ints(op, 1, "axis", 1, 1, &axis))
		return;
	channels = tfl_op_axis(in, axis.i[0]) == 2;
	if (!channels)
		tfl_op_problem(op, "it goes over dimension %lld of %zu; only the last one, the channels, is supported",
			       (long long)axis.i[0], in->shape.n);
	numbers_free(&axis);
	if (!channels)
		return;
	report_note(op->imp->r, "node '%.64s' (%s): the result has 32 bits, and one channel",
		    op->name, op->type);
	result = &op->imp->symbol[op->o->out.v[0]];
	result->value = tfl_op_node(op, &n);
	result->kind = result->value == GRAPH_NONE ? SYMBOL_REFUSED :
						     SYMBOL_VALUE;
}

// SPDX-License-Identifier: MIT
#include "priv.h"

#include <math.h>

#include "tools/graph/mem.h"

/*
 * TFLite brings unsigned parts to the codes of the result in single precision.
 * What they stand for stays the same.
 */
static uint32_t rescale(struct op *op, uint32_t value,
			const struct tfl_tensor *from,
			const struct tfl_tensor *to)
{
	volatile float inverse = 1.0f / to->scale[0];
	volatile float scale = from->scale[0] * inverse;
	float from_zero = (float)tfl_zero(from, 0);
	float to_zero = (float)tfl_zero(to, 0);
	volatile float bias = -from_zero * scale;
	struct graph_node n = {
		.op = GRAPH_FUNCTION, .in = { value },
		.activation = { .f = GRAPH_LEAKY, .alphas = 1 },
	};

	n.activation.alpha = mem_array(1, sizeof(double));
	n.activation.alpha[0] = 1;
	n.activation.codes = mem_array(256, sizeof(int16_t));
	for (int x = 0; x < 256; x++) {
		volatile float product = (float)x * scale;
		float y = roundf(product + bias) + to_zero;

		n.activation.codes[x] = (int16_t)fminf(fmaxf(y, 0), 255);
	}
	return tfl_op_quant(op, tfl_op_node(op, &n), to, NULL);
}

static uint32_t join_part(struct op *op, size_t k, uint32_t value)
{
	const struct tfl_tensor *from = tfl_op_input(op, k);
	const struct tfl_tensor *to = tfl_op_output(op, 0);

	if (!tfl_is_code(from) || same_quant(from, to))
		return value;
	if (from->type == TFL_UINT8)
		return rescale(op, value, from, to);
	tfl_op_problem(op, "input %zu has another scale or zero point than the result; TFLite does not run that either",
		       k);
	return GRAPH_NONE;
}

void tfl_op_concat(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONCAT };
	int axis = tfl_op_axis(tfl_op_output(op, 0), op->opt->axis);
	size_t parts = op->o->in.n;
	bool codes;

	if (axis < 0)
		tfl_op_problem(op, "option axis is %d; only height, width and channels can be joined",
			       op->opt->axis);
	if (parts > GRAPH_MAX_INPUTS)
		tfl_op_problem(op, "it has %zu inputs; up to %u are supported",
			       parts, GRAPH_MAX_INPUTS);
	if (op->opt->activation != TFL_NONE)
		tfl_op_problem(op, "it has a fused activation; use an operator of its own");
	if (op->refused)
		return;
	n.parts = (uint32_t)parts;
	n.axis = (uint32_t)axis;
	for (size_t k = 0; k < parts; k++) {
		if (!tfl_op_value(op, k, &n.in[k]) ||
		    !tfl_op_same_kind(op, k, &codes))
			return;
		n.in[k] = join_part(op, k, n.in[k]);
		if (n.in[k] == GRAPH_NONE)
			return;
	}
	tfl_op_result_value(op, 0, tfl_op_node(op, &n));
}

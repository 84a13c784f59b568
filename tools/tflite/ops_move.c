// SPDX-License-Identifier: MIT
/* Operators that move numbers and leave them as they are. */
#include "priv.h"

#include "tools/graph/mem.h"

/* RESHAPE, SQUEEZE, EXPAND_DIMS: the file says what the result is like. */
void tfl_op_reshape(struct op *op)
{
	struct graph_node n = {
		.op = GRAPH_RESHAPE, .reshape = { .channels_last = true },
	};
	const struct graph_value *v;
	struct sides to;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_output(op, 0), &to))
		return;
	v = &op->imp->g->value[n.in[0]];
	n.reshape.c = to.c;
	n.reshape.h = to.h;
	n.reshape.w = to.w;
	if (to.c != v->c || to.h != v->h || to.w != v->w)
		n.in[0] = tfl_op_node(op, &n);
	tfl_op_result_value(op, 0, tfl_op_restate(op, n.in[0], tfl_op_input(op, 0),
					  tfl_op_output(op, 0)));
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
		if (!tfl_op_value(op, k, &n.in[k]) || !tfl_op_same_kind(op, k, &codes))
			return;
		n.in[k] = tfl_op_restate(op, n.in[k], tfl_op_input(op, k),
				     tfl_op_input(op, k));
		if (n.in[k] == GRAPH_NONE)
			return;
	}
	tfl_op_result_value(op, 0, tfl_op_node(op, &n));
}

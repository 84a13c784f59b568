// SPDX-License-Identifier: MIT
/* Sums, differences and products. */
#include "priv.h"

#include <math.h>

/* What ADD and SUB multiply their sums by: those have 20 bits more. */
static struct graph_requant *sum_requant(struct op *op)
{
	double a = tfl_op_input(op, 0)->scale[0], b = tfl_op_input(op, 1)->scale[0];

	return tfl_op_requant(op, 2 * fmax(a, b) /
			      ((double)(1 << 20) * tfl_op_output(op, 0)->scale[0]));
}

static struct graph_requant *product_requant(struct op *op)
{
	volatile float product = tfl_op_input(op, 0)->scale[0] *
				 tfl_op_input(op, 1)->scale[0];
	volatile float real = product / tfl_op_output(op, 0)->scale[0];

	return tfl_op_requant(op, real);
}

static void binary(struct op *op, enum graph_op kind)
{
	struct graph_node n = { .op = kind };
	struct graph_requant *rq = NULL;
	bool codes, other;

	if (tfl_op_is_const(op, 0) || tfl_op_is_const(op, 1)) {
		tfl_op_with_constant(op, kind);
		return;
	}
	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_value(op, 1, &n.in[1]) ||
	    !tfl_op_same_kind(op, 0, &codes) || !tfl_op_same_kind(op, 1, &other))
		return;
	if (codes) {
		rq = kind == GRAPH_MUL ? product_requant(op) : sum_requant(op);
		if (!rq)
			return;
	}
	tfl_op_finish(op, tfl_op_node(op, &n), op->opt->activation, rq);
}

void tfl_op_add(struct op *op)
{
	binary(op, GRAPH_ADD);
}

void tfl_op_sub(struct op *op)
{
	binary(op, GRAPH_SUB);
}

void tfl_op_mul(struct op *op)
{
	binary(op, GRAPH_MUL);
}

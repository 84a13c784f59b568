// SPDX-License-Identifier: MIT
/* Constants, and the arithmetic on shapes that exporters leave behind. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

/* Shapes are short; this keeps nodes from multiplying large constants. */
#define MAX_SHAPE_NUMBERS	64u

static struct constant *vector(size_t count, const int64_t *i)
{
	uint64_t dim = count;
	struct constant *c = constant_new(1, &dim, true);

	if (count)
		memcpy(c->i, i, count * sizeof(*i));
	return c;
}

static struct constant *floats(size_t rank, size_t count, const float *f)
{
	uint64_t dim = count;
	struct constant *c = constant_new(rank, &dim, false);

	if (count)
		memcpy(c->f, f, count * sizeof(*f));
	return c;
}

void op_constant(struct op *op)
{
	const Onnx__AttributeProto *a;
	struct constant *c = NULL;
	char what[128];

	if ((a = op_attr(op, "value")) && a->t) {
		snprintf(what, sizeof(what), "node '%s' (%s): attribute 'value'",
			 op->name, op->type);
		c = constant_read(a->t, op->imp->r, what);
		if (!c)
			op->refused = true;
	} else if ((a = op_attr(op, "value_float"))) {
		c = floats(0, 1, &a->f);
	} else if ((a = op_attr(op, "value_floats"))) {
		c = floats(1, a->n_floats, a->floats);
	} else if ((a = op_attr(op, "value_int"))) {
		c = vector(1, &a->i);
		c->rank = 0;
	} else if ((a = op_attr(op, "value_ints"))) {
		c = vector(a->n_ints, a->ints);
	} else {
		op_problem(op, "it has no 'value', 'value_float', 'value_floats', 'value_int' or 'value_ints'");
	}
	if (c)
		op_result_const(op, c);
}

void op_transpose(struct op *op)
{
	const struct constant *c = op_const(op, 0, "input");
	size_t turn[CONST_MAX_RANK], n;
	bool seen[CONST_MAX_RANK] = { false };
	const int64_t *perm;

	n = op_ints(op, "perm", &perm);
	if (!c || !op_ready(op))
		return;
	if (n && n != c->rank) {
		op_problem(op, "attribute 'perm' has %zu numbers for %zu axes",
			   n, c->rank);
		return;
	}
	for (size_t k = 0; k < c->rank; k++) {
		int64_t axis = n ? perm[k] : (int64_t)(c->rank - 1 - k);

		if (axis < 0 || axis >= (int64_t)c->rank || seen[axis]) {
			op_problem(op, "attribute 'perm' is not an order of the axes");
			return;
		}
		seen[axis] = true;
		turn[k] = (size_t)axis;
	}
	op_result_const(op, constant_transpose(c, turn));
}

void op_shape(struct op *op)
{
	const struct graph_value *v;
	int64_t dims[4];
	uint32_t in;

	if (!op_value(op, 0, &in) || !op_ready(op))
		return;
	v = &op->imp->g->value[in];
	dims[0] = 1;
	dims[1] = v->c;
	dims[2] = v->h;
	dims[3] = v->w;
	op_result_const(op, vector(v->flat ? 2 : 4, dims));
}

/* Integers that are a shape or a part of one. */
static const struct constant *shape_part(struct op *op, size_t index)
{
	const struct constant *c = op_const(op, index, "input");

	if (!c)
		return NULL;
	if (c->i && c->rank <= 1 && c->count <= MAX_SHAPE_NUMBERS)
		return c;
	op_problem(op, "only shapes are supported: a few integers");
	return NULL;
}

void op_gather(struct op *op)
{
	const struct constant *c = shape_part(op, 0), *at = shape_part(op, 1);
	struct constant *n;

	if (op_int(op, "axis", 0))
		op_problem(op, "attribute 'axis' must be 0");
	if (!c || !at || !op_ready(op))
		return;
	n = constant_copy(at);
	for (size_t k = 0; k < at->count; k++) {
		int64_t i = at->i[k];

		if (i < 0)
			i += (int64_t)c->count;
		if (i < 0 || i >= (int64_t)c->count) {
			op_problem(op, "index %lld is outside of its input",
				   (long long)at->i[k]);
			constant_free(n);
			return;
		}
		n->i[k] = c->i[i];
	}
	op_result_const(op, n);
}

void op_unsqueeze(struct op *op)
{
	const struct constant *c = shape_part(op, 0);
	const int64_t *axes;

	/* The axis of a single number can only be 0. */
	op_ints(op, "axes", &axes);
	if (!c || !op_ready(op))
		return;
	if (c->rank)
		op_problem(op, "only a single number is supported");
	else
		op_result_const(op, vector(1, c->i));
}

void op_concat(struct op *op)
{
	int64_t joined[MAX_SHAPE_NUMBERS];
	size_t count = 0;

	if (op_int(op, "axis", 0))
		op_problem(op, "attribute 'axis' must be 0");
	for (size_t k = 0; k < op_inputs(op); k++) {
		const struct constant *c = shape_part(op, k);

		if (!c)
			return;
		if (count + c->count > MAX_SHAPE_NUMBERS) {
			op_problem(op, "the shape is too long");
			return;
		}
		if (c->count)
			memcpy(joined + count, c->i, c->count * sizeof(*c->i));
		count += c->count;
	}
	if (op_ready(op))
		op_result_const(op, vector(count, joined));
}

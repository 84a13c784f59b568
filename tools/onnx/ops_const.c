// SPDX-License-Identifier: MIT
/* Constants, and shapes as numbers. */
#include "priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		c = constant_read(op->imp, a->t, what);
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

static struct constant *fill_value(struct op *op)
{
	const Onnx__AttributeProto *a = op_attr(op, "value");
	float zero = 0;

	if (!a || !a->t)
		return floats(0, 1, &zero);
	return constant_read(op->imp, a->t, "attribute 'value'");
}

void op_constant_of_shape(struct op *op)
{
	const struct constant *shape = op_integers(op, 0, "shape");
	struct constant *fill = fill_value(op);
	uint64_t dims[CONST_MAX_RANK];

	if (!fill || fill->count != 1)
		op_problem(op, "attribute 'value' is not one number");
	if (shape && shape->count > CONST_MAX_RANK)
		op_problem(op, "its shape has %zu dimensions", shape->count);
	for (size_t k = 0; shape && !op->refused && k < shape->count; k++) {
		if (shape->i[k] < 0)
			op_problem(op, "dimension %zu of its shape is %lld", k,
				   (long long)shape->i[k]);
		dims[k] = (uint64_t)shape->i[k];
	}
	if (shape && op_ready(op))
		fold_expand(op, fill, shape->count, dims);
	constant_free(fill);
}

static int64_t limit(int64_t v, int64_t rank)
{
	v = v < 0 ? v + rank : v;
	return v < 0 ? 0 : v > rank ? rank : v;
}

void op_shape(struct op *op)
{
	const struct symbol *s = op_symbol(op, 0);
	int64_t dims[CONST_MAX_RANK], first, last;
	size_t rank;

	if (!s || !op_ready(op))
		return;
	rank = s->kind == SYMBOL_CONST ? s->constant->rank : s->tensor.view.rank;
	for (size_t k = 0; k < rank; k++)
		dims[k] = (int64_t)(s->kind == SYMBOL_CONST ?
				    s->constant->dims[k] :
				    s->tensor.view.dims[k]);
	first = limit(op_int(op, "start", 0), (int64_t)rank);
	last = limit(op_int(op, "end", INT32_MAX), (int64_t)rank);
	if (op_ready(op))
		op_result_const(op, vector(last > first ?
					   (size_t)(last - first) : 0,
					   dims + first));
}

void op_size(struct op *op)
{
	const struct symbol *s = op_symbol(op, 0);
	struct constant *c;
	int64_t count;

	if (!s || !op_ready(op))
		return;
	count = (int64_t)(s->kind == SYMBOL_CONST ? s->constant->count :
			  graph_elements(&op->imp->g->value[s->tensor.value]));
	c = vector(1, &count);
	c->rank = 0;
	op_result_const(op, c);
}

void op_range(struct op *op)
{
	double start = op_number(op, 0, "start", 0);
	double end = op_number(op, 1, "limit", 0);
	double delta = op_number(op, 2, "delta", 1), n;
	const struct symbol *s = op_symbol(op, 0);
	struct constant *c;
	uint64_t dim;

	if (!op_ready(op))
		return;
	n = delta != 0 ? ceil((end - start) / delta) : -1;
	if (!(n >= 0 && n <= FOLD_MAX_MADE) || fabs(start) > 9e15 ||
	    fabs(end) > 9e15) {
		op_problem(op, "from %g to %g in steps of %g are too many numbers, or none",
			   start, end, delta);
		return;
	}
	dim = (uint64_t)n;
	c = constant_new(1, &dim, s->constant->i);
	for (uint64_t k = 0; k < dim; k++) {
		if (c->i)
			c->i[k] = (int64_t)(start + (double)k * delta);
		else
			c->f[k] = (float)(start + (double)k * delta);
	}
	op_result_const(op, c);
}

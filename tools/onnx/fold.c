// SPDX-License-Identifier: MIT
/* Constants computed from constants: what exporters leave of shapes. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is(const struct op *op, const char *type)
{
	return !strcmp(op->type, type);
}

static double unary(const struct op *op, double x)
{
	if (is(op, "Neg"))
		return -x;
	if (is(op, "Abs"))
		return fabs(x);
	if (is(op, "Floor"))
		return floor(x);
	if (is(op, "Ceil"))
		return ceil(x);
	if (is(op, "Sqrt"))
		return sqrt(x);
	if (is(op, "Exp"))
		return exp(x);
	if (is(op, "Log"))
		return log(x);
	if (is(op, "Reciprocal"))
		return 1 / x;
	if (is(op, "Not"))
		return x == 0;
	return NAN;
}

/* A constant of the same type; what is computed has no codes any more. */
static struct constant *plain(const struct constant *c, size_t rank,
			      const uint64_t *dims)
{
	struct constant *n = constant_new(rank, dims, c->i);

	n->type = c->type;
	return n;
}

bool fold_unary(struct op *op)
{
	const struct constant *c;
	struct constant *n;

	if (!op_all_const(op) || !op_ready(op))
		return false;
	c = op_const(op, 0, "input");
	if (!c)
		return true;
	n = plain(c, c->rank, c->dims);
	for (size_t k = 0; k < c->count; k++) {
		double y = unary(op, constant_number(c, k));

		if (isnan(y) || fabs(y) > 9e15) {
			op_problem(op, "it cannot be computed from a constant");
			constant_free(n);
			return true;
		}
		if (n->f)
			n->f[k] = (float)y;
		else
			n->i[k] = (int64_t)y;
	}
	op_result_const(op, n);
	return true;
}

static bool integers(const struct op *op, int64_t a, int64_t b, int64_t *y)
{
	if (is(op, "Add"))
		return !__builtin_add_overflow(a, b, y);
	if (is(op, "Sub"))
		return !__builtin_sub_overflow(a, b, y);
	if (is(op, "Mul"))
		return !__builtin_mul_overflow(a, b, y);
	if ((is(op, "Div") || is(op, "Mod")) && (!b || (b == -1 && a == INT64_MIN)))
		return false;
	if (is(op, "Div"))
		*y = a / b;
	else if (is(op, "Mod"))
		*y = a % b + (a % b && (a % b < 0) != (b < 0) ? b : 0);
	else if (is(op, "Min"))
		*y = a < b ? a : b;
	else if (is(op, "Max"))
		*y = a > b ? a : b;
	else if (is(op, "Equal"))
		*y = a == b;
	else if (is(op, "Greater"))
		*y = a > b;
	else if (is(op, "Less"))
		*y = a < b;
	else if (is(op, "And"))
		*y = a && b;
	else if (is(op, "Or"))
		*y = a || b;
	else
		return false;
	return true;
}

static bool floats(const struct op *op, float a, float b, float *y)
{
	if (is(op, "Add"))
		*y = a + b;
	else if (is(op, "Sub"))
		*y = a - b;
	else if (is(op, "Mul"))
		*y = a * b;
	else if (is(op, "Div"))
		*y = a / b;
	else if (is(op, "Min"))
		*y = fminf(a, b);
	else if (is(op, "Max"))
		*y = fmaxf(a, b);
	else if (is(op, "Pow"))
		*y = powf(a, b);
	else
		return false;
	return true;
}

static bool shape_of_two(const struct constant *a, const struct constant *b,
			 uint64_t *dims, size_t *rank)
{
	uint64_t count = 1;

	*rank = a->rank > b->rank ? a->rank : b->rank;
	for (size_t k = 0; k < *rank; k++) {
		uint64_t x = k < a->rank ? a->dims[a->rank - 1 - k] : 1;
		uint64_t y = k < b->rank ? b->dims[b->rank - 1 - k] : 1;

		if (x != y && x != 1 && y != 1)
			return false;
		dims[*rank - 1 - k] = x == 1 ? y : x;
		count *= dims[*rank - 1 - k];
		if (count > GRAPH_MAX_ELEMENTS)
			return false;
	}
	return count <= FOLD_MAX_MADE || count <= a->count + b->count;
}

static bool compute(const struct op *op, const struct constant *a,
		    const struct constant *b, struct constant *n)
{
	for (size_t k = 0; k < n->count; k++) {
		size_t i = constant_broadcast(a, n->rank, n->dims, k);
		size_t j = constant_broadcast(b, n->rank, n->dims, k);

		if (n->f ? !floats(op, a->f[i], b->f[j], &n->f[k]) :
			   !integers(op, a->i[i], b->i[j], &n->i[k]))
			return false;
	}
	return true;
}

bool fold_binary(struct op *op)
{
	const struct constant *a, *b;
	uint64_t dims[CONST_MAX_RANK];
	struct constant *n = NULL;
	size_t rank;

	if (!op_all_const(op) || !op_ready(op) || op_inputs(op) != 2)
		return false;
	a = op_const(op, 0, "input");
	b = op_const(op, 1, "input");
	if (a && b && !a->f == !b->f && shape_of_two(a, b, dims, &rank))
		n = plain(a, rank, dims);
	if (n && compute(op, a, b, n)) {
		op_result_const(op, n);
		return true;
	}
	constant_free(n);
	op_problem(op, "it cannot be computed from its constants");
	return true;
}

void op_fold_unary(struct op *op)
{
	if (!fold_unary(op) && op_ready(op))
		op_problem(op, "only of constants is supported");
}

void op_fold_binary(struct op *op)
{
	op_int(op, "fmod", 0);
	if (!fold_binary(op) && op_ready(op))
		op_problem(op, "only of constants is supported");
}

void op_where(struct op *op)
{
	const struct constant *c, *a, *b;
	struct constant *n;

	if (!op_ready(op))
		return;
	if (!op_all_const(op)) {
		op_problem(op, "only of constants is supported");
		return;
	}
	c = op_integers(op, 0, "condition");
	a = op_const(op, 1, "input");
	b = op_const(op, 2, "input");
	if (!c || !a || !b)
		return;
	if (!a->f != !b->f || !constant_broadcasts(a, c->rank, c->dims) ||
	    !constant_broadcasts(b, c->rank, c->dims)) {
		op_problem(op, "its inputs do not fit each other");
		return;
	}
	n = plain(a, c->rank, c->dims);
	for (size_t k = 0; k < n->count; k++) {
		const struct constant *from = c->i[k] ? a : b;
		size_t at = constant_broadcast(from, n->rank, n->dims, k);

		if (n->f)
			n->f[k] = from->f[at];
		else
			n->i[k] = from->i[at];
	}
	op_result_const(op, n);
}

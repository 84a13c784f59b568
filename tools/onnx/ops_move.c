// SPDX-License-Identifier: MIT
/* The same numbers, seen otherwise. */
#include "priv.h"

#include <math.h>
#include <string.h>

/* Rank and dimensions of an input of either kind; false: it was refused. */
static bool any_shape(struct op *op, const struct constant **c,
		      struct tensor *t, size_t *rank, const uint64_t **dims)
{
	const struct symbol *s = op_symbol(op, 0);

	*c = NULL;
	if (!s || s->kind == SYMBOL_REFUSED)
		return false;
	if (s->kind == SYMBOL_CONST) {
		*c = s->constant;
		*rank = s->constant->rank;
		*dims = s->constant->dims;
		return true;
	}
	*t = s->tensor;
	*rank = t->view.rank;
	*dims = t->view.dims;
	return true;
}

static uint64_t product(const uint64_t *dims, size_t from, size_t to)
{
	uint64_t n = 1;

	for (size_t k = from; k < to; k++)
		n *= dims[k];
	return n;
}

static void reshape(struct op *op, const struct constant *c, struct tensor *t,
		    size_t rank, const uint64_t *dims)
{
	if (c)
		fold_reshape(op, c, rank, dims);
	else if (tensor_reshape(op, t, rank, dims))
		op_result(op, 0, t);
}

void op_flatten(struct op *op)
{
	int64_t axis = op_int(op, "axis", 1);
	const uint64_t *dims;
	const struct constant *c;
	uint64_t two[2];
	struct tensor t;
	size_t rank, at;

	if (!any_shape(op, &c, &t, &rank, &dims) || !op_ready(op))
		return;
	if (axis == (int64_t)rank)
		at = rank;
	else if (!op_axis(op, axis, rank, &at))
		return;
	two[0] = product(dims, 0, at);
	two[1] = product(dims, at, rank);
	reshape(op, c, &t, 2, two);
}

/* What the numbers of a Reshape mean for @total numbers. */
static bool read_shape(const struct constant *shape, bool zero_is_zero,
		       size_t rank, const uint64_t *old, uint64_t total, uint64_t *dims)
{
	size_t open = CONST_MAX_RANK;
	uint64_t count = 1;

	if (shape->count > CONST_MAX_RANK)
		return false;
	for (size_t k = 0; k < shape->count; k++) {
		int64_t d = shape->i[k];

		if (d == -1 && open == CONST_MAX_RANK) {
			open = k;
			d = 1;
		} else if (d == 0 && !zero_is_zero && k < rank) {
			d = (int64_t)old[k];
		}
		if (d < 1 || d > GRAPH_MAX_ELEMENTS ||
		    count * (uint64_t)d > GRAPH_MAX_ELEMENTS)
			return false;
		dims[k] = (uint64_t)d;
		count *= (uint64_t)d;
	}
	if (open < CONST_MAX_RANK) {
		dims[open] = total / count;
		count *= dims[open];
	}
	return count == total && total;
}

void op_reshape(struct op *op)
{
	const struct constant *shape = op_integers(op, 1, "shape"), *c;
	bool zero_is_zero = op_int(op, "allowzero", 0);
	uint64_t dims[CONST_MAX_RANK];
	const uint64_t *old;
	struct tensor t;
	size_t rank;

	if (!any_shape(op, &c, &t, &rank, &old) || !shape || !op_ready(op))
		return;
	if (!read_shape(shape, zero_is_zero, rank, old,
			product(old, 0, rank), dims)) {
		op_problem(op, "its shape does not fit an input of %llu numbers",
			   (unsigned long long)product(old, 0, rank));
		return;
	}
	reshape(op, c, &t, shape->count, dims);
}

void op_transpose(struct op *op)
{
	size_t turn[CONST_MAX_RANK], n, rank;
	bool seen[CONST_MAX_RANK] = { false };
	const struct constant *c;
	const uint64_t *dims;
	const int64_t *perm;
	struct tensor t;
	struct view v;

	n = op_ints(op, "perm", &perm);
	if (!any_shape(op, &c, &t, &rank, &dims) || !op_ready(op))
		return;
	if (n && n != rank) {
		op_problem(op, "attribute 'perm' has %zu numbers for %zu axes",
			   n, rank);
		return;
	}
	for (size_t k = 0; k < rank; k++) {
		int64_t axis = n ? perm[k] : (int64_t)(rank - 1 - k);

		if (axis < 0 || axis >= (int64_t)rank || seen[axis]) {
			op_problem(op, "attribute 'perm' is not an order of the axes");
			return;
		}
		seen[axis] = true;
		turn[k] = (size_t)axis;
	}
	if (c) {
		op_result_const(op, constant_transpose(c, turn));
		return;
	}
	v = t.view;
	for (size_t k = 0; k < rank; k++) {
		t.view.dims[k] = v.dims[turn[k]];
		t.view.role[k] = v.role[turn[k]];
	}
	op_result(op, 0, &t);
}

/* Dimensions of 1 come and go: a value stays where it is. */
static void put_view(struct op *op, struct tensor *t, size_t rank,
		     const uint64_t *dims)
{
	struct view v = { .rank = rank };
	size_t from = 0;

	for (size_t k = 0; k < rank; k++) {
		v.dims[k] = dims[k];
		v.role[k] = ROLE_NONE;
		if (dims[k] == 1)
			continue;
		while (t->view.dims[from] == 1)
			from++;
		v.role[k] = t->view.role[from++];
	}
	t->view = v;
	op_result(op, 0, t);
}

static void change_rank(struct op *op, const struct constant *c,
			struct tensor *t, size_t rank, const uint64_t *dims)
{
	if (c)
		fold_reshape(op, c, rank, dims);
	else
		put_view(op, t, rank, dims);
}

void op_squeeze(struct op *op)
{
	size_t axes[CONST_MAX_RANK], n, rank, left = 0;
	bool gone[CONST_MAX_RANK] = { false };
	uint64_t dims[CONST_MAX_RANK];
	const struct constant *c;
	const uint64_t *old;
	struct tensor t;

	if (!any_shape(op, &c, &t, &rank, &old))
		return;
	n = op_axes(op, 1, rank, axes);
	if (!op_ready(op))
		return;
	for (size_t k = 0; k < n; k++)
		gone[axes[k]] = true;
	for (size_t k = 0; k < rank; k++) {
		if (!n && old[k] == 1)
			gone[k] = true;
		if (gone[k] && old[k] != 1) {
			op_problem(op, "dimension %zu is %llu, not 1", k,
				   (unsigned long long)old[k]);
			return;
		}
		if (!gone[k])
			dims[left++] = old[k];
	}
	change_rank(op, c, &t, left, dims);
}

void op_unsqueeze(struct op *op)
{
	size_t axes[CONST_MAX_RANK], n, rank, from = 0;
	bool added[CONST_MAX_RANK] = { false };
	uint64_t dims[CONST_MAX_RANK];
	const struct constant *c;
	const struct constant *given = NULL;
	const int64_t *list;
	const uint64_t *old;
	struct tensor t;

	n = op_ints(op, "axes", &list);
	if (!n && op_input_given(op, 1)) {
		given = op_integers(op, 1, "axes");
		n = given ? given->count : 0;
	}
	if (!any_shape(op, &c, &t, &rank, &old) || !op_ready(op))
		return;
	if (!n || rank + n > CONST_MAX_RANK) {
		op_problem(op, "it has %zu axes for an input with %zu dimensions",
			   n, rank);
		return;
	}
	n = op_axes(op, 1, rank + n, axes);
	for (size_t k = 0; k < n; k++)
		added[axes[k]] = true;
	for (size_t k = 0; n && k < rank + n; k++)
		dims[k] = added[k] ? 1 : old[from++];
	if (op_ready(op))
		change_rank(op, c, &t, rank + n, dims);
}

void op_identity(struct op *op)
{
	const struct symbol *s = op_symbol(op, 0);

	if (!s || !op_ready(op))
		return;
	if (s->kind == SYMBOL_CONST)
		op_result_const(op, constant_copy(s->constant));
	else
		op_result(op, 0, &s->tensor);
}

void op_dropout(struct op *op)
{
	const struct constant *c;

	/* Does nothing outside of training. */
	op_float(op, "ratio", 0);
	op_int(op, "seed", 0);
	if (op_input_given(op, 2)) {
		c = op_const(op, 2, "training mode");
		if (c && (!c->i || c->count != 1 || c->i[0]))
			op_problem(op, "its training mode must be false: export the network for inference");
	}
	op_identity(op);
}

static void cast_const(struct op *op, const struct constant *c, int type)
{
	struct constant *n = constant_new(c->rank, c->dims, type_integer(type));

	n->type = type;
	for (size_t k = 0; k < c->count; k++) {
		double v = constant_number(c, k);

		if (n->f) {
			n->f[k] = (float)v;
		} else if (type == TYPE(BOOL)) {
			n->i[k] = v != 0;
		} else if (c->i) {
			n->i[k] = c->i[k];
		} else if (fabs(v) < 9e15) {
			n->i[k] = (int64_t)v;
		} else {
			op_problem(op, "%g cannot become an integer", v);
			constant_free(n);
			return;
		}
	}
	op_result_const(op, n);
}

void op_cast(struct op *op)
{
	int type = (int)op_int(op, "to", TYPE(FLOAT));
	struct quantizer q = { .scale = 1 };
	const struct graph_node *maker;
	const struct constant *c;
	const uint64_t *dims;
	struct tensor t;
	size_t rank;

	op_int(op, "saturate", 1);
	op_has(op, "round_mode");
	if (!any_shape(op, &c, &t, &rank, &dims) || !op_ready(op))
		return;
	if (c) {
		if (!strcmp(type_name(type), "string"))
			op_problem(op, "text is not supported");
		else
			cast_const(op, c, type);
		return;
	}
	maker = note_maker(op->imp, t.value);
	if (type_integer(type) && !(maker && maker->op == GRAPH_ARGMAX)) {
		op_problem(op, "turning values into %s is not supported; QuantizeLinear says how to round",
			   type_name(type));
		return;
	}
	/* Integers as they are: their steps are 1. */
	if (t.codes && !type_codes(op->imp->input_type, &q))
		type_codes(TYPE(UINT8), &q);
	if (!t.codes || dequantize(op, &t, &q))
		op_result(op, 0, &t);
}

void op_expand(struct op *op)
{
	const struct constant *shape = op_integers(op, 1, "shape"), *c;
	uint64_t dims[CONST_MAX_RANK];
	const uint64_t *old;
	size_t rank, more;
	struct tensor t;

	if (!any_shape(op, &c, &t, &rank, &old) || !shape || !op_ready(op))
		return;
	more = shape->count > rank ? shape->count : rank;
	if (more > CONST_MAX_RANK) {
		op_problem(op, "its shape has %zu dimensions", more);
		return;
	}
	for (size_t k = 0; k < more; k++) {
		uint64_t have = k < rank ? old[rank - 1 - k] : 1;
		int64_t want = k < shape->count ?
			       shape->i[shape->count - 1 - k] : 1;

		if (want < 1 || (have != 1 && want != 1 &&
				 (uint64_t)want != have)) {
			op_problem(op, "its shape has %lld where its input has %llu",
				   (long long)want, (unsigned long long)have);
			return;
		}
		dims[more - 1 - k] = want == 1 ? have : (uint64_t)want;
	}
	if (c)
		fold_expand(op, c, more, dims);
	else if (tensor_expand(op, &t, more, dims))
		op_result(op, 0, &t);
}

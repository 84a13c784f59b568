// SPDX-License-Identifier: MIT
/* Constants taken apart and put together. */
#include "priv.h"

#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

static void put(struct constant *n, size_t to, const struct constant *c,
		size_t from)
{
	if (c->f)
		n->f[to] = c->f[from];
	else
		n->i[to] = c->i[from];
	if (!n->code)
		return;
	n->code[to] = c->code[from];
	n->scale[to] = c->scale[from];
}

static uint64_t product(const uint64_t *dims, size_t from, size_t to)
{
	uint64_t n = 1;

	for (size_t k = from; k < to; k++)
		n *= dims[k];
	return n;
}

void fold_gather(struct op *op, const struct constant *c, size_t axis)
{
	const struct constant *at = op_integers(op, 1, "indices");
	uint64_t dims[CONST_MAX_RANK], inner, side;
	struct constant *n;
	size_t rank = 0;

	if (!at || !op_ready(op))
		return;
	if (c->rank - 1 + at->rank > CONST_MAX_RANK ||
	    c->count / (c->dims[axis] ? c->dims[axis] : 1) * at->count >
	    GRAPH_MAX_ELEMENTS) {
		op_problem(op, "its result is too large");
		return;
	}
	for (size_t k = 0; k < axis; k++)
		dims[rank++] = c->dims[k];
	for (size_t k = 0; k < at->rank; k++)
		dims[rank++] = at->dims[k];
	for (size_t k = axis + 1; k < c->rank; k++)
		dims[rank++] = c->dims[k];
	inner = product(c->dims, axis + 1, c->rank);
	side = c->dims[axis];
	for (size_t k = 0; k < at->count; k++)
		if (at->i[k] < -(int64_t)side || at->i[k] >= (int64_t)side) {
			op_problem(op, "index %lld is outside of its input",
				   (long long)at->i[k]);
			return;
		}
	n = constant_like(c, rank, dims);
	for (size_t k = 0; k < n->count; k++) {
		size_t low = k % inner, pick = k / inner % at->count;
		size_t high = k / inner / at->count;
		int64_t i = at->i[pick];

		put(n, k, c, (high * side + (size_t)(i < 0 ? i + (int64_t)side :
						     i)) * inner + low);
	}
	op_result_const(op, n);
}

static bool joins(const struct constant *a, const struct constant *b, size_t axis)
{
	if (a->rank != b->rank || !a->f != !b->f || !a->code != !b->code ||
	    (a->code && memcmp(&a->q, &b->q, sizeof(a->q))))
		return false;
	for (size_t k = 0; k < a->rank; k++)
		if (k != axis && a->dims[k] != b->dims[k])
			return false;
	return true;
}

/* All inputs are constants. */
void fold_concat(struct op *op, size_t axis)
{
	const struct constant *first = op_const(op, 0, "input"), *c;
	uint64_t dims[CONST_MAX_RANK], inner, offset = 0;
	struct constant *n;

	if (!first)
		return;
	memcpy(dims, first->dims, sizeof(dims));
	dims[axis] = 0;
	for (size_t i = 0; i < op_inputs(op); i++) {
		c = op_const(op, i, "input");
		if (!c || !joins(first, c, axis)) {
			op_problem(op, "its constant inputs do not fit each other");
			return;
		}
		dims[axis] += c->dims[axis];
	}
	if (product(dims, 0, first->rank) > GRAPH_MAX_ELEMENTS) {
		op_problem(op, "its result is too large");
		return;
	}
	inner = product(dims, axis + 1, first->rank);
	n = constant_like(first, first->rank, dims);
	for (size_t i = 0; i < op_inputs(op); i++) {
		size_t block;

		c = op_symbol(op, i)->constant;
		block = c->dims[axis] * inner;
		for (size_t k = 0; k < c->count; k++)
			put(n, k / block * dims[axis] * inner + offset + k % block,
			    c, k);
		offset += block;
	}
	op_result_const(op, n);
}

void fold_slice(struct op *op, const struct constant *c,
		const int64_t *start, const int64_t *step, const uint64_t *dims)
{
	struct constant *n = constant_like(c, c->rank, dims);

	for (size_t k = 0; k < n->count; k++) {
		size_t rest = k, from = 0, stride = 1;

		for (size_t a = c->rank; a-- > 0;) {
			int64_t at = start[a] +
				     step[a] * (int64_t)(rest % dims[a]);

			rest /= dims[a];
			from += (size_t)at * stride;
			stride *= c->dims[a];
		}
		put(n, k, c, from);
	}
	op_result_const(op, n);
}

void fold_reshape(struct op *op, const struct constant *c, size_t rank,
		  const uint64_t *dims)
{
	struct constant *n = constant_copy(c);

	n->rank = rank;
	memcpy(n->dims, dims, rank * sizeof(*dims));
	op_result_const(op, n);
}

void fold_expand(struct op *op, const struct constant *c, size_t rank,
		 const uint64_t *dims)
{
	struct constant *n;
	uint64_t count = 1;

	for (size_t k = 0; k < rank && count <= FOLD_MAX_MADE; k++)
		count *= dims[k] < FOLD_MAX_MADE ? dims[k] : FOLD_MAX_MADE + 1;
	if (count > FOLD_MAX_MADE && count > c->count) {
		op_problem(op, "its result is too large");
		return;
	}
	n = constant_like(c, rank, dims);
	for (size_t k = 0; k < n->count; k++)
		put(n, k, c, constant_broadcast(c, rank, dims, k));
	op_result_const(op, n);
}

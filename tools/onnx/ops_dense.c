// SPDX-License-Identifier: MIT
/* Fully connected layers: products with a constant matrix. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

static const size_t turn[] = { 1, 0 };

/* @c has a row for each output; dimension @axis of @t is multiplied. */
static bool rows_build(struct op *op, struct tensor *t, size_t axis,
		       const struct constant *c, size_t bias, float in_scale)
{
	struct graph_node n = {
		.op = GRAPH_CONV, .groups = 1,
		.window = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
			    .dilation_h = 1, .dilation_w = 1 },
	};

	if (c->rank != 2 || !c->count || t->view.dims[axis] != c->dims[1]) {
		op_problem(op, "its input has %llu numbers along dimension %zu; its weights have %zu dimensions and are for %llu",
			   (unsigned long long)t->view.dims[axis], axis, c->rank,
			   (unsigned long long)(c->rank == 2 ? c->dims[1] : 0));
		return false;
	}
	if (!tensor_channels(op, t, axis))
		return false;
	n.in[0] = t->value;
	if (!op_weights(op, c, (uint32_t)c->dims[1], 1, 1, bias, in_scale,
			&n.weights))
		return false;
	if (!op_add_node(op, &n, t))
		return false;
	t->view.dims[axis] = c->dims[0];
	return true;
}

bool dense_build(struct op *op, struct tensor *t, const struct constant *w,
		 size_t bias, float in_scale)
{
	struct constant *turned;
	bool ok;

	if (w->rank != 2 || !t->view.rank) {
		op_problem(op, "its weights have %zu dimensions; 2 are supported",
			   w->rank);
		return false;
	}
	turned = constant_transpose(w, turn);
	ok = rows_build(op, t, t->view.rank - 1, turned, bias, in_scale);
	constant_free(turned);
	return ok;
}

static void scale_by(struct constant *c, float alpha)
{
	for (size_t k = 0; k < c->count; k++) {
		c->f[k] *= alpha;
		if (c->code)
			c->scale[k] *= alpha;
	}
}

/* The bias, if there is one, times @beta. */
static void gemm_build(struct op *op, struct tensor *t,
		       const struct constant *c, float beta)
{
	bool plain = beta == 1;
	const struct constant *b;
	float step = note_scale(op->imp, t->value);

	if (!rows_build(op, t, t->view.rank - 1, c, plain ? 2 : SIZE_MAX,
			step))
		return;
	if (!plain && op_input_given(op, 2)) {
		struct graph_weights *w =
			&op->imp->g->node[op->imp->g->node_count - 1].weights;

		b = op_floats(op, 2, "bias");
		if (!b || (b->count != 1 && b->count != w->out)) {
			op_problem(op, "its bias does not fit %u output channels",
				   w->out);
			return;
		}
		w->bias = mem_array(w->out, sizeof(*w->bias));
		for (uint32_t o = 0; o < w->out; o++) {
			w->bias[o] = b->f[b->count == 1 ? 0 : o] * beta;
			if (isfinite(w->bias[o]))
				continue;
			op_problem(op, "its bias times 'beta' is more than a float holds");
			return;
		}
	}
	op_result(op, 0, t);
}

void op_gemm(struct op *op)
{
	float alpha = op_float(op, "alpha", 1), beta = op_float(op, "beta", 1);
	int64_t trans_b = op_int(op, "transB", 0);
	int64_t trans_a = op_int(op, "transA", 0);
	const struct constant *c = op_floats(op, 1, "weights");
	struct constant *w;
	struct tensor t;
	bool ok = op_tensor(op, 0, &t);

	if (!isfinite(alpha) || !isfinite(beta))
		op_problem(op, "attribute 'alpha' or 'beta' is not finite");
	if (!(alpha > 0))
		op_problem(op, "attribute 'alpha' is %g; it must be above zero",
			   alpha);
	if (!ok || !c || !op_ready(op))
		return;
	if (t.view.rank != 2 || c->rank != 2) {
		op_problem(op, "its inputs have %zu and %zu dimensions; both must have 2",
			   t.view.rank, c->rank);
		return;
	}
	if (trans_a) {
		struct view v = t.view;

		for (size_t k = 0; k < 2; k++) {
			t.view.dims[k] = v.dims[1 - k];
			t.view.role[k] = v.role[1 - k];
		}
	}
	w = trans_b ? constant_copy(c) : constant_transpose(c, turn);
	if (alpha != 1)
		scale_by(w, alpha);
	gemm_build(op, &t, w, beta);
	constant_free(w);
}

/* constant x value: the dimension before the last is multiplied */
static void from_left(struct op *op, const struct constant *c, struct tensor *t)
{
	if (t->view.rank < 2)
		op_problem(op, "its second input has %zu dimensions; 2 are needed",
			   t->view.rank);
	else if (rows_build(op, t, t->view.rank - 2, c, SIZE_MAX, 0))
		op_result(op, 0, t);
}

/* Leading dimensions of 1 do not matter. */
static struct constant *matrix(const struct constant *c)
{
	struct constant *m = constant_copy(c);

	while (m->rank > 2 && m->dims[0] == 1) {
		for (size_t k = 1; k < m->rank; k++)
			m->dims[k - 1] = m->dims[k];
		m->rank--;
	}
	return m;
}

void op_matmul(struct op *op)
{
	bool left = op_is_const(op, 0);
	const struct constant *c;
	struct constant *m;
	struct tensor t;

	if (!left && !op_is_const(op, 1) && op_ready(op)) {
		op_problem(op, "both inputs are computed; the device multiplies with constant matrices only: cut the network in front of it, or replace attention by convolution");
		return;
	}
	c = op_floats(op, !left, "weights");
	if (!op_tensor(op, left, &t) || !c || !op_ready(op))
		return;
	m = matrix(c);
	if (left)
		from_left(op, m, &t);
	else if (dense_build(op, &t, m, SIZE_MAX, 0))
		op_result(op, 0, &t);
	constant_free(m);
}

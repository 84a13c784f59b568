// SPDX-License-Identifier: MIT
/* Element by element, and what only passes data on. */
#include "priv.h"

#include <math.h>
#include <string.h>

#include "tools/graph/mem.h"

static void fill_affine(struct graph_affine *a, uint32_t channels,
			const struct constant *const c[4], double epsilon)
{
	a->mul = mem_array(channels, sizeof(double));
	a->add = mem_array(channels, sizeof(double));
	a->mean = mem_array(channels, sizeof(double));
	a->dev = mem_array(channels, sizeof(double));
	for (uint32_t k = 0; k < channels; k++) {
		double gamma = c[0]->f[k], beta = c[1]->f[k];

		a->mul[k] = gamma / sqrt(c[3]->f[k] + epsilon);
		a->add[k] = beta - c[2]->f[k] * a->mul[k];
		a->mean[k] = beta;
		a->dev[k] = fabs(gamma);
	}
}

void op_batch_norm(struct op *op)
{
	static const char *const what[4] = { "scale", "bias", "mean", "variance" };
	struct graph_node n = { .op = GRAPH_AFFINE };
	float epsilon = op_float(op, "epsilon", 1e-5f);
	const struct constant *c[4];
	const struct graph_value *v;
	bool ok = true;

	op_float(op, "momentum", 0.9f);
	if (op_int(op, "training_mode", 0))
		op_problem(op, "attribute 'training_mode' must be 0");
	if (!(epsilon >= 0 && epsilon < 1))
		op_problem(op, "attribute 'epsilon' is %g; it must be 0 to 1",
			   epsilon);
	/* Before opset 14, further results meant training. */
	for (size_t k = 1; k < op->node->n_output; k++)
		if (op->node->output[k][0])
			op_problem(op, "result %zu is for training; only the first is supported",
				   k);
	for (unsigned int i = 0; i < 4; i++) {
		c[i] = op_floats(op, i + 1, what[i]);
		ok = ok && c[i];
	}
	if (!op_value(op, 0, &n.in[0]) || !ok || !op_ready(op))
		return;
	v = &op->imp->g->value[n.in[0]];
	for (unsigned int i = 0; i < 4; i++)
		if (c[i]->count != v->c)
			op_problem(op, "its %s has %zu numbers for %u channels",
				   what[i], c[i]->count, v->c);
	for (uint32_t k = 0; !op->refused && k < v->c; k++)
		if (!((double)c[3]->f[k] + epsilon > 0))
			op_problem(op, "its variance of channel %u is not above zero",
				   k);
	if (op->refused)
		return;
	fill_affine(&n.affine, v->c, c, epsilon);
	op_result_node(op, &n);
}

static void clamp(struct op *op, double lo, double hi)
{
	struct graph_node n = { .op = GRAPH_CLAMP };

	n.lo = lo;
	n.hi = hi;
	if (!(lo < hi))
		op_problem(op, "its lower bound %g is not below its upper bound %g",
			   lo, hi);
	if (op_value(op, 0, &n.in[0]) && op_ready(op))
		op_result_node(op, &n);
}

void op_relu(struct op *op)
{
	clamp(op, 0, INFINITY);
}

/* Bounds were attributes before opset 11 and are inputs since. */
static double clip_bound(struct op *op, const char *attr, size_t input,
			 double value)
{
	const struct constant *c;

	if (op->imp->opset < 11)
		return op_float(op, attr, (float)value);
	if (!op_input_given(op, input))
		return value;
	c = op_const(op, input, attr);
	if (!c)
		return value;
	if (c->f && c->count == 1)
		return c->f[0];
	op_problem(op, "its bound '%s' is not one float", attr);
	return value;
}

void op_clip(struct op *op)
{
	double lo = clip_bound(op, "min", 1, -INFINITY);
	double hi = clip_bound(op, "max", 2, INFINITY);

	clamp(op, lo, hi);
}

static void flatten(struct op *op, uint32_t in)
{
	struct graph_node n = { .op = GRAPH_FLATTEN, .in = { in } };

	if (op->imp->g->value[in].flat)
		op_result_value(op, in);
	else
		op_result_node(op, &n);
}

void op_flatten(struct op *op)
{
	int64_t axis = op_int(op, "axis", 1);
	uint32_t in;

	if (!op_value(op, 0, &in))
		return;
	if (axis != 1 && axis != (op->imp->g->value[in].flat ? -1 : -3))
		op_problem(op, "attribute 'axis' is %lld; only 1 is supported",
			   (long long)axis);
	if (op_ready(op))
		flatten(op, in);
}

static void reshape_const(struct op *op, const struct constant *c,
			  const struct constant *shape)
{
	struct constant *n = constant_copy(c);
	uint64_t count = 1;
	size_t open = CONST_MAX_RANK;

	n->rank = shape->count;
	for (size_t k = 0; k < shape->count && k < CONST_MAX_RANK; k++) {
		int64_t d = shape->i[k];

		if (d == -1 && open == CONST_MAX_RANK) {
			open = k;
			d = 1;
		}
		if (d == 0 && k < c->rank)
			d = (int64_t)c->dims[k];
		if (d < 1 || d > GRAPH_MAX_ELEMENTS)
			count = 0;
		n->dims[k] = (uint64_t)d;
		count *= (uint64_t)d;
		if (count > GRAPH_MAX_ELEMENTS)
			count = 0;
	}
	if (open < CONST_MAX_RANK && count) {
		n->dims[open] = c->count / count;
		count *= n->dims[open];
	}
	if (!count || count != c->count || n->rank > CONST_MAX_RANK) {
		op_problem(op, "the shape does not fit its constant of %zu numbers",
			   c->count);
		constant_free(n);
		return;
	}
	op_result_const(op, n);
}

void op_reshape(struct op *op)
{
	const struct constant *shape = op_const(op, 1, "shape");
	const struct symbol *s = op_symbol(op, 0);
	const struct graph_value *v;
	uint32_t in;

	if (op_int(op, "allowzero", 0))
		op_problem(op, "attribute 'allowzero' must be 0");
	if (shape && !shape->i) {
		op_problem(op, "its shape has no integers");
		return;
	}
	if (shape && s && s->kind == SYMBOL_CONST) {
		if (op_ready(op))
			reshape_const(op, s->constant, shape);
		return;
	}
	if (!op_value(op, 0, &in) || !shape || !op_ready(op))
		return;
	v = &op->imp->g->value[in];
	if (shape->count == 2 && shape->i[0] >= -1 && shape->i[0] <= 1 &&
	    (shape->i[1] == (int64_t)graph_elements(v) ||
	     (shape->i[1] == -1 && shape->i[0] != -1)))
		flatten(op, in);
	else
		op_problem(op, "only reshaping an image to two dimensions (1 x %zu) is supported",
			   graph_elements(v));
}

void op_identity(struct op *op)
{
	const struct symbol *s = op_symbol(op, 0);

	if (!s || !op_ready(op))
		return;
	if (s->kind == SYMBOL_CONST)
		op_result_const(op, constant_copy(s->constant));
	else
		op_result_value(op, s->value);
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
			op_problem(op, "its training mode must be false");
	}
	op_identity(op);
}

void op_softmax(struct op *op)
{
	const struct importer *imp = op->imp;
	/* Before opset 13, everything from the axis on was one. */
	bool joins = imp->opset < 13;
	int64_t axis = op_int(op, "axis", joins ? 1 : -1);
	uint32_t in;

	if (!op_value(op, 0, &in) || !op_ready(op))
		return;
	if (imp->g->value[in].h != 1 || imp->g->value[in].w != 1) {
		op_problem(op, "only over the classes of a whole image is supported");
		return;
	}
	if (axis < 0)
		axis += imp->g->value[in].flat ? 2 : 4;
	if (axis != 1 && !(joins && axis == 0)) {
		op_problem(op, "its axis is %lld; only 1, the classes, is supported",
			   (long long)axis);
		return;
	}
	for (size_t i = 0; i < imp->proto->n_node; i++)
		for (size_t k = 0; k < imp->proto->node[i]->n_input; k++)
			if (!strcmp(imp->proto->node[i]->input[k],
				    op->node->output[0])) {
				op_problem(op, "only at the end of a network is supported");
				return;
			}
	report_note(imp->r, "node '%s' (%s) at the end was dropped: the output has the values before it, whose largest is the same",
		    op->name, op->type);
	op_result_value(op, in);
}

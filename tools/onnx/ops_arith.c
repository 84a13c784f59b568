// SPDX-License-Identifier: MIT
/* Sums, differences, products and quotients. */
#include "priv.h"

#include <math.h>
#include <string.h>

#include "qnn.h"
#include "tools/graph/mem.h"

/* The shape of both inputs together. */
static bool join_dims(struct op *op, const uint64_t *a, size_t na,
		      const uint64_t *b, size_t nb, uint64_t *dims,
		      size_t *rank)
{
	*rank = na > nb ? na : nb;
	for (size_t k = 0; k < *rank; k++) {
		uint64_t x = k < na ? a[na - 1 - k] : 1;
		uint64_t y = k < nb ? b[nb - 1 - k] : 1;

		if (x != y && x != 1 && y != 1) {
			op_problem(op, "its inputs have %llu and %llu numbers along a dimension",
				   (unsigned long long)x, (unsigned long long)y);
			return false;
		}
		dims[*rank - 1 - k] = x == 1 ? y : x;
	}
	return true;
}

/*
 * The dimension along which a constant changes; @rank: none. False: there are
 * several.
 */
static bool changes_along(const struct constant *c, size_t rank, size_t *axis)
{
	*axis = rank;
	for (size_t k = 0; k < c->rank; k++) {
		if (c->dims[k] == 1)
			continue;
		if (*axis != rank)
			return false;
		*axis = rank - c->rank + k;
	}
	return true;
}

static void put_constant(struct graph_affine *a, uint32_t k, double v,
			 enum affine_kind kind)
{
	switch (kind) {
	case AFFINE_ADD:
	case AFFINE_SUB:
	case AFFINE_FROM:
		a->mul[k] = kind == AFFINE_FROM ? -1 : 1;
		a->add[k] = kind == AFFINE_SUB ? -v : v;
		break;
	case AFFINE_MUL:
		a->mul[k] = v;
		break;
	case AFFINE_DIV:
		a->mul[k] = 1 / v;
		a->step[0].operand[k] = (float)v;
		break;
	}
}

/* With a constant, number by number of the tensor's channels. */
bool affine_const(struct op *op, struct tensor *t, const struct constant *c,
		  enum affine_kind kind)
{
	struct graph_node n = { .op = GRAPH_AFFINE };
	uint64_t dims[CONST_MAX_RANK];
	size_t rank, axis;
	uint32_t channels;

	if (!c->count || !join_dims(op, t->view.dims, t->view.rank, c->dims,
				    c->rank, dims, &rank))
		return false;
	if (!changes_along(c, rank, &axis)) {
		op_problem(op, "its constant has %zu numbers along several dimensions; one number, or one for each channel, is supported",
			   c->count);
		return false;
	}
	if (!tensor_expand(op, t, rank, dims) ||
	    (axis < rank && !tensor_channels(op, t, axis)))
		return false;
	n.in[0] = t->value;
	channels = op->imp->g->value[t->value].c;
	if (!op_spend(op, 4ull * channels))
		return false;
	n.affine.mul = mem_array(channels, sizeof(double));
	n.affine.add = mem_array(channels, sizeof(double));
	if (kind == AFFINE_DIV)
		n.affine.step[0] = (struct graph_step){
			.kind = QNN_STEP_DIV,
			.operand = mem_array(channels, sizeof(float)),
		};
	for (uint32_t k = 0; k < channels; k++)
		put_constant(&n.affine, k, c->f[c->count == 1 ? 0 : k], kind);
	return op_add_node(op, &n, t);
}

bool affine_build(struct op *op, struct tensor *t, double mul, double add)
{
	uint32_t channels = op->imp->g->value[t->value].c;
	struct graph_node n = { .op = GRAPH_AFFINE, .in = { t->value } };

	if (!op_spend(op, 4ull * channels))
		return false;
	n.affine.mul = mem_array(channels, sizeof(double));
	n.affine.add = mem_array(channels, sizeof(double));
	for (uint32_t k = 0; k < channels; k++) {
		n.affine.mul[k] = mul;
		n.affine.add[k] = add;
	}
	return op_add_node(op, &n, t);
}

/* Roles for the dimensions of both; those of @a where it has more than 1. */
static bool join_roles(struct op *op, struct tensor *a, struct tensor *b,
		       uint8_t *role)
{
	bool used[4] = { false };
	size_t rank = a->view.rank;

	memset(role, ROLE_NONE, CONST_MAX_RANK);
	for (size_t k = 0; k < rank; k++)
		if (a->view.dims[k] != 1) {
			role[k] = a->view.role[k];
			used[role[k]] = true;
		}
	for (size_t k = 0; k < rank; k++) {
		uint8_t r = b->view.role[k];

		if (a->view.dims[k] != 1 || b->view.dims[k] == 1)
			continue;
		for (unsigned int i = 0; i < 3 && (r > 2 || used[r]); i++)
			r = (uint8_t)i;
		if (r > 2 || used[r]) {
			op_problem(op, "its inputs have four dimensions above 1 together; the device has height, width and channels");
			return false;
		}
		role[k] = r;
		used[r] = true;
	}
	return true;
}

/* x * sigmoid(x) has a name. */
static bool swish(struct op *op, struct tensor *a, const struct tensor *b)
{
	const struct graph_node *m = note_maker(op->imp, b->value);
	const struct graph_activation *f;

	if (!m || m->op != GRAPH_FUNCTION || m->in[0] != a->value ||
	    note_quant(op->imp, a->value) || note_quant(op->imp, b->value))
		return false;
	f = &m->activation;
	if (f->f == GRAPH_SIGMOID)
		return function_build(op, a, GRAPH_SWISH, 1, 0);
	if (f->f == GRAPH_HARD_SIGMOID && fabs(*f->alpha - 1.0 / 6) < 1e-6 &&
	    f->beta == 0.5)
		return function_build(op, a, GRAPH_HARD_SWISH, 0, 0);
	return false;
}

static bool same_kind(struct op *op, struct tensor *a, struct tensor *b)
{
	const struct graph_value *v = op->imp->g->value;

	if (v[a->value].flat == v[b->value].flat)
		return true;
	if (v[a->value].h * v[a->value].w * v[b->value].h * v[b->value].w == 1)
		return tensor_flatten(op, a) && tensor_flatten(op, b);
	return tensor_unflatten(op, a) && tensor_unflatten(op, b);
}

bool pair_build(struct op *op, enum graph_op kind, struct tensor *a,
		struct tensor *b)
{
	struct graph_node n = { .op = kind };
	uint64_t dims[CONST_MAX_RANK];
	uint8_t role[CONST_MAX_RANK];
	size_t rank;

	if (!join_dims(op, a->view.dims, a->view.rank, b->view.dims,
		       b->view.rank, dims, &rank))
		return false;
	if (kind == GRAPH_MUL && (swish(op, a, b) ||
				  (swish(op, b, a) && (*a = *b, true))))
		return true;
	view_raise(&a->view, rank);
	view_raise(&b->view, rank);
	if (!join_roles(op, a, b, role) || !tensor_arrange(op, a, role) ||
	    !tensor_arrange(op, b, role))
		return false;
	if (kind != GRAPH_MUL && (!tensor_expand(op, a, rank, dims) ||
				  !tensor_expand(op, b, rank, dims)))
		return false;
	if (!same_kind(op, a, b))
		return false;
	n.in[0] = a->value;
	n.in[1] = b->value;
	memcpy(a->view.dims, dims, sizeof(dims));
	memcpy(a->view.role, role, sizeof(role));
	return op_add_node(op, &n, a);
}

/* Which input is constant: 0 or 1; 2: none. */
static unsigned int const_input(struct op *op)
{
	for (unsigned int i = 0; i < 2; i++)
		if (op_is_const(op, i))
			return i;
	return 2;
}

static bool one_and_const(struct op *op, unsigned int which, struct tensor *t,
			  const struct constant **c)
{
	*c = op_floats(op, which, "constant operand");
	return op_tensor(op, !which, t) && *c && op_ready(op);
}

static bool two(struct op *op, struct tensor *a, struct tensor *b)
{
	bool ok = op_tensor(op, 0, a);

	return op_tensor(op, 1, b) && ok && op_ready(op);
}

/* Of two values, or of one and a constant. */
static void sum_or_product(struct op *op, enum graph_op both,
			   enum affine_kind one)
{
	unsigned int which = const_input(op);
	const struct constant *c;
	struct tensor a, b;

	if (fold_binary(op))
		return;
	if (which == 2) {
		if (two(op, &a, &b) && pair_build(op, both, &a, &b))
			op_result(op, 0, &a);
	} else if (one_and_const(op, which, &a, &c) &&
		   affine_const(op, &a, c, one)) {
		op_result(op, 0, &a);
	}
}

void op_add(struct op *op)
{
	sum_or_product(op, GRAPH_ADD, AFFINE_ADD);
}

void op_mul(struct op *op)
{
	sum_or_product(op, GRAPH_MUL, AFFINE_MUL);
}

void op_sub(struct op *op)
{
	unsigned int which = const_input(op);
	const struct constant *c;
	struct tensor a, b;

	if (fold_binary(op))
		return;
	if (which == 2) {
		if (two(op, &a, &b) && pair_build(op, GRAPH_SUB, &a, &b))
			op_result(op, 0, &a);
		return;
	}
	if (!one_and_const(op, which, &a, &c))
		return;
	if (affine_const(op, &a, c, which ? AFFINE_SUB : AFFINE_FROM))
		op_result(op, 0, &a);
}

/* Or a number whose inverse is none. */
static bool has_zero(const struct constant *c)
{
	for (size_t k = 0; k < c->count; k++)
		if (!isfinite(1 / c->f[k]))
			return true;
	return false;
}

void op_div(struct op *op)
{
	unsigned int which = const_input(op);
	const struct constant *c;
	struct tensor a, b;

	if (fold_binary(op))
		return;
	if (which == 2) {
		if (two(op, &a, &b) &&
		    function_build(op, &b, GRAPH_RECIPROCAL, 0, 0) &&
		    pair_build(op, GRAPH_MUL, &a, &b))
			op_result(op, 0, &a);
		return;
	}
	if (!one_and_const(op, which, &a, &c))
		return;
	if (!which && !function_build(op, &a, GRAPH_RECIPROCAL, 0, 0))
		return;
	if (which && has_zero(c))
		op_problem(op, "it divides by zero");
	else if (affine_const(op, &a, c, which ? AFFINE_DIV : AFFINE_MUL))
		op_result(op, 0, &a);
}

void op_neg(struct op *op)
{
	struct tensor t;

	if (fold_unary(op))
		return;
	if (op_tensor(op, 0, &t) && op_ready(op) && affine_build(op, &t, -1, 0))
		op_result(op, 0, &t);
}

/* Any number of inputs. */
void op_sum(struct op *op)
{
	struct tensor sum, t;

	if (!op_tensor(op, 0, &sum))
		return;
	for (size_t k = 1; k < op_inputs(op); k++) {
		if (!op_tensor(op, k, &t) || op->refused ||
		    !pair_build(op, GRAPH_ADD, &sum, &t))
			return;
	}
	if (op_ready(op))
		op_result(op, 0, &sum);
}

void op_min_max(struct op *op)
{
	bool max = !strcmp(op->type, "Max");
	double bound = max ? -INFINITY : INFINITY;
	size_t values = 0, value = 0;
	struct tensor t;

	if (fold_binary(op))
		return;
	for (size_t k = 0; k < op_inputs(op); k++) {
		double v;

		if (!op_is_const(op, k)) {
			values++;
			value = k;
			continue;
		}
		v = op_number(op, k, "constant operand", bound);
		bound = max ? fmax(bound, v) : fmin(bound, v);
	}
	if (values != 1) {
		if (op_ready(op))
			op_problem(op, "it compares %zu values; one value with constant numbers is supported",
				   values);
		return;
	}
	if (op_tensor(op, value, &t) && op_ready(op) &&
	    clamp_build(op, &t, max ? bound : -INFINITY, max ? INFINITY : bound))
		op_result(op, 0, &t);
}

// SPDX-License-Identifier: MIT
/* Fully connected layers and sums. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

/* Scales must be the same within an output channel, zero points anywhere. */
static struct graph_grid *grid_of(struct op *op, const struct constant *c,
				  uint32_t out)
{
	size_t row = c->count / out;
	struct graph_grid *g;

	for (size_t k = 0; k < c->count; k++) {
		if (c->scale[k] == c->scale[k / row * row])
			continue;
		op_problem(op, "the quantizer of its weights has different scales within output channel %zu",
			   k / row);
		return NULL;
	}
	g = mem_array(1, sizeof(*g));
	g->q = c->q;
	g->code = mem_copy(c->code, c->count, sizeof(*c->code));
	g->scale = mem_array(out, sizeof(*g->scale));
	for (uint32_t o = 0; o < out; o++)
		g->scale[o] = c->scale[o * row];
	return g;
}

bool op_weights(struct op *op, const struct constant *c, uint32_t in,
		uint32_t kh, uint32_t kw, struct graph_weights *w)
{
	uint32_t out = (uint32_t)c->dims[0];
	const struct constant *bias = NULL;

	if (!c->count || c->dims[0] > GRAPH_MAX_DIM) {
		op_problem(op, "its weights have %llu output channels; 1 to %u are supported",
			   (unsigned long long)c->dims[0], GRAPH_MAX_DIM);
		return false;
	}
	if (op_input_given(op, 2)) {
		bias = op_floats(op, 2, "bias");
		if (!bias)
			return false;
		if (bias->count != out && bias->count != 1) {
			op_problem(op, "its bias has %zu numbers for %u output channels",
				   bias->count, out);
			return false;
		}
	}
	*w = (struct graph_weights){ .out = out, .in = in, .kh = kh, .kw = kw };
	if (c->code) {
		w->grid = grid_of(op, c, out);
		if (!w->grid)
			return false;
	}
	w->data = mem_copy(c->f, c->count, sizeof(*c->f));
	if (bias) {
		w->bias = mem_array(out, sizeof(*w->bias));
		for (uint32_t o = 0; o < out; o++)
			w->bias[o] = bias->f[bias->count == 1 ? 0 : o];
	}
	return true;
}

static void build_dense(struct op *op, uint32_t in, const struct constant *c,
			float alpha, float beta)
{
	const struct graph_value *v = &op->imp->g->value[in];
	struct graph_node n = {
		.op = GRAPH_CONV, .groups = 1, .in = { in },
		.window = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
			    .dilation_h = 1, .dilation_w = 1 },
	};

	if (c->rank != 2 || !v->flat || v->c != c->dims[1]) {
		op_problem(op, "its input of %u x %u x %u%s does not fit weights with %zu dimensions for %llu inputs",
			   v->c, v->h, v->w, v->flat ? "" : " (not flat)",
			   c->rank,
			   (unsigned long long)(c->rank > 1 ? c->dims[1] : 0));
		return;
	}
	if (!op_weights(op, c, v->c, 1, 1, &n.weights))
		return;
	if (alpha != 1) {
		if (n.weights.grid)
			op_problem(op, "attribute 'alpha' is %g; with quantized weights it must be 1",
				   alpha);
		for (size_t k = 0; k < c->count; k++)
			n.weights.data[k] *= alpha;
	}
	for (uint32_t o = 0; n.weights.bias && o < n.weights.out; o++)
		n.weights.bias[o] *= beta;
	if (op->refused)
		graph_node_free(&n);
	else
		op_result_node(op, &n);
}

void op_gemm(struct op *op)
{
	static const size_t turn[] = { 1, 0 };
	float alpha = op_float(op, "alpha", 1), beta = op_float(op, "beta", 1);
	int64_t trans_b = op_int(op, "transB", 0);
	const struct constant *c = op_floats(op, 1, "weights");
	struct constant *turned = NULL;
	uint32_t in;
	bool ok = op_value(op, 0, &in);

	if (op_int(op, "transA", 0))
		op_problem(op, "attribute 'transA' must be 0");
	if (!isfinite(alpha) || !isfinite(beta))
		op_problem(op, "attribute 'alpha' or 'beta' is not finite");
	if (!ok || !c || !op_ready(op))
		return;
	if (!trans_b && c->rank == 2)
		turned = constant_transpose(c, turn);
	build_dense(op, in, turned ? turned : c, alpha, beta);
	constant_free(turned);
}

void op_matmul(struct op *op)
{
	static const size_t turn[] = { 1, 0 };
	const struct constant *c = op_floats(op, 1, "weights");
	struct constant *turned;
	uint32_t in;
	bool ok = op_value(op, 0, &in);

	if (!ok || !c || !op_ready(op))
		return;
	if (c->rank != 2) {
		op_problem(op, "its weights have %zu dimensions; 2 are supported",
			   c->rank);
		return;
	}
	turned = constant_transpose(c, turn);
	build_dense(op, in, turned, 1, 1);
	constant_free(turned);
}

/* One number, or one for each channel: [C], [1, C], [C, 1, 1], [1, C, 1, 1]. */
static bool per_channel(const struct constant *c, const struct graph_value *v)
{
	size_t axis;

	if (c->count == 1)
		return true;
	if (c->count != v->c)
		return false;
	axis = v->flat ? 1 : 3;
	return c->rank >= axis && c->dims[c->rank - axis] == v->c;
}

static void add_constant(struct op *op, unsigned int which)
{
	struct graph_node n = { .op = GRAPH_AFFINE };
	const struct constant *c = op_floats(op, which, "constant summand");
	const struct graph_value *v;

	if (!c || !op_value(op, !which, &n.in[0]) || !op_ready(op))
		return;
	v = &op->imp->g->value[n.in[0]];
	if (!per_channel(c, v)) {
		op_problem(op, "its constant summand is neither one number nor one for each of %u channels",
			   v->c);
		return;
	}
	n.affine.mul = mem_array(v->c, sizeof(double));
	n.affine.add = mem_array(v->c, sizeof(double));
	for (uint32_t k = 0; k < v->c; k++) {
		n.affine.mul[k] = 1;
		n.affine.add[k] = c->f[c->count == 1 ? 0 : k];
	}
	op_result_node(op, &n);
}

void op_add(struct op *op)
{
	struct graph_node n = { .op = GRAPH_ADD };

	for (unsigned int i = 0; i < 2; i++) {
		const struct symbol *s = op_symbol(op, i);

		if (s && s->kind == SYMBOL_CONST) {
			add_constant(op, i);
			return;
		}
	}
	if (op_value(op, 0, &n.in[0]) && op_value(op, 1, &n.in[1]) &&
	    op_ready(op))
		op_result_node(op, &n);
}

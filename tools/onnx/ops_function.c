// SPDX-License-Identifier: MIT
/* What works element by element. */
#include "priv.h"

#include <math.h>
#include <string.h>

#include "tools/graph/mem.h"

bool clamp_build(struct op *op, struct tensor *t, double lo, double hi)
{
	struct graph_node n = { .op = GRAPH_CLAMP, .in = { t->value } };

	n.lo = lo;
	n.hi = hi;
	if (lo < hi)
		return op_add_node(op, &n, t);
	op_problem(op, "its lower bound %g is not below its upper bound %g", lo,
		   hi);
	return false;
}

bool function_build(struct op *op, struct tensor *t, enum graph_function f,
		    double alpha, double beta)
{
	struct graph_node n = { .op = GRAPH_FUNCTION, .in = { t->value } };

	if (!isfinite(alpha) || !isfinite(beta)) {
		op_problem(op, "an attribute is not finite");
		return false;
	}
	n.activation.f = f;
	n.activation.alpha = mem_copy(&alpha, 1, sizeof(alpha));
	n.activation.alphas = 1;
	n.activation.beta = beta;
	return op_add_node(op, &n, t);
}

void op_relu(struct op *op)
{
	struct tensor t;

	if (op_tensor(op, 0, &t) && op_ready(op) &&
	    clamp_build(op, &t, 0, INFINITY))
		op_result(op, 0, &t);
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
	if (c->count == 1 && !isnan(constant_number(c, 0)))
		return constant_number(c, 0);
	op_problem(op, "its bound '%s' is not one number", attr);
	return value;
}

void op_clip(struct op *op)
{
	double lo = clip_bound(op, "min", 1, -INFINITY);
	double hi = clip_bound(op, "max", 2, INFINITY);
	struct tensor t;

	if (!op_tensor_any(op, 0, &t) || !op_ready(op))
		return;
	if (t.codes)
		clip_codes(op, &t, lo, hi);
	else if (clamp_build(op, &t, lo, hi))
		op_result(op, 0, &t);
}

struct function {
	const char *type;
	enum graph_function f;
	float alpha, beta;	/* unless the node says something else */
	const char *alpha_name, *beta_name;
};

static const struct function functions[] = {
	{ "Abs", GRAPH_ABS, 0, 0, NULL, NULL },
	{ "Elu", GRAPH_ELU, 1, 0, "alpha", NULL },
	{ "Erf", GRAPH_ERF, 0, 0, NULL, NULL },
	{ "Exp", GRAPH_EXP, 0, 0, NULL, NULL },
	{ "Gelu", GRAPH_GELU, 0, 0, NULL, NULL },
	{ "HardSigmoid", GRAPH_HARD_SIGMOID, 0.2f, 0.5f, "alpha", "beta" },
	{ "HardSwish", GRAPH_HARD_SWISH, 0, 0, NULL, NULL },
	{ "LeakyRelu", GRAPH_LEAKY, 0.01f, 0, "alpha", NULL },
	{ "Log", GRAPH_LOG, 0, 0, NULL, NULL },
	{ "Mish", GRAPH_MISH, 0, 0, NULL, NULL },
	{ "QuickGelu", GRAPH_SWISH, 1.702f, 0, "alpha", NULL },
	{ "Reciprocal", GRAPH_RECIPROCAL, 0, 0, NULL, NULL },
	{ "Selu", GRAPH_SELU, 1.67326319217681884765625f,
	  1.05070102214813232421875f, "alpha", "gamma" },
	{ "Sigmoid", GRAPH_SIGMOID, 0, 0, NULL, NULL },
	{ "Softplus", GRAPH_SOFTPLUS, 0, 0, NULL, NULL },
	{ "Softsign", GRAPH_SOFTSIGN, 0, 0, NULL, NULL },
	{ "Sqrt", GRAPH_SQRT, 0, 0, NULL, NULL },
	{ "Swish", GRAPH_SWISH, 1, 0, "alpha", NULL },
	{ "Tanh", GRAPH_TANH, 0, 0, NULL, NULL },
};

static void gelu_kind(struct op *op)
{
	char kind[16];

	op_string(op, "approximate", "none", kind, sizeof(kind));
	if (!strcmp(kind, "tanh"))
		report_note(op->imp->r, "node '%s' (%s): computed with erf instead of its approximation by tanh, which differs by less than 0.001",
			    op->name, op->type);
	else if (strcmp(kind, "none"))
		op_problem(op, "attribute 'approximate' has the unknown value '%s'",
			   kind);
}

void op_function(struct op *op)
{
	const struct function *f = functions;
	double alpha, beta;
	struct tensor t;

	while (strcmp(f->type, op->type))
		f++;
	alpha = f->alpha_name ? op_float(op, f->alpha_name, f->alpha) : f->alpha;
	beta = f->beta_name ? op_float(op, f->beta_name, f->beta) : f->beta;
	if (f->f == GRAPH_GELU)
		gelu_kind(op);
	if (fold_unary(op))
		return;
	if (op_tensor(op, 0, &t) && op_ready(op) &&
	    function_build(op, &t, f->f, alpha, beta))
		op_result(op, 0, &t);
}

void op_celu(struct op *op)
{
	double alpha = op_float(op, "alpha", 1);
	struct tensor t;

	if (!(alpha > 0))
		op_problem(op, "attribute 'alpha' is %g; it must be above zero",
			   alpha);
	if (!op_tensor(op, 0, &t) || !op_ready(op))
		return;
	if (alpha != 1 && !affine_build(op, &t, 1 / alpha, 0))
		return;
	if (!function_build(op, &t, GRAPH_ELU, 1, 0))
		return;
	if (alpha == 1 || affine_build(op, &t, alpha, 0))
		op_result(op, 0, &t);
}

void op_prelu(struct op *op)
{
	const struct constant *c = op_floats(op, 1, "slope");
	struct graph_node n = { .op = GRAPH_FUNCTION };
	uint32_t channels;
	struct tensor t;
	size_t axis = 0;

	if (!op_tensor(op, 0, &t) || !c || !op_ready(op))
		return;
	if (!c->count || !constant_broadcasts(c, t.view.rank, t.view.dims)) {
		op_problem(op, "its slope does not fit its input");
		return;
	}
	for (size_t k = 0; k < c->rank; k++)
		if (c->dims[k] != 1)
			axis = t.view.rank - c->rank + k;
	if (c->count > 1 && (c->count != t.view.dims[axis] ||
			     !tensor_channels(op, &t, axis))) {
		op_problem(op, "its slope has %zu numbers; one, or one for each channel, is supported",
			   c->count);
		return;
	}
	channels = c->count == 1 ? 1 : op->imp->g->value[t.value].c;
	n.in[0] = t.value;
	n.activation.f = GRAPH_LEAKY;
	n.activation.alphas = channels;
	n.activation.alpha = mem_array(channels, sizeof(double));
	for (uint32_t k = 0; k < channels; k++)
		n.activation.alpha[k] = c->f[k];
	op_result_node(op, &n, &t);
}

void op_pow(struct op *op)
{
	struct tensor t, same;
	double e;

	if (fold_binary(op))
		return;
	e = op_number(op, 1, "exponent", 1);
	if (!op_tensor(op, 0, &t) || !op_ready(op))
		return;
	same = t;
	if (e == 1) {
		op_result(op, 0, &t);
	} else if (e == 2 ? pair_build(op, GRAPH_MUL, &t, &same) :
		   e == 0.5 ? function_build(op, &t, GRAPH_SQRT, 0, 0) :
		   e == -1 ? function_build(op, &t, GRAPH_RECIPROCAL, 0, 0) :
		   e == -0.5 ? function_build(op, &t, GRAPH_RSQRT, 0, 0) :
		   function_build(op, &t, GRAPH_POW, e, 0)) {
		op_result(op, 0, &t);
	}
}

bool softmax_build(struct op *op, struct tensor *t)
{
	struct graph_node n = { .op = GRAPH_SOFTMAX, .in = { t->value } };

	n.softmax_beta = 1;
	return op_add_node(op, &n, t);
}

/* Nobody but the user reads the result. */
static bool at_the_end(const struct op *op)
{
	return !symbol_find(&op->imp->symbols, op->node->output[0])->reads;
}

bool softmax_axis(struct op *op, const struct tensor *t, int64_t opset,
		  size_t *at)
{
	/* Before opset 13, everything from the axis on was one. */
	bool joins = opset < 13;
	int64_t axis = op_int(op, "axis", joins ? 1 : -1);
	uint64_t count = 1;

	if (!op_ready(op) || !op_axis(op, axis, t->view.rank, at))
		return false;
	for (size_t k = *at; joins && k < t->view.rank; k++) {
		count *= t->view.dims[k];
		if (t->view.dims[k] != 1)
			*at = k;
	}
	if ((!joins || count == t->view.dims[*at]) && t->view.dims[*at] != 1)
		return true;
	op_problem(op, "its axis is %lld; only one with several numbers is supported%s",
		   (long long)axis,
		   joins ? " (before opset 13, it is all from there on)" : "");
	return false;
}

/* The device need not do it: its result is what libqnn makes of the sums. */
static void last_softmax(struct op *op, struct tensor *t, size_t axis)
{
	struct value_note *note;

	if (!strcmp(op->type, "Softmax") && t->view.role[axis] == ROLE_C) {
		report_note(op->imp->r, "node '%s' (%s) at the end is computed in floats, by libqnn",
			    op->name, op->type);
		note = note_of(op->imp, t->value);
		note->softmax = true;
	} else {
		report_note(op->imp->r, "node '%s' (%s) at the end was dropped: the output has the values before it, whose largest is the same",
			    op->name, op->type);
	}
	op_result(op, 0, t);
}

/* Softmax and LogSoftmax */
void op_softmax(struct op *op)
{
	struct tensor t;
	size_t at;

	if (!op_tensor(op, 0, &t) ||
	    !softmax_axis(op, &t, op->imp->opset, &at))
		return;
	if (at_the_end(op)) {
		last_softmax(op, &t, at);
		return;
	}
	if (strcmp(op->type, "Softmax"))
		op_problem(op, "only at the end of a network is supported");
	else if (tensor_channels(op, &t, at) && softmax_build(op, &t))
		op_result(op, 0, &t);
}

void op_argmax(struct op *op)
{
	int64_t axis = op_int(op, "axis", 0);
	bool keep = op_int(op, "keepdims", 1);
	struct graph_node n = { .op = GRAPH_ARGMAX };
	struct tensor t;
	size_t at;

	if (op_int(op, "select_last_index", 0))
		op_problem(op, "attribute 'select_last_index' must be 0: the device takes the first of equals");
	if (!op_tensor_any(op, 0, &t) || !op_ready(op) ||
	    !op_axis(op, axis, t.view.rank, &at) ||
	    !tensor_channels(op, &t, at))
		return;
	n.in[0] = t.value;
	if (!op_add_node(op, &n, &t))
		return;
	t.codes = false;
	t.view.dims[at] = 1;
	t.view.role[at] = ROLE_NONE;
	if (!keep) {
		t.view.rank--;
		memmove(t.view.dims + at, t.view.dims + at + 1,
			(t.view.rank - at) * sizeof(t.view.dims[0]));
		memmove(t.view.role + at, t.view.role + at + 1,
			t.view.rank - at);
	}
	op_result(op, 0, &t);
}

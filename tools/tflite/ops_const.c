// SPDX-License-Identifier: MIT
/* Sums, differences and products with a constant. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

#define LEFT_SHIFT	20

struct with_constant {
	enum graph_op kind;
	size_t value;		/* input that is none */
	size_t constant;
	uint32_t in;
	uint32_t channels;
	struct numbers n;	/* one, or one for each channel */
};

static bool read_constant(struct op *op, struct with_constant *w)
{
	const struct tfl_tensor *t = tfl_op_input(op, w->constant);
	size_t rank = t->shape.n;

	if (!tfl_op_numbers(op, w->constant, "constant operand", &w->n))
		return false;
	if (w->n.count == 1 || (rank && w->n.count == w->channels &&
	    (uint32_t)t->shape.v[rank - 1] == w->channels))
		return true;
	tfl_op_problem(op, "its constant '%.64s' has %zu numbers; one, or one for each of %u channels, are supported",
		       t->name, w->n.count, w->channels);
	return false;
}

static size_t at(const struct with_constant *w, uint32_t c)
{
	return w->n.count == 1 ? 0 : c;
}

static void affine(struct op *op, const struct with_constant *w,
		   const double *mul, const double *add)
{
	struct graph_node n = { .op = GRAPH_AFFINE, .in = { w->in } };

	n.affine.mul = mem_copy(mul, w->channels, sizeof(*mul));
	n.affine.add = mem_copy(add, w->channels, sizeof(*add));
	tfl_op_finish(op, tfl_op_node(op, &n), op->opt->activation, NULL);
}

static void in_floats(struct op *op, const struct with_constant *w)
{
	double *mul = mem_array(w->channels, sizeof(*mul));
	double *add = mem_array(w->channels, sizeof(*add));

	for (uint32_t c = 0; c < w->channels; c++) {
		double k = w->n.f[at(w, c)];

		mul[c] = w->kind == GRAPH_MUL ? k : 1;
		add[c] = w->kind == GRAPH_MUL ? 0 : k;
		if (w->kind == GRAPH_SUB && w->constant == 0)
			mul[c] = -1;
		else if (w->kind == GRAPH_SUB)
			add[c] = -k;
	}
	affine(op, w, mul, add);
	free(mul);
	free(add);
}

/* A layer with a weight for each channel has the same integers. */
static void multiply(struct op *op, const struct with_constant *w)
{
	const struct tfl_tensor *t = tfl_op_input(op, w->constant);
	struct graph_node n = {
		.op = GRAPH_CONV, .in = { w->in }, .groups = w->channels,
		.window = { .kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
			    .dilation_h = 1, .dilation_w = 1 },
		.weights = { .out = w->channels, .in = 1, .kh = 1, .kw = 1 },
	};
	volatile float product = tfl_op_input(op, 0)->scale[0] *
				 tfl_op_input(op, 1)->scale[0];
	volatile float real = product / tfl_op_output(op, 0)->scale[0];
	struct graph_requant *rq = tfl_op_requant(op, real);
	struct graph_grid *g;

	if (!rq)
		return;
	n.weights.data = mem_array(w->channels, sizeof(float));
	n.weights.grid = g = mem_array(1, sizeof(*g));
	g->code = mem_array(w->channels, sizeof(*g->code));
	g->scale = mem_array(w->channels, sizeof(*g->scale));
	tfl_op_quantizer(op, t, &g->q);
	for (uint32_t c = 0; c < w->channels; c++) {
		g->code[c] = (int32_t)w->n.i[at(w, c)];
		g->scale[c] = t->scale[0];
		n.weights.data[c] = ((float)g->code[c] - g->q.zero_point) *
				    t->scale[0];
	}
	tfl_op_finish(op, tfl_op_node(op, &n), op->opt->activation, rq);
}

/* Scales of a sum as TFLite has them. */
struct sum {
	struct quantizer in, k, out;
	int32_t m[3];
	int8_t s[3];
};

static bool sum_scales(struct op *op, const struct with_constant *w,
		       struct sum *s)
{
	double most;

	if (!tfl_op_quantizer(op, tfl_op_input(op, w->value), &s->in) ||
	    !tfl_op_quantizer(op, tfl_op_input(op, w->constant), &s->k) ||
	    !tfl_op_quantizer(op, tfl_op_output(op, 0), &s->out))
		return false;
	most = 2 * fmax(s->in.scale, s->k.scale);
	arith_multiplier(s->in.scale / most, &s->m[0], &s->s[0]);
	arith_multiplier(s->k.scale / most, &s->m[1], &s->s[1]);
	return arith_multiplier(ldexp(most, -LEFT_SHIFT) / s->out.scale,
				&s->m[2], &s->s[2]);
}

static int64_t sum_code(const struct with_constant *w, const struct sum *s,
			int64_t code, int64_t constant)
{
	int64_t lo = quantizer_min(&s->out), hi = quantizer_max(&s->out);
	int32_t x = (int32_t)(code - (int64_t)s->in.zero_point);
	int32_t k = (int32_t)(constant - (int64_t)s->k.zero_point);
	int32_t a = arith_scale(x * (1 << LEFT_SHIFT), s->m[0], s->s[0]);
	int32_t b = arith_scale(k * (1 << LEFT_SHIFT), s->m[1], s->s[1]);
	int64_t y;

	if (w->kind == GRAPH_SUB && w->constant == 0)
		a = -a;
	else if (w->kind == GRAPH_SUB)
		b = -b;
	y = arith_scale(a + b, s->m[2], s->s[2]) + (int64_t)s->out.zero_point;
	return y < lo ? lo : y > hi ? hi : y;
}

/*
 * A number to add in real arithmetic for which the codes of results are those
 * of TFLite's integers: where those are about to be halfway, their rounding
 * differs, and a little more or less makes up for that.
 */
static bool find_addend(struct op *op, const struct with_constant *w,
			const struct sum *s, int64_t constant, double mul, double *add)
{
	static const double nudge[] = { 0, 1e-6, -1e-6, 1e-5, -1e-5, 1e-4, -1e-4 };
	double k = ((double)constant - s->k.zero_point) * s->k.scale;
	int64_t lo = quantizer_min(&s->in), hi = quantizer_max(&s->in), x;

	if (w->kind == GRAPH_SUB && w->constant == 1)
		k = -k;
	for (size_t i = 0; i < sizeof(nudge) / sizeof(nudge[0]); i++) {
		if (!tfl_op_spend(op, (uint64_t)(hi - lo)))
			return false;
		*add = k + nudge[i] * s->out.scale;
		for (x = lo; x <= hi; x++) {
			double real = ((double)x - s->in.zero_point) *
				      s->in.scale;

			if (quantizer_code(&s->out, mul * real + *add) !=
			    sum_code(w, s, x, constant))
				break;
		}
		if (x > hi)
			return true;
	}
	return false;
}

static void add_codes(struct op *op, const struct with_constant *w)
{
	double *mul = mem_array(w->channels, sizeof(*mul));
	double *add = mem_array(w->channels, sizeof(*add));
	bool ok = true;
	struct sum s;

	ok = sum_scales(op, w, &s);
	for (uint32_t c = 0; ok && c < w->channels; c++) {
		mul[c] = w->kind == GRAPH_SUB && w->constant == 0 ? -1 : 1;
		if (c && at(w, c) == at(w, c - 1))
			add[c] = add[c - 1];
		else
			ok = find_addend(op, w, &s, w->n.i[at(w, c)], mul[c],
					 &add[c]);
	}
	if (ok)
		affine(op, w, mul, add);
	else if (!op->refused)
		tfl_op_problem(op, "its scales are such that sums with a constant cannot be rounded as TFLite does");
	free(mul);
	free(add);
}

void tfl_op_with_constant(struct op *op, enum graph_op kind)
{
	struct with_constant w = {
		.kind = kind, .constant = tfl_op_is_const(op, 0) ? 0 : 1,
	};
	struct quantizer q;
	bool codes;

	w.value = 1 - w.constant;
	if (!tfl_op_value(op, w.value, &w.in) ||
	    !tfl_op_same_kind(op, w.value, &codes))
		return;
	w.channels = op->imp->g->value[w.in].c;
	if (!tfl_op_spend(op, 4ull * w.channels) || !read_constant(op, &w)) {
		numbers_free(&w.n);
		return;
	}
	if (!codes && w.n.f)
		in_floats(op, &w);
	else if (!codes || !w.n.i ||
		 tfl_op_input(op, 0)->type != tfl_op_input(op, 1)->type)
		tfl_op_problem(op, "its operands are of types %s and %s",
			       tfl_type_name(tfl_op_input(op, 0)->type),
			       tfl_type_name(tfl_op_input(op, 1)->type));
	else if (tfl_op_quantizer(op, tfl_op_input(op, w.constant), &q))
		(kind == GRAPH_MUL ? multiply : add_codes)(op, &w);
	numbers_free(&w.n);
}

// SPDX-License-Identifier: MIT
#include "priv.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

void tfl_op_problem(struct op *op, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	report_problem(op->imp->r, "node '%.64s' (%.40s): %s", op->name,
		       op->type, text);
	op->refused = true;
}

bool tfl_op_given(const struct op *op, size_t k)
{
	return k < op->o->in.n && op->o->in.v[k] >= 0;
}

const struct tfl_tensor *tfl_op_input(const struct op *op, size_t k)
{
	return tfl_op_given(op, k) ? &op->imp->m->tensor[op->o->in.v[k]] : NULL;
}

const struct tfl_tensor *tfl_op_output(const struct op *op, size_t k)
{
	return &op->imp->m->tensor[op->o->out.v[k]];
}

const struct symbol *tfl_op_symbol(const struct op *op, size_t k)
{
	return tfl_op_given(op, k) ? &op->imp->symbol[op->o->in.v[k]] : NULL;
}

bool tfl_op_is_const(const struct op *op, size_t k)
{
	const struct symbol *s = tfl_op_symbol(op, k);

	return s && s->kind == SYMBOL_CONST;
}

bool tfl_op_value(struct op *op, size_t k, uint32_t *value)
{
	const struct symbol *s = tfl_op_symbol(op, k);

	if (!s) {
		tfl_op_problem(op, "input %zu is missing", k);
		return false;
	}
	if (s->kind == SYMBOL_VALUE) {
		*value = s->value;
		return true;
	}
	if (s->kind == SYMBOL_CONST)
		tfl_op_problem(op, "input '%.64s' is constant; only values computed from the network's input are supported there",
			       tfl_op_input(op, k)->name);
	return false;
}

bool tfl_op_ready(const struct op *op)
{
	for (size_t k = 0; k < op->o->in.n; k++) {
		const struct symbol *s = tfl_op_symbol(op, k);

		if (s && s->kind == SYMBOL_REFUSED && k != op->ignored)
			return false;
	}
	return !op->refused;
}

static bool open_side(const struct tfl_tensor *t, size_t k)
{
	if (t->shape.v[k] <= 0)
		return true;
	/* A batch of any size is one of 1. */
	return k < t->signature.n && t->signature.v[k] < 0 &&
	       (k || t->shape.v[k] != 1);
}

bool tfl_op_sides(struct op *op, const struct tfl_tensor *t, struct sides *s)
{
	uint32_t *side[4] = { &s->c, &s->w, &s->h, &s->n };
	size_t rank = t->shape.n;

	*s = (struct sides){ 1, 1, 1, 1 };
	if (rank > TFL_MAX_RANK) {
		tfl_op_problem(op, "tensor '%.64s' has %zu dimensions; at most %u are supported",
			       t->name, rank, TFL_MAX_RANK);
		return false;
	}
	for (size_t k = 0; k < rank; k++) {
		size_t from_end = rank - 1 - k;

		if (open_side(t, k)) {
			tfl_op_problem(op, "tensor '%.64s': dimension %zu has no fixed size; convert the network for one input shape",
				       t->name, k);
			return false;
		}
		if (from_end < 4) {
			*side[from_end] = (uint32_t)t->shape.v[k];
		} else if (t->shape.v[k] != 1) {
			tfl_op_problem(op, "tensor '%.64s' has %zu dimensions; at most 4 are supported",
				       t->name, rank);
			return false;
		}
	}
	return true;
}

bool tfl_op_image(struct op *op, const struct tfl_tensor *t, struct sides *s)
{
	if (!tfl_op_sides(op, t, s))
		return false;
	if (s->n == 1)
		return true;
	tfl_op_problem(op, "tensor '%.64s' has %u images; the batch size must be 1",
		       t->name, s->n);
	return false;
}

int tfl_op_axis(const struct tfl_tensor *t, int64_t axis)
{
	int64_t rank = (int64_t)t->shape.n;

	if (axis < 0)
		axis += rank;
	if (axis < 0 || axis >= rank || rank - axis > 3)
		return -1;
	return (int)(2 - (rank - 1 - axis));
}

const char *tfl_type_name(int32_t type)
{
	static const char *const names[] = {
		"float32", "float16", "int32", "uint8", "int64", "string",
		"bool", "int16", "complex64", "int8", "float64", "complex128",
		"uint64", "resource", "variant", "uint32", "uint16", "int4",
		"bfloat16", "int2", "uint4",
	};

	if (type < 0 || (size_t)type >= sizeof(names) / sizeof(names[0]))
		return "an unknown type";
	return names[type];
}

bool tfl_is_code(const struct tfl_tensor *t)
{
	return t->type == TFL_INT8 || t->type == TFL_UINT8;
}

bool tfl_op_quantizer(struct op *op, const struct tfl_tensor *t,
		      struct quantizer *q)
{
	bool is_signed = t->type == TFL_INT8;

	if (!tfl_is_code(t)) {
		tfl_op_problem(op, "tensor '%.64s' is of type %s%s", t->name,
			       tfl_type_name(t->type), t->type == TFL_INT16 ?
			       "; the device has activations of at most 8 bits: quantize with 8-bit activations" :
			       "; supported are float32, int8 and uint8");
		return false;
	}
	if (t->odd_quant || t->scales != 1 || t->zeros != 1) {
		tfl_op_problem(op, "tensor '%.64s' has %zu scales and %zu zero points%s; values need one of each",
			       t->name, t->scales, t->zeros, t->odd_quant ?
			       " and a quantization of its own" : "");
		return false;
	}
	*q = (struct quantizer){
		.is_signed = is_signed, .zero_after = true, .bits = 8,
		.rounding = QUANT_HALF_UP, .scale = t->scale[0],
		.zero_point = (float)tfl_zero(t, 0),
	};
	if (!isnormal(q->scale) || q->scale < 0 ||
	    q->zero_point < quantizer_min(q) ||
	    q->zero_point > quantizer_max(q)) {
		tfl_op_problem(op, "tensor '%.64s' has scale %g and zero point %g; the scale must be above 0 and the zero point %lld to %lld",
			       t->name, t->scale[0], q->zero_point,
			       (long long)quantizer_min(q),
			       (long long)quantizer_max(q));
		return false;
	}
	return true;
}

bool tfl_op_same_kind(struct op *op, size_t k, bool *codes)
{
	const struct tfl_tensor *in = tfl_op_input(op, k), *out = tfl_op_output(op, 0);
	struct quantizer q;

	if (!in) {
		tfl_op_problem(op, "input %zu is missing", k);
		return false;
	}
	*codes = tfl_is_code(in);
	if (in->type == TFL_FLOAT32 && out->type == TFL_FLOAT32)
		return true;
	if (*codes && in->type == out->type)
		return tfl_op_quantizer(op, in, &q) && tfl_op_quantizer(op, out, &q);
	if (!*codes && in->type != TFL_FLOAT32)
		tfl_op_quantizer(op, in, &q);
	else
		tfl_op_problem(op, "its input is %s and its result %s; both must be float32, int8 or uint8",
			       tfl_type_name(in->type), tfl_type_name(out->type));
	return false;
}

bool same_quant(const struct tfl_tensor *a, const struct tfl_tensor *b)
{
	return a->scale[0] == b->scale[0] &&
	       tfl_zero(a, 0) == tfl_zero(b, 0);
}

static struct symbol *result(struct op *op, size_t k)
{
	return &op->imp->symbol[op->o->out.v[k]];
}

void tfl_op_result_value(struct op *op, size_t k, uint32_t value)
{
	struct symbol *s = result(op, k);
	const struct tfl_tensor *t = tfl_op_output(op, k);
	const struct graph_value *v;
	struct sides to;

	if (value == GRAPH_NONE) {
		s->kind = SYMBOL_REFUSED;
		return;
	}
	v = &op->imp->g->value[value];
	if (!tfl_op_image(op, t, &to))
		return;
	if (to.c != v->c || to.h != v->h || to.w != v->w) {
		tfl_op_problem(op, "its result '%.64s' would be %u x %u x %u (height, width, channels), not %u x %u x %u as the file has it",
			       t->name, v->h, v->w, v->c, to.h, to.w, to.c);
		return;
	}
	s->kind = SYMBOL_VALUE;
	s->value = value;
}

uint32_t tfl_op_node(struct op *op, struct graph_node *n)
{
	n->name = mem_string(op->name);
	n->source = op->type;
	return graph_add_node(op->imp->g, op->imp->r, n, op->name);
}

static uint32_t add_clamp(struct op *op, uint32_t value, double lo, double hi)
{
	struct graph_node n = {
		.op = GRAPH_CLAMP, .in = { value }, .lo = lo, .hi = hi,
	};

	return tfl_op_node(op, &n);
}

static bool activation_range(struct op *op, int32_t activation, double *lo,
			     double *hi)
{
	*lo = -INFINITY;
	*hi = INFINITY;
	switch (activation) {
	case TFL_NONE:
		return true;
	case TFL_RELU6:
		*hi = 6;
		break;
	case TFL_RELU_N1_TO_1:
		*lo = -1;
		*hi = 1;
		return true;
	case TFL_RELU_0_TO_1:
		*hi = 1;
		break;
	case TFL_RELU:
		break;
	default:
		tfl_op_problem(op, "its fused activation is number %d; supported are none, RELU, RELU6 and RELU_N1_TO_1: use an operator of its own",
			       activation);
		return false;
	}
	*lo = 0;
	return true;
}

/*
 * Bounds as TFLite has them in codes, and from there back to real numbers, so
 * that nothing is left to be rounded.
 */
static void code_bounds(const struct quantizer *q, double *lo, double *hi)
{
	double scale = q->scale, zero = q->zero_point;
	double min = quantizer_min(q), max = quantizer_max(q);

	*lo = fmax(min, zero + roundf((float)*lo / q->scale));
	*hi = fmin(max, zero + roundf((float)*hi / q->scale));
	*lo = *lo == min ? -INFINITY : (fmin(*lo, max) - zero) * scale;
	*hi = *hi == max ? INFINITY : (fmax(*hi, min) - zero) * scale;
}

uint32_t tfl_op_quant(struct op *op, uint32_t value, const struct tfl_tensor *t,
		      struct graph_requant *rq)
{
	struct graph_node n = {
		.op = GRAPH_QUANT, .in = { value }, .requant = rq,
	};

	if (value == GRAPH_NONE || !tfl_op_quantizer(op, t, &n.quant)) {
		requant_free(rq);
		return GRAPH_NONE;
	}
	return tfl_op_node(op, &n);
}

uint32_t tfl_op_tail(struct op *op, uint32_t value, int32_t activation,
		     struct graph_requant *rq)
{
	const struct tfl_tensor *t = tfl_op_output(op, 0);
	struct quantizer q;
	double lo, hi;

	if (value == GRAPH_NONE || !activation_range(op, activation, &lo, &hi) ||
	    (tfl_is_code(t) && !tfl_op_quantizer(op, t, &q))) {
		requant_free(rq);
		return GRAPH_NONE;
	}
	if (tfl_is_code(t))
		code_bounds(&q, &lo, &hi);
	if (isfinite(lo) || isfinite(hi))
		value = add_clamp(op, value, lo, hi);
	return tfl_is_code(t) ? tfl_op_quant(op, value, t, rq) : value;
}

void tfl_op_finish(struct op *op, uint32_t value, int32_t activation,
		   struct graph_requant *rq)
{
	tfl_op_result_value(op, 0, tfl_op_tail(op, value, activation, rq));
}

uint32_t tfl_op_restate(struct op *op, uint32_t value,
			const struct tfl_tensor *from, const struct tfl_tensor *to)
{
	struct graph_node n = { .op = GRAPH_AFFINE, .in = { value } };
	struct quantizer a, b;
	uint32_t channels;

	if (value == GRAPH_NONE || !tfl_is_code(to))
		return value;
	if (!tfl_op_quantizer(op, from, &a) || !tfl_op_quantizer(op, to, &b))
		return GRAPH_NONE;
	if (same_quant(from, to))
		return value;
	channels = op->imp->g->value[value].c;
	if (!tfl_op_spend(op, 4ull * channels))
		return GRAPH_NONE;
	n.affine.mul = mem_array(channels, sizeof(double));
	n.affine.add = mem_array(channels, sizeof(double));
	for (uint32_t c = 0; c < channels; c++) {
		n.affine.mul[c] = (double)b.scale / a.scale;
		n.affine.add[c] = ((double)a.zero_point - b.zero_point) *
				  b.scale;
	}
	return tfl_op_quant(op, tfl_op_node(op, &n), to, NULL);
}

// SPDX-License-Identifier: MIT
/* QONNX quantizers: of constants, which are worked out here, and of values. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

#define MAX_QUANT_BITS	31

/* Index into @s for element @k of @c, with the axes aligned at the end. */
static size_t broadcast(const struct constant *c, const struct constant *s,
			size_t k)
{
	size_t at = 0, step = 1;

	if (s->count == 1)
		return 0;
	for (size_t a = 0; a < c->rank; a++) {
		size_t axis = c->rank - 1 - a;
		size_t pos = k % c->dims[axis];

		k /= c->dims[axis];
		if (a >= s->rank)
			break;
		if (s->dims[s->rank - 1 - a] != 1) {
			at += pos * step;
			step *= s->dims[s->rank - 1 - a];
		}
	}
	return at;
}

static bool broadcasts(const struct constant *c, const struct constant *s)
{
	if (s->count == 1)
		return true;
	if (s->rank > c->rank)
		return false;
	for (size_t a = 1; a <= s->rank; a++)
		if (s->dims[s->rank - a] != 1 &&
		    s->dims[s->rank - a] != c->dims[c->rank - a])
			return false;
	return true;
}

static bool scales_ok(struct op *op, const struct constant *s)
{
	for (size_t k = 0; k < s->count; k++) {
		if (s->f[k] > 0)
			continue;
		op_problem(op, "its scale is %g; it must be above zero", s->f[k]);
		return false;
	}
	if (!s->count)
		op_problem(op, "its scale is empty");
	return s->count;
}

static void quantize_const(struct op *op, const struct constant *c,
			   const struct constant *scale, struct quantizer *q)
{
	struct constant *n;

	if (!c->f || !constant_finite(c)) {
		op_problem(op, "its constant input '%.64s' is not made of finite floats",
			   op->node->input[0]);
		return;
	}
	if (!broadcasts(c, scale)) {
		op_problem(op, "the shape of its scale does not fit its input");
		return;
	}
	n = constant_copy(c);
	free(n->code);
	free(n->scale);
	n->code = mem_array(c->count, sizeof(*n->code));
	n->scale = mem_array(c->count, sizeof(*n->scale));
	for (size_t k = 0; k < c->count; k++) {
		int64_t code;

		q->scale = scale->f[broadcast(c, scale, k)];
		n->f[k] = quantizer_value(q, c->f[k], &code);
		n->code[k] = (int32_t)code;
		n->scale[k] = q->scale;
	}
	n->q = *q;
	op_result_const(op, n);
}

static void quantize(struct op *op, const struct constant *scale,
		     struct quantizer *q)
{
	const struct symbol *s = op_symbol(op, 0);
	struct graph_node n = { .op = GRAPH_QUANT };

	if (!s || s->kind == SYMBOL_REFUSED || !scale || !scales_ok(op, scale) ||
	    !op_ready(op))
		return;
	if (s->kind == SYMBOL_CONST) {
		quantize_const(op, s->constant, scale, q);
		return;
	}
	for (size_t k = 1; k < scale->count; k++) {
		if (scale->f[k] == scale->f[0])
			continue;
		op_problem(op, "its scale differs between channels; for activations one scale is supported");
		return;
	}
	n.in[0] = s->value;
	n.quant = *q;
	n.quant.scale = scale->f[0];
	op_result_node(op, &n);
}

/* A number that is the same everywhere; @value when there is none. */
static float single(struct op *op, size_t index, const char *what, float value)
{
	const struct constant *c = op_floats(op, index, what);

	if (!op_input_given(op, index))
		op_problem(op, "its %s is missing", what);
	if (!c)
		return value;
	for (size_t k = 1; k < c->count; k++)
		if (c->f[k] != c->f[0])
			op_problem(op, "its %s differs between elements; one number is supported",
				   what);
	return c->count ? c->f[0] : value;
}

static bool flag(struct op *op, const char *name)
{
	int64_t v;

	if (!op_has(op, name)) {
		op_problem(op, "attribute '%s' is missing; it must be given because its default differs between versions",
			   name);
		return false;
	}
	v = op_int(op, name, 0);
	if (v != 0 && v != 1)
		op_problem(op, "attribute '%s' is %lld; it must be 0 or 1",
			   name, (long long)v);
	return v;
}

void op_quant(struct op *op)
{
	struct quantizer q = { .is_signed = flag(op, "signed"),
			       .narrow = flag(op, "narrow") };
	float bits = single(op, 3, "bit width", 8);
	char mode[16];
	int rounding;

	op_string(op, "rounding_mode", "ROUND", mode, sizeof(mode));
	rounding = quant_rounding_parse(mode);
	if (rounding < 0)
		op_problem(op, "attribute 'rounding_mode' has the unknown value '%s'",
			   mode);
	q.rounding = rounding < 0 ? QUANT_ROUND : (enum quant_rounding)rounding;
	q.zero_point = single(op, 2, "zero point", 0);
	if (q.zero_point != rintf(q.zero_point) || fabsf(q.zero_point) > 65536)
		op_problem(op, "its zero point is %g; it must be a small whole number",
			   q.zero_point);
	if (!(bits >= 1 && bits <= MAX_QUANT_BITS && bits == rintf(bits))) {
		/* Brevitas writes biases as 32 bits wide. */
		if (bits != 32)
			op_problem(op, "its bit width is %g; it must be 1 to %u or 32",
				   bits, MAX_QUANT_BITS);
		bits = MAX_QUANT_BITS;
	}
	q.bits = (unsigned int)bits;
	q.bipolar = q.is_signed && q.bits == 1;
	if (q.bits == 1 && !q.is_signed && q.narrow)
		op_problem(op, "1 bit, unsigned and narrow leaves one value");
	quantize(op, op_floats(op, 1, "scale"), &q);
}

void op_bipolar_quant(struct op *op)
{
	struct quantizer q = { .bipolar = true, .is_signed = true, .bits = 1 };

	quantize(op, op_floats(op, 1, "scale"), &q);
}

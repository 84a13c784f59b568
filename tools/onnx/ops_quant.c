// SPDX-License-Identifier: MIT
/* QONNX quantizers: of constants, which are worked out here, and of values. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

#define MAX_QUANT_BITS	31

static void quantize_const(struct op *op, const struct constant *c,
			   const struct constant *scale, struct quantizer *q)
{
	struct constant *n;

	if (!c->f || !constant_finite(c)) {
		op_problem(op, "its constant input '%.64s' is not made of finite floats",
			   op->node->input[0]);
		return;
	}
	if (!constant_broadcasts(scale, c->rank, c->dims)) {
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

		q->scale = scale->f[constant_broadcast(scale, c->rank, c->dims, k)];
		n->f[k] = quantizer_value(q, c->f[k], &code);
		n->code[k] = (int32_t)code;
		n->scale[k] = q->scale;
	}
	n->q = *q;
	op_result_const(op, n);
}

static void quantize_input(struct op *op, const struct constant *scale,
			   struct quantizer *q)
{
	const struct symbol *s = op_symbol(op, 0);
	struct tensor t;

	if (!s || s->kind == SYMBOL_REFUSED || !scale || !scale_ok(op, scale) ||
	    !op_ready(op))
		return;
	if (s->kind == SYMBOL_CONST) {
		quantize_const(op, s->constant, scale, q);
		return;
	}
	for (size_t k = 1; k < scale->count; k++) {
		if (scale->f[k] == scale->f[0])
			continue;
		op_problem(op, "its scale differs between channels; for activations one scale is supported: train with a scale per tensor (Brevitas: scaling_per_output_channel=False)");
		return;
	}
	q->scale = scale->f[0];
	if (!op_tensor(op, 0, &t) || !quantize(op, &t, q))
		return;
	t.codes = false;
	op_result(op, 0, &t);
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
	quantize_input(op, op_floats(op, 1, "scale"), &q);
}

void op_bipolar_quant(struct op *op)
{
	struct quantizer q = { .bipolar = true, .is_signed = true, .bits = 1 };

	quantize_input(op, op_floats(op, 1, "scale"), &q);
}

/* Follows what keeps values on a grid: pools, factors, other shapes. */
static bool grid_signed(struct importer *imp, uint32_t value)
{
	for (int hop = 0; hop < 8; hop++) {
		const struct quantizer *q = note_quant(imp, value);
		const struct graph_node *m = note_maker(imp, value);

		if (q)
			return q->is_signed;
		if (!m || (m->op != GRAPH_AVG_POOL && m->op != GRAPH_AFFINE &&
			   m->op != GRAPH_FLATTEN && m->op != GRAPH_RESHAPE))
			return true;
		value = m->in[0];
	}
	return true;
}

static unsigned int whole_bits(struct op *op, size_t index, const char *what)
{
	float bits = single(op, index, what, 8);

	if (bits >= 1 && bits <= MAX_QUANT_BITS && bits == rintf(bits))
		return (unsigned int)bits;
	op_problem(op, "its %s is %g; it must be 1 to %u", what, bits,
		   MAX_QUANT_BITS);
	return 8;
}

/*
 * Lower bits are dropped: a quantizer with larger steps. The first version
 * leaves the scale, so that its result becomes smaller; the second has one for
 * the result.
 */
void op_trunc(struct op *op)
{
	bool second = op->imp->qonnx_opset >= 2 || op_inputs(op) == 6;
	float scale = single(op, 1, "scale", 1), zero, out_scale;
	unsigned int bits = whole_bits(op, 3, "input bit width"), to;
	struct quantizer q = { 0 };
	char mode[16];
	struct tensor t;
	int rounding;
	double step;

	zero = single(op, 2, "zero point", 0);
	op_string(op, "rounding_mode", "FLOOR", mode, sizeof(mode));
	rounding = quant_rounding_parse(mode);
	if (rounding < 0)
		op_problem(op, "attribute 'rounding_mode' has the unknown value '%s'",
			   mode);
	out_scale = second ? single(op, 4, "output scale", scale) : scale;
	to = whole_bits(op, second ? 5 : 4, "output bit width");
	if (!(scale > 0) || !(out_scale > 0))
		op_problem(op, "its scale must be above zero");
	if (!second && to > bits)
		op_problem(op, "its output is wider than its input");
	if (second) {
		q.is_signed = flag(op, "signed");
		q.narrow = flag(op, "narrow");
	}
	if (!op_tensor(op, 0, &t) || !op_ready(op))
		return;
	step = second ? exp2(rint(log2((double)out_scale / scale))) :
			exp2((double)bits - to);
	if (!second)
		q.is_signed = grid_signed(op->imp, t.value);
	q.bits = to;
	q.rounding = (enum quant_rounding)rounding;
	q.scale = (float)(scale * step);
	q.zero_point = (float)(zero / step);
	if (q.is_signed && q.bits == 1)
		op_problem(op, "1 bit with a sign is not supported here");
	if (op->refused || !quantize(op, &t, &q))
		return;
	t.codes = false;
	if (!second && step != 1 &&
	    !affine_build(op, &t, 1 / step, (zero / step - zero) * scale))
		return;
	if (second && out_scale != q.scale &&
	    !affine_build(op, &t, (double)out_scale / q.scale, 0))
		return;
	op_result(op, 0, &t);
}

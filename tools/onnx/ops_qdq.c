// SPDX-License-Identifier: MIT
/*
 * QuantizeLinear and DequantizeLinear. In the graph there is one node for
 * both: its results are real numbers that stand for codes, and here it is
 * noted which of them the file sees as codes.
 */
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "qnn_device.h"
#include "tools/graph/function.h"
#include "tools/graph/mem.h"

bool scale_ok(struct op *op, const struct constant *s)
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

static bool all_same(const struct constant *c)
{
	for (size_t k = 1; k < c->count; k++)
		if (constant_number(c, k) != constant_number(c, 0))
			return false;
	return c->count;
}

bool quantizer_read(struct op *op, size_t scale, struct quantizer *q)
{
	const struct constant *s = op_floats(op, scale, "scale"), *z = NULL;

	if (op_input_given(op, scale + 1)) {
		z = op_integers(op, scale + 1, "zero point");
		if (!z)
			return false;
	}
	if (!s || !scale_ok(op, s))
		return false;
	if (!all_same(s) || (z && !all_same(z))) {
		op_problem(op, "its scale or zero point differs between channels; values must have one for all channels: quantize activations per tensor");
		return false;
	}
	if (z && !q->bits && !type_codes(z->type, q)) {
		op_problem(op, "its codes are %s; the device has 8 bits and fewer: quantize to int8 or uint8",
			   type_name(z->type));
		return false;
	}
	if (!q->bits)
		type_codes(TYPE(UINT8), q);
	q->scale = s->f[0];
	q->zero_point = z ? (float)z->i[0] : 0;
	return true;
}

static float float_bits(float f, int32_t *bits)
{
	memcpy(bits, &f, sizeof(f));
	return f;
}

static struct graph_requant *new_requant(uint32_t entries)
{
	struct graph_requant *r = mem_array(1, sizeof(*r));

	r->rule = QNN_ROUND_C;
	r->entries = entries;
	r->multiplier = mem_array(entries, sizeof(*r->multiplier));
	return r;
}

static struct graph_requant *layer_requant(const struct graph_node *m,
					   const struct quantizer *in,
					   const struct quantizer *q)
{
	const struct graph_weights *w = &m->weights;
	struct graph_requant *r;

	/* With fewer bits, it calculates with floats. */
	if (!w->grid || (w->bias && !w->grid->bias) || w->grid->q.bits != 8 ||
	    in->bits != 8 || q->bits != 8)
		return NULL;
	r = new_requant(w->out);
	for (uint32_t o = 0; o < w->out; o++) {
		float product = in->scale * w->grid->scale[o];
		float f = float_bits(product / q->scale, &r->multiplier[o]);

		if (f >= 0x1p-126f && f < 256)
			continue;
		free(r->multiplier);
		free(r);
		return NULL;
	}
	return r;
}

/* A quantizer does what the clamp in front of it does. */
static bool clamp_is_idle(const struct graph_node *n, const struct quantizer *q)
{
	double lo = (double)quantizer_min(q) - q->zero_point;
	double hi = (double)quantizer_max(q) - q->zero_point;

	return n->lo <= lo * q->scale && n->hi >= hi * q->scale;
}

/*
 * How onnxruntime gets from the sums of a layer to codes: in single floats. An
 * activation between them that it cannot leave out keeps it from doing that:
 * then it calculates in real numbers.
 */
static struct graph_requant *requant_for(struct importer *imp, uint32_t value,
					 const struct quantizer *q)
{
	const struct graph_node *m = note_maker(imp, value);
	const struct graph_value *v;
	const struct quantizer *in;
	struct graph_requant *r;

	if (m && m->op == GRAPH_CLAMP) {
		if (!clamp_is_idle(m, q))
			return NULL;
		m = note_maker(imp, m->in[0]);
	}
	in = m ? note_quant(imp, m->in[0]) : NULL;
	if (!in)
		return NULL;
	if (m->op == GRAPH_CONV || m->op == GRAPH_CONV_TRANSPOSE)
		return layer_requant(m, in, q);
	v = &imp->g->value[m->in[0]];
	if (m->op != GRAPH_AVG_POOL || m->window.kh != v->h ||
	    m->window.kw != v->w)
		return NULL;
	r = new_requant(1);
	float_bits(in->scale / (q->scale * (float)((size_t)v->h * v->w)),
		   r->multiplier);
	return r;
}

static size_t times_read(const struct op *op, const char *name)
{
	const struct symbol *s = symbol_find(&op->imp->symbols, name);

	return s->reads + s->target;
}

/* onnxruntime looks functions of 8-bit codes up: what single floats give. */
static void function_codes(struct op *op, uint32_t value,
			   const struct quantizer *q)
{
	const struct graph_node *m = note_maker(op->imp, value);
	const struct quantizer *in;
	struct graph_activation *a;

	if (!m || m->op != GRAPH_FUNCTION || m->activation.alphas > 1 ||
	    m->activation.codes || q->bits != 8 || !q->zero_after ||
	    times_read(op, op->node->input[0]) != 1)
		return;
	in = note_quant(op->imp, m->in[0]);
	if (!in || in->bits != 8 || !in->zero_after || in->narrow)
		return;
	a = &op->imp->g->node[m - op->imp->g->node].activation;
	a->codes = mem_array(256, sizeof(*a->codes));
	for (int64_t k = 0; k < 256; k++) {
		float x = ((float)(quantizer_min(in) + k) - in->zero_point) *
			  in->scale;
		int64_t code;

		quantizer_value(q, (float)function_value(a, 0, x), &code);
		a->codes[k] = (int16_t)code;
	}
}

/*
 * onnxruntime counts softmax in whole parts: as many of them as steps of the
 * result fit into 1. The device's parts are 1/256.
 */
static bool softmax_parts(struct op *op, struct tensor *t,
			  const struct quantizer *q)
{
	const struct graph_node *m = note_maker(op->imp, t->value);
	float parts = floorf(1 / q->scale);

	if (!m || m->op != GRAPH_SOFTMAX || q->scale == 1.0f / 256 ||
	    parts < 1)
		return true;
	report_note(op->imp->r, "node '%s' (%s): its results have a step of %.9g; from the device's 1/256 some come out one step off",
		    m->name, m->source, (double)q->scale);
	return affine_build(op, t, (double)parts * q->scale, 0);
}

/*
 * Sums, products and averages of uint8 get their zero point before they are
 * rounded: halves become the even code, not the even number of steps. Those of
 * int8 do so as one operator; with DequantizeLinear in front of it, onnxruntime
 * leaves int8 alone.
 */
static bool zero_is_rounded(const struct op *op, uint32_t value,
			    const struct quantizer *q)
{
	const struct graph_node *m = note_maker(op->imp, value);
	bool one = !strncmp(op->type, "QLinear", strlen("QLinear"));

	return m && q->bits == 8 && (one || !q->is_signed) &&
	       (strstr(m->source, "AveragePool") ||
		((m->op == GRAPH_ADD || m->op == GRAPH_MUL) &&
		 note_quant(op->imp, m->in[0])));
}

/* A node with @q behind @t. */
static bool quant_node(struct op *op, struct tensor *t,
		       const struct quantizer *q)
{
	struct graph_node n = { .op = GRAPH_QUANT };
	struct value_note *note;

	if (q->zero_after && !softmax_parts(op, t, q))
		return false;
	n.in[0] = t->value;
	n.quant = *q;
	/* QONNX defines its quantizers in real numbers. */
	if (q->zero_after) {
		n.requant = requant_for(op->imp, t->value, q);
		function_codes(op, t->value, q);
		n.quant.zero_after = n.requant ||
				     !zero_is_rounded(op, t->value, q);
	}
	if (!op_add_node(op, &n, t))
		return false;
	note_of(op->imp, n.in[0])->codes = t->value;
	note = note_of(op->imp, t->value);
	note->known = true;
	note->q = *q;
	return true;
}

bool quantize(struct op *op, struct tensor *t, const struct quantizer *q)
{
	bool there = quantizer_same(note_quant(op->imp, t->value), q);
	uint32_t codes = note_of(op->imp, t->value)->codes;

	/* The same quantizer may stand there several times. */
	if (!there && codes != GRAPH_NONE &&
	    quantizer_same(note_quant(op->imp, codes), q))
		t->value = codes;
	else if (!there && !quant_node(op, t, q))
		return false;
	t->codes = true;
	return true;
}

/* Integers that the network gets; the first reader says what they mean. */
static bool dequantize_input(struct op *op, struct tensor *t,
			     const struct quantizer *q)
{
	struct importer *imp = op->imp;
	struct quantizer own = { .scale = q->scale,
				 .zero_point = q->zero_point };

	if (!type_codes(imp->input_type, &own) || t->value != imp->g->input) {
		op_problem(op, "its input is made of integers that nothing says the meaning of; put DequantizeLinear behind the network's input");
		return false;
	}
	if (own.zero_point < quantizer_min(&own) ||
	    own.zero_point > quantizer_max(&own)) {
		op_problem(op, "its zero point %g is not one of the input's codes",
			   own.zero_point);
		return false;
	}
	if (!imp->g->input_is_codes) {
		imp->g->input_is_codes = true;
		if (!quant_node(op, t, &own))
			return false;
		imp->input_codes = t->value;
		return true;
	}
	t->value = imp->input_codes;
	return true;
}

bool dequantize(struct op *op, struct tensor *t, const struct quantizer *q)
{
	const struct quantizer *have = note_quant(op->imp, t->value);
	struct quantizer from;

	if (!have) {
		if (!dequantize_input(op, t, q))
			return false;
		have = note_quant(op->imp, t->value);
	}
	t->codes = false;
	from = *have;
	if (from.scale == q->scale && from.zero_point == q->zero_point)
		return true;
	return affine_build(op, t, (double)q->scale / from.scale,
			    ((double)from.zero_point - q->zero_point) *
			    q->scale);
}

void clip_codes(struct op *op, struct tensor *t, double lo, double hi)
{
	const struct quantizer *have = note_quant(op->imp, t->value);
	const struct graph_node *m = note_maker(op->imp, t->value);
	struct quantizer q, narrow;

	if (!have) {
		op_problem(op, "its input is made of integers that nothing says the meaning of; put DequantizeLinear in front of it");
		return;
	}
	q = narrow = *have;
	lo = fmax(lo, (double)quantizer_min(&q));
	hi = fmin(hi, (double)quantizer_max(&q));
	if (!(lo < hi)) {
		op_problem(op, "its bounds leave one code or none");
		return;
	}
	for (int i = 0; i < 32 && m && m->op == GRAPH_QUANT; i++) {
		narrow.bits = (unsigned int)i / 4 + 1;
		narrow.is_signed = i & 1;
		narrow.narrow = i >> 1 & 1;
		if (narrow.bits > q.bits ||
		    (double)quantizer_min(&narrow) != lo ||
		    (double)quantizer_max(&narrow) != hi)
			continue;
		t->value = m->in[0];
		if (quant_node(op, t, &narrow))
			op_result(op, 0, t);
		return;
	}
	if (clamp_build(op, t, (lo - q.zero_point) * q.scale,
			(hi - q.zero_point) * q.scale)) {
		struct value_note *note = note_of(op->imp, t->value);

		note->known = true;
		note->q = q;
		op_result(op, 0, t);
	}
}

/* Which of the scales belongs to element @k. */
static size_t scale_index(const struct constant *c, size_t axis, size_t scales,
			  size_t k)
{
	size_t inner = 1;

	if (scales == 1)
		return 0;
	for (size_t a = axis + 1; a < c->rank; a++)
		inner *= c->dims[a];
	return k / inner % c->dims[axis];
}

static bool per_axis(struct op *op, const struct constant *c,
		     const struct constant *s, const struct constant *z,
		     int64_t axis, size_t *at)
{
	*at = 0;
	if (s->count > 1 && !op_axis(op, axis, c->rank, at))
		return false;
	if ((s->count == 1 || (s->rank == 1 && s->count == c->dims[*at])) &&
	    (!z || z->count == s->count || z->count == 1))
		return true;
	op_problem(op, "its scale has %zu numbers and its zero point %zu; one, or one for each of %llu along axis %zu, are supported",
		   s->count, z ? z->count : 0,
		   (unsigned long long)(c->rank ? c->dims[*at] : 1), *at);
	return false;
}

static bool code_type(struct op *op, int type, struct quantizer *q)
{
	*q = (struct quantizer){ .zero_after = true, .scale = 1 };
	if (type_codes(type, q))
		return true;
	if (type == TYPE(INT32)) {
		q->bits = 32;
		q->is_signed = true;
		return true;
	}
	op_problem(op, "its codes are %s; the device has 8 bits and fewer, and int32 for biases: quantize to int8 or uint8",
		   type_name(type));
	return false;
}

/* With zero points that differ, codes are counted from those. */
static bool shift_codes(struct op *op, struct constant *n,
			const struct constant *z, size_t axis)
{
	n->q.zero_point = 0;
	if (!z)
		return true;
	if (all_same(z)) {
		n->q.zero_point = (float)z->i[0];
		return true;
	}
	n->q.is_signed = true;
	n->q.bits = 8;
	for (size_t k = 0; k < n->count; k++) {
		int64_t v, zero = z->i[scale_index(n, axis, z->count, k)];

		if (__builtin_sub_overflow((int64_t)n->code[k], zero, &v) ||
		    v < -128 || v > 127) {
			op_problem(op, "its zero points differ between channels by more than 8-bit weights can have; quantize weights symmetrically");
			return false;
		}
		n->code[k] = (int32_t)v;
	}
	return true;
}

struct constant *codes_constant(struct op *op, const struct constant *c,
				const struct constant *s,
				const struct constant *z, int64_t axis)
{
	struct constant *n;
	struct quantizer q;
	size_t at;

	if (!c || !s || !c->i || !scale_ok(op, s) || !code_type(op, c->type, &q) ||
	    !per_axis(op, c, s, z, axis, &at))
		return NULL;
	n = constant_new(c->rank, c->dims, false);
	n->q = q;
	n->code = mem_array(c->count, sizeof(*n->code));
	n->scale = mem_array(c->count, sizeof(*n->scale));
	for (size_t k = 0; k < c->count; k++) {
		n->code[k] = (int32_t)c->i[k];
		n->scale[k] = s->f[scale_index(c, at, s->count, k)];
	}
	if (!shift_codes(op, n, z, at)) {
		constant_free(n);
		return NULL;
	}
	for (size_t k = 0; k < c->count; k++)
		n->f[k] = ((float)n->code[k] - n->q.zero_point) * n->scale[k];
	return n;
}

struct constant *dequantize_const(struct op *op, const struct constant *c,
				  size_t scale, size_t zero, int64_t axis)
{
	const struct constant *s = op_floats(op, scale, "scale"), *z = NULL;

	if (op_input_given(op, zero)) {
		z = op_integers(op, zero, "zero point");
		if (!z)
			return NULL;
	}
	if (c && !c->i) {
		op_problem(op, "its constant input is not made of integers");
		return NULL;
	}
	return codes_constant(op, c, s, z, axis);
}

static void common_attributes(struct op *op, int64_t *axis)
{
	*axis = op_int(op, "axis", 1);
	op_int(op, "saturate", 1);
	op_int(op, "precision", 0);
	if (op_int(op, "block_size", 0))
		op_problem(op, "attribute 'block_size': blocked quantization is not supported; quantize per tensor or per channel");
}

/* A constant of floats becomes one of integers. */
static void quantize_const(struct op *op, const struct constant *c, int type,
			   int64_t axis)
{
	const struct constant *s = op_floats(op, 1, "scale"), *z = NULL;
	struct quantizer q;
	struct constant *n;
	size_t at;

	if (op_input_given(op, 2)) {
		z = op_integers(op, 2, "zero point");
		if (!z)
			return;
	}
	if (!s || !scale_ok(op, s) || !code_type(op, type, &q) ||
	    !per_axis(op, c, s, z, axis, &at))
		return;
	n = constant_new(c->rank, c->dims, true);
	n->type = type;
	for (size_t k = 0; k < c->count; k++) {
		size_t i = scale_index(c, at, s->count, k);

		q.scale = s->f[i];
		q.zero_point = z ? (float)z->i[z->count == 1 ? 0 : i] : 0;
		quantizer_value(&q, c->f[k], &n->i[k]);
	}
	op_result_const(op, n);
}

void op_quantize_linear(struct op *op)
{
	int type = (int)op_int(op, "output_dtype", 0);
	const struct constant *z = NULL, *c;
	struct quantizer q = { 0 };
	struct tensor t;
	int64_t axis;

	common_attributes(op, &axis);
	if (op_input_given(op, 2))
		z = op_const(op, 2, "zero point");
	if (z)
		type = z->type;
	if (!type)
		type = TYPE(UINT8);
	if (!op_ready(op))
		return;
	if (op_is_const(op, 0)) {
		c = op_floats(op, 0, "input");
		if (c)
			quantize_const(op, c, type, axis);
		return;
	}
	if (!code_type(op, type, &q) || !quantizer_read(op, 1, &q) ||
	    !op_tensor(op, 0, &t) || !op_ready(op))
		return;
	if (q.bits > 8)
		op_problem(op, "its codes are %s; the device has 8 bits and fewer: quantize to int8 or uint8",
			   type_name(type));
	else if (quantize(op, &t, &q))
		op_result(op, 0, &t);
}

void op_dequantize_linear(struct op *op)
{
	struct quantizer q = { 0 };
	const struct constant *c;
	struct constant *n;
	struct tensor t;
	int64_t axis;

	common_attributes(op, &axis);
	op_int(op, "output_dtype", 0);
	if (!op_ready(op))
		return;
	if (op_is_const(op, 0)) {
		c = op_const(op, 0, "input");
		n = dequantize_const(op, c, 1, 2, axis);
		if (n)
			op_result_const(op, n);
		return;
	}
	if (!op_tensor_any(op, 0, &t))
		return;
	/* Sums of ConvInteger and MatMulInteger are whole numbers as they are. */
	if (!t.codes)
		q.bits = 32;
	if (!quantizer_read(op, 1, &q))
		return;
	if (t.codes ? dequantize(op, &t, &q) :
	    affine_build(op, &t, q.scale, -(double)q.zero_point * q.scale))
		op_result(op, 0, &t);
}

void op_dynamic_quantize(struct op *op)
{
	op_problem(op, "its scale depends on each input; the device needs fixed ones: quantize statically (onnxruntime.quantization.quantize_static with calibration data), or pack the float network with --calib");
}

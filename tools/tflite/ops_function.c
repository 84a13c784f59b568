// SPDX-License-Identifier: MIT
/* Functions of one number: tables of what TFLite gives for each code. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>

#include "tools/graph/mem.h"

/* Input and result of a function of codes. */
struct codes {
	struct quantizer in, out;
	int lo, hi;		/* of the input */
	int in_zero, out_zero;
};

static bool read_codes(struct op *op, struct codes *c)
{
	if (!tfl_op_quantizer(op, tfl_op_input(op, 0), &c->in) ||
	    !tfl_op_quantizer(op, tfl_op_output(op, 0), &c->out))
		return false;
	c->lo = (int)quantizer_min(&c->in);
	c->hi = (int)quantizer_max(&c->in);
	c->in_zero = (int)c->in.zero_point;
	c->out_zero = (int)c->out.zero_point;
	return true;
}

static int16_t limit(const struct codes *c, int64_t code)
{
	int64_t lo = quantizer_min(&c->out), hi = quantizer_max(&c->out);

	return (int16_t)(code < lo ? lo : code > hi ? hi : code);
}

/* Add the function, and with @codes its quantizer. */
static void finish(struct op *op, struct graph_node *n)
{
	uint32_t value = tfl_op_node(op, n);

	if (n->activation.codes)
		value = tfl_op_quant(op, value, tfl_op_output(op, 0), NULL);
	tfl_op_result_value(op, 0, value);
}

static float logistic(float x)
{
	return 1.0f / (1.0f + expf(-x));
}

static float gelu(float x)
{
	return (float)(0.5 * x * (1 + erf((double)x * M_SQRT1_2)));
}

static float gelu_tanh(float x)
{
	const float k = 0.7978845608f;

	return 0.5f * x * (1.0f + tanhf(k * (x + 0.044715f * x * x * x)));
}

static float elu(float x)
{
	return x < 0 ? expm1f(x) : x;
}

/* TFLite's tables are computed in single precision. */
static int16_t *float_table(const struct codes *c, float (*f)(float))
{
	int16_t *table = mem_array(256, sizeof(*table));
	float inverse = 1.0f / c->out.scale;

	for (int x = c->lo; x <= c->hi; x++) {
		float real = c->in.scale * (float)(x - c->in_zero);
		float y = roundf(f(real) * inverse) + c->out.zero_point;

		y = fminf(fmaxf(y, -1000), 1000);
		table[x - c->lo] = limit(c, (int64_t)y);
	}
	return table;
}

static void smooth(struct op *op, enum graph_function kind, float (*f)(float))
{
	struct graph_node n = { .op = GRAPH_FUNCTION,
				.activation = { .f = kind } };
	struct codes c;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes))
		return;
	if (codes) {
		if (!read_codes(op, &c))
			return;
		n.activation.codes = float_table(&c, f);
	}
	finish(op, &n);
}

void tfl_op_logistic(struct op *op)
{
	smooth(op, GRAPH_SIGMOID, logistic);
}

void tfl_op_tanh(struct op *op)
{
	smooth(op, GRAPH_TANH, tanhf);
}

void tfl_op_elu(struct op *op)
{
	smooth(op, GRAPH_ELU, elu);
}

void tfl_op_gelu(struct op *op)
{
	if (op->opt->approximate && !tfl_is_code(tfl_op_output(op, 0)))
		report_note(op->imp->r, "node '%.64s' (%s): it approximates the function by tanh; taken is the function",
			    op->name, op->type);
	smooth(op, GRAPH_GELU, op->opt->approximate ? gelu_tanh : gelu);
}

/* Two scalings, one for each side of zero; of an alpha, in its own steps. */
struct slopes {
	int32_t m[2];
	int8_t s[2];
};

static bool slopes(struct op *op, const struct codes *c, float alpha,
		   struct slopes *s)
{
	volatile float product = c->in.scale * alpha;
	volatile float one = c->in.scale / c->out.scale;
	volatile float other = product / c->out.scale;

	if (arith_multiplier(one, &s->m[0], &s->s[0]) &&
	    arith_multiplier(fabsf(other), &s->m[1], &s->s[1]))
		return true;
	tfl_op_problem(op, "its result would be scaled by %g; that is more than 2^30",
		       fmaxf(one, fabsf(other)));
	return false;
}

/* @steps: 1, or the codes of alpha that the second scaling is for one of. */
static void slope_table(const struct codes *c, const struct slopes *s,
			int steps, int16_t *table)
{
	for (int x = c->lo; x <= c->hi; x++) {
		int v = x - c->in_zero;
		int32_t y = v >= 0 ? arith_scale(v, s->m[0], s->s[0]) :
				     arith_scale(v * steps, s->m[1], s->s[1]);

		table[x - c->lo] = limit(c, (int64_t)y + c->out_zero);
	}
}

void tfl_op_leaky_relu(struct op *op)
{
	struct graph_node n = { .op = GRAPH_FUNCTION,
				.activation = { .f = GRAPH_LEAKY } };
	float alpha = op->opt->alpha;
	struct slopes s;
	struct codes c;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes))
		return;
	if (!isfinite(alpha) || (codes && alpha < 0)) {
		tfl_op_problem(op, "option alpha is %g; it must be finite%s",
			       alpha, codes ? " and not below 0" : "");
		return;
	}
	if (codes) {
		if (!read_codes(op, &c) || !slopes(op, &c, alpha, &s))
			return;
		n.activation.codes = mem_array(256, sizeof(int16_t));
		slope_table(&c, &s, 1, n.activation.codes);
	}
	n.activation.alphas = 1;
	n.activation.alpha = mem_array(1, sizeof(double));
	n.activation.alpha[0] = alpha;
	finish(op, &n);
}

/* Alpha is one number, or one for each channel. */
static bool prelu_alpha(struct op *op, uint32_t channels, struct numbers *n)
{
	const struct tfl_tensor *t = tfl_op_input(op, 1);

	if (!tfl_op_numbers(op, 1, "alpha", n))
		return false;
	if ((n->count == 1 || (n->count == channels && t->shape.n &&
	     (uint32_t)t->shape.v[t->shape.n - 1] == channels)))
		return true;
	tfl_op_problem(op, "its alpha has %zu numbers; one, or one for each of %u channels, are supported",
		       n->count, channels);
	numbers_free(n);
	return false;
}

static bool prelu_codes(struct op *op, const struct numbers *alpha,
			struct graph_activation *a)
{
	const struct tfl_tensor *t = tfl_op_input(op, 1);
	struct quantizer q;
	struct slopes s;
	struct codes c;

	if (!alpha->i || !tfl_op_quantizer(op, t, &q) || !read_codes(op, &c) ||
	    !tfl_op_spend(op, 128ull * alpha->count) ||
	    !slopes(op, &c, q.scale, &s))
		return false;
	a->codes = mem_array(alpha->count, 256 * sizeof(int16_t));
	a->codes_by_channel = alpha->count > 1;
	for (size_t k = 0; k < alpha->count; k++) {
		int steps = (int)alpha->i[k] - (int)q.zero_point;

		slope_table(&c, &s, steps, a->codes + 256 * k);
		a->alpha[k] = steps * (double)q.scale;
	}
	return true;
}

void tfl_op_prelu(struct op *op)
{
	struct graph_node n = { .op = GRAPH_FUNCTION,
				.activation = { .f = GRAPH_LEAKY } };
	struct numbers alpha;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) ||
	    !tfl_op_same_kind(op, 0, &codes) ||
	    !prelu_alpha(op, op->imp->g->value[n.in[0]].c, &alpha))
		return;
	n.activation.alphas = (uint32_t)alpha.count;
	n.activation.alpha = mem_array(alpha.count, sizeof(double));
	for (size_t k = 0; alpha.f && k < alpha.count; k++)
		n.activation.alpha[k] = alpha.f[k];
	if (codes ? !prelu_codes(op, &alpha, &n.activation) : !alpha.f) {
		if (!op->refused)
			tfl_op_problem(op, "its alpha is of type %s",
				       tfl_type_name(tfl_op_input(op, 1)->type));
		graph_node_free(&n);
	} else {
		finish(op, &n);
	}
	numbers_free(&alpha);
}

static int saturate16(int64_t x)
{
	return x > 32767 ? 32767 : x < -32768 ? -32768 : (int)x;
}

/* As rule A's first step, of 16 bits. */
static int multiply16(int a, int b)
{
	int t = a * b;

	return (t + (t >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
}

static int divide_rounded(int x, int bits)
{
	int half = bits ? 1 << (bits - 1) : 0;

	return x >= 0 ? (x + half) >> bits : -((-x + half) >> bits);
}

static int narrow(int32_t multiplier)
{
	return multiplier >= 0x7fff8000 ? 32767 : (multiplier + 0x8000) >> 16;
}

/*
 * Steps of 1/128 of the input's; the gate, x / 6 + 1/2, in 16 bits whose whole
 * range is -1 to 1.
 */
static int hard_swish(const struct slopes *s, int v)
{
	int fine = v * 128, gate = fine;
	int product = multiply16(fine, narrow(s->m[0]));

	if (s->s[1] > 0)
		gate = saturate16((int64_t)gate * (1 << (s->s[1] - 1)));
	gate = multiply16(gate, narrow(s->m[1]));
	if (s->s[1] > 0)
		gate = saturate16(gate * 2);
	else
		gate = divide_rounded(gate, -s->s[1]);
	gate = (gate + 32768) >> 1;
	return divide_rounded(gate * product / 32768, -s->s[0]);
}

void tfl_op_hard_swish(struct op *op)
{
	struct graph_node n = { .op = GRAPH_FUNCTION,
				.activation = { .f = GRAPH_HARD_SWISH } };
	volatile float fine;
	struct slopes s;
	struct codes c;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes))
		return;
	if (codes) {
		if (!read_codes(op, &c))
			return;
		fine = c.in.scale * (1.0f / 128);
		if (!arith_multiplier(fine / c.out.scale, &s.m[0], &s.s[0]) ||
		    !arith_multiplier(fine / (3.0f / 32768), &s.m[1], &s.s[1]) ||
		    s.s[0] > 0) {
			tfl_op_problem(op, "its scales %g and %g are too far apart",
				       c.in.scale, c.out.scale);
			return;
		}
		n.activation.codes = mem_array(256, sizeof(int16_t));
		for (int x = c.lo; x <= c.hi; x++)
			n.activation.codes[x - c.lo] = limit(&c, c.out_zero +
					hard_swish(&s, x - c.in_zero));
	}
	finish(op, &n);
}

static void rectify(struct op *op, int32_t activation)
{
	struct graph_requant *rq = NULL;
	volatile float ratio;
	struct codes c;
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes))
		return;
	if (codes) {
		if (!read_codes(op, &c))
			return;
		ratio = c.in.scale / c.out.scale;
		rq = tfl_op_requant(op, ratio);
		if (!rq)
			return;
	}
	tfl_op_finish(op, value, activation, rq);
}

void tfl_op_relu(struct op *op)
{
	rectify(op, TFL_RELU);
}

void tfl_op_relu6(struct op *op)
{
	rectify(op, TFL_RELU6);
}

void tfl_op_relu_n1_to_1(struct op *op)
{
	rectify(op, TFL_RELU_N1_TO_1);
}

void tfl_op_relu_0_to_1(struct op *op)
{
	rectify(op, TFL_RELU_0_TO_1);
}

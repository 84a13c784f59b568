// SPDX-License-Identifier: MIT
/* Layers that calculate with integers (QLinearConv and the like). */
#include "priv.h"

#include <stdlib.h>
#include <string.h>

/* The first input, which is made of codes, as real numbers. */
static bool layer_input(struct op *op, size_t index, struct tensor *t,
			struct quantizer *q)
{
	if (!op_tensor_any(op, index, t) || !quantizer_read(op, index + 1, q) ||
	    !op_ready(op))
		return false;
	if (t->codes)
		return dequantize(op, t, q);
	op_problem(op, "its input is not made of integers; put QuantizeLinear in front of it");
	return false;
}

static void layer_output(struct op *op, size_t scale, struct tensor *t)
{
	struct quantizer q = { 0 };

	if (quantizer_read(op, scale, &q) && quantize(op, t, &q))
		op_result(op, 0, t);
}

/* Attributes are read by what was not reached: they are not the problem. */
static void give_up(struct op *op)
{
	op->attr_seen = ~0ull;
}

void op_qlinear_conv(struct op *op)
{
	const struct constant *c = op_integers(op, 3, "weights");
	struct constant *w = dequantize_const(op, c, 4, 5, 0);
	struct quantizer q = { 0 };
	struct tensor t;

	if (w && layer_input(op, 0, &t, &q) &&
	    conv_build(op, &t, w, 8, q.scale))
		layer_output(op, 6, &t);
	else
		give_up(op);
	constant_free(w);
}

void op_qlinear_matmul(struct op *op)
{
	const struct constant *c;
	struct constant *w;
	struct quantizer q = { 0 };
	struct tensor t;

	if (!op_is_const(op, 3) && op_ready(op)) {
		op_problem(op, "both inputs are computed; the device multiplies with constant matrices only");
		return;
	}
	c = op_integers(op, 3, "weights");
	w = dequantize_const(op, c, 4, 5, 1);
	if (w && layer_input(op, 0, &t, &q) &&
	    dense_build(op, &t, w, SIZE_MAX, 0))
		layer_output(op, 6, &t);
	constant_free(w);
}

void op_qgemm(struct op *op)
{
	static const size_t turn[] = { 1, 0 };
	bool trans_b = op_int(op, "transB", 0);
	const struct constant *c = op_integers(op, 3, "weights");
	struct constant *w, *turned;
	struct quantizer q = { 0 };
	struct tensor t;

	if (op_int(op, "transA", 0))
		op_problem(op, "attribute 'transA' must be 0");
	if (op_float(op, "alpha", 1) != 1)
		op_problem(op, "attribute 'alpha' must be 1");
	w = dequantize_const(op, c, 4, 5, trans_b ? 0 : 1);
	if (w && w->rank == 2 && trans_b) {
		turned = constant_transpose(w, turn);
		constant_free(w);
		w = turned;
	}
	if (w && layer_input(op, 0, &t, &q) &&
	    dense_build(op, &t, w, 6, q.scale)) {
		if (op_input_given(op, 7))
			layer_output(op, 7, &t);
		else
			op_result(op, 0, &t);
	}
	constant_free(w);
}

/*
 * Sums of integers as they are: weights in steps that undo those of the input.
 */
static struct constant *plain_weights(struct op *op, struct tensor *t,
				      int64_t axis)
{
	const struct constant *c = op_integers(op, 1, "weights"), *z = NULL;
	struct constant *one, *w = NULL;
	struct quantizer q = { .scale = 1 };

	q.zero_point = (float)op_number(op, 2, "zero point", 0);
	if (op_input_given(op, 3))
		z = op_integers(op, 3, "zero point of the weights");
	if (!op_tensor_any(op, 0, t) || !c || !op_ready(op))
		return NULL;
	if (!t->codes) {
		op_problem(op, "its input is not made of integers; put QuantizeLinear in front of it");
		return NULL;
	}
	if (note_quant(op->imp, t->value))
		q.scale = note_quant(op->imp, t->value)->scale;
	if (!dequantize(op, t, &q))
		return NULL;
	one = constant_new(1, (const uint64_t []){ 1 }, false);
	one->f[0] = 1 / q.scale;
	if (z && z->count > 1) {
		constant_free(one);
		one = constant_new(1, (const uint64_t []){ z->count }, false);
		for (size_t k = 0; k < z->count; k++)
			one->f[k] = 1 / q.scale;
	}
	w = codes_constant(op, c, one, z, axis);
	constant_free(one);
	return w;
}

void op_conv_integer(struct op *op)
{
	struct tensor t;
	struct constant *w = plain_weights(op, &t, 0);

	if (w && conv_build(op, &t, w, SIZE_MAX, 0))
		op_result(op, 0, &t);
	else
		give_up(op);
	constant_free(w);
}

void op_matmul_integer(struct op *op)
{
	struct constant *w;
	struct tensor t;

	if (!op_is_const(op, 1) && op_ready(op)) {
		op_problem(op, "both inputs are computed; the device multiplies with constant matrices only");
		return;
	}
	w = plain_weights(op, &t, 1);
	if (w && dense_build(op, &t, w, SIZE_MAX, 0))
		op_result(op, 0, &t);
	constant_free(w);
}

/* The other operators of this kind: input @index as real numbers. */
static bool operand(struct op *op, size_t index, struct tensor *t)
{
	struct quantizer q = { 0 };

	return layer_input(op, index, t, &q);
}

static bool is(const struct op *op, const char *type)
{
	return !strcmp(op->type, type);
}

/* QLinearAdd, QLinearMul */
void op_qlinear_binary(struct op *op)
{
	bool mul = is(op, "QLinearMul");
	struct constant *c;
	struct tensor a, b;
	bool ok;

	for (size_t i = 0; i < 6; i += 3) {
		if (!op_is_const(op, i))
			continue;
		c = dequantize_const(op, op_const(op, i, "operand"), i + 1,
				     i + 2, 0);
		if (c && operand(op, 3 - i, &a) &&
		    affine_const(op, &a, c, mul ? AFFINE_MUL : AFFINE_ADD))
			layer_output(op, 6, &a);
		constant_free(c);
		return;
	}
	ok = operand(op, 0, &a);
	if (operand(op, 3, &b) && ok &&
	    pair_build(op, mul ? GRAPH_MUL : GRAPH_ADD, &a, &b))
		layer_output(op, 6, &a);
}

static bool unary_build(struct op *op, struct tensor *t)
{
	size_t at;

	if (is(op, "QLinearSigmoid"))
		return function_build(op, t, GRAPH_SIGMOID, 0, 0);
	if (is(op, "QLinearLeakyRelu"))
		return function_build(op, t, GRAPH_LEAKY,
				      op_float(op, "alpha", 0.01f), 0);
	if (is(op, "QLinearAveragePool"))
		return average_pool_build(op, t);
	if (is(op, "QLinearGlobalAveragePool"))
		return global_pool_build(op, t, GRAPH_AVG_POOL);
	/* QLinearSoftmax */
	return softmax_axis(op, t, op_int(op, "opset", 13), &at) &&
	       tensor_channels(op, t, at) && softmax_build(op, t);
}

void op_qlinear_unary(struct op *op)
{
	struct tensor t;

	if (op_int(op, "channels_last", 0))
		op_problem(op, "attribute 'channels_last' must be 0");
	if (operand(op, 0, &t) && unary_build(op, &t))
		layer_output(op, 3, &t);
	else
		give_up(op);
}

void op_qlinear_concat(struct op *op)
{
	int64_t given = op_int(op, "axis", 0);
	size_t parts = op_inputs(op) / 3, axis;
	struct tensor part[20], out;

	if (op_inputs(op) % 3 != 2) {
		op_problem(op, "it has %zu inputs; three for each part and two are needed",
			   op_inputs(op));
		return;
	}
	for (size_t i = 0; i < parts; i++)
		if (!operand(op, 2 + 3 * i, &part[i]))
			return;
	if (op_ready(op) && op_axis(op, given, part[0].view.rank, &axis) &&
	    concat_build(op, part, parts, axis, &out))
		layer_output(op, 0, &out);
}

// SPDX-License-Identifier: MIT
/* Padding: with a number, or with the image in a mirror. */
#include "priv.h"

#include <math.h>

struct pads {
	uint32_t before[3], after[3];
};

static bool read_pads(struct op *op, struct pads *p)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	size_t rank = t->shape.n;
	struct numbers n;

	*p = (struct pads){ { 0 }, { 0 } };
	if (!tfl_op_ints(op, 1, "paddings", 2 * rank, 2 * rank, &n))
		return false;
	for (size_t k = 0; k < rank; k++) {
		int side = tfl_op_axis(t, (int64_t)k);
		int64_t a = n.i[2 * k], b = n.i[2 * k + 1];

		if (a < 0 || b < 0 || a > GRAPH_MAX_DIM || b > GRAPH_MAX_DIM ||
		    (side < 0 && (a || b))) {
			tfl_op_problem(op, "its padding of dimension %zu is %lld and %lld; height, width and channels may have 0 to %u",
				       k, (long long)a, (long long)b,
				       GRAPH_MAX_DIM);
			numbers_free(&n);
			return false;
		}
		if (side < 0)
			continue;
		p->before[side] = (uint32_t)a;
		p->after[side] = (uint32_t)b;
	}
	numbers_free(&n);
	return true;
}

static bool pad_start(struct op *op, uint32_t *value, struct pads *p)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	struct sides s;
	bool codes;

	if (!tfl_op_value(op, 0, value) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, t, &s))
		return false;
	if (t->shape.n >= 1 && t->shape.n <= TFL_MAX_RANK)
		return read_pads(op, p);
	tfl_op_problem(op, "its input has %zu dimensions", t->shape.n);
	return false;
}

/* PADV2 says with what; PAD with the number 0. */
static bool read_fill(struct op *op, double *fill)
{
	const struct tfl_tensor *t = tfl_op_input(op, 2);
	struct quantizer q;
	struct numbers n;
	bool ok = true;

	*fill = 0;
	if (!t)
		return true;
	if (!tfl_op_numbers(op, 2, "constant", &n))
		return false;
	if (n.count != 1 || t->type != tfl_op_input(op, 0)->type) {
		tfl_op_problem(op, "its constant has %zu numbers of type %s",
			       n.count, tfl_type_name(t->type));
		ok = false;
	} else if (n.f) {
		*fill = n.f[0];
	} else {
		/* The code is taken as one of the result. */
		ok = tfl_op_quantizer(op, tfl_op_output(op, 0), &q);
		*fill = ((double)n.i[0] - q.zero_point) * q.scale;
	}
	numbers_free(&n);
	return ok;
}

void tfl_op_pad(struct op *op)
{
	struct graph_node n;
	uint32_t value;
	struct pads p;
	double fill;

	if (!pad_start(op, &value, &p) || !read_fill(op, &fill))
		return;
	tfl_copy_start(op, value, &n);
	n.copy.fill = fill;
	for (int side = 0; side < 3; side++) {
		n.copy.axis[side].start = -(int32_t)p.before[side];
		*tfl_copy_side(&n, side) += p.before[side] + p.after[side];
	}
	if (tfl_is_code(tfl_op_input(op, 0)) &&
	    !same_quant(tfl_op_input(op, 0), tfl_op_output(op, 0))) {
		tfl_op_problem(op, "its input and result have different scales or zero points; TFLite does not run that either");
		return;
	}
	tfl_copy_finish(op, &n);
}

/* @count elements along @side from @start on, backwards. */
static uint32_t mirror(struct op *op, uint32_t value, int side, uint32_t start,
		       uint32_t count)
{
	struct graph_node n;

	tfl_copy_start(op, value, &n);
	*tfl_copy_side(&n, side) = count;
	n.copy.axis[side].start = (int32_t)start;
	n.copy.axis[side].step = -1;
	return tfl_op_node(op, &n);
}

/* Returns the value with both ends; GRAPH_NONE: problem. */
static uint32_t mirror_side(struct op *op, uint32_t value, int side,
			    uint32_t before, uint32_t after)
{
	bool edge = op->opt->mode == TFL_SYMMETRIC;
	struct graph_node n, join = { .op = GRAPH_CONCAT,
				      .axis = (uint32_t)side };
	uint32_t size;

	tfl_copy_start(op, value, &n);
	size = *tfl_copy_side(&n, side);
	if (before + !edge > size || after + !edge > size) {
		tfl_op_problem(op, "its padding of %u and %u is larger than the side of %u has for a mirror",
			       before, after, size);
		return GRAPH_NONE;
	}
	if (before)
		join.in[join.parts++] = mirror(op, value, side,
					       before - edge, before);
	join.in[join.parts++] = value;
	if (after)
		join.in[join.parts++] = mirror(op, value, side,
					       size - 1 - !edge, after);
	for (uint32_t k = 0; k < join.parts; k++)
		if (join.in[k] == GRAPH_NONE)
			return GRAPH_NONE;
	return join.parts == 1 ? value : tfl_op_node(op, &join);
}

void tfl_op_mirror_pad(struct op *op)
{
	uint32_t value;
	struct pads p;

	if (!pad_start(op, &value, &p))
		return;
	if (op->opt->mode != TFL_REFLECT && op->opt->mode != TFL_SYMMETRIC) {
		tfl_op_problem(op, "option mode is %d", op->opt->mode);
		return;
	}
	for (int side = 0; side < 3 && value != GRAPH_NONE; side++)
		value = mirror_side(op, value, side, p.before[side],
				    p.after[side]);
	tfl_op_result_value(op, 0, tfl_op_restate(op, value,
						  tfl_op_input(op, 0),
						  tfl_op_output(op, 0)));
}

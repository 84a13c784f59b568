// SPDX-License-Identifier: MIT
/* Operators that move numbers and leave them as they are. */
#include "priv.h"

#include <math.h>

uint32_t tfl_op_shape_like(struct op *op, uint32_t value,
			   const struct tfl_tensor *t)
{
	struct graph_node n = {
		.op = GRAPH_RESHAPE, .in = { value },
		.reshape = { .channels_last = true },
	};
	const struct graph_value *v;
	struct sides s;

	if (value == GRAPH_NONE || !tfl_op_image(op, t, &s))
		return GRAPH_NONE;
	v = &op->imp->g->value[value];
	if (s.c == v->c && s.h == v->h && s.w == v->w)
		return value;
	n.reshape.c = s.c;
	n.reshape.h = s.h;
	n.reshape.w = s.w;
	return tfl_op_node(op, &n);
}

/* RESHAPE, SQUEEZE, EXPAND_DIMS: the file says what the result is like. */
void tfl_op_reshape(struct op *op)
{
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes))
		return;
	value = tfl_op_shape_like(op, value, tfl_op_output(op, 0));
	tfl_op_result_value(op, 0, tfl_op_restate(op, value,
						  tfl_op_input(op, 0),
						  tfl_op_output(op, 0)));
}

void tfl_copy_start(const struct op *op, uint32_t value, struct graph_node *n)
{
	const struct graph_value *v = &op->imp->g->value[value];

	*n = (struct graph_node){ .op = GRAPH_COPY, .in = { value } };
	n->copy.c = v->c;
	n->copy.h = v->h;
	n->copy.w = v->w;
	for (uint32_t k = 0; k < 3; k++)
		n->copy.axis[k] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = k,
		};
}

uint32_t *tfl_copy_side(struct graph_node *n, int side)
{
	return side == 0 ? &n->copy.h : side == 1 ? &n->copy.w : &n->copy.c;
}

void tfl_copy_finish(struct op *op, struct graph_node *n)
{
	uint32_t value = tfl_op_node(op, n);

	value = tfl_op_restate(op, value, tfl_op_input(op, 0),
			       tfl_op_output(op, 0));
	tfl_op_result_value(op, 0, value);
}

/* Of rank 4, the images stay where they are. */
static bool read_turn(struct op *op, const struct tfl_tensor *t,
		      struct graph_node *n)
{
	size_t rank = t->shape.n;
	unsigned int seen = 0;
	struct numbers turn;

	if (!tfl_op_ints(op, 1, "dimensions", rank, rank, &turn))
		return false;
	for (size_t k = 0; k < rank; k++) {
		int to = tfl_op_axis(t, (int64_t)k);
		int from = turn.i[k] < 0 ? -2 : tfl_op_axis(t, turn.i[k]);

		if (turn.i[k] < 0 || turn.i[k] >= (int64_t)rank ||
		    seen >> turn.i[k] & 1 || (to < 0) != (from < 0) ||
		    (to < 0 && turn.i[k] != (int64_t)k)) {
			tfl_op_problem(op, "its dimension %zu would be dimension %lld of %zu; only height, width and channels can change places",
				       k, (long long)turn.i[k], rank);
			numbers_free(&turn);
			return false;
		}
		seen |= 1u << turn.i[k];
		if (to < 0)
			continue;
		n->copy.axis[from].from = (uint32_t)to;
		*tfl_copy_side(n, to) = (uint32_t)t->shape.v[turn.i[k]];
	}
	numbers_free(&turn);
	return true;
}

void tfl_op_transpose(struct op *op)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	struct graph_node n;
	struct sides s;
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, t, &s))
		return;
	if (!t->shape.n || t->shape.n > TFL_MAX_RANK) {
		tfl_op_problem(op, "its input has %zu dimensions",
			       t->shape.n);
		return;
	}
	tfl_copy_start(op, value, &n);
	if (read_turn(op, t, &n))
		tfl_copy_finish(op, &n);
}

/* Which element TFLite takes, in single precision. */
static uint32_t nearest(const struct tfl_options *o, uint32_t in, uint32_t out,
			uint32_t x)
{
	bool corners = o->align_corners && out > 1;
	float scale = corners ? (float)(in - 1) / (float)(out - 1) :
				(float)in / (float)out;
	float at = ((float)x + (o->half_pixel ? 0.5f : 0.0f)) * scale;
	float whole = o->align_corners ? roundf(at) : floorf(at);

	return whole < (float)(in - 1) ? (uint32_t)whole : in - 1;
}

/* The same as a fraction, wherever there is one that is. */
static bool resize_axis(struct op *op, uint32_t in, uint32_t out,
			struct graph_axis *a)
{
	const struct tfl_options *o = op->opt;
	bool corners = o->align_corners && out > 1;
	int32_t num = (int32_t)(corners ? in - 1 : in);
	int32_t den = (int32_t)(corners ? out - 1 : out);

	a->step = 2 * num;
	a->divisor = 2 * den;
	a->start = (o->half_pixel ? num : 0) + (o->align_corners ? den : 0);
	if (!tfl_op_spend(op, out))
		return false;
	for (uint32_t x = 0; x < out; x++) {
		int64_t at = (a->start + (int64_t)a->step * x) / a->divisor;

		if ((at < (int64_t)in ? at : in - 1) ==
		    (int64_t)nearest(o, in, out, x))
			continue;
		tfl_op_problem(op, "from %u to %u, TFLite takes another element than %lld for number %u because of rounding; choose other sizes",
			       in, out, (long long)at, x);
		return false;
	}
	return true;
}

void tfl_op_resize_nearest(struct op *op)
{
	struct graph_node n;
	struct sides in, out;
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 0), &in) ||
	    !tfl_op_image(op, tfl_op_output(op, 0), &out))
		return;
	tfl_copy_start(op, value, &n);
	n.copy.clamp = true;
	n.copy.h = out.h;
	n.copy.w = out.w;
	if (in.h <= GRAPH_MAX_DIM && in.w <= GRAPH_MAX_DIM &&
	    out.h <= GRAPH_MAX_DIM && out.w <= GRAPH_MAX_DIM &&
	    resize_axis(op, in.h, out.h, &n.copy.axis[0]) &&
	    resize_axis(op, in.w, out.w, &n.copy.axis[1]))
		tfl_copy_finish(op, &n);
}

static bool block_ok(struct op *op, uint32_t h, uint32_t w, uint32_t c)
{
	int32_t b = op->opt->block;

	if (b >= 1 && b <= (int32_t)GRAPH_MAX_WINDOW && !(h % (uint32_t)b) &&
	    !(w % (uint32_t)b) && !(c % (uint32_t)(b * b)))
		return true;
	tfl_op_problem(op, "option block_size is %d; it must be 1 to %u and divide the sides",
		       b, GRAPH_MAX_WINDOW);
	return false;
}

void tfl_op_space_to_depth(struct op *op)
{
	struct graph_node n;
	uint32_t value, b;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes))
		return;
	tfl_copy_start(op, value, &n);
	if (!block_ok(op, n.copy.h, n.copy.w, 0))
		return;
	b = (uint32_t)op->opt->block;
	n.copy.blocks = GRAPH_SPACE_TO_DEPTH;
	n.copy.block = b;
	n.copy.h /= b;
	n.copy.w /= b;
	n.copy.c *= b * b;
	tfl_copy_finish(op, &n);
}

void tfl_op_depth_to_space(struct op *op)
{
	struct graph_node n;
	uint32_t value, b;
	bool codes;

	if (!tfl_op_value(op, 0, &value) || !tfl_op_same_kind(op, 0, &codes))
		return;
	tfl_copy_start(op, value, &n);
	if (!block_ok(op, 0, 0, n.copy.c))
		return;
	b = (uint32_t)op->opt->block;
	n.copy.blocks = GRAPH_DEPTH_TO_SPACE;
	n.copy.block = b;
	if ((uint64_t)n.copy.h * b > GRAPH_MAX_DIM ||
	    (uint64_t)n.copy.w * b > GRAPH_MAX_DIM) {
		tfl_op_problem(op, "its result would be larger than %u",
			       GRAPH_MAX_DIM);
		return;
	}
	n.copy.h *= b;
	n.copy.w *= b;
	n.copy.c /= b * b;
	tfl_copy_finish(op, &n);
}

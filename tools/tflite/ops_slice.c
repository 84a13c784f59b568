// SPDX-License-Identifier: MIT
/* Parts of a tensor, and tensors of parts. */
#include "priv.h"

#include <math.h>

/* One axis of a part: where it starts, in what steps, how many. */
struct part {
	int64_t start, step, count;
};

/* The part of dimension @k, which must be whole unless it is a side. */
static bool take_part(struct op *op, const struct tfl_tensor *t, size_t k,
		      const struct part *p, struct graph_node *n)
{
	int64_t size = t->shape.v[k];
	int64_t last = p->start + (p->count - 1) * p->step;
	int side = tfl_op_axis(t, (int64_t)k);

	if (p->count < 1 || p->start < 0 || p->start >= size || last < 0 ||
	    last >= size) {
		tfl_op_problem(op, "of dimension %zu it takes %lld from %lld on; there are %lld",
			       k, (long long)p->count, (long long)p->start,
			       (long long)size);
		return false;
	}
	if (side < 0) {
		if (size == 1)
			return true;
		tfl_op_problem(op, "it takes a part of dimension %zu of %zu; only height, width and channels can be cut",
			       k, t->shape.n);
		return false;
	}
	n->copy.axis[side].start = (int32_t)p->start;
	n->copy.axis[side].step = (int32_t)p->step;
	*tfl_copy_side(n, side) = (uint32_t)p->count;
	return true;
}

static bool slice_start(struct op *op, size_t k, struct graph_node *n)
{
	const struct tfl_tensor *t = tfl_op_input(op, k);
	struct sides s;
	uint32_t value;
	bool codes;

	if (!tfl_op_value(op, k, &value) || !tfl_op_same_kind(op, k, &codes) ||
	    !tfl_op_image(op, t, &s))
		return false;
	if (t->shape.n < 1 || t->shape.n > TFL_MAX_RANK) {
		tfl_op_problem(op, "its input has %zu dimensions", t->shape.n);
		return false;
	}
	tfl_copy_start(op, value, n);
	return true;
}

static void slice_finish(struct op *op, size_t in, size_t out,
			 struct graph_node *n)
{
	const struct tfl_tensor *to = tfl_op_output(op, out);
	uint32_t value;

	value = tfl_op_shape_like(op, tfl_op_node(op, n), to);
	if (tfl_op_input(op, in)->type != to->type) {
		tfl_op_problem(op, "its results are of different types");
		return;
	}
	tfl_op_result_value(op, out, tfl_op_restate(op, value,
						    tfl_op_input(op, in), to));
}

static int64_t limit(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

void tfl_op_slice(struct op *op)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	struct numbers begin, size = { 0 };
	struct graph_node n;
	bool ok = true;

	if (!slice_start(op, 0, &n) ||
	    !tfl_op_ints(op, 1, "begin", t->shape.n, t->shape.n, &begin))
		return;
	if (tfl_op_ints(op, 2, "sizes", t->shape.n, t->shape.n, &size)) {
		for (size_t k = 0; ok && k < t->shape.n; k++) {
			int64_t from = limit(begin.i[k], -1, INT32_MAX);
			int64_t all = t->shape.v[k] - from;

			ok = take_part(op, t, k, &(struct part){
				from, 1, size.i[k] == -1 ? all :
				size.i[k] > INT32_MAX ? 0 :
				limit(size.i[k], 0, INT32_MAX) }, &n);
		}
		if (ok)
			slice_finish(op, 0, 0, &n);
	}
	numbers_free(&begin);
	numbers_free(&size);
}

/* As Python slices, with masks for bounds that are left out. */
static struct part strided(const struct op *op, size_t k, int64_t size,
			   int64_t begin, int64_t end, int64_t step)
{
	const struct tfl_options *o = op->opt;
	bool back = step < 0;
	struct part p = { .step = step };

	begin = begin < 0 ? begin + size : begin;
	end = end < 0 ? end + size : end;
	if (o->shrink_mask >> k & 1)
		return (struct part){ begin, 1, 1 };
	begin = limit(begin, back ? -1 : 0, back ? size - 1 : size);
	end = limit(end, back ? -1 : 0, back ? size - 1 : size);
	if (o->begin_mask >> k & 1)
		begin = back ? size - 1 : 0;
	if (o->end_mask >> k & 1)
		end = back ? -1 : size;
	p.start = begin;
	p.count = back ? (begin - end - step - 1) / -step :
			 (end - begin + step - 1) / step;
	return p;
}

static bool strided_axes(struct op *op, const struct numbers *begin,
			 const struct numbers *end, const struct numbers *step,
			 struct graph_node *n)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);

	for (size_t k = 0; k < begin->count; k++) {
		struct part p;
		int64_t s = step->i[k];

		if (!s || s < -(int64_t)GRAPH_MAX_DIM || s > GRAPH_MAX_DIM) {
			tfl_op_problem(op, "its stride in dimension %zu is %lld",
				       k, (long long)s);
			return false;
		}
		p = strided(op, k, t->shape.v[k],
			    limit(begin->i[k], INT32_MIN, INT32_MAX),
			    limit(end->i[k], INT32_MIN, INT32_MAX), s);
		if (!take_part(op, t, k, &p, n))
			return false;
	}
	return true;
}

void tfl_op_strided_slice(struct op *op)
{
	const struct tfl_tensor *t = tfl_op_input(op, 0);
	const struct tfl_options *o = op->opt;
	struct numbers begin = { 0 }, end = { 0 }, step = { 0 };
	struct graph_node n;

	if (o->ellipsis_mask || o->new_mask || o->offset) {
		tfl_op_problem(op, "options ellipsis_mask %d, new_axis_mask %d and offset %d are not supported; they must be 0",
			       o->ellipsis_mask, o->new_mask, o->offset);
		return;
	}
	if (slice_start(op, 0, &n) &&
	    tfl_op_ints(op, 1, "begin", 1, t->shape.n, &begin) &&
	    tfl_op_ints(op, 2, "end", begin.count, begin.count, &end) &&
	    tfl_op_ints(op, 3, "strides", begin.count, begin.count, &step) &&
	    strided_axes(op, &begin, &end, &step, &n))
		slice_finish(op, 0, 0, &n);
	numbers_free(&begin);
	numbers_free(&end);
	numbers_free(&step);
}

/* @sizes: NULL: all are the same. */
static void split(struct op *op, size_t in, int64_t axis,
		  const struct numbers *sizes)
{
	const struct tfl_tensor *t = tfl_op_input(op, in);
	size_t outs = op->o->out.n, k;
	int64_t start = 0, count;
	struct graph_node n;

	if (!slice_start(op, in, &n))
		return;
	k = (size_t)(axis < 0 ? axis + (int64_t)t->shape.n : axis);
	if (k >= t->shape.n || (!sizes && (size_t)t->shape.v[k] % outs)) {
		tfl_op_problem(op, "it splits dimension %lld into %zu parts",
			       (long long)axis, outs);
		return;
	}
	for (size_t i = 0; i < outs; i++, start += count) {
		count = sizes ? sizes->i[i] :
				t->shape.v[k] / (int64_t)outs;
		if (count == -1)
			count = t->shape.v[k] - start;
		if (!slice_start(op, in, &n) ||
		    !take_part(op, t, k, &(struct part){ start, 1,
				limit(count, 0, INT32_MAX) }, &n))
			return;
		slice_finish(op, in, i, &n);
	}
}

void tfl_op_split(struct op *op)
{
	struct numbers axis;

	if (!tfl_op_ints(op, 0, "axis", 1, 1, &axis))
		return;
	split(op, 1, limit(axis.i[0], INT32_MIN, INT32_MAX), NULL);
	numbers_free(&axis);
}

void tfl_op_split_v(struct op *op)
{
	struct numbers axis, sizes = { 0 };
	size_t outs = op->o->out.n;

	if (!tfl_op_ints(op, 2, "axis", 1, 1, &axis))
		return;
	if (tfl_op_ints(op, 1, "sizes", outs, outs, &sizes))
		split(op, 0, limit(axis.i[0], INT32_MIN, INT32_MAX), &sizes);
	numbers_free(&axis);
	numbers_free(&sizes);
}

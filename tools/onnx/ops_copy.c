// SPDX-License-Identifier: MIT
/* Parts of values, and values put together. */
#include "priv.h"

#include <math.h>
#include <string.h>

/* Along each dimension of the view: where to start, and how to go on. */
struct part {
	int64_t start[CONST_MAX_RANK];
	int64_t step[CONST_MAX_RANK];
	uint64_t dims[CONST_MAX_RANK];
	double fill;		/* outside of the input */
	bool clamp;		/* there: the nearest element */
};

static void whole(const struct view *v, struct part *p)
{
	*p = (struct part){ .fill = 0 };
	for (size_t k = 0; k < v->rank; k++) {
		p->step[k] = 1;
		p->dims[k] = v->dims[k];
	}
}

static bool reaches_outside(const struct view *v, const struct part *p)
{
	for (size_t k = 0; k < v->rank; k++) {
		int64_t last = p->start[k] +
			       p->step[k] * ((int64_t)p->dims[k] - 1);

		if (p->start[k] < 0 || last < 0 ||
		    p->start[k] >= (int64_t)v->dims[k] ||
		    last >= (int64_t)v->dims[k])
			return true;
	}
	return false;
}

/* A dimension of 1 that is padded needs a side. */
static bool roles_for(struct op *op, struct tensor *t, const struct part *p)
{
	for (size_t k = 0; k < t->view.rank; k++) {
		if (!p->dims[k] || p->dims[k] > GRAPH_MAX_DIM) {
			op_problem(op, "its result has %llu numbers along dimension %zu; 1 to %u are supported",
				   (unsigned long long)p->dims[k], k,
				   GRAPH_MAX_DIM);
			return false;
		}
		if (t->view.dims[k] == 1 && p->dims[k] != 1 &&
		    !tensor_role(op, t, k))
			return false;
	}
	return true;
}

static bool part_build(struct op *op, struct tensor *t, const struct part *p)
{
	struct graph_node n = { .op = GRAPH_COPY };
	bool outside = reaches_outside(&t->view, p), moved = false;
	const struct graph_value *v;
	uint32_t side[3], in;

	if (!roles_for(op, t, p) || !tensor_unflatten(op, t))
		return false;
	in = n.in[0] = t->value;
	v = &op->imp->g->value[in];
	for (unsigned int j = 0; j < 3; j++) {
		n.copy.axis[j] = (struct graph_axis){ 0, 1, 1, j };
		side[j] = value_side(v, j);
	}
	for (size_t k = 0; k < t->view.rank; k++) {
		unsigned int j = t->view.role[k];

		if (p->start[k] == 0 && p->step[k] == 1 &&
		    p->dims[k] == t->view.dims[k])
			continue;
		if (j == ROLE_NONE || (t->view.dims[k] == 1 && p->dims[k] == 1 &&
				       p->start[k] == 0))
			continue;
		moved = true;
		n.copy.axis[j].start = (int32_t)p->start[k];
		n.copy.axis[j].step = (int32_t)p->step[k];
		side[j] = (uint32_t)p->dims[k];
	}
	memcpy(t->view.dims, p->dims, sizeof(p->dims));
	if (!moved)
		return true;
	n.copy.h = side[ROLE_H];
	n.copy.w = side[ROLE_W];
	n.copy.c = side[ROLE_C];
	n.copy.fill = p->fill;
	n.copy.clamp = p->clamp;
	if (!op_add_node(op, &n, t))
		return false;
	/* Zero is a value of every quantizer with a zero point in its range. */
	if (!outside || p->clamp || p->fill == 0)
		note_same(op->imp, in, t->value);
	return true;
}

/* Parts lie alike: with the roles that the first long one has. */
static bool align_parts(struct op *op, struct tensor *part, size_t parts,
			size_t axis)
{
	size_t base = 0;
	bool flat = true;

	while (base + 1 < parts && part[base].view.dims[axis] == 1)
		base++;
	if (part[base].view.dims[axis] == 1 &&
	    !tensor_role(op, &part[base], axis))
		return false;
	for (size_t i = 0; i < parts; i++)
		flat = flat && op->imp->g->value[part[i].value].flat;
	for (size_t i = 0; i < parts; i++) {
		if (!tensor_arrange(op, &part[i], part[base].view.role))
			return false;
		if (!flat && !tensor_unflatten(op, &part[i]))
			return false;
	}
	return true;
}

static bool parts_fit(struct op *op, const struct tensor *part, size_t parts,
		      size_t axis)
{
	for (size_t i = 1; i < parts; i++) {
		bool fits = part[i].view.rank == part[0].view.rank &&
			    part[i].codes == part[0].codes;

		for (size_t k = 0; fits && k < part[0].view.rank; k++)
			fits = k == axis ||
			       part[i].view.dims[k] == part[0].view.dims[k];
		if (fits)
			continue;
		op_problem(op, "inputs 0 and %zu have different shapes or kinds of numbers",
			   i);
		return false;
	}
	return true;
}

bool concat_build(struct op *op, struct tensor *part, size_t parts, size_t axis,
		  struct tensor *out)
{
	struct graph_node n = { .op = GRAPH_CONCAT };
	uint64_t length = 0;
	bool same = true;

	if (!parts_fit(op, part, parts, axis) ||
	    !align_parts(op, part, parts, axis))
		return false;
	for (size_t i = 0; i < parts; i++) {
		const struct quantizer *q = note_quant(op->imp, part[i].value);
		struct quantizer own = q ? *q : (struct quantizer){ 0 };

		same = same && q && quantizer_same(note_quant(op->imp,
							      part[0].value),
						   &own);
		length += part[i].view.dims[axis];
	}
	if (part[0].codes && !same) {
		op_problem(op, "its inputs are integers with different scales; put DequantizeLinear in front of it");
		return false;
	}
	*out = part[0];
	for (size_t i = 1; i < parts;) {
		n = (struct graph_node){ .op = GRAPH_CONCAT };
		n.axis = out->view.role[axis];
		n.in[n.parts++] = out->value;
		while (i < parts && n.parts < GRAPH_MAX_INPUTS)
			n.in[n.parts++] = part[i++].value;
		if (!op_add_node(op, &n, out))
			return false;
	}
	out->view.dims[axis] = length;
	if (same && parts > 1)
		note_same(op->imp, part[0].value, out->value);
	return true;
}

#define MAX_PARTS	256u

void op_concat(struct op *op)
{
	int64_t given = op_int(op, "axis", 0);
	struct tensor part[MAX_PARTS], out;
	size_t n = op_inputs(op), axis;
	bool ok = n <= MAX_PARTS;

	if (op_all_const(op)) {
		const struct constant *c = op_const(op, 0, "input");

		if (c && op_axis(op, given, c->rank, &axis))
			fold_concat(op, axis);
		return;
	}
	for (size_t k = 0; ok && k < n; k++)
		ok = op_tensor_any(op, k, &part[k]);
	if (ok && op_ready(op) && op_axis(op, given, part[0].view.rank, &axis) &&
	    concat_build(op, part, n, axis, &out))
		op_result(op, 0, &out);
}

static size_t split_sizes(struct op *op, uint64_t side, size_t results,
			  int64_t *size)
{
	const struct constant *c = NULL;
	const int64_t *v;
	size_t n = op_ints(op, "split", &v);

	op_int(op, "num_outputs", 0);
	if (!n && op_input_given(op, 1)) {
		c = op_integers(op, 1, "sizes");
		n = c ? c->count : 0;
		v = c ? c->i : NULL;
	}
	if (n > MAX_PARTS || results > MAX_PARTS || !results)
		return 0;
	for (size_t k = 0; k < results; k++) {
		int64_t each = (int64_t)((side + results - 1) / results);

		size[k] = n ? k < n ? v[k] : 0 :
			  each < (int64_t)side - each * (int64_t)k ? each :
			  (int64_t)side - each * (int64_t)k;
	}
	return n ? n : results;
}

void op_split(struct op *op)
{
	int64_t given = op_int(op, "axis", 0), size[MAX_PARTS], at = 0;
	size_t n, axis, results = op_results(op);
	struct tensor whole_t, t;
	struct part p;

	if (!op_tensor_any(op, 0, &whole_t) ||
	    !op_axis(op, given, whole_t.view.rank, &axis))
		return;
	n = split_sizes(op, whole_t.view.dims[axis], results, size);
	if (!op_ready(op))
		return;
	if (n != results) {
		op_problem(op, "it has %zu results for %zu sizes", results, n);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		if (size[k] < 1 ||
		    (uint64_t)size[k] > whole_t.view.dims[axis] - (uint64_t)at) {
			op_problem(op, "result %zu has %lld of %llu numbers", k,
				   (long long)size[k],
				   (unsigned long long)whole_t.view.dims[axis]);
			return;
		}
		t = whole_t;
		whole(&t.view, &p);
		p.start[axis] = at;
		p.dims[axis] = (uint64_t)size[k];
		at += size[k];
		if (!part_build(op, &t, &p))
			return;
		op_result(op, k, &t);
	}
}

struct slice {
	size_t n;
	size_t axes[CONST_MAX_RANK];
	const int64_t *start, *end, *step;
};

/* Attributes before opset 10, inputs since. */
static bool read_slice(struct op *op, size_t rank, struct slice *s)
{
	const struct constant *start, *end, *step = NULL;
	size_t ends;

	s->step = NULL;
	if (op->imp->opset < 10) {
		s->n = op_ints(op, "starts", &s->start);
		ends = op_ints(op, "ends", &s->end);
	} else {
		start = op_integers(op, 1, "starts");
		end = op_integers(op, 2, "ends");
		if (op_input_given(op, 4))
			step = op_integers(op, 4, "steps");
		if (!start || !end || (op_input_given(op, 4) && !step))
			return false;
		s->n = start->count;
		s->start = start->i;
		ends = end->count;
		s->end = end->i;
		if (step && step->count != s->n)
			ends = SIZE_MAX;
		s->step = step ? step->i : NULL;
	}
	if (s->n > rank || ends != s->n) {
		op_problem(op, "it has different numbers of starts, ends and steps, or too many");
		return false;
	}
	for (size_t k = 0; k < s->n; k++)
		s->axes[k] = k;
	if (op_has(op, "axes") || op_input_given(op, 3))
		return op_axes(op, 3, rank, s->axes) == s->n;
	return true;
}

static int64_t between(int64_t v, int64_t side, int64_t lo, int64_t hi)
{
	if (v < 0)
		v += side;
	return v < lo ? lo : v > hi ? hi : v;
}

static bool slice_part(struct op *op, const struct slice *s,
		       const uint64_t *dims, struct part *p)
{
	for (size_t k = 0; k < s->n; k++) {
		size_t a = s->axes[k];
		int64_t step = s->step ? s->step[k] : 1;
		int64_t side = (int64_t)dims[a], start, end, count;

		if (!step || step > GRAPH_MAX_DIM ||
		    step < -(int64_t)GRAPH_MAX_DIM) {
			op_problem(op, "its step is %lld", (long long)step);
			return false;
		}
		start = step > 0 ? between(s->start[k], side, 0, side) :
				   between(s->start[k], side, 0, side - 1);
		end = step > 0 ? between(s->end[k], side, 0, side) :
				 between(s->end[k], side, -1, side - 1);
		count = step > 0 ? (end - start + step - 1) / step :
				   (start - end - step - 1) / -step;
		p->start[a] = start;
		p->step[a] = step;
		p->dims[a] = count > 0 ? (uint64_t)count : 0;
	}
	return true;
}

void op_slice(struct op *op)
{
	const struct constant *c = NULL;
	struct slice s;
	struct tensor t;
	struct part p;

	if (op_is_const(op, 0)) {
		c = op_const(op, 0, "input");
		if (!c)
			return;
		t.view.rank = c->rank;
		memcpy(t.view.dims, c->dims, sizeof(c->dims));
	} else if (!op_tensor_any(op, 0, &t)) {
		return;
	}
	whole(&t.view, &p);
	if (!read_slice(op, t.view.rank, &s) || !op_ready(op) ||
	    !slice_part(op, &s, t.view.dims, &p))
		return;
	if (c)
		fold_slice(op, c, p.start, p.step, p.dims);
	else if (part_build(op, &t, &p))
		op_result(op, 0, &t);
}

/* Indices that count up or down are a slice. */
static bool gather_part(struct op *op, const struct constant *at, size_t axis,
			const struct view *v, struct part *p)
{
	int64_t side = (int64_t)v->dims[axis];

	for (size_t k = 0; k < at->count; k++) {
		int64_t i = at->i[k] < 0 ? at->i[k] + side : at->i[k];

		if (i < 0 || i >= side) {
			op_problem(op, "index %lld is outside of its input",
				   (long long)at->i[k]);
			return false;
		}
		if (!k)
			p->start[axis] = i;
		else if (k == 1)
			p->step[axis] = i - p->start[axis];
		else if (i != p->start[axis] + (int64_t)k * p->step[axis])
			return false;
	}
	p->dims[axis] = at->count;
	return true;
}

static void gather_value(struct op *op, int64_t given)
{
	const struct constant *at = op_integers(op, 1, "indices");
	struct tensor t;
	struct part p;
	size_t axis;

	if (!op_tensor_any(op, 0, &t) || !at || !op_ready(op) ||
	    !op_axis(op, given, t.view.rank, &axis))
		return;
	whole(&t.view, &p);
	if (at->rank > 1 || !gather_part(op, at, axis, &t.view, &p)) {
		if (!op->refused)
			op_problem(op, "its indices do not count up or down evenly; only those are supported: use Slice and Concat");
		return;
	}
	if (!part_build(op, &t, &p))
		return;
	if (!at->rank) {
		t.view.rank--;
		memmove(t.view.dims + axis, t.view.dims + axis + 1,
			(t.view.rank - axis) * sizeof(t.view.dims[0]));
		memmove(t.view.role + axis, t.view.role + axis + 1,
			t.view.rank - axis);
	}
	op_result(op, 0, &t);
}

void op_gather(struct op *op)
{
	int64_t given = op_int(op, "axis", 0);
	const struct constant *c;
	size_t axis;

	if (!op_is_const(op, 0)) {
		gather_value(op, given);
		return;
	}
	c = op_const(op, 0, "input");
	if (!op_is_const(op, 1) && op_ready(op))
		op_problem(op, "looking up rows of a table (an embedding) is not supported");
	else if (c && op_ready(op) && op_axis(op, given, c->rank, &axis))
		fold_gather(op, c, axis);
}

/* How much is added in front of and behind each dimension. */
struct pads {
	int64_t before[CONST_MAX_RANK];
	int64_t after[CONST_MAX_RANK];
};

static bool read_pads(struct op *op, size_t rank, struct pads *pads)
{
	size_t axes[CONST_MAX_RANK], n = rank, count;
	const struct constant *c;
	const int64_t *v;

	*pads = (struct pads){ .before = { 0 } };
	if (op->imp->opset < 11) {
		count = op_ints(op, "pads", &v);
	} else {
		c = op_integers(op, 1, "pads");
		if (!c)
			return false;
		count = c->count;
		v = c->i;
	}
	for (size_t k = 0; k < rank; k++)
		axes[k] = k;
	if (op_input_given(op, 3))
		n = op_axes(op, 3, rank, axes);
	if (count != 2 * n || !n) {
		op_problem(op, "it has %zu pads for %zu dimensions", count, n);
		return false;
	}
	for (size_t k = 0; k < n; k++) {
		pads->before[axes[k]] = v[k];
		pads->after[axes[k]] = v[k + n];
		if (v[k] < -(int64_t)GRAPH_MAX_DIM || v[k] > GRAPH_MAX_DIM ||
		    v[k + n] < -(int64_t)GRAPH_MAX_DIM ||
		    v[k + n] > GRAPH_MAX_DIM) {
			op_problem(op, "its pads are too large");
			return false;
		}
	}
	return true;
}

/* Mirrored at the edges, which are not repeated: one dimension at a time. */
static bool reflect(struct op *op, struct tensor *t, const struct pads *pads)
{
	for (size_t k = 0; k < t->view.rank; k++) {
		int64_t side = (int64_t)t->view.dims[k];
		struct tensor part[3] = { *t, *t, *t };
		size_t parts = 0;
		struct part p;

		if (!pads->before[k] && !pads->after[k])
			continue;
		if (pads->before[k] < 0 || pads->after[k] < 0 ||
		    pads->before[k] >= side || pads->after[k] >= side) {
			op_problem(op, "mirroring %lld and %lld of %lld numbers is not possible",
				   (long long)pads->before[k],
				   (long long)pads->after[k], (long long)side);
			return false;
		}
		whole(&t->view, &p);
		p.step[k] = -1;
		p.start[k] = pads->before[k];
		p.dims[k] = (uint64_t)pads->before[k];
		if (pads->before[k] && !part_build(op, &part[parts++], &p))
			return false;
		part[parts++] = *t;
		p.start[k] = side - 2;
		p.dims[k] = (uint64_t)pads->after[k];
		if (pads->after[k] && !part_build(op, &part[parts++], &p))
			return false;
		if (!concat_build(op, part, parts, k, t))
			return false;
	}
	return true;
}

static double pad_value(struct op *op, const struct tensor *t)
{
	double v = op->imp->opset < 11 ? op_float(op, "value", 0) :
		   op_number(op, 2, "value", 0);
	const struct quantizer *q = note_quant(op->imp, t->value);

	if (!t->codes)
		return v;
	if (q)
		return (v - q->zero_point) * q->scale;
	op_problem(op, "its input are integers that nothing says the meaning of; put DequantizeLinear in front of it");
	return 0;
}

void op_pad(struct op *op)
{
	struct tensor t;
	struct pads pads;
	struct part p;
	char mode[16];

	op_string(op, "mode", "constant", mode, sizeof(mode));
	if (!op_tensor_any(op, 0, &t) || !read_pads(op, t.view.rank, &pads))
		return;
	whole(&t.view, &p);
	p.fill = pad_value(op, &t);
	if (!op_ready(op))
		return;
	if (!strcmp(mode, "reflect")) {
		if (reflect(op, &t, &pads))
			op_result(op, 0, &t);
		return;
	}
	p.clamp = !strcmp(mode, "edge");
	if (!p.clamp && strcmp(mode, "constant"))
		op_problem(op, "attribute 'mode' is '%s'; constant, edge and reflect are supported",
			   mode);
	if (!isfinite(p.fill))
		op_problem(op, "it pads with %g; a finite number is supported",
			   p.fill);
	for (size_t k = 0; k < t.view.rank; k++) {
		int64_t n = (int64_t)t.view.dims[k] + pads.before[k] +
			    pads.after[k];

		p.start[k] = -pads.before[k];
		p.dims[k] = n > 0 ? (uint64_t)n : 0;
	}
	if (op_ready(op) && part_build(op, &t, &p))
		op_result(op, 0, &t);
}

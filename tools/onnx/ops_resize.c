// SPDX-License-Identifier: MIT
/* Resizing, and blocks between space and depth. */
#include "priv.h"

#include <math.h>
#include <string.h>

/* How a place in the result becomes a place in the input. */
struct place {
	char mode[32];
	char nearest[24];
};

static double origin(const struct place *p, double v, double scale, double in,
		     double out)
{
	if (!strcmp(p->mode, "asymmetric"))
		return v / scale;
	if (!strcmp(p->mode, "align_corners"))
		return out == 1 ? 0 : v * (in - 1) / (out - 1);
	if (!strcmp(p->mode, "pytorch_half_pixel") && out == 1)
		return 0;
	if (!strcmp(p->mode, "tf_half_pixel_for_nn"))
		return (v + 0.5) / scale;
	if (!strcmp(p->mode, "half_pixel_symmetric"))
		return in / 2 * (1 - out / (scale * in)) + (v + 0.5) / scale -
		       0.5;
	return (v + 0.5) / scale - 0.5;
}

static double nearest(const struct place *p, double x)
{
	if (!strcmp(p->nearest, "floor"))
		return floor(x);
	if (!strcmp(p->nearest, "ceil"))
		return ceil(x);
	if (!strcmp(p->nearest, "round_prefer_ceil"))
		return floor(x + 0.5);
	return ceil(x - 0.5);
}

static int64_t at_most(int64_t v, int64_t side)
{
	return v < 0 ? 0 : v >= side ? side - 1 : v;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static bool fits(struct op *op, const struct place *p, double scale, int64_t in,
		 int64_t out, const struct graph_axis *a)
{
	if (!op_spend(op, (uint64_t)out))
		return false;
	for (int64_t v = 0; v < out; v++) {
		int64_t want = (int64_t)nearest(p, (float)origin(p, (double)v,
								 scale, (double)in,
								 (double)out));
		int64_t have = floor_div(a->start + a->step * v, a->divisor);

		if (at_most(want, in) != at_most(have, in))
			return false;
	}
	return true;
}

/* The device has floor((start + step * v) / divisor): find the numbers. */
static bool find_axis(struct op *op, const struct place *p, double scale,
		      int64_t in, int64_t out, struct graph_axis *a)
{
	for (int corners = 0; corners < 2; corners++) {
		int64_t i = in - corners, o = out - corners;
		int64_t start[] = { 0, i, i - 1, i - o, i + o - 1, o, o - 1,
				    2 * o - 1, i + o };

		if (i < 1 || o < 1)
			continue;
		for (size_t k = 0; k < sizeof(start) / sizeof(start[0]); k++) {
			a->start = (int32_t)start[k];
			a->step = (int32_t)(2 * i);
			a->divisor = (int32_t)(2 * o);
			if (fits(op, p, scale, in, out, a))
				return true;
			if (op->refused)
				return false;
		}
	}
	return false;
}

static bool resize_build(struct op *op, struct tensor *t, const struct place *p,
			 const double *scale, const uint64_t *dims)
{
	struct graph_node n = { .op = GRAPH_COPY };
	uint32_t side[3], in;
	bool same = true;
	const struct graph_value *v;

	if (!tensor_unflatten(op, t))
		return false;
	in = n.in[0] = t->value;
	v = &op->imp->g->value[in];
	side[ROLE_H] = v->h;
	side[ROLE_W] = v->w;
	side[ROLE_C] = v->c;
	for (unsigned int j = 0; j < 3; j++)
		n.copy.axis[j] = (struct graph_axis){ 0, 1, 1, j };
	for (size_t k = 0; k < t->view.rank; k++) {
		struct graph_axis *a;

		if (dims[k] == t->view.dims[k])
			continue;
		if (!dims[k] || dims[k] > GRAPH_MAX_DIM) {
			op_problem(op, "dimension %zu of its result would be %llu",
				   k, (unsigned long long)dims[k]);
			return false;
		}
		if (t->view.dims[k] == 1 && !tensor_role(op, t, k))
			return false;
		same = false;
		a = &n.copy.axis[t->view.role[k]];
		side[t->view.role[k]] = (uint32_t)dims[k];
		if (find_axis(op, p, scale[k], (int64_t)t->view.dims[k],
			      (int64_t)dims[k], a))
			continue;
		if (op->refused)
			return false;
		op_problem(op, "resizing %llu to %llu with '%s' and '%s' picks elements unevenly; use a factor that is a whole number",
			   (unsigned long long)t->view.dims[k],
			   (unsigned long long)dims[k], p->mode, p->nearest);
		return false;
	}
	if (same)
		return true;
	memcpy(t->view.dims, dims, t->view.rank * sizeof(*dims));
	n.copy.h = side[ROLE_H];
	n.copy.w = side[ROLE_W];
	n.copy.c = side[ROLE_C];
	n.copy.clamp = true;
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, in, t->value);
	return true;
}

/* From scales, or from sizes; axes tell which dimensions they are for. */
static bool read_sizes(struct op *op, const struct view *v,
		       const struct constant *scales,
		       const struct constant *sizes, double *scale,
		       uint64_t *dims)
{
	size_t axes[CONST_MAX_RANK], n = v->rank;
	const struct constant *c = sizes ? sizes : scales;

	for (size_t k = 0; k < v->rank; k++) {
		axes[k] = k;
		scale[k] = 1;
		dims[k] = v->dims[k];
	}
	if (op_has(op, "axes"))
		n = op_axes(op, SIZE_MAX, v->rank, axes);
	if (!c || c->count != n) {
		op_problem(op, "it has neither %zu sizes nor %zu scales", n, n);
		return false;
	}
	for (size_t k = 0; k < n; k++) {
		double s = constant_number(c, k), side = (double)v->dims[axes[k]];

		if (!(s > 0 && s <= GRAPH_MAX_DIM)) {
			op_problem(op, "its scale or size is %g", s);
			return false;
		}
		scale[axes[k]] = sizes ? s / side : s;
		dims[axes[k]] = (uint64_t)(sizes ? s : floor(side * s));
	}
	return true;
}

static void resize(struct op *op, const struct constant *scales,
		   const struct constant *sizes, const struct place *p)
{
	double scale[CONST_MAX_RANK];
	uint64_t dims[CONST_MAX_RANK];
	struct tensor t;
	char mode[16];

	op_string(op, "mode", "nearest", mode, sizeof(mode));
	if (strcmp(mode, "nearest"))
		op_problem(op, "attribute 'mode' is '%s'; only nearest is supported: use it, or a transposed convolution with fixed weights",
			   mode);
	if (op_tensor_any(op, 0, &t) &&
	    read_sizes(op, &t.view, scales, sizes, scale, dims) &&
	    op_ready(op) && resize_build(op, &t, p, scale, dims))
		op_result(op, 0, &t);
}

static const struct constant *some_floats(struct op *op, size_t index)
{
	const struct constant *c;

	if (!op_input_given(op, index))
		return NULL;
	c = op_floats(op, index, "scales");
	return c && c->count ? c : NULL;
}

void op_resize(struct op *op)
{
	bool old = op->imp->opset < 11;
	struct place p = { "asymmetric", "floor" };
	const struct constant *scales, *sizes = NULL;
	char policy[24];

	/* These concern other modes than those that are supported. */
	op_float(op, "cubic_coeff_a", 0);
	op_int(op, "exclude_outside", 0);
	op_float(op, "extrapolation_value", 0);
	op_int(op, "antialias", 0);
	op_string(op, "keep_aspect_ratio_policy", "stretch", policy,
		  sizeof(policy));
	if (strcmp(policy, "stretch"))
		op_problem(op, "attribute 'keep_aspect_ratio_policy' must be stretch");
	if (!old) {
		op_string(op, "coordinate_transformation_mode", "half_pixel",
			  p.mode, sizeof(p.mode));
		op_string(op, "nearest_mode", "round_prefer_floor", p.nearest,
			  sizeof(p.nearest));
	}
	if (!strcmp(p.mode, "tf_crop_and_resize"))
		op_problem(op, "attribute 'coordinate_transformation_mode' must not be tf_crop_and_resize");
	scales = some_floats(op, old ? 1 : 2);
	if (!old && op_input_given(op, 3))
		sizes = op_integers(op, 3, "sizes");
	resize(op, scales, sizes, &p);
}

void op_upsample(struct op *op)
{
	const struct place p = { "asymmetric", "floor" };
	const Onnx__AttributeProto *a = op_attr(op, "scales");
	struct constant *c = NULL;

	if (!a) {
		resize(op, some_floats(op, 1), NULL, &p);
		return;
	}
	c = constant_new(1, (const uint64_t []){ a->n_floats }, false);
	if (a->n_floats)
		memcpy(c->f, a->floats, a->n_floats * sizeof(*c->f));
	resize(op, c, NULL, &p);
	constant_free(c);
}

static void blocks(struct op *op, enum graph_blocks kind, bool crd)
{
	struct graph_node n = { .op = GRAPH_COPY };
	int64_t b = op_int(op, "blocksize", 0);
	const struct graph_value *v;
	uint32_t in, bb;
	struct tensor t;

	if (b < 1 || b > 255)
		op_problem(op, "attribute 'blocksize' is %lld; it must be 1 to 255",
			   (long long)b);
	if (!op_tensor_any(op, 0, &t) || !op_ready(op) || !tensor_image(op, &t))
		return;
	in = n.in[0] = t.value;
	v = &op->imp->g->value[in];
	bb = (uint32_t)(b * b);
	if (kind == GRAPH_DEPTH_TO_SPACE ? v->c % bb : v->h % b || v->w % b) {
		op_problem(op, "an input of %u x %u x %u does not divide into blocks of %lld x %lld",
			   v->c, v->h, v->w, (long long)b, (long long)b);
		return;
	}
	for (unsigned int j = 0; j < 3; j++)
		n.copy.axis[j] = (struct graph_axis){ 0, 1, 1, j };
	n.copy.blocks = kind;
	n.copy.block = (uint32_t)b;
	n.copy.crd = crd;
	if (kind == GRAPH_DEPTH_TO_SPACE) {
		n.copy.c = v->c / bb;
		n.copy.h = v->h * (uint32_t)b;
		n.copy.w = v->w * (uint32_t)b;
	} else {
		n.copy.c = v->c * bb;
		n.copy.h = v->h / (uint32_t)b;
		n.copy.w = v->w / (uint32_t)b;
	}
	if (!op_add_image(op, &n, 4, &t))
		return;
	note_same(op->imp, in, t.value);
	op_result(op, 0, &t);
}

void op_space_to_depth(struct op *op)
{
	blocks(op, GRAPH_SPACE_TO_DEPTH, false);
}

void op_depth_to_space(struct op *op)
{
	char mode[8];

	op_string(op, "mode", "DCR", mode, sizeof(mode));
	if (strcmp(mode, "DCR") && strcmp(mode, "CRD"))
		op_problem(op, "attribute 'mode' is '%s'; it must be DCR or CRD",
			   mode);
	blocks(op, GRAPH_DEPTH_TO_SPACE, !strcmp(mode, "CRD"));
}

// SPDX-License-Identifier: MIT
/* Pooling, and what else reduces an image. */
#include <string.h>

#include "window.h"

/* Windows beyond the end, as long as they start inside. */
static uint32_t pad_ceil(uint32_t in, uint32_t before, uint32_t after,
			 uint32_t span, uint32_t stride)
{
	uint32_t rest;

	if (!stride || in + before + after < span)
		return after;
	rest = (in + before + after - span) % stride;
	/* A window that would start in the padding at the end does not. */
	if (!rest || in + before + after - span - rest + stride >= in + before)
		return after;
	return after + stride - rest;
}

static uint32_t span(uint32_t kernel, uint32_t dilation)
{
	return kernel ? (kernel - 1) * dilation + 1 : 0;
}

static bool padded(const struct graph_window *w)
{
	return w->pad_top || w->pad_bottom || w->pad_left || w->pad_right;
}

/* A pool whose window is known. */
static bool add(struct op *op, struct graph_node *n, struct tensor *t)
{
	size_t rank = t->view.rank;
	bool done;

	if (n->op == GRAPH_AVG_POOL && !n->count_pad && padded(&n->window) &&
	    note_quant(op->imp, t->value)) {
		if (!average_pieces(op, n, t, &done))
			return false;
		if (done) {
			view_image(&t->view, rank,
				   &op->imp->g->value[t->value]);
			return true;
		}
	}
	return op_add_image(op, n, rank, t);
}

static bool pool(struct op *op, struct graph_node *n, struct tensor *t,
		 bool good)
{
	bool ceil_mode = op_int(op, "ceil_mode", 0);
	struct graph_window *w = &n->window;
	enum auto_pad mode = window_auto_pad(op);
	size_t space = good ? t->view.rank - 2 : 2;
	const struct graph_value *v;

	if (!op_has(op, "kernel_shape"))
		op_problem(op, "attribute 'kernel_shape' is missing");
	if (space != 1 && space != 2)
		space = 2;
	window_pair(op, "kernel_shape", space, 1, 1, &w->kh, &w->kw);
	window_read(op, space, mode, w);
	if (!good || !op_ready(op) || !tensor_image(op, t))
		return false;
	n->in[0] = t->value;
	v = &op->imp->g->value[t->value];
	window_same(mode, v, w);
	if (ceil_mode && mode == PAD_EXPLICIT) {
		uint32_t bottom = w->pad_bottom, right = w->pad_right;

		w->pad_bottom = pad_ceil(v->h, w->pad_top, bottom,
					 span(w->kh, w->dilation_h),
					 w->stride_h);
		w->pad_right = pad_ceil(v->w, w->pad_left, right,
					span(w->kw, w->dilation_w),
					w->stride_w);
		/* What was added there does not count, so neither does this. */
		if (n->op == GRAPH_AVG_POOL && n->count_pad &&
		    (w->pad_bottom != bottom || w->pad_right != right)) {
			op_problem(op, "attributes 'ceil_mode' and 'count_include_pad' together are not supported where a window ends outside of the padding");
			return false;
		}
	}
	return add(op, n, t);
}

void op_max_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_MAX_POOL };
	struct tensor t;
	bool good = op_tensor_any(op, 0, &t);
	uint32_t in = t.value;

	/* It is about the second result, which is not supported. */
	op_int(op, "storage_order", 0);
	if (!pool(op, &n, &t, good))
		return;
	note_same(op->imp, in, t.value);
	op_result(op, 0, &t);
}

bool average_pool_build(struct op *op, struct tensor *t)
{
	struct graph_node n = { .op = GRAPH_AVG_POOL };

	n.count_pad = op_int(op, "count_include_pad", 0);
	return pool(op, &n, t, true);
}

void op_average_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_AVG_POOL };
	struct tensor t;
	bool good = op_tensor(op, 0, &t);

	n.count_pad = op_int(op, "count_include_pad", 0);
	if (pool(op, &n, &t, good))
		op_result(op, 0, &t);
}

bool global_pool_build(struct op *op, struct tensor *t, enum graph_op kind)
{
	struct graph_node n = { .op = kind };
	const struct graph_value *v;

	if (!tensor_image(op, t))
		return false;
	v = &op->imp->g->value[t->value];
	n.in[0] = t->value;
	n.window = (struct graph_window){
		.kh = v->h, .kw = v->w, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1,
	};
	return op_add_image(op, &n, t->view.rank, t);
}

void op_global_average_pool(struct op *op)
{
	struct tensor t;

	if (op_tensor(op, 0, &t) && op_ready(op) &&
	    global_pool_build(op, &t, GRAPH_AVG_POOL))
		op_result(op, 0, &t);
}

void op_global_max_pool(struct op *op)
{
	struct tensor t;
	uint32_t in;

	if (!op_tensor_any(op, 0, &t) || !op_ready(op))
		return;
	in = t.value;
	if (!global_pool_build(op, &t, GRAPH_MAX_POOL))
		return;
	note_same(op->imp, in, t.value);
	op_result(op, 0, &t);
}

/* The window that covers the reduced dimensions. */
static bool reduce_window(struct op *op, const struct tensor *t,
			  const size_t *axes, size_t n, struct graph_window *w)
{
	const struct graph_value *v = &op->imp->g->value[t->value];

	*w = (struct graph_window){
		.kh = 1, .kw = 1, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1,
	};
	for (size_t k = 0; k < n; k++) {
		if (t->view.dims[axes[k]] == 1)
			continue;
		if (t->view.role[axes[k]] == ROLE_H)
			w->kh = v->h;
		else if (t->view.role[axes[k]] == ROLE_W)
			w->kw = v->w;
		else
			return false;
	}
	return true;
}

/* Channels are reduced as a width. */
static bool turn_channels(struct op *op, struct tensor *t, const size_t *axes,
			  size_t n)
{
	size_t keep = t->view.rank;
	bool reduced[CONST_MAX_RANK] = { false };

	for (size_t k = 0; k < n; k++)
		reduced[axes[k]] = true;
	for (size_t k = 0; k < t->view.rank; k++)
		if (!reduced[k] && t->view.dims[k] != 1)
			keep = k;
	if (keep < t->view.rank)
		return tensor_channels(op, t, keep);
	if (tensor_reshape(op, t, 4, (const uint64_t []){
			   1, 1, 1, graph_elements(&op->imp->g->value[t->value]) }))
		return true;
	return false;
}

static void drop_axes(struct view *v, const size_t *axes, size_t n, bool keep)
{
	struct view left = { 0 };

	for (size_t k = 0; k < n; k++) {
		v->dims[axes[k]] = 1;
		v->role[axes[k]] = ROLE_NONE;
	}
	for (size_t k = 0; k < v->rank; k++) {
		bool gone = false;

		for (size_t i = 0; i < n; i++)
			gone = gone || axes[i] == k;
		if (gone && !keep)
			continue;
		left.dims[left.rank] = v->dims[k];
		left.role[left.rank++] = v->role[k];
	}
	*v = left;
}

/* ReduceMean, ReduceSum, ReduceMax */
void op_reduce(struct op *op)
{
	bool max = !strcmp(op->type, "ReduceMax"), all;
	struct graph_node n = { .op = max ? GRAPH_MAX_POOL : GRAPH_AVG_POOL };
	bool keep = op_int(op, "keepdims", 1);
	bool nothing = op_int(op, "noop_with_empty_axes", 0);
	size_t axes[CONST_MAX_RANK], count;
	struct tensor t;
	struct view view;
	double taps;

	if (!op_tensor(op, 0, &t))
		return;
	count = op_axes(op, 1, t.view.rank, axes);
	if (!op_ready(op))
		return;
	if (!count && nothing) {
		op_result(op, 0, &t);
		return;
	}
	if (!count)
		for (; count < t.view.rank; count++)
			axes[count] = count;
	view = t.view;
	all = !reduce_window(op, &t, axes, count, &n.window);
	if (all) {
		size_t last = 3;

		if (!turn_channels(op, &t, axes, count))
			return;
		if (t.view.rank == 4 && t.view.dims[3] ==
		    graph_elements(&op->imp->g->value[t.value]))
			reduce_window(op, &t, &last, 1, &n.window);
		else if (!reduce_window(op, &t, axes, count, &n.window)) {
			op_problem(op, "reducing the channels together with others is not supported");
			return;
		}
		memcpy(view.role, t.view.role, sizeof(view.role));
	}
	if (!tensor_unflatten(op, &t))
		return;
	n.in[0] = t.value;
	taps = (double)n.window.kh * n.window.kw;
	if (!op_add_node(op, &n, &t))
		return;
	t.view = view;
	drop_axes(&t.view, axes, count, keep);
	if (strcmp(op->type, "ReduceSum") ||
	    affine_build(op, &t, taps, 0))
		op_result(op, 0, &t);
}

// SPDX-License-Identifier: MIT
/* Operators that slide a window: convolution and pooling. */
#include "priv.h"

#include <string.h>

#include "tools/graph/mem.h"

enum auto_pad { PAD_EXPLICIT, PAD_VALID, PAD_SAME_UPPER, PAD_SAME_LOWER };

/* A pair of numbers, one for each direction; both @value when absent. */
static void pair(struct op *op, const char *name, uint32_t value,
		 uint32_t *vertical, uint32_t *horizontal)
{
	const int64_t *v;
	size_t n = op_ints(op, name, &v);

	*vertical = *horizontal = value;
	if (!op_has(op, name))
		return;
	if (n != 2) {
		op_problem(op, "attribute '%s' has %zu numbers; only two dimensions are supported",
			   name, n);
		return;
	}
	for (int i = 0; i < 2; i++)
		if (v[i] < 0 || v[i] > GRAPH_MAX_WINDOW)
			op_problem(op, "attribute '%s' has %lld; the largest is %u",
				   name, (long long)v[i], GRAPH_MAX_WINDOW);
	if (op->refused)
		return;
	*vertical = (uint32_t)v[0];
	*horizontal = (uint32_t)v[1];
}

static enum auto_pad read_auto_pad(struct op *op)
{
	char text[16];

	op_string(op, "auto_pad", "NOTSET", text, sizeof(text));
	if (!strcmp(text, "VALID"))
		return PAD_VALID;
	if (!strcmp(text, "SAME_UPPER"))
		return PAD_SAME_UPPER;
	if (!strcmp(text, "SAME_LOWER"))
		return PAD_SAME_LOWER;
	if (strcmp(text, "NOTSET"))
		op_problem(op, "attribute 'auto_pad' has the unknown value '%s'",
			   text);
	return PAD_EXPLICIT;
}

static void read_pads(struct op *op, enum auto_pad mode,
		      struct graph_window *w)
{
	const int64_t *v;
	size_t n = op_ints(op, "pads", &v);

	if (mode != PAD_EXPLICIT || !n)
		return;
	if (n != 4) {
		op_problem(op, "attribute 'pads' has %zu numbers; only two dimensions are supported",
			   n);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (v[i] >= 0 && v[i] <= GRAPH_MAX_WINDOW)
			continue;
		op_problem(op, "attribute 'pads' has %lld; it must be 0 to %u",
			   (long long)v[i], GRAPH_MAX_WINDOW);
		return;
	}
	w->pad_top = (uint32_t)v[0];
	w->pad_left = (uint32_t)v[1];
	w->pad_bottom = (uint32_t)v[2];
	w->pad_right = (uint32_t)v[3];
}

/* Padding so that there are ceil(in / stride) results. */
static void pad_same(uint32_t in, uint32_t kernel, uint32_t stride,
		     uint32_t dilation, bool upper, uint32_t *before,
		     uint32_t *after)
{
	uint32_t out, span, need, total;

	if (!stride || !kernel)
		return;
	out = (in + stride - 1) / stride;
	span = (kernel - 1) * dilation + 1;
	need = (out - 1) * stride + span;
	total = need > in ? need - in : 0;
	*before = upper ? total / 2 : total - total / 2;
	*after = total - *before;
}

static void auto_pad(enum auto_pad mode, const struct graph_value *in,
		     struct graph_window *w)
{
	bool upper = mode == PAD_SAME_UPPER;

	if (mode != PAD_SAME_UPPER && mode != PAD_SAME_LOWER)
		return;
	pad_same(in->h, w->kh, w->stride_h, w->dilation_h, upper, &w->pad_top,
		 &w->pad_bottom);
	pad_same(in->w, w->kw, w->stride_w, w->dilation_w, upper, &w->pad_left,
		 &w->pad_right);
}

/* More padding at the end, so that a window that starts inside counts. */
static uint32_t pad_ceil(uint32_t in, uint32_t before, uint32_t after,
			 uint32_t kernel, uint32_t stride)
{
	uint32_t rest;

	if (!stride || in + before + after < kernel)
		return after;
	rest = (in + before + after - kernel) % stride;
	/* A window that would start in the padding at the end does not. */
	if (!rest || in + before + after - kernel - rest + stride >= in + before)
		return after;
	return after + stride - rest;
}

static bool image(struct op *op, uint32_t *value)
{
	if (!op_value(op, 0, value))
		return false;
	if (!op->imp->g->value[*value].flat)
		return true;
	op_problem(op, "its input is flat; it must have channels, height and width");
	return false;
}

static bool conv_kernel(struct op *op, const struct constant *c,
			struct graph_window *w)
{
	if (c->rank != 4) {
		op_problem(op, "its weights have %zu dimensions; only two-dimensional convolution (4) is supported",
			   c->rank);
		return false;
	}
	if (!op_has(op, "kernel_shape")) {
		w->kh = (uint32_t)c->dims[2];
		w->kw = (uint32_t)c->dims[3];
	}
	if (w->kh == c->dims[2] && w->kw == c->dims[3])
		return true;
	op_problem(op, "attribute 'kernel_shape' is %u x %u, its weights are %llu x %llu",
		   w->kh, w->kw, (unsigned long long)c->dims[2],
		   (unsigned long long)c->dims[3]);
	return false;
}

void op_conv(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONV };
	struct graph_window *w = &n.window;
	enum auto_pad mode = read_auto_pad(op);
	int64_t groups = op_int(op, "group", 1);
	const struct constant *c;
	bool ok;

	pair(op, "kernel_shape", 0, &w->kh, &w->kw);
	pair(op, "strides", 1, &w->stride_h, &w->stride_w);
	pair(op, "dilations", 1, &w->dilation_h, &w->dilation_w);
	read_pads(op, mode, w);
	if (groups < 1 || groups > GRAPH_MAX_DIM)
		op_problem(op, "attribute 'group' is %lld; it must be 1 to %u",
			   (long long)groups, GRAPH_MAX_DIM);
	n.groups = (uint32_t)groups;
	c = op_floats(op, 1, "weights");
	ok = c && conv_kernel(op, c, w);
	if (!image(op, &n.in[0]) || !ok || !op_ready(op))
		return;
	auto_pad(mode, &op->imp->g->value[n.in[0]], w);
	if (op_weights(op, c, (uint32_t)c->dims[1], w->kh, w->kw, &n.weights))
		op_result_node(op, &n);
}

static void pool(struct op *op, struct graph_node *n, bool ceil_mode)
{
	struct graph_window *w = &n->window;
	enum auto_pad mode = read_auto_pad(op);

	if (!op_has(op, "kernel_shape"))
		op_problem(op, "attribute 'kernel_shape' is missing");
	pair(op, "kernel_shape", 1, &w->kh, &w->kw);
	pair(op, "strides", 1, &w->stride_h, &w->stride_w);
	pair(op, "dilations", 1, &w->dilation_h, &w->dilation_w);
	if (w->dilation_h != 1 || w->dilation_w != 1)
		op_problem(op, "attribute 'dilations' is %u x %u; only 1 x 1 is supported here",
			   w->dilation_h, w->dilation_w);
	read_pads(op, mode, w);
	if (!image(op, &n->in[0]) || !op_ready(op))
		return;
	auto_pad(mode, &op->imp->g->value[n->in[0]], w);
	if (ceil_mode && mode == PAD_EXPLICIT) {
		const struct graph_value *v = &op->imp->g->value[n->in[0]];

		w->pad_bottom = pad_ceil(v->h, w->pad_top, w->pad_bottom,
					 w->kh, w->stride_h);
		w->pad_right = pad_ceil(v->w, w->pad_left, w->pad_right,
					w->kw, w->stride_w);
	}
	op_result_node(op, n);
}

void op_max_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_MAX_POOL };
	bool ceil_mode = op_int(op, "ceil_mode", 0);

	if (op_int(op, "storage_order", 0))
		op_problem(op, "attribute 'storage_order' must be 0");
	pool(op, &n, ceil_mode);
}

void op_average_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_AVG_POOL };
	bool ceil_mode = op_int(op, "ceil_mode", 0);

	n.count_pad = op_int(op, "count_include_pad", 0);
	if (ceil_mode && n.count_pad)
		op_problem(op, "attributes 'ceil_mode' and 'count_include_pad' are not supported together");
	pool(op, &n, ceil_mode);
}

void op_global_average_pool(struct op *op)
{
	struct graph_node n = { .op = GRAPH_AVG_POOL };
	const struct graph_value *v;

	if (!image(op, &n.in[0]) || !op_ready(op))
		return;
	v = &op->imp->g->value[n.in[0]];
	n.window = (struct graph_window){
		.kh = v->h, .kw = v->w, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1,
	};
	op_result_node(op, &n);
}

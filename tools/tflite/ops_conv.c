// SPDX-License-Identifier: MIT
/* Convolutions. */
#include "priv.h"

#include "tools/graph/mem.h"

/* Padding before and after, so that there are ceil(in / stride) results. */
static void same_padding(uint32_t in, uint32_t kernel, uint32_t stride,
			 uint32_t dilation, uint32_t *before, uint32_t *after)
{
	uint64_t span = (uint64_t)(kernel - 1) * dilation + 1;
	uint64_t out = ((uint64_t)in + stride - 1) / stride;
	uint64_t reach = (out - 1) * stride + span;
	uint64_t total = reach > in ? reach - in : 0;

	*before = (uint32_t)(total / 2);
	*after = (uint32_t)(total - total / 2);
}

static bool in_range(struct op *op, const char *what, int32_t value)
{
	if (value >= 1 && value <= (int32_t)GRAPH_MAX_WINDOW)
		return true;
	tfl_op_problem(op, "its %s is %d; it must be 1 to %u", what, value,
		       GRAPH_MAX_WINDOW);
	return false;
}

bool tfl_op_window(struct op *op, const struct sides *in, uint32_t kh, uint32_t kw,
		   struct graph_window *w)
{
	const struct tfl_options *o = op->opt;
	/* Pools and transposed convolutions have none. */
	int32_t dh = o->dilation_h ? o->dilation_h : 1;
	int32_t dw = o->dilation_w ? o->dilation_w : 1;

	if (!in_range(op, "option stride_h", o->stride_h) ||
	    !in_range(op, "option stride_w", o->stride_w) ||
	    !in_range(op, "option dilation_h_factor", dh) ||
	    !in_range(op, "option dilation_w_factor", dw))
		return false;
	if (o->padding != TFL_SAME && o->padding != TFL_VALID) {
		tfl_op_problem(op, "option padding is %d; only SAME and VALID exist",
			       o->padding);
		return false;
	}
	*w = (struct graph_window){
		.kh = kh, .kw = kw, .stride_h = (uint32_t)o->stride_h,
		.stride_w = (uint32_t)o->stride_w, .dilation_h = (uint32_t)dh,
		.dilation_w = (uint32_t)dw,
	};
	if (o->padding == TFL_VALID)
		return true;
	same_padding(in->h, kh, w->stride_h, w->dilation_h, &w->pad_top,
		     &w->pad_bottom);
	same_padding(in->w, kw, w->stride_w, w->dilation_w, &w->pad_left,
		     &w->pad_right);
	return true;
}

/* Sides of weights: output channels, height, width, input channels. */
static bool weight_sides(struct op *op, size_t k, struct sides *s)
{
	const struct tfl_tensor *t = tfl_op_const(op, k, "weights");

	if (!t || !tfl_op_sides(op, t, s))
		return false;
	if (t->shape.n == 4)
		return true;
	tfl_op_problem(op, "its weights '%.64s' have %zu dimensions, not 4",
		       t->name, t->shape.n);
	return false;
}

/* Everything is checked: weights, the layer, what comes behind it. */
static void build(struct op *op, struct graph_node *n, size_t input,
		  size_t weights, size_t bias, const struct weight_shape *s)
{
	struct graph_requant *rq = NULL;
	bool codes = tfl_is_code(tfl_op_input(op, input));

	if (!tfl_op_weights(op, weights, bias, input, s, &n->weights)) {
		graph_node_free(n);
		return;
	}
	if (codes)
		rq = tfl_op_layer_requant(op, input, weights, s->out);
	if (codes && !rq) {
		graph_node_free(n);
		return;
	}
	tfl_op_finish(op, tfl_op_node(op, n), op->opt->activation, rq);
}

void tfl_op_conv(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONV };
	struct sides in, w;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 0), &in) ||
	    !weight_sides(op, 1, &w) || !tfl_op_window(op, &in, w.h, w.w, &n.window))
		return;
	if (in.c % w.c) {
		tfl_op_problem(op, "its weights are for %u input channels; it has %u",
			       w.c, in.c);
		return;
	}
	n.groups = in.c / w.c;
	build(op, &n, 0, 1, 2, &(struct weight_shape){
		.out = w.n, .in = w.c, .kh = w.h, .kw = w.w, .axis = 0,
		.out_step = (size_t)w.h * w.w * w.c, .in_step = 1,
		.h_step = (size_t)w.w * w.c, .w_step = w.c,
	});
}

void tfl_op_depthwise(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONV };
	struct sides in, w;
	bool codes;

	if (!tfl_op_value(op, 0, &n.in[0]) || !tfl_op_same_kind(op, 0, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 0), &in) ||
	    !weight_sides(op, 1, &w) || !tfl_op_window(op, &in, w.h, w.w, &n.window))
		return;
	if (w.n != 1 || w.c % in.c) {
		tfl_op_problem(op, "its weights of %u x %u x %u x %u do not fit %u input channels",
			       w.n, w.h, w.w, w.c, in.c);
		return;
	}
	n.groups = in.c;
	build(op, &n, 0, 1, 2, &(struct weight_shape){
		.out = w.c, .in = 1, .kh = w.h, .kw = w.w, .axis = 3,
		.out_step = 1, .in_step = 0, .h_step = (size_t)w.w * w.c,
		.w_step = w.c,
	});
}

/*
 * A transposed convolution is a convolution run backwards: padding is what the
 * convolution from the result to the input would have.
 */
void tfl_op_transpose_conv(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONV_TRANSPOSE, .groups = 1 };
	struct graph_window *win = &n.window;
	struct sides in, out, w;
	int64_t rest_h, rest_w;
	bool codes;

	if (!tfl_op_value(op, 2, &n.in[0]) || !tfl_op_same_kind(op, 2, &codes) ||
	    !tfl_op_image(op, tfl_op_input(op, 2), &in) ||
	    !tfl_op_image(op, tfl_op_output(op, 0), &out) ||
	    !weight_sides(op, 1, &w) || !tfl_op_window(op, &out, w.h, w.w, win))
		return;
	if (in.c != w.c) {
		tfl_op_problem(op, "its weights are for %u input channels; it has %u",
			       w.c, in.c);
		return;
	}
	rest_h = (int64_t)out.h + win->pad_top + win->pad_bottom -
		 ((int64_t)(in.h - 1) * win->stride_h + w.h);
	rest_w = (int64_t)out.w + win->pad_left + win->pad_right -
		 ((int64_t)(in.w - 1) * win->stride_w + w.w);
	/* Less than a kernel: what is cut off at the far sides is padding. */
	if (rest_h < 0) {
		win->pad_bottom += (uint32_t)-rest_h;
		rest_h = 0;
	}
	if (rest_w < 0) {
		win->pad_right += (uint32_t)-rest_w;
		rest_w = 0;
	}
	if (rest_h >= win->stride_h || rest_w >= win->stride_w) {
		tfl_op_problem(op, "its result of %u x %u reaches beyond what an input of %u x %u spreads to",
			       out.h, out.w, in.h, in.w);
		return;
	}
	n.out_pad_h = (uint32_t)rest_h;
	n.out_pad_w = (uint32_t)rest_w;
	build(op, &n, 2, 1, 3, &(struct weight_shape){
		.out = w.n, .in = w.c, .kh = w.h, .kw = w.w, .axis = 0,
		.out_step = (size_t)w.h * w.w * w.c, .in_step = 1,
		.h_step = (size_t)w.w * w.c, .w_step = w.c,
	});
}

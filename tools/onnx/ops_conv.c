// SPDX-License-Identifier: MIT
/* Convolution and transposed convolution. */
#include <string.h>

#include "window.h"

static bool kernel(struct op *op, const struct constant *c, size_t space,
		   struct graph_window *w)
{
	uint64_t kh = space == 2 ? c->dims[2] : 1, kw = c->dims[c->rank - 1];

	window_pair(op, "kernel_shape", space, (uint32_t)kw, 1, &w->kh, &w->kw);
	if (space == 2 && !op_has(op, "kernel_shape"))
		w->kh = (uint32_t)kh;
	if (w->kh == kh && w->kw == kw)
		return true;
	if (!op->refused)
		op_problem(op, "attribute 'kernel_shape' is %u x %u, its weights are %llu x %llu",
			   w->kh, w->kw, (unsigned long long)kh,
			   (unsigned long long)kw);
	return false;
}

/* Reads all attributes, also those behind one that is wrong. */
static bool layer(struct op *op, const struct constant *c,
		  struct graph_node *n, enum auto_pad *mode)
{
	int64_t groups = op_int(op, "group", 1);
	size_t space = c ? c->rank - 2 : 2;

	*mode = window_auto_pad(op);
	if (c && c->rank != 3 && c->rank != 4) {
		op_problem(op, "its weights have %zu dimensions; one- and two-dimensional convolution (3 and 4) are supported",
			   c->rank);
		c = NULL;
		space = 2;
	}
	if (c)
		kernel(op, c, space, &n->window);
	else
		op_has(op, "kernel_shape");
	window_read(op, space, *mode, &n->window);
	if (groups < 1 || groups > GRAPH_MAX_DIM)
		op_problem(op, "attribute 'group' is %lld; it must be 1 to %u",
			   (long long)groups, GRAPH_MAX_DIM);
	n->groups = (uint32_t)groups;
	return c && !op->refused;
}

static bool fits(struct op *op, struct tensor *t, const struct constant *c)
{
	if (!tensor_image(op, t))
		return false;
	if (t->view.rank == c->rank)
		return true;
	op_problem(op, "its input has %zu dimensions, its weights %zu",
		   t->view.rank, c->rank);
	return false;
}

/* What a copy adds in front of and behind one side; false: it does more. */
static bool pad_of(const struct graph_axis *a, unsigned int axis, uint32_t in,
		   uint32_t out, uint32_t *before, uint32_t *after)
{
	int64_t behind = (int64_t)out - in + a->start;

	if (a->from != axis || a->step != 1 || a->divisor != 1 ||
	    a->start > 0 || behind < 0)
		return false;
	*before += (uint32_t)-a->start;
	*after += (uint32_t)behind;
	return true;
}

/* Padding with zeros in front of a convolution becomes its own. */
static void take_pad(struct op *op, enum auto_pad mode, struct tensor *t,
		     struct graph_window *window)
{
	const struct graph_node *m = note_maker(op->imp, t->value);
	struct graph_window w = *window;
	const struct graph_value *v;

	if (!m || m->op != GRAPH_COPY || m->copy.fill != 0 || m->copy.clamp ||
	    m->copy.blocks != GRAPH_PLAIN || mode == PAD_SAME_UPPER ||
	    mode == PAD_SAME_LOWER)
		return;
	v = &op->imp->g->value[m->in[0]];
	if (v->flat || v->c != m->copy.c || m->copy.axis[2].start ||
	    m->copy.axis[2].step != 1 || m->copy.axis[2].from != 2 ||
	    m->copy.axis[2].divisor != 1 ||
	    !pad_of(&m->copy.axis[0], 0, v->h, m->copy.h, &w.pad_top,
		    &w.pad_bottom) ||
	    !pad_of(&m->copy.axis[1], 1, v->w, m->copy.w, &w.pad_left,
		    &w.pad_right))
		return;
	/* More than that would be a window in the padding alone. */
	if (w.pad_top > (w.kh - 1) * w.dilation_h ||
	    w.pad_bottom > (w.kh - 1) * w.dilation_h ||
	    w.pad_left > (w.kw - 1) * w.dilation_w ||
	    w.pad_right > (w.kw - 1) * w.dilation_w)
		return;
	*window = w;
	t->value = m->in[0];
}

/* What is left of @pad once the window cannot lie in it alone any more. */
static uint32_t beyond(uint32_t *pad, uint32_t kernel, uint32_t dilation)
{
	uint32_t most = (kernel - 1) * dilation;
	uint32_t more = *pad > most ? *pad - most : 0;

	*pad -= more;
	return more;
}

/* Padding beyond the kernel's reach, which the device lacks, comes before. */
static bool pad_first(struct op *op, struct tensor *t, struct graph_window *w)
{
	uint32_t top = beyond(&w->pad_top, w->kh, w->dilation_h);
	uint32_t bottom = beyond(&w->pad_bottom, w->kh, w->dilation_h);
	uint32_t left = beyond(&w->pad_left, w->kw, w->dilation_w);
	uint32_t right = beyond(&w->pad_right, w->kw, w->dilation_w);
	const struct graph_value *v = &op->imp->g->value[t->value];
	struct graph_node n = {
		.op = GRAPH_COPY, .in = { t->value },
		.copy = { .c = v->c, .h = v->h + top + bottom,
			  .w = v->w + left + right },
	};

	if (!(top | bottom | left | right))
		return true;
	for (uint32_t k = 0; k < 3; k++)
		n.copy.axis[k] = (struct graph_axis){
			.step = 1, .divisor = 1, .from = k,
		};
	n.copy.axis[0].start = -(int32_t)top;
	n.copy.axis[1].start = -(int32_t)left;
	if (!op_add_node(op, &n, t))
		return false;
	note_same(op->imp, n.in[0], t->value);
	return true;
}

bool conv_build(struct op *op, struct tensor *t, const struct constant *w,
		size_t bias, float in_scale)
{
	struct graph_node n = { .op = GRAPH_CONV };
	enum auto_pad mode;

	if (!layer(op, w, &n, &mode) || !fits(op, t, w))
		return false;
	take_pad(op, mode, t, &n.window);
	window_same(mode, &op->imp->g->value[t->value], &n.window);
	if (!pad_first(op, t, &n.window))
		return false;
	n.in[0] = t->value;
	if (!op_weights(op, w, (uint32_t)w->dims[1], n.window.kh, n.window.kw,
			bias, in_scale, &n.weights))
		return false;
	return op_add_image(op, &n, t->view.rank, t);
}

void op_conv(struct op *op)
{
	struct graph_node unused = { 0 };
	const struct constant *c = op_floats(op, 1, "weights");
	enum auto_pad mode;
	struct tensor t;

	if (!op_tensor(op, 0, &t) || !c || !op_ready(op))
		layer(op, c, &unused, &mode);
	else if (conv_build(op, &t, c, 2, note_scale(op->imp, t.value)))
		op_result(op, 0, &t);
}

/* in x out/group x ... becomes out x in/group x ... */
static struct constant *turn_weights(const struct constant *c, uint32_t groups)
{
	size_t gi = c->dims[0] / groups, go = c->dims[1];
	size_t taps = c->count / c->dims[0] / go;
	struct constant *n = constant_copy(c);

	n->dims[0] = go * groups;
	n->dims[1] = gi;
	for (size_t g = 0; g < groups; g++)
		for (size_t o = 0; o < go; o++)
			for (size_t i = 0; i < gi; i++) {
				size_t to = ((g * go + o) * gi + i) * taps;
				size_t from = ((g * gi + i) * go + o) * taps;

				memcpy(n->f + to, c->f + from,
				       taps * sizeof(*n->f));
				if (!c->code)
					continue;
				memcpy(n->code + to, c->code + from,
				       taps * sizeof(*n->code));
				memcpy(n->scale + to, c->scale + from,
				       taps * sizeof(*n->scale));
			}
	return n;
}

/* Less than nothing to cut off: that much is added at the end. */
static void split_pads(int64_t total, bool upper, uint32_t *before,
		       uint32_t *after, uint32_t *more)
{
	uint32_t all = total > 0 ? (uint32_t)total : 0;

	if (total < 0)
		*more += (uint32_t)-total;
	/* The larger part is at the end, as onnxruntime has it. */
	*before = upper ? all / 2 : all - all / 2;
	*after = all - *before;
}

/* A given output shape, or auto_pad, says how much is cut off. */
static void transpose_pads(struct op *op, enum auto_pad mode, size_t space,
			   const struct graph_value *v, struct graph_node *n)
{
	struct graph_window *w = &n->window;
	const int64_t *shape;
	size_t given = op_ints(op, "output_shape", &shape);
	bool upper = mode != PAD_SAME_LOWER;
	int64_t out_h = (int64_t)v->h * w->stride_h;
	int64_t out_w = (int64_t)v->w * w->stride_w;

	if (given && given != space && given != space + 2) {
		op_problem(op, "attribute 'output_shape' has %zu numbers for %zu directions",
			   given, space);
		return;
	}
	if (given) {
		out_w = shape[given - 1];
		out_h = space == 2 ? shape[given - 2] : 1;
		if (out_w < 1 || out_h < 1 || out_w > GRAPH_MAX_DIM ||
		    out_h > GRAPH_MAX_DIM) {
			op_problem(op, "attribute 'output_shape' has %lld x %lld",
				   (long long)out_h, (long long)out_w);
			return;
		}
	} else if (mode != PAD_SAME_UPPER && mode != PAD_SAME_LOWER) {
		return;
	}
	if (given && mode == PAD_EXPLICIT)
		upper = false;
	split_pads((int64_t)(v->h - 1) * w->stride_h + n->out_pad_h +
		   (int64_t)(w->kh - 1) * w->dilation_h + 1 - out_h, upper,
		   &w->pad_top, &w->pad_bottom, &n->out_pad_h);
	split_pads((int64_t)(v->w - 1) * w->stride_w + n->out_pad_w +
		   (int64_t)(w->kw - 1) * w->dilation_w + 1 - out_w, upper,
		   &w->pad_left, &w->pad_right, &n->out_pad_w);
}

void op_conv_transpose(struct op *op)
{
	struct graph_node n = { .op = GRAPH_CONV_TRANSPOSE };
	const struct constant *c = op_floats(op, 1, "weights");
	struct constant *turned;
	enum auto_pad mode;
	struct tensor t;
	bool ok = layer(op, c, &n, &mode);
	size_t space = c && c->rank == 3 ? 1 : 2;

	window_pair(op, "output_padding", space, 0, 0, &n.out_pad_h,
		    &n.out_pad_w);
	op_has(op, "output_shape");
	if (!op_tensor(op, 0, &t) || !ok || !op_ready(op) || !fits(op, &t, c))
		return;
	if (!c->count || c->dims[0] % n.groups) {
		op_problem(op, "its weights have %llu inputs for %u groups",
			   (unsigned long long)c->dims[0], n.groups);
		return;
	}
	transpose_pads(op, mode, space, &op->imp->g->value[t.value], &n);
	if (op->refused)
		return;
	n.in[0] = t.value;
	turned = turn_weights(c, n.groups);
	if (op_weights(op, turned, (uint32_t)turned->dims[1], n.window.kh,
		       n.window.kw, 2, note_scale(op->imp, t.value), &n.weights) &&
	    op_add_image(op, &n, t.view.rank, &t))
		op_result(op, 0, &t);
	constant_free(turned);
}

// SPDX-License-Identifier: MIT
/* The shape of what a node computes. */
#include "shape.h"

static bool window_ok(const struct graph_node *n, struct report *r)
{
	const struct graph_window *w = &n->window;
	/* A global pool has a kernel as large as its input. */
	bool layer = n->op == GRAPH_CONV || n->op == GRAPH_CONV_TRANSPOSE;
	uint32_t side = layer ? GRAPH_MAX_WINDOW : GRAPH_MAX_DIM;
	uint32_t span_h = (w->kh - 1) * w->dilation_h;
	uint32_t span_w = (w->kw - 1) * w->dilation_w;
	const struct {
		const char *name;
		uint32_t value, min, max;
	} field[] = {
		{ "kernel height", w->kh, 1, side },
		{ "kernel width", w->kw, 1, side },
		{ "vertical stride", w->stride_h, 1, GRAPH_MAX_WINDOW },
		{ "horizontal stride", w->stride_w, 1, GRAPH_MAX_WINDOW },
		{ "vertical dilation", w->dilation_h, 1, GRAPH_MAX_WINDOW },
		{ "horizontal dilation", w->dilation_w, 1, GRAPH_MAX_WINDOW },
		/* A window that lies in the padding alone would be one. */
		{ "padding at the top", w->pad_top, 0, span_h },
		{ "padding at the left", w->pad_left, 0, span_w },
		{ "padding at the bottom", w->pad_bottom, 0, span_h },
		{ "padding at the right", w->pad_right, 0, span_w },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		uint32_t max = field[i].max < GRAPH_MAX_WINDOW || i < 2 ?
			       field[i].max : GRAPH_MAX_WINDOW;

		if (field[i].value >= field[i].min && field[i].value <= max)
			continue;
		report_problem(r, "%s: %s is %u; it must be %u to %u",
			       graph_node_label(n), field[i].name,
			       field[i].value, field[i].min, max);
		return false;
	}
	return true;
}

static uint64_t window_out(uint64_t in, uint64_t pads, uint64_t kernel,
			   uint64_t stride, uint64_t dilation)
{
	uint64_t span = (kernel - 1) * dilation + 1;

	return in + pads < span ? 0 : (in + pads - span) / stride + 1;
}

static bool slide(const struct graph_node *n, struct report *r,
		  struct graph_shape *s)
{
	const struct graph_window *w = &n->window;

	if (!window_ok(n, r))
		return false;
	s->h = window_out(s->h, w->pad_top + w->pad_bottom, w->kh, w->stride_h,
			  w->dilation_h);
	s->w = window_out(s->w, w->pad_left + w->pad_right, w->kw, w->stride_w,
			  w->dilation_w);
	if (s->h && s->w)
		return true;
	report_problem(r, "%s: its kernel is larger than its input",
		       graph_node_label(n));
	return false;
}

static bool conv_fits(const struct graph_node *n, struct report *r,
		      const struct graph_shape *s)
{
	if (!n->groups || n->weights.out % n->groups ||
	    (uint64_t)n->weights.in * n->groups != s->c) {
		report_problem(r, "%s: weights for %u x %u input channels in %u groups do not fit its input of %llu",
			       graph_node_label(n), n->weights.out,
			       n->weights.in, n->groups,
			       (unsigned long long)s->c);
		return false;
	}
	return true;
}

static bool conv_shape(const struct graph_node *n, struct report *r,
		       struct graph_shape *s)
{
	if (!conv_fits(n, r, s))
		return false;
	s->c = n->weights.out;
	return slide(n, r, s);
}

static uint64_t spread(uint64_t in, uint64_t pads, uint64_t kernel,
		       uint64_t stride, uint64_t dilation, uint64_t extra)
{
	uint64_t full = (in - 1) * stride + (kernel - 1) * dilation + 1 + extra;

	return full > pads ? full - pads : 0;
}

static bool extra_ok(uint32_t extra, uint32_t stride, uint32_t dilation)
{
	return extra < stride || extra < dilation;
}

static bool conv_transpose_shape(const struct graph_node *n, struct report *r,
				 struct graph_shape *s)
{
	const struct graph_window *w = &n->window;

	if (!conv_fits(n, r, s) || !window_ok(n, r))
		return false;
	if (!spread(s->h, w->pad_top + w->pad_bottom, w->kh, w->stride_h,
		    w->dilation_h, 0) ||
	    !spread(s->w, w->pad_left + w->pad_right, w->kw, w->stride_w,
		    w->dilation_w, 0)) {
		report_problem(r, "%s: its padding takes all of its result away",
			       graph_node_label(n));
		return false;
	}
	if (!extra_ok(n->out_pad_h, w->stride_h, w->dilation_h) ||
	    !extra_ok(n->out_pad_w, w->stride_w, w->dilation_w)) {
		report_problem(r, "%s: its output padding %u x %u is not less than stride or dilation",
			       graph_node_label(n), n->out_pad_h, n->out_pad_w);
		return false;
	}
	s->c = n->weights.out;
	s->h = spread(s->h, w->pad_top + w->pad_bottom, w->kh, w->stride_h,
		      w->dilation_h, n->out_pad_h);
	s->w = spread(s->w, w->pad_left + w->pad_right, w->kw, w->stride_w,
		      w->dilation_w, n->out_pad_w);
	return true;
}

static bool same_sides(const struct graph *g, const struct graph_node *n,
		       struct report *r)
{
	const struct graph_value *a = &g->value[n->in[0]];
	const struct graph_value *b = &g->value[n->in[1]];

	if (a->c == b->c && a->h == b->h && a->w == b->w && a->flat == b->flat)
		return true;
	report_problem(r, "%s: its inputs have different shapes, %u x %u x %u and %u x %u x %u",
		       graph_node_label(n), a->c, a->h, a->w, b->c, b->h, b->w);
	return false;
}

/* Sides are equal, or 1 in one of the inputs. */
static bool repeat(const struct graph *g, const struct graph_node *n,
		   struct report *r, struct graph_shape *s)
{
	const struct graph_value *a = &g->value[n->in[0]];
	const struct graph_value *b = &g->value[n->in[1]];

	if ((a->c != b->c && a->c != 1 && b->c != 1) ||
	    (a->h != b->h && a->h != 1 && b->h != 1) ||
	    (a->w != b->w && a->w != 1 && b->w != 1))
		return same_sides(g, n, r);
	s->c = a->c > b->c ? a->c : b->c;
	s->h = a->h > b->h ? a->h : b->h;
	s->w = a->w > b->w ? a->w : b->w;
	return true;
}

static bool join(const struct graph *g, const struct graph_node *n,
		 struct report *r, struct graph_shape *s)
{
	uint64_t *side[3] = { &s->h, &s->w, &s->c };
	uint64_t sum = 0;

	for (uint32_t k = 0; k < n->parts; k++) {
		const struct graph_value *v = &g->value[n->in[k]];
		uint32_t own[3] = { v->h, v->w, v->c };

		for (uint32_t a = 0; a < 3; a++) {
			if (a == n->axis || own[a] == *side[a])
				continue;
			report_problem(r, "%s: input %u has a side of %u where the first has %llu",
				       graph_node_label(n), k, own[a],
				       (unsigned long long)*side[a]);
			return false;
		}
		sum += own[n->axis];
	}
	*side[n->axis] = sum;
	return true;
}

static bool reshape(const struct graph_node *n, struct report *r,
		    struct graph_shape *s)
{
	const struct graph_reshape *to = &n->reshape;

	if (s->c * s->h * s->w != (uint64_t)to->c * to->h * to->w) {
		report_problem(r, "%s: %llu numbers cannot be %u x %u x %u",
			       graph_node_label(n),
			       (unsigned long long)(s->c * s->h * s->w), to->c,
			       to->h, to->w);
		return false;
	}
	*s = (struct graph_shape){ to->c, to->h, to->w, to->flat };
	return true;
}

bool graph_infer(const struct graph *g, const struct graph_node *n,
		  struct report *r, struct graph_shape *s)
{
	const struct graph_value *a = &g->value[n->in[0]];

	*s = (struct graph_shape){ a->c, a->h, a->w, a->flat };
	switch (n->op) {
	case GRAPH_CONV:
		return conv_shape(n, r, s);
	case GRAPH_CONV_TRANSPOSE:
		return conv_transpose_shape(n, r, s);
	case GRAPH_MAX_POOL:
	case GRAPH_AVG_POOL:
		return slide(n, r, s);
	case GRAPH_ADD:
	case GRAPH_SUB:
		return same_sides(g, n, r);
	case GRAPH_MUL:
		return repeat(g, n, r, s);
	case GRAPH_CONCAT:
		return join(g, n, r, s);
	case GRAPH_COPY:
		*s = (struct graph_shape){ n->copy.c, n->copy.h, n->copy.w,
					   a->flat };
		return true;
	case GRAPH_FLATTEN:
		*s = (struct graph_shape){ graph_elements(a), 1, 1, true };
		return true;
	case GRAPH_RESHAPE:
		return reshape(n, r, s);
	case GRAPH_ARGMAX:
		s->c = 1;
		return true;
	default:
		return true;
	}
}

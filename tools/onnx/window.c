// SPDX-License-Identifier: MIT
#include "window.h"

#include <string.h>

void window_pair(struct op *op, const char *name, size_t space, uint32_t value,
		 uint32_t vertical_value, uint32_t *vertical,
		 uint32_t *horizontal)
{
	const int64_t *v;
	size_t n = op_ints(op, name, &v);

	*vertical = space == 1 ? vertical_value : value;
	*horizontal = value;
	if (!op_has(op, name))
		return;
	if (n != space) {
		op_problem(op, "attribute '%s' has %zu numbers for %zu directions; one and two are supported",
			   name, n, space);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (v[i] < 0 || v[i] > GRAPH_MAX_WINDOW)
			op_problem(op, "attribute '%s' has %lld; the largest is %u",
				   name, (long long)v[i], GRAPH_MAX_WINDOW);
	if (op->refused)
		return;
	*horizontal = (uint32_t)v[n - 1];
	if (n == 2)
		*vertical = (uint32_t)v[0];
}

enum auto_pad window_auto_pad(struct op *op)
{
	char text[16];

	op_string(op, "auto_pad", "NOTSET", text, sizeof(text));
	if (!strcmp(text, "VALID"))
		return PAD_VALID;
	if (!strcmp(text, "SAME_UPPER"))
		return PAD_SAME_UPPER;
	if (!strcmp(text, "SAME_LOWER"))
		return PAD_SAME_LOWER;
	if (strcmp(text, "NOTSET") && *text)
		op_problem(op, "attribute 'auto_pad' has the unknown value '%s'",
			   text);
	return PAD_EXPLICIT;
}

static void read_pads(struct op *op, size_t space, struct graph_window *w)
{
	const int64_t *v;
	size_t n = op_ints(op, "pads", &v);

	if (!n)
		return;
	if (n != 2 * space) {
		op_problem(op, "attribute 'pads' has %zu numbers for %zu directions",
			   n, space);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i] >= 0 && v[i] <= GRAPH_MAX_WINDOW)
			continue;
		op_problem(op, "attribute 'pads' has %lld; it must be 0 to %u",
			   (long long)v[i], GRAPH_MAX_WINDOW);
		return;
	}
	w->pad_left = (uint32_t)v[space - 1];
	w->pad_right = (uint32_t)v[n - 1];
	if (space == 1)
		return;
	w->pad_top = (uint32_t)v[0];
	w->pad_bottom = (uint32_t)v[2];
}

void window_read(struct op *op, size_t space, enum auto_pad mode,
		 struct graph_window *w)
{
	struct graph_window pads = { 0 };

	window_pair(op, "strides", space, 1, 1, &w->stride_h, &w->stride_w);
	window_pair(op, "dilations", space, 1, 1, &w->dilation_h,
		    &w->dilation_w);
	read_pads(op, space, &pads);
	if (mode != PAD_EXPLICIT)
		return;
	w->pad_top = pads.pad_top;
	w->pad_left = pads.pad_left;
	w->pad_bottom = pads.pad_bottom;
	w->pad_right = pads.pad_right;
}

static void same(uint32_t in, uint32_t kernel, uint32_t stride,
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

void window_same(enum auto_pad mode, const struct graph_value *in,
		 struct graph_window *w)
{
	bool upper = mode == PAD_SAME_UPPER;

	if (mode != PAD_SAME_UPPER && mode != PAD_SAME_LOWER)
		return;
	same(in->h, w->kh, w->stride_h, w->dilation_h, upper, &w->pad_top,
	     &w->pad_bottom);
	same(in->w, w->kw, w->stride_w, w->dilation_w, upper, &w->pad_left,
	     &w->pad_right);
}

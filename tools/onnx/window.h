/* SPDX-License-Identifier: MIT */
/* Attributes of operators that slide a window. */
#ifndef TOOLS_ONNX_WINDOW_H
#define TOOLS_ONNX_WINDOW_H

#include "priv.h"

enum auto_pad { PAD_EXPLICIT, PAD_VALID, PAD_SAME_UPPER, PAD_SAME_LOWER };

/*
 * One number for each of @space directions, 1 or 2; @value when absent. Of one
 * direction, the vertical number is @vertical_value.
 */
void window_pair(struct op *op, const char *name, size_t space, uint32_t value,
		 uint32_t vertical_value, uint32_t *vertical,
		 uint32_t *horizontal);
enum auto_pad window_auto_pad(struct op *op);
/* strides, dilations, pads; the kernel is there already. */
void window_read(struct op *op, size_t space, enum auto_pad mode,
		 struct graph_window *w);
/* Padding so that there are ceil(in / stride) results. */
void window_same(enum auto_pad mode, const struct graph_value *in,
		 struct graph_window *w);

/*
 * average.c: @pool, whose padding does not count, in pieces. @done says whether
 * that was possible; if not, nothing was added.
 */
bool average_pieces(struct op *op, const struct graph_node *pool,
		    struct tensor *t, bool *done);

#endif /* TOOLS_ONNX_WINDOW_H */

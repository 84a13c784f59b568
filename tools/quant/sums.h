/* SPDX-License-Identifier: MIT */
/* Shortcuts around layers that keep more bits than what the layers read. */
#ifndef TOOLS_SUMS_H
#define TOOLS_SUMS_H

#include "tools/graph/graph.h"

/*
 * Where layers with weights and additions read the same value, which the network does
 * not quantize itself, the layers get a copy of their own, so that the value can have
 * the width of sums and the copy that of activations. Then errors of few bits do not
 * add up along the shortcuts of a residual network. @g is simplified; a value that has
 * a copy gets no other one.
 */
void sums_keep(struct graph *g);

#endif /* TOOLS_SUMS_H */

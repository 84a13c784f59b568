/* SPDX-License-Identifier: MIT */
/* Functions of one number: activations and the like. */
#ifndef TOOLS_GRAPH_FUNCTION_H
#define TOOLS_GRAPH_FUNCTION_H

#include "graph.h"

/* f(@x) for channel @c, in double precision. */
double function_value(const struct graph_activation *a, uint32_t c, double x);

/* Whether f(x) never falls as x grows, for all of @channels. */
bool function_rises(const struct graph_activation *a, uint32_t channels);

/* Bounds of f(x), where it has any; else infinite. */
void function_range(const struct graph_activation *a, double *lo, double *hi);

#endif /* TOOLS_GRAPH_FUNCTION_H */

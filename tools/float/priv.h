/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_FLOAT_PRIV_H
#define TOOLS_FLOAT_PRIV_H

#include "tools/graph/graph.h"

/* Layers on planes of channels; shapes are those of the values. */
void float_conv(const struct graph_node *n, const struct graph_value *vi,
		const struct graph_value *vo, const float *in, float *out,
		float *columns);
/* Numbers that float_conv() needs at @columns. */
size_t float_conv_scratch(const struct graph_node *n,
			  const struct graph_value *vo);
void float_max_pool(const struct graph_window *w, const struct graph_value *vi,
		    const struct graph_value *vo, const float *in, float *out);
void float_avg_pool(const struct graph_window *w, bool count_pad,
		    const struct graph_value *vi, const struct graph_value *vo,
		    const float *in, float *out);

#endif /* TOOLS_FLOAT_PRIV_H */

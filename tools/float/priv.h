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

/* nodes.c */
void float_function(const struct graph_activation *a,
		    const struct graph_value *v, const float *in, float *out);
void float_threshold(const struct graph_thresholds *th,
		     const struct graph_value *v, const float *in, float *out);
/* GRAPH_ADD, GRAPH_SUB, GRAPH_MUL */
void float_pair(enum graph_op op, const struct graph_value *va,
		const struct graph_value *vb, const struct graph_value *vo,
		const float *a, const float *b, float *out);
/* One part, which begins at @first along the axis. */
void float_concat(uint32_t axis, uint32_t first, const struct graph_value *vi,
		  const struct graph_value *vo, const float *in, float *out);
void float_copy(const struct graph_copy *cp, const struct graph_value *vi,
		const float *in, float *out);
void float_reshape(const struct graph_reshape *to, const struct graph_value *vi,
		   const struct graph_value *vo, const float *in, float *out);
void float_softmax(double beta, const struct graph_value *v, const float *in,
		   float *out);
void float_argmax(const struct graph_value *v, const float *in, float *out);
void float_conv_transpose(const struct graph_node *n,
			  const struct graph_value *vi,
			  const struct graph_value *vo, const float *in,
			  float *out);

#endif /* TOOLS_FLOAT_PRIV_H */

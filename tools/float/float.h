/* SPDX-License-Identifier: MIT */
/*
 * Runs a network on the CPU in single precision: the reference that quantized
 * networks are compared with, and what calibration looks at. Quantizers that
 * the network brings along are run as they are defined.
 */
#ifndef TOOLS_FLOAT_H
#define TOOLS_FLOAT_H

#include "tools/common/dataset.h"
#include "tools/graph/graph.h"

struct float_net;

/*
 * Every value has its own memory. False with a problem in @r where that is more
 * than the machine has: few nodes can ask for a lot.
 */
bool float_fits(const struct graph *g, struct report *r);

/* @g must stay as it is until float_close(). */
struct float_net *float_open(const struct graph *g);
void float_close(struct float_net *net);

/* One image: height, width, channels. */
void float_run(struct float_net *net, const float *image);

/*
 * A part of the network alone: say what its inputs are (channels, height,
 * width), then run nodes in their order.
 */
void float_set(struct float_net *net, uint32_t value, const float *data);
void float_step(struct float_net *net, uint32_t node);

/* What the last run put into @value: channels, height, width. */
const float *float_value(const struct float_net *net, uint32_t value);

/*
 * What a group of a convolution's channels reads for @count positions of the
 * result from @first on, as a matrix: a row for each weight. @in begins with the
 * first of the group's channels. float_conv_block() positions at once need a
 * few megabytes.
 */
size_t float_conv_block(const struct graph_node *n,
			const struct graph_value *vo);
void float_unroll(const struct graph_node *n, const struct graph_value *vi,
		  uint32_t out_w, const float *in, size_t first, size_t count,
		  float *columns);

/* Index of the largest element of the first output; the first of equals. */
uint32_t float_class(const struct float_net *net);

/* Images of @ds, which has labels, whose class is right. */
uint32_t float_count_right(struct float_net *net, const struct dataset *ds);

#endif /* TOOLS_FLOAT_H */

/* SPDX-License-Identifier: MIT */
/* Steps of activations that differ from channel to channel. */
#ifndef TOOLS_CHANNEL_STEPS_H
#define TOOLS_CHANNEL_STEPS_H

#include "tools/graph/graph.h"

/*
 * Where batch normalization, then ReLU or nothing, lies between a convolution and those
 * that read it, each channel gets numbers for which the best quantizer of @bits bits has
 * the same step: its normalization is divided by how much wider than the others it is,
 * and weights that read it are multiplied. The network computes the same; the
 * thresholds of the device then have a step for each channel. @g is simplified. What a
 * value's numbers stand for in the source is in its @units.
 */
void channel_steps(struct graph *g, unsigned int bits);

#endif /* TOOLS_CHANNEL_STEPS_H */

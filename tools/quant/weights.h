/* SPDX-License-Identifier: MIT */
/* Weights as small integers, one scale for each output channel. */
#ifndef TOOLS_WEIGHTS_H
#define TOOLS_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Quantize one output channel, symmetrically.
 * @bits: 8: the largest weight is 127 steps; 4 and 2: the step with the least
 *        squared error, within 7 and 1 steps; 1: +1 and -1, times the mean
 *        magnitude
 *
 * Returns the scale, above zero also for a channel of zeros.
 */
double weights_quantize(const float *w, size_t count, unsigned int bits,
			int32_t *code);

#endif /* TOOLS_WEIGHTS_H */

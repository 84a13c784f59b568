/* SPDX-License-Identifier: MIT */
/*
 * Quantizer steps from batch-normalization statistics: without running data,
 * because it is known that what comes out of the normalization has, channel by
 * channel, a given mean and standard deviation.
 */
#ifndef TOOLS_GAUSS_H
#define TOOLS_GAUSS_H

#include <stdint.h>

#include "calib.h"

/* Normal distributions, one per channel, that pass through a clamp. */
struct gauss {
	uint32_t channels;
	const double *mean;
	const double *dev;	/* zero is allowed */
	double lo, hi;		/* of the clamp; may be infinite */
};

/* The standard normal distribution; 0 at infinity. */
double gauss_density(double z);

/*
 * Sum over the channels of the expected squared error of a quantizer with the
 * values step * min, ..., step * max, each taken for what is nearest to it.
 */
double gauss_error(const struct gauss *g, int64_t min, int64_t max,
		   double step);

/* The step with the least error; 0 when all channels are constantly zero. */
double gauss_step(const struct gauss *g, int64_t min, int64_t max);

/* What a calibration set of such numbers would look like. */
void gauss_bins(const struct gauss *g, struct calib_value *v);

#endif /* TOOLS_GAUSS_H */

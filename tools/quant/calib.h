/* SPDX-License-Identifier: MIT */
/* What values look like when a network runs over a calibration set. */
#ifndef TOOLS_CALIB_H
#define TOOLS_CALIB_H

#include <stdbool.h>

#include "tools/common/dataset.h"
#include "tools/graph/graph.h"

#define CALIB_BINS	2048u

struct calib_value {
	double min, max;
	uint64_t bin[CALIB_BINS];	/* equal parts of [min, max] */
};

struct calib {
	struct calib_value **value;	/* per value; NULL: not looked at */
	size_t count;
};

/* The number that @bin stands for. */
static inline double calib_center(const struct calib_value *v, size_t bin)
{
	return v->min + ((double)bin + 0.5) * (v->max - v->min) / CALIB_BINS;
}

/* Look at the values of @g for which @wanted is true, over all of @ds. */
void calib_run(struct calib *c, const struct graph *g,
	       const struct dataset *ds, const bool *wanted);
void calib_free(struct calib *c);

/*
 * Steps of a quantizer with values step * min, ..., step * max, @max above 0. 0
 * when everything was zero.
 */
/* It reaches the largest value that was seen. */
double calib_reach(const struct calib_value *v, int64_t min, int64_t max);
/* So many percent of what was seen are not beyond its reach. */
double calib_percentile(const struct calib_value *v, int64_t min, int64_t max,
			double percent);
/* Least squared error. */
double calib_mse(const struct calib_value *v, int64_t min, int64_t max);
/* Least Kullback-Leibler divergence. */
double calib_kl(const struct calib_value *v, int64_t min, int64_t max);
/* With more than 16 values as calib_reach(), with fewer as calib_mse(). */
double calib_step(const struct calib_value *v, int64_t min, int64_t max);

#endif /* TOOLS_CALIB_H */

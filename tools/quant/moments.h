/* SPDX-License-Identifier: MIT */
/*
 * Means and deviations of values as they follow from batch normalization: of
 * what leaves it, and of sums and averages of that, taken as normally
 * distributed. The operands of a sum count as independent of each other, the
 * numbers of a window as all the same.
 */
#ifndef TOOLS_MOMENTS_H
#define TOOLS_MOMENTS_H

#include "tools/graph/units.h"

struct moments {
	double **mean;		/* per value: one for each channel, or NULL */
	double **dev;
	size_t count;
};

void moments_open(struct moments *m, const struct graph *g);
void moments_close(struct moments *m);

/*
 * The distribution of what the unit computes, in front of its clamp. Units must
 * be asked for in their order. Returns false where it is not known.
 */
bool moments_of(struct moments *m, const struct graph *g, const struct unit *x,
		double *mean, double *dev);

#endif /* TOOLS_MOMENTS_H */

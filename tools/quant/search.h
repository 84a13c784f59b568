/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_SEARCH_H
#define TOOLS_SEARCH_H

/*
 * The x in [lo, hi], 0 < lo < hi, for which f is least. f may have several
 * minima, if they are not narrow: a scan finds the best region first. Always
 * evaluates the same points.
 */
double search_minimum(double (*f)(double x, const void *data),
		      const void *data, double lo, double hi);

#endif /* TOOLS_SEARCH_H */

// SPDX-License-Identifier: MIT
#include "stats.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double stats_quantile(double *v, size_t n, double q)
{
	double at, low;
	size_t i;

	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), compare);
	at = q * (double)(n - 1);
	i = (size_t)at;
	low = v[i];
	return i + 1 < n ? low + (at - (double)i) * (v[i + 1] - low) : low;
}

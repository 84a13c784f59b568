/* SPDX-License-Identifier: MIT */
/* Order statistics of timing samples. */
#ifndef QNN_BENCH_STATS_H
#define QNN_BENCH_STATS_H

#include <stddef.h>

/* Sorts @v and returns the value at fraction @q (0 to 1), interpolated. */
double stats_quantile(double *v, size_t n, double q);

#endif

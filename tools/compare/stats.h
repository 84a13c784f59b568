/* SPDX-License-Identifier: MIT */
/* How far numbers are from those that they should be. */
#ifndef COMPARE_STATS_H
#define COMPARE_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats {
	uint64_t count;
	double max;		/* difference */
	double sum;		/* of differences, without their signs */
	double signal;		/* squares of what should be */
	double other;		/* squares of what is */
	double product;		/* of both */
	double noise;		/* squares of the differences */
};

void stats_add(struct stats *s, const float *wanted, const float *got,
	       size_t count);
double stats_mean(const struct stats *s);
/* 1 where both point in the same direction, or both are zero. */
double stats_cosine(const struct stats *s);
/* Signal to noise in dB; infinite where there is no difference. */
double stats_sqnr(const struct stats *s);

/*
 * What a uniform quantizer of so many bits (1 to 8) with the best step gives
 * for normally distributed numbers, in dB.
 */
double stats_width_sqnr(unsigned int bits);

#endif /* COMPARE_STATS_H */

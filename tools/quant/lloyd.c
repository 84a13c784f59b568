// SPDX-License-Identifier: MIT
/* Lloyd's algorithm for numbers on a line, with sums that begin at the first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "tools/graph/mem.h"

#define MAX_ROUNDS	2000

/* Sums over the numbers in front of each, times their weight. */
struct sums {
	const double *x;
	size_t n;
	double *one;
	double *first;
	double *second;
};

static void open_sums(struct sums *s, const double *x, const double *weight,
		      size_t n)
{
	*s = (struct sums){ .x = x, .n = n };
	s->one = mem_array(n + 1, sizeof(*s->one));
	s->first = mem_array(n + 1, sizeof(*s->first));
	s->second = mem_array(n + 1, sizeof(*s->second));
	for (size_t i = 0; i < n; i++) {
		s->one[i + 1] = s->one[i] + weight[i];
		s->first[i + 1] = s->first[i] + weight[i] * x[i];
		s->second[i + 1] = s->second[i] + weight[i] * x[i] * x[i];
	}
}

static void close_sums(struct sums *s)
{
	free(s->one);
	free(s->first);
	free(s->second);
}

/* Numbers up to @edge. */
static size_t count_to(const struct sums *s, double edge)
{
	size_t below = 0, end = s->n;

	while (below < end) {
		size_t middle = (below + end) / 2;

		if (s->x[middle] <= edge)
			below = middle + 1;
		else
			end = middle;
	}
	return below;
}

/* Each level moves to the mean of what is nearest to it. */
static double improve(const struct sums *s, double *level, uint32_t count,
		      uint32_t fixed)
{
	double error = 0;
	size_t from = 0;

	for (uint32_t i = 0; i < count; i++) {
		size_t to = i + 1 == count ? s->n :
			    count_to(s, (level[i] + level[i + 1]) / 2);
		double one, first;

		to = to < from ? from : to;
		one = s->one[to] - s->one[from];
		first = s->first[to] - s->first[from];
		if (one > 0 && i != fixed)
			level[i] = first / one;
		error += s->second[to] - s->second[from] -
			 2 * level[i] * first + level[i] * level[i] * one;
		from = to;
	}
	return error;
}

/* From equal distances, or from equally many numbers for each. */
static void begin(const struct sums *s, double *level, uint32_t count,
		  bool equal_numbers)
{
	double lo = s->x[0], hi = s->x[s->n - 1];

	for (uint32_t i = 0; i < count; i++) {
		double part = (i + 0.5) / count;

		level[i] = equal_numbers ?
			   s->x[(size_t)(part * (double)(s->n - 1))] :
			   lo + part * (hi - lo);
	}
}

/* The level next to 0 becomes 0 and stays there. */
static uint32_t fix_zero(double *level, uint32_t count)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < count; i++)
		if (fabs(level[i]) < fabs(level[best]))
			best = i;
	level[best] = 0;
	return best;
}

double book_levels(const double *x, const double *weight, size_t n, bool zero,
		   double *level, uint32_t count)
{
	double *trial = mem_array(count, sizeof(*trial)), least = INFINITY;
	struct sums s;

	open_sums(&s, x, weight, n);
	for (int way = 0; way < 2; way++) {
		double error = INFINITY, before;
		uint32_t fixed;

		begin(&s, trial, count, way);
		fixed = zero ? fix_zero(trial, count) : count;
		for (int i = 0; i < MAX_ROUNDS; i++) {
			before = error;
			error = improve(&s, trial, count, fixed);
			if (error >= before * (1 - 1e-11))
				break;
		}
		if (error < least || !way) {
			least = error;
			memcpy(level, trial, count * sizeof(*level));
		}
	}
	close_sums(&s);
	free(trial);
	return fmax(least, 0);
}

// SPDX-License-Identifier: MIT
/* How far a quantizer reaches, by what was seen. */
#include <math.h>
#include <stdlib.h>

#include "calib.h"
#include "search.h"
#include "tools/graph/mem.h"

#define KL_CANDIDATES	128

struct problem {
	const struct calib_value *v;
	int64_t min, max;
};

static double squared_error(double step, const void *data)
{
	const struct problem *p = data;
	double sum = 0;

	for (size_t i = 0; i < CALIB_BINS; i++) {
		double x = calib_center(p->v, i);
		double q = fmin(fmax(rint(x / step), p->min), p->max);

		sum += p->v->bin[i] * (x - q * step) * (x - q * step);
	}
	return sum;
}

double calib_reach(const struct calib_value *v, int64_t min, int64_t max)
{
	double step = 0;

	if (max > 0)
		step = fmax(step, v->max / max);
	if (min < 0)
		step = fmax(step, v->min / min);
	return step;
}

double calib_mse(const struct calib_value *v, int64_t min, int64_t max)
{
	struct problem p = { v, min, max };
	double step = calib_reach(v, min, max);

	/* One number, and no bins: it is the last code. */
	if (!(step > 0) || !(v->max > v->min))
		return step;
	return search_minimum(squared_error, &p, step / 16, step);
}

double calib_step(const struct calib_value *v, int64_t min, int64_t max)
{
	return max - min >= 16 ? calib_reach(v, min, max) :
				 calib_mse(v, min, max);
}

/* Magnitudes in equal parts of 0 to the largest of them. */
struct magnitudes {
	double largest;
	double bin[CALIB_BINS];
	double all;
};

static struct magnitudes *fold(const struct calib_value *v)
{
	struct magnitudes *m = mem_array(1, sizeof(*m));

	m->largest = fmax(fabs(v->min), fabs(v->max));
	for (size_t i = 0; i < CALIB_BINS && m->largest > 0; i++) {
		double at = fabs(calib_center(v, i)) / m->largest * CALIB_BINS;

		m->bin[(size_t)fmin(at, CALIB_BINS - 1)] += (double)v->bin[i];
		m->all += (double)v->bin[i];
	}
	return m;
}

double calib_percentile(const struct calib_value *v, int64_t min, int64_t max,
			double percent)
{
	struct magnitudes *m = fold(v);
	double seen = 0, reach = calib_reach(v, min, max);
	size_t i = 0;

	while (i < CALIB_BINS && seen < m->all * percent / 100)
		seen += m->bin[i++];
	if (i && m->largest > 0)
		reach = fmin(reach, m->largest * (double)i / CALIB_BINS /
				    (double)max);
	free(m);
	return reach;
}

/*
 * How much less is known of the distribution from codes of @step: the
 * Kullback-Leibler divergence, where what is beyond the last code counts with
 * it, and each code stands for all bins that it is nearest to and that hold
 * something.
 */
static double divergence(const struct magnitudes *m, double step, int64_t max,
			 double *mass, double *used)
{
	double width = m->largest / CALIB_BINS, sum = 0, beyond = 0;
	size_t end = (size_t)fmin(ceil(step * (double)max / width), CALIB_BINS);

	for (int64_t c = 0; c <= max; c++)
		mass[c] = used[c] = 0;
	for (size_t i = end; i < CALIB_BINS; i++)
		beyond += m->bin[i];
	for (size_t i = 1; i < end; i++) {
		double p = m->bin[i] + (i + 1 == end ? beyond : 0);
		int64_t c = (int64_t)fmin(rint(((double)i + 0.5) * width / step),
					  (double)max);

		/* Without what is beyond: that much is lost. */
		mass[c] += m->bin[i];
		used[c] += p > 0;
	}
	for (size_t i = 1; i < end; i++) {
		double p = m->bin[i] + (i + 1 == end ? beyond : 0);
		int64_t c = (int64_t)fmin(rint(((double)i + 0.5) * width / step),
					  (double)max);

		if (!(p > 0))
			continue;
		/* A bin that only what is beyond reaches must count, too. */
		sum += p * log(p / fmax(mass[c] / used[c], 1e-3));
	}
	return sum;
}

double calib_kl(const struct calib_value *v, int64_t min, int64_t max)
{
	struct magnitudes *m = fold(v);
	double *mass = mem_array((size_t)max + 1, sizeof(*mass));
	double *used = mem_array((size_t)max + 1, sizeof(*used));
	double top = calib_reach(v, min, max), best = top, least = INFINITY;

	/* Zeros, which every step has, would outweigh everything: no bin 0. */
	for (int i = KL_CANDIDATES; i >= KL_CANDIDATES / 16 && top > 0; i--) {
		double step = top * i / KL_CANDIDATES;
		double d = divergence(m, step, max, mass, used);

		if (d < least) {
			least = d;
			best = step;
		}
	}
	free(used);
	free(mass);
	free(m);
	return best;
}

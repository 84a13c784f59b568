// SPDX-License-Identifier: MIT
#include "gauss.h"

#include <math.h>

#include "search.h"

/* How far from its mean a normal distribution is looked at. */
#define TAIL	8.0
/* The same for bins, and how many numbers they hold together. */
#define BINS_TAIL	5.0
#define BINS_COUNT	1e12

double gauss_density(double z)
{
	return isinf(z) ? 0 : exp(-0.5 * z * z) / sqrt(2 * M_PI);
}

/* Probability of [a, b], precise in both tails. */
static double mass(double a, double b)
{
	if (a > 0)
		return 0.5 * (erfc(a / M_SQRT2) - erfc(b / M_SQRT2));
	if (b < 0)
		return 0.5 * (erfc(-b / M_SQRT2) - erfc(-a / M_SQRT2));
	return 0.5 * (erf(b / M_SQRT2) - erf(a / M_SQRT2));
}

/* A place in a normal distribution, and what is needed of it there. */
struct edge {
	double z;
	double density;
	double z_density;
};

static struct edge edge_at(double y, double mean, double dev)
{
	double z = (y - mean) / dev, d = gauss_density(z);

	return (struct edge){ z, d, isinf(z) ? 0 : z * d };
}

/* E[(y - value)^2] over y between two edges, for y normal. */
static double piece(double mean, double dev, const struct edge *a,
		    const struct edge *b, double value)
{
	double p = mass(a->z, b->z), off = mean - value;

	return off * off * p + 2 * off * dev * (a->density - b->density) +
	       dev * dev * (p + a->z_density - b->z_density);
}

static double nearest(double x, int64_t min, int64_t max, double step)
{
	return fmin(fmax(rint(x / step), min), max) * step;
}

static double square(double x)
{
	return x * x;
}

static double channel_error(const struct gauss *g, uint32_t c, int64_t min,
			    int64_t max, double step)
{
	double mean = g->mean[c], dev = g->dev[c], error = 0, from, to;
	struct edge left, right;
	int64_t first, last;

	if (dev == 0) {
		mean = fmin(fmax(mean, g->lo), g->hi);
		return square(mean - nearest(mean, min, max, step));
	}
	from = fmax(g->lo, mean - TAIL * dev);
	to = fmin(g->hi, mean + TAIL * dev);
	/* What the clamp collects at its ends. */
	if (isfinite(g->lo))
		error += mass(-INFINITY, (g->lo - mean) / dev) *
			 square(g->lo - nearest(g->lo, min, max, step));
	if (isfinite(g->hi))
		error += mass((g->hi - mean) / dev, INFINITY) *
			 square(g->hi - nearest(g->hi, min, max, step));
	if (!(from < to))
		return error;
	first = (int64_t)fmin(fmax(rint(from / step), min), max);
	last = (int64_t)fmin(fmax(rint(to / step), min), max);
	left = edge_at(from, mean, dev);
	for (int64_t k = first; k <= last; k++, left = right) {
		right = edge_at(k == last ? to : (k + 0.5) * step, mean, dev);
		error += piece(mean, dev, &left, &right, k * step);
	}
	return error;
}

double gauss_error(const struct gauss *g, int64_t min, int64_t max,
		   double step)
{
	double sum = 0;

	for (uint32_t c = 0; c < g->channels; c++)
		sum += channel_error(g, c, min, max, step);
	return sum;
}

struct problem {
	const struct gauss *g;
	int64_t min, max;
};

static double error_of(double step, const void *data)
{
	const struct problem *p = data;

	return gauss_error(p->g, p->min, p->max, step);
}

double gauss_step(const struct gauss *g, int64_t min, int64_t max)
{
	struct problem p = { g, min, max };
	double reach = 0, top;

	for (uint32_t c = 0; c < g->channels; c++) {
		double above = g->mean[c] + TAIL * g->dev[c];
		double below = g->mean[c] - TAIL * g->dev[c];

		reach = fmax(reach, fmin(fmax(above, g->lo), g->hi));
		reach = fmax(reach, -fmin(fmax(below, g->lo), g->hi));
	}
	if (!(reach > 0))
		return 0;
	/* From clipping nearly everything to clipping nothing. */
	top = reach / fmax(1, fmin(max, min < 0 ? -min : max));
	return search_minimum(error_of, &p, top / 64, top);
}

/* The part of a channel's numbers that come to lie in [a, b). */
static double share(const struct gauss *g, uint32_t c, double a, double b)
{
	double mean = g->mean[c], dev = g->dev[c];

	/* The clamp collects at its ends what is beyond them. */
	a = a <= g->lo ? -INFINITY : a;
	b = b >= g->hi ? INFINITY : b;
	if (dev == 0)
		return mean >= a && mean < b;
	return mass((a - mean) / dev, (b - mean) / dev);
}

void gauss_bins(const struct gauss *g, struct calib_value *v)
{
	double width;

	v->min = INFINITY;
	v->max = -INFINITY;
	for (uint32_t c = 0; c < g->channels; c++) {
		double below = g->mean[c] - BINS_TAIL * g->dev[c];
		double above = g->mean[c] + BINS_TAIL * g->dev[c];

		v->min = fmin(v->min, fmin(fmax(below, g->lo), g->hi));
		v->max = fmax(v->max, fmin(fmax(above, g->lo), g->hi));
	}
	width = (v->max - v->min) / CALIB_BINS;
	for (size_t i = 0; i < CALIB_BINS; i++) {
		double sum = 0;

		for (uint32_t c = 0; c < g->channels && width > 0; c++)
			sum += share(g, c, v->min + (double)i * width,
				     v->min + (double)(i + 1) * width);
		v->bin[i] = (uint64_t)(sum / g->channels * BINS_COUNT);
	}
}

// SPDX-License-Identifier: MIT
/* Levels of activations at any distance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "range.h"
#include "tools/graph/mem.h"

/* The levels in steps of @step, without those that fall together. */
static void put_levels(struct value_format *f, const double *level,
		       uint32_t count, double step)
{
	f->levels = 0;
	for (uint32_t i = 0; i < count; i++) {
		double code = fmin(fmax(rint(level[i] / step), (double)f->min),
				   (double)f->max);

		if (!f->levels || code > f->level[f->levels - 1])
			f->level[f->levels++] = (int16_t)code;
	}
	f->q.scale = (float)step;
	for (unsigned int i = 0; i + 1 < f->levels; i++)
		f->edge[i] = (f->level[i] + f->level[i + 1]) / 2.0 *
			     f->q.scale;
}

static double error_of(const struct value_format *f,
		       const struct calib_value *v)
{
	unsigned int at = 0;
	double sum = 0;

	for (size_t i = 0; i < CALIB_BINS; i++) {
		double x = calib_center(v, i), d;

		while (at + 1 < f->levels && x >= f->edge[at])
			at++;
		d = x - (double)f->level[at] * f->q.scale;
		sum += (double)v->bin[i] * d * d;
	}
	return sum;
}

/* The step for which rounding the levels to whole ones costs least. */
static void round_levels(struct value_format *f, const struct calib_value *v,
			 const double *level, uint32_t count)
{
	double reach = fmax(level[count - 1], -level[0]);
	double least = INFINITY, best = reach / (double)f->max;

	for (int64_t top = f->max; top > f->max / 2; top--) {
		double error;

		put_levels(f, level, count, reach / (double)top);
		error = error_of(f, v);
		if (error < least) {
			least = error;
			best = reach / (double)top;
		}
	}
	put_levels(f, level, count, best);
}

void range_hwgq(const struct calib_value *v, unsigned int bits,
		struct value_format *f)
{
	double *x, *weight;
	double level[FORMAT_MAX_LEVELS];
	uint32_t count = 1u << bits;

	if (!(v->max > v->min)) {
		/* One number needs no levels. */
		range_set(f, FORMAT_HWGQ, bits, v->min < 0, 1);
		range_set(f, FORMAT_HWGQ, bits, v->min < 0,
			  calib_reach(v, f->min, f->max));
		return;
	}
	range_set(f, FORMAT_HWGQ, bits > 3 ? 8 : 4, v->min < 0, 1);
	x = mem_array(CALIB_BINS, sizeof(*x));
	weight = mem_array(CALIB_BINS, sizeof(*weight));
	for (size_t i = 0; i < CALIB_BINS; i++) {
		x[i] = calib_center(v, i);
		weight[i] = (double)v->bin[i];
	}
	book_levels(x, weight, CALIB_BINS, true, level, count);
	round_levels(f, v, level, count);
	free(x);
	free(weight);
}

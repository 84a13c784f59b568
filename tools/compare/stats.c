// SPDX-License-Identifier: MIT
#include "stats.h"

#include <math.h>

void stats_add(struct stats *s, const float *wanted, const float *got,
	       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		double a = wanted[i], b = got[i], d = fabs(a - b);

		s->max = d > s->max ? d : s->max;
		s->sum += d;
		s->signal += a * a;
		s->other += b * b;
		s->product += a * b;
		s->noise += d * d;
	}
	s->count += count;
}

double stats_mean(const struct stats *s)
{
	return s->count ? s->sum / (double)s->count : 0;
}

double stats_cosine(const struct stats *s)
{
	if (s->signal <= 0 || s->other <= 0)
		return s->signal <= 0 && s->other <= 0 ? 1 : 0;
	return s->product / sqrt(s->signal) / sqrt(s->other);
}

double stats_sqnr(const struct stats *s)
{
	return s->noise > 0 ? 10 * log10(s->signal / s->noise) : INFINITY;
}

double stats_width_sqnr(unsigned int bits)
{
	static const double best[] = {
		0, 4.40, 9.25, 14.27, 19.38, 24.57, 29.83, 35.17, 40.57,
	};

	return best[bits < 1 ? 1 : bits > 8 ? 8 : bits];
}

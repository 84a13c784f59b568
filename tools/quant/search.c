// SPDX-License-Identifier: MIT
#include "search.h"

#include <math.h>

#define SCAN_POINTS	40
#define GOLDEN_STEPS	24

static double golden(double (*f)(double x, const void *data), const void *data,
		     double lo, double hi)
{
	const double ratio = (sqrt(5) - 1) / 2;
	double a = hi - ratio * (hi - lo), b = lo + ratio * (hi - lo);
	double fa = f(a, data), fb = f(b, data);

	for (int i = 0; i < GOLDEN_STEPS; i++) {
		if (fa <= fb) {
			hi = b;
			b = a;
			fb = fa;
			a = hi - ratio * (hi - lo);
			fa = f(a, data);
		} else {
			lo = a;
			a = b;
			fa = fb;
			b = lo + ratio * (hi - lo);
			fb = f(b, data);
		}
	}
	return fa <= fb ? a : b;
}

double search_minimum(double (*f)(double x, const void *data),
		      const void *data, double lo, double hi)
{
	double factor = pow(hi / lo, 1.0 / (SCAN_POINTS - 1));
	double x = lo, best = lo, least = INFINITY, refined;

	for (int i = 0; i < SCAN_POINTS; i++, x *= factor) {
		double y = f(x, data);

		if (y < least) {
			least = y;
			best = x;
		}
	}
	refined = golden(f, data, fmax(lo, best / factor),
			 fmin(hi, best * factor));
	return f(refined, data) <= least ? refined : best;
}

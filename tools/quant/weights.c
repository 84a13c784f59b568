// SPDX-License-Identifier: MIT
#include "weights.h"

#include <math.h>

#include "search.h"

struct row {
	const float *w;
	size_t count;
	int32_t max;		/* codes are -max to max */
};

static double code_of(double w, double scale, int32_t max)
{
	return fmin(fmax(rint(w / scale), -max), max);
}

static double squared_error(double scale, const void *data)
{
	const struct row *r = data;
	double sum = 0;

	for (size_t k = 0; k < r->count; k++) {
		double d = r->w[k] - code_of(r->w[k], scale, r->max) * scale;

		sum += d * d;
	}
	return sum;
}

static double bipolar(const struct row *r, int32_t *code)
{
	double sum = 0;

	for (size_t k = 0; k < r->count; k++) {
		sum += fabs(r->w[k]);
		code[k] = r->w[k] >= 0 ? 1 : -1;
	}
	return sum / (double)r->count;
}

double weights_quantize(const float *w, size_t count, unsigned int bits,
			int32_t *code)
{
	struct row r = { w, count, bits > 1 ? (1 << (bits - 1)) - 1 : 1 };
	double largest = 0, scale;

	for (size_t k = 0; k < count; k++)
		largest = fmax(largest, fabs(w[k]));
	if (bits == 1) {
		scale = bipolar(&r, code);
		return scale > 0 ? scale : 1;
	}
	if (!(largest > 0)) {
		for (size_t k = 0; k < count; k++)
			code[k] = 0;
		return 1;
	}
	scale = largest / r.max;
	if (bits < 8)
		scale = search_minimum(squared_error, &r, scale / 16, scale);
	for (size_t k = 0; k < count; k++)
		code[k] = (int32_t)code_of(w[k], scale, r.max);
	return scale;
}

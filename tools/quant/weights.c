// SPDX-License-Identifier: MIT
/* One output channel at a time, in equal steps. */
#include "weights.h"

#include <math.h>
#include <string.h>

#include "search.h"

/* Weights below this part of their mean magnitude become 0 (TWN). */
#define TERNARY_THRESHOLD	0.7

struct row {
	const float *w;
	size_t count;
	int32_t max;		/* codes are -max to max */
};

static double code_of(double w, double scale, int32_t max)
{
	return fmin(fmax(rint(w / scale), -max), max);
}

static double largest_of(const float *w, size_t count)
{
	double largest = 0;

	for (size_t k = 0; k < count; k++)
		largest = fmax(largest, fabs(w[k]));
	return largest;
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

static double less_cosine(double scale, const void *data)
{
	const struct row *r = data;
	double product = 0, square = 0;

	for (size_t k = 0; k < r->count; k++) {
		double q = code_of(r->w[k], scale, r->max);

		product += r->w[k] * q;
		square += q * q;
	}
	return square > 0 ? -product / sqrt(square) : 0;
}

static double put_codes(const struct row *r, double scale, int32_t *code)
{
	for (size_t k = 0; k < r->count; k++)
		code[k] = (int32_t)code_of(r->w[k], scale, r->max);
	return scale;
}

/* A channel of zeros has codes of zero in steps of any size. */
static double put_zeros(const struct row *r, int32_t *code)
{
	memset(code, 0, r->count * sizeof(*code));
	return 1;
}

double weights_minmax(const float *w, size_t count, int32_t max, int32_t *code)
{
	struct row r = { w, count, max };
	double largest = largest_of(w, count);

	return largest > 0 ? put_codes(&r, largest / max, code) :
			     put_zeros(&r, code);
}

double weights_mse(const float *w, size_t count, int32_t max, int32_t *code)
{
	struct row r = { w, count, max };
	double scale = largest_of(w, count) / max;

	if (!(scale > 0))
		return put_zeros(&r, code);
	scale = search_minimum(squared_error, &r, scale / 16, scale);
	return put_codes(&r, scale, code);
}

double weights_fit(const float *w, size_t count, const int32_t *code,
		   bool negative, double otherwise)
{
	double product = 0, square = 0;

	for (size_t k = 0; k < count; k++) {
		product += (double)w[k] * code[k];
		square += (double)code[k] * code[k];
	}
	if (negative)
		product = -product;
	return product > 0 ? product / square : otherwise;
}

double weights_cosine(const float *w, size_t count, int32_t max, int32_t *code)
{
	struct row r = { w, count, max };
	double scale = largest_of(w, count) / max, mse;

	if (!(scale > 0))
		return put_zeros(&r, code);
	mse = search_minimum(squared_error, &r, scale / 16, scale);
	/* With one step, up to where the largest alone is not zero. */
	scale = search_minimum(less_cosine, &r, scale / 16, 1.99 * scale);
	if (less_cosine(mse, &r) < less_cosine(scale, &r))
		scale = mse;
	put_codes(&r, scale, code);
	return weights_fit(w, count, code, false, 0);
}

double weights_binary(const float *w, size_t count, int32_t *code)
{
	double sum = 0;

	for (size_t k = 0; k < count; k++) {
		sum += fabs(w[k]);
		code[k] = w[k] >= 0 ? 1 : -1;
	}
	sum /= (double)count;
	return sum > 0 ? sum : 1;
}

double weights_ternary(const float *w, size_t count, int32_t *code)
{
	double mean = 0, sum = 0;
	size_t taken = 0;

	for (size_t k = 0; k < count; k++)
		mean += fabs(w[k]) / (double)count;
	for (size_t k = 0; k < count; k++) {
		bool large = fabs(w[k]) > TERNARY_THRESHOLD * mean;

		code[k] = !large ? 0 : w[k] > 0 ? 1 : -1;
		sum += large ? fabs(w[k]) : 0;
		taken += large;
	}
	return taken ? sum / (double)taken : 1;
}

int32_t weights_nearest(const int32_t *level, uint32_t count, double x)
{
	uint32_t below = 0, above = count - 1;

	while (above - below > 1) {
		uint32_t middle = (below + above) / 2;

		if (level[middle] <= x)
			below = middle;
		else
			above = middle;
	}
	return x - level[below] <= level[above] - x ? level[below] : level[above];
}

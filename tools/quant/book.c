// SPDX-License-Identifier: MIT
#include "book.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"
#include "tools/graph/mem.h"

static int by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

/*
 * Real levels become the integers of book @number; what one of them is worth is
 * returned. Places that are left over repeat the last level.
 */
static double put_book(struct weight_codes *wc, uint32_t number,
		       const double *level, uint32_t count)
{
	uint32_t places = 1u << wc->book_bits;
	int32_t *book = wc->book + (size_t)number * places;
	double most = 0, step;

	for (uint32_t i = 0; i < count; i++)
		most = fmax(most, fabs(level[i]));
	step = most > 0 ? most / BOOK_REACH : 1;
	for (uint32_t i = 0; i < places; i++)
		book[i] = (int32_t)rint(level[i < count ? i : count - 1] / step);
	qsort(book, places, sizeof(*book), by_value);
	return step;
}

/* What a channel is quantized from: its negative, where its scale is negative. */
static double number(const float *w, const struct weight_codes *wc, uint32_t o,
		     size_t k)
{
	double x = w[o * wc->row + k];

	return wc->scale[o] < 0 ? -x : x;
}

static const int32_t *book_of(const struct weight_codes *wc, uint32_t o)
{
	return wc->book + ((size_t)(o / wc->book_channels) << wc->book_bits);
}

/* The nearest level for each weight of a channel, with a step of @scale. */
static void assign(struct weight_codes *wc, const float *w, uint32_t o,
		   double scale)
{
	const int32_t *book = book_of(wc, o);

	for (size_t k = 0; k < wc->row; k++)
		wc->code[o * wc->row + k] =
			weights_nearest(book, 1u << wc->book_bits,
					number(w, wc, o, k) / scale);
	wc->scale[o] = copysign(scale, wc->scale[o]);
}

struct channel {
	const struct weight_codes *wc;
	const float *w;
	uint32_t o;
};

static double squared_error(double scale, const void *data)
{
	const struct channel *c = data;
	const int32_t *book = book_of(c->wc, c->o);
	double sum = 0;

	for (size_t k = 0; k < c->wc->row; k++) {
		double x = number(c->w, c->wc, c->o, k);
		double d = x - scale * weights_nearest(book,
						       1u << c->wc->book_bits,
						       x / scale);

		sum += d * d;
	}
	return sum;
}

/* The step with the least squared error for the book that is there. */
static void fit_channel(struct weight_codes *wc, const float *w, uint32_t o)
{
	struct channel c = { wc, w, o };
	const int32_t *book = book_of(wc, o);
	int32_t last = book[(1u << wc->book_bits) - 1];
	int32_t reach = abs(book[0]) > abs(last) ? abs(book[0]) : abs(last);
	double most = 0;

	for (size_t k = 0; k < wc->row; k++)
		most = fmax(most, fabs(number(w, wc, o, k)));
	if (!(most > 0)) {
		assign(wc, w, o, 1);
		return;
	}
	assign(wc, w, o, search_minimum(squared_error, &c, most / reach / 4,
					most / reach * 2));
}

void book_power2(struct weight_codes *wc, const float *w)
{
	uint32_t places = 1u << wc->book_bits, exponents = places / 2 - 1;
	int32_t *book = wc->book;

	wc->book_channels = wc->out;
	for (uint32_t e = 0; e < exponents; e++) {
		book[exponents - 1 - e] = -(1 << e);
		book[exponents] = 0;
		book[exponents + 1 + e] = 1 << e;
	}
	book[places - 1] = book[places - 2];
	for (uint32_t o = 0; o < wc->out; o++)
		fit_channel(wc, w, o);
}

void book_residual(struct weight_codes *wc, const float *w)
{
	uint32_t planes = wc->book_bits, places = 1u << planes;
	double level[1u << WEIGHTS_MAX_BOOK_BITS], *rest;

	rest = mem_array(wc->row, sizeof(*rest));
	wc->book_channels = 1;
	for (uint32_t o = 0; o < wc->out; o++) {
		memset(level, 0, sizeof(level));
		for (size_t k = 0; k < wc->row; k++)
			rest[k] = number(w, wc, o, k);
		for (uint32_t p = 0; p < planes; p++) {
			double a = 0;

			for (size_t k = 0; k < wc->row; k++)
				a += fabs(rest[k]) / (double)wc->row;
			for (size_t k = 0; k < wc->row; k++)
				rest[k] -= rest[k] >= 0 ? a : -a;
			for (uint32_t i = 0; i < places; i++)
				level[i] += i >> p & 1 ? a : -a;
		}
		assign(wc, w, o, put_book(wc, o, level, places));
	}
	free(rest);
}

/* The means of what is nearest to each level, again and again. */
static void ttq_levels(const struct weight_codes *wc, const float *w,
		       uint32_t o, double level[3])
{
	double mean = 0;

	for (size_t k = 0; k < wc->row; k++)
		mean += fabs(number(w, wc, o, k)) / (double)wc->row;
	level[0] = -1.4 * mean;
	level[2] = 1.4 * mean;
	for (int round = 0; round < 20; round++) {
		double sum[2] = { 0 }, count[2] = { 0 };

		for (size_t k = 0; k < wc->row; k++) {
			double x = number(w, wc, o, k);
			int side = x > 0;

			if (fabs(x) <= fabs(level[2 * side]) / 2)
				continue;
			sum[side] += x;
			count[side]++;
		}
		for (int side = 0; side < 2; side++)
			if (count[side] > 0)
				level[2 * side] = sum[side] / count[side];
	}
}

void book_ttq(struct weight_codes *wc, const float *w)
{
	wc->book_channels = 1;
	for (uint32_t o = 0; o < wc->out; o++) {
		double level[3] = { 0 };

		ttq_levels(wc, w, o, level);
		assign(wc, w, o, put_book(wc, o, level, 3));
	}
}

struct sample {
	double x;
	double weight;
};

static int by_number(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->x > y->x) - (x->x < y->x);
}

/* Rounds of a book for the channels and scales for the book. */
#define ROUNDS	4

/*
 * The numbers of a group of channels, each in units of its channel's scale, so
 * that one book suits all of them. A large weight counts more: an error there
 * moves the result further.
 */
static uint32_t take_group(const struct weight_codes *wc, const float *w,
			   uint32_t first, double *x, double *weight)
{
	uint32_t last = first + wc->book_channels;
	struct sample *s;
	size_t n = 0;

	last = last < wc->out ? last : wc->out;
	s = mem_array((last - first) * wc->row, sizeof(*s));
	for (uint32_t o = first; o < last; o++)
		for (size_t k = 0; k < wc->row; k++, n++) {
			s[n].x = number(w, wc, o, k) / fabs(wc->scale[o]);
			s[n].weight = fabs(s[n].x);
		}
	qsort(s, n, sizeof(*s), by_number);
	for (size_t i = 0; i < n; i++) {
		x[i] = s[i].x;
		weight[i] = s[i].weight;
	}
	free(s);
	return last;
}

/* To begin with, the root of the mean square is 1. */
static void normalize(struct weight_codes *wc, const float *w)
{
	for (uint32_t o = 0; o < wc->out; o++) {
		double sum = 0;

		for (size_t k = 0; k < wc->row; k++)
			sum += (double)w[o * wc->row + k] * w[o * wc->row + k];
		sum = sqrt(sum / (double)wc->row);
		wc->scale[o] = copysign(sum > 0 ? sum : 1, wc->scale[o]);
	}
}

/* The scale that fits a channel's codes, and the codes that fit that. */
static void refit(struct weight_codes *wc, const float *w, uint32_t o)
{
	assign(wc, w, o, weights_fit(w + o * wc->row, wc->row,
				     wc->code + o * wc->row, wc->scale[o] < 0,
				     fabs(wc->scale[o])));
}

void book_lloyd(struct weight_codes *wc, const float *w, bool zero)
{
	uint32_t places = 1u << wc->book_bits, last;
	size_t most = (size_t)wc->book_channels * wc->row;
	double *x = mem_array(most, sizeof(*x));
	double *weight = mem_array(most, sizeof(*weight));
	double level[1u << WEIGHTS_MAX_BOOK_BITS], step;

	normalize(wc, w);
	for (uint32_t first = 0; first < wc->out; first = last) {
		last = first;
		for (int round = 0; round < ROUNDS; round++) {
			last = take_group(wc, w, first, x, weight);
			book_levels(x, weight, (last - first) * wc->row, zero,
				    level, places);
			step = put_book(wc, first / wc->book_channels, level,
					places);
			for (uint32_t o = first; o < last; o++) {
				assign(wc, w, o, fabs(wc->scale[o]) * step);
				refit(wc, w, o);
				if (round + 1 < ROUNDS)
					wc->scale[o] /= step;
			}
		}
	}
	free(x);
	free(weight);
}

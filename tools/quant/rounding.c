// SPDX-License-Identifier: MIT
#include "rounding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"
#include "weights.h"

#define MAX_SWEEPS	20

static int find_root(struct quadratic *q)
{
	size_t n = q->n;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j <= i; j++) {
			const double *a = q->root + i * n, *b = q->root + j * n;
			double sum = q->h[i * n + j];

			for (size_t k = 0; k < j; k++)
				sum -= a[k] * b[k];
			if (i != j)
				q->root[i * n + j] = sum / b[j];
			else if (sum > 0)
				q->root[i * n + i] = sqrt(sum);
			else
				return -1;
		}
	return 0;
}

int quadratic_open(struct quadratic *q, double *h, size_t n)
{
	*q = (struct quadratic){ n, h, mem_array(n * n, sizeof(double)) };
	return find_root(q);
}

void quadratic_free(struct quadratic *q)
{
	free(q->h);
	free(q->root);
}

void quadratic_solve(const struct quadratic *q, const double *c, double *x)
{
	size_t n = q->n;

	for (size_t i = 0; i < n; i++) {
		const double *row = q->root + i * n;

		x[i] = c[i];
		for (size_t k = 0; k < i; k++)
			x[i] -= row[k] * x[k];
		x[i] /= row[i];
	}
	for (size_t i = n; i-- > 0;) {
		x[i] /= q->root[i * n + i];
		for (size_t k = 0; k < i; k++)
			x[k] -= q->root[i * n + k] * x[i];
	}
}

/* H times the codes. */
static void multiply(const struct quadratic *q, const int32_t *code,
		     double *out)
{
	memset(out, 0, q->n * sizeof(*out));
	for (size_t j = 0; j < q->n; j++) {
		const double *row = q->h + j * q->n;

		if (!code[j])
			continue;
		for (size_t k = 0; k < q->n; k++)
			out[k] += row[k] * code[j];
	}
}

static double product(const double *a, const int32_t *code, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * code[i];
	return sum;
}

void rounding_compensate(const struct quadratic *q, const double *best,
			 const int32_t *level, uint32_t levels, double scale,
			 int32_t *code)
{
	/* What is lost in front of each, in units of its diagonal. */
	double *lost = mem_array(q->n, sizeof(*lost));

	for (size_t j = q->n; j-- > 0;) {
		const double *row = q->root + j * q->n;
		double wanted = best[j] - lost[j] / row[j], off;

		code[j] = weights_nearest(level, levels, wanted / scale);
		off = code[j] * scale - best[j];
		for (size_t k = 0; k < j; k++)
			lost[k] += row[k] * off;
	}
	free(lost);
}

/* One sweep over the codes. @hx is kept H times them. Did one change? */
static bool sweep(const struct quadratic *q, const double *c,
		  const int32_t *level, uint32_t levels, double scale,
		  int32_t *code, double *hx)
{
	bool changed = false;

	for (size_t j = 0; j < q->n; j++) {
		const double *row = q->h + j * q->n;
		double others = scale * (hx[j] - row[j] * code[j]);
		int32_t v = weights_nearest(level, levels, (c[j] - others) /
					    row[j] / scale);
		int32_t by = v - code[j];

		if (!by)
			continue;
		code[j] = v;
		for (size_t k = 0; k < q->n; k++)
			hx[k] += row[k] * by;
		changed = true;
	}
	return changed;
}

double rounding_descend(const struct quadratic *q, const double *c,
			const int32_t *level, uint32_t levels, double *scale,
			int32_t *code)
{
	double *hx = mem_array(q->n, sizeof(*hx)), value = 0;

	multiply(q, code, hx);
	for (int i = 0; i < MAX_SWEEPS; i++) {
		double square = product(hx, code, q->n);
		double fits = product(c, code, q->n);

		/* The scale keeps its sign. */
		if (square > 0 && fits / square / *scale > 0)
			*scale = fits / square;
		value = *scale * (*scale * square - 2 * fits);
		if (!sweep(q, c, level, levels, *scale, code, hx))
			break;
	}
	value = *scale * (*scale * product(hx, code, q->n) -
			  2 * product(c, code, q->n));
	free(hx);
	return value;
}

double rounding_search(const struct quadratic *q, const double *c,
		       const double *best, const int32_t *level,
		       uint32_t levels, double *scale, int32_t *code)
{
	static const double part[] = { 1, 0.8, 0.65, 1.25 };
	int32_t *trial = mem_array(q->n, sizeof(*trial));
	double start = *scale, least;

	least = rounding_descend(q, c, level, levels, scale, code);
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		double s = start * part[i], value;

		rounding_compensate(q, best, level, levels, s, trial);
		value = rounding_descend(q, c, level, levels, &s, trial);
		if (!(value < least))
			continue;
		least = value;
		*scale = s;
		memcpy(code, trial, q->n * sizeof(*code));
	}
	free(trial);
	return least;
}

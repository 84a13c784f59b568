/* SPDX-License-Identifier: MIT */
/*
 * Codes for which x'Hx - 2c'x is small, where x is a scale times the codes: the
 * squared error of what a layer computes, and not that of its weights.
 */
#ifndef TOOLS_ROUNDING_H
#define TOOLS_ROUNDING_H

#include <stddef.h>
#include <stdint.h>

struct quadratic {
	size_t n;
	double *h;		/* [n][n], positive definite */
	double *root;		/* [n][n], lower: root * root' = h */
};

/* Takes over @h. Returns -1 where it is not positive definite. */
int quadratic_open(struct quadratic *q, double *h, size_t n);
void quadratic_free(struct quadratic *q);

/* The real x with the least of all. */
void quadratic_solve(const struct quadratic *q, const double *c, double *x);

/*
 * From the last code to the first, each is rounded so as to make up for what
 * the ones before it have lost (Babai's nearest plane; GPTQ is the same).
 */
void rounding_compensate(const struct quadratic *q, const double *best,
			 const int32_t *level, uint32_t levels, double scale,
			 int32_t *code);

/*
 * Change one code after the other to what is best given all others, and the
 * scale in between, until nothing gets better. Returns the value, which is not
 * above that of the start.
 */
double rounding_descend(const struct quadratic *q, const double *c,
			const int32_t *level, uint32_t levels, double *scale,
			int32_t *code);

/*
 * The best of what both find from several starts, with @code and @scale as one of
 * them. @best: the real x with the least of all.
 */
double rounding_search(const struct quadratic *q, const double *c,
		       const double *best, const int32_t *level,
		       uint32_t levels, double *scale, int32_t *code);

#endif /* TOOLS_ROUNDING_H */

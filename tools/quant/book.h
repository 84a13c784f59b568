/* SPDX-License-Identifier: MIT */
/*
 * Code books: levels at any distance. The device has them as 8-bit integers, so
 * each function ends with levels whose largest magnitude is 127.
 */
#ifndef TOOLS_BOOK_H
#define TOOLS_BOOK_H

#include "weights.h"

#define BOOK_REACH	127

/*
 * Code books for the channels of @wc->code, whose room is there; all functions
 * fill in codes, scales and books.
 */
void book_power2(struct weight_codes *wc, const float *w);
/* Per channel: sums of +a and -a, as many as there are bits. */
void book_residual(struct weight_codes *wc, const float *w);
/* Per channel: 0, one level below it and one above. */
void book_ttq(struct weight_codes *wc, const float *w);
/* Lloyd's algorithm, for each group of channels; @zero: one level is 0. */
void book_lloyd(struct weight_codes *wc, const float *w, bool zero);

/*
 * The @count levels that @n numbers are best replaced with, where an error
 * counts as much as @weight says; ascending. With @zero, one of them is 0.
 * Returns the sum of weight times squared error. @x is sorted.
 */
double book_levels(const double *x, const double *weight, size_t n, bool zero,
		   double *level, uint32_t count);

#endif /* TOOLS_BOOK_H */

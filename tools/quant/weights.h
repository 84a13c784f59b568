/* SPDX-License-Identifier: MIT */
/*
 * Weights as small integers times a scale of their output channel. Each method
 * is a section of Documentation/quantization.rst.
 */
#ifndef TOOLS_WEIGHTS_H
#define TOOLS_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weight_method {
	WEIGHTS_AUTO,		/* by width: minmax, mse, binary */
	WEIGHTS_MINMAX,
	WEIGHTS_MSE,
	WEIGHTS_COSINE,
	WEIGHTS_BINARY,
	WEIGHTS_TERNARY,
	WEIGHTS_TTQ,		/* ternary with two scales */
	WEIGHTS_POWER2,
	WEIGHTS_RESIDUAL,	/* sums of binary filters */
	WEIGHTS_CODEBOOK,
	WEIGHTS_CODEBOOK0,	/* one of its levels is 0 */
	WEIGHTS_METHODS,
};

#define WEIGHTS_MAX_LEVELS	256u
#define WEIGHTS_MAX_BOOK_BITS	5u

struct weight_choice {
	enum weight_method method;
	unsigned int bits;	/* 1 to 8 */
	/* Output channels that share a code book; 0: all of them. */
	uint32_t book_channels;
	bool stochastic;	/* rounding, of equal steps */
	uint64_t seed;
};

/* The weights of a layer: real = code * scale[channel]. */
struct weight_codes {
	uint32_t out;
	size_t row;		/* weights of an output channel */
	int32_t *code;		/* [out][row] */
	double *scale;		/* [out]; not 0; above it without a book */
	int32_t max;		/* without a book, codes are -max to max */
	bool no_zero;		/* but not 0: binary */
	/*
	 * Code books of 2^book_bits values each, ascending; the codes are values
	 * of them. NULL: equal steps.
	 */
	int32_t *book;
	unsigned int book_bits;
	uint32_t book_channels;	/* that share one; never 0 */
	const char *by;		/* for reports */
};

/*
 * Quantize @out channels of @row weights. Where @negative[channel] is true, the
 * negative of the channel is what a code book is for: its scale is below zero
 * then. May be NULL.
 */
void weights_make(struct weight_codes *wc, const float *w, uint32_t out,
		  size_t row, const struct weight_choice *choice,
		  const bool *negative);
void weights_free(struct weight_codes *wc);

/* The codes that channel @o may have, ascending. Returns their number. */
uint32_t weights_levels(const struct weight_codes *wc, uint32_t o,
			int32_t level[WEIGHTS_MAX_LEVELS]);

/* Why @choice is not possible; NULL: it is. */
const char *weights_refuse(const struct weight_choice *choice);

/* Has it a code that stands for exactly 0? */
bool weights_have_zero(const struct weight_choice *choice);

/* The same for weights of @bits: by the same method where it has that width. */
struct weight_choice weights_at(const struct weight_choice *choice,
				unsigned int bits);

/* -1: unknown */
int weights_method_parse(const char *name);
const char *weights_method_name(enum weight_method method);

/* Parts of weights_make(), for a channel; they return the scale, above zero. */

/* Codes are -max to max. */
double weights_minmax(const float *w, size_t count, int32_t max, int32_t *code);
double weights_mse(const float *w, size_t count, int32_t max, int32_t *code);
/* The codes with the largest cosine to @w; the scale of least squared error. */
double weights_cosine(const float *w, size_t count, int32_t max, int32_t *code);
double weights_binary(const float *w, size_t count, int32_t *code);
double weights_ternary(const float *w, size_t count, int32_t *code);

/*
 * The scale with which @code is closest to @w, or to its negative if @negative;
 * @otherwise: none above zero does.
 */
double weights_fit(const float *w, size_t count, const int32_t *code,
		   bool negative, double otherwise);
/* Nearest of @count ascending levels; the lower one of two. */
int32_t weights_nearest(const int32_t *level, uint32_t count, double x);

#endif /* TOOLS_WEIGHTS_H */

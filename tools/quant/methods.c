// SPDX-License-Identifier: MIT
/* Which method quantizes the weights of a layer. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "book.h"
#include "tools/graph/mem.h"
#include "weights.h"

/* What a channel of zeros may come to, as a part of the largest scale. */
#define NEXT_TO_NOTHING	1e-6

static const struct method {
	const char *name;	/* as an option */
	const char *by;		/* in reports */
	unsigned int least, most;	/* bits */
	bool book;
} methods[WEIGHTS_METHODS] = {
	[WEIGHTS_AUTO] = { "auto", NULL, 1, 8, false },
	[WEIGHTS_MINMAX] = { "minmax", "max", 2, 8, false },
	[WEIGHTS_MSE] = { "mse", "mse", 2, 8, false },
	[WEIGHTS_COSINE] = { "cosine", "cosine", 2, 8, false },
	[WEIGHTS_BINARY] = { "binary", "mean", 1, 1, false },
	[WEIGHTS_TERNARY] = { "ternary", "ternary", 2, 2, false },
	[WEIGHTS_TTQ] = { "ttq", "ttq", 2, 2, true },
	[WEIGHTS_POWER2] = { "power2", "power2", 2, 4, true },
	[WEIGHTS_RESIDUAL] = { "residual", "residual", 2, 3, true },
	[WEIGHTS_CODEBOOK] = { "codebook", "codebook", 2, 5, true },
	[WEIGHTS_CODEBOOK0] = { "codebook0", "codebook0", 2, 5, true },
};

int weights_method_parse(const char *name)
{
	for (int i = 0; i < WEIGHTS_METHODS; i++)
		if (!strcmp(name, methods[i].name))
			return i;
	return -1;
}

const char *weights_method_name(enum weight_method method)
{
	return methods[method].name;
}

static enum weight_method real_method(const struct weight_choice *c)
{
	if (c->method != WEIGHTS_AUTO)
		return c->method;
	return c->bits == 8 ? WEIGHTS_MINMAX :
	       c->bits == 1 ? WEIGHTS_BINARY : WEIGHTS_MSE;
}

const char *weights_refuse(const struct weight_choice *c)
{
	const struct method *m = &methods[real_method(c)];

	if (c->bits < m->least)
		return "it needs more bits";
	if (c->bits > m->most)
		return "it is for fewer bits";
	if (c->stochastic && (m->book || real_method(c) == WEIGHTS_BINARY ||
			      real_method(c) == WEIGHTS_TERNARY))
		return "random rounding is for equal steps";
	return NULL;
}

bool weights_have_zero(const struct weight_choice *c)
{
	enum weight_method m = real_method(c);

	return m != WEIGHTS_BINARY && m != WEIGHTS_RESIDUAL &&
	       m != WEIGHTS_CODEBOOK;
}

struct weight_choice weights_at(const struct weight_choice *choice,
				unsigned int bits)
{
	struct weight_choice c = *choice;

	c.bits = bits;
	if (weights_refuse(&c))
		c.method = WEIGHTS_AUTO;
	if (weights_refuse(&c))
		c.stochastic = false;
	return c;
}

/* SplitMix64: a number from 0 to 1 for each weight of the layer. */
static double random_part(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + (index + 1) * 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static void round_randomly(struct weight_codes *wc, const float *w,
			   uint64_t seed)
{
	for (uint32_t o = 0; o < wc->out; o++)
		for (size_t k = 0; k < wc->row; k++) {
			size_t i = o * wc->row + k;
			double x = floor(w[i] / wc->scale[o] +
					 random_part(seed, i));

			wc->code[i] = (int32_t)fmin(fmax(x, -wc->max), wc->max);
		}
}

static void make_rows(struct weight_codes *wc, const float *w,
		      const struct weight_choice *c)
{
	enum weight_method method = real_method(c);

	wc->max = c->bits > 1 ? (1 << (c->bits - 1)) - 1 : 1;
	wc->no_zero = method == WEIGHTS_BINARY;
	for (uint32_t o = 0; o < wc->out; o++) {
		const float *row = w + o * wc->row;
		int32_t *code = wc->code + o * wc->row;

		wc->scale[o] =
			method == WEIGHTS_MINMAX ?
				weights_minmax(row, wc->row, wc->max, code) :
			method == WEIGHTS_MSE ?
				weights_mse(row, wc->row, wc->max, code) :
			method == WEIGHTS_COSINE ?
				weights_cosine(row, wc->row, wc->max, code) :
			method == WEIGHTS_BINARY ?
				weights_binary(row, wc->row, code) :
				weights_ternary(row, wc->row, code);
	}
	if (c->stochastic)
		round_randomly(wc, w, c->seed);
}

static void make_book(struct weight_codes *wc, const float *w,
		      const struct weight_choice *c, const bool *negative)
{
	wc->book_bits = c->bits;
	wc->book_channels = c->book_channels && c->book_channels < wc->out ?
			    c->book_channels : wc->out;
	/* Room for a book of each channel; some methods need that many. */
	wc->book = mem_array((size_t)wc->out << c->bits, sizeof(*wc->book));
	for (uint32_t o = 0; o < wc->out; o++)
		wc->scale[o] = negative && negative[o] ? -1 : 1;
	switch (c->method) {
	case WEIGHTS_TTQ:
		book_ttq(wc, w);
		break;
	case WEIGHTS_POWER2:
		book_power2(wc, w);
		break;
	case WEIGHTS_RESIDUAL:
		book_residual(wc, w);
		break;
	default:
		book_lloyd(wc, w, c->method == WEIGHTS_CODEBOOK0);
		break;
	}
}

static bool all_zero(const float *row, size_t count)
{
	for (size_t k = 0; k < count; k++)
		if (row[k] != 0)
			return false;
	return true;
}

/*
 * A channel of zeros has no scale of its own: that of the others where its codes
 * are 0, and next to nothing where the method has none.
 */
static void settle_zeros(struct weight_codes *wc, const float *w)
{
	double most = 0;

	for (uint32_t o = 0; o < wc->out; o++)
		if (!all_zero(w + o * wc->row, wc->row))
			most = fmax(most, fabs(wc->scale[o]));
	most = most > 0 ? most : 1;
	for (uint32_t o = 0; o < wc->out; o++) {
		bool coded = false;

		if (!all_zero(w + o * wc->row, wc->row))
			continue;
		for (size_t k = 0; k < wc->row; k++)
			coded = coded || wc->code[o * wc->row + k];
		wc->scale[o] = copysign(coded ? most * NEXT_TO_NOTHING : most,
					wc->scale[o]);
	}
}

void weights_make(struct weight_codes *wc, const float *w, uint32_t out,
		  size_t row, const struct weight_choice *choice,
		  const bool *negative)
{
	const struct method *m = &methods[real_method(choice)];

	*wc = (struct weight_codes){ .out = out, .row = row, .by = m->by };
	wc->code = mem_array(out * row, sizeof(*wc->code));
	wc->scale = mem_array(out, sizeof(*wc->scale));
	if (m->book)
		make_book(wc, w, choice, negative);
	else
		make_rows(wc, w, choice);
	settle_zeros(wc, w);
}

void weights_free(struct weight_codes *wc)
{
	free(wc->code);
	free(wc->scale);
	free(wc->book);
	*wc = (struct weight_codes){ 0 };
}

uint32_t weights_levels(const struct weight_codes *wc, uint32_t o,
			int32_t level[WEIGHTS_MAX_LEVELS])
{
	uint32_t count = 0;

	if (wc->book) {
		uint32_t places = 1u << wc->book_bits;
		const int32_t *book = wc->book +
				      (size_t)(o / wc->book_channels) * places;

		for (uint32_t i = 0; i < places; i++)
			if (!i || book[i] != book[i - 1])
				level[count++] = book[i];
		return count;
	}
	for (int32_t v = -wc->max; v <= wc->max; v++)
		if (v || !wc->no_zero)
			level[count++] = v;
	return count;
}

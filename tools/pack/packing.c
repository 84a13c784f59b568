// SPDX-License-Identifier: MIT
#include "packing.h"

#include <stdlib.h>
#include <string.h>

#include "qnn_device.h"
#include "tools/graph/mem.h"

#define BYTES		256
#define BOOK_BITS	5	/* the widest code book */

/* Or as many as the book has. */
uint32_t packing_index(const struct packing *p, uint32_t out, int32_t v)
{
	const int32_t *book = p->book + (size_t)(out / p->channels) * p->places;
	uint32_t i = 0;

	while (i < p->places && book[i] != v)
		i++;
	return i;
}

static bool in_book(const struct layer *l, const struct packing *p)
{
	for (uint32_t o = 0; o < l->out; o++)
		for (size_t k = 0; k < layer_row(l); k++)
			if (packing_index(p, o, l->code[o * layer_row(l) + k]) ==
			    p->places)
				return false;
	return true;
}

/* seen[out][BYTES]: the codes of each channel; code -128 is number 0. */
static bool *codes_of(const struct layer *l)
{
	bool *seen = mem_array((size_t)l->out * BYTES, sizeof(*seen));

	for (uint32_t o = 0; o < l->out; o++)
		for (size_t k = 0; k < layer_row(l); k++)
			seen[o * BYTES + (size_t)(l->code[o * layer_row(l) + k] +
						  BYTES / 2)] = true;
	return seen;
}

/* The codes of some channels, ascending; returns how many. */
static uint32_t collect(const bool *seen, uint32_t channels, int32_t code[BYTES])
{
	uint32_t count = 0;

	for (uint32_t v = 0; v < BYTES; v++) {
		bool used = false;

		for (uint32_t o = 0; o < channels && !used; o++)
			used = seen[o * BYTES + v];
		if (used)
			code[count++] = (int32_t)v - BYTES / 2;
	}
	return count;
}

static uint32_t bits_for(uint32_t count)
{
	uint32_t bits = 1;

	while (1u << bits < count)
		bits++;
	return bits;
}

static uint32_t books_of(const struct layer *l, uint32_t channels)
{
	return (l->out + channels - 1) / channels;
}

/* Channels of the book number @i, of those that the layer has. */
static uint32_t members(const struct layer *l, uint32_t channels, uint32_t i)
{
	uint32_t rest = l->out - i * channels;

	return rest < channels ? rest : channels;
}

/* Bits of an index where so many channels share a book. */
static uint32_t index_bits(const struct layer *l, const bool *seen,
			   uint32_t channels)
{
	uint32_t most = 1;
	int32_t code[BYTES];

	for (uint32_t i = 0; i < books_of(l, channels); i++) {
		uint32_t bits = bits_for(collect(
			seen + (size_t)i * channels * BYTES,
			members(l, channels, i), code));

		most = bits > most ? bits : most;
	}
	return most;
}

static size_t bytes_of(const struct layer *l, uint32_t channels, uint32_t bits)
{
	return (layer_row(l) * bits + 7) / 8 * l->out +
	       ((size_t)books_of(l, channels) << bits);
}

static void fill_books(const struct layer *l, const bool *seen,
		       struct packing *p)
{
	uint32_t books = books_of(l, p->channels);

	p->found = mem_array((size_t)books * p->places, sizeof(*p->found));
	for (uint32_t i = 0; i < books; i++) {
		int32_t code[BYTES], *book = p->found + (size_t)i * p->places;
		uint32_t count = collect(seen + (size_t)i * p->channels * BYTES,
					 members(l, p->channels, i), code);

		for (uint32_t k = 0; k < p->places; k++)
			book[k] = code[k < count ? k : count - 1];
	}
	p->book = p->found;
}

/* Fewer and fewer channels share a book, as long as one of them is left. */
static struct packing find_books(const struct layer *l)
{
	struct packing p = { .type = QNN_ELEM_S8 };
	size_t least = layer_row(l) * l->out;
	bool *seen = codes_of(l);

	for (uint32_t channels = l->out; channels; channels /= 2) {
		uint32_t bits = index_bits(l, seen, channels);

		if (bits > BOOK_BITS || bytes_of(l, channels, bits) >= least)
			continue;
		least = bytes_of(l, channels, bits);
		p.type = QNN_WEIGHT_CB1 + bits - 1;
		p.places = 1u << bits;
		p.channels = channels;
	}
	if (p.places)
		fill_books(l, seen, &p);
	free(seen);
	return p;
}

struct packing packing_choose(const struct layer *l, uint32_t type)
{
	const struct weight_codes *made = l->made;
	struct packing p = { .type = type }, book;

	if (l->exact)
		return type == QNN_ELEM_S8 && !l->zero_point ? find_books(l) : p;
	if (!made || !made->book || qnn_elem_bits(type) <= made->book_bits)
		return p;
	book = (struct packing){
		.type = QNN_WEIGHT_CB1 + made->book_bits - 1,
		.book = made->book, .places = 1u << made->book_bits,
		.channels = made->book_channels,
	};
	return in_book(l, &book) ? book : p;
}

void packing_close(struct packing *p)
{
	free(p->found);
}

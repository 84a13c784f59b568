// SPDX-License-Identifier: MIT
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

struct constant *constant_new(size_t rank, const uint64_t *dims, bool integer)
{
	struct constant *c = mem_array(1, sizeof(*c));

	c->rank = rank;
	c->count = 1;
	for (size_t i = 0; i < rank; i++) {
		c->dims[i] = dims[i];
		c->count *= dims[i];
	}
	c->type = integer ? TYPE(INT64) : TYPE(FLOAT);
	if (integer)
		c->i = mem_array(c->count, sizeof(*c->i));
	else
		c->f = mem_array(c->count, sizeof(*c->f));
	return c;
}

struct constant *constant_like(const struct constant *c, size_t rank,
			       const uint64_t *dims)
{
	struct constant *n = constant_new(rank, dims, c->i);

	n->type = c->type;
	if (c->code) {
		n->code = mem_array(n->count, sizeof(*n->code));
		n->scale = mem_array(n->count, sizeof(*n->scale));
		n->q = c->q;
	}
	return n;
}

struct constant *constant_copy(const struct constant *c)
{
	struct constant *n = mem_copy(c, 1, sizeof(*c));

	if (c->f)
		n->f = mem_copy(c->f, c->count, sizeof(*c->f));
	if (c->i)
		n->i = mem_copy(c->i, c->count, sizeof(*c->i));
	if (c->code) {
		n->code = mem_copy(c->code, c->count, sizeof(*c->code));
		n->scale = mem_copy(c->scale, c->count, sizeof(*c->scale));
	}
	return n;
}

void constant_free(struct constant *c)
{
	if (!c)
		return;
	free(c->f);
	free(c->i);
	free(c->code);
	free(c->scale);
	free(c);
}

uint64_t constant_words(const struct constant *c)
{
	return (uint64_t)c->count * ((c->f ? 1 : 2) + (c->code ? 2 : 0));
}

bool constant_finite(const struct constant *c)
{
	for (size_t k = 0; c->f && k < c->count; k++)
		if (!isfinite(c->f[k]))
			return false;
	return true;
}

double constant_number(const struct constant *c, size_t k)
{
	return c->f ? c->f[k] : (double)c->i[k];
}

size_t constant_broadcast(const struct constant *c, size_t rank,
			  const uint64_t *dims, size_t k)
{
	size_t at = 0, step = 1;

	if (c->count == 1)
		return 0;
	for (size_t a = 0; a < rank && a < c->rank; a++) {
		size_t pos = k % dims[rank - 1 - a];
		size_t side = c->dims[c->rank - 1 - a];

		k /= dims[rank - 1 - a];
		if (side != 1)
			at += pos * step;
		step *= side;
	}
	return at;
}

bool constant_broadcasts(const struct constant *c, size_t rank,
			 const uint64_t *dims)
{
	if (c->count == 1)
		return true;
	if (c->rank > rank)
		return false;
	for (size_t a = 1; a <= c->rank; a++)
		if (c->dims[c->rank - a] != 1 &&
		    c->dims[c->rank - a] != dims[rank - a])
			return false;
	return true;
}

struct constant *constant_transpose(const struct constant *c,
				    const size_t *perm)
{
	struct constant *n = constant_copy(c);
	size_t stride[CONST_MAX_RANK], at[CONST_MAX_RANK] = { 0 }, step = 1;

	for (size_t a = c->rank; a-- > 0;) {
		stride[a] = step;
		step *= c->dims[a];
	}
	for (size_t a = 0; a < c->rank; a++)
		n->dims[a] = c->dims[perm[a]];
	for (size_t k = 0; k < c->count; k++) {
		size_t from = 0;

		for (size_t a = 0; a < c->rank; a++)
			from += at[a] * stride[perm[a]];
		if (c->f)
			n->f[k] = c->f[from];
		if (c->i)
			n->i[k] = c->i[from];
		if (c->code) {
			n->code[k] = c->code[from];
			n->scale[k] = c->scale[from];
		}
		for (size_t a = c->rank; a-- > 0 && ++at[a] == n->dims[a];)
			at[a] = 0;
	}
	return n;
}

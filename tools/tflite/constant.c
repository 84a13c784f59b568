// SPDX-License-Identifier: MIT
/* Numbers that a file has: shapes, weights, biases. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

const struct tfl_tensor *tfl_op_const(struct op *op, size_t k, const char *what)
{
	const struct symbol *s = tfl_op_symbol(op, k);

	if (!s) {
		tfl_op_problem(op, "its %s (input %zu) are missing", what, k);
		return NULL;
	}
	if (s->kind == SYMBOL_VALUE)
		tfl_op_problem(op, "its %s ('%.64s') must be constant", what,
			       tfl_op_input(op, k)->name);
	if (s->kind != SYMBOL_CONST)
		return NULL;
	return &op->imp->m->tensor[s->source];
}

static unsigned int type_bits(int32_t type)
{
	switch (type) {
	case TFL_FLOAT32:
	case TFL_INT32:
		return 32;
	case TFL_FLOAT16:
		return 16;
	case TFL_INT64:
		return 64;
	case TFL_INT8:
	case TFL_UINT8:
		return 8;
	case TFL_INT4:
		return 4;
	case TFL_INT2:
		return 2;
	default:
		return 0;
	}
}

bool tfl_op_spend(struct op *op, uint64_t numbers)
{
	op->imp->numbers += numbers;
	if (op->imp->numbers <= TFL_MAX_NUMBERS)
		return true;
	tfl_op_problem(op, "the network's layers take more than %u numbers",
		       TFL_MAX_NUMBERS);
	return false;
}

size_t tfl_op_elements(struct op *op, const struct tfl_tensor *t, const char *what)
{
	unsigned int bits = type_bits(t->type);
	uint64_t count = 1;

	if (!bits) {
		tfl_op_problem(op, "its %s ('%.64s') are of type %s, which is not supported",
			       what, t->name, tfl_type_name(t->type));
		return 0;
	}
	if (t->shape.n > TFL_MAX_RANK) {
		tfl_op_problem(op, "its %s ('%.64s') have %zu dimensions", what,
			       t->name, t->shape.n);
		return 0;
	}
	for (size_t k = 0; k < t->shape.n; k++) {
		int32_t d = t->shape.v[k];

		if (d > 0 && count * (uint32_t)d <= GRAPH_MAX_ELEMENTS) {
			count *= (uint32_t)d;
			continue;
		}
		tfl_op_problem(op, "its %s ('%.64s') have a dimension of %d; they may have 1 to %u numbers",
			       what, t->name, d, GRAPH_MAX_ELEMENTS);
		return 0;
	}
	if (t->sparse || t->elsewhere || t->variable) {
		tfl_op_problem(op, "its %s ('%.64s') are %s; that is not supported",
			       what, t->name, t->sparse ? "sparse" : t->elsewhere ?
			       "in another file" : "variable");
		return 0;
	}
	if (t->size != (count * bits + 7) / 8) {
		tfl_op_problem(op, "its %s ('%.64s') take %zu bytes, not %llu as their shape and type say",
			       what, t->name, t->size,
			       (unsigned long long)((count * bits + 7) / 8));
		return 0;
	}
	if (!tfl_op_spend(op, count))
		return 0;
	return (size_t)count;
}

static float half(uint16_t bits)
{
	int exponent = bits >> 10 & 31;
	float mantissa = (float)(bits & 0x3ff), x;

	if (exponent == 31)
		x = mantissa ? NAN : INFINITY;
	else if (exponent)
		x = ldexpf(mantissa + 1024, exponent - 25);
	else
		x = ldexpf(mantissa, -24);
	return bits >> 15 ? -x : x;
}

static int64_t integer(const struct tfl_tensor *t, size_t k)
{
	int32_t word;
	int64_t wide;

	switch (t->type) {
	case TFL_INT32:
		memcpy(&word, t->data + 4 * k, sizeof(word));
		return word;
	case TFL_INT64:
		memcpy(&wide, t->data + 8 * k, sizeof(wide));
		return wide;
	case TFL_INT8:
		return (int8_t)t->data[k];
	case TFL_UINT8:
		return t->data[k];
	case TFL_INT4:
		word = t->data[k / 2] >> 4 * (k % 2) & 15;
		return word - (word & 8) * 2;
	default:
		word = t->data[k / 4] >> 2 * (k % 4) & 3;
		return word - (word & 2) * 2;
	}
}

static bool read_floats(struct op *op, const struct tfl_tensor *t,
			const char *what, struct numbers *n)
{
	uint16_t bits;

	n->f = mem_array(n->count, sizeof(*n->f));
	if (t->type == TFL_FLOAT32)
		memcpy(n->f, t->data, n->count * sizeof(*n->f));
	for (size_t k = 0; k < n->count; k++) {
		if (t->type == TFL_FLOAT16) {
			memcpy(&bits, t->data + 2 * k, sizeof(bits));
			n->f[k] = half(bits);
		}
		if (isfinite(n->f[k]))
			continue;
		tfl_op_problem(op, "its %s ('%.64s') contain NaN or infinity",
			       what, t->name);
		numbers_free(n);
		return false;
	}
	return true;
}

bool tfl_op_numbers(struct op *op, size_t k, const char *what, struct numbers *n)
{
	const struct tfl_tensor *t = tfl_op_const(op, k, what);

	*n = (struct numbers){ 0 };
	if (!t)
		return false;
	n->count = tfl_op_elements(op, t, what);
	if (!n->count)
		return false;
	if (t->type == TFL_FLOAT32 || t->type == TFL_FLOAT16)
		return read_floats(op, t, what, n);
	n->i = mem_array(n->count, sizeof(*n->i));
	for (size_t j = 0; j < n->count; j++)
		n->i[j] = integer(t, j);
	return true;
}

bool tfl_op_ints(struct op *op, size_t k, const char *what, size_t min, size_t max,
		 struct numbers *n)
{
	if (!tfl_op_numbers(op, k, what, n))
		return false;
	if (n->i && n->count >= min && n->count <= max)
		return true;
	tfl_op_problem(op, "its %s ('%.64s') must be %zu to %zu integers", what,
		       tfl_op_input(op, k)->name, min, max);
	numbers_free(n);
	return false;
}

void numbers_free(struct numbers *n)
{
	free(n->i);
	free(n->f);
	*n = (struct numbers){ 0 };
}

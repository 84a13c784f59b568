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
	if (integer)
		c->i = mem_array(c->count, sizeof(*c->i));
	else
		c->f = mem_array(c->count, sizeof(*c->f));
	return c;
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

bool constant_finite(const struct constant *c)
{
	for (size_t k = 0; c->f && k < c->count; k++)
		if (!isfinite(c->f[k]))
			return false;
	return true;
}

/* How the numbers of one type lie in a TensorProto. */
struct storage {
	bool integer;
	size_t raw_bytes;	/* of an element in raw_data */
	size_t typed;		/* elements in the typed field */
};

static bool storage_of(const Onnx__TensorProto *t, struct storage *s)
{
	switch (t->data_type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
		*s = (struct storage){ false, 4, t->n_float_data };
		return true;
	case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
		*s = (struct storage){ false, 8, t->n_double_data };
		return true;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
		*s = (struct storage){ true, 8, t->n_int64_data };
		return true;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
		*s = (struct storage){ true, 4, t->n_int32_data };
		return true;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
	case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
		*s = (struct storage){ true, 1, t->n_int32_data };
		return true;
	default:
		return false;
	}
}

static void read_raw(const Onnx__TensorProto *t, struct constant *c)
{
	const uint8_t *raw = t->raw_data.data;

	for (size_t k = 0; k < c->count; k++) {
		double d;
		int32_t i32;

		switch (t->data_type) {
		case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
			memcpy(&c->f[k], raw + k * 4, 4);
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
			memcpy(&d, raw + k * 8, 8);
			c->f[k] = (float)d;
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
			memcpy(&c->i[k], raw + k * 8, 8);
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
			memcpy(&i32, raw + k * 4, 4);
			c->i[k] = i32;
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
			c->i[k] = (int8_t)raw[k];
			break;
		default:
			c->i[k] = raw[k];
			break;
		}
	}
}

static void read_typed(const Onnx__TensorProto *t, struct constant *c)
{
	for (size_t k = 0; k < c->count; k++) {
		switch (t->data_type) {
		case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
			c->f[k] = t->float_data[k];
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
			c->f[k] = (float)t->double_data[k];
			break;
		case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
			c->i[k] = t->int64_data[k];
			break;
		default:
			c->i[k] = t->int32_data[k];
			break;
		}
	}
}

static bool read_dims(const Onnx__TensorProto *t, struct report *r,
		      const char *what, uint64_t *dims, uint64_t *count)
{
	if (t->n_dims > CONST_MAX_RANK) {
		report_problem(r, "%s: %zu dimensions; at most %u are supported",
			       what, t->n_dims, CONST_MAX_RANK);
		return false;
	}
	*count = 1;
	for (size_t i = 0; i < t->n_dims; i++) {
		if (t->dims[i] < 0 || t->dims[i] > GRAPH_MAX_ELEMENTS ||
		    *count * (uint64_t)t->dims[i] > GRAPH_MAX_ELEMENTS) {
			report_problem(r, "%s: dimension %zu is %lld: more than %u numbers, or negative",
				       what, i, (long long)t->dims[i],
				       GRAPH_MAX_ELEMENTS);
			return false;
		}
		dims[i] = (uint64_t)t->dims[i];
		*count *= dims[i];
	}
	return true;
}

struct constant *constant_read(const Onnx__TensorProto *t, struct report *r,
			       const char *what)
{
	uint64_t dims[CONST_MAX_RANK], count;
	struct storage s;
	struct constant *c;
	size_t have;

	if (t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL ||
	    t->n_external_data) {
		report_problem(r, "%s: its data is in another file; save the model as one file",
			       what);
		return NULL;
	}
	if (!storage_of(t, &s)) {
		report_problem(r, "%s: data type %d is not supported (float, double, int64, int32, int8, uint8 and bool are)",
			       what, t->data_type);
		return NULL;
	}
	if (!read_dims(t, r, what, dims, &count))
		return NULL;
	have = t->has_raw_data ? t->raw_data.len / s.raw_bytes : s.typed;
	if (have != count || (t->has_raw_data && t->raw_data.len % s.raw_bytes)) {
		report_problem(r, "%s: has data for %zu numbers, its shape needs %llu",
			       what, have, (unsigned long long)count);
		return NULL;
	}
	c = constant_new(t->n_dims, dims, s.integer);
	if (t->has_raw_data)
		read_raw(t, c);
	else
		read_typed(t, c);
	return c;
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

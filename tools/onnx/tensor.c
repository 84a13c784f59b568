// SPDX-License-Identifier: MIT
/* Constants as a file has them: numbers of many types, packed in many ways. */
#include "priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/graph/mem.h"

/* How the numbers of one type lie in a TensorProto. */
struct storage {
	unsigned int bits;	/* of an element in raw_data */
	size_t typed;		/* elements in the typed field */
};

static bool storage_of(const Onnx__TensorProto *t, struct storage *s)
{
	switch (t->data_type) {
	case TYPE(FLOAT):
		*s = (struct storage){ 32, t->n_float_data };
		return true;
	case TYPE(DOUBLE):
		*s = (struct storage){ 64, t->n_double_data };
		return true;
	case TYPE(INT64):
		*s = (struct storage){ 64, t->n_int64_data };
		return true;
	case TYPE(UINT64):
		*s = (struct storage){ 64, t->n_uint64_data };
		return true;
	case TYPE(UINT32):
		*s = (struct storage){ 32, t->n_uint64_data };
		return true;
	case TYPE(INT32):
		*s = (struct storage){ 32, t->n_int32_data };
		return true;
	case TYPE(FLOAT16):
	case TYPE(BFLOAT16):
	case TYPE(INT16):
	case TYPE(UINT16):
		*s = (struct storage){ 16, t->n_int32_data };
		return true;
	case TYPE(INT8):
	case TYPE(UINT8):
	case TYPE(BOOL):
		*s = (struct storage){ 8, t->n_int32_data };
		return true;
	case TYPE_INT4:
	case TYPE_UINT4:
		*s = (struct storage){ 4, t->n_int32_data };
		return true;
	case TYPE_INT2:
	case TYPE_UINT2:
		*s = (struct storage){ 2, t->n_int32_data };
		return true;
	default:
		return false;
	}
}

static float half(uint16_t h)
{
	int exponent = h >> 10 & 31;
	float m = h & 1023, v;

	if (exponent == 31)
		v = m > 0 ? NAN : INFINITY;
	else
		v = exponent ? ldexpf(m + 1024, exponent - 25) : ldexpf(m, -24);
	return h & 0x8000 ? -v : v;
}

static float brain(uint16_t h)
{
	uint32_t bits = (uint32_t)h << 16;
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* An element that takes @bits from the low end of @word. */
static void put_word(struct constant *c, size_t k, uint64_t word)
{
	uint32_t low = (uint32_t)word;
	double d;

	switch (c->type) {
	case TYPE(FLOAT):
		memcpy(&c->f[k], &low, 4);
		break;
	case TYPE(DOUBLE):
		memcpy(&d, &word, 8);
		c->f[k] = (float)d;
		break;
	case TYPE(FLOAT16):
		c->f[k] = half((uint16_t)word);
		break;
	case TYPE(BFLOAT16):
		c->f[k] = brain((uint16_t)word);
		break;
	case TYPE(INT32):
		c->i[k] = (int32_t)low;
		break;
	case TYPE(INT16):
		c->i[k] = (int16_t)word;
		break;
	case TYPE(INT8):
		c->i[k] = (int8_t)word;
		break;
	case TYPE_INT4:
		c->i[k] = (int64_t)((word & 15) ^ 8) - 8;
		break;
	case TYPE_INT2:
		c->i[k] = (int64_t)((word & 3) ^ 2) - 2;
		break;
	default:
		c->i[k] = (int64_t)word;
		break;
	}
}

static void read_raw(struct constant *c, unsigned int bits, const uint8_t *raw)
{
	for (size_t k = 0; k < c->count; k++) {
		uint64_t word = 0;

		if (bits < 8) {
			size_t per = 8 / bits;

			word = raw[k / per] >> k % per * bits &
			       ((1u << bits) - 1);
		} else {
			memcpy(&word, raw + k * (bits / 8), bits / 8);
		}
		put_word(c, k, word);
	}
}

/* Numbers below 8 bits lie in the low byte of each element, several in one. */
static void read_packed(struct constant *c, unsigned int bits,
			const int32_t *data)
{
	size_t per = 8 / bits;

	for (size_t k = 0; k < c->count; k++)
		put_word(c, k, (uint32_t)data[k / per] >> k % per * bits &
			 ((1u << bits) - 1));
}

static void read_typed(struct constant *c, unsigned int bits,
		       const Onnx__TensorProto *t)
{
	if (bits < 8) {
		read_packed(c, bits, t->int32_data);
		return;
	}
	for (size_t k = 0; k < c->count; k++) {
		switch (t->data_type) {
		case TYPE(FLOAT):
			c->f[k] = t->float_data[k];
			break;
		case TYPE(DOUBLE):
			c->f[k] = (float)t->double_data[k];
			break;
		case TYPE(INT64):
			c->i[k] = t->int64_data[k];
			break;
		case TYPE(UINT64):
		case TYPE(UINT32):
			c->i[k] = (int64_t)t->uint64_data[k];
			break;
		case TYPE(FLOAT16):
		case TYPE(BFLOAT16):
			put_word(c, k, (uint16_t)t->int32_data[k]);
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
	uint64_t most = 1;

	if (t->n_dims > CONST_MAX_RANK) {
		report_problem(r, "%s: %zu dimensions; at most %u are supported",
			       what, t->n_dims, CONST_MAX_RANK);
		return false;
	}
	*count = 1;
	for (size_t i = 0; i < t->n_dims; i++) {
		if (t->dims[i] < 0 || t->dims[i] > GRAPH_MAX_ELEMENTS ||
		    most * (uint64_t)t->dims[i] > GRAPH_MAX_ELEMENTS) {
			report_problem(r, "%s: dimension %zu is %lld: more than %u numbers, or negative",
				       what, i, (long long)t->dims[i],
				       GRAPH_MAX_ELEMENTS);
			return false;
		}
		dims[i] = (uint64_t)t->dims[i];
		*count *= dims[i];
		/* Also of those beside a 0. */
		most *= dims[i] ? dims[i] : 1;
	}
	return true;
}

/* Its numbers are to follow; NULL with a problem. */
static struct constant *room_for(struct importer *imp, const Onnx__TensorProto *t,
				 const char *what, const uint64_t *dims,
				 uint64_t count)
{
	bool integer = type_integer(t->data_type);
	struct constant *c;

	if (!import_spend(imp, (integer ? 2 : 1) * count)) {
		report_problem(imp->r, "%s: constants have too many numbers for a file of this size",
			       what);
		return NULL;
	}
	c = constant_new(t->n_dims, dims, integer);
	c->type = t->data_type;
	return c;
}

/* Fields of 32 and 64 bits hold numbers of narrower types. */
static bool in_type(struct importer *imp, const struct constant *c,
		    const char *what)
{
	int64_t lo = 0, hi;

	switch (c->type) {
	case TYPE(INT8):
		lo = INT8_MIN;
		hi = INT8_MAX;
		break;
	case TYPE(UINT8):
		hi = UINT8_MAX;
		break;
	case TYPE(INT16):
		lo = INT16_MIN;
		hi = INT16_MAX;
		break;
	case TYPE(UINT16):
		hi = UINT16_MAX;
		break;
	case TYPE(UINT32):
		hi = UINT32_MAX;
		break;
	default:
		return true;
	}
	for (size_t k = 0; k < c->count; k++) {
		if (c->i[k] >= lo && c->i[k] <= hi)
			continue;
		report_problem(imp->r, "%s: number %zu is %lld, which is no %s",
			       what, k, (long long)c->i[k], type_name(c->type));
		return false;
	}
	return true;
}

static struct constant *from_outside(struct importer *imp,
				     const Onnx__TensorProto *t,
				     const char *what, unsigned int bits,
				     const uint64_t *dims, uint64_t count)
{
	size_t bytes = (size_t)(count * bits + 7) / 8;
	struct constant *c;
	uint8_t *raw;

	if (bytes > imp->outside_left) {
		report_problem(imp->r, "%s: the other files hold more than %u bytes",
			       what, ONNX_MAX_FILE_SIZE);
		return NULL;
	}
	imp->outside_left -= bytes;
	raw = outside_read(imp, t, what, bytes);
	if (!raw)
		return NULL;
	imp->bytes += bytes;
	c = room_for(imp, t, what, dims, count);
	if (c)
		read_raw(c, bits, raw);
	free(raw);
	return c;
}

struct constant *constant_read(struct importer *imp, const Onnx__TensorProto *t,
			       const char *what)
{
	uint64_t dims[CONST_MAX_RANK], count;
	size_t have, need;
	struct storage s;
	struct constant *c;

	if (!storage_of(t, &s)) {
		report_problem(imp->r, "%s: data type %d (%s) is not supported",
			       what, t->data_type, type_name(t->data_type));
		return NULL;
	}
	if (!read_dims(t, imp->r, what, dims, &count))
		return NULL;
	imp->loaded += count;
	if (t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
		return from_outside(imp, t, what, s.bits, dims, count);
	need = count;
	if (s.bits < 8)
		need = (need * s.bits + 7) / 8;
	have = s.typed;
	if (t->has_raw_data) {
		size_t bytes = s.bits < 8 ? 1 : s.bits / 8;

		have = t->raw_data.len / bytes;
		if (t->raw_data.len % bytes)
			need = SIZE_MAX;
	}
	if (have != need) {
		report_problem(imp->r, "%s: has data for %zu numbers, its shape needs %llu",
			       what, s.bits < 8 ? have * (8 / s.bits) : have,
			       (unsigned long long)count);
		return NULL;
	}
	c = room_for(imp, t, what, dims, count);
	if (!c)
		return NULL;
	if (t->has_raw_data)
		read_raw(c, s.bits, t->raw_data.data);
	else
		read_typed(c, s.bits, t);
	if (in_type(imp, c, what))
		return c;
	constant_free(c);
	return NULL;
}

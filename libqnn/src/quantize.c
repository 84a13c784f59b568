// SPDX-License-Identifier: MIT
#include <math.h>
#include <string.h>

#include "quantize.h"
#include "tensor.h"

/* What is needed for each element, looked up once for a tensor. */
struct codec {
	const struct qnn_tensor *t;
	uint32_t bits;
	uint32_t mask;
	double min;
	double max;
	size_t pixel_bytes;
};

static struct codec codec_of(const struct qnn_tensor *t)
{
	const struct qnn_elem_info *elem = qnn_elem_info(t->type);

	return (struct codec){
		.t = t,
		.bits = elem->bits,
		.mask = (1u << (elem->bits & 31)) - 1,
		.min = elem->min,
		.max = elem->max,
		.pixel_bytes = qnn_packed_pixel_bytes(t->type, t->channels),
	};
}

static float scale_of(const struct qnn_tensor *t, uint32_t channel)
{
	return t->scale[t->scale_count == 1 ? 0 : channel];
}

/* Nearest element, ties to even, clamped. @real is not a NaN. */
static int32_t to_element(const struct codec *c, float real, float scale)
{
	double q;

	if (c->t->type == QNN_TYPE_B1)
		return real >= 0 ? 1 : -1;
	/* As everywhere in this business the quotient is a float32. */
	q = (double)rintf(real / scale) + c->t->zero_point;
	if (q < c->min)
		q = c->min;
	if (q > c->max)
		q = c->max;
	return (int32_t)q;
}

static void put(const struct codec *c, uint8_t *pixel, uint32_t channel, int32_t element)
{
	uint32_t bit = channel * c->bits;

	if (c->bits == 32) {
		memcpy(pixel + (size_t)channel * 4, &element, 4);
		return;
	}
	if (c->t->type == QNN_TYPE_B1)
		element = element > 0;
	pixel[bit / 8] |= ((uint32_t)element & c->mask) << bit % 8;
}

static int32_t get(const struct codec *c, const uint8_t *pixel, uint32_t channel)
{
	uint32_t bit = channel * c->bits;
	int32_t element;

	if (c->bits == 32) {
		memcpy(&element, pixel + (size_t)channel * 4, 4);
		return element;
	}
	element = pixel[bit / 8] >> bit % 8 & c->mask;
	if (c->t->type == QNN_TYPE_B1)
		return element ? 1 : -1;
	/* The sign bit is the highest one of types that go below zero. */
	if (c->min < 0 && element >> (c->bits - 1))
		element -= 1 << c->bits;
	return element;
}

size_t qnn_quantize(const struct qnn_tensor *t, const float *real, uint8_t *packed)
{
	struct codec c = codec_of(t);
	uint32_t y, x, ch;
	size_t i = 0;

	for (y = 0; y < t->height; y++)
		for (x = 0; x < t->width; x++) {
			uint8_t *pixel = packed + (size_t)y * t->row_stride +
					 (size_t)x * t->pixel_stride;

			memset(pixel, 0, c.pixel_bytes);
			for (ch = 0; ch < t->channels; ch++, i++) {
				if (isnan(real[i]))
					return i;
				put(&c, pixel, ch, to_element(&c, real[i], scale_of(t, ch)));
			}
		}
	return i;
}

static float after_step(enum qnn_step_kind kind, float real, float operand)
{
	switch (kind) {
	case QNN_STEP_ADD:
		return real + operand;
	case QNN_STEP_SUB:
		return real - operand;
	case QNN_STEP_MUL:
		return real * operand;
	case QNN_STEP_DIV:
		return real / operand;
	case QNN_STEP_SOFTMAX:
		break;
	}
	return real;
}

/* Less the largest, so that no exponential is too large. */
static void softmax(float *real, uint32_t channels)
{
	float most = real[0], sum = 0;
	uint32_t c;

	for (c = 1; c < channels; c++)
		most = real[c] > most ? real[c] : most;
	for (c = 0; c < channels; c++) {
		real[c] = expf(real[c] - most);
		sum += real[c];
	}
	for (c = 0; c < channels; c++)
		real[c] /= sum;
}

/* Numbers are in memory between steps, so that each one is rounded. */
static void take_step(const struct qnn_tensor *t, const struct qnn_step *s, float *real)
{
	size_t i;

	if (s->kind == QNN_STEP_SOFTMAX) {
		for (i = 0; i < t->elements; i += t->channels)
			softmax(real + i, t->channels);
		return;
	}
	for (i = 0; i < t->elements; i++)
		real[i] = after_step(s->kind, real[i],
				     s->operand[s->count == 1 ? 0 : i % t->channels]);
}

void qnn_dequantize(const struct qnn_tensor *t, const uint8_t *packed, float *real)
{
	struct codec c = codec_of(t);
	uint32_t y, x, ch;
	size_t i = 0;

	for (y = 0; y < t->height; y++)
		for (x = 0; x < t->width; x++) {
			const uint8_t *pixel = packed + (size_t)y * t->row_stride +
					       (size_t)x * t->pixel_stride;

			for (ch = 0; ch < t->channels; ch++, i++) {
				int64_t e = (int64_t)get(&c, pixel, ch) - t->zero_point;

				real[i] = (float)e * scale_of(t, ch);
			}
		}
	for (i = 0; i < t->step_count; i++)
		take_step(t, &t->step[i], real);
}

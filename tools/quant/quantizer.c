// SPDX-License-Identifier: MIT
#include "quantizer.h"

#include <math.h>
#include <strings.h>

int64_t quantizer_min(const struct quantizer *q)
{
	if (q->bipolar)
		return -1;
	return q->is_signed ? -(1ll << (q->bits - 1)) + q->narrow : 0;
}

int64_t quantizer_max(const struct quantizer *q)
{
	if (q->bipolar)
		return 1;
	return q->is_signed ? (1ll << (q->bits - 1)) - 1 :
			      (1ll << q->bits) - 1 - q->narrow;
}

static double round_code(enum quant_rounding mode, double y)
{
	switch (mode) {
	case QUANT_CEIL:
		return ceil(y);
	case QUANT_FLOOR:
		return floor(y);
	case QUANT_UP:
		return copysign(ceil(fabs(y)), y);
	case QUANT_DOWN:
		return trunc(y);
	case QUANT_HALF_UP:
		return copysign(floor(fabs(y) + 0.5), y);
	case QUANT_HALF_DOWN:
		return copysign(ceil(fabs(y) - 0.5), y);
	case QUANT_ROUND:
		break;
	}
	return rint(y);
}

/*
 * Clamping first is the same, because the bounds are integers and rounding is
 * monotone, and it keeps the rounded value within range of an integer.
 */
static int64_t code_of(const struct quantizer *q, double y)
{
	double lo = quantizer_min(q), hi = quantizer_max(q);

	if (q->bipolar)
		return y >= 0 ? 1 : -1;
	if (q->zero_after)
		return (int64_t)(round_code(q->rounding,
					    fmin(fmax(y, lo - q->zero_point),
						 hi - q->zero_point)) +
				 q->zero_point);
	return (int64_t)round_code(q->rounding, fmin(fmax(y, lo), hi));
}

int64_t quantizer_code(const struct quantizer *q, double x)
{
	double y = x / q->scale;

	return code_of(q, q->zero_after ? y : y + q->zero_point);
}

float quantizer_value(const struct quantizer *q, float x, int64_t *code)
{
	float y = x / q->scale;
	int64_t c;

	if (!q->zero_after)
		y += q->zero_point;
	c = code_of(q, y);
	if (code)
		*code = c;
	return ((float)c - q->zero_point) * q->scale;
}

int quant_rounding_parse(const char *name)
{
	static const char *const names[] = {
		[QUANT_ROUND] = "ROUND",	[QUANT_CEIL] = "CEIL",
		[QUANT_FLOOR] = "FLOOR",	[QUANT_UP] = "UP",
		[QUANT_DOWN] = "DOWN",		[QUANT_HALF_UP] = "HALF_UP",
		[QUANT_HALF_DOWN] = "HALF_DOWN",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(name, names[i]))
			return (int)i;
	/* QONNX knows this second name for the same thing. */
	return strcasecmp(name, "HALF_EVEN") ? -1 : QUANT_ROUND;
}

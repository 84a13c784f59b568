/* SPDX-License-Identifier: MIT */
/*
 * The one definition of a uniform quantizer. Networks that bring their own
 * (QONNX Quant and BipolarQuant) and quantizers chosen here are both this.
 *
 *   code = clamp(round(x / scale + zero_point), min, max)
 *   real = (code - zero_point) * scale
 *
 * or, with zero_after, as ONNX's QuantizeLinear and TFLite have it,
 *
 *   code = clamp(round(x / scale) + zero_point, min, max)
 *
 * A bipolar quantizer has the codes -1 and +1: code = x / scale + zero_point
 * >= 0 ? 1 : -1.
 */
#ifndef TOOLS_QUANTIZER_H
#define TOOLS_QUANTIZER_H

#include <stdbool.h>
#include <stdint.h>

/* Names as in QONNX; ROUND is half to even. */
enum quant_rounding {
	QUANT_ROUND,
	QUANT_CEIL,
	QUANT_FLOOR,
	QUANT_UP,		/* away from zero */
	QUANT_DOWN,		/* towards zero */
	QUANT_HALF_UP,		/* ties away from zero */
	QUANT_HALF_DOWN,	/* ties towards zero */
};

struct quantizer {
	bool bipolar;
	bool is_signed;
	bool narrow;		/* leaves out one code at an end */
	bool zero_after;	/* the zero point is added to what was rounded */
	unsigned int bits;	/* 1 to 32 */
	enum quant_rounding rounding;
	float scale;		/* above zero */
	float zero_point;
};

int64_t quantizer_min(const struct quantizer *q);
int64_t quantizer_max(const struct quantizer *q);

/* The code of @x, computed in double precision. */
int64_t quantizer_code(const struct quantizer *q, double x);

/*
 * The code and the value of @x, computed in single precision step by step as
 * the QONNX definition does. @code may be NULL.
 */
float quantizer_value(const struct quantizer *q, float x, int64_t *code);

/* "ROUND" and so on, in either case; -1: unknown. */
int quant_rounding_parse(const char *name);

#endif /* TOOLS_QUANTIZER_H */

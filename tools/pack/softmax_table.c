// SPDX-License-Identifier: MIT
/*
 * Exponentials in fixed point. Documentation/device.rst has the formulas:
 * "The table of TFLite".
 */
#include "softmax_table.h"

#include <math.h>

#define FRACTION	26	/* bits of an exponent's fraction */
#define STEPS		7

/* a * b, both with 31 fractional bits; halves towards plus infinity. */
static int32_t multiply(int64_t a, int64_t b)
{
	return (int32_t)((a * b + (1ll << 30)) >> 31);
}

/* z / 2^n, halves away from zero. */
static int32_t halve(int32_t z, int n)
{
	int32_t half = 1 << (n - 1);

	return z < 0 ? -((-z + half) >> n) : (z + half) >> n;
}

/* exp(a) for a <= 0. */
static int32_t exp_fixed(int32_t a)
{
	/* e^(-1/4), e^(-1/2), e^-1, ... e^-16 */
	static const int32_t step[STEPS] = {
		1672461947, 1302514674, 790015084, 290630308, 39332535,
		720401, 242,
	};
	const int32_t quarter = 1 << (FRACTION - 2);
	int32_t p, x, x2, x3, x4, y, v;

	if (!a)
		return INT32_MAX;
	p = (a & (quarter - 1)) - quarter;
	x = 32 * p + (1 << 28);
	x2 = multiply(x, x);
	x3 = multiply(x2, x);
	x4 = multiply(x2, x2);
	y = halve(multiply(halve(x4, 2) + x3, 715827883) + x2, 1);
	v = 1895147668 + multiply(1895147668, (int64_t)x + y);
	for (int i = 0; i < STEPS; i++)
		if ((p - a) >> (FRACTION - 2 + i) & 1)
			v = multiply(v, step[i]);
	return v;
}

void softmax_exact(double beta, float scale, int32_t table[SOFTMAX_TABLE])
{
	for (int32_t d = 0; d < SOFTMAX_TABLE; d++)
		table[d] = (int32_t)rint(INT32_MAX * exp(-beta * scale * d));
}

bool softmax_table(float beta, float scale, int32_t table[SOFTMAX_TABLE])
{
	double real = fmin((double)beta * scale * (1 << FRACTION), INT32_MAX);
	int64_t multiplier, radius;
	int shift;

	if (!(real > 1))
		return false;
	multiplier = llround(frexp(real, &shift) * 2147483648.0);
	if (multiplier == 1ll << 31) {
		multiplier >>= 1;
		shift++;
	}
	radius = (31ll << FRACTION) >> shift;
	for (int32_t d = 0; d < SOFTMAX_TABLE; d++)
		table[d] = d > radius ? 0 :
			   exp_fixed(multiply(-((int64_t)d << shift),
					      multiplier));
	return true;
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The rounding rules, with integers only. */
#include "stage.h"

/* Rule A: rounding doubling high multiply, then a rounding right shift. */
s32 qnn_round_a(s32 acc, s32 multiplier, s32 shift)
{
	s64 scaled = acc, high;
	u64 magnitude;

	if (shift > 0)
		scaled = qnn_saturate(scaled * (1ll << shift));
	/* Halves go towards plus infinity here ... */
	high = (scaled * multiplier + (1ll << 30)) >> 31;
	if (shift >= 0)
		return (s32)high;
	/* ... and away from zero here. */
	magnitude = (u64)(high < 0 ? -high : high);
	magnitude = (magnitude + (1ull << (-shift - 1))) >> -shift;
	return high < 0 ? -(s32)magnitude : (s32)magnitude;
}

/* Rule B: one rounding, halves towards plus infinity. */
s32 qnn_round_b(s32 acc, s32 multiplier, s32 shift)
{
	s32 right = 31 - shift;		/* 1 to 62 */
	s64 value = ((s64)acc * multiplier + (1ll << (right - 1))) >> right;

	return qnn_clamp(value, -0x7fffffff - 1, 0x7fffffff);
}

/* Shift right, halves to even. */
static u64 shift_even(u64 value, u32 shift)
{
	u64 quotient, rest, half;

	if (!shift)
		return value;
	if (shift > 63)
		return 0;
	quotient = value >> shift;
	rest = value & ((1ull << shift) - 1);
	half = 1ull << (shift - 1);
	return quotient + (rest > half || (rest == half && (quotient & 1)));
}

/* Bits beyond the 24 of a float's significand. */
static u32 excess(u64 value)
{
	return value >> 24 ? 40 - (u32)__builtin_clzll(value) : 0;
}

/*
 * Rule C: (float)acc * scale as IEEE single precision computes it, rounded to
 * an integer, halves to even. The scale is a normal number below 2^8 and acc
 * is zero or at least 1, so the product is neither subnormal nor infinite.
 */
s32 qnn_round_c(s32 acc, u32 scale_bits)
{
	u64 value = acc < 0 ? -(s64)acc : acc;
	s32 exponent = (s32)(scale_bits >> 23) - 150;
	u32 drop = excess(value);

	if (!value)
		return 0;
	value = shift_even(value, drop);
	exponent += (s32)drop;
	value *= (scale_bits & 0x7fffff) | 0x800000;
	drop = excess(value);
	value = shift_even(value, drop);
	exponent += (s32)drop;
	/* The product is below 2^40, so a left shift is at most by 16. */
	value = exponent < 0 ? shift_even(value, (u32)-exponent) : value << exponent;
	if (value > 0x7fffffff)
		value = 0x7fffffff;
	return acc < 0 ? -(s32)value : (s32)value;
}

s32 qnn_round_mean(s32 acc, u32 count)
{
	u32 magnitude = acc < 0 ? -(u32)acc : (u32)acc;
	u32 quotient = magnitude / count, rest = magnitude % count;

	/* Without overflow: the rest is at least half of the count. */
	if (rest >= count - rest)
		quotient++;
	return acc < 0 ? -(s32)quotient : (s32)quotient;
}

/* SPDX-License-Identifier: MIT */
/* Output stages: from a unit's real numbers to integers of the device. */
#ifndef TOOLS_STAGE_H
#define TOOLS_STAGE_H

#include "consts.h"
#include "qnn_program.h"
#include "tools/graph/units.h"
#include "tools/quant/formats.h"

/* How precise a bias has to be, which is a whole number of the array's steps. */
enum bias_rounding {
	BIAS_EXACT,
	BIAS_COARSE,	/* half a step of the result */
	BIAS_ANY,	/* half a step of the array, however large */
};

/*
 * What comes out of the array: real = slope[c] * acc + offset[c], in front of
 * clamp and quantizer.
 */
struct stage_input {
	const struct unit *unit;
	const struct value_format *out;
	double *slope;
	double *offset;
	bool has_bias;		/* the command can add one */
	bool plain;		/* @out is what is behind the clamp */
	enum bias_rounding bias;
	int64_t reach;		/* of acc, without a bias */
};

/* Multiplier and power of two of rules A and B; false: out of their range. */
bool stage_multiplier(double real, int32_t *multiplier, int8_t *shift);

/*
 * Whether @in can be done by scaling: all slopes above zero, every number in
 * range of @rule, and a bias in whole steps is precise enough.
 */
bool stage_scalable(const struct stage_input *in, enum qnn_rounding rule);

/* A bias in steps of the accumulator. */
int32_t stage_bias(const struct stage_input *in, uint32_t channel);

/* Fill in @s; slopes are as stage_scalable() wants them for the first one. */
void stage_requant(const struct stage_input *in, enum qnn_rounding rule,
		   struct qnn_stage_desc *s, struct consts *c);
void stage_threshold(const struct stage_input *in, struct qnn_stage_desc *s,
		     struct consts *c);

/* The thresholds of channel @c, as many as there are codes less one. */
void stage_search(const struct stage_input *in, uint32_t c, int32_t *t);
/* The code of the end of the range that the clamp leaves: -INFINITY, INFINITY */
int32_t stage_end(const struct stage_input *in, double end);

/* The code that a real number in front of the clamp becomes in channel @c. */
int64_t stage_code(const struct unit *x, const struct value_format *out,
		   uint32_t c, double real);

/* The same for one behind the clamp. */
int64_t stage_result(const struct unit *x, const struct value_format *out,
		     uint32_t c, double real);

#endif /* TOOLS_STAGE_H */

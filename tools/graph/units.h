/* SPDX-License-Identifier: MIT */
/*
 * A network as the device sees it: each unit is one command. What follows a
 * layer element by element (bias, batch normalization, activation, quantizer)
 * belongs to its unit, because the output stage does it.
 */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

#include "graph.h"

enum unit_kind {
	UNIT_CONV,	/* transposed, too */
	UNIT_IDENTITY,	/* no layer in front of what it does */
	UNIT_MAX_POOL,	/* nothing behind it */
	UNIT_AVG_POOL,	/* the count is the same everywhere */
	UNIT_MEAN_POOL,	/* it is not, or results have codes of the input */
	UNIT_ADD,	/* and subtract */
	UNIT_MUL,
	UNIT_COPY,	/* nothing behind it */
	UNIT_SOFTMAX,
	UNIT_ARGMAX,
};

/*
 * out = limit(quant(post(clamp(mul[c] * sum + add[c])))), where sum is what the
 * layer adds up, without a bias; an average pool has its count in mul.
 */
struct unit {
	enum unit_kind kind;
	const struct graph_node *node;	/* the layer; or NULL */
	char *name;
	char op[32];			/* "Conv+BatchNormalization+Relu" */
	uint32_t in[2];			/* values */
	uint32_t out;
	uint32_t channels;
	double *mul;
	double *add;
	bool scaled;			/* more than the layer is in them */
	const struct graph_node **affine;	/* what else is in them */
	size_t affines;
	size_t affine_cap;
	/* Distribution of mul * sum + add, per channel; NULL: not known. */
	double *mean;
	double *dev;
	double lo, hi;			/* of the clamp; infinite: none */
	/*
	 * Functions, and what lies between them and the quantizer. They are
	 * looked up in a table: its index is the value @index, quantized; by
	 * @index_quant, if there is one.
	 */
	const struct graph_node **post;
	size_t post_count;
	size_t post_cap;
	uint32_t index;
	const struct graph_node *index_quant;
	bool has_quant;
	struct quantizer quant;
	const struct graph_node *last_quant;	/* that it is from */
	const struct graph_thresholds *thresholds;	/* in place of quant */
	/* Of index_quant, or else of quant; NULL: computed as if real. */
	const struct graph_requant *requant;
	double limit_lo, limit_hi;	/* clamp behind the quantizer */
	struct graph_copy copy;		/* UNIT_COPY */
	uint32_t joined;		/* value that a copy is part of, or none */
	uint32_t out_first;		/* channels of @out before it stay */
	/*
	 * Channels of a reshape of the result: neither has gaps between its
	 * pixels. 0: it does not matter.
	 */
	uint32_t dense;
};

/*
 * A value without memory of its own: it lies in that of another value, which
 * may be an alias itself. What reads or writes it, reads or writes that one.
 * Parts of a joined value are aliases of it; often no unit writes it but they.
 */
struct unit_alias {
	uint32_t value;
	uint32_t of;
	/*
	 * The same bytes in the same order with other sides; neither has gaps
	 * between pixels. @first and @step mean nothing then.
	 */
	bool reshaped;
	/*
	 * Element (y, x, c) is element (first[0] + y * step[0],
	 * first[1] + x * step[1], first[2] + c) of @of. That channel starts on
	 * a byte, and both values have the same element type.
	 */
	uint32_t first[3];
	uint32_t step[2];
};

struct units {
	struct unit *unit;
	size_t count;
	size_t cap;
	/* At most one for a value; @of is no alias that comes later. */
	struct unit_alias *alias;
	size_t alias_count;
	size_t alias_cap;
	/* Per value: something reads it that takes no 32 bits; only 8. */
	bool *narrow;
	bool *whole;
	/*
	 * Per value: something reads it that needs the type of the quantizer's
	 * codes, even if not all of them occur: it is an output, or filled up.
	 */
	bool *typed;
	/*
	 * Quantizer of the input that reads it alone, or NULL. It is no unit,
	 * unless its result is an output.
	 */
	const struct quantizer *input_quant;
	uint32_t input;			/* value: its result, or the input */
};

/*
 * @g is simplified; values that only units know are added to it. Returns 0, or
 * -1 with problems.
 */
int units_build(struct graph *g, struct units *u, struct report *r);
void units_free(struct units *u);
void unit_free(struct unit *x);

static inline unsigned int unit_inputs(const struct unit *u)
{
	return u->kind == UNIT_ADD || u->kind == UNIT_MUL ? 2 : 1;
}

/* What channel @c makes of @real behind the clamp, up to the quantizer. */
double unit_apply(const struct unit *x, uint32_t c, double real);
/* Whether that never falls as @real grows. */
bool unit_rises(const struct unit *x);

#endif /* TOOLS_UNITS_H */

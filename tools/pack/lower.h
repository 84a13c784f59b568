/* SPDX-License-Identifier: MIT */
/* From units to commands of the device. */
#ifndef TOOLS_LOWER_H
#define TOOLS_LOWER_H

#include "consts.h"
#include "memory.h"
#include "qnn_file.h"
#include "qnn_program.h"
#include "tools/graph/units.h"
#include "tools/quant/formats.h"
#include "tools/quant/weights.h"

struct lower_options {
	enum qnn_rounding rounding;
	/* Also where the file has integer multipliers of its own. */
	bool rounding_given;
	/*
	 * A bias may be off by half a step of an 8-bit result: less than narrow
	 * weights and inputs are, and much smaller than thresholds for it.
	 */
	bool coarse_bias;
};

/* How a unit was lowered, for reports. */
struct lower_note {
	uint32_t weight_type;	/* QNN_ELEM_NONE: it has none */
	const char *weights;	/* where they come from: "quant", "search" … */
	const char *stage;	/* "requantize", "threshold", "raw", "none" */
};

/* What accumulators that a later unit reads stand for, per channel. */
struct lower_raw {
	double *slope;
	double *offset;
};

/*
 * How a host gets from a raw output to real numbers: times the scale, then the
 * steps, in float32.
 */
struct lower_real {
	float *scale;		/* NULL: the value is no raw output */
	struct lower_step {
		uint32_t kind;		/* enum qnn_step_kind */
		float *operand;
	} step[QNN_FILE_MAX_STEPS];
	uint32_t steps;
};

struct lowered {
	struct qnn_cmd *cmd;	/* one for each unit */
	struct lower_note *note;
	struct lower_real *real;	/* per value */
	struct lower_raw *raw;		/* per value */
	struct consts consts;
	size_t values;
};

/* @codes: the weights of each node that the network does not quantize itself. */
int lower(struct lowered *l, const struct graph *g, const struct units *u,
	  const struct value_format *fmt, struct weight_codes *const *codes,
	  const struct memory *m, const struct lower_options *opt,
	  struct report *r);
void lower_free(struct lowered *l);

#endif /* TOOLS_LOWER_H */

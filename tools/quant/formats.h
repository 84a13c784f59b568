/* SPDX-License-Identifier: MIT */
/* In which integers each value of a network is stored. */
#ifndef TOOLS_FORMATS_H
#define TOOLS_FORMATS_H

#include "calib.h"
#include "quantizer.h"
#include "tools/graph/units.h"

enum format_source {
	FORMAT_NONE,	/* the value lies within a unit */
	FORMAT_QUANT,	/* the network's own quantizer */
	FORMAT_BN,	/* batch-normalization statistics */
	FORMAT_MINMAX,	/* range over the calibration set */
	FORMAT_MSE,	/* least squared error over the calibration set */
	FORMAT_INPUT,	/* an input of whole numbers, as they are */
	FORMAT_SAME,	/* what goes in, also comes out */
	FORMAT_JOIN,	/* of parts that differ: wide enough for all */
	FORMAT_RANGE,	/* range of a function */
	FORMAT_FIXED,	/* of the command: it has no other */
	FORMAT_SUM,	/* average pool: the sum as it is */
	FORMAT_RAW,	/* accumulators */
};

struct value_format {
	enum format_source source;
	uint32_t elem;		/* enum qnn_elem */
	struct quantizer q;	/* not FORMAT_RAW */
	int64_t min, max;	/* codes that occur */
	bool own;		/* codes of one of the network's quantizers */
};

struct format_options {
	unsigned int activation_bits;	/* 8, 4, 2 */
	double input_scale;
	bool input_scale_given;
};

/* Which values calibration must look at. */
void formats_wanted(const struct graph *g, const struct units *u,
		    bool *wanted);

/*
 * Choose a format for each value; @fmt has one for each. @ds and @calib are
 * NULL without a calibration set. Returns 0, or -1 with problems.
 */
int formats_choose(const struct graph *g, const struct units *u,
		   const struct format_options *opt, const struct dataset *ds,
		   const struct calib *calib, struct value_format *fmt,
		   struct report *r);

/* The code of a number that fills up where a copy's input ends. */
int64_t format_fill(const struct value_format *f, double real);

/* "bn" and so on. */
const char *format_source_name(enum format_source source);

#endif /* TOOLS_FORMATS_H */

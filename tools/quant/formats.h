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
	FORMAT_PERCENTILE,	/* range of most of the calibration set */
	FORMAT_KL,	/* distribution most like that of the calibration set */
	FORMAT_HWGQ,	/* codes at any distance */
};

#define FORMAT_MAX_LEVELS	16u

struct value_format {
	enum format_source source;
	uint32_t elem;		/* enum qnn_elem */
	struct quantizer q;	/* not FORMAT_RAW */
	int64_t min, max;	/* codes that occur */
	bool own;		/* codes of one of the network's quantizers */
	/*
	 * The only codes that occur, and the real number where each but the
	 * first begins; 0: all from min to max, and numbers are rounded.
	 */
	unsigned int levels;
	int16_t level[FORMAT_MAX_LEVELS];
	double edge[FORMAT_MAX_LEVELS - 1];
};

/* How ranges are chosen that the network does not tell itself. */
enum format_method {
	FORMAT_BY_WIDTH,	/* bn where it is known, else by width */
	FORMAT_BY_BN,		/* bn where it is known, else mse */
	FORMAT_BY_MINMAX,
	FORMAT_BY_PERCENTILE,
	FORMAT_BY_MSE,
	FORMAT_BY_KL,
	FORMAT_BY_HWGQ,		/* levels at any distance */
	FORMAT_BY_CHANNELS,	/* bn, with steps of channels where possible */
	FORMAT_METHODS,
};

struct format_options {
	const unsigned int *bits;	/* per value: 2 to 8 */
	enum format_method method;
	unsigned int channel_bits;	/* FORMAT_BY_CHANNELS: mostly */
	double percentile;		/* that are within the range */
	double input_scale;
	bool input_scale_given;
};

/* Which values calibration must look at. */
void formats_wanted(const struct graph *g, const struct units *u,
		    const struct format_options *opt, bool *wanted);

/*
 * Choose a format for each value; @fmt has one for each. @ds and @calib are
 * NULL without a calibration set. Returns 0, or -1 with problems.
 */
int formats_choose(const struct graph *g, const struct units *u,
		   const struct format_options *opt, const struct dataset *ds,
		   const struct calib *calib, struct value_format *fmt,
		   struct report *r);

/* Has the unit's result the format of what goes in? */
bool format_passes_on(const struct unit *x);

/* Is it the width asked for that decides what @value is stored in? */
bool format_has_width(const struct units *u, const struct value_format *fmt,
		      uint32_t value);

/* The code that a real number becomes. */
int64_t format_code(const struct value_format *f, double real);

/* The code of a number that fills up where a copy's input ends. */
int64_t format_fill(const struct value_format *f, double real);

/* "bn" and so on. */
const char *format_source_name(enum format_source source);

/* -1: unknown */
int format_method_parse(const char *name);
const char *format_method_name(enum format_method method);

#endif /* TOOLS_FORMATS_H */

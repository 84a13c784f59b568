/* SPDX-License-Identifier: MIT */
/* Steps and levels of values for which the network has no quantizer. */
#ifndef TOOLS_RANGE_H
#define TOOLS_RANGE_H

#include "formats.h"

/* @elem, or if that is 0 the smallest, if it holds @min to @max; else 0. */
uint32_t range_elem(uint32_t elem, int64_t min, int64_t max);
uint32_t range_elem_for(int64_t min, int64_t max);

/* Equal steps; 0: any will do. */
void range_set(struct value_format *f, enum format_source source,
	       unsigned int bits, bool is_signed, double step);

/* From what batch normalization tells about the unit, no data needed. */
void range_from_bn(const struct format_options *opt, const struct unit *x,
		   unsigned int bits, struct value_format *f);
/* The same from the means and deviations that @x->mean and @x->dev would be. */
void range_from_moments(const struct format_options *opt, const struct unit *x,
			const double *mean, const double *dev,
			unsigned int bits, struct value_format *f);
/* The same for what the unit's functions make of that. */
void range_behind_function(const struct format_options *opt,
			   const struct unit *x, unsigned int bits,
			   struct value_format *f);

void range_from_data(const struct format_options *opt,
		     const struct calib_value *v, unsigned int bits,
		     struct value_format *f);

void range_of_function(unsigned int bits, double lo, double hi,
		       struct value_format *f);

/*
 * Up to 16 levels, wherever the squared error is least (HWGQ), as integers of 4
 * bits, or of 8 where there are more than 8 levels.
 */
void range_hwgq(const struct calib_value *v, unsigned int bits,
		struct value_format *f);

#endif /* TOOLS_RANGE_H */

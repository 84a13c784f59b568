/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_EXACT_H
#define TOOLS_EXACT_H

#include "stage.h"

/*
 * Whether requantizing gives the very codes that thresholds give, for every
 * accumulator that can occur: then @bias has what each channel has to add, to
 * an accumulator whose slope counts as positive. Rules of rounding are tried
 * in turn, or @rule alone if it is not 0; the one that does is stored there.
 */
bool exact_scaling(const struct stage_input *in, enum qnn_rounding *rule,
		   int32_t *bias);

#endif /* TOOLS_EXACT_H */

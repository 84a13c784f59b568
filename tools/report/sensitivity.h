/* SPDX-License-Identifier: MIT */
/* What each layer alone costs at each width. */
#ifndef TOOLS_REPORT_SENSITIVITY_H
#define TOOLS_REPORT_SENSITIVITY_H

#include <jansson.h>
#include <stdio.h>

#include "tools/quant/sensitivity.h"

/* Returns 0 or -ENOMEM. */
int sensitivity_text(const struct sensitivity *s, FILE *out);
json_t *sensitivity_json(const struct sensitivity *s);
/* A plot: layers from left to right, a point for each width. */
void sensitivity_svg(const struct sensitivity *s, FILE *out);

#endif /* TOOLS_REPORT_SENSITIVITY_H */

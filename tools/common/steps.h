/* SPDX-License-Identifier: MIT */
/* What real numbers of an output go through (struct qnn_step), for people. */
#ifndef TOOLS_STEPS_H
#define TOOLS_STEPS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define STEPS_TEXT	512

/* {"op": "add", "operand": one number, or one for each channel} */
json_t *steps_json(uint32_t kind, const float *operand, uint32_t count);

/* An array of those as " - 0.5 / 1 to 2"; empty for none. */
void steps_text(const json_t *steps, char text[STEPS_TEXT]);

#endif /* TOOLS_STEPS_H */

// SPDX-License-Identifier: MIT
#include "steps.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "qnn.h"

static const struct {
	const char *name;
	char sign;
} kinds[] = {
	[QNN_STEP_ADD] = { "add", '+' },
	[QNN_STEP_SUB] = { "sub", '-' },
	[QNN_STEP_MUL] = { "mul", '*' },
	[QNN_STEP_DIV] = { "div", '/' },
	[QNN_STEP_SOFTMAX] = { "softmax", 0 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

json_t *steps_json(uint32_t kind, const float *operand, uint32_t count)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < count && operand[i] == operand[0]; i++)
		;
	if (count && i == count)
		count = 1;
	for (i = 0; i < count; i++)
		json_array_append_new(list, json_real(operand[i]));
	return json_pack("{s:s, s:o}", "op", kinds[kind].name, "operand", list);
}

static char sign_of(const char *name)
{
	for (size_t i = QNN_STEP_ADD; i < KINDS; i++)
		if (name && !strcmp(name, kinds[i].name))
			return kinds[i].sign;
	return '?';
}

void steps_text(const json_t *steps, char text[STEPS_TEXT])
{
	const json_t *step, *operand, *one;
	size_t used = 0, i, k;

	text[0] = '\0';
	json_array_foreach(steps, i, step) {
		double low = INFINITY, high = -INFINITY;
		char sign;

		if (used >= STEPS_TEXT)
			return;

		operand = json_object_get(step, "operand");
		json_array_foreach(operand, k, one) {
			low = fmin(low, json_real_value(one));
			high = fmax(high, json_real_value(one));
		}
		sign = sign_of(json_string_value(json_object_get(step, "op")));
		if (!sign) {
			used += (size_t)snprintf(text + used, STEPS_TEXT - used,
						 ", softmax");
			continue;
		}
		if (sign == '+' && low == high && low < 0) {
			sign = '-';
			low = high = -low;
		}
		used += (size_t)snprintf(text + used, STEPS_TEXT - used,
					 " %c %.6g", sign, low);
		if (used < STEPS_TEXT && high > low)
			used += (size_t)snprintf(text + used, STEPS_TEXT - used,
						 " to %.6g", high);
	}
}

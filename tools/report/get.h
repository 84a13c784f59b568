/* SPDX-License-Identifier: MIT */
/* Reading the JSON of report_network(), whose members are known to be there. */
#ifndef TOOLS_REPORT_GET_H
#define TOOLS_REPORT_GET_H

#include <jansson.h>

static inline const json_t *get(const json_t *o, const char *key)
{
	return json_object_get(o, key);
}

static inline long long get_int(const json_t *o, const char *key)
{
	return (long long)json_integer_value(get(o, key));
}

static inline double get_real(const json_t *o, const char *key)
{
	return json_number_value(get(o, key));
}

/* "" where it is absent. */
static inline const char *get_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(get(o, key));

	return text ? text : "";
}

#endif /* TOOLS_REPORT_GET_H */

/* SPDX-License-Identifier: MIT */
/* What is wrong with a file that the loader refused. */
#ifndef QNN_INFO_CHECK_H
#define QNN_INFO_CHECK_H

#include <jansson.h>

#include "image.h"

/**
 * check_finding() - a verdict as a JSON object
 * @error: sentence of the loader, or NULL: the file is good
 *
 * Members: "file", "ok", "error", and "program": what the validator objects to
 * in the program, or null where it accepts it or no program can be found.
 * NULL: no memory.
 */
json_t *check_finding(const struct image *image, const char *path,
		      const char *error);

/** check_print() - the same as text on stdout */
void check_print(const json_t *finding);

#endif /* QNN_INFO_CHECK_H */

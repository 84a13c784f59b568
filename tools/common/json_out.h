/* SPDX-License-Identifier: MIT */
/* JSON that goes to a file or to stdout. */
#ifndef QNN_TOOLS_JSON_OUT_H
#define QNN_TOOLS_JSON_OUT_H

#include <jansson.h>

/** json_text() - a string of text that need not be valid: see text_clean() */
json_t *json_text(const char *text);

/**
 * json_out() - write @root, indented, with a newline at the end
 * @path: a file, or "-" for stdout
 *
 * Returns 0 or -errno; -ENOMEM when @root is NULL.
 */
int json_out(const json_t *root, const char *path);

#endif /* QNN_TOOLS_JSON_OUT_H */

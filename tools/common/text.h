/* SPDX-License-Identifier: MIT */
/* Text that comes from files and ends on a terminal or in JSON. */
#ifndef QNN_TOOLS_TEXT_H
#define QNN_TOOLS_TEXT_H

#include <stddef.h>

/**
 * text_clean() - make text harmless, in place
 *
 * Control characters, characters that end a line or turn the direction of
 * text, and bytes that are not UTF-8 become '?'; the length stays. What is left
 * may stand in a .qnn file.
 */
void text_clean(char *text);

/** text_width() - characters of UTF-8 text, each taken as one column */
size_t text_width(const char *text);

#endif /* QNN_TOOLS_TEXT_H */

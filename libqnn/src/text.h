/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_TEXT_H
#define LIBQNN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Length of the UTF-8 character at @text, or 0 when the bytes are not UTF-8 or
 * the character must not reach a terminal: control characters, and those that
 * end a line or reverse the direction of what follows.
 */
size_t qnn_text_char(const char *text, size_t size);

/* All @size bytes are such characters, or line feeds and tabs if @lines. */
bool qnn_text_ok(const char *text, size_t size, bool lines);

#endif /* LIBQNN_TEXT_H */

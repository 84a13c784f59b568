/* SPDX-License-Identifier: MIT */
/*
 * Memory for the tools: programs that cannot go on without it say so and end,
 * so that no caller needs an error path for it. Sizes that come from a file
 * are checked against a limit before they get here.
 */
#ifndef TOOLS_MEM_H
#define TOOLS_MEM_H

#include <stddef.h>

/* Zeroed; count * size must not overflow, or the program ends. */
void *mem_array(size_t count, size_t size);
/* Grow @p to hold at least @need elements; @cap is in and out. */
void *mem_grow(void *p, size_t *cap, size_t need, size_t size);
void *mem_copy(const void *src, size_t count, size_t size);
char *mem_string(const char *s);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* TOOLS_MEM_H */

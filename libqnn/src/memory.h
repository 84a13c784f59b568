/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_MEMORY_H
#define LIBQNN_MEMORY_H

#include <stddef.h>

/* @size bytes for a file or a program, 64-byte aligned, for free(); or NULL. */
void *qnn_memory(size_t size);

#endif /* LIBQNN_MEMORY_H */

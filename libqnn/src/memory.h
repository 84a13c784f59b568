/* SPDX-License-Identifier: MIT */
#ifndef LIBQNN_MEMORY_H
#define LIBQNN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * @size bytes for a file or a program, 64-byte aligned, for free(); or NULL. If it
 * is @filled_at_once, large pages cost no memory, else only little of much.
 */
void *qnn_memory(size_t size, bool filled_at_once);

/* All of @memory is about to be filled: its pages come at once, and not by faults. */
void qnn_memory_wanted(void *memory, size_t size);

#endif /* LIBQNN_MEMORY_H */

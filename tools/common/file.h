/* SPDX-License-Identifier: MIT */
/* Files of networks, whole in memory. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Open a regular file; no other is waited for. Returns the descriptor; -EISDIR;
 * -EINVAL: no regular file either; or the error of open() or fstat().
 */
int file_open(const char *path, size_t *size);

/* Returns how many bytes there were, at most @size; or the error of read(). */
ssize_t file_fill(int fd, void *data, size_t size);

/*
 * Read all of a file that has at most @most bytes. The caller frees @data.
 * Returns 0; -EFBIG; -ENOMEM; or the error of the two above.
 */
int file_read(const char *path, size_t most, void **data, size_t *size);

#endif /* TOOLS_FILE_H */

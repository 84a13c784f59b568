/* SPDX-License-Identifier: MIT */
/* Files of networks, whole in memory. */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stddef.h>
#include <stdio.h>

/*
 * Read what is left of @f, a regular file of at most @most bytes. The caller
 * frees @data. Returns 0; -EINVAL: no regular file; -EFBIG; -ENOMEM; -EIO, or
 * the error of fstat().
 */
int file_read(FILE *f, size_t most, void **data, size_t *size);

#endif /* TOOLS_FILE_H */

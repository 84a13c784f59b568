/* SPDX-License-Identifier: MIT */
#ifndef QNN_BENCH_LOAD_H
#define QNN_BENCH_LOAD_H

#include <jansson.h>
#include <stddef.h>

struct cli;

/*
 * Times loading the model @path into the in-process device against reading the file
 * and passing over it once, a pair at a time, and compares the memory that it takes at
 * most with the file's size. Prints both and adds them to @rows. A negative errno
 * when it could not be loaded, after saying so.
 */
int bench_load(const struct cli *cli, const char *path, size_t pairs, json_t *rows);

#endif

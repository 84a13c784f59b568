/* SPDX-License-Identifier: MIT */
#ifndef QNN_BENCH_LAYERS_H
#define QNN_BENCH_LAYERS_H

#include <jansson.h>
#include <stddef.h>

struct cli;

/*
 * Times layers ("A,B,C", or "standard") against peak_run(), a pair at a time;
 * prints a line for each and adds it to @rows. A negative errno when one could
 * not be run, after saying so.
 */
int bench_layers(const struct cli *cli, const char *list, size_t pairs, json_t *rows);

#endif

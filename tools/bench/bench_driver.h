/* SPDX-License-Identifier: MIT */
#ifndef QNN_BENCH_DRIVER_H
#define QNN_BENCH_DRIVER_H

#include <jansson.h>
#include <stddef.h>

struct cli;

/*
 * What the driver adds on @device: models in pairs with the same in the process, a
 * job that does nothing against two threads that wake each other, and how busy 64
 * queues keep the cores. Prints lines and adds them to @rows. A negative errno when
 * something could not be run, after saying so.
 */
int bench_driver(const struct cli *cli, const char *device, char **models, int count,
		 size_t pairs, json_t *rows);

#endif

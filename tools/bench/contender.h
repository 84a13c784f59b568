/* SPDX-License-Identifier: MIT */
/* A model on a device, ready to be timed. */
#ifndef QNN_BENCH_CONTENDER_H
#define QNN_BENCH_CONTENDER_H

struct contender;

/*
 * Opens "MODEL.qnn" or "MODEL.qnn@DEVICE" (default: the in-process device), or
 * "layer:" and what contender_open_layer() takes, and gives it a fixed
 * pseudo-random input. Returns 0 or a negative errno;
 * qnn_error() has the text.
 */
int contender_open(const char *spec, struct contender **out);
/* A layer in the in-process device; @text as layer.h has it. */
struct layer;
int contender_open_layer(const struct layer *layer, const char *text, struct contender **out);
void contender_close(struct contender *c);

/* "digits-w8a8@in-process" */
const char *contender_name(const struct contender *c);

/* One run, in microseconds of wall time around qnn_run(), or < 0: errno. */
double contender_run(struct contender *c);

#endif

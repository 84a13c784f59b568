/* SPDX-License-Identifier: MIT */
/* A model on a device, ready to be timed. */
#ifndef QNN_BENCH_CONTENDER_H
#define QNN_BENCH_CONTENDER_H

struct contender;
struct qnn_job;

/*
 * Opens "MODEL.qnn" or "layer:" and what layer.h takes, with "@DEVICE" (default:
 * the in-process device) behind it or beside it, and gives it a fixed pseudo-random
 * input. Returns 0 or a negative errno; qnn_error() has the text.
 */
int contender_open(const char *spec, struct contender **out);
int contender_open_on(const char *what, const char *device, struct contender **out);
void contender_close(struct contender *c);

/* "digits-w8a8@in-process" */
const char *contender_name(const struct contender *c);

struct qnn_job *contender_job(struct contender *c);

/* One run, in microseconds of wall time around qnn_run(), or < 0: errno. */
double contender_run(struct contender *c);

#endif

/* SPDX-License-Identifier: MIT */
/* Two threads that wake each other, and calls into the kernel that do nothing. */
#ifndef QNN_BENCH_WAKE_H
#define QNN_BENCH_WAKE_H

struct wake;

/* Starts the other thread. Returns 0 or a negative errno. */
int wake_open(struct wake **out);
void wake_close(struct wake *w);

/* To the other thread, which sleeps, and back, in microseconds, or < 0: errno. */
double wake_run(struct wake *w);

/* An ioctl of @device that the driver does not have, in us, or < 0: errno. */
double empty_ioctl_us(const char *device);

#endif

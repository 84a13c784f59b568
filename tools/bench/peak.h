/* SPDX-License-Identifier: MIT */
/* What the processor could do at most. */
#ifndef QNN_BENCH_PEAK_H
#define QNN_BENCH_PEAK_H

/* "vpdpbusd zmm", "sdot" or the like: the instructions that peak_run() is made of. */
const char *peak_name(void);

/* Multiply-adds per microsecond of products of bytes in registers, about 50 us. */
double peak_run(void);

/* Clock in GHz: one multiplication, or addition, after the other. */
double peak_clock(void);

#endif

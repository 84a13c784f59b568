/* SPDX-License-Identifier: MIT */
/* What the processor could do at most. */
#ifndef QNN_BENCH_PEAK_H
#define QNN_BENCH_PEAK_H

/* Loops that a layer is held against. */
enum peak_kind {
	PEAK_NONE,
	PEAK_DOT,		/* bytes, four at a time: AVX-512 VNNI, arm64's dot product */
	PEAK_BYTES,		/* AVX2: bytes in pairs, which are widened at once */
	PEAK_SHORT,		/* AVX2: the same, and eight are added before */
	PEAK_COUNT,		/* AVX2: bits by bits, counted through a table */
};

/* That of 8 bits; on x86 AVX2's where QNN_ISA says so, or where there is no VNNI. */
enum peak_kind peak_bytes(void);

/* "vpdpbusd zmm", "sdot" or the like: the instructions that it is made of. */
const char *peak_name(enum peak_kind kind);

/* Multiply-adds per microsecond in registers, about 50 us. */
double peak_run(enum peak_kind kind);

/* Clock in GHz: one multiplication, or addition, after the other. */
double peak_clock(void);

#endif

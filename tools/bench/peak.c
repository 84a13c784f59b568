// SPDX-License-Identifier: MIT
/*
 * Loops that do nothing but multiply and add bytes, in registers and without
 * waiting for each other: the limit that kernels are measured against.
 */
#include "peak.h"

#include <stdint.h>
#include <time.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#if defined(__x86_64__)

#define TIMES16(op, args)								\
	op args "%%" R "0\n" op args "%%" R "1\n" op args "%%" R "2\n" op args "%%" R "3\n"	\
	op args "%%" R "4\n" op args "%%" R "5\n" op args "%%" R "6\n" op args "%%" R "7\n"	\
	op args "%%" R "8\n" op args "%%" R "9\n" op args "%%" R "10\n" op args "%%" R "11\n"

#define CLOBBER										\
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",	\
	"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static double dot_512(unsigned int rounds)
{
	double start = now_us();

	for (unsigned int i = 0; i < rounds; i++) {
#define R "zmm"
		__asm__ volatile(TIMES16("vpdpbusd", " %%zmm15, %%zmm14, ") : : : CLOBBER);
#undef R
	}
	return 12.0 * 64 * rounds / (now_us() - start);
}

/* Products of 16 bits, four of which make what one of the above does. */
static double pairs_256(unsigned int rounds)
{
	double start = now_us();

	for (unsigned int i = 0; i < rounds; i++) {
#define R "ymm"
		__asm__ volatile(TIMES16("vpmaddwd", " %%ymm15, %%ymm14, ") : : : CLOBBER);
#undef R
	}
	return 12.0 * 16 * rounds / (now_us() - start);
}

static int has_dot(void)
{
	return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw");
}

const char *peak_name(void)
{
	if (has_dot())
		return "vpdpbusd zmm";
	return __builtin_cpu_supports("avx2") ? "vpmaddwd ymm" : "none";
}

double peak_run(void)
{
	if (has_dot())
		return dot_512(20000);
	return __builtin_cpu_supports("avx2") ? pairs_256(20000) : 0;
}

#define MULTIPLY_CYCLES	3	/* that a product waits for the one before it */

double peak_clock(void)
{
	const unsigned int rounds = 100000;
	double start = now_us();
	uint64_t product = 3;

	for (unsigned int i = 0; i < rounds; i++)
		__asm__ volatile("imul %0, %0\n imul %0, %0\n" : "+r"(product));
	return 2.0 * MULTIPLY_CYCLES * rounds / (now_us() - start) / 1e3;
}

#elif defined(__aarch64__)

#include <sys/auxv.h>

#define HAS_DOT		(1ul << 20)	/* HWCAP_ASIMDDP */

static int has_dot(void)
{
	return getauxval(AT_HWCAP) & HAS_DOT ? 1 : 0;
}

const char *peak_name(void)
{
	return has_dot() ? "sdot" : "none";
}

/* sdot v<n>.4s, v30.16b, v31.16b in numbers: the assembler need not know it. */
static double dot_128(unsigned int rounds)
{
	double start = now_us();

	for (unsigned int i = 0; i < rounds; i++)
		__asm__ volatile(".irp n, 0, 1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21\n"
				 ".inst 0x4e9f97c0 + \\n\n.endr\n" : : :
				 "v0", "v1", "v2", "v3", "v4", "v5", "v16", "v17", "v18",
				 "v19", "v20", "v21");
	return 12.0 * 16 * rounds / (now_us() - start);
}

double peak_run(void)
{
	return has_dot() ? dot_128(20000) : 0;
}

/* Each waits a cycle for the one before it. */
double peak_clock(void)
{
	const unsigned int rounds = 100000;
	double start = now_us();
	uint64_t sum = 3;

	for (unsigned int i = 0; i < rounds; i++)
		__asm__ volatile(".rept 8\n add %0, %0, %0\n .endr\n" : "+r"(sum));
	return 8.0 * rounds / (now_us() - start) / 1e3;
}

#else

const char *peak_name(void)
{
	return "none";
}

double peak_run(void)
{
	return 0;
}

double peak_clock(void)
{
	return 0;
}

#endif

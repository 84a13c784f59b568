// SPDX-License-Identifier: MIT
/*
 * Loops that do nothing but multiply and add, or count bits, in registers and
 * without waiting for each other: the limits that kernels are measured against.
 */
#include "peak.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#if defined(__x86_64__)

#define TIMES8(OP)	OP("0") OP("1") OP("2") OP("3") OP("4") OP("5") OP("6") OP("7")
#define TIMES12(OP)	TIMES8(OP) OP("8") OP("9") OP("10") OP("11")

#define CLOBBER										\
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",	\
	"xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* @macs: products that the instructions OPS make. */
#define LOOP(NAME, MACS, OPS)								\
static double NAME(unsigned int rounds)							\
{											\
	double start = now_us();							\
											\
	for (unsigned int i = 0; i < rounds; i++)					\
		__asm__ volatile(OPS : : : CLOBBER);					\
	return (double)(MACS) * rounds / (now_us() - start);				\
}

#define DOT(r)		"vpdpbusd %%zmm15, %%zmm14, %%zmm" r "\n"
#define PRODUCTS(r)	"vpmaddubsw %%ymm15, %%ymm14, %%ymm" r "\n"
#define WIDENED(r)	"vpmaddwd %%ymm15, %%ymm" r ", %%ymm13\n"			\
			"vpaddd %%ymm13, %%ymm12, %%ymm13\n"
#define ADDED(r)	"vpmaddubsw %%ymm15, %%ymm14, %%ymm13\n"			\
			"vpaddw %%ymm13, %%ymm" r ", %%ymm" r "\n"
#define WIDE(r)		"vpmaddubsw %%ymm15, %%ymm14, %%ymm13\n"			\
			"vpmaddwd %%ymm15, %%ymm13, %%ymm13\n"				\
			"vpaddd %%ymm13, %%ymm" r ", %%ymm" r "\n"
#define COUNTED(r)	"vpxor %%ymm15, %%ymm14, %%ymm13\n"				\
			"vpsrlw $4, %%ymm13, %%ymm12\n"					\
			"vpand %%ymm11, %%ymm13, %%ymm13\n"				\
			"vpand %%ymm11, %%ymm12, %%ymm12\n"				\
			"vpshufb %%ymm13, %%ymm10, %%ymm13\n"				\
			"vpshufb %%ymm12, %%ymm10, %%ymm12\n"				\
			"vpaddb %%ymm13, %%ymm" r ", %%ymm" r "\n"			\
			"vpaddb %%ymm12, %%ymm" r ", %%ymm" r "\n"
#define ADDED_7		TIMES12(ADDED) TIMES12(ADDED) TIMES12(ADDED) TIMES12(ADDED)	\
			TIMES12(ADDED) TIMES12(ADDED) TIMES12(ADDED)

LOOP(dot, 12 * 64, TIMES12(DOT))
LOOP(bytes, 12 * 32, TIMES12(WIDE))
LOOP(short_sums, 8 * 12 * 32, TIMES12(PRODUCTS) ADDED_7 TIMES12(WIDENED))
LOOP(count, 8 * 256, TIMES8(COUNTED))

static const struct {
	const char *name;
	double (*run)(unsigned int rounds);
	unsigned int rounds;
} loops[] = {
	[PEAK_DOT] = { "vpdpbusd zmm", dot, 20000 },
	[PEAK_BYTES] = { "vpmaddubsw, vpmaddwd, vpaddd ymm", bytes, 15000 },
	[PEAK_SHORT] = { "vpmaddubsw, vpaddw, every 8 vpmaddwd, vpaddd ymm", short_sums, 3000 },
	[PEAK_COUNT] = { "vpxor, vpshufb ymm", count, 8000 },
};

enum peak_kind peak_bytes(void)
{
	const char *isa = getenv("QNN_ISA");

	if ((!isa || strcmp(isa, "avx2")) && __builtin_cpu_supports("avx512vnni") &&
	    __builtin_cpu_supports("avx512bw"))
		return PEAK_DOT;
	return __builtin_cpu_supports("avx2") ? PEAK_BYTES : PEAK_NONE;
}

const char *peak_name(enum peak_kind kind)
{
	return kind == PEAK_NONE ? "none" : loops[kind].name;
}

double peak_run(enum peak_kind kind)
{
	return kind == PEAK_NONE ? 0 : loops[kind].run(loops[kind].rounds);
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

enum peak_kind peak_bytes(void)
{
	return has_dot() ? PEAK_DOT : PEAK_NONE;
}

const char *peak_name(enum peak_kind kind)
{
	return kind == PEAK_DOT ? "sdot" : "none";
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

double peak_run(enum peak_kind kind)
{
	return kind == PEAK_DOT ? dot_128(20000) : 0;
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

enum peak_kind peak_bytes(void)
{
	return PEAK_NONE;
}

const char *peak_name(enum peak_kind kind)
{
	(void)kind;
	return "none";
}

double peak_run(enum peak_kind kind)
{
	(void)kind;
	return 0;
}

double peak_clock(void)
{
	return 0;
}

#endif

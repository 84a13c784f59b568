/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Files that include this are compiled for AVX2, and run only where it is. */
#ifndef QNN_AVX2_H
#define QNN_AVX2_H

#include <immintrin.h>

#include "../isa.h"

#define INLINE	static inline __attribute__((always_inline))
#define UNROLL	_Pragma("GCC unroll 32")
#define HALF	8u		/* lanes of a register: half of QNN_LANES */

static inline __m256i load(const void *from)
{
	return _mm256_loadu_si256(from);
}

static inline void store(void *to, __m256i value)
{
	_mm256_storeu_si256(to, value);
}

/*
 * What makes @value, and what uses it, stays in its place among other such: without
 * that, loads move to the front, for which there are no registers.
 */
#define IN_TURN(value)	__asm__ volatile("" : "+x"(value))

/* Weights that are read once come from far away. */
static inline void fetch(const u8 *weights)
{
	_mm_prefetch((const char *)weights + 2048, _MM_HINT_T0);
}

/* Four bytes in all lanes. */
static inline __m256i broadcast4(const u8 *bytes)
{
	s32 four;

	__builtin_memcpy(&four, bytes, sizeof(four));
	return _mm256_set1_epi32(four);
}

/*
 * Bytes 0 and 2 of each four, and 1 and 3, as s16: products of those with
 * their like, added in pairs, fit into 32 bits.
 */
static inline __m256i even_bytes(__m256i unsigned_bytes)
{
	return _mm256_and_si256(unsigned_bytes, _mm256_set1_epi16(0xff));
}

static inline __m256i odd_bytes(__m256i unsigned_bytes)
{
	return _mm256_srli_epi16(unsigned_bytes, 8);
}

static inline __m256i even_signed(__m256i bytes)
{
	return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
}

static inline __m256i odd_signed(__m256i bytes)
{
	return _mm256_srai_epi16(bytes, 8);
}

/* Eight bytes to 32 bits each. */
static inline __m256i to_lanes(const u8 *bytes, int is_signed)
{
	__m128i eight = _mm_loadl_epi64((const __m128i *)bytes);

	return is_signed ? _mm256_cvtepi8_epi32(eight) : _mm256_cvtepu8_epi32(eight);
}

/* The first accumulators may be where the sums go. */
static inline void begin(const struct qnn_mac_args *args, u32 pixels, u32 channels)
{
	u32 p, i;

	for (p = 0; p < pixels; p++)
		for (i = 0; i < channels; i += HALF)
			store(args->acc + p * channels + i, load(args->start[p] + i));
}

#define NEAREST	0x1f80u		/* the control word at start: nothing raised */

/*
 * Calls a function with rounding to nearest, whatever the caller has set. It
 * is a call, so that no arithmetic moves out of it.
 */
#define WITH_NEAREST(NAME, TYPE, INNER)							\
static void NAME(TYPE args)								\
{											\
	void (*volatile inner)(TYPE args) = INNER;					\
	const u32 before = _mm_getcsr();						\
											\
	_mm_setcsr(NEAREST);								\
	inner(args);									\
	_mm_setcsr(before);								\
}

#endif /* QNN_AVX2_H */

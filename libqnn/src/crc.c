// SPDX-License-Identifier: MIT
/*
 * Check sums of large sections. Products of polynomials over GF(2) bring 64
 * bytes at a time down to 16 that have the same CRC; zlib does the rest.
 */
#include <zlib.h>

#include "crc.h"

#ifdef __x86_64__

#include <immintrin.h>

#define FOLDED	__attribute__((target("pclmul,sse4.1")))

/* x^n modulo the polynomial, bits reversed, for 512 and for 128 bits ahead. */
#define AHEAD_512	_mm_set_epi64x(0x01c6e41596, 0x0154442bd4)
#define AHEAD_128	_mm_set_epi64x(0x00ccaa009e, 0x01751997d0)

FOLDED static inline __m128i fold(__m128i sum, __m128i next, __m128i ahead)
{
	__m128i low = _mm_clmulepi64_si128(sum, ahead, 0x00);
	__m128i high = _mm_clmulepi64_si128(sum, ahead, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* @size is a multiple of 64, and not 0. */
FOLDED static uint32_t crc_folded(const uint8_t *p, size_t size)
{
	const __m128i *at = (const __m128i *)p, *end = (const __m128i *)(p + size);
	__m128i sum[4];
	uint8_t rest[16];
	int i;

	for (i = 0; i < 4; i++)
		sum[i] = _mm_loadu_si128(at + i);
	/* What a CRC starts with: ones. */
	sum[0] = _mm_xor_si128(sum[0], _mm_cvtsi32_si128(-1));
	for (at += 4; at != end; at += 4)
		for (i = 0; i < 4; i++)
			sum[i] = fold(sum[i], _mm_loadu_si128(at + i), AHEAD_512);
	for (i = 1; i < 4; i++)
		sum[0] = fold(sum[0], sum[i], AHEAD_128);
	_mm_storeu_si128((__m128i *)rest, sum[0]);
	/* The ones are in there: start with zeros. */
	return (uint32_t)crc32_z(0xffffffff, rest, sizeof(rest));
}

static int can_fold(void)
{
	return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

#else

static uint32_t crc_folded(const uint8_t *p, size_t size)
{
	return (uint32_t)crc32_z(0, p, size);
}

static int can_fold(void)
{
	return 0;
}

#endif

uint32_t qnn_crc32(const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t folded = can_fold() ? size / 64 * 64 : 0;

	if (!folded)
		return (uint32_t)crc32_z(0, p, size);
	return (uint32_t)crc32_z(crc_folded(p, folded), p + folded, size - folded);
}

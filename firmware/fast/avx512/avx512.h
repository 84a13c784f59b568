/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Files that include this are compiled for AVX-512, and run only where it is. */
#ifndef QNN_AVX512_H
#define QNN_AVX512_H

#include <immintrin.h>

#include "../kernel.h"

#define UNROLL	_Pragma("GCC unroll 32")
#define NEAREST	(_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

/* Four bytes in all lanes. */
static inline __m512i broadcast4(const u8 *bytes)
{
	s32 four;

	__builtin_memcpy(&four, bytes, sizeof(four));
	return _mm512_set1_epi32(four);
}

static inline __mmask64 first_bytes(u32 count)
{
	return count >= 64 ? ~0ull : (1ull << count) - 1;
}

/* To @left bytes that are left, sixty-four at most. */
static inline void store_bytes(u8 *to, u32 left, __m512i bytes)
{
	if (left >= 64)
		_mm512_storeu_si512(to, bytes);
	else
		_mm512_mask_storeu_epi8(to, first_bytes(left), bytes);
}

/* Codes of less than a byte: neighbours together, until a byte is full. */
static inline void put_narrow(u8 *to, u32 bits, u32 count, __m512i codes)
{
	const __mmask64 wanted = first_bytes((count * bits + 7) / 8);
	__m512i packed;

	codes = _mm512_maskz_mov_epi8(first_bytes(count), codes);
	codes = _mm512_and_si512(codes, _mm512_set1_epi8((char)((1u << bits) - 1)));
	if (bits == 1) {
		packed = _mm512_zextsi128_si512(_mm_cvtsi64_si128(
				(s64)_mm512_test_epi8_mask(codes, codes)));
	} else {
		packed = _mm512_maddubs_epi16(codes, _mm512_set1_epi16((s16)(1 << bits << 8 | 1)));
		if (bits == 4) {
			packed = _mm512_zextsi256_si512(_mm512_cvtepi16_epi8(packed));
		} else {
			packed = _mm512_madd_epi16(packed, _mm512_set1_epi32(1 << 4 << 16 | 1));
			packed = _mm512_zextsi128_si512(_mm512_cvtepi32_epi8(packed));
		}
	}
	_mm512_mask_storeu_epi8(to, wanted, packed);
}

#endif /* QNN_AVX512_H */

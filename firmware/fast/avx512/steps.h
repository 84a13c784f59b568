/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Codes of two bits from a mask for each of their bits. */
#ifndef QNN_STEPS_AVX512_H
#define QNN_STEPS_AVX512_H

#include "avx512.h"

/* Two bits of 64 elements, side by side. */
static inline __m128i join(u64 low, u64 high)
{
	__m512i codes = _mm512_maskz_set1_epi8((__mmask64)low, 1);

	codes = _mm512_mask_add_epi8(codes, (__mmask64)high, codes, _mm512_set1_epi8(2));
	codes = _mm512_maddubs_epi16(codes, _mm512_set1_epi16(4 << 8 | 1));
	codes = _mm512_madd_epi16(codes, _mm512_set1_epi32(16 << 16 | 1));
	return _mm512_cvtepi32_epi8(codes);
}

/* The bytes that @count elements of @bits fill. */
static inline void store_joined(u8 *dst, u32 bits, u32 count, u64 low, u64 high)
{
	const __mmask16 bytes = (__mmask16)((1u << (count * bits + 7) / 8) - 1);

	_mm_mask_storeu_epi8(dst, bytes, bits == 1 ? _mm_cvtsi64_si128((s64)low) :
						     join(low, high));
}

#endif /* QNN_STEPS_AVX512_H */

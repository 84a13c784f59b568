/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Tables of bytes; where VBMI is. */
#ifndef QNN_PICK_AVX512_H
#define QNN_PICK_AVX512_H

#include "avx512.h"

#define INLINE	static inline __attribute__((always_inline))

/* Entries of up to 256 bytes, which y has the numbers of. */
INLINE __m512i pick(const __m512i table[4], __m512i y, const int wide)
{
	__m512i low = _mm512_permutexvar_epi8(y, table[0]), high;
	__mmask64 odd;

	if (!wide)
		return low;
	odd = _mm512_movepi8_mask(_mm512_slli_epi16(y, 1));
	low = _mm512_mask_permutexvar_epi8(low, odd, y, table[1]);
	high = _mm512_permutexvar_epi8(y, table[2]);
	high = _mm512_mask_permutexvar_epi8(high, odd, y, table[3]);
	return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(y), high);
}

#endif /* QNN_PICK_AVX512_H */

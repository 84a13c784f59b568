/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Files that include this are compiled for AVX-512, and run only where it is. */
#ifndef QNN_AVX512_H
#define QNN_AVX512_H

#include <immintrin.h>

#include "../kernel.h"

#define UNROLL	_Pragma("GCC unroll 32")

/* Four bytes in all lanes. */
static inline __m512i broadcast4(const u8 *bytes)
{
	s32 four;

	__builtin_memcpy(&four, bytes, sizeof(four));
	return _mm512_set1_epi32(four);
}

#endif /* QNN_AVX512_H */

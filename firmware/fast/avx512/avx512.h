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

#endif /* QNN_AVX512_H */

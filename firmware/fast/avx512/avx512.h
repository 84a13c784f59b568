/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* Files that include this are compiled for AVX-512, and run only where it is. */
#ifndef QNN_AVX512_H
#define QNN_AVX512_H

#include <immintrin.h>

#include "../kernel.h"

#define UNROLL	_Pragma("GCC unroll 32")

#endif /* QNN_AVX512_H */

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of tiles: eight channels at a time. */
#include "lanes.h"

#define WIDTH		HALF
#define PLUS(acc, n)	_mm256_add_epi32(acc, _mm256_set1_epi32((s32)(n)))
#define SET		avx2

#include "../stage_lanes.h"

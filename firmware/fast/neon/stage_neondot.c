// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of tiles: four channels at a time. */
#include "lanes.h"

#define WIDTH		QUARTER
#define PLUS(acc, n)	vaddq_s32(acc, vdupq_n_s32((s32)(n)))
#define SET		neondot

#include "../stage_lanes.h"

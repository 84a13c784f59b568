// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* The MAC array in plain C: 4 pixels x 4 channels at a time. */
#include "tile.h"

/* Split a word of two sums and add them to two accumulators. */
static inline void add_pair(s32 *acc, s64 sum)
{
	s32 low = (s32)(u32)(u64)sum;

	acc[0] += low;
	acc[1] += (s32)((sum - low) >> 32);
}

static inline __attribute__((always_inline))
void mac_block(struct qnn_mac_tile *tile, u32 pixel, const u32 pixels, u32 channel, u32 depth)
{
	const s64 *w0 = tile->weight[channel / 2];
	const s64 *w1 = tile->weight[channel / 2 + 1];
	const s16 *act = tile->act[pixel];
	s64 sum[4][2] = { { 0 } };
	u32 d, p;

	for (d = 0; d < depth; d++) {
		for (p = 0; p < pixels; p++) {
			s64 a = act[p * QNN_TILE_DEPTH + d];

			sum[p][0] += a * w0[d];
			sum[p][1] += a * w1[d];
		}
	}
	for (p = 0; p < pixels; p++) {
		add_pair(&tile->acc[pixel + p][channel], sum[p][0]);
		add_pair(&tile->acc[pixel + p][channel + 2], sum[p][1]);
	}
}

void qnn_array_mac(struct qnn_mac_tile *tile, u32 pixels, u32 channels, u32 depth)
{
	u32 p, c;

	for (c = 0; c < channels; c += 4) {
		for (p = 0; p + 4 <= pixels; p += 4)
			mac_block(tile, p, 4, c, depth);
		for (; p < pixels; p++)
			mac_block(tile, p, 1, c, depth);
	}
}

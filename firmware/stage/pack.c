// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "stage.h"

static void pack_bits(u8 *byte, u32 bits, u32 bit, u32 count, const s32 *codes)
{
	u32 mask = (1u << bits) - 1, i;
	u32 value = bit ? *byte & ((1u << bit) - 1) : 0;

	for (i = 0; i < count; i++) {
		value |= ((u32)codes[i] & mask) << bit;
		bit += bits;
		if (bit < 8)
			continue;
		*byte++ = (u8)value;
		value = 0;
		bit = 0;
	}
	if (bit)
		*byte = (u8)value;
}

void qnn_pack(u8 *pixel, u32 bits, u32 first, u32 count, const s32 *codes)
{
	u32 i;

	if (bits == 32) {
		for (i = 0; i < count; i++)
			((s32 *)pixel)[first + i] = codes[i];
	} else if (bits == 8) {
		for (i = 0; i < count; i++)
			pixel[first + i] = (u8)codes[i];
	} else {
		pack_bits(pixel + (u64)first * bits / 8, bits, first * bits % 8, count, codes);
	}
}

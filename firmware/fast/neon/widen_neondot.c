// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Codes of weights become bytes, by a table. */
#include "neondot.h"

/* @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
void widen_codes(const struct qnn_widen_args *args, const u32 bits)
{
	const int8x16_t value = load_bytes(args->value);
	const uint8x16_t mask = vdupq_n_u8((u8)((1u << bits) - 1));
	const int8x16_t right = vdupq_n_s8((s8)-(s32)bits);
	const u32 step = 64 * args->vectors, fields = 8 / bits;
	const u8 *codes = args->codes;
	s8 *bytes = (s8 *)args->bytes;
	u32 quad, at, f;

	for (quad = 0; quad < args->quads; quad += fields, bytes += fields * step) {
		u32 n = min_u32(args->quads - quad, fields);

		for (at = 0; at < step; at += 16, codes += 16) {
			uint8x16_t w = vld1q_u8(codes);

			for (f = 0; f < n; f++, w = vshlq_u8(w, right))
				store_bytes(bytes + f * step + at,
					    vqtbl1q_s8(value, vandq_u8(w, mask)));
		}
	}
}

void qnn_widen_neondot(const struct qnn_widen_args *args)
{
	if (args->bits == 4)
		widen_codes(args, 4);
	else if (args->bits == 2)
		widen_codes(args, 2);
	else
		widen_codes(args, 1);
}

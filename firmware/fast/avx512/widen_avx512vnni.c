// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Codes of weights become bytes, by a table. */
#include "../isa.h"
#include "avx512.h"

/* @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
void widen_codes(const struct qnn_widen_args *args, const u32 bits)
{
	const __m512i value = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)args->value));
	const __m512i mask = _mm512_set1_epi8((s8)((1u << bits) - 1));
	const u32 step = 64 * args->vectors, fields = 8 / bits;
	const u8 *codes = args->codes;
	u8 *bytes = args->bytes;
	u32 quad, v, f;

	for (quad = 0; quad < args->quads; quad += fields, bytes += fields * step) {
		u32 n = args->quads - quad < fields ? args->quads - quad : fields;

		for (v = 0; v < args->vectors; v++, codes += 64) {
			__m512i w = _mm512_load_si512(codes);

			for (f = 0; f < n; f++, w = _mm512_srli_epi16(w, bits))
				_mm512_store_si512(bytes + f * step + v * 64,
						   _mm512_shuffle_epi8(value,
						   _mm512_and_si512(w, mask)));
		}
	}
}

void qnn_widen_avx512vnni(const struct qnn_widen_args *args)
{
	if (args->bits == 4)
		widen_codes(args, 4);
	else if (args->bits == 2)
		widen_codes(args, 2);
	else
		widen_codes(args, 1);
}

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Codes of weights become bytes, by a table. */
#include "avx2.h"

/* @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
void widen_codes(const struct qnn_widen_args *args, const u32 bits)
{
	const __m256i value = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const void *)args->value));
	const __m256i mask = _mm256_set1_epi8((s8)((1u << bits) - 1));
	const u32 step = 64 * args->vectors, fields = 8 / bits;
	const u8 *codes = args->codes;
	u8 *bytes = args->bytes;
	u32 quad, at, f;

	for (quad = 0; quad < args->quads; quad += fields, bytes += fields * step) {
		u32 n = args->quads - quad < fields ? args->quads - quad : fields;

		for (at = 0; at < step; at += 32, codes += 32) {
			__m256i w = load(codes);

			for (f = 0; f < n; f++, w = _mm256_srli_epi16(w, bits))
				store(bytes + f * step + at,
				      _mm256_shuffle_epi8(value, _mm256_and_si256(w, mask)));
		}
	}
}

void qnn_widen_avx2(const struct qnn_widen_args *args)
{
	if (args->bits == 4)
		widen_codes(args, 4);
	else if (args->bits == 2)
		widen_codes(args, 2);
	else
		widen_codes(args, 1);
}

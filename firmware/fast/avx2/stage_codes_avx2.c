// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/*
 * Output stages of tiles whose results are codes of 8 bits and less: thirty-two
 * channels at a time.
 */
#include "../nearest.h"
#include "codes.h"

#define CODES	32u

/* Codes of less than a byte: neighbours together, until a byte is full. */
static inline void pack_narrow(u8 packed[CODES], u32 bits, __m256i codes)
{
	__m256i sum;

	if (bits == 1) {
		s32 mask = _mm256_movemask_epi8(_mm256_slli_epi16(codes, 7));

		__builtin_memcpy(packed, &mask, sizeof(mask));
		return;
	}
	codes = _mm256_and_si256(codes, _mm256_set1_epi8((char)((1u << bits) - 1)));
	sum = _mm256_maddubs_epi16(codes, _mm256_set1_epi16((s16)(1 << bits << 8 | 1)));
	if (bits == 2)
		sum = _mm256_packus_epi32(_mm256_madd_epi16(sum,
						_mm256_set1_epi32(1 << 4 << 16 | 1)), sum);
	sum = _mm256_packus_epi16(sum, sum);
	/* Each half has its results in its first bytes. */
	_mm_storeu_si128((__m128i *)packed, _mm256_castsi256_si128(sum));
	_mm_storeu_si128((__m128i *)(packed + CODES * bits / 16), _mm256_extracti128_si256(sum, 1));
}

/* All of them, of four bits. */
static inline __m128i pack_fours(__m256i codes)
{
	codes = _mm256_and_si256(codes, _mm256_set1_epi8(0x0f));
	codes = _mm256_maddubs_epi16(codes, _mm256_set1_epi16(16 << 8 | 1));
	return _mm_packus_epi16(_mm256_castsi256_si128(codes), _mm256_extracti128_si256(codes, 1));
}

/* Of the last byte, only bits of codes. */
static inline void put(u8 *to, u32 bits, u32 count, __m256i codes)
{
	const u32 bytes = (count * bits + 7) / 8, rest = count * bits % 8;
	u8 packed[CODES];

	if (bits == 8 && count == CODES) {
		store(to, codes);
		return;
	}
	if (bits == 8)
		store(packed, codes);
	else
		pack_narrow(packed, bits, codes);
	if (rest)
		packed[bytes - 1] &= (u8)((1u << rest) - 1);
	__builtin_memcpy(to, packed, bytes);
}

/*
 * Channels from @first on of a pixel: a register more than there are is read.
 * @whole: there are as many as are stored.
 */
INLINE void store_few(const struct qnn_store *s, const struct qnn_tile_out *t,
		      const struct code_range *range, u32 p, u32 first, const int whole,
		      code_fn code)
{
	const u32 bits = s->bits;
	const u32 padded = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;
	const u32 at = s->group_padded * t->group + t->first + first;
	const u32 count = t->count - first < CODES ? t->count - first : CODES;
	const s32 *acc = t->acc + p * padded + first;
	const __m256i extra = _mm256_set1_epi32((s32)t->extra[p]);
	__m256i codes[4];
	u8 *to;

	UNROLL for (u32 i = 0; i < 4; i++) {
		/* Half of the channels may be the last. */
		u32 lane = whole || i * HALF < padded - first ? i * HALF : 0;

		codes[i] = code(s->arrays, at / QNN_LANES + lane / QNN_LANES, lane % QNN_LANES,
				_mm256_add_epi32(load(acc + lane), extra));
	}
	to = t->pixel[p] + (u64)(s->group_out * t->group + t->first + first) * bits / 8;
	if (whole && bits == 8)
		store(to, narrow_in_order(range, codes));
	else if (whole && bits == 4)
		_mm_storeu_si128((__m128i *)to, pack_fours(narrow_in_order(range, codes)));
	else
		put(to, bits, count, narrow_in_order(range, codes));
}

INLINE void store_tile(const struct qnn_store *s, const struct qnn_tile_out *t, code_fn code)
{
	const struct code_range range = code_range(s);
	const u32 whole = t->count / CODES * CODES;
	u32 p, first;

	for (first = 0; first < whole; first += CODES) {
		for (p = 0; p < t->pixels; p++)
			store_few(s, t, &range, p, first, 1, code);
	}
	for (; first < t->count; first += CODES) {
		for (p = 0; p < t->pixels; p++)
			store_few(s, t, &range, p, first, 0, code);
	}
}

#define STORE(NAME, RULE)								\
void NAME(const struct qnn_store *s, const struct qnn_tile_out *t)			\
{											\
	store_tile(s, t, code_##RULE);							\
}

STORE(qnn_store_a_codes_avx2, a)
STORE(qnn_store_b_codes_avx2, b)
STORE(qnn_store_a_left_codes_avx2, a_left)
STORE(qnn_store_b_left_codes_avx2, b_left)
static STORE(store_c, c)

TO_NEAREST(qnn_store_c_codes_avx2, store_c)

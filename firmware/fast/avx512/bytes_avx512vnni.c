// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Bytes of the input: copies, conversions, sums. */
#include "../isa.h"
#include "avx512.h"
#include "element.h"

static void flip(u8 *dst, const u8 *src, u32 count, u8 bits)
{
	const __m512i mask = _mm512_set1_epi8((char)bits);
	u32 i;

	for (i = 0; i + 64 <= count; i += 64)
		_mm512_storeu_si512(dst + i, _mm512_xor_si512(_mm512_loadu_si512(src + i), mask));
	if (i < count) {
		__mmask64 rest = first_bytes(count - i);
		__m512i bytes = _mm512_maskz_loadu_epi8(rest, src + i);

		_mm512_mask_storeu_epi8(dst + i, rest, _mm512_xor_si512(bytes, mask));
	}
}

static void fill(u8 *dst, u32 count, u8 value)
{
	const __m512i bytes = _mm512_set1_epi8((char)value);
	u32 i;

	for (i = 0; i < count; i += 64)
		store_bytes(dst + i, count - i, bytes);
}

/* Sixteen bytes of codes, each of which comes to lie in a byte of its own. */
static inline __m512i spread4(__m128i packed)
{
	__m256i wide = _mm256_cvtepu8_epi16(packed);

	wide = _mm256_or_si256(wide, _mm256_slli_epi16(wide, 4));
	return _mm512_zextsi256_si512(_mm256_and_si256(wide, _mm256_set1_epi8(0x0f)));
}

static inline __m512i spread2(__m128i packed)
{
	__m512i wide = _mm512_cvtepu8_epi32(packed);

	wide = _mm512_or_si512(wide, _mm512_slli_epi32(wide, 12));
	wide = _mm512_or_si512(wide, _mm512_slli_epi32(wide, 6));
	return _mm512_and_si512(wide, _mm512_set1_epi8(0x03));
}

/*
 * Codes to bytes: a signed code c has the bits of c modulo 2^bits; with its
 * sign bit flipped it is c less the smallest code. Bipolar: 0 or 2.
 */
static void expand(u8 *dst, const u8 *src, u32 count, u32 type)
{
	const struct qnn_element *e = qnn_element(type);
	const u32 bits = e->bits, codes = bits == 4 ? 32 : 64, bytes = codes * bits / 8;
	const __m512i sign = _mm512_set1_epi8((char)(e->min < 0 ? 1 << (bits - 1) : 0));
	u32 i;

	for (i = 0; i < count; i += codes, src += bytes) {
		u32 n = count - i < codes ? count - i : codes;
		__mmask16 have = (__mmask16)((1u << (n * bits + 7) / 8) - 1);
		__m128i packed = _mm_maskz_loadu_epi8(have, src);
		__m512i values;

		if (bits == 4)
			values = spread4(packed);
		else if (bits == 2)
			values = spread2(packed);
		else
			values = _mm512_maskz_set1_epi8((__mmask64)_mm_cvtsi128_si64(packed), 2);
		_mm512_mask_storeu_epi8(dst + i, first_bytes(n), _mm512_xor_si512(values, sign));
	}
}

/* Sixteen channels. */
static inline __m512i window_sum(const struct qnn_window *w, u32 i, __mmask16 mask, __m512i sum)
{
	u32 y, x;

	for (y = 0; y < w->rows; y++) {
		const u8 *src = w->src + i + y * w->row_step;

		for (x = 0; x < w->columns; x++, src += w->column_step) {
			__m128i bytes = _mm_maskz_loadu_epi8(mask, src);

			sum = _mm512_add_epi32(sum, w->is_signed ? _mm512_cvtepi8_epi32(bytes) :
								   _mm512_cvtepu8_epi32(bytes));
		}
	}
	return sum;
}

static void pool_sum(s32 *acc, const struct qnn_window *w)
{
	u32 i;

	for (i = 0; i < w->count; i += QNN_LANES) {
		u32 left = w->count - i;
		__mmask16 mask = left < QNN_LANES ? (__mmask16)((1u << left) - 1) : 0xffff;
		__m512i before = w->first ? _mm512_setzero_si512() :
					    _mm512_maskz_loadu_epi32(mask, acc + i);

		_mm512_mask_storeu_epi32(acc + i, mask, window_sum(w, i, mask, before));
	}
}

/* Signed bytes are compared as such. */
static inline __m512i max_of(__m512i most, __mmask64 mask, const u8 *src, const int is_signed)
{
	__m512i bytes = _mm512_maskz_loadu_epi8(mask, src);

	return is_signed ? _mm512_max_epi8(most, bytes) : _mm512_max_epu8(most, bytes);
}

static inline void window_max(const struct qnn_window *w, const int is_signed)
{
	const u64 step = w->column_step;
	u32 i, y, x;

	for (i = 0; i < w->count; i += 64) {
		const __mmask64 mask = first_bytes(w->count - i);
		__m512i most = _mm512_maskz_loadu_epi8(mask, w->first ? w->src + i : w->dst + i);

		for (y = 0; y < w->rows; y++) {
			const u8 *src = w->src + i + y * w->row_step;

			/* Three at a time, as most windows have them: such loops are short. */
			for (x = 0; x + 3 <= w->columns; x += 3, src += 3 * step) {
				most = max_of(most, mask, src, is_signed);
				most = max_of(most, mask, src + step, is_signed);
				most = max_of(most, mask, src + 2 * step, is_signed);
			}
			for (; x < w->columns; x++, src += step)
				most = max_of(most, mask, src, is_signed);
		}
		_mm512_mask_storeu_epi8(w->dst + i, mask, most);
	}
}

static void pool_max(const struct qnn_window *window)
{
	if (window->is_signed)
		window_max(window, 1);
	else
		window_max(window, 0);
}

/* Bytes of four pixels from @at on, to sixteen partial sums of each. */
static inline void sum_bytes(__m512i part[4], const u8 *const pixel[4], u64 at, __mmask64 mask)
{
	const __m512i ones = _mm512_set1_epi8(1);

	UNROLL for (u32 i = 0; i < 4; i++)
		part[i] = _mm512_dpbusd_epi32(part[i], _mm512_maskz_loadu_epi8(mask, pixel[i] + at),
					      ones);
}

static inline __m128i sum_parts(const __m512i part[4])
{
	__m512i low = _mm512_add_epi32(_mm512_unpacklo_epi32(part[0], part[1]),
				       _mm512_unpackhi_epi32(part[0], part[1]));
	__m512i high = _mm512_add_epi32(_mm512_unpacklo_epi32(part[2], part[3]),
					_mm512_unpackhi_epi32(part[2], part[3]));
	__m256i eight;

	low = _mm512_add_epi32(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high));
	eight = _mm256_add_epi32(_mm512_castsi512_si256(low), _mm512_extracti64x4_epi64(low, 1));
	return _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
}

/* Four pixels at a time, of the last one again where there are no more. */
static void sum(const struct qnn_mac_args *args, u32 pixels, s32 *sums)
{
	const __mmask64 last = first_bytes(args->length % 64);
	u32 first, y, x, i;

	for (first = 0; first < pixels; first += 4) {
		const u32 n = pixels - first < 4 ? pixels - first : 4;
		const u8 *pixel[4];
		__m512i part[4];

		UNROLL for (i = 0; i < 4; i++) {
			pixel[i] = args->pixel[first + (i < n ? i : n - 1)];
			part[i] = _mm512_setzero_si512();
		}
		for (y = 0; y < args->rows; y++) {
			for (x = 0; x < args->columns; x++) {
				u64 at = (u64)y * args->row_step + (u64)x * args->column_step;

				for (i = args->length; i >= 64; i -= 64, at += 64)
					sum_bytes(part, pixel, at, ~0ull);
				if (last)
					sum_bytes(part, pixel, at, last);
			}
		}
		_mm_mask_storeu_epi32(sums + first, (__mmask8)((1u << n) - 1), sum_parts(part));
	}
}

#define AVX512VNNI_OPS				\
	.mac = qnn_mac_avx512vnni,		\
	.mac_u4 = qnn_mac_u4_avx512vnni,	\
	.mac_u2 = qnn_mac_u2_avx512vnni,	\
	.stage = qnn_stage_avx512vnni,		\
	.depthwise = qnn_depthwise_avx512vnni,	\
	.depthwise_3x3 = qnn_depthwise_3x3_avx512vnni,	\
	.depthwise_narrow = qnn_depthwise_narrow_avx512vnni,	\
	.add = qnn_add_avx512vnni,		\
	.add_estimate = qnn_add_estimate_avx512vnni,	\
	.pool_sum = pool_sum,			\
	.pool_max = pool_max,			\
	.sum = sum,				\
	.flip = flip,				\
	.fill = fill,				\
	.expand = expand,			\
	.widen = qnn_widen_avx512vnni

const struct qnn_isa_ops qnn_avx512vnni_ops = {
	.name = "avx512vnni",
	AVX512VNNI_OPS,
};

#define AVX512BITS_OPS					\
	AVX512VNNI_OPS,					\
	.add_linear = qnn_add_linear_avx512bits,	\
	.pairs = qnn_pairs_avx512bits,			\
	.map = qnn_map_avx512bits,			\
	.count = qnn_count_avx512bits,			\
	.count_signs = qnn_count_signs_avx512bits,	\
	.part = qnn_part_avx512bits

const struct qnn_isa_ops qnn_avx512bits_ops = {
	.name = "avx512bits",
	AVX512BITS_OPS,
};

#ifdef QNN_HAVE_AMX
const struct qnn_isa_ops qnn_amx_ops = {
	.name = "amx",
	AVX512BITS_OPS,
	.mac_32 = qnn_mac_amx,
	.release = qnn_release_amx,
	.matrix_depth = qnn_matrix_depth_amx,
};
#endif

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Output stages of tiles: sixteen channels at a time. */
#include "lanes.h"
#include "stage/stage.h"

static inline __mmask16 first_lanes(u32 count)
{
	return (__mmask16)((1u << count) - 1);
}

/* Codes of less than a byte: neighbours together, until a byte is full. */
static inline void pack_narrow(u8 *byte, u32 bits, u32 count, __m512i codes)
{
	const u32 bytes = (count * bits + 7) / 8;
	__m128i low;
	u64 packed;

	codes = _mm512_and_si512(codes, _mm512_set1_epi32((s32)(1u << bits) - 1));
	low = _mm512_maskz_cvtepi32_epi8(first_lanes(count), codes);
	if (bits == 1) {
		packed = _mm_movepi8_mask(_mm_slli_epi16(low, 7));
	} else {
		low = _mm_maddubs_epi16(low, _mm_set1_epi16((s16)(1 << bits << 8 | 1)));
		if (bits == 2) {
			low = _mm_madd_epi16(low, _mm_set1_epi32(1 << 4 << 16 | 1));
			packed = (u32)_mm_cvtsi128_si32(_mm512_cvtepi32_epi8(
					_mm512_zextsi128_si512(low)));
		} else {
			packed = (u64)_mm_cvtsi128_si64(_mm_packus_epi16(low, low));
		}
	}
	__builtin_memcpy(byte, &packed, bytes);
}

static inline void pack(u32 bits, u8 *pixel, u32 channel, u32 count, __m512i codes)
{
	if (bits == 8 && count == QNN_LANES)
		_mm_storeu_si128((__m128i *)(pixel + channel), _mm512_cvtepi32_epi8(codes));
	else if (bits == 8)
		_mm512_mask_cvtepi32_storeu_epi8(pixel + channel, first_lanes(count), codes);
	else if (bits == 32)
		_mm512_mask_storeu_epi32((s32 *)pixel + channel, first_lanes(count), codes);
	else
		pack_narrow(pixel + (u64)channel * bits / 8, bits, count, codes);
}

#define SHIFT_BYTES	(sizeof(struct qnn_shifts) / QNN_LANES)

/* All pixels of a vector of channels, then the next vector. */
#define STORE(NAME, LOAD, CODES)							\
static void store_##NAME(const struct qnn_store *s, const struct qnn_tile_out *t)	\
{											\
	u32 bits = s->bits, step, v, p;				\
											\
	step = (t->count + QNN_LANES - 1) / QNN_LANES * QNN_LANES;			\
	for (v = 0; v < t->count; v += QNN_LANES) {					\
		u32 channel = s->group_out * t->group + t->first + v;			\
		u32 count = t->count - v < QNN_LANES ? t->count - v : QNN_LANES;	\
		struct lanes l;								\
											\
		l.store = s;								\
		l.channel = s->group_padded * t->group + t->first + v;			\
		LOAD(&l);								\
		for (p = 0; p < t->pixels; p++) {					\
			__m512i acc = _mm512_add_epi32(					\
				_mm512_load_si512(t->acc + p * step + v),		\
				_mm512_set1_epi32((s32)t->extra[p]));			\
											\
			pack(bits, t->pixel[p], channel, count, CODES);			\
		}									\
	}										\
}

STORE(raw, load_nothing, acc)
STORE(a, load_shifts, look_up(&l, round_a(&l, acc), SHIFT_BYTES))
STORE(b, load_shifts, look_up(&l, round_b(&l, acc), SHIFT_BYTES))
STORE(c, load_nothing, look_up(&l, round_c(&l, acc), 4))
STORE(threshold, load_nothing, reached(&l, acc))

const qnn_stage_fn qnn_stage_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_SCALAR] = qnn_store_scalar,
	[QNN_FAST_RAW] = store_raw,
	[QNN_FAST_A] = store_a,
	[QNN_FAST_B] = store_b,
	[QNN_FAST_C] = store_c,
	[QNN_FAST_THRESHOLD] = store_threshold,
	[QNN_FAST_A_CODES] = qnn_store_a_codes_avx512vnni,
	[QNN_FAST_B_CODES] = qnn_store_b_codes_avx512vnni,
	[QNN_FAST_C_CODES] = qnn_store_c_codes_avx512vnni,
	[QNN_FAST_A_LEFT] = qnn_store_a_left_codes_avx512vnni,
	[QNN_FAST_B_LEFT] = qnn_store_b_left_codes_avx512vnni,
	[QNN_FAST_STEPS] = qnn_store_steps_avx512vnni,
};

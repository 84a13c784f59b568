// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes, each with a scale of its own. */
#include "lanes.h"

static inline __m512i load_operand(const struct qnn_add_args *args, u32 which, u32 at,
				   __mmask16 mask)
{
	__m128i bytes = _mm_maskz_loadu_epi8(mask, args->x[which] + at);
	__m512i value = args->is_signed[which] ? _mm512_cvtepi8_epi32(bytes) :
						 _mm512_cvtepu8_epi32(bytes);

	value = _mm512_sub_epi32(value, _mm512_set1_epi32(args->zero[which]));
	return _mm512_sll_epi32(value, _mm_cvtsi32_si128(args->add->left_shift));
}

static inline __m512i scale(const struct lanes *l, u32 rule, __m512i value)
{
	return rule == QNN_ROUND_A ? scale_a(l, value) : scale_b(l, value);
}

#define ADD(NAME, LOAD, CODES)								\
static void add_##NAME(const struct qnn_add_args *args)					\
{											\
	const u32 rule = args->add->rule;						\
	struct lanes out = { .store = args->store }, in[2];				\
	u32 at;										\
											\
	in[0].shifts = &args->shifts[0];						\
	in[1].shifts = &args->shifts[1];						\
	LOAD(&out);									\
	for (at = 0; at < args->count; at += QNN_LANES) {				\
		u32 left = args->count - at;						\
		__mmask16 mask = left < QNN_LANES ? (__mmask16)((1u << left) - 1) :	\
						    (__mmask16)0xffff;			\
		__m512i a = scale(&in[0], rule, load_operand(args, 0, at, mask));	\
		__m512i b = scale(&in[1], rule, load_operand(args, 1, at, mask));	\
											\
		_mm512_mask_cvtepi32_storeu_epi8(args->codes + at, mask,		\
						 CODES(&out, _mm512_add_epi32(a, b)));	\
	}										\
}

ADD(a, load_shifts, round_a)
ADD(b, load_shifts, round_b)
ADD(c, load_nothing, round_c)

const qnn_add_fn qnn_add_avx512vnni[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A] = add_a,
	[QNN_FAST_B] = add_b,
	[QNN_FAST_C] = add_c,
};

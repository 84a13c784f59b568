// SPDX-License-Identifier: (GPL-2.0 OR MIT)
/* Addition of two tensors of bytes, whose scaled operands are slopes and rests. */
#include "codes.h"
#include "pick.h"

typedef __m512i (*code_fn)(const void *arrays, u32 vector, __m512i acc);

/* What is the same for a whole stretch. */
struct sum {
	__m512i rest[2][4];
	__m512i digit[3];	/* for bytes x, y, rest of x, rest of y */
	__m512i offset;
	__m512i flip[2];
};

INLINE struct sum sum_of(const struct qnn_add_linear *l)
{
	struct sum s;

	UNROLL for (u32 i = 0; i < 2; i++) {
		s.flip[i] = _mm512_set1_epi8((char)l->flip[i]);
		UNROLL for (u32 k = 0; k < 4; k++)
			s.rest[i][k] = _mm512_loadu_si512(l->rest[i] + 64 * k);
	}
	UNROLL for (u32 i = 0; i < 3; i++)
		s.digit[i] = _mm512_set1_epi32((u8)l->digit[i][0] | (u8)l->digit[i][1] << 8 |
					       (i == 2 ? 0x01010000 : 0));
	s.offset = _mm512_set1_epi32(l->offset);
	return s;
}

/* Sixteen sums, of fours of bytes as the digits have them. */
INLINE __m512i add_up(const struct sum *s, __m512i bytes)
{
	__m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), bytes, s->digit[0]);

	sum = _mm512_dpbusd_epi32(_mm512_slli_epi32(sum, 7), bytes, s->digit[1]);
	sum = _mm512_dpbusd_epi32(_mm512_slli_epi32(sum, 7), bytes, s->digit[2]);
	return _mm512_add_epi32(sum, s->offset);
}

/* Sixty-four elements. Parts of 128 bits stay where they are, from bytes to sums and back. */
INLINE __m512i add_some(const struct sum *s, const struct qnn_store *store,
			const struct code_range *range, __m512i x, __m512i y, code_fn code)
{
	__m512i rest[2], bytes[2], rests[2], codes[4];

	x = _mm512_xor_si512(x, s->flip[0]);
	y = _mm512_xor_si512(y, s->flip[1]);
	rest[0] = pick(s->rest[0], x, 1);
	rest[1] = pick(s->rest[1], y, 1);
	bytes[0] = _mm512_unpacklo_epi8(x, y);
	bytes[1] = _mm512_unpackhi_epi8(x, y);
	rests[0] = _mm512_unpacklo_epi8(rest[0], rest[1]);
	rests[1] = _mm512_unpackhi_epi8(rest[0], rest[1]);
	UNROLL for (u32 i = 0; i < 2; i++) {
		codes[2 * i] = add_up(s, _mm512_unpacklo_epi16(bytes[i], rests[i]));
		codes[2 * i + 1] = add_up(s, _mm512_unpackhi_epi16(bytes[i], rests[i]));
	}
	UNROLL for (u32 i = 0; i < 4; i++)
		codes[i] = code(store->arrays, 0, codes[i]);
	return narrow(range, codes);
}

INLINE void add(const struct qnn_add_args *args, code_fn code)
{
	const struct qnn_store *store = args->store;
	const struct code_range range = code_range(store);
	const struct sum s = sum_of(args->linear);
	u32 at;

	for (at = 0; at < args->count; at += 64) {
		const __mmask64 wanted = first_bytes(args->count - at);
		__m512i x = _mm512_maskz_loadu_epi8(wanted, args->x[0] + at);
		__m512i y = _mm512_maskz_loadu_epi8(wanted, args->x[1] + at);

		store_bytes(args->codes + at, args->count - at,
			    add_some(&s, store, &range, x, y, code));
	}
}

static void add_linear_a(const struct qnn_add_args *args)
{
	add(args, code_a);
}

static void add_linear_b(const struct qnn_add_args *args)
{
	add(args, code_b);
}

static void add_linear_c(const struct qnn_add_args *args)
{
	add(args, code_c);
}

static void add_linear_a_left(const struct qnn_add_args *args)
{
	add(args, code_a_left);
}

static void add_linear_b_left(const struct qnn_add_args *args)
{
	add(args, code_b_left);
}

const qnn_add_fn qnn_add_linear_avx512bits[QNN_STAGE_FAST_NR] = {
	[QNN_FAST_A_CODES] = add_linear_a,
	[QNN_FAST_B_CODES] = add_linear_b,
	[QNN_FAST_C_CODES] = add_linear_c,
	[QNN_FAST_A_LEFT] = add_linear_a_left,
	[QNN_FAST_B_LEFT] = add_linear_b_left,
};

// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "../element.h"
#include "unpack.h"

void qnn_unpacker_init(struct qnn_unpacker *u, u32 type, s32 zero_point)
{
	const struct qnn_element *e = qnn_element(type);
	u32 sign = e->min < 0 ? 1u << (e->bits - 1) : 0, i;

	u->bits = e->bits;
	u->flip = (s32)sign;
	u->subtract = zero_point + (s32)sign;
	for (i = 0; e->bits < 8 && i < 1u << e->bits; i++) {
		if (type == QNN_ELEM_B1)
			u->value[i] = i ? 1 : -1;
		else
			u->value[i] = (s16)(((s32)i ^ u->flip) - u->subtract);
	}
}

void qnn_unpacker_init_book(struct qnn_unpacker *u, u32 type, const s8 *book)
{
	u32 i;

	u->bits = qnn_elem_bits(type);
	for (i = 0; i < 1u << u->bits; i++)
		u->value[i] = book[i];
}

static void unpack_bytes(const struct qnn_unpacker *u, const u8 *src, u32 count, s16 *dst)
{
	s32 flip = u->flip, subtract = u->subtract;
	u32 i;

	for (i = 0; i < count; i++)
		dst[i] = (s16)((src[i] ^ flip) - subtract);
}

/* Codes that divide a byte; @bits is a constant wherever this is inlined. */
static inline __attribute__((always_inline))
void unpack_even(const s16 *value, const u8 *src, u32 first, u32 count, s16 *dst, const u32 bits)
{
	const u32 per_byte = 8 / bits, mask = (1u << bits) - 1;
	u32 skip = first % per_byte, i, byte;

	src += first / per_byte;
	if (skip) {
		byte = *src++ >> (skip * bits);
		for (; skip < per_byte && count; skip++, count--, byte >>= bits)
			*dst++ = value[byte & mask];
	}
	for (; count >= per_byte; count -= per_byte, dst += per_byte) {
		byte = *src++;
		for (i = 0; i < per_byte; i++)
			dst[i] = value[(byte >> (i * bits)) & mask];
	}
	if (!count)
		return;
	byte = *src;
	for (; count; count--, byte >>= bits)
		*dst++ = value[byte & mask];
}

/* Codes of 3 and 5 bits, some of which lie in two bytes. */
static void unpack_odd(const struct qnn_unpacker *u, const u8 *src, u32 first,
		       u32 count, s16 *dst)
{
	u32 bits = u->bits, mask = (1u << bits) - 1;
	u32 skip = first % 8 * bits, have = 0, window = 0;

	src += (u64)(first / 8) * bits + skip / 8;
	if (skip % 8 && count) {
		window = *src++ >> (skip % 8);
		have = 8 - skip % 8;
	}
	for (; count; count--) {
		if (have < bits) {
			window |= (u32)*src++ << have;
			have += 8;
		}
		*dst++ = u->value[window & mask];
		window >>= bits;
		have -= bits;
	}
}

void qnn_unpack(const struct qnn_unpacker *u, const u8 *src, u32 first,
		u32 count, s16 *dst)
{
	switch (u->bits) {
	case 8:
		unpack_bytes(u, src + first, count, dst);
		break;
	case 4:
		unpack_even(u->value, src, first, count, dst, 4);
		break;
	case 2:
		unpack_even(u->value, src, first, count, dst, 2);
		break;
	case 1:
		unpack_even(u->value, src, first, count, dst, 1);
		break;
	default:
		unpack_odd(u, src, first, count, dst);
		break;
	}
}

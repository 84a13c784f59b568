/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Files that include this are compiled for arm64 with FEAT_DotProd, and run only
 * where it is. Its products of four are of bytes that both have a sign or both
 * have none, so activations have one here: see turn in struct qnn_isa_ops.
 */
#ifndef QNN_NEONDOT_H
#define QNN_NEONDOT_H

#include <arm_neon.h>

#include "../isa.h"

#define UNROLL	_Pragma("GCC unroll 32")
#define QUARTER	4u		/* lanes of a register: a quarter of QNN_LANES */

/* What is loaded after this is: the compiler would load much first, and run out of registers. */
#define IN_TURN()	__asm__ volatile("" : : : "memory")

static inline int8x16_t load_bytes(const void *from)
{
	return vld1q_s8(from);
}

static inline void store_bytes(void *to, int8x16_t value)
{
	vst1q_s8(to, value);
}

/* The same of numbers that need not be aligned. */
static inline int32x4_t load(const void *from)
{
	return vreinterpretq_s32_s8(vld1q_s8(from));
}

static inline void store(void *to, int32x4_t value)
{
	vst1q_s8(to, vreinterpretq_s8_s32(value));
}

/* Four bytes in all lanes. */
static inline int8x16_t broadcast4(const u8 *bytes)
{
	s32 four;

	__builtin_memcpy(&four, bytes, sizeof(four));
	return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

/* Up to eight bytes, one at least. */
static inline u64 load_few(const u8 *from, u32 count)
{
	u32 four[2];

	if (count < 4)
		return from[0] | (u64)from[count / 2] << count / 2 * 8 |
		       (u64)from[count - 1] << (count - 1) * 8;
	__builtin_memcpy(&four[0], from, sizeof(four[0]));
	__builtin_memcpy(&four[1], from + count - 4, sizeof(four[1]));
	return four[0] | (u64)four[1] << (count - 4) * 8;
}

/* Those of @left bytes that are left, of which one at least is; sixteen at most. */
static inline int8x16_t load_some(const u8 *from, u32 left)
{
	if (left >= 16)
		return load_bytes(from);
	return vcombine_s8(vcreate_s8(load_few(from, min_u32(left, 8))),
			   vcreate_s8(left > 8 ? load_few(from + 8, left - 8) : 0));
}

/* To @left bytes that are left, sixteen at most. */
static inline void store_some(u8 *to, u32 left, int8x16_t bytes)
{
	u32 four;
	u16 two;

	if (left >= 16) {
		store_bytes(to, bytes);
		return;
	}
	/* Without a call, which would take registers from whoever has this in a loop. */
	if (left & 8) {
		vst1_s8((s8 *)to, vget_low_s8(bytes));
		bytes = vextq_s8(bytes, bytes, 8);
		to += 8;
	}
	if (left & 4) {
		four = vgetq_lane_u32(vreinterpretq_u32_s8(bytes), 0);
		__builtin_memcpy(to, &four, sizeof(four));
		bytes = vextq_s8(bytes, bytes, 4);
		to += 4;
	}
	if (left & 2) {
		two = vgetq_lane_u16(vreinterpretq_u16_s8(bytes), 0);
		__builtin_memcpy(to, &two, sizeof(two));
		bytes = vextq_s8(bytes, bytes, 2);
		to += 2;
	}
	if (left & 1)
		*to = (u8)vgetq_lane_s8(bytes, 0);
}

/* Sixteen bytes to 32 bits each. */
static inline void to_lanes(int8x16_t bytes, int is_signed, int32x4_t lanes[4])
{
	int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_high_s8(bytes);

	if (!is_signed) {
		low = vandq_s16(low, vdupq_n_s16(0xff));
		high = vandq_s16(high, vdupq_n_s16(0xff));
	}
	lanes[0] = vmovl_s16(vget_low_s16(low));
	lanes[1] = vmovl_high_s16(low);
	lanes[2] = vmovl_s16(vget_low_s16(high));
	lanes[3] = vmovl_high_s16(high);
}

/* How a thread computes, and what was raised there. */
struct float_state {
	u64 control;
	u64 raised;
};

static inline struct float_state float_state(void)
{
	struct float_state s;

	__asm__ volatile("mrs %0, fpcr\n mrs %1, fpsr" : "=r"(s.control), "=r"(s.raised));
	return s;
}

static inline void set_float_state(struct float_state s)
{
	__asm__ volatile("msr fpcr, %0\n msr fpsr, %1" : : "r"(s.control), "r"(s.raised));
}

/*
 * Calls a function with rounding to nearest, whatever the caller has set, who does not
 * see what it raises. It is a call, so that no arithmetic moves out of it.
 */
#define WITH_NEAREST(NAME, TYPE, INNER)							\
static void NAME(TYPE args)								\
{											\
	void (*volatile inner)(TYPE args) = INNER;					\
	const struct float_state nearest = { 0, 0 }, before = float_state();		\
											\
	set_float_state(nearest);							\
	inner(args);									\
	set_float_state(before);							\
}

#endif /* QNN_NEONDOT_H */

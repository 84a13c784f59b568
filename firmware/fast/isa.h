/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/* What each set of instructions brings; isa.c has the table. */
#ifndef QNN_ISA_H
#define QNN_ISA_H

#include "fast_stage.h"

#define QNN_MAC_SIZES	4u	/* kernels for each number of vectors */
#define QNN_SHORT_PAIRS	8u	/* added in 16 bits */

struct qnn_isa_ops {
	const char *name;
	/*
	 * What activations of 8 bits without a sign are turned by before they are
	 * multiplied: 0, or 0x80 where products are of bytes with a sign.
	 */
	u8 turn;
	const struct qnn_mac_kernel (*mac)[QNN_MAC_SIZES];	/* [vectors - 1] */
	/* the same where a pair of products is within 16 bits, or NULL */
	const struct qnn_mac_kernel (*mac_narrow)[QNN_MAC_SIZES];
	/* and where the sum of QNN_SHORT_PAIRS is, or NULL */
	const struct qnn_mac_kernel (*mac_short)[QNN_MAC_SIZES];
	/*
	 * One pixel, weights of 4 and 2 bits without a sign, or NULL: eight or
	 * sixteen of a channel in four bytes, the first four in the lowest bits
	 * [vectors - 1]
	 */
	const struct qnn_mac_kernel *mac_u4;
	const struct qnn_mac_kernel *mac_u2;
	/* two times sixteen pixels, where there are more than others take, or NULL */
	const struct qnn_mac_kernel *mac_32;	/* [vectors - 1] */
	void (*release)(struct qnn_matrix_shape *shape);	/* after some of these */
	/* The depth of their steps, which segments of @length bytes are cut into; 0: none suits */
	u32 (*matrix_depth)(u32 length);
	/* planes of bits x bits, or NULL [vectors - 1] */
	const struct qnn_mac_kernel (*count)[QNN_MAC_SIZES];
	/* the same of weights of -1, 0 and 1: for 16 channels their bits, then which are not 0 */
	const struct qnn_mac_kernel (*count_signs)[QNN_MAC_SIZES];
	/* For those: of each 64 bits, xor @flip, the even ones and then the odd ones */
	void (*part)(u8 *dst, const u8 *src, u32 words, u64 flip);
	const qnn_stage_fn *stage;	/* [enum qnn_stage_fast] */
	const qnn_depthwise_fn *depthwise;	/* the same */
	/* 3 x 3 taps, strides 1 and 2, or NULL; entries may be NULL, too */
	const qnn_depthwise_3x3_fn *depthwise_3x3;
	const qnn_depthwise_narrow_fn *depthwise_narrow;
	const qnn_add_fn *add;			/* the same */
	const qnn_add_fn *add_linear;		/* the same by slopes and rests, or NULL */
	qnn_add_fn add_estimate;		/* by estimates, whatever the stage; or NULL */
	/* or NULL */
	void (*pairs)(const struct qnn_pairs_args *args);
	/* dst: entries of a table of 256, which src has the numbers of, as @bits each; or NULL */
	void (*map)(const u8 *table, const u8 *src, u32 bits, u32 count, u8 *dst);
	/* sums of the bytes under a window, added to acc unless it is the first */
	void (*pool_sum)(s32 *acc, const struct qnn_window *window);
	void (*pool_max)(const struct qnn_window *window);
	/* sums[p] = sum of the bytes under the kernel at pixel[p] */
	void (*sum)(const struct qnn_mac_args *args, u32 pixels, s32 *sums);
	/* dst[i] = src[i] ^ flip */
	void (*flip)(u8 *dst, const u8 *src, u32 count, u8 flip);
	void (*fill)(u8 *dst, u32 count, u8 value);
	/* dst[i] = code number i of src, plus the offset that makes it unsigned */
	void (*expand)(u8 *dst, const u8 *src, u32 count, u32 type);
	void (*widen)(const struct qnn_widen_args *args);
};

/* NULL: no such set in this build. */
const struct qnn_isa_ops *qnn_isa_ops(u32 isa);

/* What begins at element @at of a stretch, by the exact way. */
void qnn_add_again(const struct qnn_add_args *args, u32 at, u32 count);

/* The stage that has no vector code. */
void qnn_store_scalar(const struct qnn_store *s, const struct qnn_tile_out *t);

#ifdef QNN_HAVE_AVX
void qnn_widen_avx2(const struct qnn_widen_args *args);
void qnn_widen_avx512vnni(const struct qnn_widen_args *args);
extern const struct qnn_mac_kernel qnn_mac_u8s8_avx2[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_mac_narrow_avx2[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_mac_short_avx2[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_mac_u4_avx2[4];
extern const struct qnn_mac_kernel qnn_mac_u2_avx2[4];
extern const qnn_stage_fn qnn_stage_avx2[QNN_STAGE_FAST_NR];
void qnn_store_a_codes_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_codes_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_c_codes_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_a_left_codes_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_left_codes_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
extern const qnn_depthwise_fn qnn_depthwise_avx2[QNN_STAGE_FAST_NR];
extern const qnn_add_fn qnn_add_avx2[QNN_STAGE_FAST_NR];
void qnn_add_estimate_avx2(const struct qnn_add_args *args);
void qnn_store_steps_avx2(const struct qnn_store *s, const struct qnn_tile_out *t);
extern const struct qnn_mac_kernel qnn_count_avx2[4][QNN_MAC_SIZES];
void qnn_part_avx2(u8 *dst, const u8 *src, u32 words, u64 flip);
extern const struct qnn_isa_ops qnn_avx2_ops;
extern const struct qnn_mac_kernel qnn_mac_avx512vnni[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_mac_u4_avx512vnni[4];
extern const struct qnn_mac_kernel qnn_mac_u2_avx512vnni[4];
extern const qnn_stage_fn qnn_stage_avx512vnni[QNN_STAGE_FAST_NR];
void qnn_store_a_codes_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_codes_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_c_codes_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_a_left_codes_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_left_codes_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_steps_avx512vnni(const struct qnn_store *s, const struct qnn_tile_out *t);
extern const qnn_depthwise_fn qnn_depthwise_avx512vnni[QNN_STAGE_FAST_NR];
extern const qnn_depthwise_3x3_fn qnn_depthwise_3x3_avx512vnni[QNN_STAGE_FAST_NR];
extern const qnn_depthwise_narrow_fn qnn_depthwise_narrow_avx512vnni[QNN_STAGE_FAST_NR];
extern const qnn_add_fn qnn_add_avx512vnni[QNN_STAGE_FAST_NR];
void qnn_add_estimate_avx512vnni(const struct qnn_add_args *args);
extern const struct qnn_isa_ops qnn_avx512vnni_ops;
extern const struct qnn_mac_kernel qnn_count_avx512bits[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_count_signs_avx512bits[4][QNN_MAC_SIZES];
void qnn_part_avx512bits(u8 *dst, const u8 *src, u32 words, u64 flip);
extern const qnn_add_fn qnn_add_linear_avx512bits[QNN_STAGE_FAST_NR];
void qnn_map_avx512bits(const u8 *table, const u8 *src, u32 bits, u32 count, u8 *dst);
void qnn_pairs_avx512bits(const struct qnn_pairs_args *args);
extern const struct qnn_isa_ops qnn_avx512bits_ops;
#endif

#ifdef QNN_HAVE_NEON
extern const struct qnn_mac_kernel qnn_mac_neondot[4][QNN_MAC_SIZES];
extern const struct qnn_mac_kernel qnn_mac_u4_neondot[4];
extern const struct qnn_mac_kernel qnn_mac_u2_neondot[4];
extern const struct qnn_mac_kernel qnn_count_neondot[4][QNN_MAC_SIZES];
void qnn_part_neondot(u8 *dst, const u8 *src, u32 words, u64 flip);
extern const qnn_stage_fn qnn_stage_neondot[QNN_STAGE_FAST_NR];
void qnn_store_a_codes_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_codes_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_c_codes_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_a_left_codes_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_b_left_codes_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
void qnn_store_steps_neondot(const struct qnn_store *s, const struct qnn_tile_out *t);
extern const qnn_depthwise_fn qnn_depthwise_neondot[QNN_STAGE_FAST_NR];
extern const qnn_depthwise_3x3_fn qnn_depthwise_3x3_neondot[QNN_STAGE_FAST_NR];
extern const qnn_add_fn qnn_add_neondot[QNN_STAGE_FAST_NR];
void qnn_widen_neondot(const struct qnn_widen_args *args);
extern const struct qnn_isa_ops qnn_neondot_ops;
#endif

#ifdef QNN_HAVE_AMX
extern const struct qnn_mac_kernel qnn_mac_amx[2];
u32 qnn_matrix_depth_amx(u32 length);
void qnn_release_amx(struct qnn_matrix_shape *shape);
extern const struct qnn_isa_ops qnn_amx_ops;
#endif

#endif /* QNN_ISA_H */

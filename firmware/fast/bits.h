/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * Layers whose weights are bits, -1 or +1, and whose activations have one or
 * two: products are counted instead of multiplied.
 *
 * With a weight w = 2 W - 1 and a plane of bits A of the activations,
 * A w = W - (A xor W), so that the sum of A w is that of W, which is known in
 * advance, less the number of bits that differ. Bipolar activations a = 2 A - 1
 * give a w = 1 - 2 (A xor W).
 *
 * An activation outside of the input counts nothing. As a code it is the zero
 * point; of bipolar ones there is none, so it is 0 bits, and what these give
 * is taken back in the bias. That depends on where the kernel meets the border.
 */
#ifndef QNN_BITS_H
#define QNN_BITS_H

#include "isa.h"
#include "plan.h"

#define QNN_WORD_BITS	32u	/* depths that are counted at once */
#define QNN_MOST_PLANES	2u

/* Planes that a command's input has, if it is one of those layers; else 0. */
u32 qnn_bits_planes(const struct qnn_cmd *cmd, const struct qnn_isa_ops *isa);

/* How the input lies, and the borders. */
void qnn_bits_plan(struct qnn_plan *plan, const struct qnn_cmd *cmd);

/* Does the kernel's row (or column) @tap meet the input at the first output of a class? */
int qnn_border_inside(const struct qnn_border *b, u32 class_index, u32 tap);

/* Fills what the plan points to; -1: stopped. */
int qnn_repack_bits(const struct qnn_plan *plan, const struct qnn_program *prog,
		    const struct qnn_cmd *cmd, u8 *memory, struct qnn_poll *poll);

/* Copies the input of @rows output rows from @first on, of one group. */
int qnn_bits_copy(const struct qnn_plan *plan, const struct qnn_cmd *cmd,
		  const struct qnn_isa_ops *isa, const u8 *in, u32 group, u32 first, u32 rows,
		  u8 *work, struct qnn_poll *poll);

/* Where @masks has bits, they change places with those 2^step above. */
static inline u64 qnn_bits_swap(u64 bits, u32 step)
{
	static const u64 masks[] = {
		0x2222222222222222ull, 0x0c0c0c0c0c0c0c0cull, 0x00f000f000f000f0ull,
		0x0000ff000000ff00ull, 0x00000000ffff0000ull,
	};
	u64 swap = (bits ^ bits >> (1u << step)) & masks[step];

	return bits ^ swap ^ swap << (1u << step);
}

/* The even bits into the lower half, the odd ones into the upper one. */
static inline u64 qnn_bits_part(u64 bits)
{
	u32 i;

	for (i = 0; i < 5; i++)
		bits = qnn_bits_swap(bits, i);
	return bits;
}

/* And back. */
static inline u64 qnn_bits_join(u64 halves)
{
	u32 i;

	for (i = 5; i > 0; i--)
		halves = qnn_bits_swap(halves, i - 1);
	return halves;
}

#endif /* QNN_BITS_H */

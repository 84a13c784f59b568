/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * The specification (Documentation/device.rst) as slow, obvious code: one
 * element at a time, one bit at a time, with floats where the specification
 * speaks of floats. It shares nothing with the device code but the format.
 */
#ifndef QNN_TEST_ORACLE_H
#define QNN_TEST_ORACLE_H

#include "qnn_program.h"

s32 oracle_rule_a(s32 acc, s32 multiplier, int shift);
s32 oracle_rule_b(s32 acc, s32 multiplier, int shift);
/* Clamp included, zero point added. */
s32 oracle_rule_c(s32 acc, u32 scale_bits, s32 zero_point, s32 min, s32 max);

/* Run a valid program's commands over the regions. */
void oracle_run(const void *image, u8 *const *regions);

#endif /* QNN_TEST_ORACLE_H */

/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef QNN_ELEMENTWISE_H
#define QNN_ELEMENTWISE_H

#include "qnn_device.h"

/* What a value less its zero point adds, as operand @which. */
s32 qnn_add_operand(const struct qnn_add_desc *add, u32 which, s32 value);

#endif /* QNN_ELEMENTWISE_H */

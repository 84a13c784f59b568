/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
#ifndef QNN_POOL_PACKED_H
#define QNN_POOL_PACKED_H

#include "kernel.h"

/* As pool_max of struct qnn_isa_ops, of elements of 4, 2 or 1 @bits. */
void qnn_pool_max_packed(const struct qnn_window *window, u32 bits);

#endif /* QNN_POOL_PACKED_H */

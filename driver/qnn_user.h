/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_USER_H__
#define __QNN_USER_H__

#include <linux/types.h>

void *qnn_user_alloc(size_t size, gfp_t flags);
int qnn_stride_check(u32 stride, size_t min_size);
int qnn_copy_element(void *dst, size_t size, u64 base, u32 stride, u32 index);

#endif /* __QNN_USER_H__ */

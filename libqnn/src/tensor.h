/* SPDX-License-Identifier: MIT */
/* Geometry of packed tensors. */
#ifndef LIBQNN_TENSOR_H
#define LIBQNN_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qnn.h"

/* Properties of an element type, by enum qnn_type. */
struct qnn_elem_info {
	const char *name;
	uint32_t bits;
	int32_t min;
	int32_t max;
};

/* NULL: no such type. */
const struct qnn_elem_info *qnn_elem_info(uint32_t type);

/* Bytes of one pixel of @channels elements. */
uint64_t qnn_packed_pixel_bytes(uint32_t type, uint32_t channels);

#endif /* LIBQNN_TENSOR_H */

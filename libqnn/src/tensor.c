// SPDX-License-Identifier: MIT
#include "tensor.h"

static const struct qnn_elem_info elems[] = {
	[QNN_TYPE_S8] = { "s8", 8, -128, 127 },
	[QNN_TYPE_U8] = { "u8", 8, 0, 255 },
	[QNN_TYPE_S4] = { "s4", 4, -8, 7 },
	[QNN_TYPE_U4] = { "u4", 4, 0, 15 },
	[QNN_TYPE_S2] = { "s2", 2, -2, 1 },
	[QNN_TYPE_U2] = { "u2", 2, 0, 3 },
	[QNN_TYPE_B1] = { "b1", 1, -1, 1 },
	[QNN_TYPE_S32] = { "s32", 32, INT32_MIN, INT32_MAX },
};

const struct qnn_elem_info *qnn_elem_info(uint32_t type)
{
	if (type >= sizeof(elems) / sizeof(elems[0]) || !elems[type].name)
		return NULL;
	return &elems[type];
}

uint64_t qnn_packed_pixel_bytes(uint32_t type, uint32_t channels)
{
	return ((uint64_t)channels * elems[type].bits + 7) / 8;
}

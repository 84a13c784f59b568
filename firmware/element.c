// SPDX-License-Identifier: (GPL-2.0 OR MIT)
#include "element.h"

static const struct qnn_element elements[] = {
	[QNN_ELEM_S8]    = { "s8", -128, 127, 8 },
	[QNN_ELEM_U8]    = { "u8", 0, 255, 8 },
	[QNN_ELEM_S4]    = { "s4", -8, 7, 4 },
	[QNN_ELEM_U4]    = { "u4", 0, 15, 4 },
	[QNN_ELEM_S2]    = { "s2", -2, 1, 2 },
	[QNN_ELEM_U2]    = { "u2", 0, 3, 2 },
	[QNN_ELEM_B1]    = { "b1", 0, 1, 1 },
	[QNN_ELEM_S32]   = { "s32", -0x7fffffff - 1, 0x7fffffff, 32 },
	[QNN_WEIGHT_CB1] = { "cb1", 0, 1, 1 },
	[QNN_WEIGHT_CB2] = { "cb2", 0, 3, 2 },
	[QNN_WEIGHT_CB3] = { "cb3", 0, 7, 3 },
	[QNN_WEIGHT_CB4] = { "cb4", 0, 15, 4 },
	[QNN_WEIGHT_CB5] = { "cb5", 0, 31, 5 },
};

const struct qnn_element *qnn_element(u32 type)
{
	if (type >= sizeof(elements) / sizeof(elements[0]) || !elements[type].bits)
		return (const struct qnn_element *)0;
	return &elements[type];
}

const char *qnn_elem_name(u32 type)
{
	const struct qnn_element *e = qnn_element(type);

	return e ? e->name : "unknown";
}

u32 qnn_elem_bits(u32 type)
{
	const struct qnn_element *e = qnn_element(type);

	return e ? e->bits : 0;
}

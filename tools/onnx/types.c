// SPDX-License-Identifier: MIT
/* Data types of tensors. */
#include "priv.h"

bool type_integer(int type)
{
	switch (type) {
	case TYPE(FLOAT):
	case TYPE(DOUBLE):
	case TYPE(FLOAT16):
	case TYPE(BFLOAT16):
		return false;
	default:
		return true;
	}
}

bool type_codes(int type, struct quantizer *q)
{
	static const struct {
		int type;
		unsigned int bits;
		bool is_signed;
	} known[] = {
		{ TYPE(INT8), 8, true },  { TYPE(UINT8), 8, false },
		{ TYPE_INT4, 4, true },	  { TYPE_UINT4, 4, false },
		{ TYPE_INT2, 2, true },	  { TYPE_UINT2, 2, false },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].type != type)
			continue;
		q->bits = known[i].bits;
		q->is_signed = known[i].is_signed;
		q->zero_after = true;
		return true;
	}
	return false;
}

const char *type_name(int type)
{
	static const char *const names[] = {
		[TYPE(FLOAT)] = "float", [TYPE(UINT8)] = "uint8",
		[TYPE(INT8)] = "int8", [TYPE(UINT16)] = "uint16",
		[TYPE(INT16)] = "int16", [TYPE(INT32)] = "int32",
		[TYPE(INT64)] = "int64", [TYPE(STRING)] = "string",
		[TYPE(BOOL)] = "bool", [TYPE(FLOAT16)] = "float16",
		[TYPE(DOUBLE)] = "double", [TYPE(UINT32)] = "uint32",
		[TYPE(UINT64)] = "uint64", [TYPE(COMPLEX64)] = "complex64",
		[TYPE(COMPLEX128)] = "complex128",
		[TYPE(BFLOAT16)] = "bfloat16", [17] = "float8e4m3fn",
		[18] = "float8e4m3fnuz", [19] = "float8e5m2",
		[20] = "float8e5m2fnuz", [TYPE_UINT4] = "uint4",
		[TYPE_INT4] = "int4", [23] = "float4e2m1",
		[24] = "float8e8m0", [TYPE_UINT2] = "uint2",
		[TYPE_INT2] = "int2",
	};

	if (type < 1 || (size_t)type >= sizeof(names) / sizeof(names[0]))
		return "of an unknown type";
	return names[type];
}

// SPDX-License-Identifier: MIT
/* libFuzzer: ONNX files. */
#include "fuzz_pack.h"
#include "tools/onnx/onnx.h"

int fuzz_parse(const void *data, size_t size, struct graph *g, struct report *r)
{
	return onnx_parse(data, size, NULL, g, r);
}

// SPDX-License-Identifier: MIT
/* libFuzzer: TFLite files. */
#include "fuzz_pack.h"
#include "tools/tflite/tflite.h"

int fuzz_parse(const void *data, size_t size, struct graph *g, struct report *r)
{
	return tflite_parse(data, size, NULL, g, r);
}

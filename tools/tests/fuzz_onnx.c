// SPDX-License-Identifier: MIT
/* libFuzzer: ONNX files through importer, simplification and units. */
#include <stddef.h>
#include <stdint.h>

#include "tools/graph/units.h"
#include "tools/onnx/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report r = { 0 };
	struct units u = { 0 };
	struct graph g;

	if (!onnx_parse(data, size, &g, &r)) {
		graph_simplify(&g);
		units_build(&g, &u, &r);
		units_free(&u);
	}
	graph_free(&g);
	report_free(&r);
	return 0;
}

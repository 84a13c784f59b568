/* SPDX-License-Identifier: MIT */
/*
 * Reads ONNX files. A file is hostile until shown otherwise: sizes, counts
 * and names are checked, nesting is cut off, and memory is limited to a
 * multiple of the file's size.
 */
#ifndef TOOLS_ONNX_H
#define TOOLS_ONNX_H

#include <stddef.h>

#include "tools/graph/graph.h"
#include "tools/graph/report.h"

#define ONNX_MAX_FILE_SIZE	(1u << 30)

/*
 * Read a network into @g, which is zeroed. Returns 0; the error of open() or
 * read(); -EFBIG; or -EINVAL with all that is wrong with it as problems in
 * @r. On failure @g is empty.
 */
int onnx_load(const char *path, struct graph *g, struct report *r);
int onnx_parse(const void *data, size_t size, struct graph *g,
	       struct report *r);

#endif /* TOOLS_ONNX_H */

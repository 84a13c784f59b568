/* SPDX-License-Identifier: MIT */
/*
 * Reads ONNX files. A file is hostile until shown otherwise: sizes, counts
 * and names are checked, nesting is cut off, and memory is limited to a
 * multiple of the file's size. Data in other files is taken from the folder
 * of the model and those below it, never through a symbolic link.
 */
#ifndef TOOLS_ONNX_H
#define TOOLS_ONNX_H

#include <stddef.h>

#include "tools/graph/graph.h"
#include "tools/graph/report.h"
#include "tools/import/import.h"

#define ONNX_MAX_FILE_SIZE	(1u << 30)
#define ONNX_MIN_OPSET		7
#define ONNX_MAX_OPSET		26

/*
 * Read a network into @g, which is zeroed. @opt may be NULL. Returns 0; the
 * error of open() or read(); -EFBIG; or -EINVAL with all that is wrong with it
 * as problems in @r. On failure @g is empty.
 */
int onnx_load(const char *path, const struct import_options *opt,
	      struct graph *g, struct report *r);
/* The same from memory; the model must be in one piece. */
int onnx_parse(const void *data, size_t size, const struct import_options *opt,
	       struct graph *g, struct report *r);

/* What is known about an operator, for lists of them. */
struct onnx_operator_doc {
	const char *type;
	const char *domain;	/* "": ONNX's own */
	unsigned int min_opset;	/* of that domain: where it appeared */
	unsigned int max_opset;
	const char *text;	/* what of it is supported, in one line */
};

/* Operators in the order of their names; NULL: no more. */
const struct onnx_operator_doc *onnx_operator(size_t index);

#endif /* TOOLS_ONNX_H */

/* SPDX-License-Identifier: MIT */
/*
 * Reads TFLite files. A file is hostile until shown otherwise: its tables are
 * verified as a whole before anything is looked at, every number is checked
 * where it is used, and memory is limited to a multiple of what an honest
 * network needs.
 */
#ifndef TOOLS_TFLITE_H
#define TOOLS_TFLITE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/graph/graph.h"
#include "tools/graph/report.h"
#include "tools/import/import.h"

#define TFLITE_MAX_FILE_SIZE	(1u << 30)

/* Whether the file that starts like this claims to be TFLite. */
bool tflite_is(const void *data, size_t size);

/*
 * Read a network into @g, which is zeroed. Operators have no names in this
 * format: nodes are called as their results are, and so are the entries of
 * @opt->cut. @opt may be NULL. Returns 0; the error of open() or read();
 * -EFBIG; or -EINVAL with all that is wrong with it as problems in @r. On
 * failure @g is empty.
 */
int tflite_load(const char *path, const struct import_options *opt,
		struct graph *g, struct report *r);
int tflite_parse(const void *data, size_t size,
		 const struct import_options *opt, struct graph *g,
		 struct report *r);

/* The operators that can be read, for lists of them. */
struct tflite_operator_doc {
	const char *name;
	bool weights;		/* it has some */
	const char *text;	/* what of it */
};

/* False: there are no more. */
bool tflite_operator(size_t index, struct tflite_operator_doc *doc);

#endif /* TOOLS_TFLITE_H */

/* SPDX-License-Identifier: MIT */
/*
 * Files of networks, whatever their format: the importer is chosen by what the
 * file contains, not by its name.
 */
#ifndef TOOLS_IMPORT_H
#define TOOLS_IMPORT_H

#include <stddef.h>

#include "tools/graph/graph.h"
#include "tools/graph/report.h"

struct import_options {
	/*
	 * Names of nodes, or of values, behind which the network ends: their
	 * results are its outputs, and nothing that they do not need is looked
	 * at. None: the network is taken whole.
	 */
	const char *const *cut;
	size_t cuts;
};

/*
 * Read a network into @g, which is zeroed. @opt may be NULL. Returns 0; the
 * error of open() or read(); -EFBIG; or -EINVAL with all that is wrong with it
 * as problems in @r. On failure @g is empty.
 */
int import_load(const char *path, const struct import_options *opt,
		struct graph *g, struct report *r);

#endif /* TOOLS_IMPORT_H */

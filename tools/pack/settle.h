/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_SETTLE_H
#define TOOLS_SETTLE_H

#include "tools/graph/units.h"
#include "tools/quant/formats.h"

/*
 * Take out the copies that addressing can do, now that formats are known:
 * parts are written straight into what they are joined to, slices and reshapes
 * are read where they are.
 */
void settle(struct graph *g, struct units *u, const struct value_format *fmt);

#endif /* TOOLS_SETTLE_H */

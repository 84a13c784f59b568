/* SPDX-License-Identifier: MIT */
/* Parts of the origin section that reports have too. */
#ifndef TOOLS_ORIGIN_H
#define TOOLS_ORIGIN_H

#include <jansson.h>

#include "pack.h"

/* Tool, version, source, options and the input. */
json_t *origin_head(const struct packed *p, const struct pack_options *opt);
/* Where a value of the network is stored, and as what. */
json_t *origin_value(const struct packed *p, uint32_t value);
json_t *origin_lines(const struct report_lines *l);

#endif /* TOOLS_ORIGIN_H */

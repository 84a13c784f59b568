/* SPDX-License-Identifier: MIT */
/*
 * Widths layer by layer: what each costs, and which to take for a budget. A
 * network is packed again and again for that, so it is read again, too.
 */
#ifndef TOOLS_PACK_MIXED_H
#define TOOLS_PACK_MIXED_H

#include "options.h"
#include "tools/quant/sensitivity.h"

/*
 * Fill in @s for the network of @settings. Returns 0, or an error with problems
 * in @r.
 */
int mixed_measure(struct sensitivity *s, const struct settings *settings,
		  const struct dataset *ds, struct report *r);

/*
 * Add rules to @settings for which the network is within the budget. The same
 * returns.
 */
int mixed_search(const struct sensitivity *s, struct settings *settings,
		 const struct dataset *ds, struct report *r);

#endif /* TOOLS_PACK_MIXED_H */

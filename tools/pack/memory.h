/* SPDX-License-Identifier: MIT */
/* Where each value is stored. */
#ifndef TOOLS_MEMORY_H
#define TOOLS_MEMORY_H

#include "plan.h"
#include "qnn_program.h"
#include "tools/graph/units.h"
#include "tools/quant/formats.h"

struct place {
	bool used;
	uint32_t region;
	uint64_t offset;
	uint32_t row_stride;
	uint32_t pixel_stride;
	uint64_t bytes;
	/* Units that write it first and need it last; the input is never born. */
	size_t born, dies;
	/* The value whose memory this one is part of or takes over: or itself. */
	uint32_t root;
};

/*
 * Region 0 is the input, then each output has one; what is left lies in one
 * more, in which values share memory that do not live at the same time. A sum
 * or product takes the place of an operand that nobody needs any more.
 */
struct memory {
	struct place *place;		/* per value */
	size_t values;
	uint64_t region_size[QNN_MAX_REGIONS];
	uint32_t region_count;
	uint32_t scratch;		/* its region; region_count: there is none */
	struct plan plan;		/* of it; unshared: every value for itself */
};

int memory_plan(struct memory *m, const struct graph *g, const struct units *u,
		const struct value_format *fmt, struct report *r);
void memory_free(struct memory *m);

#endif /* TOOLS_MEMORY_H */

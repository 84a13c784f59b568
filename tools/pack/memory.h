/* SPDX-License-Identifier: MIT */
/* Where each value is stored. */
#ifndef TOOLS_MEMORY_H
#define TOOLS_MEMORY_H

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
};

/*
 * Region 0 is the input, then each output has one; what is left lies in one
 * more, in which values share memory that do not live at the same time.
 */
struct memory {
	struct place *place;		/* per value */
	uint64_t region_size[QNN_MAX_REGIONS];
	uint32_t region_count;
	uint64_t scratch_bytes;		/* without sharing */
};

int memory_plan(struct memory *m, const struct graph *g, const struct units *u,
		const struct value_format *fmt, struct report *r);
void memory_free(struct memory *m);

#endif /* TOOLS_MEMORY_H */

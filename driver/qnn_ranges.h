/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_RANGES_H__
#define __QNN_RANGES_H__

#include <linux/types.h>

#include "qnn_program.h"

/* Of a job: its regions and the report. */
#define QNN_MAX_RANGES		(QNN_MAX_REGIONS + 1)

/**
 * struct qnn_range - a piece of memory that a job uses
 */
struct qnn_range {
	/** @mem: identity of the memory */
	const void *mem;
	/** @start: first byte */
	u64 start;
	/** @end: byte after the last one */
	u64 end;
	/** @write: the job writes it */
	bool write;
};

int qnn_range_init(struct qnn_range *range, const void *mem, u64 mem_size,
		   u64 offset, u64 size, u32 align, bool write);
bool qnn_ranges_conflict(const struct qnn_range *ranges, u32 count);

#endif /* __QNN_RANGES_H__ */

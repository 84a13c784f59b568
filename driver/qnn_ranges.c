// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>

#include <kunit/visibility.h>

#include "qnn_ranges.h"

/**
 * qnn_range_init - describe and check a piece of memory
 * @range: the result
 * @mem: identity of the memory, the same for all handles of it
 * @mem_size: bytes that it has
 * @offset: first byte used
 * @size: bytes used
 * @align: @offset must be a multiple of it, a power of two
 * @write: it is written
 *
 * Return: 0, or -EINVAL if it is misaligned or leaves the memory.
 */
int qnn_range_init(struct qnn_range *range, const void *mem, u64 mem_size,
		   u64 offset, u64 size, u32 align, bool write)
{
	if (offset & (align - 1))
		return -EINVAL;
	if (offset > mem_size || size > mem_size - offset)
		return -EINVAL;

	range->mem = mem;
	range->start = offset;
	range->end = offset + size;
	range->write = write;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_range_init);

/**
 * qnn_ranges_conflict - whether two ranges overlap of which one is written
 * @ranges: the ranges
 * @count: how many, at most QNN_MAX_RANGES
 *
 * Return: true if there are such ranges.
 */
bool qnn_ranges_conflict(const struct qnn_range *ranges, u32 count)
{
	u32 i, j;

	for (i = 1; i < count; i++) {
		const struct qnn_range *a = &ranges[i];

		for (j = 0; j < i; j++) {
			const struct qnn_range *b = &ranges[j];

			if (a->mem == b->mem && (a->write || b->write) &&
			    a->start < b->end && b->start < a->end)
				return true;
		}
	}

	return false;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_ranges_conflict);

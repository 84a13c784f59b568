// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "qnn_file.h"

#define LARGE_PAGE	(2ul << 20)

/* Few page faults instead of thousands. */
void *qnn_memory(size_t size, bool filled_at_once)
{
	size_t least = filled_at_once ? LARGE_PAGE : 4 * LARGE_PAGE;
	size_t align = size < least ? QNN_FILE_ALIGN : LARGE_PAGE;
	void *memory;

	if (posix_memalign(&memory, align, size))
		return NULL;
	if (align == LARGE_PAGE)
		madvise(memory, size / LARGE_PAGE * LARGE_PAGE, MADV_HUGEPAGE);
	return memory;
}

void qnn_memory_wanted(void *memory, size_t size)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = (uintptr_t)memory / page * page, end = (uintptr_t)memory + size;

	/* Less is in memory that the C library has already, or soon there. */
	if (size >= 4 * page)
		madvise((void *)first, end - first, MADV_POPULATE_WRITE);
#else
	(void)memory;
	(void)size;
#endif
}

// SPDX-License-Identifier: MIT
/*
 * Which code of the kernel a case reached. KCOV notes for each thread the
 * addresses that its calls came by; they are marked in memory that all
 * processes share.
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fz.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define MARKS		(1u << 18)
#define ENTRIES		(64u << 10)

static struct marks {
	uint32_t fresh;			/* marked since the last look */
	uint32_t total;
	uint8_t seen[MARKS];
} *marks;

static __thread uint64_t *trace;
static __thread int trace_fd;

bool cover_init(void)
{
	if (access(KCOV, R_OK | W_OK))
		return false;
	/* All of it at once: later it would look like something left over. */
	marks = mmap(NULL, sizeof(*marks), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (marks == MAP_FAILED)
		marks = NULL;
	return marks;
}

void cover_thread_start(void)
{
	if (!marks)
		return;
	trace_fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (trace_fd < 0)
		return;
	trace_fd = fcntl(trace_fd, F_DUPFD_CLOEXEC, 400);
	if (ioctl(trace_fd, KCOV_INIT_TRACE, ENTRIES))
		return;
	trace = mmap(NULL, ENTRIES * sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED,
		     trace_fd, 0);
	if (trace == MAP_FAILED || ioctl(trace_fd, KCOV_ENABLE, KCOV_TRACE_PC))
		trace = NULL;
}

void cover_collect(void)
{
	uint64_t n, i;

	if (!trace)
		return;
	n = __atomic_load_n(&trace[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < ENTRIES; i++) {
		uint64_t at = (trace[i] * 0x9e3779b97f4a7c15ull) >> 46;

		if (marks->seen[at])
			continue;
		marks->seen[at] = 1;
		__atomic_fetch_add(&marks->fresh, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&marks->total, 1, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&trace[0], 0, __ATOMIC_RELAXED);
}

void cover_thread_stop(void)
{
	if (trace)
		ioctl(trace_fd, KCOV_DISABLE, 0);
	trace = NULL;
}

uint32_t cover_new(void)
{
	return marks ? __atomic_exchange_n(&marks->fresh, 0, __ATOMIC_RELAXED) : 0;
}

uint32_t cover_count(void)
{
	return marks ? marks->total : 0;
}

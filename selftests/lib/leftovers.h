/* SPDX-License-Identifier: MIT */
/*
 * What the kernel holds for users of the qnn driver and of memory: counted before
 * and after a test, when all of its processes are gone.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

struct leftovers {
	long refs;		/* of the module: files, dma-bufs, fences */
	long dmabufs;
	long objects;		/* queues and BOs of all devices */
	long pinned;		/* pages of processes */
	long shmem_kb;		/* memory of BOs, among others */
	long slab_kb;		/* kernel objects that cannot be reclaimed */
	long vmalloc_kb;
	long available_kb;	/* memory */
};

void leftovers_count(struct leftovers *now);
/*
 * Is nothing more there than before? The last three vary, and are not looked at;
 * of shared memory a little more is nothing.
 */
bool leftovers_none(const struct leftovers *before, const struct leftovers *now);
/* Wait for that, at most @seconds; @now is what there was at last. */
bool leftovers_settle(const struct leftovers *before, unsigned int seconds,
		      struct leftovers *now);
/* A line for people: what there is more than before. */
void leftovers_text(const struct leftovers *before, const struct leftovers *now, char *text,
		    size_t size);

/* Device core dumps go away when something is written to them, or after minutes. */
void drop_coredumps(void);

/* A whole file; bytes, or -errno. Always ends the text. */
int read_text(const char *path, char *text, size_t size);
int write_text(const char *path, const char *text);

#endif /* LEFTOVERS_H */

// SPDX-License-Identifier: MIT
#include "leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEVICES		16
#define DUMPS		64
#define SHMEM_SLACK_KB	64

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), ret = 0;
	size_t got = 0;

	text[0] = 0;
	if (fd < 0)
		return -errno;
	while (got < size - 1) {
		ret = (int)read(fd, text + got, size - 1 - got);
		if (ret <= 0)
			break;
		got += (size_t)ret;
	}
	text[got] = 0;
	ret = ret < 0 ? -errno : (int)got;
	close(fd);
	return ret;
}

/* The number that follows @key, or begins the file; 0 where there is none. */
static long number_in(const char *path, const char *key)
{
	static char text[1 << 14];
	char *at;

	if (read_text(path, text, sizeof(text)) < 0)
		return 0;
	at = key ? strstr(text, key) : text;
	return at ? strtol(at + (key ? strlen(key) : 0), NULL, 10) : 0;
}

/* "Total 3 objects, 12288 bytes" is the last line. */
static long dmabufs(void)
{
	static char text[1 << 16];
	char *at, *last = NULL;

	read_text("/sys/kernel/debug/dma_buf/bufinfo", text, sizeof(text));
	for (at = strstr(text, "Total "); at; at = strstr(at + 1, "Total "))
		last = at;
	return last ? strtol(last + strlen("Total "), NULL, 10) : 0;
}

/* Lines of a list but for its header. */
static long listed(unsigned int device, const char *list)
{
	char path[80], text[1 << 14], *at;
	long lines = -1;

	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/qnn.%u/%s", device, list);
	if (read_text(path, text, sizeof(text)) <= 0)
		return 0;
	for (at = text; *at; at++)
		lines += *at == '\n';
	return lines;
}

void leftovers_count(struct leftovers *now)
{
	unsigned int i;

	*now = (struct leftovers){
		.refs = number_in("/sys/module/qnn/refcnt", NULL),
		.dmabufs = dmabufs(),
		.pinned = number_in("/proc/vmstat", "nr_foll_pin_acquired") -
			  number_in("/proc/vmstat", "nr_foll_pin_released"),
		.shmem_kb = number_in("/proc/meminfo", "\nShmem:"),
		.slab_kb = number_in("/proc/meminfo", "\nSUnreclaim:"),
		.vmalloc_kb = number_in("/proc/meminfo", "\nVmallocUsed:"),
		.available_kb = number_in("/proc/meminfo", "\nMemAvailable:"),
	};
	for (i = 0; i < DEVICES; i++)
		now->objects += listed(i, "queues") + listed(i, "bos");
}

bool leftovers_none(const struct leftovers *before, const struct leftovers *now)
{
	return now->refs <= before->refs && now->dmabufs <= before->dmabufs &&
	       now->objects <= before->objects && now->pinned <= before->pinned &&
	       now->shmem_kb <= before->shmem_kb + SHMEM_SLACK_KB;
}

bool leftovers_settle(const struct leftovers *before, unsigned int seconds,
		      struct leftovers *now)
{
	struct timespec ts = { 0, 1000000 };
	time_t end = time(NULL) + (time_t)seconds;

	for (;;) {
		leftovers_count(now);
		if (leftovers_none(before, now))
			return true;
		if (time(NULL) > end)
			return false;
		nanosleep(&ts, NULL);
		if (ts.tv_nsec < 50000000)
			ts.tv_nsec *= 2;
	}
}

void leftovers_text(const struct leftovers *before, const struct leftovers *now, char *text,
		    size_t size)
{
	snprintf(text, size,
		 "%ld references of the module, %ld dma-bufs, %ld queues and BOs, %ld pinned pages, %ld kB of shared memory",
		 now->refs - before->refs, now->dmabufs - before->dmabufs,
		 now->objects - before->objects, now->pinned - before->pinned,
		 now->shmem_kb - before->shmem_kb);
}

void drop_coredumps(void)
{
	char path[64];
	unsigned int i;

	for (i = 0; i < DUMPS; i++) {
		snprintf(path, sizeof(path), "/sys/class/devcoredump/devcd%u/data", i);
		if (!access(path, F_OK))
			write_text(path, "1");
	}
}

// SPDX-License-Identifier: MIT
#include "bench_load.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "qnn.h"
#include "stats.h"
#include "tools/common/cli.h"

#define TIME_TARGET	2.0	/* times reading the file and passing over it */
#define MEMORY_TARGET	1.3	/* times the file */
#define LARGE		(128 << 10)	/* bytes that always have pages of their own */

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A field of /proc/self/status in bytes, or 0. */
static double status_bytes(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	double bytes = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			bytes = 1024 * strtod(line + strlen(name), NULL);
	if (f)
		fclose(f);
	return bytes;
}

/* The largest memory so far counts from here on; not all kernels have it. */
static int reset_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, "5", 1) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

static int read_whole(int fd, uint8_t *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, data + done, size - done);

		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* What nobody can do without: the file into memory, and each byte once. */
static int read_and_pass(const char *path, double *us, size_t *size)
{
	double start = now_us();
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = 0;
	uint64_t sum = 0, word;
	struct stat st;
	uint8_t *data;

	if (fd < 0 || fstat(fd, &st)) {
		ret = -errno;
		if (fd >= 0)
			close(fd);
		return ret;
	}
	*size = (size_t)st.st_size;
	data = malloc(*size);
	ret = data ? read_whole(fd, data, *size) : -ENOMEM;
	for (size_t i = 0; !ret && i + sizeof(word) <= *size; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		sum += word;
	}
	__asm__ volatile("" : : "r"(sum));
	*us = now_us() - start;
	free(data);
	close(fd);
	return ret;
}

static int load_once(struct qnn_device *dev, const char *path, double *us)
{
	double start = now_us();
	struct qnn_model *model;
	int ret = qnn_model_load(dev, path, &model);

	*us = now_us() - start;
	qnn_model_free(model);
	return ret;
}

static int add(json_t *rows, const char *path, const char *what, double ours, double reference,
	       double target)
{
	const char *slash = strrchr(path, '/');
	char id[256];

	snprintf(id, sizeof(id), "%s/%s", what, slash ? slash + 1 : path);
	printf("%-40s %12.1f %12.1f %8.3f %8.2f %s\n", id, ours, reference, ours / reference,
	       target, ours / reference <= target ? "holds" : "missed");
	return json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f, s:f, s:b}", "id", id,
						     "ours", ours, "reference", reference,
						     "ratio", ours / reference, "target", target,
						     "holds", ours / reference <= target));
}

static int measure(struct qnn_device *dev, const char *path, size_t pairs, json_t *rows)
{
	double *load = calloc(pairs, sizeof(*load)), *least = calloc(pairs, sizeof(*least));
	double before, peak = 0;
	size_t size = 1;
	int ret = load && least ? 0 : -ENOMEM;

	if (!ret)
		ret = read_and_pass(path, least, &size);
	before = status_bytes("VmRSS:");
	if (!ret && !reset_peak()) {
		ret = load_once(dev, path, load);
		peak = status_bytes("VmHWM:") - before;
	}
	for (size_t i = 0; i < pairs && !ret; i++) {
		ret = read_and_pass(path, &least[i], &size);
		if (!ret)
			ret = load_once(dev, path, &load[i]);
	}
	if (!ret)
		ret = add(rows, path, "load", stats_quantile(load, pairs, 0.5),
			  stats_quantile(least, pairs, 0.5), TIME_TARGET);
	if (!ret && peak > 0)
		ret = add(rows, path, "memory", peak, (double)size, MEMORY_TARGET);
	free(load);
	free(least);
	return ret;
}

int bench_load(const struct cli *cli, const char *path, size_t pairs, json_t *rows)
{
	struct qnn_device *dev;
	int ret = qnn_device_open(QNN_IN_PROCESS, &dev);

	/*
	 * Both sides get new pages each time, as a program does that loads once:
	 * else the C library keeps those of the reference for its next turn.
	 */
	mallopt(M_MMAP_THRESHOLD, LARGE);
	printf("%-40s %12s %12s %8s %8s\n", "us, and bytes at most", "ours", "file", "ratio",
	       "target");
	if (!ret) {
		ret = measure(dev, path, pairs, rows);
		qnn_device_close(dev);
	}
	if (ret)
		cli_error(cli, "%s: %s", path, *qnn_error() ? qnn_error() : strerror(-ret));
	return ret;
}

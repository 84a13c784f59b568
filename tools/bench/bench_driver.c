// SPDX-License-Identifier: MIT
#include "bench_driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contender.h"
#include "qnn.h"
#include "stats.h"
#include "tools/common/cli.h"
#include "wake.h"

#define WARM_UP		5
#define LONG_US		1000	/* such a network takes at most so much of its time: */
#define LONG_TARGET	1.03
#define SHORT_TARGET	1.15	/* a shorter one, less two empty ioctls */
#define WAKE_TARGET	2.0	/* ping-pongs */
#define BUSY_TARGET	0.95
#define QUEUES		64
#define BUSY_SECONDS	2
#define EMPTY_LAYER	"layer:fc:8-8:w8a8"
#define BUSY_LAYER	"layer:3x3:64-64:56x56:w8a8"

struct bench {
	const struct cli *cli;
	const char *device;
	double ioctl_us;
	size_t pairs;
	json_t *rows;
};

/* @sign: the ratio should be at most (1) or at least (-1) the target. */
static int add(const struct bench *b, const char *what, double ours, double reference,
	       double ratio, double target, int sign)
{
	int holds = sign * ratio <= sign * target;
	char id[128];

	snprintf(id, sizeof(id), "driver/%s", what);
	printf("%-40s %10.2f %10.2f %8.3f %8.2f %s\n", id, ours, reference, ratio, target,
	       holds ? "holds" : "missed");
	return json_array_append_new(b->rows, json_pack("{s:s, s:f, s:f, s:f, s:f, s:b}", "id", id,
							"ours", ours, "reference", reference,
							"ratio", ratio, "target", target, "holds",
							holds));
}

static int add_model(const struct bench *b, const char *name, double ours, double process)
{
	if (process >= LONG_US)
		return add(b, name, ours, process, ours / process, LONG_TARGET, 1);
	return add(b, name, ours, process, (ours - 2 * b->ioctl_us) / process, SHORT_TARGET, 1);
}

/* Times two things in pairs; a negative time is an error. */
static int run_pairs(size_t pairs, double (*first)(void *), void *a, double *first_us,
		     double (*second)(void *), void *c, double *second_us)
{
	double *x = calloc(pairs, sizeof(*x)), *y = calloc(pairs, sizeof(*y));
	int ret = x && y ? 0 : -ENOMEM;

	for (size_t i = 0; i < pairs + WARM_UP && !ret; i++) {
		size_t slot = i < WARM_UP ? 0 : i - WARM_UP;

		x[slot] = first(a);
		y[slot] = second(c);
		if (x[slot] < 0 || y[slot] < 0)
			ret = -EIO;
	}
	if (!ret) {
		*first_us = stats_quantile(x, pairs, 0.5);
		*second_us = stats_quantile(y, pairs, 0.5);
	}
	free(x);
	free(y);
	return ret;
}

static double run_contender(void *c)
{
	return contender_run(c);
}

static double run_wake(void *w)
{
	return wake_run(w);
}

static int bench_model(const struct bench *b, const char *what)
{
	struct contender *ours = NULL, *process = NULL;
	double ours_us, process_us;
	const char *slash = strncmp(what, "layer:", 6) ? strrchr(what, '/') : NULL;
	int ret = contender_open_on(what, b->device, &ours);

	if (!ret)
		ret = contender_open(what, &process);
	if (!ret)
		ret = run_pairs(b->pairs, run_contender, ours, &ours_us, run_contender, process,
				&process_us);
	if (!ret)
		ret = add_model(b, slash ? slash + 1 : what, ours_us, process_us);
	contender_close(ours);
	contender_close(process);
	return ret;
}

static int bench_wake(const struct bench *b)
{
	struct contender *job = NULL;
	struct wake *wake = NULL;
	double job_us, wake_us;
	int ret = contender_open_on(EMPTY_LAYER, b->device, &job);

	if (!ret)
		ret = wake_open(&wake);
	if (!ret)
		ret = run_pairs(b->pairs * 10, run_contender, job, &job_us, run_wake, wake,
				&wake_us);
	if (!ret)
		ret = add(b, "empty job, eventfd ping-pong", job_us, wake_us, job_us / wake_us,
			  WAKE_TARGET, 1);
	wake_close(wake);
	contender_close(job);
	return ret;
}

/* Busy time of all cores in us, or < 0. */
static double busy_us(const char *device)
{
	const char *slash = strrchr(device, '/');
	char path[128];
	double us = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/accel/%s/device/npu_busy_time_us",
		 slash ? slash + 1 : device);
	f = fopen(path, "re");
	if (f && fscanf(f, "%lf", &us) != 1)
		us = -1;
	if (f)
		fclose(f);
	return us;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Keeps a job in each queue; gives the share of the cores' time that was used. */
static int keep_busy(const struct bench *b, struct contender **c, uint32_t cores, double *share)
{
	double start = 0, end, before = 0;
	int ret = 0, round;

	for (int i = 0; i < QUEUES && !ret; i++)
		ret = qnn_job_submit(contender_job(c[i]));
	for (round = 0; !ret && (round < 2 || seconds() - start < BUSY_SECONDS); round++) {
		for (int i = 0; i < QUEUES && !ret; i++) {
			ret = qnn_job_wait(contender_job(c[i]), -1);
			if (!ret)
				ret = qnn_job_submit(contender_job(c[i]));
		}
		if (!round) {
			before = busy_us(b->device);
			start = seconds();
		}
	}
	end = seconds();
	*share = (busy_us(b->device) - before) / 1e6 / (end - start) / cores;
	for (int i = 0; i < QUEUES && !ret; i++)
		ret = qnn_job_wait(contender_job(c[i]), -1);
	return ret;
}

static int bench_queues(const struct bench *b)
{
	struct contender *c[QUEUES] = { NULL };
	struct qnn_device_info info;
	struct qnn_device *dev = NULL;
	double share;
	int ret = qnn_device_open(b->device, &dev);

	if (!ret)
		ret = qnn_device_query(dev, &info, sizeof(info));
	for (int i = 0; i < QUEUES && !ret; i++)
		ret = contender_open_on(BUSY_LAYER, b->device, &c[i]);
	if (!ret && busy_us(b->device) < 0) {
		printf("no busy times in sysfs: how busy the cores are is not measured\n");
	} else if (!ret) {
		ret = keep_busy(b, c, info.cores, &share);
		if (!ret)
			ret = add(b, "64 queues, busy share", share, 1, share, BUSY_TARGET, -1);
	}
	for (int i = 0; i < QUEUES; i++)
		contender_close(c[i]);
	qnn_device_close(dev);
	return ret;
}

int bench_driver(const struct cli *cli, const char *device, char **models, int count,
		 size_t pairs, json_t *rows)
{
	struct bench b = {
		.cli = cli, .device = device, .pairs = pairs, .rows = rows,
		.ioctl_us = empty_ioctl_us(device),
	};
	int ret = b.ioctl_us < 0 ? (int)b.ioctl_us : 0;

	if (!ret)
		printf("%s: an empty ioctl takes %.2f us; %zu pairs, us\n"
		       "%-40s %10s %10s %8s %8s\n", device, b.ioctl_us, pairs, "", "driver",
		       "process", "ratio", "target");
	for (int i = 0; i < count && !ret; i++)
		ret = bench_model(&b, models[i]);
	if (!ret)
		ret = bench_wake(&b);
	if (!ret)
		ret = bench_queues(&b);
	if (ret)
		cli_error(cli, "%s: %s", device, *qnn_error() ? qnn_error() : strerror(-ret));
	return ret;
}

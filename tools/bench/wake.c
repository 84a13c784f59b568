// SPDX-License-Identifier: MIT
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "stats.h"

struct wake {
	pthread_t thread;
	int there;
	int back;
};

#define STOP	2

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *answer(void *priv)
{
	struct wake *w = priv;
	eventfd_t value;

	while (!eventfd_read(w->there, &value) && value < STOP)
		eventfd_write(w->back, 1);
	return NULL;
}

int wake_open(struct wake **out)
{
	struct wake *w = calloc(1, sizeof(*w));
	int ret = 0;

	if (!w)
		return -ENOMEM;
	w->there = eventfd(0, EFD_CLOEXEC);
	w->back = eventfd(0, EFD_CLOEXEC);
	if (w->there < 0 || w->back < 0)
		ret = -errno;
	else
		ret = -pthread_create(&w->thread, NULL, answer, w);
	if (ret) {
		close(w->there);
		close(w->back);
		free(w);
		return ret;
	}
	*out = w;
	return 0;
}

void wake_close(struct wake *w)
{
	if (!w)
		return;
	eventfd_write(w->there, STOP);
	pthread_join(w->thread, NULL);
	close(w->there);
	close(w->back);
	free(w);
}

double wake_run(struct wake *w)
{
	double start = now_us();
	eventfd_t value;

	if (eventfd_write(w->there, 1) || eventfd_read(w->back, &value))
		return -errno;
	return now_us() - start;
}

#define ROUNDS	31
#define CALLS	500

double empty_ioctl_us(const char *device)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);
	double us[ROUNDS];

	if (fd < 0)
		return -errno;
	for (int i = 0; i < ROUNDS; i++) {
		double start = now_us();

		for (int k = 0; k < CALLS; k++)
			ioctl(fd, _IO('d', 0x9f));
		us[i] = (now_us() - start) / CALLS;
	}
	close(fd);
	return stats_quantile(us, ROUNDS, 0.5);
}

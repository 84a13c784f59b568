/* SPDX-License-Identifier: MIT */
/* The kernel back end: a node below /dev/accel. */
#ifndef LIBQNN_KERNEL_H
#define LIBQNN_KERNEL_H

#include <pthread.h>
#include <xf86drm.h>

#include "../backend.h"
#include "drm/qnn_accel.h"

/*
 * A GEM handle. The kernel gives one handle for a memory, however often it is
 * imported, and closing closes it for all: so the handles of a device are
 * kept in a list and counted.
 */
struct kernel_bo {
	struct kernel_bo *next;
	unsigned int refs;
	uint32_t handle;
	size_t size;
	int import_fd;			/* dma-buf to map, or -1: our own BO */
	void *map;			/* NULL: not mapped yet */
	bool users;			/* the mapping is the caller's */
};

struct kernel_buffer {
	struct qnn_buffer base;
	struct kernel_bo *bo;
};

/* Queues that wait for a job are kept, up to this number. */
#define KERNEL_IDLE_QUEUES	16

struct kernel_device {
	struct qnn_device base;
	int fd;
	struct drm_qnn_device_info info;
	pthread_mutex_t lock;		/* of what follows */
	struct kernel_bo *bos;
	uint32_t idle_queues[KERNEL_IDLE_QUEUES];
	unsigned int idle_queue_count;
};

struct kernel_job {
	struct qnn_job base;
	uint32_t queue;			/* of the run under way, else 0 */
	uint32_t syncobj;
	int sync_fd;			/* sync file of the last run, or -1 */
	struct qnn_buffer *report_buf;
	struct drm_qnn_report *report;	/* its mapping */
	bool layers;			/* the run writes layer reports */
};

static inline struct kernel_device *kernel_device(struct qnn_device *dev)
{
	return (struct kernel_device *)dev;
}

/* drmIoctl() with -errno as the result; sets no text. */
int kernel_ioctl(const struct kernel_device *dev, unsigned long request, void *arg);

int kernel_buffer_create(struct qnn_device *dev, size_t size, struct qnn_buffer **buf);
int kernel_buffer_import(struct qnn_device *dev, int fd, struct qnn_buffer **buf);
int kernel_buffer_from_memory(struct qnn_device *dev, void *memory, size_t size,
			      bool read_only, struct qnn_buffer **buf);
int kernel_buffer_export(struct qnn_buffer *buf);
void *kernel_buffer_map(struct qnn_buffer *buf);
void kernel_buffer_free(struct qnn_buffer *buf);

int kernel_program_create(struct qnn_model *model);
void kernel_program_destroy(struct qnn_model *model);

/* A queue that works and that no other job uses. */
int kernel_queue_get(struct kernel_device *dev, uint32_t *queue);
/* Gives it back, to be used again unless it is @stopped. */
void kernel_queue_put(struct kernel_device *dev, uint32_t queue, bool stopped);

int kernel_job_create(struct qnn_model *model, struct qnn_job **job);
void kernel_job_free(struct qnn_job *job);
int kernel_job_submit(struct qnn_job *job);
int kernel_job_wait(struct qnn_job *job, int64_t timeout_ns);
int kernel_job_fd(struct qnn_job *job);

#endif /* LIBQNN_KERNEL_H */

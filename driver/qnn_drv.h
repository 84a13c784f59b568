/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_DRV_H__
#define __QNN_DRV_H__

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/kref.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <drm/drm_device.h>

#include "qnn_inject.h"
#include "qnn_recover.h"
#include "qnn_stats.h"

struct drm_file;
struct drm_gpu_scheduler;
struct qnn_backend_ops;
struct qnn_core;

#define QNN_MAX_DEVICES		16
#define QNN_MAX_CORES		8

/* Limits that DRM_QNN_QUERY_DEVICE reports. */
#define QNN_MAX_JOBS		64	/* of a submission */
#define QNN_MAX_SYNCS		64	/* of a submission, each direction */
#define QNN_MAX_QUEUES		64	/* of an open file */
#define QNN_MAX_PROGRAMS	256	/* of an open file */
#define QNN_MAX_QUEUE_JOBS	1024	/* of a queue, not yet ended */
#define QNN_MAX_FILE_JOBS	4096	/* of an open file, not yet ended */
#define QNN_MAX_DEVICE_QUEUES	4096	/* of all open files */
#define QNN_MAX_DEVICE_JOBS	65536	/* of all open files, not yet ended */
#define QNN_MAX_BO_SIZE		BIT_ULL(32)

/**
 * struct qnn_device - one accel device
 *
 * Everything here is set before the device is registered and stays until the
 * last reference of @drm is gone. Open files, their mappings and dma-bufs hold
 * such a reference. Jobs and fences, whose ends come in contexts where the
 * device cannot be freed, share one; see @pins.
 */
struct qnn_device {
	/** @drm: the DRM device */
	struct drm_device drm;
	/** @ops: what executes programs */
	const struct qnn_backend_ops *ops;
	/** @core_count: number of elements in @cores and @scheds */
	u32 core_count;
	/** @cores: the cores */
	struct qnn_core *cores;
	/** @scheds: scheduler of each core, the list that every entity gets */
	struct drm_gpu_scheduler **scheds;
	/**
	 * @reset_wq: runs the deadlines. They are on the way to the signalling
	 * of fences, hence WQ_MEM_RECLAIM and nothing else in it.
	 */
	struct workqueue_struct *reset_wq;
	/**
	 * @access_wq: asks exporters of dma-bufs, which may do anything. No
	 * fence waits for it longer than for a deadline.
	 */
	struct workqueue_struct *access_wq;
	/**
	 * @free_wq: gives back what finished jobs held. That may take
	 * reservation locks, so it must not be on the way to any fence.
	 */
	struct workqueue_struct *free_wq;
	/** @timeout_ms: deadline of a job that names none */
	u32 timeout_ms;
	/** @max_timeout_ms: longest deadline that a job may ask for */
	u32 max_timeout_ms;
	/** @queues: how many there are, those without handle too */
	atomic_t queues;
	/** @jobs: how many were accepted and have not ended */
	atomic_t jobs;
	/** @recovery: what is remembered of jobs that failed */
	struct qnn_recovery recovery;
	/** @inject: failures that tests ask for */
	struct qnn_inject inject;
	/**
	 * @pins: one for a device that is bound, one for each &struct
	 * qnn_file, one for each fence of a job that was armed and is not yet
	 * released. Together they hold one reference of @drm.
	 */
	struct kref pins;
	/** @put_work: drops that reference when the last pin is gone */
	struct work_struct put_work;
};

/**
 * struct qnn_file - what belongs to an open file
 *
 * Queues hold a reference, so that jobs which outlive the file still have
 * their statistics to write to.
 */
struct qnn_file {
	/** @ref: one for the open file, one for each queue */
	struct kref ref;
	/** @qdev: the device */
	struct qnn_device *qdev;
	/** @client_id: &drm_file.client_id, for trace events */
	u64 client_id;
	/** @progs: programs by handle; its lock covers lookup and get */
	struct xarray progs;
	/** @queues: queues by handle; its lock covers lookup and get */
	struct xarray queues;
	/** @jobs: accepted and not yet ended, of queues without handle too */
	atomic_t jobs;
	/** @freeing: ended, with what they used not yet given back */
	atomic_t freeing;
	/** @stats: what its jobs used */
	struct qnn_stats stats;
};

static inline struct qnn_device *to_qnn_device(struct drm_device *drm)
{
	return container_of(drm, struct qnn_device, drm);
}

struct qnn_file *qnn_file_create(struct qnn_device *qdev, u64 client_id);
void qnn_file_put(struct qnn_file *qfile);
void qnn_file_close(struct qnn_file *qfile);

struct qnn_device *qnn_device_create(struct device *parent,
				     const struct qnn_backend_ops *ops,
				     u32 core_count, u32 standard_ms,
				     u32 max_ms);
void qnn_device_unplug(struct qnn_device *qdev);
void qnn_device_flush(struct qnn_device *qdev);
void qnn_device_pin(struct qnn_device *qdev);
void qnn_device_unpin(struct qnn_device *qdev);
void qnn_devices_wait_gone(void);

int qnn_ioctl_dev_query(struct drm_device *drm, void *data,
			struct drm_file *file);
int qnn_ioctl_submit(struct drm_device *drm, void *data,
		     struct drm_file *file);

#endif /* __QNN_DRV_H__ */

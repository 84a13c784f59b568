/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_QUEUE_H__
#define __QNN_QUEUE_H__

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include <drm/gpu_scheduler.h>

struct drm_device;
struct drm_file;
struct qnn_file;

/**
 * struct qnn_queue - jobs that run in order
 *
 * Ends when neither a handle nor a job refers to it: its entity is empty then.
 */
struct qnn_queue {
	/** @ref: one for the handle, one for each job */
	struct kref ref;
	/** @qfile: the open file */
	struct qnn_file *qfile;
	/** @entity: the scheduler's side of it */
	struct drm_sched_entity entity;
	/** @fence_context: of the fences of its jobs on the core */
	u64 fence_context;
	/**
	 * @submit_lock: serializes submissions: the scheduler wants a job
	 * armed and pushed under one lock. Taken inside reservation locks;
	 * nothing that waits for a fence or allocates may be done under it.
	 */
	struct mutex submit_lock;
	/**
	 * @lock: protects all that follows. Innermost lock; taken between
	 * run_job and the signalling of fences, in process context only.
	 */
	spinlock_t lock;
	/** @closed: the handle is gone, jobs that wait are cancelled */
	bool closed;
	/** @reason: &enum drm_qnn_queue_reason */
	u32 reason;
	/** @error_cmd: the command that the failed job had reached */
	u32 error_cmd;
	/** @error_seqno: the job that failed */
	u64 error_seqno;
	/** @submitted: jobs accepted; changes under @submit_lock too */
	u64 submitted;
	/** @completed: jobs that finished without error */
	u64 completed;
	/** @failed: jobs that failed or were cancelled */
	u64 failed;
	/** @rcu: delays the end, see qnn_queue_release() */
	struct rcu_head rcu;
};

struct qnn_queue *qnn_queue_create(struct qnn_file *qfile,
				   enum drm_sched_priority priority);
struct qnn_queue *qnn_queue_lookup(struct qnn_file *qfile, u32 handle);
void qnn_queue_get(struct qnn_queue *queue);
void qnn_queue_put(struct qnn_queue *queue);
void qnn_queue_close(struct qnn_queue *queue);
int qnn_queue_error(struct qnn_queue *queue);
int qnn_queue_admit(struct qnn_queue *queue, u32 count);
u64 qnn_queue_next(struct qnn_queue *queue);
void qnn_queue_job_ended(struct qnn_queue *queue, u64 seqno, int result,
			 u32 cmd);

int qnn_ioctl_queue_create(struct drm_device *drm, void *data,
			   struct drm_file *file);
int qnn_ioctl_queue_destroy(struct drm_device *drm, void *data,
			    struct drm_file *file);
int qnn_ioctl_queue_status(struct drm_device *drm, void *data,
			   struct drm_file *file);

#endif /* __QNN_QUEUE_H__ */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_JOB_H__
#define __QNN_JOB_H__

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

#include "qnn_backend.h"
#include "qnn_ranges.h"

struct drm_gem_object;
struct qnn_access;
struct qnn_bo;
struct qnn_fence;
struct qnn_queue;

/**
 * struct qnn_job_bo - a BO that a job uses, once for all its ranges
 */
struct qnn_job_bo {
	/** @obj: the object, with a reference */
	struct drm_gem_object *obj;
	/** @writes: the job writes it */
	bool writes;
	/** @write: the job writes it, or one that shares its reservation */
	bool write;
	/**
	 * @shared: an earlier one has the same reservation, as several objects
	 * of another driver may, and stands for this one
	 */
	bool shared;
};

/**
 * struct qnn_job_place - where something is, until the BO is mapped
 */
struct qnn_job_place {
	/** @bo: the BO, held by &qnn_job.bos */
	struct qnn_bo *bo;
	/** @offset: bytes into it */
	u64 offset;
};

/**
 * struct qnn_job - one run of a program on behalf of a queue
 *
 * Belongs to the submission until it is pushed, then to the scheduler, until
 * free_job gives it to a worker. The submission keeps a reference while it has
 * locks of BOs, so that none of them ends under another one's lock.
 */
struct qnn_job {
	/** @base: the scheduler's part */
	struct drm_sched_job base;
	/** @ref: one for the owner, one for a submission that has locks */
	struct kref ref;
	/** @queue: the queue */
	struct qnn_queue *queue;
	/** @prog: the program */
	struct qnn_prog *prog;
	/** @fence: signals when the core is done */
	struct qnn_fence *fence;
	/** @access: what to ask of other drivers, or NULL */
	struct qnn_access *access;
	/** @seqno: number within the queue */
	u64 seqno;
	/** @timeout_ms: deadline, counted from the start */
	u32 timeout_ms;
	/** @started: it went to a core */
	bool started;
	/** @submitted: when it was armed, if it has a report */
	ktime_t submitted;
	/** @core: number of that core */
	u32 core;
	/** @result: what it failed with there, or 0 */
	int result;
	/** @stuck: it made no progress when its time was over */
	bool stuck;
	/** @start: when it started */
	ktime_t start;
	/** @end: when it ended, if it failed there */
	ktime_t end;
	/** @run: what the core gets */
	struct qnn_run run;
	/** @bo_count: number of elements in @bos */
	u32 bo_count;
	/** @bos: what is locked, waited for and fenced */
	struct qnn_job_bo bos[QNN_MAX_RANGES];
	/** @regions: where the regions are */
	struct qnn_job_place regions[QNN_MAX_REGIONS];
	/** @report_place: where the report goes, or without a BO */
	struct qnn_job_place report_place;
	/** @report: kernel address of it, or NULL */
	void *report;
	/** @free_work: drops the scheduler's reference */
	struct work_struct free_work;
};

struct qnn_job *qnn_job_create(struct qnn_queue *queue, struct qnn_prog *prog);
void qnn_job_abort(struct qnn_job *job);
void qnn_job_get(struct qnn_job *job);
void qnn_job_put(struct qnn_job *job);
void qnn_job_add_bo(struct qnn_job *job, struct drm_gem_object *obj,
		    bool write);
int qnn_job_map_locked(struct qnn_job *job);
void qnn_job_arm(struct qnn_job *job);
void qnn_job_finish(struct qnn_job *job, int result, ktime_t now);
void qnn_job_complete(struct qnn_job *job, int result, ktime_t now);

extern const struct drm_sched_backend_ops qnn_sched_ops;

#endif /* __QNN_JOB_H__ */

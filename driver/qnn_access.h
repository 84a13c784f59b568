/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_ACCESS_H__
#define __QNN_ACCESS_H__

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct dma_fence;
struct drm_gem_object;
struct qnn_fence;
struct qnn_job;

/**
 * struct qnn_access - what a job has to ask of other drivers for their buffers
 *
 * Only for jobs with imported BOs whose exporters want to be asked.
 */
struct qnn_access {
	/** @job: the job, which this belongs to */
	struct qnn_job *job;
	/** @fence: signals when the exporters let the job begin, or do not */
	struct qnn_fence *fence;
	/** @begin_work: asks them */
	struct work_struct begin_work;
	/** @end_work: tells them that the job is done */
	struct work_struct end_work;
	/** @deadline_work: goes on without them */
	struct delayed_work deadline_work;
	/** @lock: protects @pending and @deadline */
	spinlock_t lock;
	/**
	 * @pending: the exporters are asked, or told, and were not given up.
	 * Who clears it goes on with the job.
	 */
	bool pending;
	/** @deadline: when they are given up */
	ktime_t deadline;
	/**
	 * @begun: all of them let the job begin, so they have to be told of
	 * the end; like @error written before @fence signals
	 */
	bool begun;
	/** @error: why the job may not begin, or 0 */
	int error;
	/** @ending: the job is done; written before they are told */
	bool ending;
	/** @result: what it ended with */
	int result;
	/** @end: when it ended */
	ktime_t end;
};

bool qnn_access_needed(const struct drm_gem_object *obj);
int qnn_access_create(struct qnn_job *job);
void qnn_access_destroy(struct qnn_access *access);
void qnn_access_arm(struct qnn_access *access);
struct dma_fence *qnn_access_begin(struct qnn_access *access);
void qnn_access_end(struct qnn_access *access, int result, ktime_t now);

#endif /* __QNN_ACCESS_H__ */

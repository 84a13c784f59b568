/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_CORE_H__
#define __QNN_CORE_H__

#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <drm/gpu_scheduler.h>

struct qnn_device;
struct qnn_job;

/**
 * struct qnn_core - a core and its scheduler
 */
struct qnn_core {
	/** @qdev: the device */
	struct qnn_device *qdev;
	/** @index: number of the core within the device */
	u32 index;
	/** @sched: its scheduler, which has one job on the core at a time */
	struct drm_gpu_scheduler sched;
	/**
	 * @lock: protects what follows up to @failed, and serializes the back
	 * end's start, stop, hold and release. Taken between run_job and the signalling
	 * of fences: nothing may be allocated under it.
	 */
	struct mutex lock;
	/** @job: the job that the core works at, or NULL */
	struct qnn_job *job;
	/** @deadline: when @job has to be finished */
	ktime_t deadline;
	/**
	 * @overdue: the deadline is over, and @progress what the back end said
	 * then; it is asked once more before it is told to stop
	 */
	bool overdue;
	/** @progress: see @overdue */
	u64 progress;
	/**
	 * @stop_error: 0, or the back end was told to stop, and this is what
	 * becomes of @job: -ETIMEDOUT or -ENODEV
	 */
	int stop_error;
	/** @gone: the device was unplugged, no job starts any more */
	bool gone;
	/** @asleep: between qnn_core_suspend() and qnn_core_resume() */
	bool asleep;
	/** @held: asleep with @job, whose deadline does not count meanwhile */
	bool held;
	/** @held_since: since when */
	ktime_t held_since;
	/** @busy_ns: time that jobs which ended spent here */
	u64 busy_ns;
	/** @jobs: how many these are */
	u64 jobs;
	/** @failed: how many of them failed */
	u64 failed;
	/**
	 * @idle: @gone or @asleep, and the last job left the core or stands
	 * still
	 */
	struct completion idle;
	/** @deadline_work: looks at @deadline */
	struct delayed_work deadline_work;
	/** @priv: of the back end */
	void *priv;
};

int qnn_core_init(struct qnn_device *qdev, struct qnn_core *core, u32 index);
void qnn_core_start(struct qnn_core *core, struct qnn_job *job);
void qnn_core_done(struct qnn_core *core, int result);
bool qnn_core_unplug(struct qnn_core *core);
u64 qnn_core_busy_ns_locked(const struct qnn_core *core, ktime_t now);
u64 qnn_core_busy_ns(struct qnn_core *core);
unsigned long qnn_deadline_left(ktime_t deadline, ktime_t now);
int qnn_deadline_ms(u32 asked, u32 standard, u32 max, u32 *out);

#endif /* __QNN_CORE_H__ */

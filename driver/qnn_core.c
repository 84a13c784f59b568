// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-fence.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include <drm/drm_managed.h>
#include <drm/drm_print.h>

#include <kunit/visibility.h>

#include "qnn_backend.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_queue.h"
#include "qnn_trace.h"

/* In that time a run that makes progress makes some. */
#define QNN_PROGRESS_MS		1

/**
 * qnn_deadline_ms - the deadline that a job gets
 * @asked: what it asked for, 0 for the standard one
 * @standard: the standard one
 * @max: the longest
 * @out: the result
 *
 * Return: 0, or -EINVAL if it asked for too much.
 */
int qnn_deadline_ms(u32 asked, u32 standard, u32 max, u32 *out)
{
	if (asked > max)
		return -EINVAL;
	*out = asked ?: standard;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_deadline_ms);

/**
 * qnn_deadline_left - time to a deadline, in jiffies
 * @deadline: the deadline
 * @now: the time
 *
 * Return: 0 when it is over and, however little is left, at least 1 before.
 */
unsigned long qnn_deadline_left(ktime_t deadline, ktime_t now)
{
	if (!ktime_before(now, deadline))
		return 0;

	return nsecs_to_jiffies(ktime_to_ns(ktime_sub(deadline, now))) + 1;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_deadline_left);

/*
 * Whether an overdue run may be told to stop now. A deadline is a promise to
 * others and holds for runs that make progress, too; but who looks for the
 * reason wants to know which it was. So the back end is asked twice.
 */
static bool qnn_core_progress_known(struct qnn_core *core)
{
	const struct qnn_backend_ops *ops = core->qdev->ops;

	lockdep_assert_held(&core->lock);

	if (!ops->progress)
		return true;
	if (core->overdue) {
		core->job->stuck = ops->progress(core) == core->progress;
		return true;
	}
	core->overdue = true;
	core->progress = ops->progress(core);
	mod_delayed_work(core->qdev->reset_wq, &core->deadline_work,
			 msecs_to_jiffies(QNN_PROGRESS_MS));

	return false;
}

static void qnn_core_deadline(struct work_struct *work)
{
	struct qnn_core *core = container_of(work, struct qnn_core,
					     deadline_work.work);
	bool cookie = dma_fence_begin_signalling();
	unsigned long left;

	mutex_lock(&core->lock);
	/* The job that this was queued for may have made way for another. */
	if (core->job && !core->stop_error && !core->held) {
		left = qnn_deadline_left(core->deadline, ktime_get());
		if (left) {
			mod_delayed_work(core->qdev->reset_wq,
					 &core->deadline_work, left);
		} else if (qnn_core_progress_known(core)) {
			core->stop_error = -ETIMEDOUT;
			trace_qnn_core_stop(core);
			core->qdev->ops->stop(core);
		}
	}
	mutex_unlock(&core->lock);
	dma_fence_end_signalling(cookie);
}

/**
 * qnn_core_start - give a job to the core
 * @core: the core, which is idle
 * @job: the job
 *
 * On a device that was unplugged the job ends here, with -ENODEV.
 */
void qnn_core_start(struct qnn_core *core, struct qnn_job *job)
{
	struct qnn_device *qdev = core->qdev;

	mutex_lock(&core->lock);
	if (core->gone) {
		mutex_unlock(&core->lock);
		qnn_job_finish(job, -ENODEV, ktime_get());
		return;
	}
	job->start = ktime_get();
	job->started = true;
	job->core = core->index;
	qnn_stats_start(&job->queue->qfile->stats, job->start);
	core->job = job;
	core->stop_error = 0;
	core->overdue = false;
	core->deadline = ktime_add_ms(job->start, job->timeout_ms);
	mod_delayed_work(qdev->reset_wq, &core->deadline_work,
			 msecs_to_jiffies(job->timeout_ms) + 1);
	trace_qnn_job_run(job);
	qdev->ops->start(core, &job->run);
	mutex_unlock(&core->lock);
}

/**
 * qnn_core_done - the core is done with its run
 * @core: the core
 * @result: 0, or a negative error if the core could not go on
 *
 * Called by the back end, exactly once for each start, when the core does not
 * touch the run any more and its results are filled in. The core may get its
 * next run before this returns.
 */
void qnn_core_done(struct qnn_core *core, int result)
{
	bool cookie = dma_fence_begin_signalling();
	struct qnn_job *job;
	ktime_t now;

	mutex_lock(&core->lock);
	now = ktime_get();
	job = core->job;
	core->job = NULL;
	if (core->stop_error)
		result = core->stop_error;
	core->busy_ns += ktime_to_ns(ktime_sub(now, job->start));
	core->jobs++;
	if (result)
		core->failed++;
	/* If it runs already it finds no job, or another one. */
	cancel_delayed_work(&core->deadline_work);
	if (core->gone || core->asleep)
		complete(&core->idle);
	mutex_unlock(&core->lock);

	qnn_job_finish(job, result, now);
	dma_fence_end_signalling(cookie);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_done);

/**
 * qnn_core_unplug - stop what runs, start nothing any more
 * @core: the core
 *
 * Jobs that wait end with -ENODEV in their turn, that is after the fences that
 * they depend on: no fence signals before those.
 *
 * Return: whether a job runs; then @idle completes when it is off the core.
 */
bool qnn_core_unplug(struct qnn_core *core)
{
	bool busy;

	mutex_lock(&core->lock);
	core->gone = true;
	busy = core->job;
	if (busy && !core->stop_error) {
		core->stop_error = -ENODEV;
		trace_qnn_core_stop(core);
		core->qdev->ops->stop(core);
	}
	mutex_unlock(&core->lock);

	return busy;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_unplug);

/**
 * qnn_core_busy_ns_locked - time that jobs spent on a core
 * @core: the core, whose lock is held
 * @now: the time
 *
 * Return: the time in ns, that of a running job included.
 */
u64 qnn_core_busy_ns_locked(const struct qnn_core *core, ktime_t now)
{
	u64 busy_ns = core->busy_ns;

	lockdep_assert_held(&core->lock);

	if (core->job)
		busy_ns += ktime_to_ns(ktime_sub(now, core->job->start));

	return busy_ns;
}

/**
 * qnn_core_busy_ns - time that jobs spent on a core
 * @core: the core
 *
 * Return: the time in ns, that of a running job included.
 */
u64 qnn_core_busy_ns(struct qnn_core *core)
{
	u64 busy_ns;

	mutex_lock(&core->lock);
	/* The clock is read under the lock: the start is not later. */
	busy_ns = qnn_core_busy_ns_locked(core, ktime_get());
	mutex_unlock(&core->lock);

	return busy_ns;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_busy_ns);

static void qnn_core_disable_deadline(struct drm_device *drm, void *data)
{
	struct qnn_core *core = data;

	disable_delayed_work_sync(&core->deadline_work);
}

static void qnn_core_destroy_wq(struct drm_device *drm, void *data)
{
	destroy_workqueue(data);
}

static void qnn_core_fini_sched(struct drm_device *drm, void *data)
{
	drm_sched_fini(data);
}

/**
 * qnn_core_init - set up a core, its back end and its scheduler
 * @qdev: the device
 * @core: the core, zeroed
 * @index: its number
 *
 * DRM managed actions undo it, in reverse order: the scheduler ends before
 * what it runs on.
 *
 * Return: 0, or what failed.
 */
int qnn_core_init(struct qnn_device *qdev, struct qnn_core *core, u32 index)
{
	struct drm_device *drm = &qdev->drm;
	struct drm_sched_init_args args = {
		.ops = &qnn_sched_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = 1,
		/* qnn_core_deadline() instead */
		.timeout = MAX_SCHEDULE_TIMEOUT,
		/* static: fences refer to it until their end */
		.name = "qnn",
		.dev = drm->dev,
	};
	int ret;

	core->qdev = qdev;
	core->index = index;
	init_completion(&core->idle);
	INIT_DELAYED_WORK(&core->deadline_work, qnn_core_deadline);
	ret = drmm_mutex_init(drm, &core->lock);
	if (ret)
		return ret;

	ret = qdev->ops->init_core(core);
	if (ret)
		return ret;

	ret = drmm_add_action_or_reset(drm, qnn_core_disable_deadline, core);
	if (ret)
		return ret;

	args.submit_wq = alloc_ordered_workqueue("qnn-sched", WQ_MEM_RECLAIM);
	if (!args.submit_wq)
		return -ENOMEM;
	ret = drmm_add_action_or_reset(drm, qnn_core_destroy_wq,
				       args.submit_wq);
	if (ret)
		return ret;

	ret = drm_sched_init(&core->sched, &args);
	if (ret)
		return ret;

	return drmm_add_action_or_reset(drm, qnn_core_fini_sched,
					&core->sched);
}

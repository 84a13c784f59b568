// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep of the machine. No job starts while it lasts, what runs stands still,
 * and the time does not count for its deadline.
 */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/ktime.h>
#include <linux/mutex.h>

#include <drm/gpu_scheduler.h>

#include <kunit/visibility.h>

#include "qnn_backend.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_power.h"

/* The deadline does not tick from here on. */
static void qnn_core_hold_locked(struct qnn_core *core)
{
	lockdep_assert_held(&core->lock);

	core->held = true;
	core->held_since = ktime_get();
	/* If it runs already it finds that the job is held. */
	cancel_delayed_work(&core->deadline_work);
	core->qdev->ops->hold(core);
}

/* As much time is left as there was. */
static void qnn_core_release_locked(struct qnn_core *core)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&core->lock);

	core->held = false;
	core->deadline = ktime_add(core->deadline,
				   ktime_sub(now, core->held_since));
	core->qdev->ops->release(core);
	if (core->job && !core->stop_error)
		mod_delayed_work(core->qdev->reset_wq, &core->deadline_work,
				 qnn_deadline_left(core->deadline, now));
}

/**
 * qnn_core_held - the core's run stands still
 * @core: the core
 *
 * Called by the back end, after &qnn_backend_ops.hold.
 */
void qnn_core_held(struct qnn_core *core)
{
	complete(&core->idle);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_held);

/**
 * qnn_core_suspend - let a core come to rest
 * @core: the core
 *
 * Jobs that wait, and those that are submitted meanwhile, start after
 * qnn_core_resume(). A run that the back end cannot hold is waited for; its
 * deadline sees to it that this ends.
 */
void qnn_core_suspend(struct qnn_core *core)
{
	bool busy;

	drm_sched_wqueue_stop(&core->sched);

	mutex_lock(&core->lock);
	reinit_completion(&core->idle);
	core->asleep = true;
	busy = core->job;
	if (busy && !core->stop_error && core->qdev->ops->hold)
		qnn_core_hold_locked(core);
	mutex_unlock(&core->lock);

	if (busy)
		wait_for_completion(&core->idle);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_suspend);

/**
 * qnn_core_resume - undo qnn_core_suspend()
 * @core: the core
 */
void qnn_core_resume(struct qnn_core *core)
{
	mutex_lock(&core->lock);
	core->asleep = false;
	if (core->held)
		qnn_core_release_locked(core);
	mutex_unlock(&core->lock);

	drm_sched_wqueue_start(&core->sched);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_core_resume);

/**
 * qnn_device_suspend - let all cores come to rest
 * @qdev: the device
 */
void qnn_device_suspend(struct qnn_device *qdev)
{
	u32 i;

	for (i = 0; i < qdev->core_count; i++)
		qnn_core_suspend(&qdev->cores[i]);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_device_suspend);

/**
 * qnn_device_resume - undo qnn_device_suspend()
 * @qdev: the device
 */
void qnn_device_resume(struct qnn_device *qdev)
{
	u32 i;

	for (i = 0; i < qdev->core_count; i++)
		qnn_core_resume(&qdev->cores[i]);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_device_resume);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What remains of a job that failed: a line of the log, a device core dump and
 * an event for user space. All after its fence has signalled, from a work item
 * on which no fence depends.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/kobject.h>
#include <linux/ratelimit.h>
#include <linux/seq_buf.h>
#include <linux/string.h>

#include <drm/drm_drv.h>
#include <drm/drm_file.h>

#include <kunit/visibility.h>

#include "qnn_coredump.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_queue.h"
#include "qnn_recover.h"

/* A client can fail as often as it likes; who listens shall not drown. */
#define QNN_UEVENT_INTERVAL	(5 * HZ)
#define QNN_UEVENT_BURST	10

/**
 * qnn_recovery_init - begin with nothing
 * @recovery: what to set up
 */
void qnn_recovery_init(struct qnn_recovery *recovery)
{
	memset(recovery, 0, sizeof(*recovery));
	spin_lock_init(&recovery->lock);
	mutex_init(&recovery->dump_lock);
	ratelimit_state_init(&recovery->uevents, QNN_UEVENT_INTERVAL,
			     QNN_UEVENT_BURST);
	/* Do not write to the kernel's log what was held back. */
	ratelimit_set_flags(&recovery->uevents, RATELIMIT_MSG_ON_RELEASE);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_recovery_init);

/**
 * qnn_recovery_note - remember a failure
 * @recovery: the device's
 * @entry: what failed
 *
 * Return: the number of the failure, from 1.
 */
u64 qnn_recovery_note(struct qnn_recovery *recovery,
		      const struct qnn_log_entry *entry)
{
	u64 number;

	spin_lock(&recovery->lock);
	recovery->log[recovery->failures % QNN_LOG_ENTRIES] = *entry;
	number = ++recovery->failures;
	spin_unlock(&recovery->lock);

	return number;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_recovery_note);

/**
 * qnn_failure_name - the word for an error of a job
 * @result: the error
 *
 * Return: a constant.
 */
const char *qnn_failure_name(int result)
{
	return result == -ETIMEDOUT ? "timeout" : "fault";
}

/**
 * qnn_progress_name - the words for what a job did when its time was over
 * @result: the error of the job
 * @stuck: what was found
 *
 * Return: a constant.
 */
const char *qnn_progress_name(int result, bool stuck)
{
	if (result != -ETIMEDOUT)
		return "";

	return stuck ? " without progress" : " at work";
}

/**
 * qnn_recovery_print - the last failures, oldest first
 * @recovery: the device's
 * @s: where to print
 */
void qnn_recovery_print(struct qnn_recovery *recovery, struct seq_buf *s)
{
	struct qnn_log_entry entry;
	u64 i, end;

	spin_lock(&recovery->lock);
	end = recovery->failures;
	i = end > QNN_LOG_ENTRIES ? end - QNN_LOG_ENTRIES : 0;
	for (; i < end; i++) {
		entry = recovery->log[i % QNN_LOG_ENTRIES];
		seq_buf_printf(s, "log: %llu at %lld ns core %u client %llu ",
			       i + 1, ktime_to_ns(entry.time), entry.core,
			       entry.client_id);
		seq_buf_printf(s, "job %llu command %u %s%s\n", entry.seqno,
			       entry.cmd, qnn_failure_name(entry.result),
			       qnn_progress_name(entry.result, entry.stuck));
	}
	spin_unlock(&recovery->lock);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_recovery_print);

static void qnn_send_uevent(struct qnn_device *qdev, u32 core, int result)
{
	struct drm_device *drm = &qdev->drm;
	char core_text[16], reason_text[24], reset_text[] = "RESET=1";
	char *env[4] = { reset_text, core_text, reason_text };
	int idx;

	if (!__ratelimit(&qdev->recovery.uevents))
		return;

	snprintf(core_text, sizeof(core_text), "CORE=%u", core);
	snprintf(reason_text, sizeof(reason_text), "REASON=%s",
		 qnn_failure_name(result));
	/* The node may be on its way out. */
	if (!drm_dev_enter(drm, &idx))
		return;
	if (drm->registered)
		kobject_uevent_env(&drm->accel->kdev->kobj, KOBJ_CHANGE, env);
	drm_dev_exit(idx);
}

/**
 * qnn_job_failed - leave traces of a job that failed on a core
 * @job: the job, which has ended and still has all it used
 *
 * May sleep and allocate.
 */
void qnn_job_failed(struct qnn_job *job)
{
	struct qnn_device *qdev = job->queue->qfile->qdev;
	const struct qnn_log_entry entry = {
		.time = job->end,
		.client_id = job->queue->qfile->client_id,
		.seqno = job->seqno,
		.core = job->core,
		.cmd = job->run.cmd,
		.result = job->result,
		.stuck = job->stuck,
	};

	dev_notice_ratelimited(qdev->drm.dev,
			       "core %u: job %llu failed at command %u (%pe%s)\n",
			       entry.core, entry.seqno, entry.cmd,
			       ERR_PTR(entry.result),
			       qnn_progress_name(entry.result, entry.stuck));
	qnn_recovery_note(&qdev->recovery, &entry);
	qnn_coredump(job);
	qnn_send_uevent(qdev, job->core, job->result);
}

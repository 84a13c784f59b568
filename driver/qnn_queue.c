// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/export.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_drv.h"
#include "qnn_queue.h"

static const enum drm_sched_priority qnn_priorities[] = {
	[DRM_QNN_PRIORITY_LOW] = DRM_SCHED_PRIORITY_LOW,
	[DRM_QNN_PRIORITY_NORMAL] = DRM_SCHED_PRIORITY_NORMAL,
	[DRM_QNN_PRIORITY_HIGH] = DRM_SCHED_PRIORITY_HIGH,
};

/* Never above the limit, not even for the moment of being refused. */
static bool qnn_limit_take(atomic_t *used, u32 count, u32 limit)
{
	int now = atomic_read(used);

	do {
		if (now + count > limit)
			return false;
	} while (!atomic_try_cmpxchg(used, &now, now + count));

	return true;
}

/* The administrator gets through when others have taken all of a device. */
static bool qnn_device_limit_take(atomic_t *used, u32 count, u32 limit)
{
	if (qnn_limit_take(used, count, limit))
		return true;
	if (!capable(CAP_SYS_RESOURCE))
		return false;
	atomic_add(count, used);

	return true;
}

/**
 * qnn_queue_create - create a queue
 * @qfile: the open file
 * @priority: the scheduler's priority
 *
 * Return: the queue, or an error pointer.
 */
struct qnn_queue *qnn_queue_create(struct qnn_file *qfile,
				   enum drm_sched_priority priority)
{
	struct qnn_device *qdev = qfile->qdev;
	struct qnn_queue *queue;
	int ret;

	if (!qnn_device_limit_take(&qdev->queues, 1, QNN_MAX_DEVICE_QUEUES))
		return ERR_PTR(-ENOSPC);
	ret = -ENOMEM;
	queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	if (!queue)
		goto err_count;

	/*
	 * An idle entity goes to the least loaded core and stays there while
	 * it has jobs. The list of cores lives as long as the device.
	 */
	ret = drm_sched_entity_init(&queue->entity, priority, qdev->scheds,
				    qdev->core_count, NULL);
	if (ret)
		goto err_free;

	kref_init(&queue->ref);
	mutex_init(&queue->submit_lock);
	spin_lock_init(&queue->lock);
	queue->fence_context = dma_fence_context_alloc(1);
	queue->qfile = qfile;
	kref_get(&qfile->ref);

	return queue;

err_free:
	kfree(queue);
err_count:
	atomic_dec(&qdev->queues);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_create);

static void qnn_queue_release(struct kref *ref)
{
	struct qnn_queue *queue = container_of(ref, struct qnn_queue, ref);

	/* Every job has a reference, so the entity has nothing left to kill. */
	drm_sched_entity_fini(&queue->entity);
	mutex_destroy(&queue->submit_lock);
	atomic_dec(&queue->qfile->qdev->queues);
	qnn_file_put(queue->qfile);

	/*
	 * A fence that a job waited for clears the entity's dependency, which
	 * lets the job run and end, and looks at the entity once more before it
	 * enables interrupts again.
	 */
	kfree_rcu(queue, rcu);
}

/**
 * qnn_queue_get - take a reference
 * @queue: the queue
 */
void qnn_queue_get(struct qnn_queue *queue)
{
	kref_get(&queue->ref);
}

/**
 * qnn_queue_put - drop a reference
 * @queue: the queue
 *
 * May sleep; not between run_job and the signalling of a fence.
 */
void qnn_queue_put(struct qnn_queue *queue)
{
	kref_put(&queue->ref, qnn_queue_release);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_put);

/**
 * qnn_queue_lookup - get a queue by its handle
 * @qfile: the open file
 * @handle: the handle
 *
 * Return: a new reference, or NULL.
 */
struct qnn_queue *qnn_queue_lookup(struct qnn_file *qfile, u32 handle)
{
	struct qnn_queue *queue;

	/* The array's lock keeps the handle's reference alive meanwhile. */
	xa_lock(&qfile->queues);
	queue = xa_load(&qfile->queues, handle);
	if (queue)
		qnn_queue_get(queue);
	xa_unlock(&qfile->queues);

	return queue;
}

/**
 * qnn_queue_close - cancel what waits and refuse what comes
 * @queue: the queue, which lost its handle
 *
 * Jobs that wait still go through the scheduler, which lets them run when the
 * fences that they depend on have signalled: no fence signals before those.
 * Nothing waits here.
 */
void qnn_queue_close(struct qnn_queue *queue)
{
	spin_lock(&queue->lock);
	queue->closed = true;
	spin_unlock(&queue->lock);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_close);

static int qnn_queue_error_locked(const struct qnn_queue *queue)
{
	lockdep_assert_held(&queue->lock);

	if (queue->closed)
		return -ENOENT;

	return queue->reason ? -EIO : 0;
}

/**
 * qnn_queue_error - whether the queue takes and runs jobs
 * @queue: the queue
 *
 * Return: 0, -EIO after a job failed, or -ENOENT after qnn_queue_close().
 */
int qnn_queue_error(struct qnn_queue *queue)
{
	int ret;

	spin_lock(&queue->lock);
	ret = qnn_queue_error_locked(queue);
	spin_unlock(&queue->lock);

	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_error);

/**
 * qnn_queue_admit - whether the queue takes so many jobs now
 * @queue: the queue, whose submit_lock is held
 * @count: number of jobs; on success they count as not yet ended for the file
 *	and the device
 *
 * Return: 0, what qnn_queue_error() returns, or -EBUSY.
 */
int qnn_queue_admit(struct qnn_queue *queue, u32 count)
{
	struct qnn_file *qfile = queue->qfile;
	u64 pending;
	int ret;

	lockdep_assert_held(&queue->submit_lock);

	spin_lock(&queue->lock);
	ret = qnn_queue_error_locked(queue);
	pending = queue->submitted - queue->completed - queue->failed;
	spin_unlock(&queue->lock);
	if (ret)
		return ret;

	if (pending + count > QNN_MAX_QUEUE_JOBS ||
	    !qnn_limit_take(&qfile->jobs, count, QNN_MAX_FILE_JOBS))
		return -EBUSY;
	if (!qnn_device_limit_take(&qfile->qdev->jobs, count,
				   QNN_MAX_DEVICE_JOBS)) {
		atomic_sub(count, &qfile->jobs);
		return -EBUSY;
	}

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_admit);

/**
 * qnn_queue_next - count a job as accepted
 * @queue: the queue, whose submit_lock is held
 *
 * Return: the number of the job.
 */
u64 qnn_queue_next(struct qnn_queue *queue)
{
	u64 seqno;

	lockdep_assert_held(&queue->submit_lock);

	spin_lock(&queue->lock);
	seqno = ++queue->submitted;
	spin_unlock(&queue->lock);

	return seqno;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_next);

/**
 * qnn_queue_job_ended - note how a job ended, before its fence signals
 * @queue: the queue
 * @seqno: number of the job
 * @result: 0; -ECANCELED if it did not start; -ENODEV if the device went
 *	away; or what it failed with
 * @cmd: the command that it had reached
 *
 * The first failure stops the queue.
 */
void qnn_queue_job_ended(struct qnn_queue *queue, u64 seqno, int result,
			 u32 cmd)
{
	u32 reason = result == -ETIMEDOUT ? DRM_QNN_REASON_TIMEOUT :
					    DRM_QNN_REASON_FAULT;

	spin_lock(&queue->lock);
	if (result)
		queue->failed++;
	else
		queue->completed++;
	if (result && result != -ECANCELED && result != -ENODEV &&
	    !queue->reason) {
		queue->reason = reason;
		queue->error_seqno = seqno;
		queue->error_cmd = cmd;
	}
	spin_unlock(&queue->lock);
	atomic_dec(&queue->qfile->qdev->jobs);
	atomic_dec(&queue->qfile->jobs);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_queue_job_ended);

/**
 * qnn_ioctl_queue_create - DRM_QNN_QUEUE_CREATE
 * @drm: the device
 * @data: &struct drm_qnn_queue_create
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_queue_create(struct drm_device *drm, void *data,
			   struct drm_file *file)
{
	struct drm_qnn_queue_create *args = data;
	struct qnn_file *qfile = file->driver_priv;
	struct qnn_queue *queue;
	int ret;

	if (args->flags || args->pad ||
	    args->priority >= ARRAY_SIZE(qnn_priorities))
		return -EINVAL;
	if (args->priority == DRM_QNN_PRIORITY_HIGH && !capable(CAP_SYS_NICE))
		return -EACCES;

	queue = qnn_queue_create(qfile, qnn_priorities[args->priority]);
	if (IS_ERR(queue))
		return PTR_ERR(queue);

	/* Published last: another thread may guess the handle. */
	ret = xa_alloc(&qfile->queues, &args->handle, queue,
		       XA_LIMIT(1, QNN_MAX_QUEUES), GFP_KERNEL_ACCOUNT);
	if (ret)
		qnn_queue_put(queue);

	return ret == -EBUSY ? -ENOSPC : ret;
}

/**
 * qnn_ioctl_queue_destroy - DRM_QNN_QUEUE_DESTROY
 * @drm: the device
 * @data: &struct drm_qnn_queue_destroy
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_queue_destroy(struct drm_device *drm, void *data,
			    struct drm_file *file)
{
	struct drm_qnn_queue_destroy *args = data;
	struct qnn_file *qfile = file->driver_priv;
	struct qnn_queue *queue;

	if (args->pad)
		return -EINVAL;

	queue = xa_erase(&qfile->queues, args->handle);
	if (!queue)
		return -ENOENT;
	qnn_queue_close(queue);
	qnn_queue_put(queue);

	return 0;
}

/**
 * qnn_ioctl_queue_status - DRM_QNN_QUEUE_STATUS
 * @drm: the device
 * @data: &struct drm_qnn_queue_status
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_queue_status(struct drm_device *drm, void *data,
			   struct drm_file *file)
{
	struct drm_qnn_queue_status *args = data;
	struct qnn_queue *queue;

	if (args->pad)
		return -EINVAL;

	queue = qnn_queue_lookup(file->driver_priv, args->handle);
	if (!queue)
		return -ENOENT;

	spin_lock(&queue->lock);
	args->reason = queue->reason;
	args->error_seqno = queue->error_seqno;
	args->error_cmd = queue->error_cmd;
	args->submitted = queue->submitted;
	args->completed = queue->completed;
	args->failed = queue->failed;
	spin_unlock(&queue->lock);
	qnn_queue_put(queue);

	return 0;
}

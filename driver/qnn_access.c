// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU access to buffers of other drivers.
 *
 * The emulated device reads and writes with the CPU, and so must ask the
 * exporter of a dma-buf before a job and tell it afterwards. An exporter may
 * sleep, and may take the reservation lock of the buffer, whose holder may wait
 * for the fence of this very job. So a worker asks, on which nothing waits for
 * longer than the deadline of the job: then the job fails, its fence signals,
 * and whatever the exporter waits for can go on.
 *
 * The exporters are called as they are and not through
 * dma_buf_begin_cpu_access(), which would wait for the fences of the buffer. The
 * scheduler has waited for those that come before the job; the others are its
 * own and those of jobs that wait for it.
 */
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/export.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>
#include <drm/drm_print.h>

#include <kunit/visibility.h>

#include "qnn_access.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_fence.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_queue.h"

/**
 * qnn_access_needed - whether an exporter wants to be asked for a BO
 * @obj: the BO
 *
 * Return: false for a BO of our own, too.
 */
bool qnn_access_needed(const struct drm_gem_object *obj)
{
	const struct dma_buf_ops *ops;

	if (!obj->import_attach)
		return false;
	ops = obj->import_attach->dmabuf->ops;

	return ops->begin_cpu_access || ops->end_cpu_access;
}

/*
 * Part of the memory may be written, and the rest has to stay: an exporter that
 * copies must copy in both directions.
 */
static enum dma_data_direction qnn_access_direction(const struct qnn_job_bo *bo)
{
	return bo->writes ? DMA_BIDIRECTIONAL : DMA_FROM_DEVICE;
}

static int qnn_access_begin_bo(const struct qnn_job_bo *bo)
{
	struct dma_buf *dmabuf = bo->obj->import_attach->dmabuf;
	struct qnn_bo *qbo = to_qnn_bo(bo->obj);
	int ret;

	if (!dmabuf->ops->begin_cpu_access)
		return 0;
	mutex_lock(&qbo->access_lock);
	ret = dmabuf->ops->begin_cpu_access(dmabuf, qnn_access_direction(bo));
	mutex_unlock(&qbo->access_lock);

	return ret;
}

static int qnn_access_end_bo(const struct qnn_job_bo *bo)
{
	struct dma_buf *dmabuf = bo->obj->import_attach->dmabuf;
	struct qnn_bo *qbo = to_qnn_bo(bo->obj);
	int ret;

	if (!dmabuf->ops->end_cpu_access)
		return 0;
	mutex_lock(&qbo->access_lock);
	ret = dmabuf->ops->end_cpu_access(dmabuf, qnn_access_direction(bo));
	mutex_unlock(&qbo->access_lock);

	return ret;
}

/* Tells the exporters of the first @count BOs. All of them, whatever they say. */
static int qnn_access_end_bos(struct qnn_job *job, u32 count)
{
	int first = 0, ret;

	while (count--) {
		const struct qnn_job_bo *bo = &job->bos[count];

		if (!qnn_access_needed(bo->obj))
			continue;
		ret = qnn_access_end_bo(bo);
		if (ret) {
			drm_dbg_driver(bo->obj->dev,
				       "end of CPU access: %pe\n",
				       ERR_PTR(ret));
			first = first ?: ret;
		}
	}

	return first ? -EIO : 0;
}

static int qnn_access_begin_bos(struct qnn_job *job)
{
	u32 i;
	int ret;

	for (i = 0; i < job->bo_count; i++) {
		const struct qnn_job_bo *bo = &job->bos[i];

		if (!qnn_access_needed(bo->obj))
			continue;
		ret = qnn_access_begin_bo(bo);
		if (ret) {
			drm_dbg_driver(bo->obj->dev,
				       "begin of CPU access: %pe\n",
				       ERR_PTR(ret));
			qnn_access_end_bos(job, i);
			return -EIO;
		}
	}

	return 0;
}

/*
 * Who comes first ends the waiting, the exporters or the deadline. The job is
 * alive until then: the scheduler has it.
 */
static bool qnn_access_settle(struct qnn_access *access)
{
	bool first;

	spin_lock(&access->lock);
	first = access->pending;
	access->pending = false;
	spin_unlock(&access->lock);

	return first;
}

static void qnn_access_begin_work(struct work_struct *work)
{
	struct qnn_access *access = container_of(work, struct qnn_access,
						 begin_work);
	struct qnn_job *job = access->job;
	int ret = qnn_access_begin_bos(job);
	bool cookie = dma_fence_begin_signalling();

	if (qnn_access_settle(access)) {
		access->error = ret;
		access->begun = !ret;
		cancel_delayed_work(&access->deadline_work);
		/* Not the last one; what the job has must not end here. */
		qnn_job_put(job);
		dma_fence_signal(&access->fence->base);
		dma_fence_end_signalling(cookie);
		return;
	}
	dma_fence_end_signalling(cookie);

	/* Too late, the job has ended. */
	if (!ret)
		qnn_access_end_bos(job, job->bo_count);
	qnn_job_put(job);
}

static void qnn_access_end_work(struct work_struct *work)
{
	struct qnn_access *access = container_of(work, struct qnn_access,
						 end_work);
	struct qnn_job *job = access->job;
	int ret = qnn_access_end_bos(job, job->bo_count);
	bool cookie = dma_fence_begin_signalling();

	if (qnn_access_settle(access)) {
		cancel_delayed_work(&access->deadline_work);
		/* Not the last one, as above. */
		qnn_job_put(job);
		qnn_job_complete(job, access->result ?: ret, access->end);
		dma_fence_end_signalling(cookie);
		return;
	}
	dma_fence_end_signalling(cookie);

	qnn_job_put(job);
}

/* Whether it is time to give up; if not yet, this comes again. */
static bool qnn_access_overdue(struct qnn_access *access)
{
	struct qnn_device *qdev = access->job->queue->qfile->qdev;
	unsigned long left = 0;
	bool overdue = false;

	spin_lock(&access->lock);
	if (access->pending) {
		left = qnn_deadline_left(access->deadline, ktime_get());
		overdue = !left;
		access->pending = !overdue;
	}
	spin_unlock(&access->lock);
	if (left)
		mod_delayed_work(qdev->reset_wq, &access->deadline_work, left);

	return overdue;
}

static void qnn_access_deadline(struct work_struct *work)
{
	struct qnn_access *access = container_of(work, struct qnn_access,
						 deadline_work.work);
	bool cookie = dma_fence_begin_signalling();

	if (qnn_access_overdue(access)) {
		if (access->ending) {
			qnn_job_complete(access->job,
					 access->result ?: -ETIMEDOUT,
					 access->end);
		} else {
			access->error = -ETIMEDOUT;
			dma_fence_signal(&access->fence->base);
		}
	}
	dma_fence_end_signalling(cookie);
}

/* The worker gets a reference: it may take longer than the job. */
static void qnn_access_start(struct qnn_access *access,
			     struct work_struct *work)
{
	struct qnn_job *job = access->job;
	struct qnn_device *qdev = job->queue->qfile->qdev;

	spin_lock(&access->lock);
	access->pending = true;
	access->deadline = ktime_add_ms(ktime_get(), job->timeout_ms);
	spin_unlock(&access->lock);

	qnn_job_get(job);
	mod_delayed_work(qdev->reset_wq, &access->deadline_work,
			 msecs_to_jiffies(job->timeout_ms) + 1);
	queue_work(qdev->access_wq, work);
}

/**
 * qnn_access_create - note that a job needs its exporters, if it does
 * @job: the job, whose BOs are known
 *
 * Return: 0 or -ENOMEM.
 */
int qnn_access_create(struct qnn_job *job)
{
	struct qnn_access *access;
	u32 i;

	for (i = 0; i < job->bo_count; i++) {
		if (qnn_access_needed(job->bos[i].obj))
			break;
	}
	if (i == job->bo_count)
		return 0;

	access = kzalloc(sizeof(*access), GFP_KERNEL_ACCOUNT);
	if (!access)
		return -ENOMEM;
	access->fence = qnn_fence_alloc();
	if (!access->fence) {
		kfree(access);
		return -ENOMEM;
	}
	access->job = job;
	spin_lock_init(&access->lock);
	INIT_WORK(&access->begin_work, qnn_access_begin_work);
	INIT_WORK(&access->end_work, qnn_access_end_work);
	INIT_DELAYED_WORK(&access->deadline_work, qnn_access_deadline);
	job->access = access;

	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_access_create);

/**
 * qnn_access_destroy - free it together with its job
 * @access: what qnn_access_create() noted, or NULL
 *
 * May sleep.
 */
void qnn_access_destroy(struct qnn_access *access)
{
	if (!access)
		return;
	/* It may be the one that ended the job, on its last steps. */
	cancel_delayed_work_sync(&access->deadline_work);
	qnn_fence_free(access->fence);
	kfree(access);
}

/**
 * qnn_access_arm - make its fence a real one, together with that of the job
 * @access: what qnn_access_create() noted
 */
void qnn_access_arm(struct qnn_access *access)
{
	qnn_fence_init(access->fence, access->job->queue->qfile->qdev,
		       dma_fence_context_alloc(1), 1);
}

/**
 * qnn_access_begin - ask the exporters, as the last thing that a job waits for
 * @access: what qnn_access_create() noted
 *
 * Called again when the fence has signalled.
 *
 * Return: a fence to wait for, or NULL when the answer is there: it is in
 * &qnn_access.error.
 */
struct dma_fence *qnn_access_begin(struct qnn_access *access)
{
	struct dma_fence *fence = &access->fence->base;

	if (dma_fence_is_signaled(fence)) {
		/*
		 * The job looks at the answer next, which was written before
		 * the fence signalled; looking at the fence does not order that.
		 */
		smp_rmb();
		return NULL;
	}
	qnn_access_start(access, &access->begin_work);

	return dma_fence_get(fence);
}

/**
 * qnn_access_end - tell the exporters that a job is done, then complete it
 * @access: what qnn_access_create() noted, and the exporters said yes
 * @result: what the job ended with
 * @now: when
 *
 * The caller has nothing to do with the job any more.
 */
void qnn_access_end(struct qnn_access *access, int result, ktime_t now)
{
	access->ending = true;
	access->result = result;
	access->end = now;
	qnn_access_start(access, &access->end_work);
}

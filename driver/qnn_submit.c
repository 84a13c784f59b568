// SPDX-License-Identifier: GPL-2.0-only
/*
 * DRM_QNN_SUBMIT: everything that can fail comes first, then all jobs are
 * armed and pushed.
 */
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <drm/drm_exec.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/qnn_accel.h>

#include "qnn_bind.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_sync.h"
#include "qnn_user.h"

/* From so many fences of a BO on a job waits for all of them as for one. */
#define QNN_MANY_FENCES		32

/**
 * struct qnn_submit - a submission on its way
 */
struct qnn_submit {
	/** @file: the open file */
	struct drm_file *file;
	/** @args: what the caller asked for */
	struct drm_qnn_submit *args;
	/** @queue: where to */
	struct qnn_queue *queue;
	/** @job_count: number of elements in @jobs */
	u32 job_count;
	/** @pushed: they belong to the scheduler, we have one reference each */
	bool pushed;
	/** @jobs: the jobs */
	struct qnn_job *jobs[QNN_MAX_JOBS];
	/** @signals: syncobjs that get the fence of the last job */
	struct qnn_signals signals;
	/** @fence: that fence, once there is one */
	struct dma_fence *fence;
};

static int qnn_submit_check(const struct drm_qnn_submit *args)
{
	int ret;

	if (args->flags || args->pad)
		return -EINVAL;
	if (!args->job_count || args->job_count > QNN_MAX_JOBS)
		return -EINVAL;
	if (args->in_sync_count > QNN_MAX_SYNCS ||
	    args->out_sync_count > QNN_MAX_SYNCS)
		return -EINVAL;

	ret = qnn_stride_check(args->job_stride, sizeof(struct drm_qnn_job));
	if (!ret && (args->in_sync_count || args->out_sync_count))
		ret = qnn_stride_check(args->sync_stride,
				       sizeof(struct drm_qnn_sync));

	return ret;
}

static int qnn_submit_add_job(struct qnn_submit *submit, u32 index)
{
	struct qnn_file *qfile = submit->file->driver_priv;
	const struct drm_qnn_submit *args = submit->args;
	struct drm_qnn_job desc;
	struct qnn_prog *prog;
	struct qnn_job *job;
	u32 timeout_ms;
	int ret;

	ret = qnn_copy_element(&desc, sizeof(desc), args->jobs,
			       args->job_stride, index);
	if (ret)
		return ret;
	ret = qnn_deadline_ms(desc.timeout_ms, qfile->qdev->timeout_ms,
			      qfile->qdev->max_timeout_ms, &timeout_ms);
	if (ret)
		return ret;

	prog = qnn_prog_lookup(qfile, desc.program);
	if (!prog)
		return -ENOENT;
	job = qnn_job_create(submit->queue, prog);
	if (IS_ERR(job)) {
		qnn_prog_put(prog);
		return PTR_ERR(job);
	}
	job->timeout_ms = timeout_ms;
	submit->jobs[submit->job_count++] = job;

	return qnn_bind_job(job, submit->file, &desc);
}

/* Reads all that the caller passed; nothing comes from user memory later. */
static int qnn_submit_parse(struct qnn_submit *submit)
{
	const struct drm_qnn_submit *args = submit->args;
	u32 i;
	int ret;

	for (i = 0; i < args->job_count; i++) {
		ret = qnn_submit_add_job(submit, i);
		if (ret)
			return ret;
	}

	/* The other jobs come after the first one anyway. */
	ret = qnn_sync_add_waits(submit->file, &submit->jobs[0]->base,
				 args->in_syncs, args->in_sync_count,
				 args->sync_stride);
	if (ret)
		return ret;

	return qnn_signals_init(&submit->signals, submit->file, args->out_syncs,
				args->out_sync_count, args->sync_stride);
}

/*
 * Locks every BO. A job adds one fence to a reservation at most, so there is
 * room when every reservation has room for all jobs.
 */
static int qnn_submit_lock(struct qnn_submit *submit, struct drm_exec *exec)
{
	u32 i, j;
	int ret;

	drm_exec_until_all_locked(exec) {
		for (i = 0; i < submit->job_count; i++) {
			struct qnn_job *job = submit->jobs[i];

			for (j = 0; j < job->bo_count; j++) {
				ret = drm_exec_prepare_obj(exec,
							   job->bos[j].obj,
							   submit->job_count);
				drm_exec_retry_on_contention(exec);
				if (ret)
					return ret;
			}
		}
	}

	return 0;
}

/*
 * Whether a job before this one waits for the same already, for which it is
 * enough as jobs run in order.
 */
static bool qnn_submit_waits(const struct qnn_submit *submit, u32 index,
			     const struct qnn_job_bo *bo)
{
	u32 i, j;

	for (i = 0; i < index; i++) {
		const struct qnn_job *job = submit->jobs[i];

		for (j = 0; j < job->bo_count; j++) {
			const struct qnn_job_bo *other = &job->bos[j];

			if (!other->shared &&
			    other->obj->resv == bo->obj->resv &&
			    (other->write || !bo->write))
				return true;
		}
	}

	return false;
}

/*
 * The scheduler compares each fence with all that the job waits for already.
 * Fences may be many, one for each queue that uses the BO, and the caller holds
 * locks: for many of them it gets one that stands for all.
 */
static int qnn_submit_wait_for(struct qnn_job *job, const struct qnn_job_bo *bo)
{
	enum dma_resv_usage usage = dma_resv_usage_rw(bo->write);
	struct dma_resv *resv = bo->obj->resv;
	struct dma_resv_iter cursor;
	struct dma_fence *fence;
	u32 count = 0;
	int ret;

	dma_resv_for_each_fence(&cursor, resv, usage, fence)
		count++;
	if (count < QNN_MANY_FENCES)
		return drm_sched_job_add_resv_dependencies(&job->base, resv,
							   usage);

	ret = dma_resv_get_singleton(resv, usage, &fence);
	if (ret)
		return ret;

	/* Consumes the fence, also when it fails; there may be none. */
	return drm_sched_job_add_dependency(&job->base, fence);
}

/* Maps the BOs, and makes each job wait for what others do with them. */
static int qnn_submit_prepare_locked(struct qnn_submit *submit)
{
	u32 i, j;
	int ret;

	for (i = 0; i < submit->job_count; i++) {
		struct qnn_job *job = submit->jobs[i];

		ret = qnn_job_map_locked(job);
		if (ret)
			return ret;

		for (j = 0; j < job->bo_count; j++) {
			const struct qnn_job_bo *bo = &job->bos[j];

			if (bo->shared || qnn_submit_waits(submit, i, bo))
				continue;
			ret = qnn_submit_wait_for(job, bo);
			if (ret)
				return ret;
		}
	}

	return 0;
}

static void qnn_submit_push_job(struct qnn_submit *submit, struct qnn_job *job)
{
	struct dma_fence *fence;
	u32 i;

	qnn_job_arm(job);
	submit->args->seqno = job->seqno;

	fence = &job->base.s_fence->finished;
	for (i = 0; i < job->bo_count; i++) {
		const struct qnn_job_bo *bo = &job->bos[i];

		if (!bo->shared)
			dma_resv_add_fence(bo->obj->resv, fence,
					   bo->write ? DMA_RESV_USAGE_WRITE :
						       DMA_RESV_USAGE_READ);
	}
	dma_fence_put(submit->fence);
	submit->fence = dma_fence_get(fence);

	/*
	 * May run and end at once. If that dropped the last reference of a BO
	 * but for the one that comes with its lock, the BO would end while we
	 * unlock, and take its reservation lock under those of other BOs.
	 */
	qnn_job_get(job);
	drm_sched_entity_push_job(&job->base);
}

/* All or none: after the check of the queue nothing fails any more. */
static int qnn_submit_push_locked(struct qnn_submit *submit)
{
	struct qnn_queue *queue = submit->queue;
	bool cookie;
	u32 i;
	int ret;

	mutex_lock(&queue->submit_lock);
	ret = qnn_queue_admit(queue, submit->job_count);
	if (!ret) {
		cookie = dma_fence_begin_signalling();
		for (i = 0; i < submit->job_count; i++)
			qnn_submit_push_job(submit, submit->jobs[i]);
		submit->pushed = true;
		dma_fence_end_signalling(cookie);
	}
	mutex_unlock(&queue->submit_lock);

	return ret;
}

static void qnn_submit_put_jobs(struct qnn_submit *submit)
{
	u32 i;

	for (i = 0; i < submit->job_count; i++) {
		if (submit->pushed)
			qnn_job_put(submit->jobs[i]);
		else
			qnn_job_abort(submit->jobs[i]);
	}
}

static int qnn_submit_run(struct qnn_submit *submit)
{
	struct drm_exec exec;
	int ret;

	ret = qnn_submit_parse(submit);
	if (ret)
		return ret;

	drm_exec_init(&exec, DRM_EXEC_INTERRUPTIBLE_WAIT |
			     DRM_EXEC_IGNORE_DUPLICATES, 0);
	ret = qnn_submit_lock(submit, &exec);
	if (!ret)
		ret = qnn_submit_prepare_locked(submit);
	if (!ret)
		ret = qnn_submit_push_locked(submit);
	drm_exec_fini(&exec);
	if (ret)
		return ret;

	qnn_signals_attach(&submit->signals, submit->fence);

	return 0;
}

/**
 * qnn_ioctl_submit - DRM_QNN_SUBMIT
 * @drm: the device
 * @data: &struct drm_qnn_submit
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_submit(struct drm_device *drm, void *data,
		     struct drm_file *file)
{
	struct drm_qnn_submit *args = data;
	struct qnn_submit *submit;
	int ret;

	args->seqno = 0;
	ret = qnn_submit_check(args);
	if (ret)
		return ret;

	submit = kzalloc(sizeof(*submit), GFP_KERNEL_ACCOUNT);
	if (!submit)
		return -ENOMEM;
	submit->file = file;
	submit->args = args;
	submit->queue = qnn_queue_lookup(file->driver_priv, args->queue);
	if (submit->queue) {
		ret = qnn_queue_error(submit->queue);
		if (!ret)
			ret = qnn_submit_run(submit);
		qnn_submit_put_jobs(submit);
		qnn_signals_fini(&submit->signals);
		dma_fence_put(submit->fence);
		qnn_queue_put(submit->queue);
	} else {
		ret = -ENOENT;
	}
	kfree(submit);

	return ret;
}

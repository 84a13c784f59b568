// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include <drm/drm_gem.h>
#include <drm/drm_print.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_access.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_fence.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_recover.h"
#include "qnn_trace.h"

static struct qnn_job *to_qnn_job(struct drm_sched_job *base)
{
	return container_of(base, struct qnn_job, base);
}

static void qnn_job_release(struct kref *ref)
{
	struct qnn_job *job = container_of(ref, struct qnn_job, ref);
	u32 i;

	for (i = 0; i < job->bo_count; i++)
		drm_gem_object_put(job->bos[i].obj);
	kvfree(job->run.layers);
	qnn_access_destroy(job->access);
	qnn_prog_put(job->prog);
	qnn_queue_put(job->queue);
	/* Last: for a job that was armed, this may be what pins the device. */
	qnn_fence_free(job->fence);
	kfree(job);
}

/**
 * qnn_job_get - take a reference
 * @job: the job
 */
void qnn_job_get(struct qnn_job *job)
{
	kref_get(&job->ref);
}

/**
 * qnn_job_put - drop a reference
 * @job: the job
 *
 * May sleep and take reservation locks: not under one.
 */
void qnn_job_put(struct qnn_job *job)
{
	kref_put(&job->ref, qnn_job_release);
}

static void qnn_job_free_work(struct work_struct *work)
{
	struct qnn_job *job = container_of(work, struct qnn_job, free_work);
	struct qnn_file *qfile = job->queue->qfile;

	if (job->result)
		qnn_job_failed(job);
	kref_get(&qfile->ref);
	qnn_job_put(job);
	if (atomic_dec_and_test(&qfile->freeing))
		wake_up_var(&qfile->freeing);
	qnn_file_put(qfile);
}

/**
 * qnn_job_create - allocate a job
 * @queue: the queue
 * @prog: the program; the job takes the caller's reference, on success only
 *
 * Return: the job, or an error pointer.
 */
struct qnn_job *qnn_job_create(struct qnn_queue *queue, struct qnn_prog *prog)
{
	struct qnn_job *job;
	int ret;

	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job)
		return ERR_PTR(-ENOMEM);

	job->fence = qnn_fence_alloc();
	if (!job->fence) {
		kfree(job);
		return ERR_PTR(-ENOMEM);
	}

	ret = drm_sched_job_init(&job->base, &queue->entity, 1, NULL,
				 queue->qfile->client_id);
	if (ret) {
		qnn_fence_free(job->fence);
		kfree(job);
		return ERR_PTR(ret);
	}

	kref_init(&job->ref);
	qnn_queue_get(queue);
	job->queue = queue;
	job->prog = prog;
	job->run.prog = prog;
	INIT_WORK(&job->free_work, qnn_job_free_work);

	return job;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_job_create);

/**
 * qnn_job_abort - free a job that was not armed
 * @job: the job
 */
void qnn_job_abort(struct qnn_job *job)
{
	drm_sched_job_cleanup(&job->base);
	qnn_job_put(job);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_job_abort);

/**
 * qnn_job_add_bo - note a BO that a job uses
 * @job: the job
 * @obj: the object; the job takes the caller's reference
 * @write: the job writes it
 *
 * At most QNN_MAX_RANGES times for a job.
 */
void qnn_job_add_bo(struct qnn_job *job, struct drm_gem_object *obj,
		    bool write)
{
	bool shared = false;
	u32 i;

	for (i = 0; i < job->bo_count; i++) {
		struct qnn_job_bo *bo = &job->bos[i];

		if (bo->obj->resv == obj->resv && !bo->shared) {
			bo->write |= write;
			shared = true;
		}
		if (bo->obj == obj) {
			bo->writes |= write;
			drm_gem_object_put(obj);
			return;
		}
	}
	job->bos[job->bo_count].obj = obj;
	job->bos[job->bo_count].writes = write;
	job->bos[job->bo_count].write = write;
	job->bos[job->bo_count].shared = shared;
	job->bo_count++;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_job_add_bo);

static int qnn_job_map_place(const struct qnn_job_place *place, void **out)
{
	int ret;

	if (!place->bo)
		return 0;
	ret = qnn_bo_map_locked(place->bo);
	if (!ret)
		*out = place->bo->map.vaddr + place->offset;

	return ret;
}

/**
 * qnn_job_map_locked - give a job the kernel addresses of what it uses
 * @job: the job, whose BOs are locked
 *
 * Return: 0, or what qnn_bo_map_locked() failed with.
 */
int qnn_job_map_locked(struct qnn_job *job)
{
	u32 i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(job->regions); i++) {
		ret = qnn_job_map_place(&job->regions[i], &job->run.region[i]);
		if (ret)
			return ret;
	}

	return qnn_job_map_place(&job->report_place, &job->report);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_job_map_locked);

/**
 * qnn_job_arm - commit a job to be run
 * @job: the job; the submit_lock of its queue is held
 *
 * From here on nothing may fail until the job is pushed.
 */
void qnn_job_arm(struct qnn_job *job)
{
	struct qnn_queue *queue = job->queue;

	job->seqno = qnn_queue_next(queue);
	qnn_fence_init(job->fence, queue->qfile->qdev, queue->fence_context,
		       job->seqno);
	if (job->access)
		qnn_access_arm(job->access);
	if (job->report)
		job->submitted = ktime_get();
	drm_sched_job_arm(&job->base);
	trace_qnn_job_submit(job);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_job_arm);

static void qnn_job_write_report(struct qnn_job *job, int result,
				 ktime_t now)
{
	const struct qnn_run *run = &job->run;
	u32 commands = job->prog->desc.header->cmd_count;
	struct drm_qnn_report report = {
		.status = result,
		.commands = result ? run->cmd : commands,
		.total = {
			.cycles = run->done.cycles,
			.macs = run->done.macs,
			.bytes_read = run->done.bytes_read,
			.bytes_written = run->done.bytes_written,
		},
	};

	report.submit_ns = ktime_to_ns(job->submitted);
	report.end_ns = ktime_to_ns(now);
	if (job->started) {
		report.start_ns = ktime_to_ns(job->start);
		report.total.time_ns = report.end_ns - report.start_ns;
		report.core = job->core;
	}
	memcpy(job->report, &report, sizeof(report));

	if (run->layers) {
		static_assert(sizeof(struct qnn_layer_record) ==
			      sizeof(struct drm_qnn_layer_report));
		static_assert(offsetof(struct qnn_layer_record, time_ns) ==
			      offsetof(struct drm_qnn_layer_report, time_ns));
		memcpy(job->report + sizeof(report), run->layers,
		       commands * sizeof(*run->layers));
	}
}

/* Not into memory that its exporter did not let us touch. */
static bool qnn_job_may_report(const struct qnn_job *job)
{
	return job->report &&
	       (!job->access || job->access->begun ||
		!qnn_access_needed(&job->report_place.bo->base.base));
}

/**
 * qnn_job_finish - a job ended: report, give buffers back, complete it
 * @job: the job, which may be gone on return
 * @result: 0, or the error of its fence
 * @now: the time
 */
void qnn_job_finish(struct qnn_job *job, int result, ktime_t now)
{
	struct qnn_queue *queue = job->queue;

	if (qnn_job_may_report(job))
		qnn_job_write_report(job, result, now);
	if (job->started)
		qnn_stats_end(&queue->qfile->stats, job->start, now,
			      job->run.done.cycles);
	if (job->access && job->access->begun)
		qnn_access_end(job->access, result, now);
	else
		qnn_job_complete(job, result, now);
}

/**
 * qnn_job_complete - nothing touches the buffers of a job any more: count, signal
 * @job: the job, which may be gone on return
 * @result: 0, or the error of its fence
 * @now: when it ended
 */
void qnn_job_complete(struct qnn_job *job, int result, ktime_t now)
{
	struct qnn_queue *queue = job->queue;
	struct dma_fence *fence = &job->fence->base;

	trace_qnn_job_done(job, result, now);
	qnn_queue_job_ended(queue, job->seqno, result, job->run.cmd);

	if (result)
		dma_fence_set_error(fence, result);
	/* Before it may be freed; see qnn_job_free_work(). */
	if (job->started && (result == -ETIMEDOUT || result == -EIO)) {
		job->result = result;
		job->end = now;
	}
	dma_fence_signal(fence);
}

/*
 * The scheduler's callbacks.
 *
 * There is no timedout_job: the scheduler has one timeout for all jobs, rearms
 * it whenever an earlier job is freed, and its handler has to take jobs out of
 * the pending list and put them back. With one job on the core at a time a
 * deadline of the core does the same with less (qnn_core.c): it makes the back
 * end stop, which ends the job as any other, with an error on its fence.
 */
static struct dma_fence *qnn_sched_run_job(struct drm_sched_job *base)
{
	struct qnn_core *core = container_of(base->sched, struct qnn_core,
					     sched);
	struct qnn_job *job = to_qnn_job(base);
	struct dma_fence *fence = dma_fence_get(&job->fence->base);
	bool cookie = dma_fence_begin_signalling();

	/*
	 * A cancelled job returns its fence like any other. It becomes the
	 * parent of the scheduler's fence, and so pins the module for it.
	 */
	if (qnn_queue_error(job->queue))
		qnn_job_finish(job, -ECANCELED, ktime_get());
	else if (job->access && job->access->error)
		qnn_job_finish(job, job->access->error, ktime_get());
	else
		qnn_core_start(core, job);
	dma_fence_end_signalling(cookie);

	return fence;
}

/* The fences that a job waits for have signalled. */
static struct dma_fence *qnn_sched_prepare_job(struct drm_sched_job *base,
					       struct drm_sched_entity *entity)
{
	struct qnn_job *job = to_qnn_job(base);

	return job->access ? qnn_access_begin(job->access) : NULL;
}

static void qnn_sched_free_job(struct drm_sched_job *base)
{
	struct qnn_job *job = to_qnn_job(base);
	struct qnn_file *qfile = job->queue->qfile;

	drm_sched_job_cleanup(base);
	atomic_inc(&qfile->freeing);
	/*
	 * Dropping BOs may take reservation locks, whose holders may wait for
	 * a job that the scheduler could start only after we return.
	 */
	queue_work(qfile->qdev->free_wq, &job->free_work);
}

const struct drm_sched_backend_ops qnn_sched_ops = {
	.prepare_job = qnn_sched_prepare_job,
	.run_job = qnn_sched_run_job,
	.free_job = qnn_sched_free_job,
};

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs through the scheduler, on a back end that does what the test says.
 */
#include <linux/workqueue.h>

#include <drm/drm_gem.h>
#include <drm/qnn_accel.h>

#include <kunit/test.h>

#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_power.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_test.h"

#define LONG_MS		5000

static struct qnn_test_core *qnn_core_priv(struct qnn_test_ctx *ctx)
{
	return ctx->qdev->cores[0].priv;
}

static bool qnn_core_wait(struct completion *done)
{
	return wait_for_completion_timeout(done, msecs_to_jiffies(LONG_MS));
}

static void qnn_core_expect(struct kunit *test, struct dma_fence *fence,
			    int error)
{
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, error);
}

static void qnn_deadline_limits(struct kunit *test)
{
	u32 out = 77;

	KUNIT_EXPECT_EQ(test, 0, qnn_deadline_ms(0, 500, 1000, &out));
	KUNIT_EXPECT_EQ(test, out, 500);
	KUNIT_EXPECT_EQ(test, 0, qnn_deadline_ms(1, 500, 1000, &out));
	KUNIT_EXPECT_EQ(test, out, 1);
	KUNIT_EXPECT_EQ(test, 0, qnn_deadline_ms(1000, 500, 1000, &out));
	KUNIT_EXPECT_EQ(test, out, 1000);
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_deadline_ms(1001, 500, 1000, &out));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			qnn_deadline_ms(U32_MAX, 500, 1000, &out));
}

static void qnn_deadline_jiffies(struct kunit *test)
{
	ktime_t deadline = ms_to_ktime(1000);

	KUNIT_EXPECT_EQ(test, 0, qnn_deadline_left(deadline, deadline));
	KUNIT_EXPECT_EQ(test, 0,
			qnn_deadline_left(deadline, ktime_add_ns(deadline, 1)));
	/* Never 0 before it is over, or the job would be stopped too early. */
	KUNIT_EXPECT_EQ(test, 1,
			qnn_deadline_left(deadline, ktime_sub_ns(deadline, 1)));
	KUNIT_EXPECT_EQ(test, msecs_to_jiffies(1000) + 1,
			qnn_deadline_left(deadline, 0));
}

static void qnn_core_success(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *core = qnn_core_priv(ctx);
	struct dma_fence *fence;

	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->started));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(fence));
	core->run->done.cycles = 11;
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_core_expect(test, fence, 0);

	KUNIT_EXPECT_EQ(test, ctx->queue->submitted, 1);
	KUNIT_EXPECT_EQ(test, ctx->queue->completed, 1);
	KUNIT_EXPECT_EQ(test, ctx->queue->failed, 0);
	KUNIT_EXPECT_EQ(test, ctx->qfile->stats.cycles, 11);
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].jobs, 1);
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].failed, 0);
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].busy_ns,
			qnn_core_busy_ns(&ctx->qdev->cores[0]));
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].busy_ns,
			ctx->qfile->stats.busy_ns);
	KUNIT_EXPECT_EQ(test, ctx->qfile->stats.running, 0);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(ctx->queue), 0);
	KUNIT_EXPECT_FALSE(test, completion_done(&core->stopped));
}

static void qnn_core_timeout(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *core = qnn_core_priv(ctx);
	struct dma_fence *late, *waiting;

	late = qnn_test_push(test, qnn_test_job(test, ctx, prog, 1));
	waiting = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->started));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->stopped));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(late));

	/* It finishes all the same, a moment too late. */
	core->run->cmd = 3;
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_core_expect(test, late, -ETIMEDOUT);
	qnn_core_expect(test, waiting, -ECANCELED);

	KUNIT_EXPECT_FALSE(test, completion_done(&core->started));
	KUNIT_EXPECT_EQ(test, qnn_queue_error(ctx->queue), -EIO);
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_TIMEOUT);
	KUNIT_EXPECT_EQ(test, ctx->queue->error_seqno, 1);
	KUNIT_EXPECT_EQ(test, ctx->queue->error_cmd, 3);
	KUNIT_EXPECT_EQ(test, ctx->queue->submitted, 2);
	KUNIT_EXPECT_EQ(test, ctx->queue->completed, 0);
	KUNIT_EXPECT_EQ(test, ctx->queue->failed, 2);
}

static void qnn_core_fault(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *core = qnn_core_priv(ctx);
	struct qnn_queue *other;
	struct dma_fence *fence;
	struct qnn_job *job;

	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->started));
	qnn_core_done(&ctx->qdev->cores[0], -EIO);
	qnn_core_expect(test, fence, -EIO);
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_FAULT);

	/* The core goes on with other queues. */
	other = qnn_queue_create(ctx->qfile, DRM_SCHED_PRIORITY_LOW);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	kref_get(&prog->ref);
	job = qnn_job_create(other, prog);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, job);
	job->timeout_ms = LONG_MS;
	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_core_expect(test, fence, 0);
	qnn_queue_put(other);
}

static void qnn_core_closed(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *core = qnn_core_priv(ctx);
	struct dma_fence *running, *waiting;

	running = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	waiting = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&core->started));

	/* The running job ends as it likes, the waiting one is cancelled. */
	qnn_queue_close(ctx->queue);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(ctx->queue), -ENOENT);
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(waiting));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_core_expect(test, running, 0);
	qnn_core_expect(test, waiting, -ECANCELED);
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_NONE);
	KUNIT_EXPECT_EQ(test, ctx->queue->completed, 1);
	KUNIT_EXPECT_EQ(test, ctx->queue->failed, 1);
}

static void qnn_core_unplugged(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *priv = qnn_core_priv(ctx);
	struct qnn_core *core = &ctx->qdev->cores[0];
	struct dma_fence *running, *waiting, *late;

	running = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	waiting = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&priv->started));

	KUNIT_EXPECT_TRUE(test, qnn_core_unplug(core));
	KUNIT_EXPECT_TRUE(test, completion_done(&priv->stopped));
	KUNIT_EXPECT_FALSE(test, completion_done(&core->idle));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(running));

	/* It ends as if nothing had happened, and yet: too late. */
	qnn_core_done(core, 0);
	KUNIT_EXPECT_TRUE(test, completion_done(&core->idle));
	qnn_core_expect(test, running, -ENODEV);
	qnn_core_expect(test, waiting, -ENODEV);
	late = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	qnn_core_expect(test, late, -ENODEV);
	KUNIT_EXPECT_FALSE(test, completion_done(&priv->started));
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_NONE);
	KUNIT_EXPECT_EQ(test, ctx->queue->failed, 3);
}

/* A job that missed its deadline before stays one that did. */
static void qnn_core_unplugged_overdue(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *priv = qnn_core_priv(ctx);
	struct qnn_core *core = &ctx->qdev->cores[0];
	struct dma_fence *fence;

	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, 1));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&priv->started));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&priv->stopped));
	KUNIT_EXPECT_TRUE(test, qnn_core_unplug(core));
	/* Not told twice. */
	KUNIT_EXPECT_FALSE(test, completion_done(&priv->stopped));
	qnn_core_done(core, -EIO);
	qnn_core_expect(test, fence, -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, completion_done(&core->idle));
}

static void qnn_core_unplugged_idle(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);

	KUNIT_EXPECT_FALSE(test, qnn_core_unplug(&ctx->qdev->cores[0]));
	/* Waits for nothing. */
	qnn_device_unplug(ctx->qdev);
}

/**
 * struct qnn_core_ender - ends a run once the core was told to stop
 */
struct qnn_core_ender {
	/** @work: waits and ends it */
	struct work_struct work;
	/** @core: the core */
	struct qnn_core *core;
	/** @stopped: it was told */
	bool stopped;
};

static void qnn_core_end_work(struct work_struct *work)
{
	struct qnn_core_ender *ender = container_of(work, struct qnn_core_ender,
						    work);
	struct qnn_test_core *priv = ender->core->priv;

	ender->stopped = qnn_core_wait(&priv->stopped);
	qnn_core_done(ender->core, -EIO);
}

/* This back end cannot hold a run, so sleep waits for it: to its deadline. */
static void qnn_core_suspend_waits(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *priv = qnn_core_priv(ctx);
	struct qnn_core *core = &ctx->qdev->cores[0];
	struct qnn_core_ender ender = { .core = core };
	struct dma_fence *fence;

	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, 20));
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&priv->started));
	INIT_WORK_ONSTACK(&ender.work, qnn_core_end_work);
	schedule_work(&ender.work);
	qnn_core_suspend(core);
	KUNIT_EXPECT_NULL(test, core->job);
	KUNIT_EXPECT_FALSE(test, core->held);
	flush_work(&ender.work);
	destroy_work_on_stack(&ender.work);
	KUNIT_EXPECT_TRUE(test, ender.stopped);
	qnn_core_expect(test, fence, -ETIMEDOUT);
	qnn_core_resume(core);
}

/* What is submitted while the machine sleeps starts when it wakes up. */
static void qnn_core_suspended(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_test_core *priv = qnn_core_priv(ctx);
	struct qnn_core *core = &ctx->qdev->cores[0];
	struct dma_fence *fence;

	qnn_device_suspend(ctx->qdev);
	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	flush_workqueue(core->sched.submit_wq);
	KUNIT_EXPECT_FALSE(test, completion_done(&priv->started));
	KUNIT_EXPECT_NULL(test, core->job);

	qnn_device_resume(ctx->qdev);
	KUNIT_ASSERT_TRUE(test, qnn_core_wait(&priv->started));
	qnn_core_done(core, 0);
	qnn_core_expect(test, fence, 0);
}

static void qnn_core_free_obj(struct drm_gem_object *obj)
{
}

static const struct drm_gem_object_funcs qnn_core_obj_funcs = {
	.free = qnn_core_free_obj,
};

static void qnn_core_shared_resv(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_job *job = qnn_test_job(test, ctx, prog, LONG_MS);
	struct drm_gem_object *objs = kunit_kcalloc(test, 3, sizeof(*objs),
						    GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < 3; i++) {
		kref_init(&objs[i].refcount);
		objs[i].funcs = &qnn_core_obj_funcs;
		objs[i].resv = &objs[i]._resv;
	}
	/* The first and the last one share a reservation. */
	objs[2].resv = objs[0].resv;

	qnn_job_add_bo(job, &objs[0], false);
	qnn_job_add_bo(job, &objs[1], false);
	qnn_job_add_bo(job, &objs[2], false);
	KUNIT_EXPECT_EQ(test, job->bo_count, 3);
	KUNIT_EXPECT_FALSE(test, job->bos[0].shared);
	KUNIT_EXPECT_FALSE(test, job->bos[1].shared);
	KUNIT_EXPECT_TRUE(test, job->bos[2].shared);
	KUNIT_EXPECT_FALSE(test, job->bos[0].write);

	/* Once more, written now: the one that stands for it is written. */
	drm_gem_object_get(&objs[2]);
	qnn_job_add_bo(job, &objs[2], true);
	KUNIT_EXPECT_EQ(test, job->bo_count, 3);
	KUNIT_EXPECT_EQ(test, kref_read(&objs[2].refcount), 1);
	KUNIT_EXPECT_TRUE(test, job->bos[0].write);
	KUNIT_EXPECT_FALSE(test, job->bos[1].write);

	qnn_job_abort(job);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, kref_read(&objs[i].refcount), 0);
}

static struct kunit_case qnn_core_cases[] = {
	KUNIT_CASE(qnn_deadline_limits),
	KUNIT_CASE(qnn_deadline_jiffies),
	KUNIT_CASE(qnn_core_success),
	KUNIT_CASE(qnn_core_timeout),
	KUNIT_CASE(qnn_core_fault),
	KUNIT_CASE(qnn_core_closed),
	KUNIT_CASE(qnn_core_unplugged),
	KUNIT_CASE(qnn_core_unplugged_overdue),
	KUNIT_CASE(qnn_core_unplugged_idle),
	KUNIT_CASE(qnn_core_suspend_waits),
	KUNIT_CASE(qnn_core_suspended),
	KUNIT_CASE(qnn_core_shared_resv),
	{}
};

static struct kunit_suite qnn_core_suite = {
	.name = "qnn_core",
	.test_cases = qnn_core_cases,
};

kunit_test_suite(qnn_core_suite);

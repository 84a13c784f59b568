// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jobs on buffers of an exporter that counts how it is asked, and says no, or
 * nothing, as the test likes.
 */
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include <drm/drm_gem.h>
#include <drm/drm_prime.h>
#include <drm/qnn_accel.h>

#include <kunit/test.h>

#include "qnn_access.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_test.h"

#define LONG_MS		5000
#define SHORT_MS	50

/* A page, its dma-buf, and what the exporter was asked. */
struct qnn_fake {
	void *page;
	struct drm_gem_object *obj;
	int begin_error, end_error;
	/* Not yet completed: the exporter is asleep until then. */
	struct completion begin_gate, end_gate;
	/* Completes when the exporter was told of an end. */
	struct completion told;
	int begins, ends;
	enum dma_data_direction begin_dir, end_dir;
	/* Of a report at the start of the page, when the end came. */
	u64 report_end_ns;
};

static struct sg_table *qnn_fake_map(struct dma_buf_attachment *attach,
				     enum dma_data_direction dir)
{
	struct qnn_fake *fake = attach->dmabuf->priv;
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	if (sg_alloc_table(sgt, 1, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	sg_set_buf(sgt->sgl, fake->page, PAGE_SIZE);

	return sgt;
}

static void qnn_fake_unmap(struct dma_buf_attachment *attach,
			   struct sg_table *sgt, enum dma_data_direction dir)
{
	sg_free_table(sgt);
	kfree(sgt);
}

static void qnn_fake_release(struct dma_buf *dmabuf)
{
}

static int qnn_fake_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct qnn_fake *fake = dmabuf->priv;

	iosys_map_set_vaddr(map, fake->page);

	return 0;
}

static int qnn_fake_begin(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct qnn_fake *fake = dmabuf->priv;

	fake->begins++;
	fake->begin_dir = dir;
	wait_for_completion(&fake->begin_gate);

	return fake->begin_error;
}

static int qnn_fake_end(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct qnn_fake *fake = dmabuf->priv;
	struct drm_qnn_report *report = fake->page;
	int ret = fake->end_error;

	fake->ends++;
	fake->end_dir = dir;
	fake->report_end_ns = report->end_ns;
	wait_for_completion(&fake->end_gate);
	/* The test may be over now. */
	complete(&fake->told);

	return ret;
}

static const struct dma_buf_ops qnn_fake_ops = {
	.map_dma_buf = qnn_fake_map,
	.unmap_dma_buf = qnn_fake_unmap,
	.release = qnn_fake_release,
	.vmap = qnn_fake_vmap,
	.begin_cpu_access = qnn_fake_begin,
	.end_cpu_access = qnn_fake_end,
};

/* One that does not want to be asked. */
static const struct dma_buf_ops qnn_fake_coherent_ops = {
	.map_dma_buf = qnn_fake_map,
	.unmap_dma_buf = qnn_fake_unmap,
	.release = qnn_fake_release,
	.vmap = qnn_fake_vmap,
};

KUNIT_DEFINE_ACTION_WRAPPER(qnn_fake_put, drm_gem_object_put,
			    struct drm_gem_object *);

/* An imported BO. The exporter is awake. */
static struct qnn_fake *qnn_fake(struct kunit *test, struct qnn_test_ctx *ctx,
				 const struct dma_buf_ops *ops)
{
	struct qnn_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->page);
	init_completion(&fake->begin_gate);
	init_completion(&fake->end_gate);
	init_completion(&fake->told);
	complete_all(&fake->begin_gate);
	complete_all(&fake->end_gate);

	info.ops = ops;
	info.size = PAGE_SIZE;
	info.flags = O_RDWR;
	info.priv = fake;
	dmabuf = dma_buf_export(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmabuf);
	fake->obj = drm_gem_prime_import(&ctx->qdev->drm, dmabuf);
	dma_buf_put(dmabuf);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->obj);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, qnn_fake_put,
							   fake->obj));

	return fake;
}

static void qnn_access_use(struct qnn_job *job, struct qnn_job_place *place,
			   struct qnn_fake *fake, bool write)
{
	drm_gem_object_get(fake->obj);
	place->bo = to_qnn_bo(fake->obj);
	qnn_job_add_bo(job, fake->obj, write);
}

/* A job that reads @in and writes @out; both may be NULL. */
static struct qnn_job *qnn_access_job(struct kunit *test,
				      struct qnn_test_ctx *ctx,
				      struct qnn_fake *in,
				      struct qnn_fake *out, u32 timeout_ms)
{
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_job *job = qnn_test_job(test, ctx, prog, timeout_ms);

	if (in)
		qnn_access_use(job, &job->regions[0], in, false);
	if (out)
		qnn_access_use(job, &job->regions[1], out, true);
	KUNIT_EXPECT_EQ(test, 0, qnn_access_create(job));

	return job;
}

static struct qnn_test_core *qnn_access_core(struct qnn_test_ctx *ctx)
{
	return ctx->qdev->cores[0].priv;
}

static bool qnn_access_wait(struct completion *done)
{
	return wait_for_completion_timeout(done, msecs_to_jiffies(LONG_MS));
}

static void qnn_access_expect(struct kunit *test, struct dma_fence *fence,
			      int error)
{
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, error);
}

static void qnn_access_brackets_the_run(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *in = qnn_fake(test, ctx, &qnn_fake_ops);
	struct qnn_fake *out = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	fence = qnn_test_push(test, qnn_access_job(test, ctx, in, out,
						   LONG_MS));
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	KUNIT_EXPECT_EQ(test, in->begins, 1);
	KUNIT_EXPECT_EQ(test, out->begins, 1);
	KUNIT_EXPECT_EQ(test, in->ends, 0);
	KUNIT_EXPECT_EQ(test, out->ends, 0);

	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, 0);
	KUNIT_EXPECT_EQ(test, in->ends, 1);
	KUNIT_EXPECT_EQ(test, out->ends, 1);
	/* Part of what is written may stay as it is: it is read as well. */
	KUNIT_EXPECT_EQ(test, in->begin_dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, in->end_dir, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, out->begin_dir, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, out->end_dir, DMA_BIDIRECTIONAL);
}

/* One BO, read and written: asked once, for both. */
static void qnn_access_once_for_a_bo(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	fence = qnn_test_push(test, qnn_access_job(test, ctx, fake, fake,
						   LONG_MS));
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, 0);
	KUNIT_EXPECT_EQ(test, fake->begins, 1);
	KUNIT_EXPECT_EQ(test, fake->ends, 1);
	KUNIT_EXPECT_EQ(test, fake->begin_dir, DMA_BIDIRECTIONAL);
}

static void qnn_access_not_asked(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_coherent_ops);
	struct qnn_job *job = qnn_access_job(test, ctx, fake, NULL, LONG_MS);
	struct dma_fence *fence;

	KUNIT_EXPECT_NULL(test, job->access);
	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, 0);
}

/* The second exporter says no: the first is told, the core never starts. */
static void qnn_access_begin_fails(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *in = qnn_fake(test, ctx, &qnn_fake_ops);
	struct qnn_fake *out = qnn_fake(test, ctx, &qnn_fake_ops);

	out->begin_error = -ENXIO;
	qnn_access_expect(test,
			  qnn_test_push(test, qnn_access_job(test, ctx, in, out,
							     LONG_MS)),
			  -EIO);
	KUNIT_EXPECT_FALSE(test,
			   completion_done(&qnn_access_core(ctx)->started));
	KUNIT_EXPECT_EQ(test, in->begins, 1);
	KUNIT_EXPECT_EQ(test, in->ends, 1);
	KUNIT_EXPECT_EQ(test, out->begins, 1);
	KUNIT_EXPECT_EQ(test, out->ends, 0);
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_FAULT);
	/* No core had a part in it. */
	KUNIT_EXPECT_EQ(test, ctx->qdev->recovery.failures, 0);
}

static void qnn_access_end_fails(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *in = qnn_fake(test, ctx, &qnn_fake_ops);
	struct qnn_fake *out = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	out->end_error = -ENXIO;
	fence = qnn_test_push(test, qnn_access_job(test, ctx, in, out,
						   LONG_MS));
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, -EIO);
	/* The other one is told all the same. */
	KUNIT_EXPECT_EQ(test, in->ends, 1);
}

/* The error of the job comes first. */
static void qnn_access_both_fail(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *out = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	out->end_error = -ENXIO;
	fence = qnn_test_push(test, qnn_access_job(test, ctx, NULL, out,
						   SHORT_MS));
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->stopped));
	qnn_core_done(&ctx->qdev->cores[0], -EIO);
	qnn_access_expect(test, fence, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, out->ends, 1);
}

/* Asleep: only the job that needs this exporter waits, to its deadline. */
static void qnn_access_begin_hangs(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct qnn_queue *other = qnn_queue_create(ctx->qfile,
						   DRM_SCHED_PRIORITY_NORMAL);
	struct qnn_queue *queue = ctx->queue;
	struct dma_fence *fence, *second;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	reinit_completion(&fake->begin_gate);
	fence = qnn_test_push(test, qnn_access_job(test, ctx, fake, NULL,
						   SHORT_MS));
	ctx->queue = other;
	second = qnn_test_push(test, qnn_access_job(test, ctx, NULL, NULL,
						    LONG_MS));
	ctx->queue = queue;
	KUNIT_EXPECT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, second, 0);

	qnn_access_expect(test, fence, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, queue->reason, DRM_QNN_REASON_TIMEOUT);
	KUNIT_EXPECT_EQ(test, fake->ends, 0);

	/* When it wakes up it is told that nobody is there any more. */
	complete_all(&fake->begin_gate);
	KUNIT_EXPECT_TRUE(test, qnn_access_wait(&fake->told));
	qnn_queue_close(other);
	qnn_queue_put(other);
}

static void qnn_access_end_hangs(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	reinit_completion(&fake->end_gate);
	fence = qnn_test_push(test, qnn_access_job(test, ctx, fake, NULL,
						   SHORT_MS));
	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, -ETIMEDOUT);
	complete_all(&fake->end_gate);
	KUNIT_EXPECT_TRUE(test, qnn_access_wait(&fake->told));
	KUNIT_EXPECT_EQ(test, fake->ends, 1);
}

/* The queue goes while the exporter thinks about it. */
static void qnn_access_cancelled(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct dma_fence *fence;

	reinit_completion(&fake->begin_gate);
	fence = qnn_test_push(test, qnn_access_job(test, ctx, fake, NULL,
						   LONG_MS));
	qnn_queue_close(ctx->queue);
	complete_all(&fake->begin_gate);
	qnn_access_expect(test, fence, -ECANCELED);
	KUNIT_EXPECT_EQ(test, fake->begins, 1);
	KUNIT_EXPECT_EQ(test, fake->ends, 1);
	KUNIT_EXPECT_FALSE(test,
			   completion_done(&qnn_access_core(ctx)->started));
}

static struct dma_fence *qnn_access_push_report(struct kunit *test,
						struct qnn_test_ctx *ctx,
						struct qnn_fake *fake)
{
	struct qnn_job *job = qnn_access_job(test, ctx, NULL, NULL, LONG_MS);

	qnn_access_use(job, &job->report_place, fake, true);
	KUNIT_EXPECT_EQ(test, 0, qnn_access_create(job));
	dma_resv_lock(fake->obj->resv, NULL);
	KUNIT_EXPECT_EQ(test, 0, qnn_job_map_locked(job));
	dma_resv_unlock(fake->obj->resv);

	return qnn_test_push(test, job);
}

static void qnn_access_report(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct drm_qnn_report *report = fake->page;
	struct dma_fence *fence = qnn_access_push_report(test, ctx, fake);

	KUNIT_ASSERT_TRUE(test,
			  qnn_access_wait(&qnn_access_core(ctx)->started));
	qnn_core_done(&ctx->qdev->cores[0], 0);
	qnn_access_expect(test, fence, 0);
	/* It was there when the exporter was told. */
	KUNIT_EXPECT_NE(test, report->end_ns, 0);
	KUNIT_EXPECT_EQ(test, fake->report_end_ns, report->end_ns);
	KUNIT_EXPECT_EQ(test, fake->begin_dir, DMA_BIDIRECTIONAL);
}

/* Memory that must not be touched is not, for a report of that either. */
static void qnn_access_no_report(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_fake *fake = qnn_fake(test, ctx, &qnn_fake_ops);
	struct drm_qnn_report *report = fake->page;

	fake->begin_error = -ENOMEM;
	qnn_access_expect(test, qnn_access_push_report(test, ctx, fake), -EIO);
	KUNIT_EXPECT_EQ(test, report->end_ns, 0);
	KUNIT_EXPECT_EQ(test, report->status, 0);
}

static struct kunit_case qnn_access_cases[] = {
	KUNIT_CASE(qnn_access_brackets_the_run),
	KUNIT_CASE(qnn_access_once_for_a_bo),
	KUNIT_CASE(qnn_access_not_asked),
	KUNIT_CASE(qnn_access_begin_fails),
	KUNIT_CASE(qnn_access_end_fails),
	KUNIT_CASE(qnn_access_both_fail),
	KUNIT_CASE(qnn_access_begin_hangs),
	KUNIT_CASE(qnn_access_end_hangs),
	KUNIT_CASE(qnn_access_cancelled),
	KUNIT_CASE(qnn_access_report),
	KUNIT_CASE(qnn_access_no_report),
	{}
};

static struct kunit_suite qnn_access_suite = {
	.name = "qnn_access",
	.test_cases = qnn_access_cases,
};

kunit_test_suite(qnn_access_suite);

MODULE_IMPORT_NS(DMA_BUF);

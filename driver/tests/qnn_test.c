// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <drm/drm_managed.h>

#include <kunit/device.h>
#include <kunit/resource.h>
#include <kunit/test.h>

#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_test.h"

#define QNN_TEST_TIMEOUT_MS	5000

/* A max pooling from region 0 to region 1. */
static void *qnn_test_image(struct kunit *test, u64 bytes)
{
	void *image = kvzalloc(QNN_TEST_IMAGE_SIZE, GFP_KERNEL);
	struct qnn_program_header *header = image;
	struct qnn_region_desc *regions = (void *)(header + 1);
	struct qnn_cmd *cmd = qnn_test_image_cmd(image);

	KUNIT_ASSERT_NOT_NULL(test, image);
	header->magic = QNN_PROGRAM_MAGIC;
	header->version = QNN_PROGRAM_VERSION;
	header->size = QNN_TEST_IMAGE_SIZE;
	header->region_count = 2;
	header->cmd_count = 1;
	regions[0].access = QNN_ACCESS_READ;
	regions[0].size = bytes;
	regions[1].access = QNN_ACCESS_WRITE;
	regions[1].size = bytes;

	cmd->opcode = QNN_OP_MAX_POOL;
	cmd->in[0].type = QNN_ELEM_S8;
	cmd->out.region = 1;
	cmd->pool.kernel_h = 1;
	cmd->pool.kernel_w = 1;
	cmd->pool.stride_h = 1;
	cmd->pool.stride_w = 1;

	return image;
}

static void qnn_test_image_shape(struct qnn_cmd *cmd, u16 height, u16 width,
				 u16 channels)
{
	cmd->in[0].height = height;
	cmd->in[0].width = width;
	cmd->in[0].channels = channels;
	cmd->in[0].pixel_stride = channels;
	cmd->in[0].row_stride = (u32)width * channels;
	cmd->out = cmd->in[0];
	cmd->out.region = 1;
}

/* Where the only command of these images is. */
struct qnn_cmd *qnn_test_image_cmd(void *image)
{
	return image + 128;
}

/* The maximum around each byte of a square; @kernel is odd. */
void qnn_test_image_pool(struct qnn_cmd *cmd, u16 side, u8 kernel)
{
	qnn_test_image_shape(cmd, side, side, 1);
	cmd->pool.kernel_h = kernel;
	cmd->pool.kernel_w = kernel;
	cmd->pool.pad_top = kernel / 2;
	cmd->pool.pad_bottom = kernel / 2;
	cmd->pool.pad_left = kernel / 2;
	cmd->pool.pad_right = kernel / 2;
}

/* A program that copies some bytes. */
void *qnn_test_copy_image(struct kunit *test, u16 bytes)
{
	void *image = qnn_test_image(test, bytes);

	qnn_test_image_shape(qnn_test_image_cmd(image), 1, 1, bytes);

	return image;
}

/* A program that takes so long that only a cancellation ends it. */
void *qnn_test_slow_image(struct kunit *test)
{
	void *image = qnn_test_image(test, QNN_TEST_SLOW_BYTES);

	qnn_test_image_pool(qnn_test_image_cmd(image), QNN_TEST_SLOW_SIDE,
			    QNN_TEST_SLOW_SIDE);

	return image;
}

KUNIT_DEFINE_ACTION_WRAPPER(qnn_test_prog_put, qnn_prog_put,
			    struct qnn_prog *);

/* A valid program, dropped when the test ends. */
struct qnn_prog *qnn_test_prog(struct kunit *test,
			       const struct qnn_backend_ops *ops, void *image)
{
	const struct qnn_program_header *header = image;
	struct qnn_diag diag = {};
	struct qnn_prog *prog;

	prog = qnn_prog_create(ops, image, header->size, &diag);
	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, prog, "rule %u: %s", diag.rule,
					 diag.field ?: "");
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   qnn_test_prog_put,
							   prog));

	return prog;
}

static int qnn_test_init_core(struct qnn_core *core)
{
	struct qnn_test_core *priv = drmm_kzalloc(&core->qdev->drm,
						  sizeof(*priv), GFP_KERNEL);

	if (!priv)
		return -ENOMEM;
	init_completion(&priv->started);
	init_completion(&priv->stopped);
	core->priv = priv;

	return 0;
}

static void qnn_test_start(struct qnn_core *core, struct qnn_run *run)
{
	struct qnn_test_core *priv = core->priv;

	priv->run = run;
	complete(&priv->started);
}

static void qnn_test_stop(struct qnn_core *core)
{
	struct qnn_test_core *priv = core->priv;

	complete(&priv->stopped);
}

const struct qnn_backend_ops qnn_test_ops = {
	.init_core = qnn_test_init_core,
	.start = qnn_test_start,
	.stop = qnn_test_stop,
};

KUNIT_DEFINE_ACTION_WRAPPER(qnn_test_queue_put, qnn_queue_put,
			    struct qnn_queue *);
KUNIT_DEFINE_ACTION_WRAPPER(qnn_test_file_close, qnn_file_close,
			    struct qnn_file *);

/* A device of one core that is not registered, an open file, a queue. */
struct qnn_test_ctx *qnn_test_ctx(struct kunit *test,
				  const struct qnn_backend_ops *ops)
{
	struct qnn_test_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx),
						 GFP_KERNEL);
	struct device *dev = kunit_device_register(test, "qnn-test");

	KUNIT_ASSERT_NOT_NULL(test, ctx);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);

	ctx->qdev = qnn_device_create(dev, ops, 1, QNN_TEST_TIMEOUT_MS,
				      QNN_TEST_TIMEOUT_MS);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->qdev);

	ctx->qfile = qnn_file_create(ctx->qdev, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->qfile);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, qnn_test_file_close,
						  ctx->qfile));

	ctx->queue = qnn_queue_create(ctx->qfile, DRM_SCHED_PRIORITY_NORMAL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->queue);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, qnn_test_queue_put,
						  ctx->queue));

	return ctx;
}

/* A job without BOs. */
struct qnn_job *qnn_test_job(struct kunit *test, struct qnn_test_ctx *ctx,
			     struct qnn_prog *prog, u32 timeout_ms)
{
	struct qnn_job *job;

	kref_get(&prog->ref);
	job = qnn_job_create(ctx->queue, prog);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, job);
	job->timeout_ms = timeout_ms;

	return job;
}

KUNIT_DEFINE_ACTION_WRAPPER(qnn_test_fence_put, dma_fence_put,
			    struct dma_fence *);

/* Submits a job; its fence is dropped when the test ends. */
struct dma_fence *qnn_test_push(struct kunit *test, struct qnn_job *job)
{
	struct mutex *lock = &job->queue->submit_lock;
	struct dma_fence *fence;

	mutex_lock(lock);
	KUNIT_EXPECT_EQ(test, 0, qnn_queue_admit(job->queue, 1));
	qnn_job_arm(job);
	fence = dma_fence_get(&job->base.s_fence->finished);
	drm_sched_entity_push_job(&job->base);
	mutex_unlock(lock);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test,
							   qnn_test_fence_put,
							   fence));

	return fence;
}

/* Gives the test's thread an address space, with a page in it. */
u64 qnn_test_user_page(struct kunit *test)
{
	unsigned long page;

	page = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, !page || IS_ERR_VALUE(page));

	return page;
}

/* KUnit leaves a reference of the address space behind: take it all back. */
void qnn_test_user_leave(void)
{
	struct mm_struct *mm = current->mm;

	kthread_unuse_mm(mm);
	mmput(mm);
}

MODULE_DESCRIPTION("KUnit suites of the qnn driver");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_LICENSE("GPL");

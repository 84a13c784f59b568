// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulated core, with memory of the test instead of BOs.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

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
#define COPY_BYTES	1024

static void *qnn_emu_memory(struct kunit *test, size_t size)
{
	/* A power of two, and so aligned to it. */
	void *memory = kunit_kzalloc(test, roundup_pow_of_two(size),
				     GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, memory);

	return memory;
}

static void qnn_emu_run(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_prog *prog =
		qnn_test_prog(test, &qnn_emu_ops,
			      qnn_test_copy_image(test, COPY_BYTES));
	u8 *in = qnn_emu_memory(test, COPY_BYTES);
	u8 *out = qnn_emu_memory(test, 2 * COPY_BYTES);
	u32 size = sizeof(struct drm_qnn_report) +
		   sizeof(struct drm_qnn_layer_report);
	struct drm_qnn_report *report = qnn_emu_memory(test, size);
	struct drm_qnn_layer_report *layer = (void *)(report + 1);
	struct qnn_job *job = qnn_test_job(test, ctx, prog, LONG_MS);
	struct dma_fence *fence;
	u32 i;

	for (i = 0; i < COPY_BYTES; i++)
		in[i] = i * 31 + 7;
	job->run.region[0] = in;
	job->run.region[1] = out;
	job->run.layers = kvcalloc(1, sizeof(*job->run.layers), GFP_KERNEL);
	job->report = report;
	report->status = 1;

	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, 0);
	KUNIT_EXPECT_MEMEQ(test, in, out, COPY_BYTES);
	KUNIT_EXPECT_EQ(test, out[COPY_BYTES], 0);

	/* The report says what the program said before. */
	KUNIT_EXPECT_EQ(test, report->status, 0);
	KUNIT_EXPECT_EQ(test, report->commands, 1);
	KUNIT_EXPECT_EQ(test, report->total.cycles, prog->desc.total.cycles);
	KUNIT_EXPECT_EQ(test, report->total.macs, prog->desc.total.macs);
	KUNIT_EXPECT_EQ(test, report->total.bytes_read, COPY_BYTES);
	KUNIT_EXPECT_EQ(test, report->total.bytes_written, COPY_BYTES);
	KUNIT_EXPECT_GT(test, report->total.time_ns, 0);
	KUNIT_EXPECT_EQ(test, layer->cycles, report->total.cycles);
	KUNIT_EXPECT_EQ(test, ctx->qfile->stats.cycles, report->total.cycles);
}

static void qnn_emu_timeout(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_prog *slow = qnn_test_prog(test, &qnn_emu_ops,
					      qnn_test_slow_image(test));
	struct drm_qnn_report *report = qnn_emu_memory(test, sizeof(*report));
	struct qnn_job *job = qnn_test_job(test, ctx, slow, 20);
	struct dma_fence *fence;

	job->run.region[0] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	job->run.region[1] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	job->report = report;

	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, report->status, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, report->commands, 0);
	KUNIT_EXPECT_EQ(test, report->total.cycles, 0);
	KUNIT_EXPECT_GE(test, report->total.time_ns, 20 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, ctx->queue->reason, DRM_QNN_REASON_TIMEOUT);
}

static void qnn_emu_unplug(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_prog *slow = qnn_test_prog(test, &qnn_emu_ops,
					      qnn_test_slow_image(test));
	struct qnn_job *job = qnn_test_job(test, ctx, slow, LONG_MS);
	struct dma_fence *fence;

	job->run.region[0] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	job->run.region[1] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	fence = qnn_test_push(test, job);
	/* Before it starts or while it runs; when this returns it is over. */
	qnn_device_unplug(ctx->qdev);
	KUNIT_EXPECT_NULL(test, ctx->qdev->cores[0].job);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, -ENODEV);
}

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

/* The next run fails, or hangs, and no other one. */
static void qnn_emu_inject(struct fault_attr *attr)
{
	attr->probability = 100;
	atomic_set(&attr->times, 1);
}

/* A small job, and how it ended. */
static int qnn_emu_copy(struct kunit *test, struct qnn_test_ctx *ctx,
			struct qnn_prog *prog, u32 timeout_ms)
{
	struct qnn_job *job = qnn_test_job(test, ctx, prog, timeout_ms);
	struct dma_fence *fence;

	job->run.region[0] = qnn_emu_memory(test, COPY_BYTES);
	job->run.region[1] = qnn_emu_memory(test, COPY_BYTES);
	fence = qnn_test_push(test, job);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);

	return fence->error;
}

/* A run that fails or hangs ends its queue; the core goes on with others. */
static void qnn_emu_injected(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_inject *inject = &ctx->qdev->inject;
	struct qnn_queue *first = ctx->queue, *hung, *last;
	struct qnn_prog *prog =
		qnn_test_prog(test, &qnn_emu_ops,
			      qnn_test_copy_image(test, COPY_BYTES));

	hung = qnn_queue_create(ctx->qfile, DRM_SCHED_PRIORITY_NORMAL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, hung);
	last = qnn_queue_create(ctx->qfile, DRM_SCHED_PRIORITY_NORMAL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, last);

	qnn_emu_inject(&inject->fail);
	KUNIT_EXPECT_EQ(test, qnn_emu_copy(test, ctx, prog, LONG_MS), -EIO);
	KUNIT_EXPECT_EQ(test, first->reason, DRM_QNN_REASON_FAULT);

	ctx->queue = hung;
	qnn_emu_inject(&inject->hang);
	KUNIT_EXPECT_EQ(test, qnn_emu_copy(test, ctx, prog, 20), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, hung->reason, DRM_QNN_REASON_TIMEOUT);

	ctx->queue = last;
	KUNIT_EXPECT_EQ(test, qnn_emu_copy(test, ctx, prog, LONG_MS), 0);
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].failed, 2);
	KUNIT_EXPECT_EQ(test, ctx->qdev->cores[0].jobs, 3);
	qnn_queue_put(hung);
	qnn_queue_put(last);
	ctx->queue = first;
}

/* A core that hangs does not keep the machine from sleeping. */
static void qnn_emu_hung_sleep(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_core *core = &ctx->qdev->cores[0];
	struct qnn_prog *prog =
		qnn_test_prog(test, &qnn_emu_ops,
			      qnn_test_copy_image(test, COPY_BYTES));
	struct dma_fence *fence;

	qnn_emu_inject(&ctx->qdev->inject.hang);
	fence = qnn_test_push(test, qnn_test_job(test, ctx, prog, LONG_MS));
	while (!READ_ONCE(core->job))
		usleep_range(1000, 2000);
	qnn_device_suspend(ctx->qdev);
	KUNIT_EXPECT_TRUE(test, core->held);
	qnn_device_resume(ctx->qdev);
	qnn_device_unplug(ctx->qdev);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, -ENODEV);
}

#endif

/* A job that runs when the machine goes to sleep loses no time by it. */
static void qnn_emu_sleep(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_emu_ops);
	struct qnn_prog *slow = qnn_test_prog(test, &qnn_emu_ops,
					      qnn_test_slow_image(test));
	struct qnn_job *job = qnn_test_job(test, ctx, slow, LONG_MS);
	struct qnn_core *core = &ctx->qdev->cores[0];
	ktime_t deadline, asleep, slept;
	struct dma_fence *fence;

	job->run.region[0] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	job->run.region[1] = qnn_emu_memory(test, QNN_TEST_SLOW_BYTES);
	fence = qnn_test_push(test, job);
	while (!READ_ONCE(core->job))
		usleep_range(1000, 2000);

	qnn_device_suspend(ctx->qdev);
	asleep = ktime_get();
	KUNIT_EXPECT_TRUE(test, core->held);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&core->deadline_work));
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(fence));
	deadline = core->deadline;
	msleep(30);
	/* By this clock: a machine that is late with its ticks sleeps less. */
	slept = ktime_sub(ktime_get(), asleep);
	qnn_device_resume(ctx->qdev);
	KUNIT_EXPECT_FALSE(test, core->held);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&core->deadline_work));
	KUNIT_EXPECT_GE(test, ktime_sub(core->deadline, deadline), slept);

	/* A held run can be ended. */
	qnn_device_suspend(ctx->qdev);
	KUNIT_EXPECT_FALSE(test, dma_fence_is_signaled(fence));
	qnn_device_unplug(ctx->qdev);
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, -ENODEV);
	qnn_device_resume(ctx->qdev);
}

/* Enough for several lanes. */
#define WORK_SIDE	129
#define WORK_CHANNELS	16
#define WORK_BYTES	(WORK_SIDE * WORK_SIDE * WORK_CHANNELS)
#define WORK_KERNEL	15

/* A job of some milliseconds; its output, which the test frees. */
static u8 *qnn_emu_work(struct kunit *test, struct qnn_test_ctx *ctx, u32 naps,
			u32 nap_us)
{
	void *image = qnn_test_pool_image(test, WORK_SIDE, WORK_CHANNELS,
					  WORK_KERNEL);
	u8 *in = qnn_emu_memory(test, WORK_BYTES);
	u8 *out = qnn_emu_memory(test, WORK_BYTES);
	struct dma_fence *fence;
	struct qnn_job *job;
	u32 i;

	for (i = 0; i < WORK_BYTES; i++)
		in[i] = i * i * 37 >> 3;
	job = qnn_test_job(test, ctx, qnn_test_prog(test, &qnn_emu_ops, image),
			   LONG_MS);
	job->run.region[0] = in;
	job->run.region[1] = out;
	fence = qnn_test_push(test, job);
	for (i = 0; i < naps && !dma_fence_is_signaled(fence); i++) {
		qnn_device_suspend(ctx->qdev);
		if (nap_us)
			usleep_range(nap_us, 2 * nap_us);
		qnn_device_resume(ctx->qdev);
	}
	KUNIT_ASSERT_GT(test,
			dma_fence_wait_timeout(fence, false,
					       msecs_to_jiffies(LONG_MS)), 0);
	KUNIT_EXPECT_EQ(test, fence->error, 0);

	return out;
}

/* Parts of layers that threads besides the core's own have done, or all. */
static u64 qnn_emu_parts(struct qnn_test_ctx *ctx, bool all)
{
	char text[256];
	struct seq_file m = { .buf = text, .size = sizeof(text) };
	u64 parts, sum = 0;
	char *at = text;
	u32 core, lane;

	ctx->qdev->ops->show(&ctx->qdev->cores[0], &m);
	text[min(m.count, sizeof(text) - 1)] = 0;
	while (at && sscanf(at, "%u %u %llu", &core, &lane, &parts) == 3) {
		if (all || lane)
			sum += parts;
		at = strchr(at, '\n');
		at += !!at;
	}

	return sum;
}

/* Threads of a core. */
static const u32 qnn_emu_lane_counts[] = { 1, 3 };

static void qnn_emu_lanes_name(const u32 *lanes, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%u lanes", *lanes);
}

KUNIT_ARRAY_PARAM(qnn_emu_lanes, qnn_emu_lane_counts, qnn_emu_lanes_name);

/* However often it is interrupted, it computes the same. */
static void qnn_emu_naps(struct kunit *test)
{
	const u32 *lanes = test->param_value;
	struct qnn_test_ctx *ctx = qnn_test_ctx_lanes(test, &qnn_emu_ops,
						      *lanes);
	u8 *once = qnn_emu_work(test, ctx, 0, 0);
	u8 *often = qnn_emu_work(test, ctx, 100, 1000);
	u8 *quickly = qnn_emu_work(test, ctx, 1000, 0);

	/* Not as KUnit shows it, which takes minutes for so many bytes. */
	KUNIT_EXPECT_EQ(test, memcmp(once, often, WORK_BYTES), 0);
	KUNIT_EXPECT_EQ(test, memcmp(once, quickly, WORK_BYTES), 0);
	KUNIT_EXPECT_EQ(test, ctx->queue->completed, 3);
	if (qnn_emu_parts(ctx, true))
		KUNIT_EXPECT_GT(test, qnn_emu_parts(ctx, false), 0);
	kunit_info(test, "%llu parts, %llu by other threads",
		   qnn_emu_parts(ctx, true), qnn_emu_parts(ctx, false));
}

static struct kunit_case qnn_emu_cases[] = {
	KUNIT_CASE(qnn_emu_run),
	KUNIT_CASE(qnn_emu_timeout),
	KUNIT_CASE(qnn_emu_unplug),
#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
	KUNIT_CASE(qnn_emu_injected),
	KUNIT_CASE(qnn_emu_hung_sleep),
#endif
	KUNIT_CASE(qnn_emu_sleep),
	KUNIT_CASE_PARAM(qnn_emu_naps, qnn_emu_lanes_gen_params),
	{}
};

static struct kunit_suite qnn_emu_suite = {
	.name = "qnn_emu",
	.test_cases = qnn_emu_cases,
};

kunit_test_suite(qnn_emu_suite);

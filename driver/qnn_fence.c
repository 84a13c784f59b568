// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/slab.h>

#include <kunit/visibility.h>

#include "qnn_drv.h"
#include "qnn_fence.h"

/*
 * Fences reach other drivers and sync files, and may be asked for their names
 * long after the queue and the file are gone: the names are constants.
 */
static const char *qnn_fence_driver_name(struct dma_fence *fence)
{
	return "qnn";
}

static const char *qnn_fence_timeline_name(struct dma_fence *fence)
{
	return "queue";
}

/*
 * Called from any context, without a reference to the module other than the
 * one dropped here; module exit waits for tasks that are still inside.
 */
static void qnn_fence_release(struct dma_fence *base)
{
	struct qnn_fence *fence = container_of(base, struct qnn_fence, base);
	struct qnn_device *qdev = fence->qdev;

	dma_fence_free(base);
	qnn_device_unpin(qdev);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops qnn_fence_ops = {
	.get_driver_name = qnn_fence_driver_name,
	.get_timeline_name = qnn_fence_timeline_name,
	.release = qnn_fence_release,
};

/**
 * qnn_fence_alloc - allocate a fence, to be initialized when nothing can fail
 *
 * Return: the fence, or NULL without memory.
 */
struct qnn_fence *qnn_fence_alloc(void)
{
	/* dma_fence_free() expects the fence at the start. */
	static_assert(offsetof(struct qnn_fence, base) == 0);

	return kzalloc(sizeof(struct qnn_fence), GFP_KERNEL_ACCOUNT);
}

/**
 * qnn_fence_init - make an allocated fence a real one
 * @fence: the fence
 * @qdev: the device
 * @context: fence context of the queue
 * @seqno: number of the job within it
 *
 * From here on it ends with dma_fence_put(), and pins the device and the module
 * until then. The caller must have both, as an ioctl does.
 */
void qnn_fence_init(struct qnn_fence *fence, struct qnn_device *qdev,
		    u64 context, u64 seqno)
{
	__module_get(THIS_MODULE);
	qnn_device_pin(qdev);
	fence->qdev = qdev;
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &qnn_fence_ops, &fence->lock, context,
		       seqno);
}

/**
 * qnn_fence_free - free a fence that may not have been initialized
 * @fence: the fence
 */
void qnn_fence_free(struct qnn_fence *fence)
{
	if (fence->base.ops)
		dma_fence_put(&fence->base);
	else
		kfree(fence);
}

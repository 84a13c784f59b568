// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_syncobj.h>
#include <drm/gpu_scheduler.h>
#include <drm/qnn_accel.h>

#include "qnn_sync.h"
#include "qnn_user.h"

static int qnn_sync_copy(struct drm_qnn_sync *sync, u64 base, u32 stride,
			 u32 index)
{
	int ret;

	ret = qnn_copy_element(sync, sizeof(*sync), base, stride, index);
	if (ret)
		return ret;

	return sync->flags ? -EINVAL : 0;
}

/**
 * qnn_sync_add_waits - make a job wait for syncobjs
 * @file: the open file
 * @job: the job
 * @base: user address of &struct drm_qnn_sync elements
 * @count: number of elements
 * @stride: bytes from one element to the next, checked
 *
 * Return: 0, or the error of the ioctl.
 */
int qnn_sync_add_waits(struct drm_file *file, struct drm_sched_job *job,
		       u64 base, u32 count, u32 stride)
{
	struct drm_qnn_sync sync;
	struct dma_fence *fence;
	u32 i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = qnn_sync_copy(&sync, base, stride, i);
		if (ret)
			return ret;
		/*
		 * Not drm_sched_job_add_syncobj_dependency(), which has only
		 * 32 bits for the point.
		 */
		ret = drm_syncobj_find_fence(file, sync.handle, sync.point, 0,
					     &fence);
		if (ret)
			return ret;
		/* Consumes the fence, also when it fails. */
		ret = drm_sched_job_add_dependency(job, fence);
		if (ret)
			return ret;
	}

	return 0;
}

static int qnn_signal_init(struct qnn_signal *signal, struct drm_file *file,
			   const struct drm_qnn_sync *sync)
{
	signal->point = sync->point;
	signal->chain = NULL;
	signal->syncobj = drm_syncobj_find(file, sync->handle);
	if (!signal->syncobj)
		return -ENOENT;

	if (signal->point) {
		signal->chain = dma_fence_chain_alloc();
		if (!signal->chain) {
			drm_syncobj_put(signal->syncobj);
			return -ENOMEM;
		}
	}

	return 0;
}

/**
 * qnn_signals_init - look up the syncobjs to signal
 * @signals: the result; on failure nothing is left to undo
 * @file: the open file
 * @base: user address of &struct drm_qnn_sync elements
 * @count: number of elements
 * @stride: bytes from one element to the next, checked
 *
 * Allocates what qnn_signals_attach() needs, so that it cannot fail.
 *
 * Return: 0, or the error of the ioctl.
 */
int qnn_signals_init(struct qnn_signals *signals, struct drm_file *file,
		     u64 base, u32 count, u32 stride)
{
	struct drm_qnn_sync sync;
	u32 i;
	int ret;

	signals->count = 0;
	signals->items = NULL;
	if (!count)
		return 0;

	signals->items = kcalloc(count, sizeof(*signals->items),
				 GFP_KERNEL_ACCOUNT);
	if (!signals->items)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		ret = qnn_sync_copy(&sync, base, stride, i);
		if (!ret)
			ret = qnn_signal_init(&signals->items[i], file, &sync);
		if (ret) {
			qnn_signals_fini(signals);
			return ret;
		}
		signals->count++;
	}

	return 0;
}

/**
 * qnn_signals_attach - give the syncobjs a fence
 * @signals: the syncobjs
 * @fence: the fence
 */
void qnn_signals_attach(struct qnn_signals *signals, struct dma_fence *fence)
{
	u32 i;

	for (i = 0; i < signals->count; i++) {
		struct qnn_signal *signal = &signals->items[i];

		if (signal->chain)
			drm_syncobj_add_point(signal->syncobj, signal->chain,
					      fence, signal->point);
		else
			drm_syncobj_replace_fence(signal->syncobj, fence);
		/* The syncobj owns the node now. */
		signal->chain = NULL;
	}
}

/**
 * qnn_signals_fini - drop the syncobjs
 * @signals: the syncobjs, attached or not
 */
void qnn_signals_fini(struct qnn_signals *signals)
{
	u32 i;

	for (i = 0; i < signals->count; i++) {
		dma_fence_chain_free(signals->items[i].chain);
		drm_syncobj_put(signals->items[i].syncobj);
	}
	kfree(signals->items);
	signals->items = NULL;
	signals->count = 0;
}

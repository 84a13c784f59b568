/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_FENCE_H__
#define __QNN_FENCE_H__

#include <linux/dma-fence.h>
#include <linux/spinlock.h>

struct qnn_device;

/**
 * struct qnn_fence - signals when a core is done with a job
 *
 * The scheduler's own fence of the job keeps a reference until its end, so
 * that what this one pins, the device and the module, is there for both.
 */
struct qnn_fence {
	/** @base: the fence */
	struct dma_fence base;
	/** @lock: of @base */
	spinlock_t lock;
	/** @qdev: the device, which it pins */
	struct qnn_device *qdev;
};

struct qnn_fence *qnn_fence_alloc(void);
void qnn_fence_init(struct qnn_fence *fence, struct qnn_device *qdev,
		    u64 context, u64 seqno);
void qnn_fence_free(struct qnn_fence *fence);

#endif /* __QNN_FENCE_H__ */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_SYNC_H__
#define __QNN_SYNC_H__

#include <linux/types.h>

struct dma_fence;
struct dma_fence_chain;
struct drm_file;
struct drm_sched_job;
struct drm_syncobj;

/**
 * struct qnn_signal - a syncobj that gets the fence of a submission
 */
struct qnn_signal {
	/** @syncobj: the syncobj, with a reference */
	struct drm_syncobj *syncobj;
	/** @chain: node for a timeline point, NULL for a binary syncobj */
	struct dma_fence_chain *chain;
	/** @point: the timeline point */
	u64 point;
};

/**
 * struct qnn_signals - all syncobjs that get the fence of a submission
 */
struct qnn_signals {
	/** @count: number of elements in @items that are filled */
	u32 count;
	/** @items: the syncobjs */
	struct qnn_signal *items;
};

int qnn_sync_add_waits(struct drm_file *file, struct drm_sched_job *job,
		       u64 base, u32 count, u32 stride);
int qnn_signals_init(struct qnn_signals *signals, struct drm_file *file,
		     u64 base, u32 count, u32 stride);
void qnn_signals_attach(struct qnn_signals *signals, struct dma_fence *fence);
void qnn_signals_fini(struct qnn_signals *signals);

#endif /* __QNN_SYNC_H__ */

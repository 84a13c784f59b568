/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_USERPTR_H__
#define __QNN_USERPTR_H__

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct mm_struct;
struct page;
struct qnn_bo;

/**
 * struct qnn_userptr - pinned memory of a process, behind a BO
 */
struct qnn_userptr {
	/**
	 * @mm: whose limit it counts against. Held as a structure, not as an
	 * address space: the process may be gone before the BO is.
	 */
	struct mm_struct *mm;
	/** @pages: the pages, all pinned once the BO has a handle */
	struct page **pages;
	/** @count: number of pages that @mm is charged for */
	u64 count;
	/** @pinned: how many of @pages are pinned */
	u64 pinned;
	/** @read_only: pinned for reading, no job may write them */
	bool read_only;
};

int qnn_userptr_map(struct qnn_bo *bo);

int qnn_ioctl_bo_userptr(struct drm_device *drm, void *data,
			 struct drm_file *file);

#endif /* __QNN_USERPTR_H__ */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * BOs made of memory that a process has already.
 *
 * The pages are pinned for the life of the BO, so that nothing has to follow
 * what the process does to its mappings later. Their contents stay those of the
 * process, across fork() too, as pinned pages are copied for the child.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/qnn_accel.h>

#include "qnn_drv.h"
#include "qnn_gem.h"
#include "qnn_user.h"
#include "qnn_userptr.h"

/* Pinned at once: with interrupts off, and deaf to signals. */
#define QNN_PIN_PAGES		512

/* What is above the limit may be on its way to be given back. */
#define QNN_CHARGE_TRIES	10
#define QNN_CHARGE_PAUSE_US	1000

/* Like other drivers: the sum of pinned pages, whoever pinned them. */
static int qnn_userptr_charge(struct qnn_userptr *user, u64 count)
{
	u64 limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	s64 pinned = atomic64_read(&user->mm->pinned_vm);

	/* Never above the limit, not even for the moment of being refused. */
	do {
		if (pinned + count > limit && !capable(CAP_IPC_LOCK))
			return -ENOMEM;
	} while (!atomic64_try_cmpxchg(&user->mm->pinned_vm, &pinned,
				       pinned + count));
	user->count = count;

	return 0;
}

/*
 * BOs that were closed may be those of jobs that just ended. The scheduler
 * signals a job's fence a moment before it queues the work that gives its BOs
 * back. Nobody waits for that work itself, which may wait for another driver.
 */
static int qnn_userptr_charge_patiently(struct qnn_device *qdev,
					struct qnn_userptr *user, u64 count)
{
	int ret = qnn_userptr_charge(user, count);
	int tries;

	for (tries = 0; ret && tries < QNN_CHARGE_TRIES; tries++) {
		qnn_device_flush(qdev);
		fsleep(QNN_CHARGE_PAUSE_US);
		ret = qnn_userptr_charge(user, count);
	}

	return ret;
}

/* Undoes as much as there is. */
static void qnn_userptr_release(struct qnn_userptr *user)
{
	u64 done, n;

	for (done = 0; done < user->pinned; done += n) {
		n = min_t(u64, user->pinned - done, QNN_PIN_PAGES);
		unpin_user_pages_dirty_lock(user->pages + done, n,
					    !user->read_only);
		cond_resched();
	}
	kvfree(user->pages);
	atomic64_sub(user->count, &user->mm->pinned_vm);
	mmdrop(user->mm);
	kfree(user);
}

static int qnn_userptr_pin(struct qnn_userptr *user, u64 addr)
{
	unsigned int flags = FOLL_LONGTERM;
	u64 n;
	int ret;

	if (!user->read_only)
		flags |= FOLL_WRITE;

	while (user->pinned < user->count) {
		n = min_t(u64, user->count - user->pinned, QNN_PIN_PAGES);
		ret = pin_user_pages_fast(addr + (user->pinned << PAGE_SHIFT),
					  n, flags, user->pages + user->pinned);
		if (ret <= 0)
			return ret ?: -EFAULT;
		user->pinned += ret;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return 0;
}

static struct qnn_userptr *qnn_userptr_create(struct qnn_device *qdev,
					      u64 addr, u64 size,
					      bool read_only)
{
	struct qnn_userptr *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	u64 count = size >> PAGE_SHIFT;
	int ret;

	if (!user)
		return ERR_PTR(-ENOMEM);
	user->read_only = read_only;
	user->mm = current->mm;
	mmgrab(user->mm);

	ret = qnn_userptr_charge_patiently(qdev, user, count);
	if (ret)
		goto err_release;
	user->pages = qnn_user_alloc(count * sizeof(*user->pages), 0);
	if (!user->pages) {
		ret = -ENOMEM;
		goto err_release;
	}
	ret = qnn_userptr_pin(user, addr);
	if (ret)
		goto err_release;

	return user;

err_release:
	qnn_userptr_release(user);
	return ERR_PTR(ret);
}

/**
 * qnn_userptr_map - map the pages of a BO into the kernel
 * @bo: the BO, whose reservation is locked
 *
 * Return: 0 or -ENOMEM.
 */
int qnn_userptr_map(struct qnn_bo *bo)
{
	const struct qnn_userptr *user = bo->user;
	void *vaddr;

	vaddr = vmap(user->pages, user->count, VM_MAP,
		     user->read_only ? PAGE_KERNEL_RO : PAGE_KERNEL);
	if (!vaddr)
		return -ENOMEM;
	iosys_map_set_vaddr(&bo->map, vaddr);

	return 0;
}

static void qnn_userptr_free(struct drm_gem_object *obj)
{
	struct qnn_bo *bo = to_qnn_bo(obj);

	if (iosys_map_is_set(&bo->map))
		vunmap(bo->map.vaddr);
	qnn_userptr_release(bo->user);
	drm_gem_object_release(obj);
	mutex_destroy(&bo->access_lock);
	kfree(bo);
}

/* The memory is its process's to give away, not ours. */
static struct dma_buf *qnn_userptr_export(struct drm_gem_object *obj, int flags)
{
	return ERR_PTR(-EPERM);
}

static enum drm_gem_object_status
qnn_userptr_status(struct drm_gem_object *obj)
{
	return DRM_GEM_OBJECT_RESIDENT;
}

/* No mmap: see qnn_ioctl_bo_mmap_offset(). */
static const struct drm_gem_object_funcs qnn_userptr_funcs = {
	.free = qnn_userptr_free,
	.export = qnn_userptr_export,
	.status = qnn_userptr_status,
};

/**
 * qnn_ioctl_bo_userptr - DRM_QNN_BO_USERPTR
 * @drm: the device
 * @data: &struct drm_qnn_bo_userptr
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_bo_userptr(struct drm_device *drm, void *data,
			 struct drm_file *file)
{
	struct drm_qnn_bo_userptr *args = data;
	bool read_only = args->flags & DRM_QNN_BO_USERPTR_READ_ONLY;
	struct drm_gem_object *obj;
	struct qnn_bo *bo;
	int ret;

	if (args->flags & ~DRM_QNN_BO_USERPTR_READ_ONLY)
		return -EINVAL;
	if (!args->size || args->size > QNN_MAX_BO_SIZE ||
	    !PAGE_ALIGNED(args->size) || !PAGE_ALIGNED(args->addr))
		return -EINVAL;
	if (!access_ok(u64_to_user_ptr(args->addr), args->size))
		return -EFAULT;

	obj = qnn_gem_create_object(drm, args->size);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	bo = to_qnn_bo(obj);
	bo->user = qnn_userptr_create(to_qnn_device(drm), args->addr,
				      args->size, read_only);
	if (IS_ERR(bo->user)) {
		ret = PTR_ERR(bo->user);
		kfree(bo);
		return ret;
	}
	obj->funcs = &qnn_userptr_funcs;
	drm_gem_private_object_init(drm, obj, args->size);

	/* With the handle the object can be used, and closed, by anyone. */
	ret = drm_gem_handle_create(file, obj, &args->handle);
	drm_gem_object_put(obj);

	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dma-buf.h>
#include <linux/dma-resv.h>
#include <linux/slab.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_utils.h>
#include <drm/drm_vma_manager.h>
#include <drm/qnn_accel.h>

#include "qnn_drv.h"
#include "qnn_gem.h"
#include "qnn_program.h"
#include "qnn_userptr.h"

/* BOs and regions of 4 GiB. */
static_assert(sizeof(size_t) == sizeof(u64), "64-bit kernels only");

static void qnn_gem_free(struct drm_gem_object *obj)
{
	struct qnn_bo *bo = to_qnn_bo(obj);

	if (iosys_map_is_set(&bo->map)) {
		dma_resv_lock(obj->resv, NULL);
		if (obj->import_attach)
			dma_buf_vunmap(obj->import_attach->dmabuf, &bo->map);
		else
			drm_gem_shmem_vunmap(&bo->base, &bo->map);
		dma_resv_unlock(obj->resv);
	}
	mutex_destroy(&bo->access_lock);
	drm_gem_shmem_free(&bo->base);
}

static enum drm_gem_object_status qnn_gem_status(struct drm_gem_object *obj)
{
	struct qnn_bo *bo = to_qnn_bo(obj);

	/*
	 * data_race(): for statistics; no lock, the answer may be old a moment
	 * later.
	 */
	if (obj->import_attach || data_race(bo->base.pages))
		return DRM_GEM_OBJECT_RESIDENT;

	return 0;
}

static const struct drm_gem_object_funcs qnn_gem_funcs = {
	.free = qnn_gem_free,
	.print_info = drm_gem_shmem_object_print_info,
	.pin = drm_gem_shmem_object_pin,
	.unpin = drm_gem_shmem_object_unpin,
	.get_sg_table = drm_gem_shmem_object_get_sg_table,
	.vmap = drm_gem_shmem_object_vmap,
	.vunmap = drm_gem_shmem_object_vunmap,
	.mmap = drm_gem_shmem_object_mmap,
	.status = qnn_gem_status,
	.vm_ops = &drm_gem_shmem_vm_ops,
};

/**
 * qnn_gem_create_object - &drm_driver.gem_create_object
 * @drm: the device
 * @size: ignored
 *
 * Return: the object, not yet initialized, or an error pointer.
 */
struct drm_gem_object *qnn_gem_create_object(struct drm_device *drm,
					     size_t size)
{
	struct qnn_bo *bo;

	bo = kzalloc(sizeof(*bo), GFP_KERNEL_ACCOUNT);
	if (!bo)
		return ERR_PTR(-ENOMEM);
	bo->base.base.funcs = &qnn_gem_funcs;
	mutex_init(&bo->access_lock);

	return &bo->base.base;
}

/**
 * qnn_bo_map_locked - map a BO into the kernel, once for its life
 * @bo: the BO, whose reservation is locked
 *
 * Return: 0, -EINVAL for an imported BO without ordinary memory behind it, or
 * what the mapping failed with.
 */
int qnn_bo_map_locked(struct qnn_bo *bo)
{
	struct drm_gem_object *obj = &bo->base.base;
	struct dma_buf *dmabuf;
	struct iosys_map map;
	int ret;

	dma_resv_assert_held(obj->resv);

	if (iosys_map_is_set(&bo->map))
		return 0;

	if (bo->user)
		return qnn_userptr_map(bo);
	if (!obj->import_attach)
		return drm_gem_shmem_vmap(&bo->base, &bo->map);

	/*
	 * Not through the shmem helper: it warns about I/O memory, which is
	 * nothing but a dma-buf that the caller should not have chosen.
	 */
	dmabuf = obj->import_attach->dmabuf;
	ret = dma_buf_vmap(dmabuf, &map);
	if (ret)
		return ret;
	if (map.is_iomem || !IS_ALIGNED((unsigned long)map.vaddr,
					QNN_REGION_ALIGN)) {
		dma_buf_vunmap(dmabuf, &map);
		return -EINVAL;
	}
	bo->map = map;

	return 0;
}

/**
 * qnn_bo_size - bytes that a job may use
 * @bo: the BO
 *
 * The size of an imported object is rounded up, the memory behind it is not.
 *
 * Return: the number of bytes.
 */
u64 qnn_bo_size(struct qnn_bo *bo)
{
	struct drm_gem_object *obj = &bo->base.base;

	return obj->import_attach ? obj->import_attach->dmabuf->size :
				    obj->size;
}

/**
 * qnn_bo_memory - identity of the memory behind a BO
 * @bo: the BO
 *
 * Return: a pointer to compare with others.
 */
const void *qnn_bo_memory(struct qnn_bo *bo)
{
	struct drm_gem_object *obj = &bo->base.base;

	return obj->import_attach ? (void *)obj->import_attach->dmabuf : obj;
}

/**
 * qnn_bo_read_only - whether jobs may only read a BO
 * @bo: the BO
 *
 * Return: true if no job may write it.
 */
bool qnn_bo_read_only(const struct qnn_bo *bo)
{
	return bo->user && bo->user->read_only;
}

/**
 * qnn_ioctl_bo_create - DRM_QNN_BO_CREATE
 * @drm: the device
 * @data: &struct drm_qnn_bo_create
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_bo_create(struct drm_device *drm, void *data,
			struct drm_file *file)
{
	struct drm_qnn_bo_create *args = data;
	struct drm_gem_shmem_object *shmem;
	int ret;

	if (args->flags || !args->size || args->size > QNN_MAX_BO_SIZE)
		return -EINVAL;

	shmem = drm_gem_shmem_create(drm, args->size);
	if (IS_ERR(shmem))
		return PTR_ERR(shmem);

	/* With the handle the object can be used, and closed, by anyone. */
	args->size = shmem->base.size;
	ret = drm_gem_handle_create(file, &shmem->base, &args->handle);
	drm_gem_object_put(&shmem->base);

	return ret;
}

/**
 * qnn_ioctl_bo_mmap_offset - DRM_QNN_BO_MMAP_OFFSET
 * @drm: the device
 * @data: &struct drm_qnn_bo_mmap_offset
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			     struct drm_file *file)
{
	struct drm_qnn_bo_mmap_offset *args = data;
	struct drm_gem_object *obj;
	int ret = -EINVAL;

	if (args->pad)
		return -EINVAL;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;
	/* Whose memory it is has mapped it, and can do so again. */
	if (!obj->import_attach && !to_qnn_bo(obj)->user)
		ret = drm_gem_create_mmap_offset(obj);
	if (!ret)
		args->offset = drm_vma_node_offset_addr(&obj->vma_node);
	drm_gem_object_put(obj);

	return ret;
}

/**
 * qnn_ioctl_bo_wait - DRM_QNN_BO_WAIT
 * @drm: the device
 * @data: &struct drm_qnn_bo_wait
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_bo_wait(struct drm_device *drm, void *data,
		      struct drm_file *file)
{
	struct drm_qnn_bo_wait *args = data;
	struct drm_gem_object *obj;
	bool write = args->flags & DRM_QNN_BO_WAIT_WRITE;
	long left;

	if (args->flags & ~DRM_QNN_BO_WAIT_WRITE)
		return -EINVAL;

	obj = drm_gem_object_lookup(file, args->handle);
	if (!obj)
		return -ENOENT;

	left = dma_resv_wait_timeout(obj->resv, dma_resv_usage_rw(write), true,
				     drm_timeout_abs_to_jiffies(args->timeout_ns));
	drm_gem_object_put(obj);
	if (left < 0)
		return left;

	return left ? 0 : -ETIME;
}

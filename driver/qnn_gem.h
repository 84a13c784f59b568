/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_GEM_H__
#define __QNN_GEM_H__

#include <linux/iosys-map.h>
#include <linux/mutex.h>

#include <drm/drm_gem_shmem_helper.h>

struct drm_device;
struct drm_file;
struct qnn_userptr;

/**
 * struct qnn_bo - a buffer object
 */
struct qnn_bo {
	/**
	 * @base: the shmem or imported object; must be first, DRM frees it.
	 * With @user only its @base is used.
	 */
	struct drm_gem_shmem_object base;
	/**
	 * @map: kernel mapping, null until a job binds the object and from
	 * then on kept until its end: a job that ends must not have to take
	 * the reservation lock that protects this.
	 */
	struct iosys_map map;
	/**
	 * @access_lock: one job at a time begins or ends CPU access of an
	 * imported object, as not all exporters expect several. They may take
	 * any lock under it.
	 */
	struct mutex access_lock;
	/** @user: memory of a process that it is made of, or NULL */
	struct qnn_userptr *user;
};

static inline struct qnn_bo *to_qnn_bo(struct drm_gem_object *obj)
{
	return container_of(to_drm_gem_shmem_obj(obj), struct qnn_bo, base);
}

struct drm_gem_object *qnn_gem_create_object(struct drm_device *drm,
					     size_t size);
int qnn_bo_map_locked(struct qnn_bo *bo);
u64 qnn_bo_size(struct qnn_bo *bo);
const void *qnn_bo_memory(struct qnn_bo *bo);
bool qnn_bo_read_only(const struct qnn_bo *bo);

int qnn_ioctl_bo_create(struct drm_device *drm, void *data,
			struct drm_file *file);
int qnn_ioctl_bo_mmap_offset(struct drm_device *drm, void *data,
			     struct drm_file *file);
int qnn_ioctl_bo_wait(struct drm_device *drm, void *data,
		      struct drm_file *file);

#endif /* __QNN_GEM_H__ */

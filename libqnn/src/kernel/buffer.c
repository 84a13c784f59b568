// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel.h"

static struct kernel_bo *bo_of(struct qnn_buffer *buf)
{
	return ((struct kernel_buffer *)buf)->bo;
}

static int make_buffer(struct qnn_device *dev, struct kernel_bo *bo, struct qnn_buffer **out)
{
	struct kernel_buffer *buf = calloc(1, sizeof(*buf));

	if (!buf)
		return qnn_fail_memory("a buffer");
	buf->base.dev = dev;
	buf->base.size = bo->size;
	buf->base.identity[0] = bo->handle;
	buf->bo = bo;
	*out = &buf->base;
	return 0;
}

/* The device's lock is held. */
static struct kernel_bo *add_bo(struct kernel_device *dev, uint32_t handle, size_t size,
				int import_fd)
{
	struct kernel_bo *bo = calloc(1, sizeof(*bo));

	if (!bo)
		return NULL;
	bo->refs = 1;
	bo->handle = handle;
	bo->size = size;
	bo->import_fd = import_fd;
	bo->next = dev->bos;
	dev->bos = bo;
	return bo;
}

static void put_bo(struct kernel_device *dev, struct kernel_bo *bo)
{
	struct kernel_bo **at;

	pthread_mutex_lock(&dev->lock);
	if (!--bo->refs) {
		for (at = &dev->bos; *at != bo; at = &(*at)->next)
			;
		*at = bo->next;
		if (bo->map && !bo->users)
			munmap(bo->map, bo->size);
		if (bo->import_fd >= 0)
			close(bo->import_fd);
		/* Within the lock: an import must not find a dying handle. */
		drmCloseBufferHandle(dev->fd, bo->handle);
		free(bo);
	}
	pthread_mutex_unlock(&dev->lock);
}

int kernel_buffer_create(struct qnn_device *base, size_t size, struct qnn_buffer **buf)
{
	struct kernel_device *dev = kernel_device(base);
	struct drm_qnn_bo_create args = { .size = size };
	struct kernel_bo *bo;
	int err;

	if (size > dev->info.max_bo_size)
		return qnn_fail(-ENOMEM, "%s: a buffer of %zu bytes is too large, the device allows %llu",
				base->path, size, (unsigned long long)dev->info.max_bo_size);
	err = kernel_ioctl(dev, DRM_IOCTL_QNN_BO_CREATE, &args);
	if (err)
		return qnn_fail(err, "%s: a buffer of %zu bytes: %s", base->path, size,
				strerror(-err));
	pthread_mutex_lock(&dev->lock);
	bo = add_bo(dev, args.handle, args.size, -1);
	pthread_mutex_unlock(&dev->lock);
	if (!bo) {
		drmCloseBufferHandle(dev->fd, args.handle);
		return qnn_fail_memory("a buffer");
	}
	err = make_buffer(base, bo, buf);
	if (err)
		put_bo(dev, bo);
	return err;
}

/* A text for what the kernel says about somebody's memory. */
static const char *memory_text(int err)
{
	switch (err) {
	case -EINVAL:
		return "this version of the driver cannot do that";
	case -EFAULT:
		return "nothing is mapped there, or it may not be written, or not be pinned";
	case -ENOMEM:
		return "out of memory, or above the limit of locked memory (ulimit -l)";
	default:
		return strerror(-err);
	}
}

int kernel_buffer_from_memory(struct qnn_device *base, void *memory, size_t size,
			      bool read_only, struct qnn_buffer **buf)
{
	struct kernel_device *dev = kernel_device(base);
	struct drm_qnn_bo_userptr args = {
		.addr = (uintptr_t)memory,
		.size = size,
		.flags = read_only ? DRM_QNN_BO_USERPTR_READ_ONLY : 0,
	};
	struct kernel_bo *bo;
	int err;

	if (size > dev->info.max_bo_size)
		return qnn_fail(-EINVAL, "%s: %zu bytes are too large for a buffer, the device allows %llu",
				base->path, size, (unsigned long long)dev->info.max_bo_size);
	err = kernel_ioctl(dev, DRM_IOCTL_QNN_BO_USERPTR, &args);
	if (err)
		return qnn_fail(err == -EINVAL ? -EOPNOTSUPP : err,
				"%s: a buffer of %zu bytes at %p: %s", base->path, size, memory,
				memory_text(err));
	pthread_mutex_lock(&dev->lock);
	bo = add_bo(dev, args.handle, size, -1);
	pthread_mutex_unlock(&dev->lock);
	if (!bo) {
		drmCloseBufferHandle(dev->fd, args.handle);
		return qnn_fail_memory("a buffer");
	}
	bo->users = true;
	bo->map = memory;
	err = make_buffer(base, bo, buf);
	if (err)
		put_bo(dev, bo);
	return err;
}

static struct kernel_bo *find_bo(const struct kernel_device *dev, uint32_t handle)
{
	struct kernel_bo *bo = dev->bos;

	while (bo && bo->handle != handle)
		bo = bo->next;
	return bo;
}

/* A handle that is not in the list yet. The device's lock is held. */
static int add_import(struct kernel_device *dev, uint32_t handle, int fd, struct kernel_bo **bo)
{
	off_t size = lseek(fd, 0, SEEK_END);
	int own;

	lseek(fd, 0, SEEK_SET);
	if (size <= 0)
		return qnn_fail(-EOPNOTSUPP, "import: the dma-buf does not tell its size");
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return qnn_fail(-errno, "import: %s", strerror(errno));
	*bo = add_bo(dev, handle, size, own);
	if (*bo)
		return 0;
	close(own);
	return qnn_fail_memory("an imported buffer");
}

int kernel_buffer_import(struct qnn_device *base, int fd, struct qnn_buffer **buf)
{
	struct kernel_device *dev = kernel_device(base);
	struct kernel_bo *bo = NULL;
	uint32_t handle;
	int err = 0;

	pthread_mutex_lock(&dev->lock);
	if (drmPrimeFDToHandle(dev->fd, fd, &handle)) {
		err = qnn_fail(-errno, "%s: import: %s", base->path, strerror(errno));
	} else {
		bo = find_bo(dev, handle);
		if (bo) {
			bo->refs++;
		} else {
			err = add_import(dev, handle, fd, &bo);
			if (err)
				drmCloseBufferHandle(dev->fd, handle);
		}
	}
	pthread_mutex_unlock(&dev->lock);
	if (err)
		return err;
	err = make_buffer(base, bo, buf);
	if (err)
		put_bo(dev, bo);
	return err;
}

int kernel_buffer_export(struct qnn_buffer *buf)
{
	struct kernel_device *dev = kernel_device(buf->dev);
	int fd;

	if (drmPrimeHandleToFD(dev->fd, bo_of(buf)->handle, DRM_CLOEXEC | DRM_RDWR, &fd))
		return qnn_fail(-errno, "%s: export: %s", buf->dev->path, strerror(errno));
	return fd;
}

/* The device's lock is held. */
static int map_bo(const struct kernel_device *dev, struct kernel_bo *bo)
{
	struct drm_qnn_bo_mmap_offset args = { .handle = bo->handle };
	int fd = bo->import_fd;
	void *map;
	int err;

	if (fd < 0) {
		err = kernel_ioctl(dev, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &args);
		if (err)
			return err;
		fd = dev->fd;
	}
	map = mmap(NULL, bo->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, args.offset);
	if (map == MAP_FAILED)
		return -errno;
	bo->map = map;
	return 0;
}

void *kernel_buffer_map(struct qnn_buffer *buf)
{
	struct kernel_device *dev = kernel_device(buf->dev);
	struct kernel_bo *bo = bo_of(buf);
	int err = 0;
	void *map;

	pthread_mutex_lock(&dev->lock);
	if (!bo->map)
		err = map_bo(dev, bo);
	map = bo->map;
	pthread_mutex_unlock(&dev->lock);
	if (err)
		qnn_fail(err, "%s: mapping a buffer: %s", buf->dev->path, strerror(-err));
	return map;
}

void kernel_buffer_free(struct qnn_buffer *buf)
{
	put_bo(kernel_device(buf->dev), bo_of(buf));
	free(buf);
}

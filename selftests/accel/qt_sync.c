// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm_mode.h>

#include "qt.h"

/* The ioctls of vgem, which libdrm's headers do not have. */
struct drm_vgem_fence_attach {
	__u32 handle;
	__u32 flags;
	__u32 out_fence;
	__u32 pad;
};

struct drm_vgem_fence_signal {
	__u32 fence;
	__u32 flags;
};

#define VGEM_FENCE_WRITE 0x1
#define DRM_IOCTL_VGEM_FENCE_ATTACH \
	DRM_IOWR(DRM_COMMAND_BASE + 1, struct drm_vgem_fence_attach)
#define DRM_IOCTL_VGEM_FENCE_SIGNAL \
	DRM_IOW(DRM_COMMAND_BASE + 2, struct drm_vgem_fence_signal)

int qt_syncobj_new(int fd, uint32_t flags, uint32_t *handle)
{
	struct drm_syncobj_create create = { .flags = flags };
	int ret = qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &create);

	*handle = create.handle;
	return ret;
}

int qt_syncobj_destroy(int fd, uint32_t handle)
{
	struct drm_syncobj_destroy arg = { .handle = handle };

	return qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &arg);
}

int qt_syncobj_wait(int fd, uint32_t handle, uint64_t point, uint32_t flags,
		    int64_t timeout_ns)
{
	struct drm_syncobj_timeline_wait wait = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.timeout_nsec = timeout_ns > 0 ? qt_now() + timeout_ns : timeout_ns,
		.count_handles = 1,
		.flags = flags,
	};

	return qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &wait);
}

int qt_syncobj_query(int fd, uint32_t handle, uint64_t *point)
{
	struct drm_syncobj_timeline_array query = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)point,
		.count_handles = 1,
	};

	return qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_QUERY, &query);
}

int qt_syncobj_export_fence(int fd, uint32_t handle)
{
	struct drm_syncobj_handle arg = {
		.handle = handle,
		.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
		.fd = -1,
	};
	int ret = qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &arg);

	return ret ? ret : arg.fd;
}

int qt_syncobj_import_fence(int fd, uint32_t handle, int sync_file)
{
	struct drm_syncobj_handle arg = {
		.handle = handle,
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
		.fd = sync_file,
	};

	return qt_ioctl(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &arg);
}

int qt_fence_status(int sync_file)
{
	struct sync_file_info info = { 0 };
	int ret = qt_ioctl(sync_file, SYNC_IOC_FILE_INFO, &info);

	return ret ? ret : info.status;
}

static int vgem_open(void)
{
	char path[32], name[32];
	struct drm_version version;
	int i, fd;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		memset(name, 0, sizeof(name));
		version = (struct drm_version){ .name = name, .name_len = sizeof(name) - 1 };
		if (!qt_ioctl(fd, DRM_IOCTL_VERSION, &version) && !strcmp(name, "vgem"))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

int qt_vgem_buffer(size_t size)
{
	struct drm_mode_create_dumb dumb = { .width = size, .height = 1, .bpp = 8 };
	int fd = vgem_open(), ret;

	if (fd < 0)
		return fd;
	ret = qt_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	if (!ret)
		ret = qt_prime_export(fd, dumb.handle);
	close(fd);
	return ret;
}

int qt_gate_new(struct qt_gate *gate, int *sync_file)
{
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 64, .bpp = 32 };
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_RW, .fd = -1 };
	struct drm_vgem_fence_attach attach = { .flags = VGEM_FENCE_WRITE };
	int dmabuf, ret;

	gate->vgem = vgem_open();
	if (gate->vgem < 0)
		return gate->vgem;
	ret = qt_ioctl(gate->vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb);
	attach.handle = dumb.handle;
	if (!ret)
		ret = qt_ioctl(gate->vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach);
	if (ret)
		return ret;
	gate->fence = attach.out_fence;
	dmabuf = qt_prime_export(gate->vgem, dumb.handle);
	if (dmabuf < 0)
		return dmabuf;
	ret = qt_ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export);
	close(dmabuf);
	*sync_file = export.fd;
	return ret;
}

int qt_gate_syncobj(int fd, struct qt_gate *gate, uint32_t *syncobj)
{
	int sync_file, ret;

	ret = qt_gate_new(gate, &sync_file);
	if (ret)
		return ret;
	ret = qt_syncobj_new(fd, 0, syncobj);
	if (!ret)
		ret = qt_syncobj_import_fence(fd, *syncobj, sync_file);
	close(sync_file);
	return ret;
}

int qt_gate_open(struct qt_gate *gate)
{
	struct drm_vgem_fence_signal signal = { .fence = gate->fence };
	int ret = qt_ioctl(gate->vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal);

	close(gate->vgem);
	return ret;
}

int qt_prime_export(int fd, uint32_t handle)
{
	struct drm_prime_handle arg = {
		.handle = handle,
		.flags = DRM_CLOEXEC | DRM_RDWR,
		.fd = -1,
	};
	int ret = qt_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &arg);

	return ret ? ret : arg.fd;
}

int qt_prime_import(int fd, int dmabuf, uint32_t *handle)
{
	struct drm_prime_handle arg = { .fd = dmabuf };
	int ret = qt_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &arg);

	*handle = arg.handle;
	return ret;
}

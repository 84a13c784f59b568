// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "qt.h"

const char *qt_device(void)
{
	const char *device = getenv("QNN_DEVICE");

	return device ? device : "/dev/accel/accel0";
}

int qt_open(void)
{
	int fd = open(qt_device(), O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int qt_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

unsigned long qt_request_sized(unsigned long request, size_t size)
{
	return _IOC(_IOC_DIR(request), _IOC_TYPE(request), _IOC_NR(request), size);
}

int64_t qt_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * QT_S + ts.tv_nsec;
}

void qt_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * QT_MS };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

int qt_device_info(int fd, struct drm_qnn_device_info *info)
{
	struct drm_qnn_dev_query query = {
		.type = DRM_QNN_QUERY_DEVICE,
		.size = sizeof(*info),
		.pointer = (uintptr_t)info,
	};

	return qt_ioctl(fd, DRM_IOCTL_QNN_DEV_QUERY, &query);
}

int qt_buf_map(int fd, struct qt_buf *buf)
{
	struct drm_qnn_bo_mmap_offset offset = { .handle = buf->handle };
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset);

	if (ret)
		return ret;
	buf->map = mmap(NULL, buf->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset.offset);
	if (buf->map == MAP_FAILED) {
		buf->map = NULL;
		return -errno;
	}
	return 0;
}

int qt_buf_new(int fd, uint64_t size, struct qt_buf *buf)
{
	struct drm_qnn_bo_create create = { .size = size };
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_BO_CREATE, &create);

	if (ret)
		return ret;
	*buf = (struct qt_buf){ .handle = create.handle, .size = create.size };
	ret = qt_buf_map(fd, buf);
	if (ret)
		qt_gem_close(fd, buf->handle);
	return ret;
}

void qt_buf_free(int fd, struct qt_buf *buf)
{
	if (buf->map)
		munmap(buf->map, buf->size);
	qt_gem_close(fd, buf->handle);
	*buf = (struct qt_buf){ 0 };
}

int qt_gem_close(int fd, uint32_t handle)
{
	struct drm_gem_close arg = { .handle = handle };

	return qt_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &arg);
}

int qt_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns)
{
	struct drm_qnn_bo_wait wait = {
		.handle = handle,
		.flags = flags,
		.timeout_ns = timeout_ns > 0 ? qt_now() + timeout_ns : timeout_ns,
	};

	return qt_ioctl(fd, DRM_IOCTL_QNN_BO_WAIT, &wait);
}

int qt_program_new(int fd, const void *image, size_t size, uint32_t *handle)
{
	struct drm_qnn_program_create create = {
		.data = (uintptr_t)image,
		.size = size,
	};
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &create);

	*handle = create.handle;
	return ret;
}

int qt_program_destroy(int fd, uint32_t handle)
{
	struct drm_qnn_program_destroy arg = { .handle = handle };

	return qt_ioctl(fd, DRM_IOCTL_QNN_PROGRAM_DESTROY, &arg);
}

int qt_queue_new(int fd, uint32_t *handle)
{
	struct drm_qnn_queue_create create = { .priority = DRM_QNN_PRIORITY_NORMAL };
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_QUEUE_CREATE, &create);

	*handle = create.handle;
	return ret;
}

int qt_queue_destroy(int fd, uint32_t handle)
{
	struct drm_qnn_queue_destroy arg = { .handle = handle };

	return qt_ioctl(fd, DRM_IOCTL_QNN_QUEUE_DESTROY, &arg);
}

int qt_queue_status(int fd, uint32_t queue, struct drm_qnn_queue_status *status)
{
	*status = (struct drm_qnn_queue_status){ .handle = queue };
	return qt_ioctl(fd, DRM_IOCTL_QNN_QUEUE_STATUS, status);
}

void qt_job_init(struct qt_job *job, uint32_t program)
{
	memset(job, 0, sizeof(*job));
	job->job.program = program;
	job->job.bindings = (uintptr_t)job->bindings;
	job->job.binding_stride = sizeof(job->bindings[0]);
}

void qt_job_bind(struct qt_job *job, uint32_t region, uint32_t handle, uint64_t offset)
{
	job->bindings[job->job.binding_count++] = (struct drm_qnn_binding){
		.region = region,
		.handle = handle,
		.offset = offset,
	};
}

void qt_submit_init(struct drm_qnn_submit *submit, uint32_t queue, struct qt_job *job)
{
	*submit = (struct drm_qnn_submit){
		.queue = queue,
		.jobs = (uintptr_t)&job->job,
		.job_count = 1,
		.job_stride = sizeof(job->job),
		.sync_stride = sizeof(struct drm_qnn_sync),
	};
}

int qt_submit(int fd, uint32_t queue, struct qt_job *job, uint32_t in, uint32_t out)
{
	struct drm_qnn_sync in_sync = { .handle = in }, out_sync = { .handle = out };
	struct drm_qnn_submit submit;

	qt_submit_init(&submit, queue, job);
	submit.in_syncs = (uintptr_t)&in_sync;
	submit.in_sync_count = in ? 1 : 0;
	submit.out_syncs = (uintptr_t)&out_sync;
	submit.out_sync_count = out ? 1 : 0;
	return qt_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, &submit);
}

int qt_run(int fd, uint32_t queue, struct qt_job *job)
{
	uint32_t done;
	int ret, fence;

	ret = qt_syncobj_new(fd, 0, &done);
	if (ret)
		return ret;
	ret = qt_submit(fd, queue, job, 0, done);
	if (!ret)
		ret = qt_syncobj_wait(fd, done, 0, 0, QT_LONG);
	if (!ret) {
		fence = qt_syncobj_export_fence(fd, done);
		ret = fence < 0 ? fence : qt_fence_status(fence);
		if (ret == 1)
			ret = 0;
		if (fence >= 0)
			close(fence);
	}
	qt_syncobj_destroy(fd, done);
	return ret;
}

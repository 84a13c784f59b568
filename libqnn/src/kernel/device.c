// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"

int kernel_ioctl(const struct kernel_device *dev, unsigned long request, void *arg)
{
	return drmIoctl(dev->fd, request, arg) ? -errno : 0;
}

/* Says who may open a node that we may not. */
static int no_permission(const char *path, const struct stat *st)
{
	const mode_t group_rw = S_IRGRP | S_IWGRP;
	struct group group, *found = NULL;
	char mem[1024];

	if ((st->st_mode & group_rw) == group_rw && st->st_gid)
		getgrgid_r(st->st_gid, &group, mem, sizeof(mem), &found);
	if (!found)
		return qnn_fail(-EACCES,
				"%s: permission denied; only root may use it: install the udev rule that comes with the driver, which gives it to group render",
				path);
	return qnn_fail(-EACCES,
			"%s: permission denied; its group is %s: add yourself with `usermod -aG %s $USER` and log in again",
			path, found->gr_name, found->gr_name);
}

static int open_node(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return qnn_fail(-errno, "%s: %s", path, strerror(errno));
	/* Nothing is opened that could be changed or wait by being opened. */
	if (!S_ISCHR(st.st_mode))
		return qnn_fail(-ENODEV, "%s: is not a device", path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	if (errno == EACCES || errno == EPERM)
		return no_permission(path, &st);
	return qnn_fail(-errno, "%s: %s", path, strerror(errno));
}

static bool is_qnn(int fd)
{
	drmVersionPtr version = drmGetVersion(fd);
	bool ours = version && version->name && !strcmp(version->name, "qnn");

	drmFreeVersion(version);
	return ours;
}

static int query(struct kernel_device *dev, const char *path)
{
	struct drm_qnn_dev_query args = {
		.type = DRM_QNN_QUERY_DEVICE,
		.size = sizeof(dev->info),
		.pointer = (uintptr_t)&dev->info,
	};
	const struct drm_qnn_device_info *info = &dev->info;
	int err;

	err = kernel_ioctl(dev, DRM_IOCTL_QNN_DEV_QUERY, &args);
	if (err)
		return qnn_fail(err, "%s: device query: %s", path, strerror(-err));
	if (info->program_version < QNN_PROGRAM_VERSION)
		return qnn_fail(-EPROTONOSUPPORT,
				"%s: the driver takes programs of version %u, this library has %u",
				path, info->program_version, QNN_PROGRAM_VERSION);
	dev->base.info = (struct qnn_device_info){
		.path = dev->base.path,
		.backend = info->backend == DRM_QNN_BACKEND_EMULATED ? "emulated" : "unknown",
		.program_version = info->program_version,
		.cores = info->cores,
		.clock_mhz = info->clock_mhz,
		.macs_per_cycle = info->macs_per_cycle,
		.sram_bytes = info->sram_bytes,
		.dram_bytes_per_cycle = info->dram_bytes_per_cycle,
		.default_timeout_ms = info->default_timeout_ms,
		.max_timeout_ms = info->max_timeout_ms,
	};
	return 0;
}

static void kernel_close(struct qnn_device *base)
{
	struct kernel_device *dev = kernel_device(base);

	close(dev->fd);
	pthread_mutex_destroy(&dev->lock);
	free(base->path);
	free(dev);
}

static const struct qnn_backend kernel_backend = {
	.close = kernel_close,
	.buffer_create = kernel_buffer_create,
	.buffer_import = kernel_buffer_import,
	.buffer_from_memory = kernel_buffer_from_memory,
	.buffer_export = kernel_buffer_export,
	.buffer_map = kernel_buffer_map,
	.buffer_free = kernel_buffer_free,
	.program_create = kernel_program_create,
	.program_destroy = kernel_program_destroy,
	.job_create = kernel_job_create,
	.job_free = kernel_job_free,
	.job_submit = kernel_job_submit,
	.job_wait = kernel_job_wait,
	.job_fd = kernel_job_fd,
};

/* Takes over @fd, on failure too. */
static int adopt(const char *path, int fd, struct qnn_device **out)
{
	struct kernel_device *dev = calloc(1, sizeof(*dev));
	char *name = strdup(path);
	int err;

	if (!dev || !name || pthread_mutex_init(&dev->lock, NULL)) {
		free(name);
		free(dev);
		close(fd);
		return qnn_fail_memory("a device");
	}
	dev->base.ops = &kernel_backend;
	dev->base.path = name;
	dev->fd = fd;
	err = query(dev, path);
	if (err) {
		kernel_close(&dev->base);
		return err;
	}
	*out = &dev->base;
	return 0;
}

int qnn_kernel_open(const char *path, struct qnn_device **dev)
{
	int fd = open_node(path);

	if (fd < 0)
		return fd;
	if (!is_qnn(fd)) {
		close(fd);
		return qnn_fail(-ENODEV, "%s: is not a qnn device", path);
	}
	return adopt(path, fd, dev);
}

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "kernel.h"

int kernel_queue_get(struct kernel_device *dev, uint32_t *queue)
{
	struct drm_qnn_queue_create args = { .priority = DRM_QNN_PRIORITY_NORMAL };
	int err;

	*queue = 0;
	pthread_mutex_lock(&dev->lock);
	if (dev->idle_queue_count)
		*queue = dev->idle_queues[--dev->idle_queue_count];
	pthread_mutex_unlock(&dev->lock);
	if (*queue)
		return 0;

	err = kernel_ioctl(dev, DRM_IOCTL_QNN_QUEUE_CREATE, &args);
	if (err == -ENOSPC)
		return qnn_fail(err, "%s: allows %u runs at once for an open device",
				dev->base.path, dev->info.max_queues);
	if (err)
		return qnn_fail(err, "%s: a queue: %s", dev->base.path, strerror(-err));
	*queue = args.handle;
	return 0;
}

void kernel_queue_put(struct kernel_device *dev, uint32_t queue, bool stopped)
{
	struct drm_qnn_queue_destroy args = { .handle = queue };
	bool keep;

	pthread_mutex_lock(&dev->lock);
	keep = !stopped && dev->idle_queue_count < KERNEL_IDLE_QUEUES;
	if (keep)
		dev->idle_queues[dev->idle_queue_count++] = queue;
	pthread_mutex_unlock(&dev->lock);
	if (!keep)
		kernel_ioctl(dev, DRM_IOCTL_QNN_QUEUE_DESTROY, &args);
}

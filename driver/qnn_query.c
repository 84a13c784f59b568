// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include <drm/drm_file.h>
#include <drm/qnn_accel.h>

#include "qnn_backend.h"
#include "qnn_drv.h"

static void qnn_device_info(const struct qnn_device *qdev,
			    struct drm_qnn_device_info *info)
{
	*info = (struct drm_qnn_device_info){
		.program_version = QNN_PROGRAM_VERSION,
		.backend = qdev->ops->id,
		.cores = qdev->core_count,
		.clock_mhz = QNN_CLOCK_MHZ,
		.macs_per_cycle = QNN_ARRAY_LANES * QNN_ARRAY_COLUMNS,
		.sram_bytes = QNN_SRAM_BYTES,
		.dram_bytes_per_cycle = QNN_DRAM_BYTES,
		.max_regions = QNN_MAX_REGIONS,
		.max_commands = QNN_MAX_COMMANDS,
		.max_jobs = QNN_MAX_JOBS,
		.max_syncs = QNN_MAX_SYNCS,
		.max_queues = QNN_MAX_QUEUES,
		.max_programs = QNN_MAX_PROGRAMS,
		.region_align = QNN_REGION_ALIGN,
		.max_program_size = QNN_MAX_PROGRAM_SIZE,
		.max_bo_size = QNN_MAX_BO_SIZE,
		.default_timeout_ms = qdev->timeout_ms,
		.max_timeout_ms = qdev->max_timeout_ms,
		.max_queue_jobs = QNN_MAX_QUEUE_JOBS,
		.max_file_jobs = QNN_MAX_FILE_JOBS,
		.max_device_queues = QNN_MAX_DEVICE_QUEUES,
		.max_device_jobs = QNN_MAX_DEVICE_JOBS,
	};
}

/* Writes what there is room for, and zeroes what only the caller knows. */
static int qnn_query_answer(struct drm_qnn_dev_query *args, const void *answer,
			    u32 size)
{
	void __user *dst = u64_to_user_ptr(args->pointer);
	u32 room = args->size;

	args->size = size;
	if (!args->pointer)
		return 0;
	/* Bounds the time to zero the rest. */
	if (room > SZ_4K)
		return -EINVAL;

	if (copy_to_user(dst, answer, min(room, size)))
		return -EFAULT;
	if (room > size && clear_user(dst + size, room - size))
		return -EFAULT;

	return 0;
}

/**
 * qnn_ioctl_dev_query - DRM_QNN_DEV_QUERY
 * @drm: the device
 * @data: &struct drm_qnn_dev_query
 * @file: the open file
 *
 * Return: 0, or a negative error; see the structure.
 */
int qnn_ioctl_dev_query(struct drm_device *drm, void *data,
			struct drm_file *file)
{
	struct drm_qnn_dev_query *args = data;
	struct drm_qnn_device_info info;

	switch (args->type) {
	case DRM_QNN_QUERY_DEVICE:
		qnn_device_info(to_qnn_device(drm), &info);
		return qnn_query_answer(args, &info, sizeof(info));
	default:
		return -EINVAL;
	}
}

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "kernel.h"

int kernel_program_create(struct qnn_model *model)
{
	struct kernel_device *dev = kernel_device(model->dev);
	const struct qnn_program_header *image = model->file.prog.header;
	char log[256] = "";
	struct drm_qnn_program_create args = {
		.data = (uintptr_t)image,
		.size = image->size,
		.log = (uintptr_t)log,
		.log_size = sizeof(log),
	};
	int err;

	err = kernel_ioctl(dev, DRM_IOCTL_QNN_PROGRAM_CREATE, &args);
	if (err && args.error_rule)
		return qnn_fail(err, "%s: %s refuses the program: %s", model->name,
				model->dev->path, log);
	if (err == -ENOSPC)
		return qnn_fail(err, "%s: %s allows %u programs for an open device", model->name,
				model->dev->path, dev->info.max_programs);
	if (err)
		return qnn_fail(err, "%s: giving the program to %s: %s", model->name,
				model->dev->path, strerror(-err));
	model->handle = args.handle;
	return 0;
}

void kernel_program_destroy(struct qnn_model *model)
{
	struct drm_qnn_program_destroy args = { .handle = model->handle };

	kernel_ioctl(kernel_device(model->dev), DRM_IOCTL_QNN_PROGRAM_DESTROY, &args);
}

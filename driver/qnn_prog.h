/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_PROG_H__
#define __QNN_PROG_H__

#include <linux/kref.h>

#include "qnn_device.h"

struct drm_device;
struct drm_file;
struct qnn_backend_ops;
struct qnn_file;

/**
 * struct qnn_prog - a program that was accepted; never changes
 */
struct qnn_prog {
	/** @ref: one for the handle, one for each job */
	struct kref ref;
	/** @ops: the back end that prepared it */
	const struct qnn_backend_ops *ops;
	/** @desc: what the validator found, pointing into @image */
	struct qnn_program desc;
	/** @image: the copy that was validated */
	void *image;
	/** @bytes: memory that it takes */
	u64 bytes;
	/** @priv: of the back end */
	void *priv;
};

struct qnn_prog *qnn_prog_create(const struct qnn_backend_ops *ops,
				 void *image, u64 size, struct qnn_diag *diag);
void qnn_prog_put(struct qnn_prog *prog);
struct qnn_prog *qnn_prog_lookup(struct qnn_file *qfile, u32 handle);
int qnn_prog_refusal(char *buf, size_t size, const struct qnn_diag *diag,
		     const void *image, u64 image_size);

int qnn_ioctl_program_create(struct drm_device *drm, void *data,
			     struct drm_file *file);
int qnn_ioctl_program_destroy(struct drm_device *drm, void *data,
			      struct drm_file *file);

#endif /* __QNN_PROG_H__ */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_BIND_H__
#define __QNN_BIND_H__

struct drm_file;
struct drm_qnn_job;
struct qnn_job;

int qnn_bind_job(struct qnn_job *job, struct drm_file *file,
		 const struct drm_qnn_job *args);

#endif /* __QNN_BIND_H__ */

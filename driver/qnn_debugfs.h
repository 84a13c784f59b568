/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_DEBUGFS_H__
#define __QNN_DEBUGFS_H__

struct qnn_device;

void qnn_debugfs_init(struct qnn_device *qdev);

#endif /* __QNN_DEBUGFS_H__ */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_POWER_H__
#define __QNN_POWER_H__

struct qnn_core;
struct qnn_device;

void qnn_core_held(struct qnn_core *core);
void qnn_core_suspend(struct qnn_core *core);
void qnn_core_resume(struct qnn_core *core);
void qnn_device_suspend(struct qnn_device *qdev);
void qnn_device_resume(struct qnn_device *qdev);

#endif /* __QNN_POWER_H__ */

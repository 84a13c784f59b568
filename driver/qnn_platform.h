/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_PLATFORM_H__
#define __QNN_PLATFORM_H__

#include <linux/types.h>

struct platform_device;

/**
 * struct qnn_config - what an emulated device is to be like
 */
struct qnn_config {
	/** @cores: number of cores */
	u32 cores;
	/** @timeout_ms: deadline of a job that names none */
	u32 timeout_ms;
	/** @max_timeout_ms: longest deadline */
	u32 max_timeout_ms;
	/** @lanes: threads of each core */
	u32 lanes;
};

int qnn_config_check(const struct qnn_config *config);
struct platform_device *qnn_platform_add(const struct qnn_config *config);
void qnn_platform_del(struct platform_device *pdev);
int qnn_platform_init(void);
void qnn_platform_exit(void);

#endif /* __QNN_PLATFORM_H__ */

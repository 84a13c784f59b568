/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_CONFIGFS_H__
#define __QNN_CONFIGFS_H__

#include <linux/kconfig.h>

struct qnn_config;

#if IS_ENABLED(CONFIG_CONFIGFS_FS)

int qnn_configfs_init(const struct qnn_config *defaults);
void qnn_configfs_exit(void);

#else

static inline int qnn_configfs_init(const struct qnn_config *defaults)
{
	return 0;
}

static inline void qnn_configfs_exit(void)
{
}

#endif

#endif /* __QNN_CONFIGFS_H__ */

// SPDX-License-Identifier: GPL-2.0-only
#include "qnn_inject.h"

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

/**
 * qnn_inject_init - begin without failures
 * @inject: what to set up
 */
void qnn_inject_init(struct qnn_inject *inject)
{
	inject->fail = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	inject->fail.verbose = 0;
	inject->hang = inject->fail;
}

/**
 * qnn_inject_debugfs - let tests ask for failures
 * @inject: the device's
 * @root: its folder in debugfs
 */
void qnn_inject_debugfs(struct qnn_inject *inject, struct dentry *root)
{
	fault_create_debugfs_attr("fail_run", root, &inject->fail);
	fault_create_debugfs_attr("hang_run", root, &inject->hang);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_INJECT_H__
#define __QNN_INJECT_H__

#include <linux/fault-inject.h>
#include <linux/types.h>

struct dentry;

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

/**
 * struct qnn_inject - failures of emulated cores that a test asks for
 *
 * In debugfs they are the folders fail_run and hang_run of a device.
 */
struct qnn_inject {
	/** @fail: the core gives up before the first command */
	struct fault_attr fail;
	/** @hang: the core does nothing until it is stopped */
	struct fault_attr hang;
};

void qnn_inject_init(struct qnn_inject *inject);
void qnn_inject_debugfs(struct qnn_inject *inject, struct dentry *root);

static inline bool qnn_inject_fail(struct qnn_inject *inject)
{
	return should_fail(&inject->fail, 1);
}

static inline bool qnn_inject_hang(struct qnn_inject *inject)
{
	return should_fail(&inject->hang, 1);
}

#else

struct qnn_inject {
};

static inline void qnn_inject_init(struct qnn_inject *inject)
{
}

static inline void qnn_inject_debugfs(struct qnn_inject *inject,
				      struct dentry *root)
{
}

static inline bool qnn_inject_fail(struct qnn_inject *inject)
{
	return false;
}

static inline bool qnn_inject_hang(struct qnn_inject *inject)
{
	return false;
}

#endif

#endif /* __QNN_INJECT_H__ */

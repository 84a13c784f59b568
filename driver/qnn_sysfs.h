/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_SYSFS_H__
#define __QNN_SYSFS_H__

struct attribute_group;

extern const struct attribute_group *qnn_sysfs_groups[];

#endif /* __QNN_SYSFS_H__ */

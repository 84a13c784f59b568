// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the parent device: how busy its cores are, and the clock that
 * the cycles of a job are counted in.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "qnn_core.h"
#include "qnn_device.h"
#include "qnn_drv.h"
#include "qnn_sysfs.h"

/* As there are attributes while the driver is bound, there is a device. */
static struct qnn_device *qnn_sysfs_device(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t npu_busy_time_us_show(struct device *dev,
				     struct device_attribute *attr, char *buf)
{
	struct qnn_device *qdev = qnn_sysfs_device(dev);
	u64 busy_ns = 0;
	u32 i;

	for (i = 0; i < qdev->core_count; i++)
		busy_ns += qnn_core_busy_ns(&qdev->cores[i]);

	return sysfs_emit(buf, "%llu\n", busy_ns / NSEC_PER_USEC);
}
static DEVICE_ATTR_RO(npu_busy_time_us);

static ssize_t npu_frequency_mhz_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", QNN_CLOCK_MHZ);
}
static DEVICE_ATTR_RO(npu_frequency_mhz);

/**
 * struct qnn_core_attr - an attribute of one core
 */
struct qnn_core_attr {
	/** @attr: the attribute */
	struct device_attribute attr;
	/** @core: number of the core */
	u32 core;
};

static ssize_t qnn_core_busy_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	u32 core = container_of(attr, struct qnn_core_attr, attr)->core;
	struct qnn_device *qdev = qnn_sysfs_device(dev);

	return sysfs_emit(buf, "%llu\n",
			  qnn_core_busy_ns(&qdev->cores[core]) /
			  NSEC_PER_USEC);
}

#define QNN_CORE_ATTR(number)						\
	static struct qnn_core_attr qnn_core##number##_busy = {		\
		.attr = __ATTR(core##number##_busy_time_us, 0444,	\
			       qnn_core_busy_show, NULL),		\
		.core = (number),					\
	}

QNN_CORE_ATTR(0);
QNN_CORE_ATTR(1);
QNN_CORE_ATTR(2);
QNN_CORE_ATTR(3);
QNN_CORE_ATTR(4);
QNN_CORE_ATTR(5);
QNN_CORE_ATTR(6);
QNN_CORE_ATTR(7);

static struct attribute *qnn_sysfs_attrs[] = {
	&dev_attr_npu_busy_time_us.attr,
	&dev_attr_npu_frequency_mhz.attr,
	NULL
};

static struct attribute *qnn_sysfs_core_attrs[] = {
	&qnn_core0_busy.attr.attr,
	&qnn_core1_busy.attr.attr,
	&qnn_core2_busy.attr.attr,
	&qnn_core3_busy.attr.attr,
	&qnn_core4_busy.attr.attr,
	&qnn_core5_busy.attr.attr,
	&qnn_core6_busy.attr.attr,
	&qnn_core7_busy.attr.attr,
	NULL
};

static_assert(ARRAY_SIZE(qnn_sysfs_core_attrs) == QNN_MAX_CORES + 1);

static umode_t qnn_sysfs_core_visible(struct kobject *kobj,
				      struct attribute *attr, int index)
{
	struct qnn_device *qdev = qnn_sysfs_device(kobj_to_dev(kobj));

	return index < qdev->core_count ? attr->mode : 0;
}

static const struct attribute_group qnn_sysfs_group = {
	.attrs = qnn_sysfs_attrs,
};

static const struct attribute_group qnn_sysfs_core_group = {
	.attrs = qnn_sysfs_core_attrs,
	.is_visible = qnn_sysfs_core_visible,
};

const struct attribute_group *qnn_sysfs_groups[] = {
	&qnn_sysfs_group,
	&qnn_sysfs_core_group,
	NULL
};

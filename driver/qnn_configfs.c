// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that come and go at run time: a folder in configfs is a device.
 */
#include <linux/configfs.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "qnn_configfs.h"
#include "qnn_platform.h"

/* What a new folder says. */
static struct qnn_config qnn_configfs_defaults;

/**
 * struct qnn_configfs_dev - a folder
 */
struct qnn_configfs_dev {
	/** @item: the folder itself */
	struct config_item item;
	/** @lock: protects what follows */
	struct mutex lock;
	/** @config: what the device is to be like */
	struct qnn_config config;
	/** @pdev: the device, or NULL */
	struct platform_device *pdev;
};

static struct qnn_configfs_dev *to_qnn_configfs_dev(struct config_item *item)
{
	return container_of(item, struct qnn_configfs_dev, item);
}

/* What is checked when the device is made need not be checked here. */
static ssize_t qnn_configfs_store(struct qnn_configfs_dev *dev, u32 *value,
				  const char *page, size_t count)
{
	u32 number;
	int ret;

	ret = kstrtou32(page, 0, &number);
	if (ret)
		return ret;

	mutex_lock(&dev->lock);
	if (dev->pdev)
		ret = -EBUSY;
	else
		*value = number;
	mutex_unlock(&dev->lock);

	return ret ?: count;
}

#define QNN_CONFIGFS_NUMBER(field)					\
static u32 *field##_of(struct config_item *item)			\
{									\
	return &to_qnn_configfs_dev(item)->config.field;		\
}									\
									\
static ssize_t field##_show(struct config_item *item, char *page)	\
{									\
	return sysfs_emit(page, "%u\n", READ_ONCE(*field##_of(item)));	\
}									\
									\
static ssize_t field##_store(struct config_item *item,			\
			     const char *page, size_t count)		\
{									\
	return qnn_configfs_store(to_qnn_configfs_dev(item),		\
				  field##_of(item), page, count);	\
}

QNN_CONFIGFS_NUMBER(cores)
CONFIGFS_ATTR(, cores);

QNN_CONFIGFS_NUMBER(lanes)
CONFIGFS_ATTR(, lanes);

QNN_CONFIGFS_NUMBER(timeout_ms)
CONFIGFS_ATTR(, timeout_ms);

QNN_CONFIGFS_NUMBER(max_timeout_ms)
CONFIGFS_ATTR(, max_timeout_ms);

static ssize_t enabled_show(struct config_item *item, char *page)
{
	struct qnn_configfs_dev *dev = to_qnn_configfs_dev(item);

	return sysfs_emit(page, "%d\n", READ_ONCE(dev->pdev) ? 1 : 0);
}

static int qnn_configfs_enable(struct qnn_configfs_dev *dev)
{
	struct platform_device *pdev;
	int ret;

	lockdep_assert_held(&dev->lock);

	if (dev->pdev)
		return 0;
	ret = qnn_config_check(&dev->config);
	if (ret)
		return ret;
	pdev = qnn_platform_add(&dev->config);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	dev->pdev = pdev;

	return 0;
}

static void qnn_configfs_disable(struct qnn_configfs_dev *dev)
{
	lockdep_assert_held(&dev->lock);

	if (dev->pdev)
		qnn_platform_del(dev->pdev);
	dev->pdev = NULL;
}

static ssize_t enabled_store(struct config_item *item, const char *page,
			     size_t count)
{
	struct qnn_configfs_dev *dev = to_qnn_configfs_dev(item);
	bool on;
	int ret;

	ret = kstrtobool(page, &on);
	if (ret)
		return ret;

	mutex_lock(&dev->lock);
	if (on)
		ret = qnn_configfs_enable(dev);
	else
		qnn_configfs_disable(dev);
	mutex_unlock(&dev->lock);

	return ret ?: count;
}
CONFIGFS_ATTR(, enabled);

/* The name of the device, an empty line while there is none. */
static ssize_t device_show(struct config_item *item, char *page)
{
	struct qnn_configfs_dev *dev = to_qnn_configfs_dev(item);
	ssize_t ret;

	mutex_lock(&dev->lock);
	ret = sysfs_emit(page, "%s\n",
			 dev->pdev ? dev_name(&dev->pdev->dev) : "");
	mutex_unlock(&dev->lock);

	return ret;
}
CONFIGFS_ATTR_RO(, device);

static struct configfs_attribute *qnn_configfs_attrs[] = {
	&attr_cores,
	&attr_lanes,
	&attr_timeout_ms,
	&attr_max_timeout_ms,
	&attr_enabled,
	&attr_device,
	NULL
};

static void qnn_configfs_release(struct config_item *item)
{
	struct qnn_configfs_dev *dev = to_qnn_configfs_dev(item);

	mutex_destroy(&dev->lock);
	kfree(dev);
}

static struct configfs_item_operations qnn_configfs_item_ops = {
	.release = qnn_configfs_release,
};

/* A folder pins the module. */
static const struct config_item_type qnn_configfs_item_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &qnn_configfs_item_ops,
	.ct_attrs = qnn_configfs_attrs,
};

static struct config_item *qnn_configfs_make(struct config_group *group,
					     const char *name)
{
	struct qnn_configfs_dev *dev;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	mutex_init(&dev->lock);
	dev->config = qnn_configfs_defaults;
	config_item_init_type_name(&dev->item, name, &qnn_configfs_item_type);

	return &dev->item;
}

static void qnn_configfs_drop(struct config_group *group,
			      struct config_item *item)
{
	struct qnn_configfs_dev *dev = to_qnn_configfs_dev(item);

	mutex_lock(&dev->lock);
	qnn_configfs_disable(dev);
	mutex_unlock(&dev->lock);
	config_item_put(item);
}

static struct configfs_group_operations qnn_configfs_group_ops = {
	.make_item = qnn_configfs_make,
	.drop_item = qnn_configfs_drop,
};

static const struct config_item_type qnn_configfs_group_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &qnn_configfs_group_ops,
};

static struct configfs_subsystem qnn_configfs = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "qnn",
			.ci_type = &qnn_configfs_group_type,
		},
	},
};

/**
 * qnn_configfs_init - let folders be made
 * @defaults: what a new one says
 *
 * Return: 0, or what failed.
 */
int qnn_configfs_init(const struct qnn_config *defaults)
{
	qnn_configfs_defaults = *defaults;
	config_group_init(&qnn_configfs.su_group);
	mutex_init(&qnn_configfs.su_mutex);

	return configfs_register_subsystem(&qnn_configfs);
}

/**
 * qnn_configfs_exit - undo qnn_configfs_init(), when no folder is left
 */
void qnn_configfs_exit(void)
{
	configfs_unregister_subsystem(&qnn_configfs);
	mutex_destroy(&qnn_configfs.su_mutex);
}

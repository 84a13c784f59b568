// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulated devices, as platform devices that the module makes itself.
 */
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/platform_device.h>
#include <linux/pm.h>

#include <drm/drm_drv.h>

#include "qnn_backend.h"
#include "qnn_debugfs.h"
#include "qnn_drv.h"
#include "qnn_platform.h"
#include "qnn_power.h"
#include "qnn_sysfs.h"

/* An hour; see the description of max_timeout_ms. */
#define QNN_TIMEOUT_LIMIT_MS	3600000

/* Numbers of the devices that there are; they have a lock of their own. */
static DEFINE_IDA(qnn_platform_ids);

/**
 * qnn_config_check - whether a device can be like this
 * @config: what it is to be like
 *
 * The kernel's log names what is out of range.
 *
 * Return: 0 or -EINVAL.
 */
int qnn_config_check(const struct qnn_config *config)
{
	if (!config->cores || config->cores > QNN_MAX_CORES) {
		pr_err("qnn: cores=%u is not in 1 to %u\n", config->cores,
		       QNN_MAX_CORES);
		return -EINVAL;
	}
	if (!config->lanes || config->lanes > QNN_MAX_LANES) {
		pr_err("qnn: lanes=%u is not in 1 to %u\n", config->lanes,
		       QNN_MAX_LANES);
		return -EINVAL;
	}
	if (!config->max_timeout_ms ||
	    config->max_timeout_ms > QNN_TIMEOUT_LIMIT_MS) {
		pr_err("qnn: max_timeout_ms=%u is not in 1 to %u\n",
		       config->max_timeout_ms, QNN_TIMEOUT_LIMIT_MS);
		return -EINVAL;
	}
	if (!config->timeout_ms ||
	    config->timeout_ms > config->max_timeout_ms) {
		pr_err("qnn: timeout_ms=%u is not in 1 to max_timeout_ms=%u\n",
		       config->timeout_ms, config->max_timeout_ms);
		return -EINVAL;
	}

	return 0;
}

static int qnn_probe(struct platform_device *pdev)
{
	const struct qnn_config *config = dev_get_platdata(&pdev->dev);
	struct qnn_device *qdev;
	int ret;

	/* By driver_override, root can give us devices of others. */
	if (!config || qnn_config_check(config))
		return -ENODEV;

	qdev = qnn_device_create(&pdev->dev, &qnn_emu_ops, config->cores,
				 config->timeout_ms, config->max_timeout_ms);
	if (IS_ERR(qdev))
		return PTR_ERR(qdev);

	qnn_debugfs_init(qdev);
	ret = drm_dev_register(&qdev->drm, 0);
	if (ret)
		return ret;
	platform_set_drvdata(pdev, qdev);

	return 0;
}

static void qnn_remove(struct platform_device *pdev)
{
	struct qnn_device *qdev = platform_get_drvdata(pdev);

	drm_dev_unplug(&qdev->drm);
	qnn_device_unplug(qdev);
}

static int qnn_suspend(struct device *dev)
{
	qnn_device_suspend(dev_get_drvdata(dev));

	return 0;
}

static int qnn_resume(struct device *dev)
{
	qnn_device_resume(dev_get_drvdata(dev));

	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(qnn_pm_ops, qnn_suspend, qnn_resume);

static struct platform_driver qnn_platform_driver = {
	.probe = qnn_probe,
	.remove = qnn_remove,
	.driver = {
		.name = "qnn",
		.dev_groups = qnn_sysfs_groups,
		.pm = pm_sleep_ptr(&qnn_pm_ops),
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

/**
 * qnn_platform_add - make a device
 * @config: what it is to be like, checked
 *
 * Return: the device, whose name ends with the lowest free number, or an error
 * pointer; -ENOSPC if there are as many as there can be.
 */
struct platform_device *qnn_platform_add(const struct qnn_config *config)
{
	struct platform_device_info info = {
		.name = "qnn",
		.dma_mask = DMA_BIT_MASK(64),
		.data = config,
		.size_data = sizeof(*config),
	};
	struct platform_device *pdev;

	info.id = ida_alloc_max(&qnn_platform_ids, QNN_MAX_DEVICES - 1,
				GFP_KERNEL);
	if (info.id < 0)
		return ERR_PTR(info.id);

	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev)) {
		ida_free(&qnn_platform_ids, info.id);
		return pdev;
	}
	if (!platform_get_drvdata(pdev)) {
		qnn_platform_del(pdev);
		return ERR_PTR(-ENODEV);
	}

	return pdev;
}

/**
 * qnn_platform_del - remove a device, whatever it is doing
 * @pdev: the device
 */
void qnn_platform_del(struct platform_device *pdev)
{
	int id = pdev->id;

	platform_device_unregister(pdev);
	ida_free(&qnn_platform_ids, id);
}

/**
 * qnn_platform_init - be ready for devices
 *
 * Return: 0, or what failed.
 */
int qnn_platform_init(void)
{
	return platform_driver_register(&qnn_platform_driver);
}

/**
 * qnn_platform_exit - undo qnn_platform_init(), when no device is left
 */
void qnn_platform_exit(void)
{
	platform_driver_unregister(&qnn_platform_driver);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its parameters, and the devices that they ask for.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>

#include "qnn_configfs.h"
#include "qnn_drv.h"
#include "qnn_emu.h"
#include "qnn_platform.h"

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "Emulated devices to create, 1 to 16 (default 1)");

static unsigned int cores = 1;
module_param(cores, uint, 0444);
MODULE_PARM_DESC(cores, "Cores of each emulated device, 1 to 8 (default 1)");

static unsigned int lanes = 1;
module_param(lanes, uint, 0444);
MODULE_PARM_DESC(lanes, "Threads that share the work of a core, 1 to 16 (default 1)");

static unsigned int timeout_ms = 5000;
module_param(timeout_ms, uint, 0444);
MODULE_PARM_DESC(timeout_ms, "Deadline in ms of a job that names none (default 5000)");

/*
 * The kernel expects fences to signal within 10 s. A longer limit is for slow
 * machines and large models: it delays whoever shares a buffer, nothing else,
 * as the memory of a job is pinned and reclaim never waits for it.
 */
static unsigned int max_timeout_ms = 10000;
module_param(max_timeout_ms, uint, 0444);
MODULE_PARM_DESC(max_timeout_ms, "Longest deadline in ms that a job may ask for (default 10000)");

static struct platform_device *qnn_pdevs[QNN_MAX_DEVICES];

static void qnn_destroy_devices(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(qnn_pdevs) && qnn_pdevs[i]; i++)
		qnn_platform_del(qnn_pdevs[i]);
}

static int qnn_create_devices(const struct qnn_config *config)
{
	unsigned int i;

	for (i = 0; i < devices; i++) {
		struct platform_device *pdev = qnn_platform_add(config);

		if (IS_ERR(pdev))
			return PTR_ERR(pdev);
		qnn_pdevs[i] = pdev;
	}

	return 0;
}

/* After this no code of the module runs, other than what the caller calls. */
static void qnn_unregister(void)
{
	qnn_destroy_devices();
	qnn_platform_exit();

	/*
	 * A work item drops their last references. Besides, a task that opens
	 * the node of one, and is told that the module is going, has a
	 * reference of the device and none of the module.
	 */
	qnn_devices_wait_gone();
	/* For one still returning from there, or from a fence's release. */
	synchronize_rcu_tasks();
}

static int __init qnn_init(void)
{
	const struct qnn_config config = {
		.cores = cores,
		.lanes = lanes,
		.timeout_ms = timeout_ms,
		.max_timeout_ms = max_timeout_ms,
	};
	int ret;

	if (!devices || devices > QNN_MAX_DEVICES) {
		pr_err("qnn: devices=%u is not in 1 to %u\n", devices,
		       QNN_MAX_DEVICES);
		return -EINVAL;
	}
	ret = qnn_config_check(&config);
	if (!ret)
		ret = qnn_emu_check();
	if (ret)
		return ret;

	ret = qnn_platform_init();
	if (ret)
		return ret;

	ret = qnn_create_devices(&config);
	if (!ret)
		ret = qnn_configfs_init(&config);
	if (ret)
		qnn_unregister();

	return ret;
}

static void __exit qnn_exit(void)
{
	/* Before the devices: while there are folders there is no exit. */
	qnn_configfs_exit();
	qnn_unregister();
}

module_init(qnn_init);
module_exit(qnn_exit);

MODULE_DESCRIPTION("Accel driver of the qnn low-bit NPU, with emulated devices");
MODULE_IMPORT_NS(DMA_BUF);
MODULE_LICENSE("GPL");

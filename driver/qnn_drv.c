// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module, devices and open files.
 */
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>
#include <drm/drm_print.h>
#include <drm/drm_vma_manager.h>
#include <drm/qnn_accel.h>

#include <kunit/visibility.h>

#include "qnn_backend.h"
#include "qnn_configfs.h"
#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_emu.h"
#include "qnn_gem.h"
#include "qnn_platform.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_userptr.h"

/* So many that memory for the BOs themselves ends first. */
#define QNN_MMAP_PAGES		(BIT_ULL(62) >> PAGE_SHIFT)

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

static void qnn_device_put_work(struct work_struct *work)
{
	struct qnn_device *qdev = container_of(work, struct qnn_device,
					       put_work);

	/*
	 * A foreign fence may still be waking the scheduler, for a job that
	 * has ended meanwhile.
	 */
	synchronize_rcu();
	drm_dev_put(&qdev->drm);
}

/**
 * qnn_device_pin - take a share of the reference for files and fences
 * @qdev: the device, of which the caller has a share
 */
void qnn_device_pin(struct qnn_device *qdev)
{
	kref_get(&qdev->pins);
}

static void qnn_device_unpinned(struct kref *ref)
{
	struct qnn_device *qdev = container_of(ref, struct qnn_device, pins);

	queue_work(system_unbound_wq, &qdev->put_work);
}

/**
 * qnn_device_unpin - drop a share of the reference for files and fences
 * @qdev: the device
 *
 * From any context, as fences are released in any.
 */
void qnn_device_unpin(struct qnn_device *qdev)
{
	kref_put(&qdev->pins, qnn_device_unpinned);
}

/**
 * qnn_file_create - what an open file needs
 * @qdev: the device
 * @client_id: identity of the file for trace events
 *
 * Return: the file, or an error pointer; -ENODEV if the device was unplugged and
 * all that used it is gone.
 */
struct qnn_file *qnn_file_create(struct qnn_device *qdev, u64 client_id)
{
	struct qnn_file *qfile;

	qfile = kzalloc(sizeof(*qfile), GFP_KERNEL_ACCOUNT);
	if (!qfile)
		return ERR_PTR(-ENOMEM);
	/* Fences of the file's jobs can then pin it, whatever happens to it. */
	if (!kref_get_unless_zero(&qdev->pins)) {
		kfree(qfile);
		return ERR_PTR(-ENODEV);
	}

	kref_init(&qfile->ref);
	qfile->qdev = qdev;
	qfile->client_id = client_id;
	xa_init_flags(&qfile->progs, XA_FLAGS_ALLOC1);
	xa_init_flags(&qfile->queues, XA_FLAGS_ALLOC1);
	qnn_stats_init(&qfile->stats);

	return qfile;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_file_create);

static void qnn_file_release(struct kref *ref)
{
	struct qnn_file *qfile = container_of(ref, struct qnn_file, ref);

	qnn_device_unpin(qfile->qdev);
	kfree(qfile);
}

/**
 * qnn_file_put - drop a reference
 * @qfile: the file
 */
void qnn_file_put(struct qnn_file *qfile)
{
	kref_put(&qfile->ref, qnn_file_release);
}

/**
 * qnn_device_flush - let jobs that have ended give back what they used
 * @qdev: the device
 *
 * Waits for no fence.
 */
void qnn_device_flush(struct qnn_device *qdev)
{
	u32 i;

	for (i = 0; i < qdev->core_count; i++)
		flush_workqueue(qdev->cores[i].sched.submit_wq);
	flush_workqueue(qdev->free_wq);
}

/**
 * qnn_file_close - drop all handles and the file's own reference
 * @qfile: the file
 *
 * Waits for no fence: jobs that wait are cancelled in their turn, running ones
 * end. What has ended already is given back before this returns.
 */
void qnn_file_close(struct qnn_file *qfile)
{
	struct qnn_device *qdev = qfile->qdev;
	struct qnn_queue *queue;
	struct qnn_prog *prog;
	unsigned long index;

	xa_for_each(&qfile->queues, index, queue) {
		qnn_queue_close(queue);
		qnn_queue_put(queue);
	}
	xa_destroy(&qfile->queues);

	xa_for_each(&qfile->progs, index, prog)
		qnn_prog_put(prog);
	xa_destroy(&qfile->progs);

	qnn_file_put(qfile);

	qnn_device_flush(qdev);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_file_close);

static int qnn_open(struct drm_device *drm, struct drm_file *file)
{
	struct qnn_file *qfile = qnn_file_create(to_qnn_device(drm),
						 file->client_id);

	if (IS_ERR(qfile))
		return PTR_ERR(qfile);
	file->driver_priv = qfile;

	return 0;
}

static void qnn_postclose(struct drm_device *drm, struct drm_file *file)
{
	qnn_file_close(file->driver_priv);
}

static const struct drm_ioctl_desc qnn_ioctls[] = {
	DRM_IOCTL_DEF_DRV(QNN_DEV_QUERY, qnn_ioctl_dev_query, 0),
	DRM_IOCTL_DEF_DRV(QNN_BO_CREATE, qnn_ioctl_bo_create, 0),
	DRM_IOCTL_DEF_DRV(QNN_BO_MMAP_OFFSET, qnn_ioctl_bo_mmap_offset, 0),
	DRM_IOCTL_DEF_DRV(QNN_BO_WAIT, qnn_ioctl_bo_wait, 0),
	DRM_IOCTL_DEF_DRV(QNN_PROGRAM_CREATE, qnn_ioctl_program_create, 0),
	DRM_IOCTL_DEF_DRV(QNN_PROGRAM_DESTROY, qnn_ioctl_program_destroy, 0),
	DRM_IOCTL_DEF_DRV(QNN_QUEUE_CREATE, qnn_ioctl_queue_create, 0),
	DRM_IOCTL_DEF_DRV(QNN_QUEUE_DESTROY, qnn_ioctl_queue_destroy, 0),
	DRM_IOCTL_DEF_DRV(QNN_QUEUE_STATUS, qnn_ioctl_queue_status, 0),
	DRM_IOCTL_DEF_DRV(QNN_SUBMIT, qnn_ioctl_submit, 0),
	DRM_IOCTL_DEF_DRV(QNN_BO_USERPTR, qnn_ioctl_bo_userptr, 0),
};

/*
 * Clients of an accel node have no master. In these ioctls, which are about
 * masters and mean nothing here, the DRM core would follow the null pointer.
 */
static bool qnn_ioctl_needs_master(unsigned int cmd)
{
	return DRM_IOCTL_NR(cmd) == DRM_IOCTL_NR(DRM_IOCTL_GET_UNIQUE) ||
	       DRM_IOCTL_NR(cmd) == DRM_IOCTL_NR(DRM_IOCTL_GET_MAGIC);
}

static long qnn_unlocked_ioctl(struct file *filp, unsigned int cmd,
			       unsigned long arg)
{
	if (qnn_ioctl_needs_master(cmd))
		return -EOPNOTSUPP;

	return drm_ioctl(filp, cmd, arg);
}

#ifdef CONFIG_COMPAT
static long qnn_compat_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	if (qnn_ioctl_needs_master(cmd))
		return -EOPNOTSUPP;

	return drm_compat_ioctl(filp, cmd, arg);
}
#else
#define qnn_compat_ioctl NULL
#endif

/* DRM_ACCEL_FOPS, with ioctls of our own and with show_fdinfo. */
static const struct file_operations qnn_fops = {
	.owner = THIS_MODULE,
	.open = accel_open,
	.release = drm_release,
	.unlocked_ioctl = qnn_unlocked_ioctl,
	.compat_ioctl = qnn_compat_ioctl,
	.poll = drm_poll,
	.read = drm_read,
	.llseek = noop_llseek,
	.mmap = drm_gem_mmap,
	.fop_flags = FOP_UNSIGNED_OFFSET,
	.show_fdinfo = drm_show_fdinfo,
};

static const struct drm_driver qnn_drm_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.name = "qnn",
	.desc = "Low-bit neural processing unit",
	.date = "20261122",
	.major = 1,
	.minor = 1,
	.fops = &qnn_fops,
	.ioctls = qnn_ioctls,
	.num_ioctls = ARRAY_SIZE(qnn_ioctls),
	.open = qnn_open,
	.postclose = qnn_postclose,
	.show_fdinfo = qnn_show_fdinfo,
	.gem_create_object = qnn_gem_create_object,
	.gem_prime_import_sg_table = drm_gem_shmem_prime_import_sg_table,
};

/* Devices that were created and not yet freed. */
static atomic_t qnn_device_count = ATOMIC_INIT(0);

static void qnn_device_gone(struct drm_device *drm, void *data)
{
	if (atomic_dec_and_test(&qnn_device_count))
		wake_up_var(&qnn_device_count);
}

static int qnn_device_count_it(struct drm_device *drm)
{
	atomic_inc(&qnn_device_count);

	return drmm_add_action_or_reset(drm, qnn_device_gone, NULL);
}

/*
 * Every BO takes a range of mmap offsets, even one that never gets memory. Of
 * DRM's own range, 1 TiB for the device, one file could take all for nothing.
 */
static void qnn_widen_mmap_offsets(struct drm_device *drm)
{
	struct drm_vma_offset_manager *manager = drm->vma_offset_manager;

	drm_vma_offset_manager_destroy(manager);
	drm_vma_offset_manager_init(manager, DRM_FILE_PAGE_OFFSET_START,
				    QNN_MMAP_PAGES);
}

static void qnn_device_unbound(void *data)
{
	qnn_device_unpin(data);
}

/* What bound devices have besides the reference that devres drops. */
static int qnn_device_pin_bound(struct device *parent, struct qnn_device *qdev)
{
	kref_init(&qdev->pins);
	INIT_WORK(&qdev->put_work, qnn_device_put_work);
	drm_dev_get(&qdev->drm);

	return devm_add_action_or_reset(parent, qnn_device_unbound, qdev);
}

static void qnn_destroy_wq(struct drm_device *drm, void *data)
{
	destroy_workqueue(data);
}

static struct workqueue_struct *qnn_create_wq(struct drm_device *drm,
					      const char *name,
					      unsigned int flags)
{
	struct workqueue_struct *wq;
	int ret;

	wq = alloc_workqueue("%s", flags, 0, name);
	if (!wq)
		return ERR_PTR(-ENOMEM);
	ret = drmm_add_action_or_reset(drm, qnn_destroy_wq, wq);

	return ret ? ERR_PTR(ret) : wq;
}

/**
 * qnn_device_create - allocate a device with all its cores
 * @parent: the parent device, whose devres holds it
 * @ops: the back end
 * @core_count: number of cores
 * @standard_ms: deadline of a job that names none
 * @max_ms: longest deadline
 *
 * The caller registers it.
 *
 * Return: the device, or an error pointer.
 */
struct qnn_device *qnn_device_create(struct device *parent,
				     const struct qnn_backend_ops *ops,
				     u32 core_count, u32 standard_ms,
				     u32 max_ms)
{
	struct qnn_device *qdev;
	struct drm_device *drm;
	u32 i;
	int ret;

	qdev = devm_drm_dev_alloc(parent, &qnn_drm_driver, struct qnn_device,
				  drm);
	if (IS_ERR(qdev))
		return qdev;
	drm = &qdev->drm;
	qdev->ops = ops;
	qdev->timeout_ms = standard_ms;
	qdev->max_timeout_ms = max_ms;
	qnn_recovery_init(&qdev->recovery);
	qnn_inject_init(&qdev->inject);
	/* First, so that it is undone last. */
	ret = qnn_device_count_it(drm);
	if (ret)
		return ERR_PTR(ret);
	ret = qnn_device_pin_bound(parent, qdev);
	if (ret)
		return ERR_PTR(ret);
	qnn_widen_mmap_offsets(drm);

	qdev->free_wq = qnn_create_wq(drm, "qnn-free", WQ_UNBOUND);
	if (IS_ERR(qdev->free_wq))
		return ERR_CAST(qdev->free_wq);
	qdev->access_wq = qnn_create_wq(drm, "qnn-access", WQ_UNBOUND);
	if (IS_ERR(qdev->access_wq))
		return ERR_CAST(qdev->access_wq);
	qdev->reset_wq = qnn_create_wq(drm, "qnn-reset",
				       WQ_MEM_RECLAIM | WQ_UNBOUND);
	if (IS_ERR(qdev->reset_wq))
		return ERR_CAST(qdev->reset_wq);

	qdev->cores = drmm_kcalloc(drm, core_count, sizeof(*qdev->cores),
				   GFP_KERNEL);
	qdev->scheds = drmm_kcalloc(drm, core_count, sizeof(*qdev->scheds),
				    GFP_KERNEL);
	if (!qdev->cores || !qdev->scheds)
		return ERR_PTR(-ENOMEM);

	for (i = 0; i < core_count; i++) {
		ret = qnn_core_init(qdev, &qdev->cores[i], i);
		if (ret)
			return ERR_PTR(ret);
		qdev->scheds[i] = &qdev->cores[i].sched;
		qdev->core_count++;
	}

	return qdev;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_device_create);

/**
 * qnn_device_unplug - stop all cores for good
 * @qdev: the device, which no longer takes ioctls
 *
 * When this returns no back end touches its hardware any more. Files, mappings
 * and dma-bufs may live on, and keep the rest of the device.
 */
void qnn_device_unplug(struct qnn_device *qdev)
{
	DECLARE_BITMAP(busy, QNN_MAX_CORES) = {};
	unsigned int i;

	for (i = 0; i < qdev->core_count; i++) {
		if (qnn_core_unplug(&qdev->cores[i]))
			__set_bit(i, busy);
	}
	for_each_set_bit(i, busy, QNN_MAX_CORES)
		wait_for_completion(&qdev->cores[i].idle);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_device_unplug);

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
	wait_var_event(&qnn_device_count, !atomic_read(&qnn_device_count));
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * State of a device in debugfs, for people; no program should depend on it.
 */
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/qnn_accel.h>

#include "qnn_backend.h"
#include "qnn_core.h"
#include "qnn_debugfs.h"
#include "qnn_drv.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_queue.h"

static struct qnn_device *qnn_debugfs_device(struct seq_file *m)
{
	struct drm_debugfs_entry *entry = m->private;

	return to_qnn_device(entry->dev);
}

/* Core, what it did so far, and the job that it works at. */
static int qnn_debugfs_cores(struct seq_file *m, void *data)
{
	struct qnn_device *qdev = qnn_debugfs_device(m);
	u32 i;

	seq_puts(m, "core     jobs   failed      busy-us  running\n");
	for (i = 0; i < qdev->core_count; i++) {
		struct qnn_core *core = &qdev->cores[i];
		const struct qnn_job *job;
		ktime_t now;

		mutex_lock(&core->lock);
		now = ktime_get();
		seq_printf(m, "%4u %8llu %8llu %12llu  ", core->index,
			   core->jobs, core->failed,
			   qnn_core_busy_ns_locked(core, now) / NSEC_PER_USEC);
		job = core->job;
		if (job)
			seq_printf(m, "client %llu queue %llu job %llu since %lld us%s\n",
				   job->queue->qfile->client_id,
				   job->queue->fence_context, job->seqno,
				   ktime_us_delta(now, job->start),
				   core->stop_error ? ", stopping" : "");
		else
			seq_printf(m, "%s\n", core->gone ? "gone" : "idle");
		mutex_unlock(&core->lock);
	}

	return 0;
}

static const char *qnn_debugfs_queue_state(const struct qnn_queue *queue)
{
	switch (queue->reason) {
	case DRM_QNN_REASON_NONE:
		return queue->closed ? "closed" : "works";
	case DRM_QNN_REASON_TIMEOUT:
		return "stopped: timeout";
	default:
		return "stopped: fault";
	}
}

static void qnn_debugfs_queue(struct seq_file *m, u64 client, u32 handle,
			      struct qnn_queue *queue)
{
	spin_lock(&queue->lock);
	seq_printf(m, "%6llu %6u %8llu %4d %10llu %10llu %10llu  %s\n", client,
		   handle, queue->fence_context, queue->entity.priority,
		   queue->submitted, queue->completed, queue->failed,
		   qnn_debugfs_queue_state(queue));
	spin_unlock(&queue->lock);
}

/* Queues that have a handle. What was submitted and not ended is queued. */
static int qnn_debugfs_queues(struct seq_file *m, void *data)
{
	struct qnn_device *qdev = qnn_debugfs_device(m);
	struct drm_file *file;
	u32 handle;

	seq_puts(m, "client handle    queue prio  submitted  completed     failed  state\n");
	mutex_lock(&qdev->drm.filelist_mutex);
	list_for_each_entry(file, &qdev->drm.filelist, lhead) {
		for (handle = 1; handle <= QNN_MAX_QUEUES; handle++) {
			struct qnn_queue *queue;

			queue = qnn_queue_lookup(file->driver_priv, handle);
			if (!queue)
				continue;
			qnn_debugfs_queue(m, file->client_id, handle, queue);
			qnn_queue_put(queue);
		}
	}
	mutex_unlock(&qdev->drm.filelist_mutex);

	return 0;
}

/**
 * struct qnn_debugfs_bos - where the list of BOs is
 */
struct qnn_debugfs_bos {
	/** @m: where to print */
	struct seq_file *m;
	/** @client: whose handles */
	u64 client;
};

static int qnn_debugfs_bo(int handle, void *ptr, void *data)
{
	struct drm_gem_object *obj = ptr;
	struct qnn_debugfs_bos *bos = data;
	bool exported, used;
	struct qnn_bo *bo;

	/* Being created. */
	if (!obj)
		return 0;

	bo = to_qnn_bo(obj);
	/* data_race(): written under locks that this must not wait for. */
	used = data_race(iosys_map_is_set(&bo->map));
	/* data_race(): likewise. */
	exported = data_race(obj->dma_buf) && !obj->import_attach;
	seq_printf(bos->m, "%6llu %6d %12zu%s%s%s%s%s\n", bos->client, handle,
		   obj->size,
		   obj->funcs->status(obj) & DRM_GEM_OBJECT_RESIDENT ?
		   " resident" : "",
		   used ? " used" : "",
		   bo->user ? " user" : "",
		   obj->import_attach ? " imported" : "",
		   exported ? " exported" : "");

	return 0;
}

/* Threads of cores that have several, and parts of layers that each did. */
static int qnn_debugfs_lanes(struct seq_file *m, void *data)
{
	struct qnn_device *qdev = qnn_debugfs_device(m);
	u32 i;

	seq_puts(m, "core lane      parts\n");
	for (i = 0; qdev->ops->show && i < qdev->core_count; i++)
		qdev->ops->show(&qdev->cores[i], m);

	return 0;
}

/* BOs that have a handle. */
static int qnn_debugfs_show_bos(struct seq_file *m, void *data)
{
	struct qnn_device *qdev = qnn_debugfs_device(m);
	struct qnn_debugfs_bos bos = { .m = m };
	struct drm_file *file;

	seq_puts(m, "client handle         size  state\n");
	mutex_lock(&qdev->drm.filelist_mutex);
	list_for_each_entry(file, &qdev->drm.filelist, lhead) {
		bos.client = file->client_id;
		spin_lock(&file->table_lock);
		idr_for_each(&file->object_idr, qnn_debugfs_bo, &bos);
		spin_unlock(&file->table_lock);
	}
	mutex_unlock(&qdev->drm.filelist_mutex);

	return 0;
}

static int qnn_debugfs_log(struct seq_file *m, void *data)
{
	struct qnn_device *qdev = qnn_debugfs_device(m);
	struct seq_buf s;
	char *text;

	text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	seq_buf_init(&s, text, PAGE_SIZE);
	qnn_recovery_print(&qdev->recovery, &s);
	seq_write(m, text, seq_buf_used(&s));
	kfree(text);

	return 0;
}

static const struct drm_debugfs_info qnn_debugfs_files[] = {
	{ "cores", qnn_debugfs_cores, 0 },
	{ "lanes", qnn_debugfs_lanes, 0 },
	{ "queues", qnn_debugfs_queues, 0 },
	{ "bos", qnn_debugfs_show_bos, 0 },
	{ "log", qnn_debugfs_log, 0 },
};

/**
 * qnn_debugfs_init - add the files of a device
 * @qdev: the device, not yet registered
 */
void qnn_debugfs_init(struct qnn_device *qdev)
{
	drm_debugfs_add_files(&qdev->drm, qnn_debugfs_files,
			      ARRAY_SIZE(qnn_debugfs_files));
	qnn_inject_debugfs(&qdev->inject, qdev->drm.debugfs_root);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device core dumps. Documentation/driver.rst describes the format: lines of
 * text, an empty line, the program's image.
 */
#include <linux/device.h>
#include <linux/devcoredump.h>
#include <linux/export.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>

#include <kunit/visibility.h>

#include "qnn_coredump.h"
#include "qnn_drv.h"
#include "qnn_gem.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_queue.h"
#include "qnn_recover.h"

#define QNN_DUMP_VERSION	1

/* Lines of the job, its regions and the log, all of bounded length. */
#define QNN_DUMP_TEXT		SZ_8K

/* A larger program is cut: the memory is nobody's. */
#define QNN_DUMP_PROGRAM	SZ_16M

static u64 qnn_coredump_program_bytes(const struct qnn_job *job)
{
	return min_t(u64, job->prog->desc.header->size, QNN_DUMP_PROGRAM);
}

static void qnn_coredump_job(const struct qnn_job *job, struct seq_buf *s)
{
	const struct qnn_run *run = &job->run;
	u32 commands = job->prog->desc.header->cmd_count;
	u32 cmd = min(run->cmd, commands - 1);

	seq_buf_printf(s, "core: %u\n", job->core);
	seq_buf_printf(s, "client: %llu\n", job->queue->qfile->client_id);
	seq_buf_printf(s, "job: %llu\n", job->seqno);
	seq_buf_printf(s, "reason: %s\n", qnn_failure_name(job->result));
	seq_buf_printf(s, "error: %d\n", job->result);
	if (job->result == -ETIMEDOUT)
		seq_buf_printf(s, "progress: %s\n", job->stuck ? "no" : "yes");
	seq_buf_printf(s, "start-ns: %lld\n", ktime_to_ns(job->start));
	seq_buf_printf(s, "end-ns: %lld\n", ktime_to_ns(job->end));
	seq_buf_printf(s, "timeout-ms: %u\n", job->timeout_ms);
	seq_buf_printf(s, "command: %u of %u\n", run->cmd, commands);
	seq_buf_printf(s, "opcode: %s\n",
		       qnn_opcode_name(job->prog->desc.cmds[cmd].opcode));
	seq_buf_printf(s, "cycles: %llu\n", run->done.cycles);
	seq_buf_printf(s, "macs: %llu\n", run->done.macs);
	seq_buf_printf(s, "bytes-read: %llu\n", run->done.bytes_read);
	seq_buf_printf(s, "bytes-written: %llu\n", run->done.bytes_written);
}

/* Sizes and places, never an address. */
static void qnn_coredump_regions(const struct qnn_job *job, struct seq_buf *s)
{
	const struct qnn_program *desc = &job->prog->desc;
	u32 i;

	for (i = 0; i < desc->header->region_count; i++) {
		const struct qnn_region_desc *region = &desc->regions[i];
		const struct qnn_job_place *place = &job->regions[i];
		bool imported;

		seq_buf_printf(s, "region: %u %s%s size %llu", i,
			       region->access & QNN_ACCESS_READ ? "r" : "",
			       region->access & QNN_ACCESS_WRITE ? "w" : "",
			       (u64)region->size);
		if (place->bo) {
			imported = place->bo->base.base.import_attach;
			seq_buf_printf(s, " offset %llu of %llu%s",
				       place->offset, qnn_bo_size(place->bo),
				       imported ? " imported" : "");
		}
		seq_buf_printf(s, "\n");
	}
}

/**
 * qnn_coredump_print - the text of a dump, with the empty line at its end
 * @job: a job that failed
 * @s: where to print
 */
void qnn_coredump_print(const struct qnn_job *job, struct seq_buf *s)
{
	struct qnn_device *qdev = job->queue->qfile->qdev;

	seq_buf_printf(s, "qnn-coredump: %u\n", QNN_DUMP_VERSION);
	seq_buf_printf(s, "kernel: %s\n", init_utsname()->release);
	seq_buf_printf(s, "device: %s\n", dev_name(qdev->drm.dev));
	seq_buf_printf(s, "cores: %u\n", qdev->core_count);
	qnn_coredump_job(job, s);
	qnn_coredump_regions(job, s);
	qnn_recovery_print(&qdev->recovery, s);
	seq_buf_printf(s, "program-bytes: %llu of %u\n\n",
		       qnn_coredump_program_bytes(job), job->prog->desc.header->size);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_coredump_print);

/* The core would drop a second one, when all of it has been put together. */
static bool qnn_coredump_is_wanted(struct device *dev)
{
	struct kernfs_node *link;

	/* That of a test may have gone without being unplugged. */
	if (!device_is_registered(dev))
		return false;
	link = sysfs_get_dirent(dev->kobj.sd, "devcoredump");
	sysfs_put(link);

	return !link;
}

static void qnn_coredump_make(const struct qnn_job *job, struct device *dev)
{
	u64 image = qnn_coredump_program_bytes(job);
	struct seq_buf s;
	void *data;

	data = __vmalloc(QNN_DUMP_TEXT + image,
			 GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!data)
		return;

	seq_buf_init(&s, data, QNN_DUMP_TEXT);
	qnn_coredump_print(job, &s);
	memcpy(data + seq_buf_used(&s), job->prog->image, image);

	/* Takes the memory over, whatever it does with it. */
	dev_coredumpv(dev, data, seq_buf_used(&s) + image, GFP_KERNEL);
}

/**
 * qnn_coredump - leave a device core dump
 * @job: a job that failed
 *
 * Without memory there is none, nor if the device is gone. If one of this device
 * waits to be read, that one stays. A client can fail as often as it likes: no
 * memory is taken for a dump that would be dropped.
 */
void qnn_coredump(const struct qnn_job *job)
{
	struct qnn_device *qdev = job->queue->qfile->qdev;
	struct drm_device *drm = &qdev->drm;
	int idx;

	/* The device keeps its place in sysfs meanwhile. */
	if (!drm_dev_enter(drm, &idx))
		return;
	if (mutex_trylock(&qdev->recovery.dump_lock)) {
		if (qnn_coredump_is_wanted(drm->dev))
			qnn_coredump_make(job, drm->dev);
		mutex_unlock(&qdev->recovery.dump_lock);
	}
	drm_dev_exit(idx);
}

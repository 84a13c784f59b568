// SPDX-License-Identifier: MIT
/*
 * Each run has a queue of its own, so that jobs fail alone and spread over the
 * cores. Each job has a syncobj that receives the fence of its run.
 */
#include <errno.h>
#include <linux/sync_file.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

/* What no job reports as its status: the report was not written. */
#define NOT_WRITTEN	1

static struct kernel_device *device_of(const struct kernel_job *job)
{
	return kernel_device(job->base.model->dev);
}

/* Room for the report and, behind it, a report of each layer. */
static int create_report(struct kernel_job *job)
{
	const struct qnn_model *model = job->base.model;
	size_t size = sizeof(struct drm_qnn_report) +
		      model->file.prog.header->cmd_count * sizeof(struct drm_qnn_layer_report);
	int err;

	err = qnn_buffer_create(model->dev, size, &job->report_buf);
	if (err)
		return err;
	job->report = qnn_buffer_map(job->report_buf);
	return job->report ? 0 : -ENOMEM;
}

int kernel_job_create(struct qnn_model *model, struct qnn_job **out)
{
	struct kernel_job *job = calloc(1, sizeof(*job));
	int err;

	if (!job)
		return qnn_fail_memory("a job");
	job->base.model = model;
	job->sync_fd = -1;
	if (drmSyncobjCreate(device_of(job)->fd, 0, &job->syncobj))
		err = qnn_fail(-errno, "%s: a syncobj: %s", model->dev->path, strerror(errno));
	else
		err = create_report(job);
	if (err) {
		kernel_job_free(&job->base);
		return err;
	}
	*out = &job->base;
	return 0;
}

static void drop_sync_fd(struct kernel_job *job)
{
	if (job->sync_fd >= 0)
		close(job->sync_fd);
	job->sync_fd = -1;
}

void kernel_job_free(struct qnn_job *base)
{
	struct kernel_job *job = (struct kernel_job *)base;

	/* Waiting failed: whatever still runs is the kernel's alone. */
	if (job->queue)
		kernel_queue_put(device_of(job), job->queue, true);
	drop_sync_fd(job);
	if (job->syncobj)
		drmSyncobjDestroy(device_of(job)->fd, job->syncobj);
	qnn_buffer_free(job->report_buf);
	free(job);
}

static uint32_t bind_all(const struct kernel_job *job, struct drm_qnn_binding *bindings)
{
	uint32_t count = job->base.model->file.prog.header->region_count;
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct qnn_binding at = qnn_job_region(&job->base, i);

		bindings[i].region = i;
		bindings[i].handle = ((struct kernel_buffer *)at.buf)->bo->handle;
		bindings[i].offset = at.offset;
	}
	return count;
}

int kernel_job_submit(struct qnn_job *base)
{
	struct kernel_job *job = (struct kernel_job *)base;
	struct drm_qnn_binding bindings[QNN_MAX_REGIONS] = { 0 };
	struct drm_qnn_job desc = {
		.program = base->model->handle,
		.binding_count = bind_all(job, bindings),
		.bindings = (uintptr_t)bindings,
		.binding_stride = sizeof(bindings[0]),
		.timeout_ms = base->timeout_ms,
		.report_handle = ((struct kernel_buffer *)job->report_buf)->bo->handle,
		.report_layers = base->profile ? base->model->file.prog.header->cmd_count : 0,
	};
	struct drm_qnn_sync out = { .handle = job->syncobj };
	struct drm_qnn_submit args = {
		.jobs = (uintptr_t)&desc,
		.job_count = 1,
		.job_stride = sizeof(desc),
		.out_syncs = (uintptr_t)&out,
		.out_sync_count = 1,
		.sync_stride = sizeof(out),
	};
	struct kernel_device *dev = device_of(job);
	int err;

	err = kernel_queue_get(dev, &args.queue);
	if (err)
		return err;
	drop_sync_fd(job);
	job->layers = base->profile;
	/* Layers that a failing run does not reach have a record of zeros. */
	memset(job->report + 1, 0, desc.report_layers * sizeof(struct drm_qnn_layer_report));
	job->report->status = NOT_WRITTEN;
	err = kernel_ioctl(dev, DRM_IOCTL_QNN_SUBMIT, &args);
	if (err) {
		kernel_queue_put(dev, args.queue, err == -EIO);
		return qnn_fail(err, "%s: submission to %s: %s", base->model->name,
				dev->base.path, strerror(-err));
	}
	job->queue = args.queue;
	return 0;
}

int kernel_job_fd(struct qnn_job *base)
{
	struct kernel_job *job = (struct kernel_job *)base;

	if (job->sync_fd < 0 &&
	    drmSyncobjExportSyncFile(device_of(job)->fd, job->syncobj, &job->sync_fd)) {
		job->sync_fd = -1;
		return qnn_fail(-errno, "%s: a sync file: %s", base->model->dev->path,
				strerror(errno));
	}
	return job->sync_fd;
}

/* Error that the fence of a run without a report carries, or 0. */
static int fence_error(struct qnn_job *base)
{
	struct sync_file_info info = { 0 };
	int fd = kernel_job_fd(base);

	if (fd < 0)
		return fd;
	if (drmIoctl(fd, SYNC_IOC_FILE_INFO, &info))
		return -errno;
	return info.status < 0 ? info.status : 0;
}

/* Asks the queue what happened. */
static void explain(struct kernel_job *job, int err)
{
	struct drm_qnn_queue_status status = { .handle = job->queue };
	uint32_t cmd = QNN_NO_CMD;
	const char *why = strerror(-err);

	if (!kernel_ioctl(device_of(job), DRM_IOCTL_QNN_QUEUE_STATUS, &status)) {
		if (status.error_seqno)
			cmd = status.error_cmd;
		if (status.reason == DRM_QNN_REASON_TIMEOUT)
			err = -ETIMEDOUT;
		else if (status.reason == DRM_QNN_REASON_FAULT)
			why = "it refused to go on with the program";
	}
	if (err != -ETIMEDOUT && err != -ECANCELED)
		err = -EIO;
	qnn_job_failed(&job->base, err, cmd, why);
}

static struct qnn_report report_of(const struct drm_qnn_layer_report *r)
{
	return (struct qnn_report){
		.cycles = r->cycles,
		.macs = r->macs,
		.bytes_read = r->bytes_read,
		.bytes_written = r->bytes_written,
		.time_ns = r->time_ns,
	};
}

static void take_report(struct kernel_job *job)
{
	const struct drm_qnn_layer_report *layers = (const void *)(job->report + 1);
	struct qnn_job *base = &job->base;
	uint32_t i;

	if (job->report->status == NOT_WRITTEN)
		return;
	base->report = report_of(&job->report->total);
	base->has_report = true;
	if (!job->layers)
		return;
	for (i = 0; i < base->model->file.prog.header->cmd_count; i++)
		base->layers[i] = report_of(&layers[i]);
	base->has_layers = true;
}

int kernel_job_wait(struct qnn_job *base, int64_t timeout_ns)
{
	struct kernel_job *job = (struct kernel_job *)base;
	int err;

	err = drmSyncobjWait(device_of(job)->fd, &job->syncobj, 1, qnn_deadline_ns(timeout_ns), 0,
			     NULL);
	if (err == -ETIME)
		return err;
	if (err)
		return qnn_fail(err, "%s: waiting: %s", base->model->dev->path, strerror(-err));
	take_report(job);
	err = job->report->status;
	if (err == NOT_WRITTEN)
		err = fence_error(base);
	if (err)
		explain(job, err);
	else
		qnn_job_succeeded(base);
	kernel_queue_put(device_of(job), job->queue, err);
	job->queue = 0;
	return 0;
}

// SPDX-License-Identifier: MIT
/* Jobs: life, submission and results. The data is in job_data.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "export.h"
#include "job.h"

/* Gives each region its place in the job's own memory. */
static int own_memory(struct qnn_job *job)
{
	const struct qnn_program *prog = &job->model->file.prog;
	size_t total = 0;
	uint32_t i;
	int err;

	for (i = 0; i < prog->header->region_count; i++) {
		uint64_t size = prog->regions[i].size;

		job->own[i].offset = total;
		if (__builtin_add_overflow(total, size, &total) ||
		    total > SIZE_MAX - QNN_REGION_ALIGN)
			return qnn_fail_memory(job->model->name);
		total = (total + QNN_REGION_ALIGN - 1) / QNN_REGION_ALIGN * QNN_REGION_ALIGN;
	}
	err = qnn_buffer_create(job->model->dev, total, &job->memory);
	if (err)
		return err;
	for (i = 0; i < prog->header->region_count; i++)
		job->own[i].buf = job->memory;
	return 0;
}

QNN_API int qnn_job_create(struct qnn_model *model, struct qnn_job **job)
{
	int err;

	*job = NULL;
	err = model->dev->ops->job_create(model, job);
	if (err)
		return err;
	(*job)->model = model;
	(*job)->timeout_ms = model->dev->info.default_timeout_ms;
	err = own_memory(*job);
	if (err) {
		qnn_job_free(*job);
		*job = NULL;
	}
	return err;
}

QNN_API void qnn_job_free(struct qnn_job *job)
{
	uint32_t i;

	if (!job)
		return;
	if (job->state == QNN_JOB_RUNNING)
		job->model->dev->ops->job_wait(job, -1);
	for (i = 0; i < QNN_MAX_REGIONS; i++)
		qnn_buffer_free(job->bound[i].buf);
	qnn_buffer_free(job->memory);
	free(job->layers);
	job->model->dev->ops->job_free(job);
}

int qnn_job_idle(struct qnn_job *job)
{
	int err;

	if (job->state != QNN_JOB_RUNNING)
		return 0;
	err = job->model->dev->ops->job_wait(job, 0);
	if (err == -ETIME)
		return qnn_fail(-EBUSY, "%s: a run of this job is under way", job->model->name);
	if (!err)
		job->state = QNN_JOB_DONE;
	return err;
}

struct qnn_binding qnn_job_region(const struct qnn_job *job, uint32_t region)
{
	return job->bound[region].buf ? job->bound[region] : job->own[region];
}

/* Whether regions @a and @b of the job share memory that one of them writes. */
static bool conflict(const struct qnn_job *job, uint32_t a, uint32_t b)
{
	const struct qnn_region_desc *desc = job->model->file.prog.regions;
	struct qnn_binding x = qnn_job_region(job, a);
	struct qnn_binding y = qnn_job_region(job, b);

	if (!((desc[a].access | desc[b].access) & QNN_ACCESS_WRITE))
		return false;
	if (x.buf != y.buf && memcmp(x.buf->identity, y.buf->identity, sizeof(x.buf->identity)))
		return false;
	return x.offset < y.offset + desc[b].size && y.offset < x.offset + desc[a].size;
}

static int check_overlap(const struct qnn_job *job)
{
	const struct qnn_model *model = job->model;
	uint32_t a, b;

	for (a = 0; a < model->file.prog.header->region_count; a++)
		for (b = 0; b < a; b++)
			if (conflict(job, a, b))
				return qnn_fail(-EINVAL,
						"%s: '%s' and '%s' are bound to memory that overlaps and is written",
						model->name, qnn_model_region_name(model, b),
						qnn_model_region_name(model, a));
	return 0;
}

/* Everything that must hold before a run starts. */
static int prepare(struct qnn_job *job)
{
	uint32_t commands = job->model->file.prog.header->cmd_count;
	int err;

	err = qnn_job_idle(job);
	if (!err)
		err = check_overlap(job);
	if (err)
		return err;
	if (job->profile && !job->layers) {
		job->layers = calloc(commands, sizeof(*job->layers));
		if (!job->layers)
			return qnn_fail_memory("layer reports");
	}
	job->has_report = false;
	job->has_layers = false;
	return 0;
}

QNN_API int qnn_job_submit(struct qnn_job *job)
{
	int err = prepare(job);

	if (!err)
		err = job->model->dev->ops->job_submit(job);
	if (!err)
		job->state = QNN_JOB_RUNNING;
	return err;
}

QNN_API int qnn_job_fd(struct qnn_job *job)
{
	if (job->state == QNN_JOB_NEW)
		return qnn_fail(-EINVAL, "%s: nothing was submitted", job->model->name);
	return job->model->dev->ops->job_fd(job);
}

/* What the last finished run returned; its text is this thread's again. */
static int outcome(const struct qnn_job *job)
{
	return job->result ? qnn_fail(job->result, "%s", job->text) : 0;
}

QNN_API int qnn_job_wait(struct qnn_job *job, int64_t timeout_ns)
{
	int err;

	if (job->state == QNN_JOB_NEW)
		return qnn_fail(-EINVAL, "%s: nothing was submitted", job->model->name);
	if (job->state == QNN_JOB_RUNNING) {
		err = job->model->dev->ops->job_wait(job, timeout_ns);
		if (err == -ETIME)
			return qnn_fail(-ETIME, "%s: the run is not done yet", job->model->name);
		if (err)
			return err;
		job->state = QNN_JOB_DONE;
	}
	return outcome(job);
}

QNN_API int qnn_run(struct qnn_job *job)
{
	int err;

	if (!job->model->dev->ops->job_run) {
		err = qnn_job_submit(job);
		return err ? err : qnn_job_wait(job, -1);
	}
	err = prepare(job);
	if (!err)
		err = job->model->dev->ops->job_run(job);
	if (err)
		return err;
	job->state = QNN_JOB_DONE;
	return outcome(job);
}

void qnn_job_succeeded(struct qnn_job *job)
{
	job->result = 0;
	job->text[0] = '\0';
}

void qnn_job_failed(struct qnn_job *job, int err, uint32_t cmd, const char *why)
{
	const struct qnn_file *file = &job->model->file;
	char where[160] = "";

	if (cmd < file->prog.header->cmd_count)
		snprintf(where, sizeof(where), " in command %u (%s%s%s%s)", cmd,
			 qnn_opcode_name(file->prog.cmds[cmd].opcode),
			 file->layers ? " '" : "", file->layers ? file->layers[cmd].name : "",
			 file->layers ? "'" : "");
	job->result = err;
	if (err == -ETIMEDOUT)
		snprintf(job->text, sizeof(job->text), "%s: the run outlived its deadline of %u ms%s",
			 job->model->name, job->timeout_ms, where);
	else if (err == -ECANCELED)
		snprintf(job->text, sizeof(job->text), "%s: the run was cancelled%s",
			 job->model->name, where);
	else
		snprintf(job->text, sizeof(job->text), "%s: the device failed%s: %s",
			 job->model->name, where, why);
}

QNN_API int qnn_job_set_timeout(struct qnn_job *job, uint32_t timeout_ms)
{
	const struct qnn_device_info *info = &job->model->dev->info;
	int err = qnn_job_idle(job);

	if (err)
		return err;
	if (timeout_ms > info->max_timeout_ms)
		return qnn_fail(-EINVAL, "%s: a deadline of %u ms is too long, the device allows %u",
				job->model->name, timeout_ms, info->max_timeout_ms);
	job->timeout_ms = timeout_ms ? timeout_ms : info->default_timeout_ms;
	return 0;
}

QNN_API int qnn_job_set_profile(struct qnn_job *job, int enable)
{
	int err = qnn_job_idle(job);

	if (!err)
		job->profile = enable;
	return err;
}

static void copy_report(const struct qnn_report *from, struct qnn_report *to, size_t size)
{
	memset(to, 0, size);
	memcpy(to, from, size < sizeof(*from) ? size : sizeof(*from));
}

QNN_API int qnn_job_report(struct qnn_job *job, struct qnn_report *report, size_t size)
{
	int err = qnn_job_idle(job);

	if (err)
		return err;
	if (!job->has_report)
		return qnn_fail(-ENODATA, "%s: no run of this job was finished", job->model->name);
	copy_report(&job->report, report, size);
	return 0;
}

QNN_API int qnn_job_layer_report(struct qnn_job *job, unsigned int index,
				 struct qnn_report *report, size_t size)
{
	uint32_t commands = job->model->file.prog.header->cmd_count;
	int err = qnn_job_idle(job);

	if (err)
		return err;
	if (!job->has_layers)
		return qnn_fail(-ENODATA, "%s: the last run of this job kept no record of its layers",
				job->model->name);
	if (index >= commands)
		return qnn_fail(-ENOENT, "%s: has no layer %u, only %u", job->model->name, index,
				commands);
	copy_report(&job->layers[index], report, size);
	return 0;
}

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "inproc.h"
#include "lanes.h"

static struct inproc_worker *worker_of(const struct inproc_job *job)
{
	return &((struct inproc_device *)job->base.model->dev)->worker;
}

int inproc_job_create(struct qnn_model *model, struct qnn_job **out)
{
	struct inproc_job *job = calloc(1, sizeof(*job));
	void *tile;

	if (!job)
		return qnn_fail_memory("a job");
	if (posix_memalign(&tile, QNN_REGION_ALIGN, qnn_tile_size())) {
		free(job);
		return qnn_fail_memory("a job");
	}
	job->done_fd = -1;
	job->lanes = ((struct inproc_device *)model->dev)->lanes;
	job->exec.prog = &model->file.prog;
	job->exec.tile = tile;
	job->exec.prepared = model->prepared;
	*out = &job->base;
	return 0;
}

void inproc_job_free(struct qnn_job *base)
{
	struct inproc_job *job = (struct inproc_job *)base;

	if (job->done_fd >= 0)
		close(job->done_fd);
	free(job->records);
	free(job->exec.tile);
	free(job);
}

static int past_deadline(void *priv)
{
	const struct inproc_job *job = priv;

	return qnn_now_ns() >= job->deadline_ns;
}

static u64 clock_ns(void *priv)
{
	(void)priv;
	return qnn_now_ns();
}

/* What must happen on the caller's thread: memory, addresses. */
static int prepare(struct inproc_job *job)
{
	const struct qnn_program_header *h = job->exec.prog->header;
	uint32_t i;

	if (job->base.profile && !job->records) {
		job->records = calloc(h->cmd_count, sizeof(*job->records));
		if (!job->records)
			return qnn_fail_memory("layer reports");
	}
	for (i = 0; i < h->region_count; i++) {
		struct qnn_binding at = qnn_job_region(&job->base, i);

		job->exec.region[i] = (uint8_t *)inproc_buffer_map(at.buf) + at.offset;
	}
	job->exec.layers = job->base.profile ? job->records : NULL;
	job->exec.poll = past_deadline;
	job->exec.clock_ns = clock_ns;
	job->exec.priv = job;
	return 0;
}

void inproc_job_execute(struct inproc_job *job)
{
	int64_t start = qnn_now_ns();

	if (job->exec.layers)
		memset(job->records, 0,
		       job->exec.prog->header->cmd_count * sizeof(*job->records));
	job->deadline_ns = start + job->base.timeout_ms * 1000000ll;
	inproc_lanes_lend(job->lanes, &job->exec);
	job->run_result = qnn_exec_run(&job->exec);
	inproc_lanes_return(job->lanes, &job->exec);
	job->run_time_ns = qnn_now_ns() - start;
}

static struct qnn_report report_of(const struct qnn_counters *c, uint64_t time_ns)
{
	return (struct qnn_report){
		.cycles = c->cycles,
		.macs = c->macs,
		.bytes_read = c->bytes_read,
		.bytes_written = c->bytes_written,
		.time_ns = time_ns,
	};
}

/* From what the device code left behind to what users ask for. */
static void settle(struct inproc_job *job)
{
	struct qnn_job *base = &job->base;
	uint32_t i;

	base->report = report_of(&job->exec.done, job->run_time_ns);
	base->has_report = true;
	if (job->exec.layers) {
		for (i = 0; i < job->exec.prog->header->cmd_count; i++)
			base->layers[i] = report_of(&job->records[i].c, job->records[i].time_ns);
		base->has_layers = true;
	}
	if (job->run_result)
		qnn_job_failed(base, -ETIMEDOUT, job->exec.cmd, NULL);
	else
		qnn_job_succeeded(base);
}

int inproc_job_submit(struct qnn_job *base)
{
	struct inproc_job *job = (struct inproc_job *)base;
	eventfd_t before;
	int err;

	err = prepare(job);
	if (err)
		return err;
	if (job->done_fd >= 0)
		eventfd_read(job->done_fd, &before);
	return inproc_worker_queue(worker_of(job), job);
}

int inproc_job_wait(struct qnn_job *base, int64_t timeout_ns)
{
	struct inproc_job *job = (struct inproc_job *)base;
	int err;

	err = inproc_worker_wait(worker_of(job), job, timeout_ns);
	if (!err)
		settle(job);
	return err;
}

/* Whether the job uses memory that another one may use. */
static bool shares_memory(const struct qnn_job *job)
{
	uint32_t i;

	for (i = 0; i < QNN_MAX_REGIONS; i++)
		if (job->bound[i].buf)
			return true;
	return false;
}

int inproc_job_run(struct qnn_job *base)
{
	struct inproc_job *job = (struct inproc_job *)base;
	int err = prepare(job);

	if (err)
		return err;
	/* In the order of submission, as the kernel does with shared buffers. */
	if (shares_memory(base))
		inproc_worker_drain(worker_of(job));
	inproc_job_execute(job);
	settle(job);
	return 0;
}

int inproc_job_fd(struct qnn_job *base)
{
	struct inproc_job *job = (struct inproc_job *)base;
	struct inproc_worker *worker = worker_of(job);
	int err = 0;

	pthread_mutex_lock(&worker->lock);
	if (job->done_fd < 0)
		job->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (job->done_fd < 0)
		err = qnn_fail(-errno, "eventfd: %s", strerror(errno));
	else if (base->state == QNN_JOB_DONE || job->finished)
		eventfd_write(job->done_fd, 1);
	pthread_mutex_unlock(&worker->lock);
	return err ? err : job->done_fd;
}

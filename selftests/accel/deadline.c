// SPDX-License-Identifier: MIT
/*
 * Jobs that would take hours: they end with their deadline, say so, and harm
 * nobody else.
 */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define SHORT_MS	200

FIXTURE(deadline)
{
	int fd;
	uint32_t queue, slow, copy;
	struct qt_buf in, out, report, a, b;
	struct qt_job slow_job, copy_job;
};

FIXTURE_SETUP(deadline)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &self->slow));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->copy));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_IN, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_OUT, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &self->report));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->a));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->b));
	memset(self->a.map, 0x31, QT_COPY_BYTES);
	memset(self->report.map, 0xa5, self->report.size);
	qt_job_init(&self->slow_job, self->slow);
	qt_job_bind(&self->slow_job, 0, self->in.handle, 0);
	qt_job_bind(&self->slow_job, 1, self->out.handle, 0);
	self->slow_job.job.timeout_ms = SHORT_MS;
	self->slow_job.job.report_handle = self->report.handle;
	qt_job_init(&self->copy_job, self->copy);
	qt_job_bind(&self->copy_job, 0, self->a.handle, 0);
	qt_job_bind(&self->copy_job, 1, self->b.handle, 0);
}

FIXTURE_TEARDOWN(deadline)
{
	close(self->fd);
}

TEST_F(deadline, fence_report_and_status)
{
	struct drm_qnn_report *report = (void *)self->report.map;
	struct drm_qnn_queue_status status;
	int64_t start = qt_now();

	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	/* Not before its time was over. */
	EXPECT_LE(SHORT_MS * QT_MS, qt_now() - start);
	EXPECT_EQ(-ETIMEDOUT, report->status);
	EXPECT_EQ(0, report->commands);
	ASSERT_EQ(0, qt_queue_status(self->fd, self->queue, &status));
	EXPECT_EQ(DRM_QNN_REASON_TIMEOUT, status.reason);
	EXPECT_EQ(1, status.error_seqno);
	EXPECT_EQ(0, status.error_cmd);
	EXPECT_EQ(1, status.submitted);
	EXPECT_EQ(0, status.completed);
	EXPECT_EQ(1, status.failed);
}

/* The queue is stopped for good, another one of the same file works. */
TEST_F(deadline, queue_stops_for_good)
{
	uint32_t queue;

	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	EXPECT_EQ(-EIO, qt_submit(self->fd, self->queue, &self->copy_job, 0, 0));
	EXPECT_EQ(-EIO, qt_submit(self->fd, self->queue, &self->copy_job, 0, 0));
	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	EXPECT_EQ(0, qt_run(self->fd, queue, &self->copy_job));
	EXPECT_EQ(0x31, self->b.map[0]);
	EXPECT_EQ(0, qt_queue_destroy(self->fd, self->queue));
}

/* Jobs behind the one that failed are cancelled; their outputs stay. */
TEST_F(deadline, waiting_jobs_are_cancelled)
{
	struct drm_qnn_queue_status status;
	uint32_t done[3];
	int fence, i;

	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done[i]));
		ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->copy_job, 0, done[i]));
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, qt_syncobj_wait(self->fd, done[i], 0, 0, QT_LONG));
		fence = qt_syncobj_export_fence(self->fd, done[i]);
		ASSERT_LE(0, fence);
		EXPECT_EQ(-ECANCELED, qt_fence_status(fence));
		close(fence);
	}
	EXPECT_EQ(0, self->b.map[0]);
	ASSERT_EQ(0, qt_queue_status(self->fd, self->queue, &status));
	EXPECT_EQ(DRM_QNN_REASON_TIMEOUT, status.reason);
	EXPECT_EQ(1, status.error_seqno);
	EXPECT_EQ(4, status.submitted);
	EXPECT_EQ(0, status.completed);
	EXPECT_EQ(4, status.failed);
}

/* A job of another queue waits for the core and then runs as if nothing was. */
TEST_F(deadline, other_queue_goes_on)
{
	uint32_t queue;

	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	EXPECT_EQ(0, qt_run(self->fd, queue, &self->copy_job));
	EXPECT_EQ(0, memcmp(self->a.map, self->b.map, QT_COPY_BYTES));
}

/*
 * The deadline counts from the start of the job, not from the submission: a
 * job that waited longer than its deadline is not late.
 */
TEST_F(deadline, counts_from_the_start)
{
	uint32_t queue;

	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	self->slow_job.job.timeout_ms = 500;
	self->copy_job.job.timeout_ms = 100;
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	EXPECT_EQ(0, qt_run(self->fd, queue, &self->copy_job));
}

/* The default deadline is the one that the device names. */
TEST_F(deadline, default_deadline)
{
	struct drm_qnn_device_info info;
	int64_t start = qt_now();

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	self->slow_job.job.timeout_ms = 0;
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	EXPECT_LE(info.default_timeout_ms * QT_MS, qt_now() - start);
}

/* Bad jobs one after the other, and good ones of another process all the while. */
TEST_F(deadline, other_process_goes_on)
{
	uint32_t queue, program;
	struct qt_job job;
	struct qt_buf in, out;
	int i, status, fd;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		for (i = 0; i < 4; i++) {
			if (qt_queue_new(self->fd, &queue) ||
			    qt_run(self->fd, queue, &self->slow_job) != -ETIMEDOUT)
				_exit(1);
		}
		_exit(0);
	}
	fd = qt_open();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_program_from(fd, qt_image_copy, &program));
	ASSERT_EQ(0, qt_queue_new(fd, &queue));
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &out));
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	for (i = 1; !waitpid(child, &status, WNOHANG); i++) {
		memset(in.map, i, QT_COPY_BYTES);
		ASSERT_EQ(0, qt_run(fd, queue, &job));
		ASSERT_EQ(0, memcmp(in.map, out.map, QT_COPY_BYTES));
	}
	EXPECT_LT(1, i);
	EXPECT_EQ(0, status);
	close(fd);
}

TEST_HARNESS_MAIN

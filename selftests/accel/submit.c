// SPDX-License-Identifier: MIT
/* Submissions that are good: arrays, strides, reports, many jobs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(submit)
{
	int fd;
	struct drm_qnn_device_info info;
	uint32_t queue, program;
	struct qt_buf in, out;
	struct qt_job job;
	struct drm_qnn_submit submit;
};

FIXTURE_SETUP(submit)
{
	size_t i;

	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &self->info));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->program));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4 * QT_COPY_BYTES, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4 * QT_COPY_BYTES, &self->out));
	for (i = 0; i < self->in.size; i++)
		self->in.map[i] = i * 7 + i / 256;
	qt_job_init(&self->job, self->program);
	qt_job_bind(&self->job, 0, self->in.handle, 0);
	qt_job_bind(&self->job, 1, self->out.handle, 0);
	qt_submit_init(&self->submit, self->queue, &self->job);
}

FIXTURE_TEARDOWN(submit)
{
	close(self->fd);
}

TEST_F(submit, one_job)
{
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->job));
	EXPECT_EQ(0, memcmp(self->in.map, self->out.map, QT_COPY_BYTES));
	EXPECT_EQ(0, self->out.map[QT_COPY_BYTES + 1]);
}

TEST_F(submit, bindings_in_any_order)
{
	struct drm_qnn_binding swap = self->job.bindings[0];

	self->job.bindings[0] = self->job.bindings[1];
	self->job.bindings[1] = swap;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->job));
	EXPECT_EQ(0, memcmp(self->in.map, self->out.map, QT_COPY_BYTES));
}

/* Ranges of one BO that lie side by side do not overlap. */
TEST_F(submit, same_bo_in_and_out)
{
	self->job.bindings[0].offset = 64;
	self->job.bindings[1].handle = self->in.handle;
	self->job.bindings[1].offset = 64 + QT_COPY_BYTES;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->job));
	EXPECT_EQ(0, memcmp(self->in.map + 64, self->in.map + 64 + QT_COPY_BYTES,
			    QT_COPY_BYTES));
}

TEST_F(submit, offset_at_the_end)
{
	self->job.bindings[1].offset = self->out.size - QT_COPY_BYTES;
	self->job.bindings[0].offset = 3 * 64;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->job));
	EXPECT_EQ(0, memcmp(self->in.map + 3 * 64, self->out.map + self->out.size - QT_COPY_BYTES,
			    QT_COPY_BYTES));
	EXPECT_EQ(0, self->out.map[self->out.size - QT_COPY_BYTES - 1]);
}

/* Two regions that are only read may share memory. */
TEST_F(submit, read_ranges_may_overlap)
{
	struct qt_job job;
	uint32_t add;
	size_t i;

	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_add, &add));
	for (i = 0; i < QT_COPY_BYTES; i++)
		self->in.map[i] = i % 100 - 50;
	qt_job_init(&job, add);
	qt_job_bind(&job, 0, self->in.handle, 0);
	qt_job_bind(&job, 1, self->in.handle, 0);
	qt_job_bind(&job, 2, self->out.handle, 0);
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &job));
	for (i = 0; i < QT_COPY_BYTES; i++)
		ASSERT_EQ(2 * ((int)(i % 100) - 50), (int8_t)self->out.map[i]);
}

/* Jobs of one submission run in order: each reads what the last one wrote. */
TEST_F(submit, chain)
{
	struct qt_job jobs[3];
	struct drm_qnn_job array[3];
	uint64_t offset;
	int i;

	for (i = 0; i < 3; i++) {
		offset = (uint64_t)i * QT_COPY_BYTES;
		qt_job_init(&jobs[i], self->program);
		qt_job_bind(&jobs[i], 0, self->in.handle, offset);
		qt_job_bind(&jobs[i], 1, self->in.handle, offset + QT_COPY_BYTES);
		array[i] = jobs[i].job;
	}
	self->submit.jobs = (uintptr_t)array;
	self->submit.job_count = 3;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &self->submit));
	EXPECT_EQ(3, self->submit.seqno);
	ASSERT_EQ(0, qt_bo_wait(self->fd, self->in.handle, 0, QT_LONG));
	for (i = 1; i < 4; i++)
		EXPECT_EQ(0, memcmp(self->in.map, self->in.map + i * QT_COPY_BYTES,
				    QT_COPY_BYTES));
}

TEST_F(submit, most_jobs)
{
	struct drm_qnn_job *array = calloc(self->info.max_jobs, sizeof(*array));
	uint32_t i;

	ASSERT_NE(NULL, array);
	for (i = 0; i < self->info.max_jobs; i++)
		array[i] = self->job.job;
	self->submit.jobs = (uintptr_t)array;
	self->submit.job_count = self->info.max_jobs;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &self->submit));
	EXPECT_EQ(self->info.max_jobs, self->submit.seqno);
	ASSERT_EQ(0, qt_bo_wait(self->fd, self->out.handle, 0, QT_LONG));
	EXPECT_EQ(0, memcmp(self->in.map, self->out.map, QT_COPY_BYTES));
	free(array);
}

/* A caller with a newer header: longer elements whose rest is zero. */
TEST_F(submit, longer_elements)
{
	struct {
		struct drm_qnn_job job;
		uint64_t more[3];
	} job = { .job = self->job.job };
	struct {
		struct drm_qnn_binding binding;
		uint64_t more;
	} bindings[2] = { { self->job.bindings[0], 0 }, { self->job.bindings[1], 0 } };
	struct {
		struct drm_qnn_sync sync;
		uint64_t more;
	} sync = { 0 };

	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &sync.sync.handle));
	job.job.bindings = (uintptr_t)bindings;
	job.job.binding_stride = sizeof(bindings[0]);
	self->submit.jobs = (uintptr_t)&job;
	self->submit.job_stride = sizeof(job);
	self->submit.out_syncs = (uintptr_t)&sync;
	self->submit.out_sync_count = 1;
	self->submit.sync_stride = sizeof(sync);
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &self->submit));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, sync.sync.handle, 0, 0, QT_LONG));
	EXPECT_EQ(0, memcmp(self->in.map, self->out.map, QT_COPY_BYTES));
}

TEST_F(submit, report)
{
	struct drm_qnn_program_create create = { 0 };
	struct drm_qnn_layer_report *layer;
	struct drm_qnn_report *report;
	struct qt_buf buf;
	size_t size;
	void *image = qt_image_add(&size);
	struct qt_job job;
	size_t i;

	ASSERT_NE(NULL, image);
	create.data = (uintptr_t)image;
	create.size = size;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &create));
	free(image);
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &buf));
	memset(buf.map, 0xa5, buf.size);
	qt_job_init(&job, create.handle);
	qt_job_bind(&job, 0, self->in.handle, 0);
	qt_job_bind(&job, 1, self->in.handle, QT_COPY_BYTES);
	qt_job_bind(&job, 2, self->out.handle, 0);
	job.job.report_handle = buf.handle;
	job.job.report_offset = 24;
	job.job.report_layers = 1;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &job));

	report = (void *)(buf.map + 24);
	layer = (void *)(report + 1);
	EXPECT_EQ(0, report->status);
	EXPECT_EQ(1, report->commands);
	EXPECT_EQ(create.cycles, report->total.cycles);
	EXPECT_EQ(create.macs, report->total.macs);
	/* Both operands come from memory, the sum goes there. */
	EXPECT_LE(2 * QT_COPY_BYTES, report->total.bytes_read);
	EXPECT_EQ(QT_COPY_BYTES, report->total.bytes_written);
	EXPECT_EQ(report->total.cycles, layer->cycles);
	EXPECT_EQ(report->total.macs, layer->macs);
	EXPECT_EQ(report->total.bytes_read, layer->bytes_read);
	EXPECT_EQ(report->total.bytes_written, layer->bytes_written);
	for (i = 0; i < 24; i++)
		ASSERT_EQ(0xa5, buf.map[i]);
	for (i = 24 + sizeof(*report) + sizeof(*layer); i < buf.size; i++)
		ASSERT_EQ(0xa5, buf.map[i]);
}

/* Without layer records the bytes behind the report stay as they were. */
TEST_F(submit, report_without_layers)
{
	struct drm_qnn_report *report;
	struct qt_buf buf;
	size_t i;

	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &buf));
	memset(buf.map, 0xa5, buf.size);
	self->job.job.report_handle = buf.handle;
	self->job.job.report_offset = 4096 - sizeof(*report);
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->job));
	report = (void *)(buf.map + self->job.job.report_offset);
	EXPECT_EQ(0, report->status);
	EXPECT_EQ(1, report->commands);
	for (i = 0; i < self->job.job.report_offset; i++)
		ASSERT_EQ(0xa5, buf.map[i]);
}

/* Program and input handle may go as soon as the submission returned. */
TEST_F(submit, handles_may_go)
{
	uint32_t done;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->job, 0, done));
	EXPECT_EQ(0, qt_program_destroy(self->fd, self->program));
	EXPECT_EQ(0, qt_gem_close(self->fd, self->in.handle));
	EXPECT_EQ(0, qt_gem_close(self->fd, self->out.handle));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, done, 0, 0, QT_LONG));
	EXPECT_EQ(0, memcmp(self->in.map, self->out.map, QT_COPY_BYTES));
}

TEST_F(submit, largest_deadline)
{
	self->job.job.timeout_ms = self->info.max_timeout_ms;
	EXPECT_EQ(0, qt_run(self->fd, self->queue, &self->job));
}

TEST_HARNESS_MAIN

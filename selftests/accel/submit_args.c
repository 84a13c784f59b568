// SPDX-License-Identifier: MIT
/*
 * Every argument of DRM_IOCTL_QNN_SUBMIT that can be wrong. Each test starts
 * from a submission that works and changes one thing; the teardown proves that
 * nothing was queued and that the submission still works when it is put right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(args)
{
	int fd;
	struct drm_qnn_device_info info;
	uint32_t queue;
	struct qt_buf in, out, report;
	struct qt_job job, good_job;
	struct drm_qnn_sync sync;
	struct drm_qnn_submit submit, good_submit;
};

static int try(int fd, struct drm_qnn_submit *submit)
{
	return qt_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, submit);
}

#define TRY() try(self->fd, &self->submit)

FIXTURE_SETUP(args)
{
	uint32_t program;

	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &self->info));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &program));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, 2 * QT_COPY_BYTES, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, 2 * QT_COPY_BYTES, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &self->report));
	self->sync = (struct drm_qnn_sync){ 0 };
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &self->sync.handle));

	qt_job_init(&self->job, program);
	qt_job_bind(&self->job, 0, self->in.handle, 0);
	qt_job_bind(&self->job, 1, self->out.handle, 0);
	self->job.job.report_handle = self->report.handle;
	qt_submit_init(&self->submit, self->queue, &self->job);
	self->submit.out_syncs = (uintptr_t)&self->sync;
	self->submit.out_sync_count = 1;
	self->good_job = self->job;
	self->good_submit = self->submit;
}

FIXTURE_TEARDOWN(args)
{
	struct drm_qnn_queue_status status;

	ASSERT_EQ(0, qt_queue_status(self->fd, self->queue, &status));
	EXPECT_EQ(0, status.submitted);
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->out.handle, DRM_QNN_BO_WAIT_WRITE, 0));
	self->submit = self->good_submit;
	self->job = self->good_job;
	EXPECT_EQ(0, TRY());
	EXPECT_EQ(1, self->submit.seqno);
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->out.handle, 0, QT_LONG));
	close(self->fd);
}

TEST_F(args, unknown_handles)
{
	static const uint32_t handles[] = { 0, 1000, 0x80000000, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		self->submit.queue = handles[i];
		EXPECT_EQ(-ENOENT, TRY());
		self->submit.queue = self->queue;

		self->job.job.program = handles[i];
		EXPECT_EQ(-ENOENT, TRY());
		self->job.job.program = self->good_job.job.program;

		self->job.bindings[1].handle = handles[i];
		EXPECT_EQ(-ENOENT, TRY());
		self->job.bindings[1].handle = self->out.handle;

		self->sync.handle = handles[i];
		EXPECT_EQ(-ENOENT, TRY());
		self->submit.out_sync_count = 0;
		self->submit.in_syncs = (uintptr_t)&self->sync;
		self->submit.in_sync_count = 1;
		EXPECT_EQ(-ENOENT, TRY());
		self->submit = self->good_submit;
		if (handles[i]) {
			self->job.job.report_handle = handles[i];
			EXPECT_EQ(-ENOENT, TRY());
			self->job.job.report_handle = self->report.handle;
		}
	}
	/* The teardown needs one that is there. */
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &self->sync.handle));
}

TEST_F(args, flags_and_padding)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		self->submit.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, TRY());
		self->submit.flags = 0;
		self->submit.pad = 1u << bit;
		EXPECT_EQ(-EINVAL, TRY());
		self->submit.pad = 0;
		self->sync.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, TRY());
		self->sync.flags = 0;
	}
}

TEST_F(args, counts)
{
	static const uint32_t huge[] = { 0x7fffffff, 0x80000000, 0xffffffff };
	size_t i;

	self->submit.job_count = 0;
	EXPECT_EQ(-EINVAL, TRY());
	self->submit.job_count = self->info.max_jobs + 1;
	EXPECT_EQ(-EINVAL, TRY());
	self->submit.job_count = 1;
	self->submit.out_sync_count = self->info.max_syncs + 1;
	EXPECT_EQ(-EINVAL, TRY());
	self->submit.out_sync_count = 0;
	self->submit.in_sync_count = self->info.max_syncs + 1;
	EXPECT_EQ(-EINVAL, TRY());
	for (i = 0; i < ARRAY_SIZE(huge); i++) {
		self->submit = self->good_submit;
		self->submit.job_count = huge[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->submit.job_count = 1;
		self->submit.in_sync_count = huge[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->submit.in_sync_count = 0;
		self->submit.out_sync_count = huge[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->job.job.binding_count = huge[i];
		self->submit = self->good_submit;
		EXPECT_EQ(-EINVAL, TRY());
		self->job = self->good_job;
	}
}

/* An element that is too short to hold what is needed, or absurdly long. */
TEST_F(args, strides)
{
	static const uint32_t bad[] = { 0, 1, 8, 15, 0x7fffffff, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->submit.job_stride = bad[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->submit = self->good_submit;
		self->submit.sync_stride = bad[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->submit = self->good_submit;
		self->job.job.binding_stride = bad[i];
		EXPECT_EQ(-EINVAL, TRY());
		self->job.job.binding_stride = self->good_job.job.binding_stride;
	}
}

/* Elements of a newer header: what this kernel does not know must be zero. */
TEST_F(args, unknown_fields)
{
	struct {
		struct drm_qnn_job job;
		uint64_t more;
	} job = { self->job.job, 1 };
	struct {
		struct drm_qnn_binding binding;
		uint64_t more;
	} bindings[2] = { { self->job.bindings[0], 0 }, { self->job.bindings[1], 1 } };
	struct {
		struct drm_qnn_sync sync;
		uint64_t more;
	} sync = { self->sync, 1ull << 63 };

	self->submit.jobs = (uintptr_t)&job;
	self->submit.job_stride = sizeof(job);
	EXPECT_EQ(-E2BIG, TRY());
	self->submit = self->good_submit;
	self->job.job.bindings = (uintptr_t)bindings;
	self->job.job.binding_stride = sizeof(bindings[0]);
	EXPECT_EQ(-E2BIG, TRY());
	self->submit = self->good_submit;
	self->job.job.bindings = (uintptr_t)self->job.bindings;
	self->job.job.binding_stride = sizeof(self->job.bindings[0]);
	self->submit.out_syncs = (uintptr_t)&sync;
	self->submit.sync_stride = sizeof(sync);
	EXPECT_EQ(-E2BIG, TRY());
}

TEST_F(args, regions)
{
	struct drm_qnn_binding *b = self->job.bindings;

	self->job.job.binding_count = 1;	/* one is missing */
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.binding_count = 0;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.binding_count = 3;	/* one too many */
	b[2] = (struct drm_qnn_binding){ .region = 2, .handle = self->in.handle };
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.binding_count = 2;
	b[1].region = 0;			/* bound twice */
	EXPECT_EQ(-EINVAL, TRY());
	b[1].region = 2;			/* unknown to the program */
	EXPECT_EQ(-EINVAL, TRY());
	b[1].region = QNN_MAX_REGIONS;
	EXPECT_EQ(-EINVAL, TRY());
	b[1].region = 0xffffffff;
	EXPECT_EQ(-EINVAL, TRY());
}

TEST_F(args, offsets)
{
	static const uint64_t bad[] = {
		1, 4, 8, 32, 63, 65,			/* not aligned */
		QT_COPY_BYTES + 64, 2 * QT_COPY_BYTES,	/* too little behind it */
		3 * QT_COPY_BYTES, 1ull << 32, 1ull << 63, ~0ull, ~63ull,
	};
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		for (n = 0; n < 2; n++) {
			self->job.bindings[n].offset = bad[i];
			EXPECT_EQ(-EINVAL, TRY());
			self->job.bindings[n].offset = 0;
		}
	}
}

/* A region of the program is larger than the BO. */
TEST_F(args, bo_too_small)
{
	struct qt_buf small;
	uint32_t slow;

	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &small));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &slow));
	self->job.job.program = slow;
	self->job.bindings[0].handle = small.handle;
	EXPECT_EQ(-EINVAL, TRY());
}

TEST_F(args, overlap)
{
	/* The output may not touch the input, in the same BO by any name. */
	self->job.bindings[1].handle = self->in.handle;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.bindings[1].offset = QT_COPY_BYTES - 64;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.bindings[1] = self->good_job.bindings[1];
	/* The report is written too. */
	self->job.job.report_handle = self->in.handle;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.report_handle = self->out.handle;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.report_offset = QT_COPY_BYTES - 8;
	EXPECT_EQ(-EINVAL, TRY());
}

TEST_F(args, deadline_above_the_limit)
{
	self->job.job.timeout_ms = self->info.max_timeout_ms + 1;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.timeout_ms = 0xffffffff;
	EXPECT_EQ(-EINVAL, TRY());
}

TEST_F(args, report)
{
	static const uint64_t bad[] = { 1, 4, 7, 4096 - 40, 4096, 8192, ~7ull, 1ull << 63 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->job.job.report_offset = bad[i];
		EXPECT_EQ(-EINVAL, TRY());
	}
	self->job.job.report_offset = 0;
	/* Layer records: none, or one for each of the program's commands. */
	self->job.job.report_layers = 2;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.report_layers = 0xffffffff;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.report_layers = 1;
	self->job.job.report_offset = 4096 - sizeof(struct drm_qnn_report);
	EXPECT_EQ(-EINVAL, TRY());
	/* Fields of a report without one. */
	self->job.job.report_handle = 0;
	self->job.job.report_offset = 0;
	EXPECT_EQ(-EINVAL, TRY());
	self->job.job.report_layers = 0;
	self->job.job.report_offset = 8;
	EXPECT_EQ(-EINVAL, TRY());
}

TEST_F(args, pointers)
{
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	uint64_t bad[3];
	size_t i;

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + 4096, 4096));
	bad[0] = 8;
	bad[1] = ~0ull - 63;
	bad[2] = (uintptr_t)pages + 4096 - 8;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->submit.jobs = bad[i];
		EXPECT_EQ(-EFAULT, TRY());
		self->submit = self->good_submit;
		self->submit.out_syncs = bad[i];
		EXPECT_EQ(-EFAULT, TRY());
		self->submit.out_sync_count = 0;
		self->submit.in_syncs = bad[i];
		self->submit.in_sync_count = 1;
		EXPECT_EQ(-EFAULT, TRY());
		self->submit = self->good_submit;
		self->job.job.bindings = bad[i];
		EXPECT_EQ(-EFAULT, TRY());
		self->job.job.bindings = (uintptr_t)self->job.bindings;
	}
}

/* Nothing of a submission is queued when its last job is wrong. */
TEST_F(args, all_or_nothing)
{
	struct drm_qnn_job jobs[3];
	uint32_t binary;

	jobs[0] = jobs[1] = jobs[2] = self->job.job;
	jobs[2].timeout_ms = 0xffffffff;
	self->submit.jobs = (uintptr_t)jobs;
	self->submit.job_count = 3;
	EXPECT_EQ(-EINVAL, TRY());
	jobs[2].timeout_ms = 0;
	jobs[2].program = 0;
	EXPECT_EQ(-ENOENT, TRY());
	jobs[2].program = jobs[1].program;
	jobs[2].bindings = 8;
	EXPECT_EQ(-EFAULT, TRY());
	/* The out syncobj did not get a fence either. */
	EXPECT_EQ(-EINVAL, qt_syncobj_wait(self->fd, self->sync.handle, 0, 0, 0));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &binary));
	EXPECT_EQ(-EINVAL, qt_syncobj_wait(self->fd, binary, 0, 0, 0));
}

TEST_F(args, syncobj_without_fence)
{
	struct drm_qnn_sync in = self->sync;

	/* Binary, never signalled: there is nothing to wait for. */
	self->submit.in_syncs = (uintptr_t)&in;
	self->submit.in_sync_count = 1;
	EXPECT_EQ(-EINVAL, TRY());
	/* A point of a timeline that has none. */
	in.point = 5;
	EXPECT_EQ(-EINVAL, TRY());
	self->submit = self->good_submit;
}

/* Handles of queues and programs are numbers of their own kind. */
TEST_F(args, destroyed_handles)
{
	uint32_t queue, program;

	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_queue_destroy(self->fd, queue));
	self->submit.queue = queue;
	EXPECT_EQ(-ENOENT, TRY());
	self->submit.queue = self->queue;
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &program));
	ASSERT_EQ(0, qt_program_destroy(self->fd, program));
	self->job.job.program = program;
	EXPECT_EQ(-ENOENT, TRY());
}

/* A shorter argument reads as zero where it ends: here, without jobs. */
TEST_F(args, argument_size)
{
	struct {
		struct drm_qnn_submit submit;
		uint64_t more;
	} arg = { .submit = self->submit };

	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_SUBMIT, 16), &arg));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/*
 * Memory runs out, or copying from user memory fails, at every place where it
 * can: each call either works or says so, and nothing is left half done. Needs
 * a kernel with fault injection, so it skips on Debian's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define MOST_FAULTS	2000

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The nth chance of a fault from here on in this thread is one. */
static int arm(int fd, int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
}

/* Was there a fault? No more from here on. */
static int disarm(int fd)
{
	char text[16] = "";
	int hit;

	/* Reading and writing the file copy too, so the fault may meet them. */
	if (pread(fd, text, sizeof(text) - 1, 0) < 1)
		return errno == EFAULT ? 0 : -errno;
	hit = atoi(text) == 0;
	while (arm(fd, 0) == -EFAULT)
		;
	return hit;
}

/* tmpfs, where buffers live, says ENOSPC when it gets no memory for an inode. */
static int out_of_memory(int error)
{
	return error == -ENOMEM || error == -ENOSPC;
}

FIXTURE(faults)
{
	int fd, nth;
	uint32_t queue, program;
	struct qt_buf in, out, report;
	uint32_t syncobj, timeline;
	void *image;
	size_t size;
};

FIXTURE_SETUP(faults)
{
	static const char * const sites[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	char path[64];
	size_t i;

	self->nth = open(FAIL_NTH, O_RDWR);
	if (self->nth < 0)
		SKIP(return, "no fault injection in this kernel");
	for (i = 0; i < ARRAY_SIZE(sites); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", sites[i]);
		ASSERT_EQ(0, write_file(path, "0"));
	}
	ASSERT_EQ(0, write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0"));
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	self->image = qt_image_copy(&self->size);
	ASSERT_NE(NULL, self->image);
	ASSERT_EQ(0, qt_program_new(self->fd, self->image, self->size, &self->program));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &self->report));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &self->syncobj));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &self->timeline));
}

FIXTURE_TEARDOWN(faults)
{
	close(self->fd);
	close(self->nth);
	free(self->image);
}

/*
 * Run @call with a fault at its first chance, its second, and so on until it
 * runs through without one. @undo follows each call that worked.
 */
#define WITH_FAULTS(call, undo) do { \
	int nth_, ret_, hit_ = 1; \
	for (nth_ = 1; hit_ && nth_ < MOST_FAULTS; nth_++) { \
		ASSERT_EQ(0, arm(self->nth, nth_)); \
		ret_ = (call); \
		hit_ = disarm(self->nth); \
		ASSERT_LE(0, hit_); \
		if (!ret_) { \
			undo; \
		} else { \
			EXPECT_TRUE(out_of_memory(ret_) || ret_ == -EFAULT) \
				TH_LOG("fault %d: %d", nth_, ret_); \
			EXPECT_TRUE(hit_); \
		} \
	} \
	EXPECT_LT(2, nth_); \
	EXPECT_GT(MOST_FAULTS, nth_); \
} while (0)

TEST_F(faults, open)
{
	int fd = -1;

	WITH_FAULTS((fd = qt_open()) < 0 ? fd : 0, close(fd));
}

TEST_F(faults, query)
{
	struct drm_qnn_device_info info;

	WITH_FAULTS(qt_device_info(self->fd, &info), (void)0);
}

TEST_F(faults, bo)
{
	struct drm_qnn_bo_create create;
	struct drm_qnn_bo_mmap_offset offset;

	WITH_FAULTS((create = (struct drm_qnn_bo_create){ .size = 65536 },
		     qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_CREATE, &create)),
		    ASSERT_EQ(0, qt_gem_close(self->fd, create.handle)));
	create = (struct drm_qnn_bo_create){ .size = 65536 };
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_CREATE, &create));
	offset = (struct drm_qnn_bo_mmap_offset){ .handle = create.handle };
	WITH_FAULTS(qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset), (void)0);
	WITH_FAULTS(qt_bo_wait(self->fd, create.handle, 0, 0), (void)0);
}

TEST_F(faults, program)
{
	uint32_t program;

	WITH_FAULTS(qt_program_new(self->fd, self->image, self->size, &program),
		    ASSERT_EQ(0, qt_program_destroy(self->fd, program)));
}

TEST_F(faults, queue)
{
	struct drm_qnn_queue_status status;
	uint32_t queue;

	WITH_FAULTS(qt_queue_new(self->fd, &queue),
		    ASSERT_EQ(0, qt_queue_destroy(self->fd, queue)));
	WITH_FAULTS(qt_queue_status(self->fd, self->queue, &status), (void)0);
}

/* Every submission is counted, or it failed and is not. */
TEST_F(faults, submit)
{
	struct drm_qnn_sync in = { .handle = self->syncobj };
	struct drm_qnn_sync out = { .handle = self->timeline };
	struct drm_qnn_queue_status status;
	struct drm_qnn_submit submit;
	struct drm_qnn_job jobs[2];
	struct qt_job job;
	uint64_t good = 0, copies = 0;
	int ret;

	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->in.handle, 0);
	qt_job_bind(&job, 1, self->out.handle, 0);
	job.job.report_handle = self->report.handle;
	job.job.report_layers = 1;
	jobs[0] = jobs[1] = job.job;
	qt_submit_init(&submit, self->queue, &job);
	submit.jobs = (uintptr_t)jobs;
	submit.job_count = 2;
	submit.in_syncs = (uintptr_t)&in;
	submit.in_sync_count = 1;
	submit.out_syncs = (uintptr_t)&out;
	submit.out_sync_count = 1;
	WITH_FAULTS((out.point = good + 1,
		     ret = qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit),
		     copies += ret == -EFAULT, ret),
		    good++);
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, self->timeline, good, 0, QT_LONG));
	ASSERT_EQ(0, qt_queue_status(self->fd, self->queue, &status));
	/* The last copy to the user may fail after the jobs are queued. */
	EXPECT_LE(2 * good, status.submitted);
	EXPECT_GE(2 * (good + copies), status.submitted);
	EXPECT_EQ(0, status.failed);
}

TEST_F(faults, prime)
{
	int dmabuf = -1, other = qt_open();
	uint32_t handle;

	ASSERT_LE(0, other);
	WITH_FAULTS((dmabuf = qt_prime_export(self->fd, self->in.handle)) < 0 ? dmabuf : 0,
		    close(dmabuf));
	dmabuf = qt_prime_export(self->fd, self->in.handle);
	ASSERT_LE(0, dmabuf);
	WITH_FAULTS(qt_prime_import(other, dmabuf, &handle),
		    ASSERT_EQ(0, qt_gem_close(other, handle)));
	close(dmabuf);
	close(other);
}

TEST_HARNESS_MAIN

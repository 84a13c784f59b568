// SPDX-License-Identifier: MIT
/* Nothing of one open file is visible to another one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

struct user {
	int fd;
	uint32_t queue, copy;
	struct qt_buf in, out;
	struct qt_job job;
};

static int user_init(struct user *user, uint8_t fill)
{
	int ret = user->fd = qt_open();

	if (ret < 0)
		return ret;
	ret = qt_program_from(user->fd, qt_image_copy, &user->copy);
	ret = ret ?: qt_queue_new(user->fd, &user->queue);
	ret = ret ?: qt_buf_new(user->fd, QT_COPY_BYTES, &user->in);
	ret = ret ?: qt_buf_new(user->fd, QT_COPY_BYTES, &user->out);
	if (ret)
		return ret;
	memset(user->in.map, fill, QT_COPY_BYTES);
	qt_job_init(&user->job, user->copy);
	qt_job_bind(&user->job, 0, user->in.handle, 0);
	qt_job_bind(&user->job, 1, user->out.handle, 0);
	return 0;
}

FIXTURE(isolation)
{
	struct user a;
	int stranger;
};

FIXTURE_SETUP(isolation)
{
	ASSERT_EQ(0, user_init(&self->a, 0x55));
	self->stranger = qt_open();
	ASSERT_LE(0, self->stranger);
}

FIXTURE_TEARDOWN(isolation)
{
	/* Whatever the stranger tried, the owner's things are as they were. */
	EXPECT_EQ(0, qt_run(self->a.fd, self->a.queue, &self->a.job));
	EXPECT_EQ(0x55, self->a.out.map[QT_COPY_BYTES - 1]);
	close(self->stranger);
	close(self->a.fd);
}

TEST_F(isolation, handles_of_another_file)
{
	struct drm_qnn_queue_status status;
	struct drm_qnn_bo_mmap_offset offset = { .handle = self->a.in.handle };
	int fd = self->stranger;

	EXPECT_EQ(-ENOENT, qt_program_destroy(fd, self->a.copy));
	EXPECT_EQ(-ENOENT, qt_queue_destroy(fd, self->a.queue));
	EXPECT_EQ(-ENOENT, qt_queue_status(fd, self->a.queue, &status));
	EXPECT_EQ(-ENOENT, qt_ioctl(fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));
	EXPECT_EQ(-ENOENT, qt_bo_wait(fd, self->a.in.handle, 0, 0));
	EXPECT_EQ(-ENOENT, qt_prime_export(fd, self->a.in.handle));
	EXPECT_EQ(-EINVAL, qt_gem_close(fd, self->a.in.handle));
}

/* One thing after the other is the stranger's own; the rest is not. */
TEST_F(isolation, submit_with_handles_of_another_file)
{
	uint32_t queue, copy, sync;
	int fd = self->stranger;

	EXPECT_EQ(-ENOENT, qt_submit(fd, self->a.queue, &self->a.job, 0, 0));
	ASSERT_EQ(0, qt_queue_new(fd, &queue));
	EXPECT_EQ(-ENOENT, qt_submit(fd, queue, &self->a.job, 0, 0));
	ASSERT_EQ(0, qt_program_from(fd, qt_image_copy, &copy));
	self->a.job.job.program = copy;
	EXPECT_EQ(-ENOENT, qt_submit(fd, queue, &self->a.job, 0, 0));
	self->a.job.job.program = self->a.copy;
	ASSERT_EQ(0, qt_syncobj_new(self->a.fd, DRM_SYNCOBJ_CREATE_SIGNALED, &sync));
	EXPECT_EQ(-ENOENT, qt_syncobj_wait(fd, sync, 0, 0, 0));
}

/* The offset of a mapping is a number, not a permission. */
TEST_F(isolation, mmap_of_another_file)
{
	struct drm_qnn_bo_mmap_offset offset = { .handle = self->a.in.handle };

	ASSERT_EQ(0, qt_ioctl(self->a.fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, QT_COPY_BYTES, PROT_READ, MAP_SHARED, self->stranger,
				   offset.offset));
}

/* The same numbers in two files name different things. */
TEST_F(isolation, same_numbers)
{
	struct user b;

	ASSERT_EQ(0, user_init(&b, 0x66));
	EXPECT_EQ(self->a.queue, b.queue);
	EXPECT_EQ(self->a.in.handle, b.in.handle);
	ASSERT_EQ(0, qt_run(b.fd, b.queue, &b.job));
	ASSERT_EQ(0, qt_run(self->a.fd, self->a.queue, &self->a.job));
	EXPECT_EQ(0x66, b.out.map[0]);
	EXPECT_EQ(0x55, self->a.out.map[0]);
	close(b.fd);
}

/* Limits count for each file by itself. */
TEST_F(isolation, limits_are_per_file)
{
	struct drm_qnn_device_info info;
	uint32_t queue, i;

	ASSERT_EQ(0, qt_device_info(self->stranger, &info));
	for (i = 0; i < info.max_queues; i++)
		ASSERT_EQ(0, qt_queue_new(self->stranger, &queue));
	EXPECT_EQ(-ENOSPC, qt_queue_new(self->stranger, &queue));
	EXPECT_EQ(0, qt_queue_new(self->a.fd, &queue));
}

/* BOs without memory behind them take nothing from others, offsets neither. */
TEST_F(isolation, empty_bos)
{
	struct drm_qnn_bo_create create;
	struct drm_qnn_device_info info;
	struct qt_buf buf;
	int i;

	ASSERT_EQ(0, qt_device_info(self->stranger, &info));
	for (i = 0; i < 1000; i++) {
		create = (struct drm_qnn_bo_create){ .size = info.max_bo_size };
		ASSERT_EQ(0, qt_ioctl(self->stranger, DRM_IOCTL_QNN_BO_CREATE, &create));
	}
	create = (struct drm_qnn_bo_create){ .size = info.max_bo_size };
	EXPECT_EQ(0, qt_ioctl(self->a.fd, DRM_IOCTL_QNN_BO_CREATE, &create));
	EXPECT_EQ(0, qt_buf_new(self->stranger, 4096, &buf));
}

/* A queue that was stopped by its user stops nobody else. */
TEST_F(isolation, stopped_queue)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t slow, queue;

	ASSERT_EQ(0, qt_program_from(self->stranger, qt_image_slow, &slow));
	ASSERT_EQ(0, qt_queue_new(self->stranger, &queue));
	ASSERT_EQ(0, qt_buf_new(self->stranger, QT_SLOW_IN, &in));
	ASSERT_EQ(0, qt_buf_new(self->stranger, QT_SLOW_OUT, &out));
	qt_job_init(&job, slow);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	job.job.timeout_ms = 100;
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->stranger, queue, &job));
	EXPECT_EQ(0, qt_run(self->a.fd, self->a.queue, &self->a.job));
}

TEST_HARNESS_MAIN

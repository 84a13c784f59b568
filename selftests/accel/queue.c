// SPDX-License-Identifier: MIT
/* Queues: creation, limits, priorities, status. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define CREATE	DRM_IOCTL_QNN_QUEUE_CREATE

FIXTURE(queue)
{
	int fd;
	struct drm_qnn_device_info info;
};

FIXTURE_SETUP(queue)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &self->info));
}

FIXTURE_TEARDOWN(queue)
{
	close(self->fd);
}

TEST_F(queue, create_and_destroy)
{
	uint32_t first, second;

	ASSERT_EQ(0, qt_queue_new(self->fd, &first));
	ASSERT_EQ(0, qt_queue_new(self->fd, &second));
	EXPECT_NE(0, first);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, qt_queue_destroy(self->fd, first));
	EXPECT_EQ(-ENOENT, qt_queue_destroy(self->fd, first));
	EXPECT_EQ(0, qt_queue_destroy(self->fd, second));
}

TEST_F(queue, priorities)
{
	struct drm_qnn_queue_create create = { .priority = DRM_QNN_PRIORITY_LOW };

	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &create));
	create.priority = DRM_QNN_PRIORITY_NORMAL;
	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &create));
	create.priority = DRM_QNN_PRIORITY_HIGH + 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &create));
	create.priority = ~0u;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &create));
}

/* High priority is for those who may raise their own. */
TEST_F(queue, high_priority_needs_permission)
{
	struct drm_qnn_queue_create create = { .priority = DRM_QNN_PRIORITY_HIGH };

	if (geteuid())
		SKIP(return, "only root can give up a permission");
	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &create));
	ASSERT_EQ(0, setuid(65534));
	EXPECT_EQ(-EACCES, qt_ioctl(self->fd, CREATE, &create));
	create.priority = DRM_QNN_PRIORITY_NORMAL;
	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &create));
}

TEST_F(queue, bad_arguments)
{
	struct drm_qnn_queue_create create = { 0 };
	struct drm_qnn_queue_destroy destroy = { 0 };
	struct drm_qnn_queue_status status = { 0 };
	int bit;

	for (bit = 0; bit < 32; bit++) {
		create = (struct drm_qnn_queue_create){ .flags = 1u << bit };
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &create));
		create = (struct drm_qnn_queue_create){ .pad = 1u << bit };
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &create));
	}
	ASSERT_EQ(0, qt_queue_new(self->fd, &destroy.handle));
	destroy.pad = 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_QUEUE_DESTROY, &destroy));
	status.handle = destroy.handle;
	status.pad = 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_QUEUE_STATUS, &status));
	EXPECT_EQ(-ENOENT, qt_queue_destroy(self->fd, 0));
	EXPECT_EQ(-ENOENT, qt_queue_destroy(self->fd, destroy.handle + 1));
	EXPECT_EQ(-ENOENT, qt_queue_status(self->fd, 0, &status));
	EXPECT_EQ(-ENOENT, qt_queue_status(self->fd, ~0u, &status));
}

TEST_F(queue, limit)
{
	uint32_t queue, first = 0, i;

	for (i = 0; i < self->info.max_queues; i++) {
		ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
		if (!i)
			first = queue;
	}
	EXPECT_EQ(-ENOSPC, qt_queue_new(self->fd, &queue));
	EXPECT_EQ(0, qt_queue_destroy(self->fd, first));
	EXPECT_EQ(0, qt_queue_new(self->fd, &queue));
}

/* All open files together; who administers the machine gets through. */
TEST_F_TIMEOUT(queue, limit_of_device, 120)
{
	uint32_t queue, files = self->info.max_device_queues / self->info.max_queues + 1, i, n;
	int *fds = calloc(files, sizeof(*fds)), ret = 0;

	if (geteuid())
		SKIP(return, "not root, who opens files for others");
	ASSERT_NE(NULL, fds);
	for (i = 0; i < files; i++) {
		fds[i] = qt_open();
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, seteuid(65534));
	for (i = 0, n = 0; !ret && i < files * self->info.max_queues; i++, n += !ret)
		ret = qt_queue_new(fds[i / self->info.max_queues], &queue);
	ASSERT_EQ(0, seteuid(0));
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(self->info.max_device_queues, n);
	EXPECT_EQ(0, qt_queue_new(fds[files - 1], &queue));
	for (i = 0; i < files; i++)
		close(fds[i]);

	/* All of it is given back. */
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, seteuid(0));
	free(fds);
}

TEST_F(queue, status_counts)
{
	struct drm_qnn_queue_status status;
	struct drm_qnn_submit submit;
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t queue, program;
	int i;

	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_queue_status(self->fd, queue, &status));
	EXPECT_EQ(DRM_QNN_REASON_NONE, status.reason);
	EXPECT_EQ(0, status.error_seqno);
	EXPECT_EQ(0, status.submitted);
	EXPECT_EQ(0, status.completed);
	EXPECT_EQ(0, status.failed);

	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &program));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out));
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	for (i = 1; i <= 5; i++) {
		qt_submit_init(&submit, queue, &job);
		ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit));
		EXPECT_EQ(i, submit.seqno);
	}
	ASSERT_EQ(0, qt_run(self->fd, queue, &job));
	ASSERT_EQ(0, qt_queue_status(self->fd, queue, &status));
	EXPECT_EQ(DRM_QNN_REASON_NONE, status.reason);
	EXPECT_EQ(0, status.error_seqno);
	EXPECT_EQ(6, status.submitted);
	EXPECT_EQ(6, status.completed);
	EXPECT_EQ(0, status.failed);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/* Buffer objects: creation, mapping, waiting. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define BO_CREATE	DRM_IOCTL_QNN_BO_CREATE
#define BO_WAIT		DRM_IOCTL_QNN_BO_WAIT

FIXTURE(bo)
{
	int fd;
	struct drm_qnn_device_info info;
};

FIXTURE_SETUP(bo)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &self->info));
}

FIXTURE_TEARDOWN(bo)
{
	close(self->fd);
}

TEST_F(bo, create_rounds_up)
{
	static const uint64_t sizes[][2] = {
		{ 1, 4096 }, { 4095, 4096 }, { 4096, 4096 }, { 4097, 8192 },
		{ 1 << 20, 1 << 20 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_qnn_bo_create create = { .size = sizes[i][0] };

		ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
		EXPECT_EQ(sizes[i][1], create.size);
		EXPECT_NE(0, create.handle);
		EXPECT_EQ(0, qt_gem_close(self->fd, create.handle));
	}
}

TEST_F(bo, starts_zeroed)
{
	struct qt_buf buf;
	size_t i;

	/* Dirty some memory first, so that recycled pages would show. */
	ASSERT_EQ(0, qt_buf_new(self->fd, 1 << 20, &buf));
	memset(buf.map, 0x5a, buf.size);
	qt_buf_free(self->fd, &buf);
	ASSERT_EQ(0, qt_buf_new(self->fd, 1 << 20, &buf));
	for (i = 0; i < buf.size; i++)
		ASSERT_EQ(0, buf.map[i]);
	qt_buf_free(self->fd, &buf);
}

TEST_F(bo, bad_size)
{
	const uint64_t sizes[] = { 0, self->info.max_bo_size + 1, 1ull << 62, ~0ull, ~0ull - 4095 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct drm_qnn_bo_create create = { .size = sizes[i] };

		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, BO_CREATE, &create));
	}
}

TEST_F(bo, bad_flags)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		struct drm_qnn_bo_create create = { .size = 4096, .flags = 1u << bit };

		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, BO_CREATE, &create));
	}
}

/* @handle is "out" only: what it was does not matter. */
TEST_F(bo, handle_is_output)
{
	struct drm_qnn_bo_create create = { .size = 4096, .handle = 0xdeadbeef };

	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	EXPECT_NE(0xdeadbeef, create.handle);
}

TEST_F(bo, argument_size)
{
	struct {
		struct drm_qnn_bo_create create;
		uint64_t more;
	} arg = { .create.size = 4096 };
	unsigned long request = qt_request_sized(BO_CREATE, sizeof(arg));

	EXPECT_EQ(0, qt_ioctl(self->fd, request, &arg));
	/* Without flags and handle: the size alone. */
	arg.create = (struct drm_qnn_bo_create){ .size = 1, .flags = 1 };
	EXPECT_EQ(0, qt_ioctl(self->fd, qt_request_sized(BO_CREATE, 8), &arg));
	EXPECT_EQ(4096, arg.create.size);
	EXPECT_EQ(0, arg.create.handle);
}

TEST_F(bo, mmap_offset_errors)
{
	struct drm_qnn_bo_mmap_offset arg = { .handle = 0x1234 };
	struct drm_qnn_bo_create create = { .size = 4096 };

	EXPECT_EQ(-ENOENT, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &arg));
	arg.handle = 0;
	EXPECT_EQ(-ENOENT, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &arg));
	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	arg.handle = create.handle;
	arg.pad = 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &arg));
	arg.pad = 0;
	EXPECT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &arg));
	EXPECT_NE(0, arg.offset);
	EXPECT_EQ(0, arg.offset % 4096);
}

TEST_F(bo, mmap_twice_shows_the_same)
{
	struct qt_buf buf, again;

	ASSERT_EQ(0, qt_buf_new(self->fd, 8192, &buf));
	again = buf;
	ASSERT_EQ(0, qt_buf_map(self->fd, &again));
	buf.map[8191] = 0x42;
	EXPECT_EQ(0x42, again.map[8191]);
	munmap(again.map, again.size);
	qt_buf_free(self->fd, &buf);
}

/* A mapping keeps the memory after the handle and the file are gone. */
TEST_F(bo, mapping_outlives_handle_and_file)
{
	struct qt_buf buf;
	int fd = qt_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_buf_new(fd, 8192, &buf));
	memset(buf.map, 0x17, buf.size);
	ASSERT_EQ(0, qt_gem_close(fd, buf.handle));
	close(fd);
	EXPECT_EQ(0x17, buf.map[0]);
	EXPECT_EQ(0x17, buf.map[8191]);
	buf.map[4096] = 1;
	munmap(buf.map, buf.size);
}

TEST_F(bo, mmap_beyond_the_end)
{
	struct drm_qnn_bo_create create = { .size = 4096 };
	struct drm_qnn_bo_mmap_offset arg;

	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	arg = (struct drm_qnn_bo_mmap_offset){ .handle = create.handle };
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &arg));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 8192, PROT_READ, MAP_SHARED, self->fd, arg.offset));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd,
				   arg.offset + 4096));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
}

TEST_F(bo, close_twice)
{
	struct drm_qnn_bo_create create = { .size = 4096 };

	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	EXPECT_EQ(0, qt_gem_close(self->fd, create.handle));
	EXPECT_EQ(-EINVAL, qt_gem_close(self->fd, create.handle));
}

TEST_F(bo, wait_idle)
{
	struct drm_qnn_bo_create create = { .size = 4096 };

	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	EXPECT_EQ(0, qt_bo_wait(self->fd, create.handle, 0, 0));
	EXPECT_EQ(0, qt_bo_wait(self->fd, create.handle, DRM_QNN_BO_WAIT_WRITE, 0));
	EXPECT_EQ(0, qt_bo_wait(self->fd, create.handle, 0, -1));
	EXPECT_EQ(0, qt_bo_wait(self->fd, create.handle, 0, QT_S));
}

TEST_F(bo, wait_errors)
{
	struct drm_qnn_bo_create create = { .size = 4096 };
	int bit;

	ASSERT_EQ(0, qt_ioctl(self->fd, BO_CREATE, &create));
	EXPECT_EQ(-ENOENT, qt_bo_wait(self->fd, create.handle + 1, 0, 0));
	EXPECT_EQ(-ENOENT, qt_bo_wait(self->fd, 0, 0, 0));
	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, qt_bo_wait(self->fd, create.handle, 1u << bit, 0));
}

/*
 * A job that waits for a gate: its output is busy for readers and writers, its
 * input for writers only.
 */
TEST_F(bo, wait_busy)
{
	struct qt_buf in, out;
	struct qt_gate gate;
	struct qt_job job;
	uint32_t program, queue, sync;
	int ret;

	ret = qt_gate_syncobj(self->fd, &gate, &sync);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &program));
	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out));
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, queue, &job, sync, 0));

	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, out.handle, 0, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, out.handle, 0, -1));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, out.handle, DRM_QNN_BO_WAIT_WRITE, 50 * QT_MS));
	EXPECT_EQ(0, qt_bo_wait(self->fd, in.handle, 0, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, in.handle, DRM_QNN_BO_WAIT_WRITE, 0));

	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, out.handle, 0, QT_LONG));
	EXPECT_EQ(0, qt_bo_wait(self->fd, in.handle, DRM_QNN_BO_WAIT_WRITE, QT_LONG));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/* Buffers that cross file descriptors and drivers as dma-bufs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(prime)
{
	int a, b;		/* two open files */
	struct qt_buf buf;	/* of a */
	int dmabuf;
	uint32_t imported;	/* in b */
};

FIXTURE_SETUP(prime)
{
	self->a = qt_open();
	self->b = qt_open();
	ASSERT_LE(0, self->a);
	ASSERT_LE(0, self->b);
	ASSERT_EQ(0, qt_buf_new(self->a, QT_COPY_BYTES, &self->buf));
	self->dmabuf = qt_prime_export(self->a, self->buf.handle);
	ASSERT_LE(0, self->dmabuf);
	ASSERT_EQ(0, qt_prime_import(self->b, self->dmabuf, &self->imported));
}

FIXTURE_TEARDOWN(prime)
{
	close(self->dmabuf);
	close(self->b);
	close(self->a);
}

static int copy(int fd, uint32_t from, uint32_t to)
{
	struct qt_job job;
	uint32_t program, queue;
	int ret;

	ret = qt_program_from(fd, qt_image_copy, &program);
	if (!ret)
		ret = qt_queue_new(fd, &queue);
	if (ret)
		return ret;
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, from, 0);
	qt_job_bind(&job, 1, to, 0);
	ret = qt_run(fd, queue, &job);
	qt_queue_destroy(fd, queue);
	qt_program_destroy(fd, program);
	return ret;
}

TEST_F(prime, same_file_same_handle)
{
	uint32_t handle;

	ASSERT_EQ(0, qt_prime_import(self->a, self->dmabuf, &handle));
	EXPECT_EQ(self->buf.handle, handle);
}

/* A job of one file computes on memory of the other. */
TEST_F(prime, job_between_files)
{
	struct qt_buf out;
	size_t i;

	ASSERT_EQ(0, qt_buf_new(self->b, QT_COPY_BYTES, &out));
	for (i = 0; i < QT_COPY_BYTES; i++)
		self->buf.map[i] = i * 3;
	ASSERT_EQ(0, copy(self->b, self->imported, out.handle));
	EXPECT_EQ(0, memcmp(self->buf.map, out.map, QT_COPY_BYTES));
	memset(out.map, 0x77, QT_COPY_BYTES);
	ASSERT_EQ(0, copy(self->b, out.handle, self->imported));
	EXPECT_EQ(0x77, self->buf.map[QT_COPY_BYTES - 1]);
}

/* The exporter's file is gone, the memory is not. */
TEST_F(prime, outlives_the_exporter)
{
	struct qt_buf out;

	ASSERT_EQ(0, qt_buf_new(self->b, QT_COPY_BYTES, &out));
	memset(self->buf.map, 0x21, QT_COPY_BYTES);
	munmap(self->buf.map, self->buf.size);
	close(self->a);
	close(self->dmabuf);
	EXPECT_EQ(0, copy(self->b, self->imported, out.handle));
	EXPECT_EQ(0x21, out.map[0]);
	self->a = qt_open();
	self->dmabuf = dup(self->a);
}

TEST_F(prime, map_the_dmabuf)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW };
	uint8_t *map = mmap(NULL, QT_COPY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			    self->dmabuf, 0);

	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, qt_ioctl(self->dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
	map[5] = 0x99;
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW;
	ASSERT_EQ(0, qt_ioctl(self->dmabuf, DMA_BUF_IOCTL_SYNC, &sync));
	EXPECT_EQ(0x99, self->buf.map[5]);
	munmap(map, QT_COPY_BYTES);
	EXPECT_EQ(QT_COPY_BYTES, lseek(self->dmabuf, 0, SEEK_END));
}

TEST_F(prime, bad_descriptors)
{
	uint32_t handle;
	int null = open("/dev/null", O_RDWR);

	EXPECT_EQ(-ENOENT, qt_prime_export(self->a, self->buf.handle + 100));
	EXPECT_EQ(-EBADF, qt_prime_import(self->a, -1, &handle));
	EXPECT_EQ(-EINVAL, qt_prime_import(self->a, null, &handle));
	EXPECT_EQ(-EINVAL, qt_prime_import(self->a, self->b, &handle));
	close(null);
}

/* Two names of the same memory in one job: still an overlap. */
TEST_F(prime, overlap_by_two_names)
{
	EXPECT_EQ(-EINVAL, copy(self->b, self->imported, self->imported));
}

static int heap_buffer(size_t size)
{
	struct dma_heap_allocation_data data = { .len = size, .fd_flags = O_RDWR | O_CLOEXEC };
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC), ret;

	if (heap < 0)
		return -ENODEV;
	ret = qt_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);
	close(heap);
	return ret ? ret : (int)data.fd;
}

/* Memory of another driver: jobs work on it, mmap goes through the dma-buf. */
TEST_F(prime, foreign_memory)
{
	struct drm_qnn_bo_mmap_offset offset = { 0 };
	int dmabuf = heap_buffer(QT_COPY_BYTES);
	uint8_t *map;

	if (dmabuf == -ENODEV)
		SKIP(return, "no dma-buf heap in this kernel");
	ASSERT_LE(0, dmabuf);
	map = mmap(NULL, QT_COPY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	ASSERT_NE(MAP_FAILED, map);
	memset(map, 0x42, QT_COPY_BYTES);
	ASSERT_EQ(0, qt_prime_import(self->a, dmabuf, &offset.handle));
	EXPECT_EQ(-EINVAL, qt_ioctl(self->a, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));

	ASSERT_EQ(0, copy(self->a, offset.handle, self->buf.handle));
	EXPECT_EQ(0, memcmp(map, self->buf.map, QT_COPY_BYTES));
	memset(self->buf.map, 0x24, QT_COPY_BYTES);
	ASSERT_EQ(0, copy(self->a, self->buf.handle, offset.handle));
	EXPECT_EQ(0x24, map[QT_COPY_BYTES - 1]);
	/* The descriptor may go, the import keeps the memory. */
	close(dmabuf);
	ASSERT_EQ(0, copy(self->a, offset.handle, self->buf.handle));
	EXPECT_EQ(0x24, self->buf.map[0]);
	munmap(map, QT_COPY_BYTES);
	EXPECT_EQ(0, qt_gem_close(self->a, offset.handle));
}

/* Foreign memory that is smaller than the region. */
TEST_F(prime, foreign_memory_too_small)
{
	uint32_t handle, program, queue;
	struct qt_job job;
	int dmabuf = heap_buffer(4096);

	if (dmabuf == -ENODEV)
		SKIP(return, "no dma-buf heap in this kernel");
	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, qt_prime_import(self->a, dmabuf, &handle));
	ASSERT_EQ(0, qt_program_from(self->a, qt_image_slow, &program));
	ASSERT_EQ(0, qt_queue_new(self->a, &queue));
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, handle, 0);
	qt_job_bind(&job, 1, self->buf.handle, 0);
	EXPECT_EQ(-EINVAL, qt_submit(self->a, queue, &job, 0, 0));
	close(dmabuf);
}

TEST_HARNESS_MAIN

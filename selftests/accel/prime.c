// SPDX-License-Identifier: MIT
/* Buffers that cross file descriptors and drivers as dma-bufs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* Memory of another driver: jobs work on it, mmap goes through the dma-buf. */
TEST_F(prime, foreign_memory)
{
	struct drm_qnn_bo_mmap_offset offset = { 0 };
	int dmabuf = qt_heap_buffer(QT_COPY_BYTES);
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
	int dmabuf = qt_heap_buffer(4096);

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

/* A buffer of another driver, and a file that works on it. */
FIXTURE(foreign)
{
	int fd, dmabuf;
	uint8_t *map;
	uint32_t handle, queue, program;
	struct qt_buf buf;
};

FIXTURE_VARIANT(foreign)
{
	int (*make)(size_t size);
};

FIXTURE_VARIANT_ADD(foreign, heap)
{
	.make = qt_heap_buffer,
};

FIXTURE_VARIANT_ADD(foreign, vgem)
{
	.make = qt_vgem_buffer,
};

FIXTURE_VARIANT_ADD(foreign, udmabuf)
{
	.make = qt_udmabuf,
};

FIXTURE_SETUP(foreign)
{
	self->fd = -1;
	self->dmabuf = variant->make(QT_COPY_BYTES);
	if (self->dmabuf == -ENODEV)
		SKIP(return, "this kernel has no such buffers");
	ASSERT_LE(0, self->dmabuf);
	self->map = mmap(NULL, QT_COPY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, self->dmabuf,
			 0);
	ASSERT_NE(MAP_FAILED, self->map);
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_prime_import(self->fd, self->dmabuf, &self->handle));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->buf));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->program));
}

FIXTURE_TEARDOWN(foreign)
{
	if (self->map && self->map != MAP_FAILED)
		munmap(self->map, QT_COPY_BYTES);
	close(self->dmabuf);
	close(self->fd);
}

/* CPU access as a dma-buf wants it told. */
static void cpu_access(int dmabuf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	qt_ioctl(dmabuf, DMA_BUF_IOCTL_SYNC, &sync);
}

/* Filled there, read here; filled here, read there. No copy between. */
TEST_F(foreign, input_and_output)
{
	int i;

	for (i = 0; i < 4; i++) {
		cpu_access(self->dmabuf, DMA_BUF_SYNC_START);
		memset(self->map, 0x50 + i, QT_COPY_BYTES);
		cpu_access(self->dmabuf, DMA_BUF_SYNC_END);
		ASSERT_EQ(0, copy(self->fd, self->handle, self->buf.handle));
		EXPECT_EQ(0x50 + i, self->buf.map[0]);
		EXPECT_EQ(0x50 + i, self->buf.map[QT_COPY_BYTES - 1]);

		memset(self->buf.map, 0x60 + i, QT_COPY_BYTES);
		ASSERT_EQ(0, copy(self->fd, self->buf.handle, self->handle));
		cpu_access(self->dmabuf, DMA_BUF_SYNC_START);
		EXPECT_EQ(0x60 + i, self->map[0]);
		EXPECT_EQ(0x60 + i, self->map[QT_COPY_BYTES - 1]);
		cpu_access(self->dmabuf, DMA_BUF_SYNC_END);
	}
}

/* Who fills the buffer has put a fence on it: the job waits for that. */
TEST_F(foreign, job_waits_for_the_other_driver)
{
	struct dma_buf_import_sync_file import = { .flags = DMA_BUF_SYNC_WRITE };
	struct qt_gate gate;
	struct qt_job job;
	uint32_t done;
	int ret;

	ret = qt_gate_new(&gate, &import.fd);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_ioctl(self->dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import));
	close(import.fd);

	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->handle, 0);
	qt_job_bind(&job, 1, self->buf.handle, 0);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, 0, done));
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, done, 0, 0, 50 * QT_MS));
	memset(self->map, 0x71, QT_COPY_BYTES);
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, done, 0, 0, QT_LONG));
	EXPECT_EQ(0x71, self->buf.map[0]);
	EXPECT_EQ(0x71, self->buf.map[QT_COPY_BYTES - 1]);
}

/* The job has put a fence on it: others wait for that, with no word from us. */
TEST_F(foreign, other_driver_waits_for_the_job)
{
	struct dma_buf_export_sync_file read = { .flags = DMA_BUF_SYNC_READ, .fd = -1 };
	struct pollfd pollfd = { .fd = self->dmabuf, .events = POLLIN };
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;
	int ret;

	ret = qt_gate_syncobj(self->fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	memset(self->buf.map, 0x18, QT_COPY_BYTES);
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->buf.handle, 0);
	qt_job_bind(&job, 1, self->handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, in, 0));
	ASSERT_EQ(0, qt_ioctl(self->dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &read));
	EXPECT_EQ(0, qt_fence_status(read.fd));
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(1, poll(&pollfd, 1, QT_LONG / QT_MS));
	EXPECT_EQ(1, qt_fence_status(read.fd));
	EXPECT_EQ(0x18, self->map[0]);
	EXPECT_EQ(0x18, self->map[QT_COPY_BYTES - 1]);
	close(read.fd);
}

/* Several queues read the same buffer at once, each copy is complete. */
TEST_F(foreign, read_by_many_queues)
{
	struct qt_buf out[8];
	uint32_t queue[8], done[8];
	struct qt_job job;
	int i, round;

	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out[i]));
		ASSERT_EQ(0, qt_queue_new(self->fd, &queue[i]));
		ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done[i]));
	}
	for (round = 1; round < 20; round++) {
		memset(self->map, round, QT_COPY_BYTES);
		for (i = 0; i < 8; i++) {
			qt_job_init(&job, self->program);
			qt_job_bind(&job, 0, self->handle, 0);
			qt_job_bind(&job, 1, out[i].handle, 0);
			ASSERT_EQ(0, qt_submit(self->fd, queue[i], &job, 0, done[i]));
		}
		for (i = 0; i < 8; i++) {
			ASSERT_EQ(0, qt_syncobj_wait(self->fd, done[i], 0, 0, QT_LONG));
			EXPECT_EQ(round, out[i].map[0]);
			EXPECT_EQ(0, memcmp(out[i].map, self->map, QT_COPY_BYTES));
		}
	}
}

/* From one to the other and back, the jobs of a queue behind each other. */
TEST_F(foreign, chain_of_jobs)
{
	struct drm_qnn_submit submit;
	struct drm_qnn_job jobs[8];
	struct qt_job there, back;
	int i;

	qt_job_init(&there, self->program);
	qt_job_bind(&there, 0, self->buf.handle, 0);
	qt_job_bind(&there, 1, self->handle, 0);
	qt_job_init(&back, self->program);
	qt_job_bind(&back, 0, self->handle, 0);
	qt_job_bind(&back, 1, self->buf.handle, 0);
	for (i = 0; i < 8; i++)
		jobs[i] = i % 2 ? back.job : there.job;
	qt_submit_init(&submit, self->queue, &there);
	submit.jobs = (uintptr_t)jobs;
	submit.job_count = 8;
	memset(self->buf.map, 0x29, QT_COPY_BYTES);
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit));
	ASSERT_EQ(0, qt_bo_wait(self->fd, self->buf.handle, DRM_QNN_BO_WAIT_WRITE, QT_LONG));
	EXPECT_EQ(0x29, self->map[0]);
	EXPECT_EQ(0x29, self->buf.map[QT_COPY_BYTES - 1]);
}

/* A report goes there like any other data. */
TEST_F(foreign, report)
{
	struct drm_qnn_report *report = (void *)self->map;
	struct qt_buf out;
	struct qt_job job;

	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out));
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->buf.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	job.job.report_handle = self->handle;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &job));
	EXPECT_EQ(0, report->status);
	EXPECT_EQ(1, report->commands);
	EXPECT_LT(0, report->end_ns);
}

/* The file and its handles go, jobs and the other side keep the memory. */
TEST_F(foreign, outlives_the_file)
{
	struct pollfd pollfd = { .fd = self->dmabuf, .events = POLLIN };
	struct qt_job job;

	memset(self->map, 0x21, QT_COPY_BYTES);
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->buf.handle, 0);
	qt_job_bind(&job, 1, self->handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, 0, 0));
	munmap(self->buf.map, self->buf.size);
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, poll(&pollfd, 1, QT_LONG / QT_MS));
	/* It ran, or it was cancelled with its queue. */
	EXPECT_TRUE(self->map[0] == 0 || self->map[0] == 0x21);
	EXPECT_EQ(self->map[0], self->map[QT_COPY_BYTES - 1]);
}

TEST_HARNESS_MAIN

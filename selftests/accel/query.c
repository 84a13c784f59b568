// SPDX-License-Identifier: MIT
/* DRM_IOCTL_QNN_DEV_QUERY: what the device is, for callers of any age. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(query)
{
	int fd;
	struct drm_qnn_device_info info;
	struct drm_qnn_dev_query query;
};

FIXTURE_SETUP(query)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	memset(&self->info, 0xa5, sizeof(self->info));
	self->query = (struct drm_qnn_dev_query){
		.type = DRM_QNN_QUERY_DEVICE,
		.size = sizeof(self->info),
		.pointer = (uintptr_t)&self->info,
	};
}

FIXTURE_TEARDOWN(query)
{
	close(self->fd);
}

TEST_F(query, driver_name)
{
	char name[16] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_VERSION, &version));
	EXPECT_STREQ("qnn", name);
}

TEST_F(query, device_info)
{
	struct drm_qnn_device_info *info = &self->info;

	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	EXPECT_EQ(sizeof(*info), self->query.size);
	EXPECT_EQ(QNN_PROGRAM_VERSION, info->program_version);
	EXPECT_EQ(DRM_QNN_BACKEND_EMULATED, info->backend);
	EXPECT_LE(1, info->cores);
	EXPECT_GE(64, info->cores);
	EXPECT_LT(0, info->clock_mhz);
	EXPECT_LT(0, info->macs_per_cycle);
	EXPECT_LT(0, info->sram_bytes);
	EXPECT_LT(0, info->dram_bytes_per_cycle);
	EXPECT_EQ(QNN_MAX_REGIONS, info->max_regions);
	EXPECT_EQ(QNN_MAX_COMMANDS, info->max_commands);
	EXPECT_EQ(QNN_MAX_PROGRAM_SIZE, info->max_program_size);
	EXPECT_EQ(QNN_REGION_ALIGN, info->region_align);
	EXPECT_LE(1, info->max_jobs);
	EXPECT_LE(1, info->max_syncs);
	EXPECT_LE(1, info->max_queues);
	EXPECT_LE(1, info->max_programs);
	EXPECT_LE(1ull << 20, info->max_bo_size);
	EXPECT_LT(0, info->default_timeout_ms);
	EXPECT_LE(info->default_timeout_ms, info->max_timeout_ms);
	/* dma_fence rules: nothing may run for longer than ten seconds. */
	EXPECT_GE(10000, info->default_timeout_ms);
	EXPECT_LE(info->max_jobs, info->max_queue_jobs);
	EXPECT_LE(info->max_queue_jobs, info->max_file_jobs);
	EXPECT_LE(info->max_queues, info->max_device_queues);
	EXPECT_LE(info->max_file_jobs, info->max_device_jobs);
}

TEST_F(query, size_only)
{
	self->query.pointer = 0;
	self->query.size = 0;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	EXPECT_EQ(sizeof(self->info), self->query.size);
}

/* A caller with an older header gets what it knows and not a byte more. */
TEST_F(query, short_answer)
{
	struct drm_qnn_device_info whole;
	const uint8_t *bytes = (const uint8_t *)&self->info;
	size_t size, i;

	ASSERT_EQ(0, qt_device_info(self->fd, &whole));
	for (size = 0; size < sizeof(self->info); size += 4) {
		memset(&self->info, 0xa5, sizeof(self->info));
		self->query.size = size;
		ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
		EXPECT_EQ(sizeof(self->info), self->query.size);
		EXPECT_EQ(0, memcmp(bytes, &whole, size));
		for (i = size; i < sizeof(self->info); i++)
			ASSERT_EQ(0xa5, bytes[i]);
	}
}

/* A caller with a newer header reads zero where this kernel knows nothing. */
TEST_F(query, long_answer)
{
	struct {
		struct drm_qnn_device_info info;
		uint8_t more[64], guard[8];
	} answer;
	size_t i;

	memset(&answer, 0xa5, sizeof(answer));
	self->query.pointer = (uintptr_t)&answer;
	self->query.size = sizeof(answer.info) + sizeof(answer.more);
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	EXPECT_EQ(sizeof(answer.info), self->query.size);
	for (i = 0; i < sizeof(answer.more); i++)
		ASSERT_EQ(0, answer.more[i]);
	for (i = 0; i < sizeof(answer.guard); i++)
		ASSERT_EQ(0xa5, answer.guard[i]);
}

TEST_F(query, unknown_type)
{
	static const uint32_t types[] = { 1, 2, 0x80000000, 0xffffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		self->query.type = types[i];
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	}
}

TEST_F(query, bad_pointer)
{
	uint8_t *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	self->query.pointer = 8;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	self->query.pointer = ~0ull - 16;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	self->query.pointer = (uintptr_t)page;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
}

/* The answer is announced larger than the memory that is there. */
TEST_F(query, answer_leaves_memory)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, munmap(page + 4096, 4096));
	self->query.pointer = (uintptr_t)page + 4096 - sizeof(self->info);
	self->query.size = 4096;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	self->query.size = 4097;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
	self->query.size = 0xffffffff;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &self->query));
}

/* The argument itself may be shorter or longer than this kernel's. */
TEST_F(query, argument_size)
{
	struct {
		struct drm_qnn_dev_query query;
		uint64_t more[4];
	} arg = { .query = self->query };

	EXPECT_EQ(0, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_DEV_QUERY, sizeof(arg)),
			      &arg));
	EXPECT_EQ(sizeof(self->info), arg.query.size);
	/* Without the pointer the kernel reads it as 0: only the size is asked for. */
	arg.query = self->query;
	arg.query.size = 0;
	EXPECT_EQ(0, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_DEV_QUERY, 8), &arg));
	EXPECT_EQ(sizeof(self->info), arg.query.size);
}

TEST_F(query, bad_ioctl)
{
	uint64_t arg[16] = { 0 };
	unsigned int nr;

	for (nr = DRM_QNN_SUBMIT + 1; nr < 0x40; nr++)
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOWR(DRM_COMMAND_BASE + nr, uint64_t),
					    arg));
}

/* The argument of every ioctl of the driver at an address that is not there. */
TEST_F(query, bad_argument_address)
{
	static const unsigned long requests[] = {
		DRM_IOCTL_QNN_DEV_QUERY, DRM_IOCTL_QNN_BO_CREATE,
		DRM_IOCTL_QNN_BO_MMAP_OFFSET, DRM_IOCTL_QNN_BO_WAIT,
		DRM_IOCTL_QNN_PROGRAM_CREATE, DRM_IOCTL_QNN_PROGRAM_DESTROY,
		DRM_IOCTL_QNN_QUEUE_CREATE, DRM_IOCTL_QNN_QUEUE_DESTROY,
		DRM_IOCTL_QNN_QUEUE_STATUS, DRM_IOCTL_QNN_SUBMIT,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, requests[i], NULL));
		EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, requests[i], (void *)(~0ul - 4095)));
	}
}

TEST(no_permission)
{
	int fd;

	if (geteuid())
		SKIP(return, "only root can give up a permission");
	ASSERT_EQ(0, setgid(65534));
	ASSERT_EQ(0, setuid(65534));
	fd = qt_open();
	EXPECT_EQ(-EACCES, fd);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/* Programs: what the kernel takes, what it refuses and what it says then. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qnn_device.h"
#include "qt.h"

#define CREATE	DRM_IOCTL_QNN_PROGRAM_CREATE

FIXTURE(program)
{
	int fd;
	uint8_t *image;
	size_t size;
	struct drm_qnn_program_create create;
	char log[256];
};

FIXTURE_SETUP(program)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	self->image = qt_image_copy(&self->size);
	ASSERT_NE(NULL, self->image);
	memset(self->log, 'x', sizeof(self->log));
	self->create = (struct drm_qnn_program_create){
		.data = (uintptr_t)self->image,
		.size = self->size,
		.log = (uintptr_t)self->log,
		.log_size = sizeof(self->log),
	};
}

FIXTURE_TEARDOWN(program)
{
	free(self->image);
	close(self->fd);
}

TEST_F(program, create)
{
	ASSERT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_NE(0, self->create.handle);
	EXPECT_EQ(0, self->create.error_rule);
	EXPECT_LT(0, self->create.cycles);
	/* An image that only copies multiplies nothing. */
	EXPECT_EQ(0, self->create.macs);
	EXPECT_EQ(0, qt_program_destroy(self->fd, self->create.handle));
}

TEST_F(program, outputs_do_not_matter_as_inputs)
{
	self->create.handle = 77;
	self->create.error_rule = 78;
	self->create.error_cmd = 79;
	self->create.cycles = 80;
	self->create.macs = 81;
	ASSERT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(0, self->create.error_rule);
	EXPECT_NE(81, self->create.macs);
}

TEST_F(program, without_log)
{
	self->create.log = 0;
	self->create.log_size = 0;
	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
	self->image[0] ^= 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_MAGIC, self->create.error_rule);
}

/* The image is copied: what the caller does to it afterwards changes nothing. */
TEST_F(program, is_a_copy)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t queue;

	ASSERT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
	memset(self->image, 0, self->size);
	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out));
	memset(in.map, 0x3c, in.size);
	qt_job_init(&job, self->create.handle);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	EXPECT_EQ(0, qt_run(self->fd, queue, &job));
	EXPECT_EQ(0, memcmp(in.map, out.map, QT_COPY_BYTES));
}

TEST_F(program, says_which_rule)
{
	struct qnn_program_header *header = (void *)self->image;
	struct qnn_cmd *cmd = (void *)(self->image + 128);

	header->magic++;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_MAGIC, self->create.error_rule);
	EXPECT_EQ(QNN_NO_CMD, self->create.error_cmd);
	EXPECT_NE(NULL, memchr(self->log, 0, sizeof(self->log)));
	EXPECT_LT(0, strlen(self->log));
	header->magic--;

	header->version++;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_VERSION, self->create.error_rule);
	header->version--;

	header->reserved[9] = 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_RESERVED, self->create.error_rule);
	header->reserved[9] = 0;

	cmd->opcode = 99;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_OPCODE, self->create.error_rule);
	EXPECT_EQ(0, self->create.error_cmd);
	cmd->opcode = QNN_OP_MAX_POOL;

	cmd->in[0].offset = 64;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_BOUNDS, self->create.error_rule);
	cmd->in[0].offset = 0;

	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
}

/* A log that is too short ends with a NUL inside and touches nothing behind. */
TEST_F(program, short_log)
{
	uint32_t size, i;

	self->image[0] ^= 1;
	for (size = 0; size < 20; size++) {
		memset(self->log, 'x', sizeof(self->log));
		self->create.log_size = size;
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
		EXPECT_EQ(QNN_RULE_MAGIC, self->create.error_rule);
		if (size)
			EXPECT_NE(NULL, memchr(self->log, 0, size));
		for (i = size; i < sizeof(self->log); i++)
			ASSERT_EQ('x', self->log[i]);
	}
}

/* Cut anywhere, and every size that is not the image's, is refused. */
TEST_F(program, bad_size)
{
	uint64_t size;

	for (size = 0; size < self->size; size += 8) {
		self->create.size = size;
		ASSERT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
		ASSERT_EQ(QNN_RULE_SIZE, self->create.error_rule);
	}
	for (size = 1; size < 8; size++) {
		self->create.size = self->size - size;
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	}
	self->create.size = QNN_MAX_PROGRAM_SIZE + 1ull;
	EXPECT_EQ(-E2BIG, qt_ioctl(self->fd, CREATE, &self->create));
	self->create.size = ~0ull;
	EXPECT_EQ(-E2BIG, qt_ioctl(self->fd, CREATE, &self->create));
}

TEST_F(program, larger_than_its_header_says)
{
	uint8_t *longer = calloc(1, self->size + 64);

	ASSERT_NE(NULL, longer);
	memcpy(longer, self->image, self->size);
	self->create.data = (uintptr_t)longer;
	self->create.size = self->size + 64;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(QNN_RULE_SIZE, self->create.error_rule);
	free(longer);
}

TEST_F(program, bad_pointers)
{
	uint8_t *read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, read_only);
	self->create.data = 0;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, CREATE, &self->create));
	self->create.data = ~0ull - 63;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, CREATE, &self->create));
	self->create.data = (uintptr_t)self->image;
	self->image[0] ^= 1;
	self->create.log = (uintptr_t)read_only;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, CREATE, &self->create));
	self->create.log = 8;
	EXPECT_EQ(-EFAULT, qt_ioctl(self->fd, CREATE, &self->create));
}

TEST_F(program, bad_flags_and_pad)
{
	int bit;

	for (bit = 0; bit < 32; bit++) {
		self->create.error_rule = 0;
		self->create.flags = 1u << bit;
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
		EXPECT_EQ(0, self->create.error_rule);
		self->create.flags = 0;
		self->create.pad = 1u << bit;
		EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, CREATE, &self->create));
		EXPECT_EQ(0, self->create.error_rule);
		self->create.pad = 0;
	}
}

TEST_F(program, limit)
{
	struct drm_qnn_device_info info;
	uint32_t i, first = 0;

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	for (i = 0; i < info.max_programs; i++) {
		ASSERT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
		ASSERT_NE(0, self->create.handle);
		if (!i)
			first = self->create.handle;
	}
	EXPECT_EQ(-ENOSPC, qt_ioctl(self->fd, CREATE, &self->create));
	EXPECT_EQ(0, qt_program_destroy(self->fd, first));
	EXPECT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
}

TEST_F(program, destroy_errors)
{
	struct drm_qnn_program_destroy arg = { 0 };

	EXPECT_EQ(-ENOENT, qt_program_destroy(self->fd, 0));
	EXPECT_EQ(-ENOENT, qt_program_destroy(self->fd, 1));
	EXPECT_EQ(-ENOENT, qt_program_destroy(self->fd, ~0u));
	ASSERT_EQ(0, qt_ioctl(self->fd, CREATE, &self->create));
	arg.handle = self->create.handle;
	arg.pad = 1;
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_PROGRAM_DESTROY, &arg));
	EXPECT_EQ(0, qt_program_destroy(self->fd, self->create.handle));
	EXPECT_EQ(-ENOENT, qt_program_destroy(self->fd, self->create.handle));
}

/* One bit flipped anywhere: refused with a rule, or still a valid program. */
TEST_F(program, any_bit_flipped)
{
	size_t bit;
	int ret;

	for (bit = 0; bit < self->size * 8; bit += 3) {
		self->image[bit / 8] ^= 1 << bit % 8;
		ret = qt_ioctl(self->fd, CREATE, &self->create);
		self->image[bit / 8] ^= 1 << bit % 8;
		if (!ret) {
			ASSERT_EQ(0, qt_program_destroy(self->fd, self->create.handle));
			continue;
		}
		ASSERT_EQ(-EINVAL, ret);
		ASSERT_NE(0, self->create.error_rule);
		ASSERT_GT(QNN_RULE_NR, self->create.error_rule);
	}
}

TEST_F(program, argument_size)
{
	struct {
		struct drm_qnn_program_create create;
		uint64_t more;
	} arg = { .create = self->create };

	EXPECT_EQ(0, qt_ioctl(self->fd, qt_request_sized(CREATE, sizeof(arg)), &arg));
	arg.create.cycles = 12345;
	EXPECT_EQ(0, qt_ioctl(self->fd, qt_request_sized(CREATE, 48), &arg));
	EXPECT_EQ(12345, arg.create.cycles);
}

TEST_HARNESS_MAIN

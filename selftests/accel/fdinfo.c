// SPDX-License-Identifier: MIT
/* /proc/PID/fdinfo: the keys that monitors read, and that they tell the truth. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

/* Value of a key as text; the result is valid until the next call. */
static const char *fdinfo(int fd, const char *key)
{
	static char line[256];
	char path[64];
	size_t len = strlen(key);
	FILE *file;
	const char *value = NULL;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	while (!value && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, key, len) && line[len] == ':')
			value = line + len + 1 + strspn(line + len + 1, " \t");
	}
	fclose(file);
	return value;
}

/* A number with a unit: ns, KiB, MiB or none. -1: the key is not there. */
static long long number(int fd, const char *key)
{
	const char *value = fdinfo(fd, key);
	long long n;
	char *end;

	if (!value)
		return -1;
	n = strtoll(value, &end, 10);
	if (!strcmp(end, " KiB"))
		return n << 10;
	if (!strcmp(end, " MiB"))
		return n << 20;
	return n;
}

FIXTURE(fdinfo)
{
	int fd;
};

FIXTURE_SETUP(fdinfo)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->fd);
}

TEST_F(fdinfo, keys)
{
	struct drm_qnn_device_info info;

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	EXPECT_STREQ("qnn", fdinfo(self->fd, "drm-driver"));
	EXPECT_LT(0, number(self->fd, "drm-client-id"));
	EXPECT_EQ(0, number(self->fd, "drm-engine-npu"));
	EXPECT_EQ(info.cores, number(self->fd, "drm-engine-capacity-npu"));
	EXPECT_EQ(0, number(self->fd, "drm-cycles-npu"));
	EXPECT_EQ(0, number(self->fd, "drm-total-memory"));
	EXPECT_EQ(0, number(self->fd, "drm-resident-program"));
}

TEST_F(fdinfo, clients_are_told_apart)
{
	int other = qt_open();

	ASSERT_LE(0, other);
	EXPECT_NE(number(self->fd, "drm-client-id"), number(other, "drm-client-id"));
	close(other);
}

TEST_F(fdinfo, memory)
{
	struct qt_buf buf;
	uint32_t program;
	int dmabuf;

	ASSERT_EQ(0, qt_buf_new(self->fd, 3 << 20, &buf));
	EXPECT_EQ(3 << 20, number(self->fd, "drm-total-memory"));
	EXPECT_EQ(0, number(self->fd, "drm-shared-memory"));
	dmabuf = qt_prime_export(self->fd, buf.handle);
	ASSERT_LE(0, dmabuf);
	EXPECT_EQ(3 << 20, number(self->fd, "drm-shared-memory"));
	close(dmabuf);
	qt_buf_free(self->fd, &buf);
	EXPECT_EQ(0, number(self->fd, "drm-total-memory"));

	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &program));
	EXPECT_LE(65536, number(self->fd, "drm-resident-program"));
	ASSERT_EQ(0, qt_program_destroy(self->fd, program));
	EXPECT_EQ(0, number(self->fd, "drm-resident-program"));
}

/* Resident from the start, as it is pinned. */
TEST_F(fdinfo, memory_of_this_process)
{
	uint8_t *mem = qt_pages(5, PROT_READ | PROT_WRITE);
	uint32_t handle;

	ASSERT_TRUE(mem);
	ASSERT_EQ(0, qt_userptr(self->fd, mem, 5 * QT_PAGE, 0, &handle));
	EXPECT_EQ(5 * QT_PAGE, number(self->fd, "drm-total-memory"));
	EXPECT_EQ(5 * QT_PAGE, number(self->fd, "drm-resident-memory"));
	EXPECT_EQ(0, number(self->fd, "drm-shared-memory"));
	ASSERT_EQ(0, qt_gem_close(self->fd, handle));
	EXPECT_EQ(0, number(self->fd, "drm-total-memory"));
}

TEST_F(fdinfo, engine_time_and_cycles)
{
	struct drm_qnn_program_create create = { 0 };
	int other = qt_open(), i;
	long long last = 0, now;
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t queue;
	size_t size;
	void *image = qt_image_copy(&size);

	ASSERT_LE(0, other);
	create.data = (uintptr_t)image;
	create.size = size;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &create));
	free(image);
	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &out));
	qt_job_init(&job, create.handle);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, qt_run(self->fd, queue, &job));
		EXPECT_EQ(i * create.cycles, number(self->fd, "drm-cycles-npu"));
		now = number(self->fd, "drm-engine-npu");
		EXPECT_LT(last, now);
		last = now;
	}
	/* It is this file's time and nobody else's. */
	EXPECT_EQ(0, number(other, "drm-engine-npu"));
	EXPECT_EQ(0, number(other, "drm-cycles-npu"));
	close(other);
}

/* The time of a job that still runs counts already. */
TEST_F(fdinfo, running_job)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t queue, slow;
	long long first, second;

	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &slow));
	ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_IN, &in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_OUT, &out));
	qt_job_init(&job, slow);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	job.job.timeout_ms = 1000;
	ASSERT_EQ(0, qt_submit(self->fd, queue, &job, 0, 0));
	do {
		first = number(self->fd, "drm-engine-npu");
	} while (!first);
	qt_sleep_ms(20);
	second = number(self->fd, "drm-engine-npu");
	EXPECT_LE(first + 20 * QT_MS, second);
	EXPECT_LT(0, number(self->fd, "drm-active-memory"));
	EXPECT_EQ(0, qt_bo_wait(self->fd, out.handle, 0, QT_LONG));
	EXPECT_LE(second, number(self->fd, "drm-engine-npu"));
	EXPECT_LE(1000 * QT_MS, number(self->fd, "drm-engine-npu"));
}

TEST_HARNESS_MAIN

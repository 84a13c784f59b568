// SPDX-License-Identifier: MIT
/*
 * What a client reads was put there for it: no byte of memory that somebody else
 * had before, and no address of the kernel. `make check` boots QEMU's guest so that
 * the kernel fills memory that is given back and does not clear what it hands out
 * (qemu.sh -p): whatever is not written shows.
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

#define DEVICE		"qnn.0"
#define DEBUGFS		"/sys/kernel/debug/accel/" DEVICE "/"
#define LARGE		(8u << 20)
#define TEXT_SIZE	(256 * 1024)

FIXTURE(poison)
{
	int fd;
	uint32_t queue, copy, slow;
	struct qt_buf a, b, in, out, report;
	struct qt_job copy_job, slow_job;
};

FIXTURE_SETUP(poison)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->copy));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &self->slow));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->a));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->b));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_IN, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_OUT, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, 65536, &self->report));
	qt_job_init(&self->copy_job, self->copy);
	qt_job_bind(&self->copy_job, 0, self->a.handle, 0);
	qt_job_bind(&self->copy_job, 1, self->b.handle, 0);
	self->copy_job.job.report_handle = self->report.handle;
	self->copy_job.job.report_layers = 1;
	qt_job_init(&self->slow_job, self->slow);
	qt_job_bind(&self->slow_job, 0, self->in.handle, 0);
	qt_job_bind(&self->slow_job, 1, self->out.handle, 0);
	self->slow_job.job.timeout_ms = 20;
	self->slow_job.job.report_handle = self->report.handle;
	self->slow_job.job.report_layers = 256;
}

FIXTURE_TEARDOWN(poison)
{
	close(self->fd);
}

/* The first byte that is not this one, or @size. */
static size_t differs(const void *memory, int byte, size_t size)
{
	const uint8_t *bytes = memory;
	size_t i;

	for (i = 0; i < size && bytes[i] == byte; i++)
		;
	return i;
}

/* Whether one of these words could be an address of the kernel. */
static int has_address(const void *memory, size_t size)
{
	const uint64_t *word = memory;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++) {
		if (word[i] >> 47 == 0x1ffff && (int64_t)word[i] < -65536)
			return 1;
	}
	return 0;
}

/* Memory that was full of something is empty when it comes back. */
TEST_F(poison, new_bo)
{
	struct qt_buf buf;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, qt_buf_new(self->fd, LARGE, &buf));
		EXPECT_EQ(LARGE, differs(buf.map, 0, LARGE));
		memset(buf.map, 0xa5, LARGE);
		qt_buf_free(self->fd, &buf);
	}
}

/* The same for what nobody has mapped: input, output and scratch of a job. */
TEST_F(poison, new_bo_of_a_job)
{
	struct drm_qnn_bo_create create;
	struct qt_buf buf;
	int i;

	for (i = 0; i < 16; i++) {
		create = (struct drm_qnn_bo_create){ .size = QT_COPY_BYTES };
		ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_CREATE, &create));
		self->copy_job.bindings[0].handle = create.handle;
		memset(self->b.map, 0xa5, QT_COPY_BYTES);
		ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
		EXPECT_EQ(QT_COPY_BYTES, differs(self->b.map, 0, QT_COPY_BYTES));
		ASSERT_EQ(0, qt_gem_close(self->fd, create.handle));

		/* Behind what the job writes. */
		ASSERT_EQ(0, qt_buf_new(self->fd, 3 * 4096, &buf));
		self->copy_job.bindings[0].handle = self->a.handle;
		self->copy_job.bindings[1].handle = buf.handle;
		memset(self->a.map, 0xa5, QT_COPY_BYTES);
		ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
		EXPECT_EQ(buf.size - QT_COPY_BYTES,
			  differs(buf.map + QT_COPY_BYTES, 0, buf.size - QT_COPY_BYTES));
		qt_buf_free(self->fd, &buf);
		self->copy_job.bindings[1].handle = self->b.handle;
	}
}

/* Every byte of the answer is written, and the same each time. */
TEST_F(poison, query)
{
	uint8_t zeros[1024] = { 0 }, ones[1024];
	struct drm_qnn_dev_query query = {
		.type = DRM_QNN_QUERY_DEVICE,
		.size = sizeof(zeros),
		.pointer = (uintptr_t)zeros,
	};

	memset(ones, 0xff, sizeof(ones));
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &query));
	EXPECT_EQ(sizeof(struct drm_qnn_device_info), query.size);
	query.size = sizeof(ones);
	query.pointer = (uintptr_t)ones;
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_DEV_QUERY, &query));
	EXPECT_EQ(0, memcmp(zeros, ones, sizeof(zeros)));
	EXPECT_FALSE(has_address(ones, sizeof(ones)));
}

/*
 * Arguments that are larger than the kernel's come back with their own bytes, or
 * zeros, behind what it knows.
 */
TEST_F(poison, arguments)
{
	struct {
		struct drm_qnn_queue_status status;
		uint8_t rest[256];
	} status = { .status.handle = self->queue };
	struct {
		struct drm_qnn_bo_create create;
		uint8_t rest[256];
	} create = { .create.size = 4096 };
	struct {
		struct drm_qnn_program_create create;
		uint8_t rest[256];
	} program = { 0 };
	size_t size;
	void *image = qt_image_copy(&size);

	ASSERT_NE(NULL, image);
	ASSERT_EQ(0, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_QUEUE_STATUS,
							 sizeof(status)), &status));
	EXPECT_EQ(sizeof(status.rest), differs(status.rest, 0, sizeof(status.rest)));
	EXPECT_FALSE(has_address(&status, sizeof(status)));
	ASSERT_EQ(0, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_BO_CREATE, sizeof(create)),
			      &create));
	EXPECT_EQ(sizeof(create.rest), differs(create.rest, 0, sizeof(create.rest)));
	program.create.data = (uintptr_t)image;
	program.create.size = size;
	ASSERT_EQ(0, qt_ioctl(self->fd, qt_request_sized(DRM_IOCTL_QNN_PROGRAM_CREATE,
							 sizeof(program)), &program));
	EXPECT_EQ(sizeof(program.rest), differs(program.rest, 0, sizeof(program.rest)));
	EXPECT_FALSE(has_address(&program, sizeof(program)));
	free(image);
}

/* Why a program was refused: a line, and nothing behind its end. */
TEST_F(poison, refusal)
{
	struct drm_qnn_program_create create = { .size = 64 };
	char image[64] = "no program", log[4096];
	size_t length;

	memset(log, 0xa5, sizeof(log));
	create.data = (uintptr_t)image;
	create.log = (uintptr_t)log;
	create.log_size = sizeof(log);
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &create));
	length = strnlen(log, sizeof(log)) + 1;
	ASSERT_GT(sizeof(log), length);
	EXPECT_EQ(sizeof(log) - length, differs(log + length, 0xa5, sizeof(log) - length));
}

/* A job that ends well, and one that does not: of the latter nothing is known. */
TEST_F(poison, report)
{
	size_t layer = sizeof(struct drm_qnn_layer_report);
	size_t head = sizeof(struct drm_qnn_report), all = head + layer;
	struct drm_qnn_report *report = (void *)self->report.map;

	memset(self->report.map, 0xa5, self->report.size);
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
	EXPECT_EQ(0, report->pad);
	EXPECT_FALSE(has_address(self->report.map, all));
	EXPECT_EQ(self->report.size - all,
		  differs(self->report.map + all, 0xa5, self->report.size - all));

	memset(self->report.map, 0xa5, self->report.size);
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	all = head + 256 * layer;
	EXPECT_EQ(0, report->pad);
	EXPECT_FALSE(has_address(self->report.map, head));
	/* Not one command has finished. */
	EXPECT_EQ(256 * layer, differs(self->report.map + head, 0, 256 * layer));
	EXPECT_EQ(self->report.size - all,
		  differs(self->report.map + all, 0xa5, self->report.size - all));

	/* And one that was cancelled: the queue has stopped. */
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	memset(self->report.map + head, 0xa5, 256 * layer);
	EXPECT_EQ(-ECANCELED, qt_run(self->fd, self->queue, &self->slow_job));
	EXPECT_EQ(256 * layer, differs(self->report.map + head, 0, 256 * layer));
}

/* Text without hexadecimal numbers of 8 digits or more has no addresses. */
static int text_has_address(const char *text)
{
	size_t length;
	const char *at;

	for (at = text; *at; at += length + !length) {
		length = strspn(at, "0123456789abcdef");
		if (length >= 8 && strspn(at, "0123456789") < length)
			return 1;
	}
	return !!strstr(text, "0x");
}

static int file_has_address(const char *path, char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t ret;

	if (fd < 0)
		return -errno;
	do {
		ret = read(fd, text + done, TEXT_SIZE - 1 - done);
		done += ret > 0 ? ret : 0;
	} while (ret > 0);
	text[done] = 0;
	close(fd);
	return ret < 0 ? -errno : text_has_address(text);
}

/* Nor do the places that people look at. */
TEST_F(poison, text)
{
	static const char * const files[] = {
		DEBUGFS "cores", DEBUGFS "queues", DEBUGFS "bos", DEBUGFS "log",
	};
	char *text = malloc(TEXT_SIZE), path[64];
	size_t i;

	ASSERT_NE(NULL, text);
	EXPECT_TRUE(text_has_address("at ffff888003a1c000."));
	EXPECT_FALSE(text_has_address("at 1234567890123, core 12"));
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	EXPECT_EQ(0, file_has_address(path, text));
	for (i = 0; i < ARRAY_SIZE(files) && !access(files[i], R_OK); i++)
		EXPECT_EQ(0, file_has_address(files[i], text))
			TH_LOG("%s:\n%s", files[i], text);
	free(text);
}

TEST_F(poison, trace)
{
	char *text = malloc(TEXT_SIZE), *line, *end;

	ASSERT_NE(NULL, text);
	if (geteuid() || qt_trace(true))
		SKIP(return, "no trace events in this kernel, or not root");
	ASSERT_EQ(0, qt_empty_file(QT_TRACEFS "trace"));
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	ASSERT_EQ(0, qt_trace(false));
	ASSERT_EQ(0, file_has_address(QT_TRACEFS "trace", text));
	/* All of them were there to be looked at. */
	line = strstr(text, ": qnn_core_stop: ");
	ASSERT_NE(NULL, line);
	end = strstr(line, ": qnn_job_done: ");
	EXPECT_NE(NULL, end);
	free(text);
}

TEST_HARNESS_MAIN

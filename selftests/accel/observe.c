// SPDX-License-Identifier: MIT
/*
 * What an administrator sees of a device: trace events, debugfs, sysfs; and the
 * times in the report of a job.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define DEVICE		"qnn.0"
#define SYSFS		"/sys/bus/platform/devices/" DEVICE "/"
#define DEBUGFS		"/sys/kernel/debug/accel/" DEVICE "/"
#define TEXT_SIZE	65536

FIXTURE(observe)
{
	int fd;
	uint32_t queue, slow, copy;
	struct qt_buf in, out, a, b, report;
	struct qt_job slow_job, copy_job;
	struct drm_qnn_device_info info;
	char *text;
};

FIXTURE_SETUP(observe)
{
	self->text = malloc(TEXT_SIZE);
	ASSERT_NE(NULL, self->text);
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &self->info));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_slow, &self->slow));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->copy));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_IN, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_SLOW_OUT, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->a));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->b));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &self->report));
	qt_job_init(&self->slow_job, self->slow);
	qt_job_bind(&self->slow_job, 0, self->in.handle, 0);
	qt_job_bind(&self->slow_job, 1, self->out.handle, 0);
	self->slow_job.job.timeout_ms = 30;
	qt_job_init(&self->copy_job, self->copy);
	qt_job_bind(&self->copy_job, 0, self->a.handle, 0);
	qt_job_bind(&self->copy_job, 1, self->b.handle, 0);
}

FIXTURE_TEARDOWN(observe)
{
	close(self->fd);
	free(self->text);
}

TEST_F(observe, report_times)
{
	struct drm_qnn_report *report = (void *)self->report.map;
	int64_t before = qt_now(), after;

	self->copy_job.job.report_handle = self->report.handle;
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
	after = qt_now();
	EXPECT_LE((uint64_t)before, report->submit_ns);
	EXPECT_LE(report->submit_ns, report->start_ns);
	EXPECT_LT(report->start_ns, report->end_ns);
	EXPECT_LE(report->end_ns, (uint64_t)after);
	EXPECT_EQ(report->end_ns - report->start_ns, report->total.time_ns);
	EXPECT_GT(self->info.cores, report->core);
	EXPECT_EQ(0, report->pad);
}

/* A job that no core has seen has no start. */
TEST_F(observe, report_of_a_cancelled_job)
{
	struct drm_qnn_report *report = (void *)self->report.map;
	uint32_t done;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	self->copy_job.job.report_handle = self->report.handle;
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->copy_job, 0, done));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, done, 0, 0, QT_LONG));
	EXPECT_EQ(-ECANCELED, report->status);
	EXPECT_LT(0, report->submit_ns);
	EXPECT_EQ(0, report->start_ns);
	EXPECT_LT(report->submit_ns, report->end_ns);
	EXPECT_EQ(0, report->total.time_ns);
}

static unsigned long long number(const char *path)
{
	char text[64];

	return qt_read_file(path, text, sizeof(text)) > 0 ? strtoull(text, NULL, 10) : ~0ull;
}

static unsigned long long core_busy_us(unsigned int core)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS "core%u_busy_time_us", core);
	return number(path);
}

TEST_F(observe, sysfs)
{
	unsigned long long before = number(SYSFS "npu_busy_time_us"), after, sum = 0;
	unsigned int i;

	if (before == ~0ull)
		SKIP(return, "the device under test is not " DEVICE);
	EXPECT_EQ(self->info.clock_mhz, number(SYSFS "npu_frequency_mhz"));
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	after = number(SYSFS "npu_busy_time_us");
	EXPECT_LE(before + 30000, after);
	for (i = 0; i < self->info.cores; i++) {
		unsigned long long busy = core_busy_us(i);

		EXPECT_NE(~0ull, busy);
		sum += busy;
	}
	EXPECT_EQ(~0ull, core_busy_us(i));
	/* Each is rounded down; a job that somebody left may be running. */
	EXPECT_LE(after, sum + i);
	EXPECT_GE(number(SYSFS "npu_busy_time_us"), sum);
}

/* A running job counts before it ends. */
TEST_F(observe, sysfs_while_running)
{
	int64_t end = qt_now() + QT_LONG;
	unsigned long long before = number(SYSFS "npu_busy_time_us");
	uint32_t done;

	if (before == ~0ull)
		SKIP(return, "the device under test is not " DEVICE);
	self->slow_job.job.timeout_ms = 2000;
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, done));
	while (number(SYSFS "npu_busy_time_us") < before + 100000 && qt_now() < end)
		qt_sleep_ms(5);
	EXPECT_LE(before + 100000, number(SYSFS "npu_busy_time_us"));
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, done, 0, 0, QT_LONG));
}

/* The line of a file that begins with these words, and behind it. */
static const char *line_with(const char *text, const char *words)
{
	const char *found = strstr(text, words);

	while (found && found != text && found[-1] != '\n')
		found = strstr(found + 1, words);
	return found;
}

static unsigned long long client_id(int fd)
{
	char path[64], text[2048], *key;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (qt_read_file(path, text, sizeof(text)) <= 0)
		return 0;
	key = strstr(text, "drm-client-id:");
	return key ? strtoull(key + strlen("drm-client-id:"), NULL, 10) : 0;
}

#define TRIES	10

/* Is it in the log, or soon? That is written after the fence has signalled. */
static bool log_gets(char *text, const char *words)
{
	int i;

	for (i = 0; i < 20; i++) {
		qt_read_file(DEBUGFS "log", text, TEXT_SIZE);
		if (strstr(text, words))
			return true;
		qt_sleep_ms(50);
	}
	return false;
}

TEST_F(observe, debugfs)
{
	unsigned long long client = client_id(self->fd);
	char words[64];
	int i;

	if (geteuid() || access(DEBUGFS "queues", R_OK))
		SKIP(return, "no debugfs, or not root");
	ASSERT_LT(0, client);
	ASSERT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));

	ASSERT_LT(0, qt_read_file(DEBUGFS "queues", self->text, TEXT_SIZE));
	snprintf(words, sizeof(words), "%6llu %6u ", client, self->queue);
	ASSERT_NE(NULL, line_with(self->text, words));
	EXPECT_NE(NULL, strstr(line_with(self->text, words), "          1          1          0  works"));

	ASSERT_LT(0, qt_read_file(DEBUGFS "bos", self->text, TEXT_SIZE));
	snprintf(words, sizeof(words), "%6llu %6u         4096 resident used\n", client,
		 self->a.handle);
	EXPECT_NE(NULL, line_with(self->text, words));
	snprintf(words, sizeof(words), "%6llu %6u         4096 resident\n", client,
		 self->report.handle);
	EXPECT_NE(NULL, line_with(self->text, words));

	ASSERT_LT(0, qt_read_file(DEBUGFS "cores", self->text, TEXT_SIZE));
	for (i = 0; i < (int)self->info.cores; i++) {
		snprintf(words, sizeof(words), "%4d ", i);
		EXPECT_NE(NULL, line_with(self->text, words));
	}

	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	ASSERT_LT(0, qt_read_file(DEBUGFS "queues", self->text, TEXT_SIZE));
	EXPECT_NE(NULL, strstr(self->text, "stopped: timeout"));
	snprintf(words, sizeof(words), " client %llu job 2 command 0 timeout at work\n", client);
	/* A core that others keep off its processor for a millisecond makes no progress. */
	for (i = 0; i < TRIES && !log_gets(self->text, words); i++) {
		ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
		EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
		snprintf(words, sizeof(words), " client %llu job 1 command 0 timeout at work\n",
			 client);
	}
	EXPECT_NE(NULL, strstr(self->text, words));
}

/* The job that a core runs has a name. */
TEST_F(observe, debugfs_while_running)
{
	int64_t end = qt_now() + QT_LONG;
	const char *line = NULL;
	uint32_t done;
	char words[64];

	if (geteuid() || access(DEBUGFS "cores", R_OK))
		SKIP(return, "no debugfs, or not root");
	self->slow_job.job.timeout_ms = self->info.max_timeout_ms;
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, done));
	snprintf(words, sizeof(words), "  client %llu queue ", client_id(self->fd));
	while (!line && qt_now() < end) {
		ASSERT_LT(0, qt_read_file(DEBUGFS "cores", self->text, TEXT_SIZE));
		line = strstr(self->text, words);
	}
	ASSERT_NE(NULL, line);
	line = strstr(line, " job 1 since ");
	ASSERT_NE(NULL, line);
	EXPECT_LE(0, atoll(line + strlen(" job 1 since ")));
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, done, 0, 0, 0));
}

TEST_F(observe, debugfs_of_a_fault)
{
	if (geteuid() || access(DEBUGFS "fail_run/times", W_OK))
		SKIP(return, "this kernel injects no faults");
	ASSERT_EQ(0, qt_write_file(DEBUGFS "fail_run/times", "1"));
	ASSERT_EQ(0, qt_write_file(DEBUGFS "fail_run/probability", "100"));
	EXPECT_EQ(-EIO, qt_run(self->fd, self->queue, &self->copy_job));
	ASSERT_EQ(0, qt_write_file(DEBUGFS "fail_run/probability", "0"));
	ASSERT_LT(0, qt_read_file(DEBUGFS "queues", self->text, TEXT_SIZE));
	EXPECT_NE(NULL, strstr(self->text, "stopped: fault"));
}

/* The events of two jobs, in their order. */
TEST_F(observe, trace)
{
	static const char * const events[] = {
		"qnn_job_submit: dev=" DEVICE " client=", " job=1 timeout_ms=5000",
		"qnn_job_run: dev=" DEVICE " queue=", " job=1 core=",
		"qnn_job_done: dev=" DEVICE " queue=", " job=1 result=0 ns=",
		"qnn_job_submit: dev=" DEVICE, " job=2 timeout_ms=30",
		"qnn_job_run: dev=" DEVICE, " job=2 core=",
		"qnn_core_stop: dev=" DEVICE " core=", " job=2 error=-110",
		"qnn_job_done: dev=" DEVICE, " job=2 result=-110 ns=",
	};
	const char *at;
	size_t i;

	if (geteuid() || qt_trace(true))
		SKIP(return, "no trace events in this kernel, or not root");
	ASSERT_EQ(0, qt_empty_file(QT_TRACEFS "trace"));
	self->copy_job.job.timeout_ms = 5000;
	EXPECT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->fd, self->queue, &self->slow_job));
	ASSERT_EQ(0, qt_trace(false));
	ASSERT_LT(0, qt_read_file(QT_TRACEFS "trace", self->text, TEXT_SIZE));
	at = self->text;
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		const char *next = strstr(at, events[i]);

		ASSERT_NE(NULL, next)
			TH_LOG("no '%s' in:\n%s", events[i], at);
		at = next + 1;
	}
}

/* The fence that the core signals has names, too. */
TEST_F(observe, trace_of_fences)
{
	if (geteuid() || qt_trace(true) || access(QT_TRACEFS "events/dma_fence/enable", W_OK))
		SKIP(return, "no trace events in this kernel, or not root");
	ASSERT_EQ(0, qt_write_file(QT_TRACEFS "events/dma_fence/enable", "1"));
	ASSERT_EQ(0, qt_empty_file(QT_TRACEFS "trace"));
	EXPECT_EQ(0, qt_run(self->fd, self->queue, &self->copy_job));
	ASSERT_EQ(0, qt_write_file(QT_TRACEFS "events/dma_fence/enable", "0"));
	ASSERT_EQ(0, qt_trace(false));
	ASSERT_LT(0, qt_read_file(QT_TRACEFS "trace", self->text, TEXT_SIZE));
	EXPECT_NE(NULL, strstr(self->text, "dma_fence_signaled: driver=qnn timeline=queue "))
		TH_LOG("%s", self->text);
}

TEST_HARNESS_MAIN

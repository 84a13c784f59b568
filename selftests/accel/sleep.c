// SPDX-License-Identifier: MIT
/*
 * The machine goes to sleep with jobs queued, running and waiting for others:
 * none is lost, none is late because of it, and all results are right. Most of
 * it is the kernel's own rehearsal (pm_test), which stops the devices and starts
 * them again; the last test really sleeps. The environment has to say that this
 * machine is there to be tested ($QNN_MODULE).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define PM_STATE	"/sys/power/state"
#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define WAKE_ALARM	"/sys/class/rtc/rtc0/wakealarm"
#define WAKE_COUNT	"/sys/power/wakeup_count"
#define WORKERS		4
#define TEXT		256

struct client {
	int fd;
	uint32_t queue, slow, work, copy;
	struct qt_buf in, out, a, b, c, report;
	struct qt_job slow_job, work_job, copy_job;
};

static int client_programs(struct client *c)
{
	int ret = qt_program_from(c->fd, qt_image_slow, &c->slow);

	ret = ret ?: qt_program_from(c->fd, qt_image_work, &c->work);
	ret = ret ?: qt_program_from(c->fd, qt_image_copy, &c->copy);
	return ret ?: qt_queue_new(c->fd, &c->queue);
}

static int client_buffers(struct client *c)
{
	int ret = qt_buf_new(c->fd, QT_SLOW_IN, &c->in);

	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_OUT, &c->out);
	ret = ret ?: qt_buf_new(c->fd, QT_WORK_BYTES, &c->a);
	ret = ret ?: qt_buf_new(c->fd, QT_WORK_BYTES, &c->b);
	ret = ret ?: qt_buf_new(c->fd, QT_WORK_BYTES, &c->c);
	return ret ?: qt_buf_new(c->fd, sizeof(struct drm_qnn_report), &c->report);
}

static int client_open(struct client *c)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open();
	if (c->fd < 0)
		return c->fd;
	ret = client_programs(c);
	ret = ret ?: client_buffers(c);
	if (ret)
		return ret;
	memset(c->a.map, 0x44, QT_WORK_BYTES);
	qt_job_init(&c->slow_job, c->slow);
	qt_job_bind(&c->slow_job, 0, c->in.handle, 0);
	qt_job_bind(&c->slow_job, 1, c->out.handle, 0);
	c->slow_job.job.report_handle = c->report.handle;
	qt_job_init(&c->work_job, c->work);
	qt_job_bind(&c->work_job, 0, c->a.handle, 0);
	qt_job_bind(&c->work_job, 1, c->b.handle, 0);
	qt_job_init(&c->copy_job, c->copy);
	qt_job_bind(&c->copy_job, 0, c->b.handle, 0);
	qt_job_bind(&c->copy_job, 1, c->c.handle, 0);
	return 0;
}

/* Go to sleep and wake up, or only so far as @rehearsal says. */
static int sleep_and_wake(const char *state, const char *rehearsal)
{
	int ret = qt_write_file(PM_TEST, rehearsal);

	return ret ? ret : qt_write_file(PM_STATE, state);
}

FIXTURE(sleep)
{
	struct client c;
	char delay[TEXT];
};

FIXTURE_SETUP(sleep)
{
	self->c.fd = -1;
	if (!getenv("QNN_MODULE"))
		SKIP(return, "not a machine that is there to be tested");
	if (access(PM_TEST, W_OK))
		SKIP(return, "this kernel does not rehearse sleep");
	ASSERT_LT(0, qt_read_file(PM_DELAY, self->delay, sizeof(self->delay)));
	ASSERT_EQ(0, client_open(&self->c));
}

FIXTURE_TEARDOWN(sleep)
{
	if (self->c.fd < 0)
		return;
	EXPECT_EQ(0, qt_write_file(PM_TEST, "none"));
	EXPECT_EQ(0, qt_write_file(PM_DELAY, self->delay));
	close(self->c.fd);
}

/*
 * The devices are stopped for a while, and the clock is not: for two seconds by
 * the kernel's loop of delays, which is not exact in a virtual machine.
 */
TEST_F_TIMEOUT(sleep, time_does_not_count, 600)
{
	struct drm_qnn_report *report = (void *)self->c.report.map;
	struct client *c = &self->c;
	uint32_t ms, slow, copy;
	int64_t woken;
	int fence;

	ASSERT_EQ(0, qt_write_file(PM_DELAY, "2"));
	/* If this machine did not get to sleep while the job ran: once more. */
	for (ms = 1000; ms <= 3000; ms *= 2) {
		ASSERT_EQ(0, qt_syncobj_new(c->fd, 0, &slow));
		ASSERT_EQ(0, qt_syncobj_new(c->fd, 0, &copy));
		c->slow_job.job.timeout_ms = ms;
		ASSERT_EQ(0, qt_submit(c->fd, c->queue, &c->slow_job, 0, slow));
		ASSERT_EQ(0, qt_submit(c->fd, c->queue, &c->copy_job, 0, copy));
		qt_sleep_ms(20);
		ASSERT_EQ(0, sleep_and_wake("freeze", "devices"));
		woken = qt_now();
		ASSERT_EQ(0, qt_syncobj_wait(c->fd, slow, 0, 0, QT_LONG));
		ASSERT_EQ(0, qt_syncobj_wait(c->fd, copy, 0, 0, QT_LONG));
		fence = qt_syncobj_export_fence(c->fd, slow);
		EXPECT_EQ(-ETIMEDOUT, qt_fence_status(fence));
		close(fence);
		fence = qt_syncobj_export_fence(c->fd, copy);
		EXPECT_EQ(-ECANCELED, qt_fence_status(fence));
		close(fence);
		EXPECT_EQ(-ETIMEDOUT, report->status);
		if (report->end_ns > (uint64_t)woken)
			break;
		ASSERT_EQ(0, qt_queue_destroy(c->fd, c->queue));
		ASSERT_EQ(0, qt_queue_new(c->fd, &c->queue));
	}
	EXPECT_LE((ms + 500) * QT_MS, report->total.time_ns)
		TH_LOG("deadline %u ms", ms);
}

/* What workers and the test tell each other. */
struct board {
	volatile int stop;
	volatile unsigned int done;
};

/* A job of some milliseconds and one that waits for it, for a gate or not. */
static int worker_round(struct client *c, int gated)
{
	struct drm_qnn_queue_status status;
	uint32_t in = 0, other;
	struct qt_gate gate;
	int ret;

	if (gated) {
		ret = qt_gate_syncobj(c->fd, &gate, &in);
		if (ret && ret != -ENODEV)
			return 1;
	}
	memset(c->c.map, 0, QT_COPY_BYTES);
	if (qt_queue_new(c->fd, &other))
		return 2;
	if (qt_submit(c->fd, c->queue, &c->work_job, in, 0) ||
	    qt_submit(c->fd, other, &c->copy_job, 0, 0))
		return 3;
	if (in) {
		qt_sleep_ms(1);
		ret = qt_gate_open(&gate);
		qt_syncobj_destroy(c->fd, in);
		if (ret)
			return 4;
	}
	if (qt_bo_wait(c->fd, c->c.handle, 0, QT_LONG))
		return 5;
	if (memcmp(c->a.map, c->c.map, QT_COPY_BYTES))
		return 6;
	ret = qt_queue_status(c->fd, other, &status);
	if (ret || status.completed != 1 || status.failed)
		return 7;
	return qt_queue_destroy(c->fd, other) ? 8 : 0;
}

static int worker(struct board *board, unsigned int seed)
{
	struct drm_qnn_queue_status status;
	struct client c;
	int i, ret;

	if (client_open(&c))
		return 10;
	for (i = 0; !board->stop; i++) {
		ret = worker_round(&c, rand_r(&seed) % 4 == 0);
		if (ret)
			return ret;
		__sync_fetch_and_add(&board->done, 1);
	}
	/* Every one of them. */
	ret = qt_queue_status(c.fd, c.queue, &status);
	return ret || status.completed != (uint64_t)i || status.failed ? 11 : 0;
}

static int cycles(void)
{
	return getenv("QNN_LONG") ? 500 : 12;
}

/* Devices stopped and started, over and over, with all cores at work. */
TEST_F_TIMEOUT(sleep, under_load, 900)
{
	static const char * const rehearsal[] = { "freezer", "devices", "platform" };
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int seed = 1, before;
	pid_t child[WORKERS];
	int i, n, status;

	ASSERT_NE(MAP_FAILED, board);
	ASSERT_EQ(0, qt_write_file(PM_DELAY, "0"));
	for (i = 0; i < WORKERS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(worker(board, i + 1));
	}
	for (i = 0; i < cycles(); i++) {
		before = board->done;
		qt_sleep_ms(rand_r(&seed) % 60);
		ASSERT_EQ(0, sleep_and_wake("freeze", rehearsal[i % 3]));
		/* They go on. */
		for (n = 0; board->done == before && n < QT_LONG / QT_MS; n++)
			qt_sleep_ms(1);
		ASSERT_LT(before, board->done);
	}
	board->stop = 1;
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status)
			TH_LOG("worker %d: %d", i, WEXITSTATUS(status));
	}
	TH_LOG("%d times asleep, %u rounds", cycles(), board->done);
	munmap(board, sizeof(*board));
}

static int64_t time_asleep(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec * QT_S + ts.tv_nsec - qt_now();
}

/*
 * Sleep until the clock rings, which it may do before we sleep: then there is no
 * sleep at all. How long it was, or a negative error.
 */
static int64_t sleep_for(const char *seconds)
{
	int64_t asleep = time_asleep();
	char count[TEXT];
	int ret = qt_read_file(WAKE_COUNT, count, sizeof(count));

	ret = ret < 0 ? ret : qt_write_file(WAKE_COUNT, count);
	ret = ret ?: qt_write_file(WAKE_ALARM, "0");
	ret = ret ?: qt_write_file(WAKE_ALARM, seconds);
	ret = ret ?: sleep_and_wake("mem", "none");
	return ret ? ret : time_asleep() - asleep;
}

/* The clock wakes the machine up after some seconds. */
TEST_F_TIMEOUT(sleep, real, 600)
{
	struct drm_qnn_report *report = (void *)self->c.report.map;
	struct client *c = &self->c;
	char state[TEXT];
	int64_t asleep;
	uint32_t queue;

	ASSERT_LT(0, qt_read_file(PM_STATE, state, sizeof(state)));
	if (!strstr(state, "mem") || access(WAKE_ALARM, W_OK))
		SKIP(return, "this machine would not wake up by itself");
	/* It must not be over before the machine sleeps. */
	c->slow_job.job.timeout_ms = 3000;
	ASSERT_EQ(0, qt_queue_new(c->fd, &queue));
	ASSERT_EQ(0, qt_submit(c->fd, queue, &c->slow_job, 0, 0));
	ASSERT_EQ(0, qt_submit(c->fd, c->queue, &c->work_job, 0, 0));
	ASSERT_EQ(0, qt_submit(c->fd, c->queue, &c->copy_job, 0, 0));
	asleep = sleep_for("+2");
	if (asleep < 10 * QT_MS)
		asleep = sleep_for("+7");
	EXPECT_LE(10 * QT_MS, asleep);

	EXPECT_EQ(0, qt_bo_wait(c->fd, c->c.handle, 0, QT_LONG));
	EXPECT_EQ(0, memcmp(c->a.map, c->c.map, QT_COPY_BYTES));
	EXPECT_EQ(0, qt_bo_wait(c->fd, c->out.handle, 0, QT_LONG));
	EXPECT_EQ(-ETIMEDOUT, report->status);
	EXPECT_LE(3000 * QT_MS, report->total.time_ns);
}

TEST_HARNESS_MAIN

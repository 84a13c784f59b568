// SPDX-License-Identifier: MIT
/* Who gets the cores when many want them, and how much one may ask for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define CLIENTS		8
#define ROUNDS		20
#define AHEAD		2	/* jobs that a client has queued at any time */
#define WAITING		32

struct slot {
	struct qt_buf out, report;
	struct qt_job job;
	uint32_t done;
};

struct client {
	int fd;
	uint32_t queue, program;
	struct qt_buf in;
};

static int client_open(struct client *c, uint32_t priority)
{
	struct drm_qnn_queue_create create = { .priority = priority };
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open();
	if (c->fd < 0)
		return c->fd;
	ret = qt_program_from(c->fd, qt_image_work, &c->program);
	ret = ret ?: qt_ioctl(c->fd, DRM_IOCTL_QNN_QUEUE_CREATE, &create);
	c->queue = create.handle;
	return ret ?: qt_buf_new(c->fd, QT_WORK_BYTES, &c->in);
}

/* A job with buffers of its own: it waits for no other one. */
static int slot_init(struct client *c, struct slot *s)
{
	int ret = qt_buf_new(c->fd, QT_WORK_BYTES, &s->out);

	ret = ret ?: qt_buf_new(c->fd, sizeof(struct drm_qnn_report), &s->report);
	ret = ret ?: qt_syncobj_new(c->fd, 0, &s->done);
	qt_job_init(&s->job, c->program);
	qt_job_bind(&s->job, 0, c->in.handle, 0);
	qt_job_bind(&s->job, 1, s->out.handle, 0);
	s->job.job.report_handle = s->report.handle;
	return ret;
}

static int slot_submit(struct client *c, struct slot *s)
{
	return qt_submit(c->fd, c->queue, &s->job, 0, s->done);
}

static const struct drm_qnn_report *slot_report(const struct slot *s)
{
	return (const void *)s->report.map;
}

static int slot_wait(struct client *c, struct slot *s)
{
	int ret = qt_syncobj_wait(c->fd, s->done, 0, 0, QT_LONG);

	return ret ? ret : slot_report(s)->status;
}

/* What the clients tell the test. */
struct board {
	volatile int go, stop;
	volatile unsigned int ready, jobs[CLIENTS];
};

static int keep_busy(struct board *board, int index)
{
	struct slot slot[AHEAD];
	struct client c;
	int ret = client_open(&c, DRM_QNN_PRIORITY_NORMAL), i;

	for (i = 0; !ret && i < AHEAD; i++)
		ret = slot_init(&c, &slot[i]);
	__sync_fetch_and_add(&board->ready, 1);
	while (!board->go)
		qt_sleep_ms(1);
	for (i = 0; !ret && i < AHEAD; i++)
		ret = slot_submit(&c, &slot[i]);
	for (i = 0; !ret && !board->stop; i++) {
		ret = slot_wait(&c, &slot[i % AHEAD]);
		board->jobs[index]++;
		ret = ret ?: slot_submit(&c, &slot[i % AHEAD]);
	}
	return !!ret;
}

/* Jobs that ended since @since. */
static void shares(const struct board *board, const unsigned int *since, unsigned int *least,
		   unsigned int *most, unsigned int *sum)
{
	int i;

	*least = *most = *sum = board->jobs[0] - since[0];
	for (i = 1; i < CLIENTS; i++) {
		unsigned int jobs = board->jobs[i] - since[i];

		*least = jobs < *least ? jobs : *least;
		*most = jobs > *most ? jobs : *most;
		*sum += jobs;
	}
}

/*
 * Equal clients get within 10 % of each other, over twenty rounds. A machine that has
 * other things to do may not let a client run for a while: some twenty rounds of
 * half a minute have to be so.
 */
TEST(eight_clients)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int least, most, sum, since[CLIENTS] = {}, fair = 0;
	struct drm_qnn_device_info info;
	int64_t measured = (getenv("QNN_LONG") ? 10 : 2) * QT_S;
	int64_t end = qt_now() + 25 * QT_S, begin;
	int fd = qt_open(), i, status;
	pid_t child[CLIENTS];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_device_info(fd, &info));
	ASSERT_NE(MAP_FAILED, board);
	for (i = 0; i < CLIENTS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(keep_busy(board, i));
	}
	while (board->ready < CLIENTS && qt_now() < end)
		qt_sleep_ms(1);
	board->go = 1;
	begin = qt_now();
	/* Two seconds (ten with QNN_LONG), and until there were such rounds. */
	do {
		qt_sleep_ms(10);
		shares(board, since, &least, &most, &sum);
		if (sum < ROUNDS * CLIENTS)
			continue;
		fair |= (most - least) * 10 * CLIENTS <= sum;
		if (!fair)
			for (i = 0; i < CLIENTS; i++)
				since[i] = board->jobs[i];
	} while (qt_now() < end && (qt_now() < begin + measured ||
				    (!fair && CLIENTS % info.cores == 0)));
	board->stop = 1;
	for (i = 0; i < CLIENTS; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	TH_LOG("%u cores, %u jobs of %d clients: %u to %u each, spread %u %% of the mean",
	       info.cores, sum, CLIENTS, least, most, (most - least) * 100 * CLIENTS / sum);
	/* A busy queue stays on its core, so shares differ if cores do not fit. */
	if (CLIENTS % info.cores == 0)
		EXPECT_EQ(1, fair);
	EXPECT_LT(0, board->jobs[0]);
	munmap(board, sizeof(*board));
	close(fd);
}

/* Jobs that wait, and then an urgent one: how many of them began before it. */
static int overtaken(struct client *normal, struct slot *slot, struct client *high,
		     struct slot *urgent)
{
	const struct drm_qnn_report *report, *mine = slot_report(urgent);
	int i, ret = 0, count = 0;

	for (i = 0; !ret && i < WAITING; i++)
		ret = slot_submit(&normal[i % CLIENTS], &slot[i]);
	ret = ret ?: slot_submit(high, urgent);
	ret = ret ?: slot_wait(high, urgent);
	for (i = 0; !ret && i < WAITING; i++) {
		ret = slot_wait(&normal[i % CLIENTS], &slot[i]);
		report = slot_report(&slot[i]);
		/* On the same core, after the urgent one came and before it. */
		count += report->core == mine->core && report->start_ns > mine->submit_ns &&
			 report->start_ns < mine->start_ns;
	}
	return ret ? ret : count;
}

/* What is urgent waits for what runs, not for what waits. */
TEST(priority_goes_first)
{
	struct slot *slot = calloc(WAITING, sizeof(*slot)), urgent;
	struct client normal[CLIENTS], high;
	int i, count = WAITING;

	if (geteuid())
		SKIP(return, "high priority is for root");
	ASSERT_NE(NULL, slot);
	ASSERT_EQ(0, client_open(&high, DRM_QNN_PRIORITY_HIGH));
	ASSERT_EQ(0, slot_init(&high, &urgent));
	for (i = 0; i < CLIENTS; i++)
		ASSERT_EQ(0, client_open(&normal[i], DRM_QNN_PRIORITY_NORMAL));
	for (i = 0; i < WAITING; i++)
		ASSERT_EQ(0, slot_init(&normal[i % CLIENTS], &slot[i]));
	/* One may be about to start. More: somebody held us up; once more. */
	for (i = 0; i < 5 && count > 1; i++) {
		count = overtaken(normal, slot, &high, &urgent);
		ASSERT_LE(0, count);
	}
	TH_LOG("%d of %d waiting jobs began before the urgent one", count, WAITING);
	EXPECT_GE(1, count);
	for (i = 0; i < CLIENTS; i++)
		close(normal[i].fd);
	close(high.fd);
	free(slot);
}

/* Fill a queue behind a job that takes its time; how many it took. */
static int fill(int fd, uint32_t queue, uint32_t count)
{
	struct drm_qnn_submit submit;
	struct drm_qnn_job jobs[64];
	struct qt_buf in, out;
	uint32_t program, sent = 0, i;
	struct qt_job job;
	int ret = qt_program_from(fd, qt_image_copy, &program);

	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &in);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &out);
	if (ret)
		return ret;
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	for (i = 0; i < 64; i++)
		jobs[i] = job.job;
	qt_submit_init(&submit, queue, &job);
	submit.jobs = (uintptr_t)jobs;
	while (sent < count) {
		submit.job_count = count - sent < 64 ? count - sent : 64;
		ret = qt_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, &submit);
		if (ret)
			return ret;
		sent += submit.job_count;
	}
	/* One more than there is room for. */
	submit.job_count = 1;
	return qt_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, &submit);
}

/* The first job keeps the queue of this file from moving. */
static int blocker(int fd, uint32_t queue, uint32_t timeout_ms)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t program;
	int ret = qt_program_from(fd, qt_image_slow, &program);

	ret = ret ?: qt_buf_new(fd, QT_SLOW_IN, &in);
	ret = ret ?: qt_buf_new(fd, QT_SLOW_OUT, &out);
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, in.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	job.job.timeout_ms = timeout_ms;
	return ret ?: qt_submit(fd, queue, &job, 0, 0);
}

/* Fill as many queues as the file may. 0, or what is wrong. */
static int fill_file(int fd, const struct drm_qnn_device_info *info, uint32_t timeout_ms)
{
	struct drm_qnn_queue_status status;
	uint32_t queue, total;
	int ret = 0;

	for (total = 0; !ret && total < info->max_file_jobs; total += info->max_queue_jobs) {
		ret = qt_queue_new(fd, &queue);
		ret = ret ?: blocker(fd, queue, timeout_ms);
		ret = ret ?: fill(fd, queue, info->max_queue_jobs - 1);
		if (ret != -EBUSY)
			return ret ? ret : -EOVERFLOW;
		ret = qt_queue_status(fd, queue, &status);
		if (!ret && status.submitted != info->max_queue_jobs)
			return -EUSERS;
	}
	/* Another queue does not help. */
	ret = ret ?: qt_queue_new(fd, &queue);
	ret = ret ?: blocker(fd, queue, 1);
	return ret == -EBUSY ? 0 : ret ? ret : -EOVERFLOW;
}

TEST(limits)
{
	struct drm_qnn_device_info info;
	int fd = qt_open(), other = qt_open(), ret = -EIO;
	uint32_t queue, ms;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, qt_device_info(fd, &info));
	/* As soon as a job in front meets its deadline there is room again. */
	for (ms = 1000; ret && ms <= info.max_timeout_ms; ms *= 2) {
		int64_t end = qt_now() + ms * QT_MS;

		close(fd);
		fd = qt_open();
		ASSERT_LE(0, fd);
		ret = fill_file(fd, &info, ms);
		if (qt_now() < end)
			break;
	}
	EXPECT_EQ(0, ret);
	/* Another file is not concerned. */
	ASSERT_EQ(0, qt_queue_new(other, &queue));
	EXPECT_EQ(0, blocker(other, queue, 1));
	close(other);
	close(fd);
}

TEST_HARNESS_MAIN

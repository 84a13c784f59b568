// SPDX-License-Identifier: MIT
/*
 * Everything that can go away while jobs run or wait: queue, program, buffers,
 * the file, the process. Fences always signal, and the device goes on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define SLOW_MS	300

FIXTURE(teardown)
{
	int fd;
	uint32_t queue, slow, copy;
	struct qt_buf in, out, a, b;
	struct qt_job slow_job, copy_job;
};

struct setup {
	uint32_t *queue, *slow, *copy;
	struct qt_buf *in, *out, *a, *b;
	struct qt_job *slow_job, *copy_job;
};

static int set_up(int fd, struct setup s)
{
	int ret = qt_program_from(fd, qt_image_slow, s.slow);

	ret = ret ?: qt_program_from(fd, qt_image_copy, s.copy);
	ret = ret ?: qt_queue_new(fd, s.queue);
	ret = ret ?: qt_buf_new(fd, QT_SLOW_IN, s.in);
	ret = ret ?: qt_buf_new(fd, QT_SLOW_OUT, s.out);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, s.a);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, s.b);
	if (ret)
		return ret;
	memset(s.a->map, 0x44, QT_COPY_BYTES);
	qt_job_init(s.slow_job, *s.slow);
	qt_job_bind(s.slow_job, 0, s.in->handle, 0);
	qt_job_bind(s.slow_job, 1, s.out->handle, 0);
	s.slow_job->job.timeout_ms = SLOW_MS;
	qt_job_init(s.copy_job, *s.copy);
	qt_job_bind(s.copy_job, 0, s.a->handle, 0);
	qt_job_bind(s.copy_job, 1, s.b->handle, 0);
	return 0;
}

FIXTURE_SETUP(teardown)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, set_up(self->fd, (struct setup){
		&self->queue, &self->slow, &self->copy, &self->in, &self->out, &self->a,
		&self->b, &self->slow_job, &self->copy_job }));
}

/* A new file still gets right results. */
FIXTURE_TEARDOWN(teardown)
{
	uint32_t queue, slow, copy;
	struct qt_buf in, out, a, b;
	struct qt_job slow_job, copy_job;
	int fd;

	close(self->fd);
	fd = qt_open();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_up(fd, (struct setup){ &queue, &slow, &copy, &in, &out, &a, &b,
						&slow_job, &copy_job }));
	EXPECT_EQ(0, qt_run(fd, queue, &copy_job));
	EXPECT_EQ(0, memcmp(a.map, b.map, QT_COPY_BYTES));
	close(fd);
}

/* Wait for the end of a fence that was exported, and return its status. */
static int end_of(int sync_file)
{
	struct pollfd pollfd = { .fd = sync_file, .events = POLLIN };

	if (poll(&pollfd, 1, QT_LONG / QT_MS) != 1)
		return 0;
	return qt_fence_status(sync_file);
}

/* Submit and return the job's fence as a descriptor. */
static int submit_fence(int fd, uint32_t queue, struct qt_job *job, uint32_t in)
{
	uint32_t out;
	int ret = qt_syncobj_new(fd, 0, &out);

	ret = ret ?: qt_submit(fd, queue, job, in, out);
	ret = ret ?: qt_syncobj_export_fence(fd, out);
	qt_syncobj_destroy(fd, out);
	return ret;
}

TEST_F(teardown, close_with_running_and_waiting_jobs)
{
	int running = submit_fence(self->fd, self->queue, &self->slow_job, 0);
	int waiting = submit_fence(self->fd, self->queue, &self->copy_job, 0);

	ASSERT_LE(0, running);
	ASSERT_LE(0, waiting);
	close(self->fd);
	EXPECT_GT(0, end_of(running));
	EXPECT_EQ(-ECANCELED, end_of(waiting));
	EXPECT_EQ(0, self->b.map[0]);
	close(running);
	close(waiting);
}

TEST_F(teardown, close_while_the_job_starts)
{
	int i, fence[50];
	uint32_t queue;

	for (i = 0; i < 50; i++) {
		int fd = qt_open();
		uint32_t slow, copy;
		struct qt_buf in, out, a, b;
		struct qt_job slow_job, copy_job;

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, set_up(fd, (struct setup){ &queue, &slow, &copy, &in, &out, &a, &b,
							&slow_job, &copy_job }));
		fence[i] = submit_fence(fd, queue, &copy_job, 0);
		ASSERT_LE(0, fence[i]);
		close(fd);
		munmap(in.map, in.size);
		munmap(out.map, out.size);
		munmap(a.map, a.size);
		munmap(b.map, b.size);
	}
	for (i = 0; i < 50; i++) {
		int status = end_of(fence[i]);

		EXPECT_TRUE(status == 1 || status == -ECANCELED);
		close(fence[i]);
	}
}

/* Waiting jobs are cancelled, the running one meets its own end. */
TEST_F(teardown, destroy_queue)
{
	int running = submit_fence(self->fd, self->queue, &self->slow_job, 0);
	int waiting = submit_fence(self->fd, self->queue, &self->copy_job, 0);
	struct drm_qnn_queue_status status;

	ASSERT_LE(0, running);
	ASSERT_LE(0, waiting);
	qt_sleep_ms(SLOW_MS / 4);
	ASSERT_EQ(0, qt_queue_destroy(self->fd, self->queue));
	EXPECT_EQ(-ENOENT, qt_queue_status(self->fd, self->queue, &status));
	EXPECT_EQ(-ENOENT, qt_submit(self->fd, self->queue, &self->copy_job, 0, 0));
	EXPECT_EQ(-ETIMEDOUT, end_of(running));
	EXPECT_EQ(-ECANCELED, end_of(waiting));
	EXPECT_EQ(0, self->b.map[0]);
	close(running);
	close(waiting);
}

TEST_F(teardown, destroy_queue_with_a_job_behind_a_gate)
{
	struct qt_gate gate;
	uint32_t in;
	int waiting, ret = qt_gate_syncobj(self->fd, &gate, &in);

	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	waiting = submit_fence(self->fd, self->queue, &self->copy_job, in);
	ASSERT_LE(0, waiting);
	ASSERT_EQ(0, qt_queue_destroy(self->fd, self->queue));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(-ECANCELED, end_of(waiting));
	EXPECT_EQ(0, self->b.map[0]);
	close(waiting);
}

TEST_F(teardown, destroy_program_and_buffers)
{
	int fence = submit_fence(self->fd, self->queue, &self->slow_job, 0);

	ASSERT_LE(0, fence);
	EXPECT_EQ(0, qt_program_destroy(self->fd, self->slow));
	qt_buf_free(self->fd, &self->in);
	qt_buf_free(self->fd, &self->out);
	EXPECT_EQ(-ETIMEDOUT, end_of(fence));
	close(fence);
}

/* The child leaves a running job, waiting jobs and a gate; it has no chance. */
TEST_F(teardown, kill)
{
	int ready[2], i, status;
	char byte;

	for (i = 0; i < 10; i++) {
		pid_t child;

		ASSERT_EQ(0, pipe(ready));
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			uint32_t queue, slow, copy, in_sync;
			struct qt_buf in, out, a, b;
			struct qt_job slow_job, copy_job;
			struct qt_gate gate;
			int fd = qt_open();

			close(self->fd);
			if (set_up(fd, (struct setup){ &queue, &slow, &copy, &in, &out, &a, &b,
						       &slow_job, &copy_job }) ||
			    qt_submit(fd, queue, &slow_job, 0, 0) ||
			    qt_submit(fd, queue, &copy_job, 0, 0))
				_exit(1);
			if (!qt_queue_new(fd, &queue) && !qt_gate_syncobj(fd, &gate, &in_sync))
				qt_submit(fd, queue, &copy_job, in_sync, 0);
			if (write(ready[1], "x", 1) != 1)
				_exit(1);
			pause();
		}
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		close(ready[0]);
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
}

/* A child that inherited the file keeps the jobs of its parent going. */
TEST_F(teardown, inherited_file_lives_on)
{
	int fence = submit_fence(self->fd, self->queue, &self->slow_job, 0);
	int status;
	pid_t child;

	ASSERT_LE(0, fence);
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(end_of(fence) == -ETIMEDOUT ? 0 : 1);
	close(self->fd);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(fence);
}

static void on_alarm(int signal)
{
}

/* A signal ends the wait of BO_WAIT; the job goes on. */
TEST_F(teardown, signal_during_wait)
{
	struct sigaction action = { .sa_handler = on_alarm };
	pid_t child;
	int ret, status;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->slow_job, 0, 0));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		qt_sleep_ms(SLOW_MS / 3);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	ret = qt_bo_wait(self->fd, self->out.handle, 0, QT_LONG);
	/* On a busy machine the job may be over before the signal comes. */
	EXPECT_TRUE(ret == -EINTR || ret == 0);
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->out.handle, 0, QT_LONG));
	ASSERT_EQ(child, waitpid(child, &status, 0));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/* Many users at once: every one gets exactly its own results. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define ROUNDS	60

/* Add random bytes @rounds times on @queue and check each sum. */
static int add_and_check(int fd, uint32_t queue, unsigned int seed, int rounds)
{
	struct qt_buf a, b, out;
	struct qt_job job;
	uint32_t add;
	int ret = qt_program_from(fd, qt_image_add, &add), i, n;

	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &a);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &b);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &out);
	if (ret)
		return ret;
	qt_job_init(&job, add);
	qt_job_bind(&job, 0, a.handle, 0);
	qt_job_bind(&job, 1, b.handle, 0);
	qt_job_bind(&job, 2, out.handle, 0);
	for (n = 0; n < rounds; n++) {
		for (i = 0; i < QT_COPY_BYTES; i++) {
			seed = seed * 1664525 + 1013904223;
			a.map[i] = seed >> 24;
			b.map[i] = seed >> 16;
		}
		ret = qt_run(fd, queue, &job);
		if (ret)
			return ret;
		for (i = 0; i < QT_COPY_BYTES; i++) {
			int sum = (int8_t)a.map[i] + (int8_t)b.map[i];

			sum = sum < -128 ? -128 : sum > 127 ? 127 : sum;
			if ((int8_t)out.map[i] != sum)
				return -EILSEQ;
		}
	}
	return 0;
}

TEST(several_processes)
{
	pid_t child[4];
	uint32_t queue;
	int i, status, fd;

	for (i = 0; i < 4; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i]) {
			fd = qt_open();
			if (fd < 0 || qt_queue_new(fd, &queue))
				_exit(1);
			_exit(add_and_check(fd, queue, i, ROUNDS) ? 2 : 0);
		}
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status);
	}
}

struct worker {
	int fd, result;
	uint32_t queue;
	unsigned int seed;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	w->result = add_and_check(w->fd, w->queue, w->seed, ROUNDS);
	return NULL;
}

/* Threads on one file: two of them share a queue, two have their own. */
TEST(threads_of_one_file)
{
	struct worker worker[4];
	pthread_t thread[4];
	uint32_t shared;
	int fd = qt_open(), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_queue_new(fd, &shared));
	for (i = 0; i < 4; i++) {
		worker[i] = (struct worker){ .fd = fd, .queue = shared, .seed = 1000 + i };
		if (i >= 2)
			ASSERT_EQ(0, qt_queue_new(fd, &worker[i].queue));
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, work, &worker[i]));
	}
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(0, worker[i].result);
	}
	close(fd);
}

/* Priorities change the order, never the results; nobody starves for good. */
TEST(priorities_side_by_side)
{
	static const uint32_t priorities[] = {
		DRM_QNN_PRIORITY_LOW, DRM_QNN_PRIORITY_NORMAL, DRM_QNN_PRIORITY_HIGH,
	};
	struct worker worker[3];
	pthread_t thread[3];
	int fd = qt_open(), i;

	if (geteuid())
		SKIP(return, "high priority is for root");
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		struct drm_qnn_queue_create create = { .priority = priorities[i] };

		ASSERT_EQ(0, qt_ioctl(fd, DRM_IOCTL_QNN_QUEUE_CREATE, &create));
		worker[i] = (struct worker){ .fd = fd, .queue = create.handle, .seed = i };
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, work, &worker[i]));
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(0, worker[i].result);
	}
	close(fd);
}

struct churner {
	int fd;
	volatile int stop;
	int result;
};

/* Create and destroy handles as fast as it goes, guessing those of others. */
static void *churn(void *arg)
{
	struct churner *c = arg;
	uint32_t queue, program, guess = 1;

	while (!c->stop) {
		c->result = qt_queue_new(c->fd, &queue);
		if (!c->result)
			c->result = qt_program_from(c->fd, qt_image_copy, &program);
		if (c->result)
			return NULL;
		qt_queue_destroy(c->fd, queue);
		qt_program_destroy(c->fd, program);
		/* Races on purpose: may hit what the other thread just made. */
		qt_queue_destroy(c->fd, guess % 8);
		qt_program_destroy(c->fd, guess++ % 8);
	}
	return NULL;
}

/* Handles that another thread destroys: an error, never more than that. */
TEST(handles_under_attack)
{
	struct churner churner = { .fd = qt_open() };
	struct qt_buf a, b;
	struct qt_job job;
	uint32_t queue, program;
	pthread_t thread;
	int i, ret;

	ASSERT_LE(0, churner.fd);
	ASSERT_EQ(0, qt_buf_new(churner.fd, QT_COPY_BYTES, &a));
	ASSERT_EQ(0, qt_buf_new(churner.fd, QT_COPY_BYTES, &b));
	ASSERT_EQ(0, pthread_create(&thread, NULL, churn, &churner));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, qt_queue_new(churner.fd, &queue));
		ASSERT_EQ(0, qt_program_from(churner.fd, qt_image_copy, &program));
		qt_job_init(&job, program);
		qt_job_bind(&job, 0, a.handle, 0);
		qt_job_bind(&job, 1, b.handle, 0);
		ret = qt_submit(churner.fd, queue, &job, 0, 0);
		EXPECT_TRUE(ret == 0 || ret == -ENOENT || ret == -EIO || ret == -ECANCELED);
		qt_queue_destroy(churner.fd, queue);
		qt_program_destroy(churner.fd, program);
	}
	churner.stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, churner.result);
	close(churner.fd);
}

struct scribbler {
	struct drm_qnn_job *job;
	volatile int stop;
	uint32_t queue;
};

/* Another thread rewrites the arguments while the kernel reads them. */
static void *scribble(void *arg)
{
	struct scribbler *s = arg;
	volatile struct drm_qnn_job *job = s->job;
	uint32_t program = job->program, count = job->binding_count, n = 0;

	while (!s->stop) {
		job->binding_count = n++ % 4;
		job->program = n % 3 ? program : n;
		job->timeout_ms = n % 5 ? 0 : ~0u;
		job->binding_count = count;
		job->program = program;
	}
	return NULL;
}

TEST(arguments_under_attack)
{
	struct scribbler s = { 0 };
	struct qt_buf a, b;
	struct qt_job job;
	uint32_t program;
	pthread_t thread;
	int fd = qt_open(), i, ret;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &a));
	ASSERT_EQ(0, qt_buf_new(fd, QT_COPY_BYTES, &b));
	ASSERT_EQ(0, qt_queue_new(fd, &s.queue));
	ASSERT_EQ(0, qt_program_from(fd, qt_image_copy, &program));
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, a.handle, 0);
	qt_job_bind(&job, 1, b.handle, 0);
	s.job = &job.job;
	ASSERT_EQ(0, pthread_create(&thread, NULL, scribble, &s));
	for (i = 0; i < 300; i++) {
		ret = qt_submit(fd, s.queue, &job, 0, 0);
		EXPECT_TRUE(ret == 0 || ret == -EINVAL || ret == -ENOENT);
	}
	s.stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, qt_bo_wait(fd, b.handle, 0, QT_LONG));
	close(fd);
}

#define LARGE	(64u << 20)

/*
 * Killed while the kernel copies or checks a program: it does not go on with that
 * first. What is left behind, the harness looks for.
 */
TEST(killed_while_a_program_is_made)
{
	struct drm_qnn_program_create create = { .size = LARGE };
	int fd = qt_open(), i, status;
	void *image = mmap(NULL, LARGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, image);
	create.data = (uintptr_t)image;
	for (i = 0; i < 20; i++) {
		child = fork();
		ASSERT_LE(0, child);
		while (!child)
			if (qt_ioctl(fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &create) != -EINVAL)
				_exit(1);
		qt_sleep_ms(1 + i);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	munmap(image, LARGE);
	close(fd);
}

TEST_HARNESS_MAIN

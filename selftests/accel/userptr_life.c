// SPDX-License-Identifier: MIT
/* What becomes of a buffer of a process's memory when the process goes on. */
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

#define PAGE		QT_PAGE
#define READ_ONLY	DRM_QNN_BO_USERPTR_READ_ONLY

FIXTURE(userptr_life)
{
	struct qt_mem m;
};

FIXTURE_SETUP(userptr_life)
{
	ASSERT_EQ(0, qt_mem_open(&self->m));
}

FIXTURE_TEARDOWN(userptr_life)
{
	close(self->m.fd);
}

#define COPY(from, to)	qt_mem_copy(&self->m, (from), 0, (to))

TEST_F(userptr_life, unmapped_memory_stays)
{
	memset(self->m.mem, 0x41, 2 * PAGE);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, munmap(self->m.mem, 2 * PAGE));
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x41, self->m.buf.map[0]);
	/* What comes there later is other memory. */
	ASSERT_EQ(self->m.mem, mmap(self->m.mem, 2 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(self->m.mem, 0x42, 2 * PAGE);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x41, self->m.buf.map[0]);
	ASSERT_EQ(0, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0x42, self->m.mem[0]);
}

TEST_F(userptr_life, moved_memory_is_the_same)
{
	uint8_t *moved;

	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	moved = mremap(self->m.mem, 2 * PAGE, 1000 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, moved);
	memset(moved, 0x43, PAGE);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x43, self->m.buf.map[0]);
}

TEST_F(userptr_life, protection_may_change)
{
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, mprotect(self->m.mem, 2 * PAGE, PROT_READ));
	memset(self->m.buf.map, 0x44, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0x44, self->m.mem[0]);
}

/* Thrown away by the process, not by the BO. */
TEST_F(userptr_life, discarded_memory_stays)
{
	memset(self->m.mem, 0x45, 2 * PAGE);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, madvise(self->m.mem, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, self->m.mem[0]);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x45, self->m.buf.map[0]);
}

/* The pages are the parent's, although the child wrote first. */
TEST_F(userptr_life, fork_leaves_the_parent_its_pages)
{
	pid_t child;
	int status;

	memset(self->m.mem, 0x51, 2 * PAGE);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		if (self->m.mem[0] != 0x51)
			_exit(1);
		memset(self->m.mem, 0x52, 2 * PAGE);
		_exit(qt_pinned(0) ? 0 : 2);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x51, self->m.mem[0]);
	memset(self->m.mem, 0x53, PAGE);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x53, self->m.buf.map[0]);
	memset(self->m.buf.map, 0x54, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0x54, self->m.mem[0]);
}

/* Made in the child, whose memory it is; the parent's file keeps it. */
TEST_F(userptr_life, outlives_the_process)
{
	uint32_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	pid_t child;
	int status;

	ASSERT_NE(MAP_FAILED, shared);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		memset(self->m.mem, 0x55, 2 * PAGE);
		_exit(qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, shared) ? 1 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, COPY(*shared, self->m.buf.handle));
	EXPECT_EQ(0x55, self->m.buf.map[QT_COPY_BYTES - 1]);
	EXPECT_TRUE(qt_pinned(0));
	EXPECT_EQ(0, qt_gem_close(self->m.fd, *shared));
}

/*
 * A child whose job is running on its memory when it calls exec() or exit().
 * The job has its own end, the deadline.
 */
static void run_and_leave(bool exec)
{
	char *const argv[] = { (char *)"true", NULL };
	uint8_t *in = qt_pages(16, PROT_READ | PROT_WRITE);
	uint8_t *out = qt_pages(256, PROT_READ | PROT_WRITE);
	uint32_t queue, program, handle[2];
	int fd = qt_open();
	struct qt_job job;

	if (fd < 0 || !in || !out || qt_queue_new(fd, &queue) ||
	    qt_program_from(fd, qt_image_slow, &program) ||
	    qt_userptr(fd, in, 16 * PAGE, READ_ONLY, &handle[0]) ||
	    qt_userptr(fd, out, 256 * PAGE, 0, &handle[1]))
		_exit(1);
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, handle[0], 0);
	qt_job_bind(&job, 1, handle[1], 0);
	job.job.timeout_ms = 300;
	if (qt_submit(fd, queue, &job, 0, 0))
		_exit(2);
	qt_sleep_ms(50);
	if (exec)
		execv("/bin/true", argv);
	_exit(exec ? 3 : 0);
}

TEST_F(userptr_life, exit_and_exec_while_a_job_runs)
{
	int i, status;
	pid_t child;

	for (i = 0; i < 2; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			run_and_leave(i);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
	}
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	EXPECT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
}

/* The handle and the mapping go, the job on its way does not notice. */
TEST_F(userptr_life, closed_while_a_job_waits)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in, out;
	int ret;

	ret = qt_gate_syncobj(self->m.fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_syncobj_new(self->m.fd, 0, &out));
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	memset(self->m.mem, 0x56, 2 * PAGE);
	qt_job_init(&job, self->m.program);
	qt_job_bind(&job, 0, self->m.handle, 0);
	qt_job_bind(&job, 1, self->m.buf.handle, 0);
	ASSERT_EQ(0, qt_submit(self->m.fd, self->m.queue, &job, in, out));
	ASSERT_EQ(0, qt_gem_close(self->m.fd, self->m.handle));
	ASSERT_EQ(0, munmap(self->m.mem, 2 * PAGE));
	EXPECT_TRUE(qt_pinned(2));
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->m.fd, out, 0, 0, QT_LONG));
	EXPECT_EQ(0x56, self->m.buf.map[QT_COPY_BYTES - 1]);
}

/* Fences order jobs on one of these as on any BO. */
TEST_F(userptr_life, can_be_waited_for)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;
	int ret;

	ret = qt_gate_syncobj(self->m.fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	memset(self->m.buf.map, 0x57, QT_COPY_BYTES);
	qt_job_init(&job, self->m.program);
	qt_job_bind(&job, 0, self->m.buf.handle, 0);
	qt_job_bind(&job, 1, self->m.handle, 0);
	ASSERT_EQ(0, qt_submit(self->m.fd, self->m.queue, &job, in, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->m.fd, self->m.handle, 0, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->m.fd, self->m.handle, 0, QT_LONG));
	EXPECT_EQ(0x57, self->m.mem[0]);
}

/* Again and again at another moment of pinning, mapping and unpinning. */
TEST_F(userptr_life, killed_while_it_pins)
{
	int i, status;
	pid_t child;

	for (i = 0; i < 20; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child) {
			uint8_t *mem = qt_pages(2000, PROT_READ | PROT_WRITE);
			struct qt_mem m;

			if (qt_mem_open(&m))
				_exit(1);
			while (!qt_userptr(m.fd, mem, 2000 * PAGE, 0, &m.handle) &&
			       !qt_mem_copy(&m, m.handle, 0, m.buf.handle))
				qt_gem_close(m.fd, m.handle);
			_exit(2);
		}
		qt_sleep_ms(5 + 5 * i);
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	EXPECT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
}

struct remapper {
	uint8_t *mem;
	volatile int stop;
};

static void *remap(void *arg)
{
	struct remapper *r = arg;

	while (!r->stop) {
		munmap(r->mem + 3 * PAGE, 2 * PAGE);
		mmap(r->mem + 3 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mprotect(r->mem, 2 * PAGE, PROT_READ);
		mprotect(r->mem, 2 * PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* Another thread changes the mapping meanwhile: all pages or an error. */
TEST_F(userptr_life, mapping_under_attack)
{
	struct remapper r = { .mem = qt_pages(8, PROT_READ | PROT_WRITE) };
	pthread_t thread;
	int i, ret;

	ASSERT_TRUE(r.mem);
	ASSERT_EQ(0, pthread_create(&thread, NULL, remap, &r));
	for (i = 0; i < 300; i++) {
		ret = qt_userptr(self->m.fd, r.mem, 8 * PAGE, i % 2 ? READ_ONLY : 0, &self->m.handle);
		EXPECT_TRUE(ret == 0 || ret == -EFAULT);
		if (ret)
			continue;
		EXPECT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
		EXPECT_EQ(0, qt_gem_close(self->m.fd, self->m.handle));
	}
	r.stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_TRUE(qt_pinned(0));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/* A client that wants more memory than its control group has. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define ROOT	"/dev/shm/qnn-memcg"
#define GROUP	ROOT "/qnn-greedy"
#define LIMIT	(32ull << 20)
#define GREED	(2 * LIMIT)

/* Number behind @key in a file of the group, or the first one; -1: none. */
static long long group_number(const char *name, const char *key)
{
	char path[128], text[1024], *at;

	snprintf(path, sizeof(path), GROUP "/%s", name);
	if (qt_read_file(path, text, sizeof(text)) < 0)
		return -1;
	at = key ? strstr(text, key) : text;
	return at ? atoll(at + (key ? strlen(key) : 0)) : -1;
}

/* A program of GREED bytes, most of them constants that nobody uses. */
static void *image_greedy(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);
	void *image;

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 1, 1, 64);
	qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	qnn_prog_const(p, NULL, GREED, 64);
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

FIXTURE(memcg)
{
	void *image;		/* the parent's memory, not the group's */
	size_t image_size;
	pid_t other;
	int stop[2];		/* pipe: closed when the other one is to end */
};

/* A client outside of the group: counts on, to the end. */
static void work_on(int stop)
{
	struct qt_buf a, b, out;
	uint32_t queue, add;
	int fd = qt_open(), i, n;
	struct qt_job job;
	char c;

	if (fd < 0 || qt_queue_new(fd, &queue) || qt_program_from(fd, qt_image_add, &add) ||
	    qt_buf_new(fd, QT_COPY_BYTES, &a) || qt_buf_new(fd, QT_COPY_BYTES, &b) ||
	    qt_buf_new(fd, QT_COPY_BYTES, &out))
		_exit(1);
	fcntl(stop, F_SETFL, O_NONBLOCK);
	for (n = 0; read(stop, &c, 1); n++) {
		memset(a.map, n % 60, QT_COPY_BYTES);
		memset(b.map, n % 50, QT_COPY_BYTES);
		qt_job_init(&job, add);
		qt_job_bind(&job, 0, a.handle, 0);
		qt_job_bind(&job, 1, b.handle, 0);
		qt_job_bind(&job, 2, out.handle, 0);
		if (qt_run(fd, queue, &job))
			_exit(2);
		for (i = 0; i < QT_COPY_BYTES; i++)
			if (out.map[i] != n % 60 + n % 50)
				_exit(3);
	}
	_exit(n > 1 ? 0 : 4);
}

static int make_group(void)
{
	char limit[32];
	int ret;

	mkdir(ROOT, 0700);
	if (mount("none", ROOT, "cgroup2", 0, NULL))
		return -errno;
	snprintf(limit, sizeof(limit), "%llu", LIMIT);
	ret = qt_write_file(ROOT "/cgroup.subtree_control", "+memory");
	if (!ret && mkdir(GROUP, 0700))
		ret = -errno;
	ret = ret ? ret : qt_write_file(GROUP "/memory.max", limit);
	if (ret)
		umount(ROOT);
	return ret;
}

FIXTURE_SETUP(memcg)
{
	self->other = -1;
	if (make_group())
		SKIP(return, "no memory control groups here");
	self->image = image_greedy(&self->image_size);
	ASSERT_TRUE(self->image);
	ASSERT_EQ(0, pipe(self->stop));
	self->other = fork();
	ASSERT_LE(0, self->other);
	if (!self->other) {
		close(self->stop[1]);
		work_on(self->stop[0]);
	}
	close(self->stop[0]);
}

FIXTURE_TEARDOWN(memcg)
{
	int i, status = 0;

	if (self->other < 0)
		return;
	qt_sleep_ms(50);
	close(self->stop[1]);
	ASSERT_EQ(self->other, waitpid(self->other, &status, 0));
	EXPECT_EQ(0, status);

	/* What the greedy one had is given back. */
	for (i = 0; i < 50 && group_number("memory.current", NULL) > 2 << 20; i++)
		qt_sleep_ms(100);
	EXPECT_GT(2 << 20, group_number("memory.current", NULL));
	free(self->image);
	EXPECT_EQ(0, rmdir(GROUP));
	EXPECT_EQ(0, umount(ROOT));
}

/* A BO that jobs get, on a mapping of which nothing depends. */
static int greedy_job(void)
{
	struct drm_qnn_bo_create create = { .size = GREED };
	uint32_t queue, program;
	struct qt_buf out;
	struct qt_job job;
	int fd = qt_open(), ret;

	if (fd < 0 || qt_queue_new(fd, &queue) || qt_program_from(fd, qt_image_copy, &program) ||
	    qt_buf_new(fd, QT_COPY_BYTES, &out) || qt_ioctl(fd, DRM_IOCTL_QNN_BO_CREATE, &create))
		return 1;
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, create.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	ret = qt_submit(fd, queue, &job, 0, 0);
	if (qt_gem_close(fd, create.handle))
		return 2;
	if (ret != -ENOMEM)
		return 3;
	/* With less it goes on. */
	create.size = GREED / 4;
	if (qt_ioctl(fd, DRM_IOCTL_QNN_BO_CREATE, &create))
		return 4;
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, create.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	return qt_run(fd, queue, &job) ? 5 : 0;
}

static int greedy_mapping(void)
{
	struct drm_qnn_bo_create create = { .size = GREED };
	struct drm_qnn_bo_mmap_offset offset = { 0 };
	int fd = qt_open(), err;
	void *map;

	if (fd < 0 || qt_ioctl(fd, DRM_IOCTL_QNN_BO_CREATE, &create))
		return 1;
	offset.handle = create.handle;
	if (qt_ioctl(fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset))
		return 2;
	map = mmap(NULL, GREED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset.offset);
	err = map == MAP_FAILED ? errno : 0;
	if (qt_gem_close(fd, create.handle))
		return 3;
	return err == ENOMEM ? 0 : 4;
}

/* Runs @greedy in the group. */
static int in_group(int (*greedy)(void))
{
	int status;
	pid_t child = fork();

	if (!child)
		_exit(qt_write_file(GROUP "/cgroup.procs", "0") ? 99 : greedy());
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The limit was what stopped it: an error, and nobody was killed. */
#define EXPECT_LIMITED() do {						\
	EXPECT_LT(LIMIT / 2, group_number("memory.peak", NULL));	\
	EXPECT_LT(0, group_number("memory.events", "\nmax "));		\
	EXPECT_EQ(0, group_number("memory.events", "oom_kill "));	\
} while (0)

TEST_F(memcg, memory_of_jobs_is_the_submitters)
{
	EXPECT_EQ(0, in_group(greedy_job));
	EXPECT_LIMITED();
}

TEST_F(memcg, memory_of_mappings_is_the_mappers)
{
	EXPECT_EQ(0, in_group(greedy_mapping));
	EXPECT_LIMITED();
}

static const void *greedy_image;
static size_t greedy_image_size;

static int greedy_program(void)
{
	uint32_t handle;
	int fd = qt_open();

	if (fd < 0)
		return 1;
	return qt_program_new(fd, greedy_image, greedy_image_size, &handle) == -ENOMEM ? 0 : 2;
}

TEST_F(memcg, programs_are_their_creators)
{
	uint32_t handle;
	int fd = qt_open();

	greedy_image = self->image;
	greedy_image_size = self->image_size;
	EXPECT_EQ(0, in_group(greedy_program));
	EXPECT_LIMITED();
	/* It was not the program's fault. */
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, qt_program_new(fd, self->image, self->image_size, &handle));
	close(fd);
}

TEST_HARNESS_MAIN

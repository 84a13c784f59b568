// SPDX-License-Identifier: MIT
/*
 * Jobs that hang or that the device gives up on: what is left to look at, and
 * that everybody else goes on.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define DUMPS		"/sys/class/devcoredump"
#define DEVICE		"qnn.0"
#define DEBUGFS		"/sys/kernel/debug/accel/" DEVICE "/"
#define HANG_MS		20
#define INNOCENTS	2
#define DUMP_SIZE	(1024 * 1024)

struct client {
	int fd;
	uint32_t queue, slow, copy;
	struct qt_buf in, out, a, b;
	struct qt_job slow_job, copy_job;
};

static int client_open(struct client *c)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open();
	if (c->fd < 0)
		return c->fd;
	ret = qt_program_from(c->fd, qt_image_slow, &c->slow);
	ret = ret ?: qt_program_from(c->fd, qt_image_copy, &c->copy);
	ret = ret ?: qt_queue_new(c->fd, &c->queue);
	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_IN, &c->in);
	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_OUT, &c->out);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->a);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->b);
	if (ret)
		return ret;
	qt_job_init(&c->slow_job, c->slow);
	qt_job_bind(&c->slow_job, 0, c->in.handle, 0);
	qt_job_bind(&c->slow_job, 1, c->out.handle, 0);
	c->slow_job.job.timeout_ms = HANG_MS;
	qt_job_init(&c->copy_job, c->copy);
	qt_job_bind(&c->copy_job, 0, c->a.handle, 0);
	qt_job_bind(&c->copy_job, 1, c->b.handle, 0);
	return 0;
}

/* A failed job stops its queue: another one. */
static int client_queue(struct client *c)
{
	int ret = qt_queue_destroy(c->fd, c->queue);

	return ret ?: qt_queue_new(c->fd, &c->queue);
}

/* A copy of bytes that no other run has. 0 if they arrived. */
static int client_copy(struct client *c, uint8_t seed)
{
	int ret;

	memset(c->a.map, seed, QT_COPY_BYTES);
	memset(c->b.map, ~seed, QT_COPY_BYTES);
	ret = qt_run(c->fd, c->queue, &c->copy_job);
	if (!ret && memcmp(c->a.map, c->b.map, QT_COPY_BYTES))
		ret = -EILSEQ;
	return ret;
}

static int dump_path(char *path, size_t size)
{
	char link[512], target[512];
	struct dirent *entry;
	int ret = -ENOENT, length;
	DIR *dir = opendir(DUMPS);

	if (!dir)
		return -ENODEV;
	while (ret && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "devcd", 5))
			continue;
		snprintf(link, sizeof(link), DUMPS "/%s/failing_device", entry->d_name);
		length = readlink(link, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		if (strcmp(strrchr(target, '/') + 1, DEVICE))
			continue;
		snprintf(path, size, DUMPS "/%s/data", entry->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

static int dump_wait(char *path, size_t size)
{
	int i, ret = dump_path(path, size);

	for (i = 0; i < 100 && ret == -ENOENT; i++) {
		qt_sleep_ms(100);
		ret = dump_path(path, size);
	}
	return ret;
}

static void dump_drop(void)
{
	char path[512];

	while (!dump_path(path, sizeof(path)) && !qt_write_file(path, "1"))
		;
}

/* All of it; text of the first lines is NUL-terminated. */
static ssize_t dump_read(const char *path, char *data, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t ret;

	if (fd < 0)
		return -errno;
	do {
		ret = read(fd, data + done, size - done);
		done += ret > 0 ? ret : 0;
	} while (ret > 0);
	close(fd);
	return done;
}

FIXTURE(recovery)
{
	struct client c;
};

FIXTURE_SETUP(recovery)
{
	ASSERT_EQ(0, client_open(&self->c));
	dump_drop();
}

FIXTURE_TEARDOWN(recovery)
{
	dump_drop();
	close(self->c.fd);
}

/* The words with which a dump names this file, as other files leave dumps too. */
static void client_words(int fd, char *words, size_t size)
{
	char path[64], text[2048], *key;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	key = qt_read_file(path, text, sizeof(text)) > 0 ? strstr(text, "drm-client-id:") : NULL;
	snprintf(words, size, "\nclient: %llu\n",
		 key ? strtoull(key + strlen("drm-client-id:"), NULL, 10) : 0);
}

/* Let a job fail until the dump that waits is that of one of ours. */
static ssize_t dump_of_ours(struct client *c, char *path, size_t path_size, char *data)
{
	ssize_t ret = 0;
	char words[64];
	int i;

	client_words(c->fd, words, sizeof(words));
	for (i = 0; i < 20; i++) {
		ret = qt_run(c->fd, c->queue, &c->slow_job);
		if (ret != -ETIMEDOUT)
			return ret ? ret : -EINVAL;
		ret = client_queue(c);
		ret = ret ?: dump_wait(path, path_size);
		if (!ret)
			ret = dump_read(path, data, DUMP_SIZE - 1);
		if (ret <= 0)
			return ret;
		data[ret] = 0;
		if (strstr(data, words))
			return ret;
		dump_drop();
	}
	return -ENOENT;
}

TEST_F(recovery, dump)
{
	char path[512], again[512], *data = calloc(1, DUMP_SIZE), *end;
	size_t size;
	void *image = qt_image_slow(&size);
	ssize_t bytes;

	ASSERT_NE(NULL, image);
	ASSERT_NE(NULL, data);
	bytes = dump_of_ours(&self->c, path, sizeof(path), data);
	if (bytes == -ENODEV || geteuid())
		SKIP(return, "no device core dumps in this kernel, or not root");
	ASSERT_LT(0, bytes);

	/* Another failure does not replace what nobody has dropped yet. */
	EXPECT_EQ(-ETIMEDOUT, qt_run(self->c.fd, self->c.queue, &self->c.slow_job));
	ASSERT_EQ(0, client_queue(&self->c));
	EXPECT_EQ(0, client_copy(&self->c, 1));
	ASSERT_EQ(0, dump_path(again, sizeof(again)));
	EXPECT_STREQ(path, again);

	end = strstr(data, "\n\n");
	ASSERT_NE(NULL, end);
	end += 2;
	EXPECT_EQ((ssize_t)size, data + bytes - end);
	EXPECT_EQ(0, memcmp(end, image, size));
	end[-1] = 0;
	EXPECT_EQ(data, strstr(data, "qnn-coredump: 1\n"));
	EXPECT_NE(NULL, strstr(data, "\ndevice: " DEVICE "\n"));
	EXPECT_NE(NULL, strstr(data, "\njob: 1\n"));
	EXPECT_NE(NULL, strstr(data, "\nreason: timeout\n"));
	EXPECT_NE(NULL, strstr(data, "\nprogress: yes\n"));
	EXPECT_NE(NULL, strstr(data, "\ntimeout-ms: 20\n"));
	EXPECT_NE(NULL, strstr(data, "\ncommand: 0 of 256\n"));
	EXPECT_NE(NULL, strstr(data, "\nopcode: conv\n"));
	EXPECT_NE(NULL, strstr(data, "\nregion: 1 w size "));
	EXPECT_NE(NULL, strstr(data, " offset 0 of "));
	EXPECT_EQ(NULL, strstr(data, " imported"));
	EXPECT_NE(NULL, strstr(data, "\nlog: "));
	/* Nothing in it looks like an address. */
	EXPECT_EQ(NULL, strstr(data, "0x"));
	EXPECT_EQ(NULL, strstr(data, "ffff"));

	dump_drop();
	EXPECT_LT(0, dump_of_ours(&self->c, again, sizeof(again), data));
	free(image);
	free(data);
}

/* Whether an event of the kernel is that of a reset. */
static int is_reset(const char *text, ssize_t size)
{
	int reset = 0, reason = 0, subsystem = 0;
	const char *end = text + size;

	for (; text < end; text += strnlen(text, end - text) + 1) {
		reset |= !strcmp(text, "RESET=1");
		reason |= !strcmp(text, "REASON=timeout");
		subsystem |= !strcmp(text, "SUBSYSTEM=accel");
	}
	return reset && reason && subsystem;
}

TEST_F(recovery, uevent)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int64_t end = qt_now() + QT_LONG;
	char text[4096];
	ssize_t size;
	int found = 0;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		SKIP(return, "no events of the kernel");
	/* Earlier failures may have used up what may be sent in 5 seconds. */
	while (!found && qt_now() < end) {
		EXPECT_EQ(-ETIMEDOUT, qt_run(self->c.fd, self->c.queue, &self->c.slow_job));
		ASSERT_EQ(0, client_queue(&self->c));
		while (!found && poll(&pollfd, 1, 300) == 1) {
			size = recv(fd, text, sizeof(text) - 1, 0);
			text[size > 0 ? size : 0] = 0;
			found = size > 0 && is_reset(text, size);
		}
	}
	EXPECT_TRUE(found);
	close(fd);
}

/* Jobs that other cores work at do not notice. */
TEST_F(recovery, one_core_only)
{
	struct drm_qnn_device_info info;
	uint32_t other, sync;
	int i;

	ASSERT_EQ(0, qt_device_info(self->c.fd, &info));
	if (info.cores < 2)
		SKIP(return, "the device has one core");
	ASSERT_EQ(0, qt_queue_new(self->c.fd, &other));
	ASSERT_EQ(0, qt_syncobj_new(self->c.fd, 0, &sync));
	self->c.slow_job.job.timeout_ms = info.max_timeout_ms;
	/* Buffers of its own: the others shall not wait for this one. */
	ASSERT_EQ(0, qt_submit(self->c.fd, other, &self->c.slow_job, 0, sync));
	qt_buf_free(self->c.fd, &self->c.in);
	qt_buf_free(self->c.fd, &self->c.out);
	ASSERT_EQ(0, qt_buf_new(self->c.fd, QT_SLOW_IN, &self->c.in));
	ASSERT_EQ(0, qt_buf_new(self->c.fd, QT_SLOW_OUT, &self->c.out));
	qt_job_init(&self->c.slow_job, self->c.slow);
	qt_job_bind(&self->c.slow_job, 0, self->c.in.handle, 0);
	qt_job_bind(&self->c.slow_job, 1, self->c.out.handle, 0);
	self->c.slow_job.job.timeout_ms = HANG_MS;
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(-ETIMEDOUT, qt_run(self->c.fd, self->c.queue, &self->c.slow_job));
		ASSERT_EQ(0, client_queue(&self->c));
		EXPECT_EQ(0, client_copy(&self->c, i));
	}
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->c.fd, sync, 0, 0, 0));
	ASSERT_EQ(0, qt_queue_destroy(self->c.fd, other));
}

/* What the processes of a storm tell each other. */
struct board {
	volatile int stop;
	volatile unsigned int hangs, faults, copies;
};

/* Copies until it is told to stop; @faults: it may be hit by those. */
static int innocent(struct board *board, int faults)
{
	unsigned int seed = 0;
	struct client c;
	int ret = client_open(&c);

	/* Short where hangs are wanted; otherwise a deadline that is never met. */
	c.copy_job.job.timeout_ms = faults ? 500 : 0;
	while (!ret && !board->stop) {
		ret = client_copy(&c, seed++);
		if (!ret)
			__sync_fetch_and_add(&board->copies, 1);
		if (faults && (ret == -EIO || ret == -ETIMEDOUT)) {
			__sync_fetch_and_add(ret == -EIO ? &board->faults : &board->hangs, 1);
			ret = client_queue(&c);
		}
	}
	return !!ret;
}

static void stop_all(struct __test_metadata *_metadata, struct board *board, pid_t *child)
{
	int i, status;

	board->stop = 1;
	for (i = 0; i < INNOCENTS; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status);
	}
}

static int rounds(void)
{
	return getenv("QNN_LONG") ? 1000 : 100;
}

TEST_F_TIMEOUT(recovery, hangs_under_load, 600)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child[INNOCENTS];
	int i;

	ASSERT_NE(MAP_FAILED, board);
	for (i = 0; i < INNOCENTS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(innocent(board, 0));
	}
	self->c.slow_job.job.timeout_ms = 1;
	for (i = 0; i < rounds() || (i < 10000 && !board->copies); i++) {
		struct drm_qnn_queue_status status;

		ASSERT_EQ(-ETIMEDOUT, qt_run(self->c.fd, self->c.queue, &self->c.slow_job));
		ASSERT_EQ(0, qt_queue_status(self->c.fd, self->c.queue, &status));
		ASSERT_EQ(DRM_QNN_REASON_TIMEOUT, status.reason);
		ASSERT_EQ(1, status.failed);
		ASSERT_EQ(0, client_queue(&self->c));
	}
	stop_all(_metadata, board, child);
	TH_LOG("%d hangs, %u copies beside them", i, board->copies);
	EXPECT_LT(0, board->copies);
	EXPECT_EQ(0, client_copy(&self->c, 3));
	munmap(board, sizeof(*board));
}

/* Let one of two runs fail, or hang, until it happened so many times. */
static int inject(const char *what, int times)
{
	char path[128], text[16];
	int ret;

	snprintf(path, sizeof(path), DEBUGFS "%s/probability", what);
	ret = qt_write_file(path, times ? "50" : "0");
	snprintf(path, sizeof(path), DEBUGFS "%s/times", what);
	snprintf(text, sizeof(text), "%d", times);
	return ret ?: qt_write_file(path, text);
}

static unsigned int left(const char *what)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), DEBUGFS "%s/times", what);
	return qt_read_file(path, text, sizeof(text)) > 0 ? strtoul(text, NULL, 0) : 0;
}

/* Every failure that was injected is seen, by one job, once. */
TEST_F_TIMEOUT(recovery, injected, 600)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int faults = rounds() * 9 / 10, hangs = rounds() / 10;
	int64_t end = qt_now() + 500 * QT_S;
	pid_t child[INNOCENTS];
	int i;

	ASSERT_NE(MAP_FAILED, board);
	if (access(DEBUGFS "fail_run/times", W_OK))
		SKIP(return, "this kernel injects no faults");
	ASSERT_EQ(0, inject("fail_run", faults));
	ASSERT_EQ(0, inject("hang_run", hangs));
	for (i = 0; i < INNOCENTS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(innocent(board, 1));
	}
	while ((left("fail_run") || left("hang_run")) && qt_now() < end)
		qt_sleep_ms(50);
	stop_all(_metadata, board, child);
	EXPECT_EQ(faults, board->faults);
	/* A machine that is very busy can add some. */
	EXPECT_LE(hangs, board->hangs);
	TH_LOG("%u faults, %u hangs, %u copies between them", board->faults, board->hangs,
	       board->copies);
	ASSERT_EQ(0, inject("fail_run", 0));
	ASSERT_EQ(0, inject("hang_run", 0));
	EXPECT_EQ(0, client_copy(&self->c, 4));
	munmap(board, sizeof(*board));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: MIT
/*
 * Devices that are made and removed at run time, as folders in configfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define QNN		QT_CONFIGFS
#define MAX_DEVICES	16

static int set(const char *folder, const char *name, const char *value)
{
	char path[512];

	snprintf(path, sizeof(path), QNN "%s/%s", folder, name);
	return qt_write_file(path, value);
}

/* The value without the end of its line. */
static const char *get(const char *folder, const char *name)
{
	static char text[64];
	char path[512];

	snprintf(path, sizeof(path), QNN "%s/%s", folder, name);
	if (qt_read_file(path, text, sizeof(text)) < 0)
		return "unreadable";
	text[strcspn(text, "\n")] = 0;
	return text;
}

static int make(const char *folder)
{
	char path[512];

	snprintf(path, sizeof(path), QNN "%s", folder);
	return mkdir(path, 0755) ? -errno : 0;
}

static int drop(const char *folder)
{
	char path[512];

	snprintf(path, sizeof(path), QNN "%s", folder);
	return rmdir(path) ? -errno : 0;
}

struct client {
	int fd;
	uint32_t queue, program;
	struct qt_buf in, out;
	struct qt_job job;
};

static int client_open(struct client *c, const char *folder, int slow)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open_bound(get(folder, "device"));
	if (c->fd < 0)
		return c->fd;
	ret = qt_program_from(c->fd, slow ? qt_image_slow : qt_image_copy, &c->program);
	ret = ret ?: qt_queue_new(c->fd, &c->queue);
	ret = ret ?: qt_buf_new(c->fd, slow ? QT_SLOW_IN : QT_COPY_BYTES, &c->in);
	ret = ret ?: qt_buf_new(c->fd, slow ? QT_SLOW_OUT : QT_COPY_BYTES, &c->out);
	if (ret)
		return ret;
	memset(c->in.map, 0x33, QT_COPY_BYTES);
	qt_job_init(&c->job, c->program);
	qt_job_bind(&c->job, 0, c->in.handle, 0);
	qt_job_bind(&c->job, 1, c->out.handle, 0);
	return 0;
}

static void client_close(struct client *c)
{
	if (c->in.map)
		munmap(c->in.map, c->in.size);
	if (c->out.map)
		munmap(c->out.map, c->out.size);
	if (c->fd >= 0)
		close(c->fd);
}

static int try_device(const char *folder)
{
	struct client c;
	int ret = client_open(&c, folder, 0);

	ret = ret ?: qt_run(c.fd, c.queue, &c.job);
	if (!ret && memcmp(c.in.map, c.out.map, QT_COPY_BYTES))
		ret = -EILSEQ;
	client_close(&c);
	return ret;
}

FIXTURE(configfs)
{
};

FIXTURE_SETUP(configfs)
{
	if (geteuid())
		SKIP(return, "only root can make devices");
	if (!qt_has_configfs())
		SKIP(return, "no configfs in this kernel");
	ASSERT_EQ(0, make("test"));
}

FIXTURE_TEARDOWN(configfs)
{
	int ret = drop("test");

	EXPECT_TRUE(!ret || ret == -ENOENT);
}

TEST_F(configfs, device)
{
	struct drm_qnn_device_info info;
	struct client c;

	EXPECT_STREQ("0", get("test", "enabled"));
	EXPECT_STREQ("", get("test", "device"));
	ASSERT_EQ(0, set("test", "cores", "3"));
	ASSERT_EQ(0, set("test", "timeout_ms", "1234"));
	ASSERT_EQ(0, set("test", "max_timeout_ms", "0x2000\n"));
	EXPECT_STREQ("8192", get("test", "max_timeout_ms"));
	ASSERT_EQ(0, set("test", "enabled", "1"));
	EXPECT_STREQ("1", get("test", "enabled"));
	EXPECT_EQ(0, strncmp("qnn.", get("test", "device"), 4));

	ASSERT_EQ(0, client_open(&c, "test", 0));
	ASSERT_EQ(0, qt_device_info(c.fd, &info));
	EXPECT_EQ(3, info.cores);
	EXPECT_EQ(1234, info.default_timeout_ms);
	EXPECT_EQ(8192, info.max_timeout_ms);
	EXPECT_EQ(0, qt_run(c.fd, c.queue, &c.job));
	EXPECT_EQ(0x33, c.out.map[QT_COPY_BYTES - 1]);

	/* Twice is once. */
	EXPECT_EQ(0, set("test", "enabled", "1"));
	EXPECT_EQ(0, qt_device_info(c.fd, &info));
	EXPECT_EQ(0, set("test", "enabled", "0"));
	EXPECT_EQ(-ENODEV, qt_device_info(c.fd, &info));
	EXPECT_EQ(0, set("test", "enabled", "0"));
	client_close(&c);

	/* And again, with another shape. */
	ASSERT_EQ(0, set("test", "cores", "1"));
	ASSERT_EQ(0, set("test", "enabled", "1"));
	EXPECT_EQ(0, try_device("test"));
}

TEST_F(configfs, refusals)
{
	EXPECT_EQ(-EINVAL, set("test", "cores", "many"));
	EXPECT_EQ(-ERANGE, set("test", "cores", "4294967296"));
	EXPECT_EQ(-EINVAL, set("test", "cores", "-1"));
	EXPECT_EQ(-EINVAL, set("test", "enabled", "maybe"));
	EXPECT_EQ(-EACCES, set("test", "device", "qnn.7"));

	/* Checked as a whole, when the device is made. */
	EXPECT_EQ(0, set("test", "cores", "0"));
	EXPECT_EQ(-EINVAL, set("test", "enabled", "1"));
	EXPECT_EQ(0, set("test", "cores", "9"));
	EXPECT_EQ(-EINVAL, set("test", "enabled", "1"));
	EXPECT_EQ(0, set("test", "cores", "1"));
	EXPECT_EQ(0, set("test", "max_timeout_ms", "100"));
	EXPECT_EQ(0, set("test", "timeout_ms", "101"));
	EXPECT_EQ(-EINVAL, set("test", "enabled", "1"));
	EXPECT_EQ(0, set("test", "timeout_ms", "0"));
	EXPECT_EQ(-EINVAL, set("test", "enabled", "1"));
	EXPECT_STREQ("0", get("test", "enabled"));
	EXPECT_EQ(0, set("test", "timeout_ms", "100"));
	EXPECT_EQ(0, set("test", "enabled", "1"));

	/* A device does not change its shape. */
	EXPECT_EQ(-EBUSY, set("test", "cores", "2"));
	EXPECT_STREQ("1", get("test", "cores"));
	EXPECT_EQ(-EBUSY, set("test", "timeout_ms", "50"));
	EXPECT_EQ(-EEXIST, make("test"));
}

/* Removing the folder removes the device, whatever it is doing. */
TEST_F(configfs, remove_while_running)
{
	struct pollfd pollfd = { .events = POLLIN };
	uint32_t done;
	struct client c;

	ASSERT_EQ(0, set("test", "enabled", "1"));
	ASSERT_EQ(0, client_open(&c, "test", 1));
	ASSERT_EQ(0, qt_syncobj_new(c.fd, 0, &done));
	ASSERT_EQ(0, qt_submit(c.fd, c.queue, &c.job, 0, done));
	pollfd.fd = qt_syncobj_export_fence(c.fd, done);
	ASSERT_LE(0, pollfd.fd);
	ASSERT_EQ(0, drop("test"));
	EXPECT_EQ(1, poll(&pollfd, 1, QT_LONG / QT_MS));
	EXPECT_EQ(-ENODEV, qt_fence_status(pollfd.fd));
	EXPECT_EQ(0x33, c.in.map[0]);
	close(pollfd.fd);
	client_close(&c);
}

/* A job on a device whose input is a buffer of whatever device. */
static int copy_imported(int dmabuf, struct client *to)
{
	struct qt_job job;
	uint32_t handle;
	int ret = qt_prime_import(to->fd, dmabuf, &handle);

	if (ret)
		return ret;
	qt_job_init(&job, to->program);
	qt_job_bind(&job, 0, handle, 0);
	qt_job_bind(&job, 1, to->out.handle, 0);
	return qt_run(to->fd, to->queue, &job);
}

/* Another device goes on with the memory of one that is gone, and back. */
TEST_F(configfs, shared_memory_stays)
{
	struct client gone, stays;
	int dmabuf, i;

	ASSERT_EQ(0, make("stays"));
	ASSERT_EQ(0, set("stays", "enabled", "1"));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, set("test", "enabled", "1"));
		ASSERT_EQ(0, client_open(&gone, "test", 0));
		ASSERT_EQ(0, client_open(&stays, "stays", 0));
		/* The buffer is that of the device that goes, or was lent to it. */
		memset(gone.in.map, 0x61, QT_COPY_BYTES);
		memset(stays.in.map, 0x61, QT_COPY_BYTES);
		dmabuf = i ? qt_prime_export(stays.fd, stays.in.handle) :
			     qt_prime_export(gone.fd, gone.in.handle);
		ASSERT_LE(0, dmabuf);
		EXPECT_EQ(0, copy_imported(dmabuf, i ? &gone : &stays));
		ASSERT_EQ(0, set("test", "enabled", "0"));
		memset(stays.out.map, 0, QT_COPY_BYTES);
		EXPECT_EQ(0, copy_imported(dmabuf, &stays));
		EXPECT_EQ(0x61, stays.out.map[0]);
		client_close(&gone);
		EXPECT_EQ(0, copy_imported(dmabuf, &stays));
		EXPECT_EQ(0x61, stays.out.map[QT_COPY_BYTES - 1]);
		close(dmabuf);
		client_close(&stays);
	}
	EXPECT_EQ(0, drop("stays"));
}

/* Numbers of devices that are gone are used again, up to the limit. */
TEST_F(configfs, many)
{
	char folder[MAX_DEVICES][16];
	int i, last = -1, ret = 0;

	for (i = 0; i < MAX_DEVICES && !ret; i++) {
		snprintf(folder[i], sizeof(folder[i]), "many%d", i);
		ASSERT_EQ(0, make(folder[i]));
		ret = set(folder[i], "enabled", "1");
		last = i;
	}
	/* The module has at least one of its own. */
	EXPECT_EQ(-ENOSPC, ret);
	ASSERT_LT(1, last);
	EXPECT_EQ(0, try_device(folder[last - 1]));
	EXPECT_EQ(0, set(folder[0], "enabled", "0"));
	EXPECT_EQ(0, set(folder[last], "enabled", "1"));
	EXPECT_EQ(0, try_device(folder[last]));
	for (i = 0; i <= last; i++)
		EXPECT_EQ(0, drop(folder[i]));
}

TEST_F(configfs, pins_the_module)
{
	if (!getenv("QNN_MODULE"))
		SKIP(return, "the module is not there to be unloaded");
	EXPECT_EQ(-EAGAIN, qt_module_unload());
}

/* Clients come while the device goes. */
TEST_F_TIMEOUT(configfs, come_and_go, 120)
{
	volatile int *stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child[2];
	int i, status, ret;

	ASSERT_NE(MAP_FAILED, stop);
	for (i = 0; i < 2; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (child[i])
			continue;
		do {
			ret = try_device("test");
		} while (!*stop && (!ret || ret == -ENODEV || ret == -ENOENT || ret == -ENXIO));
		_exit(!*stop);
	}
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(0, set("test", "cores", i % 2 ? "1" : "2"));
		EXPECT_EQ(0, set("test", "enabled", "1"));
		qt_sleep_ms(10 + i % 7);
		if (i % 3) {
			EXPECT_EQ(0, set("test", "enabled", "0"));
		} else {
			EXPECT_EQ(0, drop("test"));
			EXPECT_EQ(0, make("test"));
		}
	}
	*stop = 1;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	munmap((void *)stop, 4096);
	ASSERT_EQ(0, set("test", "enabled", "1"));
	EXPECT_EQ(0, try_device("test"));
}

TEST_HARNESS_MAIN

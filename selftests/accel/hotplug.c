// SPDX-License-Identifier: MIT
/*
 * Devices that go away, through unbind in sysfs, at any moment: ioctls and fences
 * say -ENODEV, memory stays, the rest of the machine does not notice, and the
 * device can come back. Nobody else may use it meanwhile, and the environment
 * has to say which file the module is ($QNN_MODULE).
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define DEVICE		"qnn.0"
#define LONG_MS		10000
#define WORKERS		4

/* What a client of the device has. */
struct client {
	int fd;
	uint32_t queue, slow, copy;
	struct qt_buf in, out, a, b, report;
	struct qt_job slow_job, copy_job;
};

static int client_queue(struct client *c)
{
	return qt_queue_new(c->fd, &c->queue);
}

static int client_buffers(struct client *c)
{
	int ret = qt_buf_new(c->fd, QT_SLOW_IN, &c->in);

	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_OUT, &c->out);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->a);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->b);
	return ret ?: qt_buf_new(c->fd, sizeof(struct drm_qnn_report), &c->report);
}

static int client_open(struct client *c)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open_bound(DEVICE);
	if (c->fd < 0)
		return c->fd;
	ret = qt_program_from(c->fd, qt_image_slow, &c->slow);
	ret = ret ?: qt_program_from(c->fd, qt_image_copy, &c->copy);
	ret = ret ?: client_queue(c);
	ret = ret ?: client_buffers(c);
	if (ret)
		return ret;
	memset(c->a.map, 0x44, QT_COPY_BYTES);
	qt_job_init(&c->slow_job, c->slow);
	qt_job_bind(&c->slow_job, 0, c->in.handle, 0);
	qt_job_bind(&c->slow_job, 1, c->out.handle, 0);
	c->slow_job.job.timeout_ms = LONG_MS;
	c->slow_job.job.report_handle = c->report.handle;
	qt_job_init(&c->copy_job, c->copy);
	qt_job_bind(&c->copy_job, 0, c->a.handle, 0);
	qt_job_bind(&c->copy_job, 1, c->b.handle, 0);
	return 0;
}

static void unmap(struct qt_buf *buf)
{
	if (buf->map)
		munmap(buf->map, buf->size);
	buf->map = NULL;
}

static void client_close(struct client *c)
{
	unmap(&c->in);
	unmap(&c->out);
	unmap(&c->a);
	unmap(&c->b);
	unmap(&c->report);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

/* Submit and return the job's fence as a descriptor. */
static int submit_fence(struct client *c, struct qt_job *job, uint32_t in)
{
	uint32_t out;
	int ret = qt_syncobj_new(c->fd, 0, &out);

	if (ret)
		return ret;
	ret = qt_submit(c->fd, c->queue, job, in, out);
	ret = ret ?: qt_syncobj_export_fence(c->fd, out);
	qt_syncobj_destroy(c->fd, out);
	return ret;
}

/* Wait for the end of a fence; its status, or 0 if it does not come. */
static int end_of(int sync_file)
{
	struct pollfd pollfd = { .fd = sync_file, .events = POLLIN };
	int ret;

	do {
		ret = poll(&pollfd, 1, QT_LONG / QT_MS);
	} while (ret < 0 && errno == EINTR);
	return ret == 1 ? qt_fence_status(sync_file) : 0;
}

/* The new device works. */
static int try_device(void)
{
	struct client c;
	int ret = client_open(&c);

	ret = ret ?: qt_run(c.fd, c.queue, &c.copy_job);
	if (!ret && memcmp(c.a.map, c.b.map, QT_COPY_BYTES))
		ret = -EILSEQ;
	client_close(&c);
	return ret;
}

/* The last fence may be on its way to the end when the files are closed. */
static int unload_soon(void)
{
	int i, ret = qt_module_unload();

	for (i = 0; i < 200 && ret == -EAGAIN; i++) {
		qt_sleep_ms(100);
		ret = qt_module_unload();
	}
	return ret;
}

FIXTURE(hotplug)
{
	struct client c;
};

FIXTURE_VARIANT(hotplug)
{
	const char *params;
};

FIXTURE_VARIANT_ADD(hotplug, one_core)
{
	.params = "cores=1",
};

FIXTURE_VARIANT_ADD(hotplug, three_cores)
{
	.params = "cores=3",
};

FIXTURE_SETUP(hotplug)
{
	int ret;

	self->c.fd = -1;
	if (!getenv("QNN_MODULE"))
		SKIP(return, "QNN_MODULE does not name the module");
	if (geteuid())
		SKIP(return, "only root can load modules");
	/* What ran before may have left a job, which ends with its deadline. */
	ret = unload_soon();
	ASSERT_TRUE(!ret || ret == -ENOENT);
	ASSERT_EQ(0, qt_module_load(variant->params));
	ASSERT_EQ(0, client_open(&self->c));
}

/* Everything can be given back, and what comes behind finds the module. */
FIXTURE_TEARDOWN(hotplug)
{
	client_close(&self->c);
	EXPECT_EQ(0, unload_soon());
	EXPECT_EQ(0, qt_module_load(""));
}

TEST_F(hotplug, ioctls)
{
	struct client *c = &self->c;
	struct drm_qnn_device_info info;
	struct drm_qnn_queue_status status;
	struct qt_buf buf;
	uint32_t handle;

	ASSERT_EQ(0, qt_unbind(DEVICE));
	EXPECT_EQ(-ENODEV, qt_device_info(c->fd, &info));
	EXPECT_EQ(-ENODEV, qt_buf_new(c->fd, 4096, &buf));
	EXPECT_EQ(-ENODEV, qt_buf_map(c->fd, &c->a));
	EXPECT_EQ(-ENODEV, qt_bo_wait(c->fd, c->a.handle, 0, 0));
	EXPECT_EQ(-ENODEV, qt_program_from(c->fd, qt_image_copy, &handle));
	EXPECT_EQ(-ENODEV, qt_program_destroy(c->fd, c->copy));
	EXPECT_EQ(-ENODEV, qt_queue_new(c->fd, &handle));
	EXPECT_EQ(-ENODEV, qt_queue_status(c->fd, c->queue, &status));
	EXPECT_EQ(-ENODEV, qt_queue_destroy(c->fd, c->queue));
	EXPECT_EQ(-ENODEV, qt_submit(c->fd, c->queue, &c->copy_job, 0, 0));
	EXPECT_EQ(-ENODEV, qt_syncobj_new(c->fd, 0, &handle));
	EXPECT_EQ(-ENODEV, qt_prime_export(c->fd, c->a.handle));
	EXPECT_EQ(-ENODEV, qt_gem_close(c->fd, c->a.handle));
	EXPECT_EQ(-ENODEV, qt_open_bound(DEVICE));
	EXPECT_EQ(-ENODEV, qt_unbind(DEVICE));

	/* It comes back as another device, for other files. */
	ASSERT_EQ(0, qt_bind(DEVICE));
	EXPECT_EQ(0, try_device());
	EXPECT_EQ(-ENODEV, qt_device_info(c->fd, &info));
}

/* The memory is that of the machine, and stays for those who had it. */
TEST_F(hotplug, mappings)
{
	struct drm_qnn_bo_mmap_offset offset = { .handle = self->c.a.handle };
	struct client *c = &self->c;
	int dmabuf = qt_prime_export(c->fd, c->b.handle), i;
	uint8_t *shared;

	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, qt_ioctl(c->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));
	ASSERT_EQ(0, qt_run(c->fd, c->queue, &c->copy_job));
	ASSERT_EQ(0, qt_unbind(DEVICE));
	for (i = 0; i < QT_COPY_BYTES; i++)
		EXPECT_EQ(0x44, c->b.map[i]);
	/* Nobody has touched this one before. */
	EXPECT_EQ(0, c->in.map[QT_SLOW_IN - 1]);
	c->b.map[0] = 0x55;
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, c->fd, offset.offset));
	EXPECT_EQ(ENODEV, errno);

	/* Who has the dma-buf keeps it beyond the file. */
	client_close(c);
	shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED, dmabuf, 0);
	if (shared != MAP_FAILED) {
		EXPECT_EQ(0x55, shared[0]);
		EXPECT_EQ(0x44, shared[1]);
		munmap(shared, 4096);
	}
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	close(dmabuf);
}

TEST_F(hotplug, jobs)
{
	struct drm_qnn_report *report = (void *)self->c.report.map;
	int running, waiting, gated = -1, ret;
	struct client *c = &self->c;
	struct qt_gate gate;
	uint32_t in;

	ret = qt_gate_syncobj(c->fd, &gate, &in);
	running = submit_fence(c, &c->slow_job, 0);
	waiting = submit_fence(c, &c->copy_job, 0);
	ASSERT_LE(0, running);
	ASSERT_LE(0, waiting);
	if (!ret) {
		ASSERT_EQ(0, client_queue(c));
		gated = submit_fence(c, &c->copy_job, in);
		ASSERT_LE(0, gated);
	}
	qt_sleep_ms(50);
	EXPECT_EQ(0, qt_fence_status(running));
	ASSERT_EQ(0, qt_unbind(DEVICE));
	EXPECT_EQ(-ENODEV, end_of(running));
	EXPECT_EQ(-ENODEV, report->status);
	EXPECT_EQ(-ENODEV, end_of(waiting));
	EXPECT_EQ(0, c->b.map[0]);
	if (!ret) {
		/* Not before what it waits for. */
		EXPECT_EQ(0, qt_fence_status(gated));
		ASSERT_EQ(0, qt_gate_open(&gate));
		EXPECT_EQ(-ENODEV, end_of(gated));
		close(gated);
	}
	close(running);
	close(waiting);
}

/* A fence knows its names when nothing else is left of the device. */
TEST_F(hotplug, fences)
{
	struct sync_fence_info fence = { .status = 1 };
	struct sync_file_info info = {
		.num_fences = 1,
		.sync_fence_info = (uintptr_t)&fence,
	};
	int done = submit_fence(&self->c, &self->c.copy_job, 0);
	int running = submit_fence(&self->c, &self->c.slow_job, 0);

	ASSERT_LE(0, done);
	ASSERT_LE(0, running);
	EXPECT_EQ(1, end_of(done));
	ASSERT_EQ(0, qt_unbind(DEVICE));
	client_close(&self->c);
	qt_sleep_ms(200);
	ASSERT_EQ(0, qt_ioctl(running, SYNC_IOC_FILE_INFO, &info));
	/* Closing the file cancels what had not started. */
	EXPECT_TRUE(fence.status == -ENODEV || fence.status == -ECANCELED);
	EXPECT_STREQ("drm_sched", fence.driver_name);
	EXPECT_STREQ("qnn", fence.obj_name);
	EXPECT_EQ(1, qt_fence_status(done));
	EXPECT_EQ(-EAGAIN, qt_module_unload());
	close(running);
	close(done);
}

/* Who waits for a buffer is woken, and told. */
TEST_F(hotplug, waiter)
{
	int status, ret;
	pid_t child;

	ASSERT_EQ(0, qt_submit(self->c.fd, self->c.queue, &self->c.slow_job, 0, 0));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		ret = qt_bo_wait(self->c.fd, self->c.out.handle, 0, QT_LONG);
		/* The device may have gone before the wait began. */
		_exit(ret && ret != -ENODEV);
	}
	qt_sleep_ms(100);
	ASSERT_EQ(0, qt_unbind(DEVICE));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* What workers and the test tell each other. */
struct board {
	volatile int stop;
	volatile unsigned int done, lost;	/* jobs that ran, that the device left */
};

static int gone(int ret)
{
	return ret == -ENODEV || ret == -ENOENT || ret == -ENXIO;
}

/* One job of some kind. 0, -ENODEV, or a code of what is wrong. */
static int worker_job(struct client *c, struct board *board, int kind)
{
	struct qt_job *job = kind == 1 ? &c->slow_job : &c->copy_job;
	struct qt_gate gate;
	int fence, status, gated = 0;
	uint32_t in = 0;

	if (kind == 2) {
		status = qt_gate_syncobj(c->fd, &gate, &in);
		if (status)
			return status == -ENODEV ? status : 10;
		gated = 1;
	}
	memset(c->b.map, 0, QT_COPY_BYTES);
	fence = submit_fence(c, job, in);
	if (gated && qt_gate_open(&gate))
		return 11;
	if (fence < 0)
		return gone(fence) ? -ENODEV : 12;
	status = end_of(fence);
	close(fence);
	if (status == -ENODEV) {
		__sync_fetch_and_add(&board->lost, 1);
		return -ENODEV;
	}
	if (kind == 1) {
		/* The queue has stopped with it. */
		if (status != -ETIMEDOUT)
			return 13;
		status = client_queue(c);
		return !status || gone(status) ? status : 14;
	}
	if (status != 1 || memcmp(c->a.map, c->b.map, QT_COPY_BYTES))
		return 15;
	__sync_fetch_and_add(&board->done, 1);
	return 0;
}

static int worker(struct board *board, unsigned int seed)
{
	struct client c;
	int ret, i;

	while (!board->stop) {
		ret = client_open(&c);
		c.slow_job.job.timeout_ms = 20;
		for (i = 0; !ret && !board->stop; i++)
			ret = worker_job(&c, board, rand_r(&seed) % 8 > 4 ? rand_r(&seed) % 3 : 0);
		client_close(&c);
		if (ret > 0)
			return ret;
		if (ret && !gone(ret))
			return 16;
		if (ret)
			qt_sleep_ms(1);
	}
	return 0;
}

/* On each number of cores; QNN_LONG in the environment: many more. */
static int cycles(void)
{
	return getenv("QNN_LONG") ? 1000 : 50;
}

TEST_F_TIMEOUT(hotplug, at_any_moment, 900)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child[WORKERS];
	unsigned int seed = 1;
	int i, status;

	ASSERT_NE(MAP_FAILED, board);
	client_close(&self->c);
	for (i = 0; i < WORKERS; i++) {
		child[i] = fork();
		ASSERT_LE(0, child[i]);
		if (!child[i])
			_exit(worker(board, i + 1));
	}
	for (i = 0; i < cycles(); i++) {
		qt_sleep_ms(rand_r(&seed) % 40);
		ASSERT_EQ(0, qt_unbind(DEVICE));
		qt_sleep_ms(rand_r(&seed) % 3);
		ASSERT_EQ(0, qt_bind(DEVICE));
	}
	/* Every run of this test has both. */
	for (i = 0; i < 100 && !(board->done && board->lost); i++) {
		qt_sleep_ms(100 + 20 * i);
		ASSERT_EQ(0, qt_unbind(DEVICE));
		ASSERT_EQ(0, qt_bind(DEVICE));
	}
	board->stop = 1;
	for (i = 0; i < WORKERS; i++) {
		ASSERT_EQ(child[i], waitpid(child[i], &status, 0));
		EXPECT_EQ(0, status)
			TH_LOG("worker %d: %d", i, WEXITSTATUS(status));
	}
	TH_LOG("%d cycles, %u jobs done, %u lost with the device", cycles(), board->done,
	       board->lost);
	EXPECT_LT(0, board->done);
	EXPECT_LT(0, board->lost);
	EXPECT_EQ(0, try_device());
	munmap(board, sizeof(*board));
}

/* Killed in the middle of everything, the device gone at the same time. */
TEST_F_TIMEOUT(hotplug, kill, 120)
{
	struct board *board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int seed = 2;
	int i, status;
	pid_t child;

	ASSERT_NE(MAP_FAILED, board);
	client_close(&self->c);
	for (i = 0; i < 20; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			_exit(worker(board, i + 1));
		qt_sleep_ms(20 + rand_r(&seed) % 40);
		if (i % 2)
			kill(child, SIGKILL);
		EXPECT_EQ(0, qt_unbind(DEVICE));
		kill(child, SIGKILL);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(0, qt_bind(DEVICE));
	}
	EXPECT_EQ(0, try_device());
	munmap(board, sizeof(*board));
}

TEST_HARNESS_MAIN

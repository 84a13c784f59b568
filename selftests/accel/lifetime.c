// SPDX-License-Identifier: MIT
/*
 * A client has a job that runs, one behind it, and one that waits for a fence of
 * somebody else. Then the client is killed, the device goes, the module is to be
 * unloaded, the other fence signals or its owner dies, in all orders: nobody
 * waits for anybody who will not come, no fence signals before its time, and in
 * the end everything is given back. Nobody else may use the device meanwhile, and
 * the environment has to say which file the module is ($QNN_MODULE).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define DEVICE		"qnn.0"
#define SW_SYNC		"/sys/kernel/debug/sync/sw_sync"
#define SLOW_MS		500
#define WORKERS		3

/* The interface of sw_sync has no header outside the kernel. */
struct sw_sync_create_fence_data {
	uint32_t value;
	char name[32];
	int32_t fence;
};

#define SW_SYNC_IOC_CREATE_FENCE	_IOWR('W', 0, struct sw_sync_create_fence_data)
#define SW_SYNC_IOC_INC			_IOW('W', 1, uint32_t)

/*
 * A fence of somebody else. Those of sw_sync never signal by themselves, those
 * of vgem after 10 seconds.
 */
struct stall {
	int timeline;
	struct qt_gate gate;
	int sync_file;
};

static int stall_new(struct stall *s, int sw_sync)
{
	struct sw_sync_create_fence_data data = { .value = 1, .name = "stall" };
	int ret;

	s->timeline = -1;
	if (!sw_sync)
		return qt_gate_new(&s->gate, &s->sync_file);
	s->timeline = open(SW_SYNC, O_RDWR | O_CLOEXEC);
	if (s->timeline < 0)
		return -ENODEV;
	ret = qt_ioctl(s->timeline, SW_SYNC_IOC_CREATE_FENCE, &data);
	s->sync_file = data.fence;
	return ret;
}

static int stall_end(struct stall *s)
{
	uint32_t one = 1;
	int ret;

	if (s->timeline < 0)
		return qt_gate_open(&s->gate);
	ret = qt_ioctl(s->timeline, SW_SYNC_IOC_INC, &one);
	close(s->timeline);
	return ret;
}

/* Its owner goes without a word; the kernel signals it for him. */
static void stall_die(struct stall *s)
{
	close(s->timeline < 0 ? s->gate.vgem : s->timeline);
}

/* The jobs, and the fences that the test has of them. */
enum { RUNNING, WAITING, STALLED, JOBS };

struct client {
	int fd;
	uint32_t queue[2], slow, copy;
	struct qt_buf in, out, a, b;
	struct qt_job slow_job, copy_job;
};

static int client_open(struct client *c)
{
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open_bound(DEVICE);
	if (c->fd < 0)
		return c->fd;
	ret = qt_program_from(c->fd, qt_image_slow, &c->slow);
	ret = ret ?: qt_program_from(c->fd, qt_image_copy, &c->copy);
	ret = ret ?: qt_queue_new(c->fd, &c->queue[0]);
	ret = ret ?: qt_queue_new(c->fd, &c->queue[1]);
	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_IN, &c->in);
	ret = ret ?: qt_buf_new(c->fd, QT_SLOW_OUT, &c->out);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->a);
	ret = ret ?: qt_buf_new(c->fd, QT_COPY_BYTES, &c->b);
	if (ret)
		return ret;
	qt_job_init(&c->slow_job, c->slow);
	qt_job_bind(&c->slow_job, 0, c->in.handle, 0);
	qt_job_bind(&c->slow_job, 1, c->out.handle, 0);
	c->slow_job.job.timeout_ms = SLOW_MS;
	qt_job_init(&c->copy_job, c->copy);
	qt_job_bind(&c->copy_job, 0, c->a.handle, 0);
	qt_job_bind(&c->copy_job, 1, c->b.handle, 0);
	return 0;
}

/* Submit and return the job's fence as a descriptor. */
static int submit_fence(struct client *c, int queue, struct qt_job *job, int sync_file)
{
	uint32_t in = 0, out;
	int ret = qt_syncobj_new(c->fd, 0, &out);

	if (sync_file >= 0) {
		ret = ret ?: qt_syncobj_new(c->fd, 0, &in);
		ret = ret ?: qt_syncobj_import_fence(c->fd, in, sync_file);
	}
	ret = ret ?: qt_submit(c->fd, c->queue[queue], job, in, out);
	return ret ? ret : qt_syncobj_export_fence(c->fd, out);
}

static int send_fences(int socket, const int *fence)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(JOBS * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(JOBS * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fence, JOBS * sizeof(int));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int receive_fences(int socket, int *fence)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(JOBS * sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	if (recvmsg(socket, &msg, 0) != 1 ||
	    control.header.cmsg_len != CMSG_LEN(JOBS * sizeof(int)))
		return -EPROTO;
	memcpy(fence, CMSG_DATA(&control.header), JOBS * sizeof(int));
	return 0;
}

static int client_main(int socket, int stall)
{
	struct client c;
	int fence[JOBS], i;

	if (client_open(&c))
		return 1;
	fence[RUNNING] = submit_fence(&c, 0, &c.slow_job, -1);
	fence[WAITING] = submit_fence(&c, 0, &c.copy_job, -1);
	fence[STALLED] = submit_fence(&c, 1, &c.copy_job, stall);
	for (i = 0; i < JOBS; i++) {
		if (fence[i] < 0)
			return 2;
	}
	if (send_fences(socket, fence))
		return 3;
	pause();
	return 4;
}

/* A process with these jobs, and their fences. */
static pid_t client_start(const struct stall *stall, int *fence)
{
	int pair[2], ret;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	child = fork();
	if (!child) {
		/* Whoever dies with a descriptor of the owner is not its owner. */
		close(stall->timeline < 0 ? stall->gate.vgem : stall->timeline);
		close(pair[0]);
		_exit(client_main(pair[1], stall->sync_file));
	}
	close(pair[1]);
	ret = child < 0 ? -errno : receive_fences(pair[0], fence);
	close(pair[0]);
	return ret ? ret : child;
}

/* Wait for the end of a fence; its status, or 0 if it does not come. */
static int end_of(int sync_file)
{
	struct pollfd pollfd = { .fd = sync_file, .events = POLLIN };

	return poll(&pollfd, 1, QT_LONG / QT_MS) == 1 ? qt_fence_status(sync_file) : 0;
}

/* The last fence may be on its way to the end. */
static int unload_soon(void)
{
	int i, ret = qt_module_unload();

	for (i = 0; i < 200 && ret == -EAGAIN; i++) {
		qt_sleep_ms(50);
		ret = qt_module_unload();
	}
	return ret;
}

FIXTURE(lifetime)
{
	struct stall stall;
	int fence[JOBS];
};

FIXTURE_VARIANT(lifetime)
{
	int sw_sync;
};

FIXTURE_VARIANT_ADD(lifetime, vgem)
{
	.sw_sync = 0,
};

FIXTURE_VARIANT_ADD(lifetime, sw_sync)
{
	.sw_sync = 1,
};

FIXTURE_SETUP(lifetime)
{
	int ret;

	if (!getenv("QNN_MODULE"))
		SKIP(return, "QNN_MODULE does not name the module");
	ret = stall_new(&self->stall, variant->sw_sync);
	if (ret == -ENODEV)
		SKIP(return, "this kernel has no such fences");
	ASSERT_EQ(0, ret);
	close(self->stall.sync_file);
	stall_die(&self->stall);
	ret = unload_soon();
	ASSERT_TRUE(!ret || ret == -ENOENT);
	ASSERT_EQ(0, qt_module_load("cores=1"));
}

/* Everything can be given back, and what comes behind finds the module. */
FIXTURE_TEARDOWN(lifetime)
{
	EXPECT_EQ(0, unload_soon());
	EXPECT_EQ(0, qt_module_load(""));
}

/* A device that is bound works. */
static int try_device(void)
{
	struct client c;
	int ret = client_open(&c), fence;

	if (ret)
		return ret;
	memset(c.a.map, 0x5c, QT_COPY_BYTES);
	fence = submit_fence(&c, 0, &c.copy_job, -1);
	ret = fence < 0 ? fence : end_of(fence);
	ret = ret == 1 ? memcmp(c.a.map, c.b.map, QT_COPY_BYTES) : -EIO;
	close(fence);
	munmap(c.in.map, c.in.size);
	munmap(c.out.map, c.out.size);
	munmap(c.a.map, c.a.size);
	munmap(c.b.map, c.b.size);
	close(c.fd);
	return ret;
}

/*
 * What happens, in this order. K: the client is killed. U: the device is unbound.
 * B: it comes back and works. M: unloading is refused. E: the other fence
 * signals. D: its owner dies.
 */
static const char * const stories[] = {
	"KME", "KMD", "UMKME", "UKMD", "KUME", "KUBMD", "UBMKME", "UMEMK", "EUMK", "EKU",
	"DKM", "UDK", "KBUMBE",
};

/* May a job of this story end like this? */
static int may_end(const char *story, int job, int status)
{
	switch (status) {
	case -ECANCELED:
		/* Its queue was closed, or stopped by the one in front of it. */
		return strchr(story, 'K') || job == WAITING;
	case -ENODEV:
		return !!strchr(story, 'U');
	case -ETIMEDOUT:
		return job == RUNNING;
	case 1:
		return job == STALLED && strchr("ED", story[0]);
	default:
		return 0;
	}
}

/* One step. 0 or what is wrong. */
static int story_step(char step, struct stall *stall, pid_t child)
{
	int status;

	switch (step) {
	case 'K':
		if (kill(child, SIGKILL))
			return -errno;
		return waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : -ECHILD;
	case 'U':
		return qt_unbind(DEVICE);
	case 'B':
		/* It may not have been away. */
		status = qt_bind(DEVICE);
		return status && status != -ENODEV && status != -EBUSY ? status : try_device();
	case 'M':
		status = qt_module_unload();
		return status == -EAGAIN ? 0 : status ? status : -EEXIST;
	case 'E':
		return stall_end(stall);
	default:
		stall_die(stall);
		return 0;
	}
}

TEST_F_TIMEOUT(lifetime, stories, 300)
{
	const char *step;
	pid_t child;
	size_t i;
	int j, ended;

	for (i = 0; i < ARRAY_SIZE(stories); i++) {
		ASSERT_EQ(0, stall_new(&self->stall, variant->sw_sync));
		child = client_start(&self->stall, self->fence);
		ASSERT_LT(0, child);
		ended = 0;
		for (step = stories[i]; *step; step++) {
			ASSERT_EQ(0, story_step(*step, &self->stall, child))
				TH_LOG("%s: at %s", stories[i], step);
			ended |= *step == 'E' || *step == 'D';
			/* Not before what it waits for. */
			if (!ended)
				EXPECT_EQ(0, qt_fence_status(self->fence[STALLED]))
					TH_LOG("%s: at %s", stories[i], step);
		}
		for (j = 0; j < JOBS; j++) {
			int status = end_of(self->fence[j]);

			EXPECT_TRUE(may_end(stories[i], j, status))
				TH_LOG("%s: job %d ended with %d", stories[i], j, status);
			close(self->fence[j]);
		}
		close(self->stall.sync_file);
		/* All is given back: the device of the next one is a new one. */
		ASSERT_EQ(0, unload_soon())
			TH_LOG("%s", stories[i]);
		ASSERT_EQ(0, qt_module_load("cores=1"));
	}
}

/* Anything that a client does, in any order, until somebody ends it. */
static int restless(unsigned int seed, int sw_sync)
{
	int fence, dmabuf, i, ret;
	struct stall stall;
	struct client c;
	uint32_t handle;

	for (;;) {
		ret = client_open(&c);
		if (ret)
			return ret;
		for (i = rand_r(&seed) % 8; i >= 0; i--) {
			int kind = rand_r(&seed) % 5;

			if (kind == 0) {
				dmabuf = qt_prime_export(c.fd, c.a.handle);
				if (dmabuf < 0 || qt_prime_import(c.fd, dmabuf, &handle))
					return 11;
				close(dmabuf);
			} else if (kind == 1) {
				qt_queue_destroy(c.fd, c.queue[1]);
				if (qt_queue_new(c.fd, &c.queue[1]))
					return 12;
			} else {
				if (stall_new(&stall, sw_sync))
					return 13;
				fence = submit_fence(&c, kind % 2, kind == 2 ? &c.slow_job :
						     &c.copy_job, stall.sync_file);
				if (fence < 0 && fence != -EIO)
					return 14;
				if (rand_r(&seed) % 2)
					stall_end(&stall);
				else
					stall_die(&stall);
				close(stall.sync_file);
				close(fence);
			}
		}
		munmap(c.in.map, c.in.size);
		munmap(c.out.map, c.out.size);
		munmap(c.a.map, c.a.size);
		munmap(c.b.map, c.b.size);
		close(c.fd);
	}
}

static int rounds(void)
{
	return getenv("QNN_LONG") ? 1000 : 15;
}

/* Killed in the middle of everything, with the module about to go. */
TEST_F_TIMEOUT(lifetime, kill_at_any_moment, 600)
{
	int i, j, status, refused = 0;
	unsigned int seed = 3;
	pid_t child[WORKERS];

	for (i = 0; i < rounds(); i++) {
		for (j = 0; j < WORKERS; j++) {
			child[j] = fork();
			ASSERT_LE(0, child[j]);
			if (!child[j])
				_exit(restless(i * WORKERS + j, variant->sw_sync));
		}
		qt_sleep_ms(rand_r(&seed) % 50);
		for (j = 0; j < WORKERS; j++) {
			ASSERT_EQ(0, kill(child[j], SIGKILL));
			status = qt_module_unload();
			if (!status)
				break;
			refused += status == -EAGAIN;
		}
		for (j = 0; j < WORKERS; j++) {
			kill(child[j], SIGKILL);
			ASSERT_EQ(child[j], waitpid(child[j], &status, 0));
		}
		if (access("/sys/module/qnn", F_OK))
			ASSERT_EQ(0, qt_module_load("cores=1"));
	}
	TH_LOG("unloading was refused %d times", refused);
	EXPECT_EQ(0, try_device());
}

TEST_HARNESS_MAIN

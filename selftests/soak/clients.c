// SPDX-License-Identifier: MIT
#include "soak.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/accel/qt.h"

#define JOBS		8
#define HANG_MS		20

#define TRY(step) do { \
	int ret_ = (step); \
	if (ret_) \
		return soak_fail(shared, #step, ret_); \
} while (0)

/* A file with what a job needs. */
struct client {
	int fd;
	uint32_t program, queue;
	uint32_t timeout_ms;	/* as long as may be: no job is late but those that hang */
	struct qt_buf in, out;
};

static int client_open(struct client *c, void *(*image)(size_t *size), uint64_t in, uint64_t out)
{
	struct drm_qnn_device_info info;
	int ret;

	memset(c, 0, sizeof(*c));
	c->fd = qt_open();
	if (c->fd < 0)
		return c->fd;
	ret = qt_device_info(c->fd, &info);
	if (ret)
		return ret;
	c->timeout_ms = info.max_timeout_ms;
	ret = qt_program_from(c->fd, image, &c->program);
	ret = ret ? ret : qt_queue_new(c->fd, &c->queue);
	ret = ret ? ret : qt_buf_new(c->fd, in, &c->in);
	return ret ? ret : qt_buf_new(c->fd, out, &c->out);
}

static int client_copier(struct client *c)
{
	return client_open(c, qt_image_copy, QT_COPY_BYTES, QT_COPY_BYTES);
}

/* Unmaps; the rest goes with the file. */
static void client_close(struct client *c)
{
	if (c->in.map)
		munmap(c->in.map, c->in.size);
	if (c->out.map)
		munmap(c->out.map, c->out.size);
	if (c->fd >= 0)
		close(c->fd);
}

static void client_job(const struct client *c, struct qt_job *job)
{
	qt_job_init(job, c->program);
	job->job.timeout_ms = c->timeout_ms;
	qt_job_bind(job, 0, c->in.handle, 0);
	qt_job_bind(job, 1, c->out.handle, 0);
}

static int all_bytes(const uint8_t *at, uint8_t value)
{
	size_t i;

	for (i = 0; i < QT_COPY_BYTES; i++)
		if (at[i] != value)
			return -EILSEQ;
	return 0;
}

static uint8_t some_byte(void)
{
	return (uint8_t)rand();
}

/* Opens, queues some jobs, looks at what came out. */
static int round_run(struct soak_shared *shared)
{
	uint8_t value = some_byte();
	struct qt_job job;
	struct client c;
	int i;

	TRY(client_copier(&c));
	memset(c.in.map, value, QT_COPY_BYTES);
	client_job(&c, &job);
	for (i = 1; i < JOBS; i++)
		TRY(qt_submit(c.fd, c.queue, &job, 0, 0));
	TRY(qt_run(c.fd, c.queue, &job));
	TRY(all_bytes(c.out.map, value));
	client_close(&c);
	return 0;
}

static int send_descriptor(int socket, int fd, uint8_t value)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { &value, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof(control.room),
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_descriptor(int socket, uint8_t *value)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { value, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	int fd;

	if (recvmsg(socket, &msg, 0) != 1)
		return -EPIPE;
	head = CMSG_FIRSTHDR(&msg);
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return -EPIPE;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/* The other process: a job reads what a job that may still run writes. */
static int consume(int socket, struct soak_shared *shared)
{
	struct qt_job job;
	struct client c;
	uint8_t value;
	int dmabuf;

	dmabuf = receive_descriptor(socket, &value);
	if (dmabuf < 0)
		return soak_fail(shared, "receive_descriptor", dmabuf);
	TRY(client_copier(&c));
	TRY(qt_gem_close(c.fd, c.in.handle));
	TRY(qt_prime_import(c.fd, dmabuf, &c.in.handle));
	close(dmabuf);
	client_job(&c, &job);
	TRY(qt_run(c.fd, c.queue, &job));
	TRY(all_bytes(c.out.map, value));
	client_close(&c);
	return 0;
}

static int produce(int socket, struct soak_shared *shared)
{
	uint8_t value = some_byte();
	struct qt_job job;
	struct client c;
	int dmabuf;

	TRY(client_copier(&c));
	memset(c.in.map, value, QT_COPY_BYTES);
	client_job(&c, &job);
	TRY(qt_submit(c.fd, c.queue, &job, 0, 0));
	dmabuf = qt_prime_export(c.fd, c.out.handle);
	if (dmabuf < 0)
		return soak_fail(shared, "qt_prime_export", dmabuf);
	TRY(send_descriptor(socket, dmabuf, value));
	close(dmabuf);
	/* Not before the other one has it: closing cancels what is queued. */
	TRY(qt_bo_wait(c.fd, c.out.handle, 0, QT_LONG));
	client_close(&c);
	return 0;
}

static int round_share(struct soak_shared *shared)
{
	int pair[2], status = 0, ret;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return soak_fail(shared, "socketpair", -errno);
	pid = fork();
	if (!pid)
		_exit(consume(pair[1], shared) ? 1 : 0);
	close(pair[1]);
	ret = produce(pair[0], shared);
	close(pair[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		ret = soak_fail(shared, "the other process", -ECHILD);
	return ret;
}

/* A job that never ends is stopped, its queue too, and another queue works. */
static int round_hang(struct soak_shared *shared)
{
	struct drm_qnn_queue_status status;
	struct qt_job job;
	struct client c;
	int ret;

	TRY(client_open(&c, qt_image_slow, QT_SLOW_IN, QT_SLOW_OUT));
	client_job(&c, &job);
	job.job.timeout_ms = HANG_MS;
	ret = qt_run(c.fd, c.queue, &job);
	if (ret != -ETIMEDOUT)
		return soak_fail(shared, "a job without end", ret ? ret : -EILSEQ);
	TRY(qt_queue_status(c.fd, c.queue, &status));
	if (status.reason != DRM_QNN_REASON_TIMEOUT)
		return soak_fail(shared, "reason of the queue", -EILSEQ);
	client_close(&c);
	return round_run(shared);
}

/* Queues all it may, reads nothing, and is killed at some point. */
static int round_flood(struct soak_shared *shared)
{
	struct qt_job job;
	struct client c;
	int i, ret = 0;

	TRY(client_copier(&c));
	client_job(&c, &job);
	for (i = 0; i < 64 && !ret; i++)
		ret = qt_submit(c.fd, c.queue, &job, 0, 0);
	if (ret && ret != -EBUSY)
		return soak_fail(shared, "qt_submit", ret);
	client_close(&c);
	return 0;
}

/* Jobs on memory of the process itself, which goes before they are done. */
static int round_userptr(struct soak_shared *shared)
{
	struct drm_qnn_bo_userptr userptr = { .size = QT_COPY_BYTES };
	uint8_t value = some_byte();
	struct qt_job job;
	struct client c;
	uint8_t *memory;

	memory = mmap(NULL, QT_COPY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return soak_fail(shared, "mmap", -errno);
	memset(memory, value, QT_COPY_BYTES);
	userptr.addr = (uintptr_t)memory;
	TRY(client_copier(&c));
	TRY(qt_ioctl(c.fd, DRM_IOCTL_QNN_BO_USERPTR, &userptr));
	qt_gem_close(c.fd, c.in.handle);
	c.in.handle = userptr.handle;
	client_job(&c, &job);
	TRY(qt_submit(c.fd, c.queue, &job, 0, 0));
	munmap(memory, QT_COPY_BYTES);
	TRY(qt_run(c.fd, c.queue, &job));
	TRY(all_bytes(c.out.map, value));
	client_close(&c);
	return 0;
}

/* Two queues that wait for each other on a timeline. */
static int round_timeline(struct soak_shared *shared)
{
	struct drm_qnn_sync in, out;
	struct drm_qnn_submit submit;
	uint32_t queues[2], timeline;
	struct qt_job job;
	struct client c;
	int i;

	TRY(client_copier(&c));
	queues[0] = c.queue;
	TRY(qt_queue_new(c.fd, &queues[1]));
	TRY(qt_syncobj_new(c.fd, 0, &timeline));
	client_job(&c, &job);
	for (i = 1; i <= JOBS; i++) {
		in = (struct drm_qnn_sync){ .handle = timeline, .point = (uint64_t)i - 1 };
		out = (struct drm_qnn_sync){ .handle = timeline, .point = (uint64_t)i };
		qt_submit_init(&submit, queues[i % 2], &job);
		submit.in_syncs = (uintptr_t)&in;
		submit.in_sync_count = i > 1;
		submit.out_syncs = (uintptr_t)&out;
		submit.out_sync_count = 1;
		TRY(qt_ioctl(c.fd, DRM_IOCTL_QNN_SUBMIT, &submit));
	}
	TRY(qt_syncobj_wait(c.fd, timeline, JOBS, 0, QT_LONG));
	client_close(&c);
	return 0;
}

const struct soak_client soak_clients[] = {
	{ "run", round_run, false },
	{ "share", round_share, false },
	{ "hang", round_hang, false },
	{ "flood", round_flood, true },
	{ "run and die", round_run, true },
	{ "share and die", round_share, true },
	{ "user memory", round_userptr, false },
	{ "timeline", round_timeline, false },
};

const size_t soak_client_count = sizeof(soak_clients) / sizeof(soak_clients[0]);

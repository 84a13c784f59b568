// SPDX-License-Identifier: MIT
/* Who has a buffer, a mapping or a file, and who is left with it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

/* Sends a descriptor and a number. */
static int send_fd(int socket, int fd, uint32_t number)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &number, sizeof(number) };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == sizeof(number) ? 0 : -errno;
}

static int receive_fd(int socket, uint32_t *number)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { number, sizeof(*number) };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != sizeof(*number))
		return -EPIPE;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

FIXTURE(sharing)
{
	struct qt_mem m;
	int socket[2];
};

FIXTURE_SETUP(sharing)
{
	ASSERT_EQ(0, qt_mem_open(&self->m));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->socket));
}

FIXTURE_TEARDOWN(sharing)
{
	close(self->socket[0]);
	close(self->socket[1]);
	close(self->m.fd);
}

/* Exit status of a child, or -1 if it was killed. */
static int status_of(pid_t child)
{
	int status;

	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A job of @m that writes @value everywhere to a BO of its file. */
static int fill(struct qt_mem *m, uint32_t to, int value)
{
	memset(m->buf.map, value, QT_COPY_BYTES);
	return qt_mem_copy(m, m->buf.handle, 0, to);
}

TEST_F(sharing, mapping_is_shared_with_a_child)
{
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		memset(self->m.buf.map, 0x61, QT_COPY_BYTES);
		_exit(0);
	}
	ASSERT_EQ(0, status_of(child));
	EXPECT_EQ(0x61, self->m.buf.map[QT_COPY_BYTES - 1]);
}

/* The file is one file: what the child closes it has closed for itself only. */
TEST_F(sharing, child_closes_its_descriptor)
{
	struct qt_buf out;
	pid_t child;

	ASSERT_EQ(0, qt_buf_new(self->m.fd, QT_COPY_BYTES, &out));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		munmap(self->m.buf.map, self->m.buf.size);
		close(self->m.fd);
		_exit(0);
	}
	ASSERT_EQ(0, status_of(child));
	ASSERT_EQ(0, fill(&self->m, out.handle, 0x62));
	EXPECT_EQ(0x62, out.map[0]);
}

/* The parent has nothing of it any more, the child goes on with handles. */
TEST_F(sharing, child_outlives_the_parent)
{
	int go[2];
	pid_t child;
	char c;

	ASSERT_EQ(0, pipe(go));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		struct qt_buf out;

		close(go[1]);
		if (read(go[0], &c, 1) != 0)
			_exit(1);
		if (qt_buf_new(self->m.fd, QT_COPY_BYTES, &out))
			_exit(2);
		_exit(fill(&self->m, out.handle, 0x63) || out.map[9] != 0x63 ? 3 : 0);
	}
	munmap(self->m.buf.map, self->m.buf.size);
	close(self->m.fd);
	close(go[0]);
	close(go[1]);
	EXPECT_EQ(0, status_of(child));
	self->m.fd = -1;
}

TEST_F(sharing, device_passed_to_another_process)
{
	struct qt_buf buf = { .size = QT_COPY_BYTES };
	pid_t child = fork();
	int fd;

	ASSERT_LE(0, child);
	if (!child) {
		struct qt_mem m;

		if (qt_mem_open(&m) || fill(&m, m.buf.handle, 0) != -EINVAL)
			_exit(1);
		memset(m.buf.map, 0x64, QT_COPY_BYTES);
		_exit(send_fd(self->socket[1], m.fd, m.buf.handle) ? 2 : 0);
	}
	ASSERT_EQ(0, status_of(child));
	fd = receive_fd(self->socket[0], &buf.handle);
	ASSERT_LE(0, fd);
	/* It is the file of a process that is gone, with all its handles. */
	ASSERT_EQ(0, qt_buf_map(fd, &buf));
	EXPECT_EQ(0x64, buf.map[QT_COPY_BYTES - 1]);
	qt_buf_free(fd, &buf);
	close(fd);
}

/* Sent, and the sender is gone before anybody has received it. */
TEST_F(sharing, buffer_passed_to_another_process)
{
	uint32_t number, handle;
	pid_t child = fork();
	int fd;

	ASSERT_LE(0, child);
	if (!child) {
		struct qt_mem m;
		int dmabuf;

		if (qt_mem_open(&m))
			_exit(1);
		memset(m.buf.map, 0x65, QT_COPY_BYTES);
		dmabuf = qt_prime_export(m.fd, m.buf.handle);
		_exit(dmabuf < 0 || send_fd(self->socket[1], dmabuf, 7) ? 2 : 0);
	}
	ASSERT_EQ(0, status_of(child));
	fd = receive_fd(self->socket[0], &number);
	ASSERT_LE(0, fd);
	EXPECT_EQ(7, number);
	ASSERT_EQ(0, qt_prime_import(self->m.fd, fd, &handle));
	close(fd);
	ASSERT_EQ(0, qt_mem_copy(&self->m, handle, 0, self->m.buf.handle));
	EXPECT_EQ(0x65, self->m.buf.map[0]);
	EXPECT_EQ(0x65, self->m.buf.map[QT_COPY_BYTES - 1]);
}

/* Nobody ever receives them: a device in its own socket, and a buffer. */
TEST_F(sharing, descriptors_that_nobody_receives)
{
	int dmabuf = qt_prime_export(self->m.fd, self->m.buf.handle), i;

	ASSERT_LE(0, dmabuf);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, send_fd(self->socket[0], self->m.fd, i));
		ASSERT_EQ(0, send_fd(self->socket[0], dmabuf, i));
		ASSERT_EQ(0, send_fd(self->socket[0], self->socket[1], i));
		ASSERT_EQ(0, send_fd(self->socket[1], self->socket[0], i));
	}
	/* Sockets in each other: the kernel has to find that, the last suite looks. */
	close(dmabuf);
}

/*
 * The child's job is on its way to memory that the parent has as well, when it
 * becomes another program: the file is closed, the job ends or is cancelled.
 */
TEST_F(sharing, exec_with_a_job_on_its_way)
{
	char *const argv[] = { (char *)"true", NULL };
	struct pollfd pollfd = { .events = POLLIN };
	uint32_t number;
	uint8_t *map;
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child) {
		struct qt_buf out;
		struct qt_job job;
		struct qt_mem m;
		int dmabuf;

		if (qt_mem_open(&m) || qt_buf_new(m.fd, QT_COPY_BYTES, &out))
			_exit(1);
		dmabuf = qt_prime_export(m.fd, out.handle);
		if (dmabuf < 0 || send_fd(self->socket[1], dmabuf, 0))
			_exit(2);
		memset(m.buf.map, 0x66, QT_COPY_BYTES);
		qt_job_init(&job, m.program);
		qt_job_bind(&job, 0, m.buf.handle, 0);
		qt_job_bind(&job, 1, out.handle, 0);
		if (qt_submit(m.fd, m.queue, &job, 0, 0))
			_exit(3);
		execv("/bin/true", argv);
		_exit(4);
	}
	ASSERT_EQ(0, status_of(child));
	pollfd.fd = receive_fd(self->socket[0], &number);
	ASSERT_LE(0, pollfd.fd);
	ASSERT_EQ(1, poll(&pollfd, 1, QT_LONG / QT_MS));
	map = mmap(NULL, QT_COPY_BYTES, PROT_READ, MAP_SHARED, pollfd.fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(map[0] == 0 || map[0] == 0x66);
	EXPECT_EQ(map[0], map[QT_COPY_BYTES - 1]);
	munmap(map, QT_COPY_BYTES);
	close(pollfd.fd);
}

/* Its number is another BO's then, which the job knows nothing of. */
TEST_F(sharing, handle_closed_while_a_job_waits)
{
	uint32_t in, done, handle;
	struct qt_buf out, next;
	struct qt_gate gate;
	struct qt_job job;
	uint8_t *map;
	int ret;

	ret = qt_gate_syncobj(self->m.fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_syncobj_new(self->m.fd, 0, &done));
	ASSERT_EQ(0, qt_buf_new(self->m.fd, QT_COPY_BYTES, &out));
	memset(self->m.buf.map, 0x67, QT_COPY_BYTES);
	qt_job_init(&job, self->m.program);
	qt_job_bind(&job, 0, self->m.buf.handle, 0);
	qt_job_bind(&job, 1, out.handle, 0);
	ASSERT_EQ(0, qt_submit(self->m.fd, self->m.queue, &job, in, done));
	map = out.map;
	handle = out.handle;
	ASSERT_EQ(0, qt_gem_close(self->m.fd, handle));
	ASSERT_EQ(0, qt_buf_new(self->m.fd, QT_COPY_BYTES, &next));
	EXPECT_EQ(handle, next.handle);
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->m.fd, done, 0, 0, QT_LONG));
	EXPECT_EQ(0x67, map[QT_COPY_BYTES - 1]);
	EXPECT_EQ(0, next.map[0]);
	EXPECT_EQ(0, next.map[QT_COPY_BYTES - 1]);
}

/* Descriptor, handle and file are gone; a mapping through the dma-buf stays. */
TEST_F(sharing, mapping_is_the_last_to_go)
{
	int dmabuf = qt_prime_export(self->m.fd, self->m.buf.handle);
	uint8_t *map;

	ASSERT_LE(0, dmabuf);
	memset(self->m.buf.map, 0x68, QT_COPY_BYTES);
	map = mmap(NULL, QT_COPY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf, 0);
	ASSERT_NE(MAP_FAILED, map);
	munmap(self->m.buf.map, self->m.buf.size);
	close(dmabuf);
	close(self->m.fd);
	self->m.fd = -1;
	EXPECT_EQ(0x68, map[0]);
	map[QT_COPY_BYTES - 1] = 0x69;
	EXPECT_EQ(0x69, map[QT_COPY_BYTES - 1]);
	munmap(map, QT_COPY_BYTES);
}

TEST_HARNESS_MAIN

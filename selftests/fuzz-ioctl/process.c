// SPDX-License-Identifier: MIT
/* Descriptors, and processes that come, share, and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "fz.h"
#include "selftests/lib/leftovers.h"

int fz_mail[2];
char fz_vgem[32];

/* Kinds of descriptors that are passed on and closed. */
static const enum pool shared[] = {
	POOL_FILE, POOL_DMABUF, POOL_SYNC_FILE, POOL_SYNCOBJ_FD, POOL_EVENTFD,
};

static void do_open(struct thread *t)
{
	/* Mostly the first one. */
	uint32_t first = once_in(&t->dice, 3) ? below(&t->dice, FZ_DEVICES) : 0, i;
	int flags = O_RDWR | (once_in(&t->dice, 2) ? O_CLOEXEC : 0), fd = -1;
	char path[32];

	for (i = 0; fd < 0 && i < FZ_DEVICES; i++) {
		snprintf(path, sizeof(path), "/dev/accel/accel%u", (first + i) % FZ_DEVICES);
		fd = open(path, flags);
	}
	if (fd >= 0)
		pool_add(POOL_FILE, -1, (uint32_t)fd, 0);
}

static void do_open_vgem(struct thread *t)
{
	int fd;

	(void)t;
	if (!fz_vgem[0])
		return;
	fd = open(fz_vgem, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		pool_add(POOL_VGEM, -1, (uint32_t)fd, 0);
}

static void do_eventfd(struct thread *t)
{
	int fd = eventfd(0, EFD_NONBLOCK);

	(void)t;
	if (fd >= 0)
		pool_add(POOL_EVENTFD, -1, (uint32_t)fd, 0);
}

static void close_shared(struct thread *t)
{
	enum pool pool = shared[1 + below(&t->dice, ARRAY_SIZE(shared) - 1)];
	struct slot slot;

	if (pool_take(pool, -1, &t->dice, &slot))
		close((int)slot.value);
}

static void close_device(struct thread *t)
{
	enum pool pool = once_in(&t->dice, 3) ? POOL_VGEM : POOL_FILE;
	struct slot slot;

	/* Now and then the number stays in use, whatever gets it next. */
	if (once_in(&t->dice, 4) ? pool_pick(pool, -1, &t->dice, &slot) :
				   pool_take(pool, -1, &t->dice, &slot))
		close((int)slot.value);
}

static void duplicate(struct thread *t)
{
	struct slot slot;
	int fd;

	if (!pool_pick(POOL_FILE, -1, &t->dice, &slot))
		return;
	fd = dup((int)slot.value);
	if (fd >= 0)
		pool_add(POOL_FILE, -1, (uint32_t)fd, 0);
}

/* poll(), lseek(), fdinfo: what one does with any descriptor. */
static void look(struct thread *t)
{
	struct pollfd pollfd = { .events = POLLIN | POLLOUT };
	char path[48], text[1024];
	struct slot slot;

	if (!pool_pick(shared[below(&t->dice, ARRAY_SIZE(shared))], -1, &t->dice, &slot))
		return;
	pollfd.fd = (int)slot.value;
	poll(&pollfd, 1, (int)below(&t->dice, 5));
	if (once_in(&t->dice, 3))
		lseek(pollfd.fd, 0, SEEK_END);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pollfd.fd);
	read_text(path, text, sizeof(text));
}

static void mail_send(struct thread *t)
{
	uint32_t which = below(&t->dice, ARRAY_SIZE(shared)), note[2];
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { note, sizeof(note) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.room, .msg_controllen = sizeof(control.room),
	};
	struct slot slot;

	if (!pool_pick(shared[which], -1, &t->dice, &slot))
		return;
	note[0] = which;
	note[1] = (uint32_t)slot.extra;
	memcpy(CMSG_DATA(&control.head), &slot.value, sizeof(int));
	sendmsg(fz_mail[0], &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void mail_receive(struct thread *t)
{
	char control[CMSG_SPACE(sizeof(int))];
	uint32_t note[2] = { 0, 0 };
	struct iovec iov = { note, sizeof(note) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	int fd;

	(void)t;
	if (recvmsg(fz_mail[1], &msg, MSG_DONTWAIT) <= 0)
		return;
	head = CMSG_FIRSTHDR(&msg);
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	pool_add(shared[note[0] % ARRAY_SIZE(shared)], -1, (uint32_t)fd, note[1]);
}

/* A child goes on with what its parent has, for some calls. */
static void child_work(struct thread *t)
{
	struct fz_call call = { .actor = (uint8_t)t->actor };
	uint32_t calls = below(&t->dice, 10);

	while (calls--) {
		call.op = (uint8_t)below(&t->dice, fz_op_count);
		if (fz_ops[call.op].needs || fz_ops[call.op].run)
			continue;
		call.args = (uint32_t)roll(&t->dice);
		run_call(t, &call);
		/* run_call() has rolled other dice since. */
		t->dice.state = call.args;
	}
}

static void do_fork(struct thread *t)
{
	pid_t pid = fork();

	if (pid > 0) {
		pool_add(POOL_CHILD, -1, (uint32_t)pid, 0);
	} else if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		t->fail_nth = -1;
		child_work(t);
		if (once_in(&t->dice, 3))
			execl("/proc/self/exe", "fuzz_ioctl", "--exec", NULL);
		_exit(0);
	}
}

static void kill_child(struct thread *t)
{
	struct slot slot;

	if (!pool_take(POOL_CHILD, -1, &t->dice, &slot))
		return;
	usleep(below(&t->dice, 2000));
	kill((pid_t)slot.value, SIGKILL);
	waitpid((pid_t)slot.value, NULL, 0);
}

/* A signal soon, which has a handler: whatever waits then is interrupted. */
static void interrupt(struct thread *t)
{
	struct itimerval soon = { .it_value = { .tv_usec = 1 + below(&t->dice, 20000) } };

	setitimer(ITIMER_REAL, &soon, NULL);
}

/* Without CAP_SYS_NICE and the rest of root, or with it again. */
static void capabilities(struct thread *t)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return;
	data[0].effective = once_in(&t->dice, 2) ? 0 : data[0].permitted;
	data[1].effective = once_in(&t->dice, 2) ? 0 : data[1].permitted;
	syscall(SYS_capset, &header, data);
}

static void give_way(struct thread *t)
{
	usleep(below(&t->dice, 3000));
}

static void die(struct thread *t)
{
	if (once_in(&t->dice, 2))
		raise(SIGKILL);
	_exit(0);
}

const struct op process_ops[] = {
	{ "open", 6, 0, NULL, do_open },
	{ "open_vgem", 3, 0, NULL, do_open_vgem },
	{ "eventfd", 2, 0, NULL, do_eventfd },
	{ "close", 8, 0, NULL, close_shared },
	{ "close_device", 2, 0, NULL, close_device },
	{ "duplicate", 1, 0, NULL, duplicate },
	{ "look", 5, 0, NULL, look },
	{ "send", 6, 0, NULL, mail_send },
	{ "receive", 6, 0, NULL, mail_receive },
	{ "fork", 2, 0, NULL, do_fork },
	{ "kill_child", 2, 0, NULL, kill_child },
	{ "interrupt", 4, 0, NULL, interrupt },
	{ "capabilities", 1, 0, NULL, capabilities },
	{ "give_way", 4, 0, NULL, give_way },
	{ "die", 1, 0, NULL, die },
};

const uint32_t process_op_count = ARRAY_SIZE(process_ops);

// SPDX-License-Identifier: MIT
/*
 * The threads of emulated cores, as good citizens of the machine: they yield, they
 * stop when they are told to, and the administrator says how much they may take.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define CGROUPS		"/dev/shm/qnn-cgroups/"
#define CPU1		"/sys/devices/system/cpu/cpu1/online"
#define SOFT_LOCKUP	"/proc/sys/kernel/watchdog_thresh"
#define RCU_STALL	"/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout"
#define TEXT_SIZE	65536
#define LINE		64
#define TIMES		15
#define STOP_US		10000

/* The thread of a core, by its name; -ENOENT: there is none. */
static int core_thread(const char *name)
{
	struct dirent *entry;
	char path[512], comm[LINE];
	DIR *dir = opendir("/proc");
	int pid = -ENOENT;

	while (dir && pid < 0 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (!isdigit(entry->d_name[0]) || qt_read_file(path, comm, sizeof(comm)) <= 0)
			continue;
		comm[strcspn(comm, "\n")] = 0;
		if (!strcmp(comm, name))
			pid = atoi(entry->d_name);
	}
	closedir(dir);
	return pid;
}

FIXTURE(emulated)
{
	int fd, core;
	uint32_t queue, copy;
	struct qt_buf a, b, report;
	struct qt_job job;
};

FIXTURE_SETUP(emulated)
{
	struct drm_qnn_device_info info;

	self->fd = qt_open_bound("qnn.0");
	if (self->fd == -ENODEV)
		SKIP(return, "no emulated device");
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	ASSERT_EQ(DRM_QNN_BACKEND_EMULATED, info.backend);
	self->core = core_thread("qnn.0-core0");
	ASSERT_LT(0, self->core);
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->copy));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->a));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->b));
	ASSERT_EQ(0, qt_buf_new(self->fd, sizeof(struct drm_qnn_report), &self->report));
	qt_job_init(&self->job, self->copy);
	qt_job_bind(&self->job, 0, self->a.handle, 0);
	qt_job_bind(&self->job, 1, self->b.handle, 0);
}

FIXTURE_TEARDOWN(emulated)
{
	if (self->fd >= 0)
		close(self->fd);
}

static int copies(int fd, uint32_t queue, struct qt_job *job, struct qt_buf *a, struct qt_buf *b)
{
	int i, ret = 0;

	for (i = 0; !ret && i < 20; i++) {
		memset(a->map, i + 1, QT_COPY_BYTES);
		ret = qt_run(fd, queue, job);
		ret = ret ?: memcmp(a->map, b->map, QT_COPY_BYTES);
	}
	return ret;
}

/* One thread for each core, and names that say which it is. */
TEST_F(emulated, names)
{
	struct drm_qnn_device_info info;
	char name[LINE];
	uint32_t i;

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	for (i = 0; i <= info.cores; i++) {
		snprintf(name, sizeof(name), "qnn.0-core%u", i);
		EXPECT_EQ(i < info.cores, core_thread(name) > 0);
	}
}

TEST_F(emulated, nice)
{
	int before;

	if (geteuid())
		SKIP(return, "only root may do this");
	errno = 0;
	before = getpriority(PRIO_PROCESS, self->core);
	ASSERT_EQ(0, errno);
	ASSERT_EQ(0, setpriority(PRIO_PROCESS, self->core, 19));
	EXPECT_EQ(0, copies(self->fd, self->queue, &self->job, &self->a, &self->b));
	/* It stays. */
	EXPECT_EQ(19, getpriority(PRIO_PROCESS, self->core));
	EXPECT_EQ(0, setpriority(PRIO_PROCESS, self->core, before));
}

TEST_F(emulated, affinity)
{
	cpu_set_t before, one, after;

	if (geteuid())
		SKIP(return, "only root may do this");
	ASSERT_EQ(0, sched_getaffinity(self->core, sizeof(before), &before));
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(self->core, sizeof(one), &one));
	EXPECT_EQ(0, copies(self->fd, self->queue, &self->job, &self->a, &self->b));
	ASSERT_EQ(0, sched_getaffinity(self->core, sizeof(after), &after));
	EXPECT_TRUE(CPU_EQUAL(&one, &after));
	EXPECT_EQ(0, sched_setaffinity(self->core, sizeof(before), &before));
}

/* A fifth of a processor, whoever uses the device. */
TEST_F(emulated, cgroup)
{
	char text[512], pid[LINE];
	int i;

	if (geteuid() || mkdir(CGROUPS, 0755))
		SKIP(return, "only root may do this");
	if (mount("none", CGROUPS, "cgroup2", 0, NULL)) {
		rmdir(CGROUPS);
		SKIP(return, "no control groups in this kernel");
	}
	snprintf(pid, sizeof(pid), "%d", self->core);
	if (qt_write_file(CGROUPS "cgroup.subtree_control", "+cpu")) {
		umount(CGROUPS);
		rmdir(CGROUPS);
		SKIP(return, "no processor time by control group in this kernel");
	}
	ASSERT_EQ(0, mkdir(CGROUPS "npu", 0755));
	ASSERT_EQ(0, qt_write_file(CGROUPS "npu/cpu.max", "20000 100000"));
	ASSERT_EQ(0, qt_write_file(CGROUPS "npu/cgroup.procs", pid));
	EXPECT_EQ(0, copies(self->fd, self->queue, &self->job, &self->a, &self->b));
	ASSERT_LT(0, qt_read_file(CGROUPS "npu/cpu.stat", text, sizeof(text)));
	EXPECT_EQ(NULL, strstr(text, "usage_usec 0\n"));
	ASSERT_EQ(0, qt_write_file(CGROUPS "cgroup.procs", pid));
	/* The group is empty a moment later. */
	for (i = 0; i < 100 && rmdir(CGROUPS "npu"); i++)
		qt_sleep_ms(10);
	umount(CGROUPS);
	rmdir(CGROUPS);
}

/* A file that gives a page at a time. */
static int read_all(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	ssize_t ret;

	if (fd < 0)
		return -errno;
	do {
		ret = read(fd, text + done, size - 1 - done);
		done += ret > 0 ? ret : 0;
	} while (ret > 0);
	text[done] = 0;
	close(fd);
	return ret < 0 ? -errno : 0;
}

/* Microseconds of the next event of this kind in a trace, on its clock. */
static int64_t event_us(const char **at, const char *event)
{
	const char *p = strstr(*at, event);
	long long s, us;

	if (!p)
		return -ENOENT;
	*at = p + 1;
	while (p[-1] != ' ')
		p--;
	return sscanf(p, "%lld.%lld", &s, &us) == 2 ? s * 1000000 + us : -EPROTO;
}

static int by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Layers as large as can be, so often that only a deadline ends them. */
#define LARGE_BYTES	(16u << 20)
#define LARGE_COMMANDS	1000

static void *image_pool(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	void *image;
	int i;

	for (i = 0; i < LARGE_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MAX_POOL);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 4096, 4096, 1);
		c->pool.kernel_h = c->pool.kernel_w = 255;
		c->pool.pad_top = c->pool.pad_bottom = 127;
		c->pool.pad_left = c->pool.pad_right = 127;
		qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static void *image_argmax(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	void *image;
	int i;

	for (i = 0; i < LARGE_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_ARGMAX);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U8, 16, 16, 65535);
		qnn_prog_out(c, out, QNN_ELEM_S32, 1);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static void *image_copy(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	void *image;
	int i;

	for (i = 0; i < LARGE_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_COPY);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_B1, 4096, 4096, 8);
		qnn_prog_out(c, out, QNN_ELEM_NONE, 0);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static void *image_softmax(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	const s32 exps[256] = { 0x7fffffff };
	u32 table = qnn_prog_const(p, exps, sizeof(exps), sizeof(exps[0]));
	void *image;
	int i;

	for (i = 0; i < LARGE_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_SOFTMAX);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, 128, 128, 1000);
		qnn_prog_out(c, out, QNN_ELEM_S8, 0);
		c->softmax.table_off = table;
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* The products of this rounding rule are those of floats. */
static void *image_multiply(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	void *image;
	int i;

	for (i = 0; i < LARGE_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_MUL);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U8, 512, 512, 64);
		c->in[1] = c->in[0];
		qnn_prog_out(c, out, QNN_ELEM_U8, 0);
		qnn_prog_requant(p, c, QNN_ROUND_C, 0x3c000001, 0);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

static const struct {
	const char *name;
	void *(*make)(size_t *size);
	int always;
} large[] = {
	{ "convolution", qt_image_slow, 1 },
	{ "max_pool", image_pool, 1 },
	{ "argmax", image_argmax, 0 },
	{ "copy", image_copy, 0 },
	{ "softmax", image_softmax, 0 },
	{ "multiply", image_multiply, 0 },
};

/* A job of one of these programs, and its buffers. */
static int large_job(int fd, void *(*make)(size_t *size), struct qt_job *job,
		     struct qt_buf *in, struct qt_buf *out)
{
	uint32_t program;
	int ret = qt_program_from(fd, make, &program);

	ret = ret ?: qt_buf_new(fd, LARGE_BYTES, in);
	ret = ret ?: qt_buf_new(fd, LARGE_BYTES, out);
	if (ret)
		return ret;
	qt_job_init(job, program);
	qt_job_bind(job, 0, in->handle, 0);
	qt_job_bind(job, 1, out->handle, 0);
	return 0;
}

/* How long a core goes on after it was told to stop: the median of some times. */
static int64_t stop_us(int fd, struct qt_job *job, char *text, int64_t *longest)
{
	int64_t stop, done, took[TIMES];
	int i, ret = qt_empty_file(QT_TRACEFS "trace");
	const char *at = text;
	uint32_t queue;

	for (i = 0; !ret && i < TIMES; i++) {
		ret = qt_queue_new(fd, &queue);
		if (!ret && qt_run(fd, queue, job) != -ETIMEDOUT)
			ret = -EINVAL;
		ret = ret ?: qt_queue_destroy(fd, queue);
	}
	ret = ret ?: read_all(QT_TRACEFS "trace", text, TEXT_SIZE);
	for (i = 0; !ret && i < TIMES; i++) {
		stop = event_us(&at, ": qnn_core_stop: ");
		done = event_us(&at, ": qnn_job_done: ");
		took[i] = done - stop;
		if (stop <= 0 || took[i] < 0)
			ret = -EINVAL;
	}
	if (ret)
		return ret;
	qsort(took, TIMES, sizeof(took[0]), by_size);
	*longest = took[TIMES - 1];
	return took[TIMES / 2];
}

/*
 * 10 ms, a hundred times of what it takes where nobody else wants the processor. It
 * is at most the time between two calls of qnn_exec_run() back to the driver, which the
 * tests of firmware/ count. This machine may have other things to do: three tries.
 */
TEST_F_TIMEOUT(emulated, stop, 120)
{
	char *text = malloc(TEXT_SIZE);
	int64_t median, longest = 0;
	struct qt_buf in, out;
	struct qt_job job;
	size_t n;
	int i;

	ASSERT_NE(NULL, text);
	if (geteuid() || qt_trace(true))
		SKIP(return, "no trace events in this kernel, or not root");
	ASSERT_EQ(0, qt_write_file(QT_TRACEFS "trace_clock", "mono"));
	for (n = 0; n < ARRAY_SIZE(large); n++) {
		ASSERT_EQ(0, large_job(self->fd, large[n].make, &job, &in, &out));
		job.job.timeout_ms = 10;
		for (i = 0, median = STOP_US + 1; i < 3 && median > STOP_US; i++) {
			median = stop_us(self->fd, &job, text, &longest);
			ASSERT_LE(0, median);
		}
		TH_LOG("%s: %lld us from stop to end, at most %lld us", large[n].name,
		       (long long)median, (long long)longest);
		EXPECT_GE(STOP_US, median);
		qt_buf_free(self->fd, &in);
		qt_buf_free(self->fd, &out);
	}
	ASSERT_EQ(0, qt_trace(false));
	qt_write_file(QT_TRACEFS "trace_clock", "local");
	free(text);
}

struct ticker {
	volatile int stop;
	volatile unsigned int ticks;
};

/* What a program that wants to run now and then gets of the machine. */
static void *tick(void *arg)
{
	struct ticker *t = arg;

	while (!t->stop) {
		qt_sleep_ms(1);
		t->ticks++;
	}
	return NULL;
}

static int run_large(int fd, void *(*make)(size_t *size), uint32_t report, unsigned int *ticks)
{
	struct ticker ticker = { 0 };
	struct qt_buf in, out;
	pthread_t thread;
	struct qt_job job;
	uint32_t queue;
	int ret = qt_queue_new(fd, &queue);

	ret = ret ?: large_job(fd, make, &job, &in, &out);
	if (ret)
		return ret;
	job.job.timeout_ms = 5000;
	job.job.report_handle = report;
	if (pthread_create(&thread, NULL, tick, &ticker))
		return -EAGAIN;
	ret = qt_run(fd, queue, &job);
	ticker.stop = 1;
	pthread_join(thread, NULL);
	*ticks = ticker.ticks;
	qt_buf_free(fd, &in);
	qt_buf_free(fd, &out);
	return ret;
}

static int set_from(const char *path, const char *value, char *before, size_t size)
{
	if (qt_read_file(path, before, size) <= 0)
		return -ENOENT;
	return qt_write_file(path, value);
}

/*
 * One processor has to do it all, and the kernel's watchdogs bark after 4
 * seconds. They bark into the kernel's log, which the harness reads.
 */
TEST_F_TIMEOUT(emulated, one_processor, 180)
{
	char cpu1[LINE] = "", lockup[LINE] = "", stall[LINE] = "";
	unsigned int ticks = 0;
	size_t i;
	int ret;

	if (geteuid())
		SKIP(return, "only root may do this");
	set_from(CPU1, "0", cpu1, sizeof(cpu1));
	set_from(SOFT_LOCKUP, "2", lockup, sizeof(lockup));
	set_from(RCU_STALL, "4", stall, sizeof(stall));
	for (i = 0; i < ARRAY_SIZE(large); i++) {
		if (!large[i].always && !getenv("QNN_LONG"))
			continue;
		ret = run_large(self->fd, large[i].make, self->report.handle, &ticks);
		EXPECT_EQ(-ETIMEDOUT, ret)
			TH_LOG("%s", large[i].name);
		TH_LOG("%s: %u ticks of a millisecond in 5 seconds", large[i].name, ticks);
		EXPECT_LT(50, ticks);
	}
	if (stall[0])
		EXPECT_EQ(0, qt_write_file(RCU_STALL, stall));
	if (lockup[0])
		EXPECT_EQ(0, qt_write_file(SOFT_LOCKUP, lockup));
	if (cpu1[0])
		EXPECT_EQ(0, qt_write_file(CPU1, cpu1));
	EXPECT_EQ(0, copies(self->fd, self->queue, &self->job, &self->a, &self->b));
}

TEST_HARNESS_MAIN

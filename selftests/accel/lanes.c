// SPDX-License-Identifier: MIT
/*
 * Cores of several threads: they share the work of a job, and nobody can tell from
 * its results, its end or the end of the device.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "firmware/qnn_device.h"
#include "firmware/tests/rng.h"
#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define FOLDER		QT_CONFIGFS "lanes/"
#define LANES		4
#define LINE		64
#define RUNS		6

/* Enough work in each for several lanes: cut by rows, by channels, and by rows. */
#define SIDE		24
#define CHANNELS	32
#define FEATURES	1024

#define LONG_SIDE	512u
#define LONG_KERNEL	31u
#define LONG_COMMANDS	400

static const char *device(void)
{
	static char text[LINE];

	if (qt_read_file(FOLDER "device", text, sizeof(text)) < 0)
		return "none";
	text[strcspn(text, "\n")] = 0;
	return text;
}

/* Whether there is the thread of a lane. */
static int has_thread(u32 lane)
{
	char wanted[2 * LINE], path[512], text[LINE];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	int found = 0;

	snprintf(wanted, sizeof(wanted), "%s-core0-lane%u\n", device(), lane);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		found = isdigit(entry->d_name[0]) && qt_read_file(path, text, sizeof(text)) > 0 &&
			!strcmp(text, wanted);
	}
	closedir(dir);
	return found;
}

/* How many parts the core's own thread has done, and all others; -1: unknown. */
static int count_parts(long long *own, long long *others)
{
	char path[2 * LINE], text[4096], *line;
	unsigned int core, lane;
	long long parts;

	*own = 0;
	*others = 0;
	snprintf(path, sizeof(path), "/sys/kernel/debug/accel/%s/lanes", device());
	if (qt_read_file(path, text, sizeof(text)) <= 0)
		return -1;
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (sscanf(line, "%u %u %lld", &core, &lane, &parts) == 3)
			*(lane ? others : own) += parts;
	return 0;
}

static u32 random_const(struct qnn_prog *p, struct rng *rng, size_t size)
{
	void *data = malloc(size);
	u32 offset;

	if (data)
		rng_fill(rng, data, size);
	offset = qnn_prog_const(p, data, size, 64);
	free(data);
	return offset;
}

static void square(struct qnn_cmd *c, u8 in, u8 kernel)
{
	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S8, SIDE, SIDE, CHANNELS);
	c->conv.kernel_h = c->conv.kernel_w = kernel;
	c->conv.pad_top = c->conv.pad_bottom = kernel / 2;
	c->conv.pad_left = c->conv.pad_right = kernel / 2;
	c->conv.weight_type = QNN_ELEM_S8;
}

/* A convolution, one by channels on what comes of it, and a fully connected layer. */
static void *make_image(size_t *size)
{
	struct rng rng = { 11 };
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), mid = qnn_prog_region(p, 0);
	u8 sums = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	void *image;

	square(c, in, 3);
	qnn_prog_out(c, mid, QNN_ELEM_S8, CHANNELS);
	c->conv.weight_off = random_const(p, &rng, qnn_prog_weight_bytes(c));
	qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -9);

	c = qnn_prog_cmd(p, QNN_OP_CONV);
	square(c, mid, 9);
	c->conv.groups = CHANNELS;
	qnn_prog_out(c, sums, QNN_ELEM_S32, CHANNELS);
	c->conv.weight_off = random_const(p, &rng, qnn_prog_weight_bytes(c));

	c = qnn_prog_cmd(p, QNN_OP_CONV);
	c->in[0] = qnn_prog_tensor(mid, QNN_ELEM_S8, 1, 1, SIDE * SIDE * CHANNELS / 8);
	c->conv.weight_type = QNN_ELEM_S8;
	qnn_prog_out(c, out, QNN_ELEM_S32, FEATURES);
	c->conv.weight_off = random_const(p, &rng, qnn_prog_weight_bytes(c));

	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* A job on the device, and what it has to give. */
struct run {
	int fd;
	uint32_t queue, program;
	struct qnn_program prog;
	void *image;
	struct qt_buf buf[QNN_MAX_REGIONS];
	u8 *expected[QNN_MAX_REGIONS];
	struct qt_job job;
};

static int run_scalar(struct run *r)
{
	struct qnn_exec exec = { .prog = &r->prog };
	void *tile;
	u32 i;
	int err;

	for (i = 0; i < r->prog.header->region_count; i++)
		exec.region[i] = r->expected[i];
	if (posix_memalign(&tile, QNN_REGION_ALIGN, qnn_tile_size()))
		return -ENOMEM;
	exec.tile = tile;
	err = qnn_exec_run(&exec);
	free(tile);
	return err;
}

static int run_open(struct run *r)
{
	struct rng rng = { 5 };
	struct qnn_diag diag;
	size_t size;
	u32 i;
	int ret;

	memset(r, 0, sizeof(*r));
	r->fd = qt_open_bound(device());
	if (r->fd < 0)
		return r->fd;
	r->image = make_image(&size);
	if (!r->image || qnn_program_validate(r->image, size, &r->prog, &diag, NULL, NULL))
		return -EINVAL;
	ret = qt_queue_new(r->fd, &r->queue);
	ret = ret ?: qt_program_new(r->fd, r->image, size, &r->program);
	qt_job_init(&r->job, r->program);
	for (i = 0; !ret && i < r->prog.header->region_count; i++) {
		u64 bytes = r->prog.regions[i].size;

		ret = qt_buf_new(r->fd, bytes, &r->buf[i]);
		if (ret || posix_memalign((void **)&r->expected[i], QNN_REGION_ALIGN, bytes))
			return -ENOMEM;
		memset(r->expected[i], 0, bytes);
		qt_job_bind(&r->job, i, r->buf[i].handle, 0);
	}
	if (ret)
		return ret;
	rng_fill(&rng, r->expected[0], r->prog.regions[0].size);
	memcpy(r->buf[0].map, r->expected[0], r->prog.regions[0].size);
	return run_scalar(r);
}

/* Runs it and returns the first region that is not as expected plus one, or an error. */
static int run_again(struct run *r)
{
	u32 i;
	int ret;

	for (i = 1; i < r->prog.header->region_count; i++)
		memset(r->buf[i].map, 0xa5, r->prog.regions[i].size);
	ret = qt_run(r->fd, r->queue, &r->job);
	for (i = 1; !ret && i < r->prog.header->region_count; i++) {
		if (memcmp(r->expected[i], r->buf[i].map, r->prog.regions[i].size))
			ret = (int)i + 1;
	}
	return ret;
}

static void run_close(struct run *r)
{
	u32 i;

	for (i = 0; r->image && i < r->prog.header->region_count; i++) {
		if (r->buf[i].map)
			munmap(r->buf[i].map, r->buf[i].size);
		free(r->expected[i]);
	}
	free(r->image);
	if (r->fd >= 0)
		close(r->fd);
}

FIXTURE(lanes)
{
	struct run r;
};

static int make_device(const char *count)
{
	int ret = mkdir(FOLDER, 0755) ? -errno : 0;

	ret = ret ?: qt_write_file(FOLDER "lanes", count);
	return ret ?: qt_write_file(FOLDER "enabled", "1");
}

FIXTURE_SETUP(lanes)
{
	self->r.fd = -1;
	if (geteuid())
		SKIP(return, "only root can make devices");
	if (!qt_has_configfs())
		SKIP(return, "no configfs in this kernel");
	ASSERT_EQ(0, make_device("4"));
	ASSERT_EQ(0, run_open(&self->r));
}

FIXTURE_TEARDOWN(lanes)
{
	run_close(&self->r);
	rmdir(FOLDER);
}

/* Whoever takes which part: the same bytes, and others than the core have had some. */
TEST_F(lanes, share)
{
	long long own, others = 0;
	int i;

	for (i = 1; i < LANES; i++)
		EXPECT_EQ(1, has_thread(i));
	EXPECT_EQ(0, has_thread(LANES));
	for (i = 0; i < RUNS || (!others && i < 10 * RUNS); i++) {
		ASSERT_EQ(0, run_again(&self->r));
		if (count_parts(&own, &others))
			SKIP(return, "no debugfs here");
		if (!own && !others)
			SKIP(return, "no vector instructions, so nothing to share");
	}
	EXPECT_LT(0, others);
}

/* Half a minute and more of layers that are shared; small in memory. */
static void *make_long(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	u32 weights = 0, i;
	void *image;

	for (i = 0; i < LONG_COMMANDS; i++) {
		struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);

		c->in[0] = qnn_prog_tensor(in, QNN_ELEM_U2, LONG_SIDE, LONG_SIDE, 4);
		c->conv.kernel_h = c->conv.kernel_w = LONG_KERNEL;
		c->conv.pad_top = c->conv.pad_bottom = LONG_KERNEL / 2;
		c->conv.pad_left = c->conv.pad_right = LONG_KERNEL / 2;
		c->conv.weight_type = QNN_ELEM_S2;
		qnn_prog_out(c, out, QNN_ELEM_S8, 16);
		if (!i)
			weights = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 64);
		c->conv.weight_off = weights;
		qnn_prog_requant(p, c, QNN_ROUND_B, 1 << 30, -9);
	}
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* A long job, and the report that says whether it has begun. */
struct lengthy {
	struct qt_buf in, out, report;
	struct qt_job job;
};

static int lengthy_open(int fd, struct lengthy *l)
{
	uint32_t program;
	int ret = qt_program_from(fd, make_long, &program);

	ret = ret ?: qt_buf_new(fd, LONG_SIDE * LONG_SIDE, &l->in);
	ret = ret ?: qt_buf_new(fd, LONG_SIDE * LONG_SIDE * 16, &l->out);
	ret = ret ?: qt_buf_new(fd, sizeof(struct drm_qnn_report), &l->report);
	qt_job_init(&l->job, program);
	qt_job_bind(&l->job, 0, l->in.handle, 0);
	qt_job_bind(&l->job, 1, l->out.handle, 0);
	l->job.job.report_handle = l->report.handle;
	return ret;
}

static void lengthy_close(int fd, struct lengthy *l)
{
	qt_buf_free(fd, &l->in);
	qt_buf_free(fd, &l->out);
	qt_buf_free(fd, &l->report);
}

/* A job that is late ends on all lanes; what comes then is not disturbed. */
TEST_F_TIMEOUT(lanes, late, 120)
{
	long long own, others, before, parts = 0;
	struct lengthy l = {};
	uint32_t queue;
	int i;

	ASSERT_EQ(0, lengthy_open(self->r.fd, &l));
	l.job.job.timeout_ms = 30;
	for (i = 0; i < RUNS; i++) {
		ASSERT_EQ(0, qt_queue_new(self->r.fd, &queue));
		count_parts(&own, &before);
		EXPECT_EQ(-ETIMEDOUT, qt_run(self->r.fd, queue, &l.job));
		count_parts(&own, &others);
		parts += others - before;
		EXPECT_EQ(0, run_again(&self->r));
		EXPECT_EQ(0, qt_queue_destroy(self->r.fd, queue));
	}
	if (!count_parts(&own, &others) && own + others)
		EXPECT_LT(0, parts);
	lengthy_close(self->r.fd, &l);
}

/* The device goes in the middle of a job, and its threads with it. */
TEST_F_TIMEOUT(lanes, gone, 120)
{
	const struct drm_qnn_report *report;
	struct lengthy l = {};
	uint32_t syncobj;

	ASSERT_EQ(0, lengthy_open(self->r.fd, &l));
	report = (const void *)l.report.map;
	ASSERT_EQ(0, qt_syncobj_new(self->r.fd, 0, &syncobj));
	ASSERT_EQ(0, qt_submit(self->r.fd, self->r.queue, &l.job, 0, syncobj));
	usleep(50000);
	ASSERT_EQ(0, qt_write_file(FOLDER "enabled", "0"));
	EXPECT_EQ(-ENODEV, report->status);
	EXPECT_LT(0, report->start_ns);
	EXPECT_EQ(-ENODEV, qt_run(self->r.fd, self->r.queue, &self->r.job));
	munmap(l.in.map, l.in.size);
	munmap(l.out.map, l.out.size);
	munmap(l.report.map, l.report.size);
	run_close(&self->r);
	memset(&self->r, 0, sizeof(self->r));
	self->r.fd = -1;

	/* And again, with one lane, which is no thread but the core's. */
	ASSERT_EQ(0, qt_write_file(FOLDER "lanes", "1"));
	ASSERT_EQ(0, qt_write_file(FOLDER "enabled", "1"));
	ASSERT_EQ(0, run_open(&self->r));
	EXPECT_EQ(0, run_again(&self->r));
	EXPECT_EQ(0, has_thread(1));
}

TEST_F(lanes, limits)
{
	ASSERT_EQ(0, qt_write_file(FOLDER "enabled", "0"));
	EXPECT_EQ(0, qt_write_file(FOLDER "lanes", "0"));
	EXPECT_EQ(-EINVAL, qt_write_file(FOLDER "enabled", "1"));
	EXPECT_EQ(0, qt_write_file(FOLDER "lanes", "17"));
	EXPECT_EQ(-EINVAL, qt_write_file(FOLDER "enabled", "1"));
	EXPECT_EQ(0, qt_write_file(FOLDER "lanes", "16"));
	EXPECT_EQ(0, qt_write_file(FOLDER "enabled", "1"));
	run_close(&self->r);
	ASSERT_EQ(0, run_open(&self->r));
	EXPECT_EQ(0, run_again(&self->r));
	EXPECT_EQ(1, has_thread(15));
}

TEST_HARNESS_MAIN

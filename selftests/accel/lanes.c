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
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "firmware/qnn_device.h"
#include "firmware/tests/rng.h"
#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define CONFIGFS	"/sys/kernel/config/"
#define QNN		CONFIGFS "qnn/"
#define FOLDER		QNN "lanes/"
#define LANES		4
#define LINE		64
#define RUNS		6

/* Enough work in each for several lanes: cut by rows, by channels, and by rows. */
#define SIDE		24
#define CHANNELS	32
#define FEATURES	1024

static const char *device(void)
{
	static char text[LINE];

	if (qt_read_file(FOLDER "device", text, sizeof(text)) < 0)
		return "none";
	text[strcspn(text, "\n")] = 0;
	return text;
}

/* How often the thread of a lane was given a processor; -ENOENT: there is none. */
static long switches(u32 lane)
{
	char wanted[2 * LINE], path[512], text[4096];
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	long count = -ENOENT;

	snprintf(wanted, sizeof(wanted), "%s-core0-lane%u\n", device(), lane);
	while (dir && count < 0 && (entry = readdir(dir))) {
		const char *at;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (!isdigit(entry->d_name[0]) || qt_read_file(path, text, sizeof(text)) <= 0 ||
		    strcmp(text, wanted))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/status", entry->d_name);
		if (qt_read_file(path, text, sizeof(text)) <= 0)
			continue;
		at = strstr(text, "\nvoluntary_ctxt_switches:");
		count = at ? strtol(strchr(at, ':') + 1, NULL, 10) : -EINVAL;
	}
	closedir(dir);
	return count;
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
	if (access(QNN, F_OK))
		mount("configfs", CONFIGFS, "configfs", 0, NULL);
	if (access(QNN, F_OK))
		SKIP(return, "no configfs in this kernel");
	ASSERT_EQ(0, make_device("4"));
	ASSERT_EQ(0, run_open(&self->r));
}

FIXTURE_TEARDOWN(lanes)
{
	run_close(&self->r);
	rmdir(FOLDER);
}

/* Whoever takes which part: the same bytes, and more than one thread has had some. */
TEST_F(lanes, share)
{
	long before[LANES];
	u32 i, helped = 0;

	for (i = 1; i < LANES; i++) {
		before[i] = switches(i);
		ASSERT_LE(0, before[i]);
	}
	EXPECT_EQ(-ENOENT, switches(LANES));
	for (i = 0; i < RUNS; i++)
		ASSERT_EQ(0, run_again(&self->r));
	for (i = 1; i < LANES; i++)
		helped += switches(i) > before[i];
	EXPECT_LT(0, helped);
}

/* A job that is late ends on all lanes; what comes then is not disturbed. */
TEST_F(lanes, late)
{
	struct qt_buf in, out;
	struct qt_job slow;
	uint32_t program, queue;
	int i;

	ASSERT_EQ(0, qt_program_from(self->r.fd, qt_image_slow, &program));
	ASSERT_EQ(0, qt_buf_new(self->r.fd, QT_SLOW_IN, &in));
	ASSERT_EQ(0, qt_buf_new(self->r.fd, QT_SLOW_OUT, &out));
	qt_job_init(&slow, program);
	qt_job_bind(&slow, 0, in.handle, 0);
	qt_job_bind(&slow, 1, out.handle, 0);
	slow.job.timeout_ms = 30;
	for (i = 0; i < RUNS; i++) {
		ASSERT_EQ(0, qt_queue_new(self->r.fd, &queue));
		EXPECT_EQ(-ETIMEDOUT, qt_run(self->r.fd, queue, &slow));
		EXPECT_EQ(0, run_again(&self->r));
		EXPECT_EQ(0, qt_queue_destroy(self->r.fd, queue));
	}
	qt_buf_free(self->r.fd, &in);
	qt_buf_free(self->r.fd, &out);
}

/* The device goes in the middle of a job, and its threads with it. */
TEST_F(lanes, gone)
{
	char path[LINE];
	uint32_t syncobj;
	int i;

	ASSERT_EQ(0, qt_syncobj_new(self->r.fd, 0, &syncobj));
	for (i = 0; i < RUNS; i++)
		ASSERT_EQ(0, qt_submit(self->r.fd, self->r.queue, &self->r.job, 0, syncobj));
	snprintf(path, sizeof(path), "%s", device());
	ASSERT_EQ(0, qt_write_file(FOLDER "enabled", "0"));
	ASSERT_EQ(-ENODEV, qt_run(self->r.fd, self->r.queue, &self->r.job));
	run_close(&self->r);
	memset(&self->r, 0, sizeof(self->r));
	self->r.fd = -1;

	/* And again, with one lane, which is no thread but the core's. */
	ASSERT_EQ(0, qt_write_file(FOLDER "lanes", "1"));
	ASSERT_EQ(0, qt_write_file(FOLDER "enabled", "1"));
	ASSERT_EQ(0, run_open(&self->r));
	EXPECT_EQ(0, run_again(&self->r));
	EXPECT_EQ(-ENOENT, switches(1));
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
	EXPECT_LE(0, switches(15));
}

TEST_HARNESS_MAIN

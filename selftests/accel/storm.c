// SPDX-License-Identifier: MIT
/*
 * Random ioctls, and programs with random damage that are run when the kernel
 * accepts them. Nothing is expected of the results: the kernel under the test
 * has the checkers that see what goes wrong, and the device works afterwards.
 * The seed is printed; $QNN_SEED repeats a run.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qnn_prog.h"
#include "qt.h"

#define CALLS		20000
#define PROGRAMS	3000
#define MOST_MEMORY	(1u << 20)

struct dice {
	uint64_t state;
};

static uint32_t roll(struct dice *d)
{
	d->state = d->state * 6364136223846793005ull + 1442695040888963407ull;
	return d->state >> 33;
}

static uint64_t first_seed(void)
{
	const char *text = getenv("QNN_SEED");

	return text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 1000 + getpid();
}

/* Small numbers are likely to be handles; the others are edges of ranges. */
static uint64_t field(struct dice *d)
{
	static const uint64_t edges[] = {
		63, 64, 65, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
		1ull << 32, 1ull << 62, 1ull << 63, ~0ull, ~0ull - 4095,
	};

	switch (roll(d) % 8) {
	case 0:
		return edges[roll(d) % ARRAY_SIZE(edges)];
	case 1:
		return (uint64_t)roll(d) << 32 | roll(d);
	case 2:
	case 3:
		return 0;
	default:
		return roll(d) % 8;
	}
}

struct caller {
	int fd;
	struct dice dice;
	size_t image_size;
	void *image;
};

/* Arguments that make sense, of which one field may then be replaced. */
static void one_call(struct caller *c)
{
	struct drm_qnn_binding bindings[2];
	struct drm_qnn_sync sync = { .handle = field(&c->dice), .point = field(&c->dice) };
	struct drm_qnn_job job = {
		.program = 1 + roll(&c->dice) % 4, .binding_count = 2,
		.bindings = (uintptr_t)bindings, .binding_stride = sizeof(bindings[0]),
		.timeout_ms = roll(&c->dice) % 100,
	};
	union {
		uint32_t word[16];
		struct drm_qnn_bo_create bo;
		struct drm_qnn_bo_wait wait;
		struct drm_qnn_program_create program;
		struct drm_qnn_submit submit;
	} arg = { .word = { 0 } };
	uint32_t nr = roll(&c->dice) % 12, i;

	for (i = 0; i < 2; i++)
		bindings[i] = (struct drm_qnn_binding){ .region = i,
							.handle = 1 + roll(&c->dice) % 6 };
	switch (nr) {
	case DRM_QNN_BO_CREATE:
		arg.bo.size = roll(&c->dice) % 65536;
		break;
	case DRM_QNN_PROGRAM_CREATE:
		arg.program.data = (uintptr_t)c->image;
		arg.program.size = c->image_size;
		break;
	case DRM_QNN_SUBMIT:
	case DRM_QNN_SUBMIT + 1:
		nr = DRM_QNN_SUBMIT;
		arg.submit = (struct drm_qnn_submit){
			.queue = 1 + roll(&c->dice) % 4,
			.jobs = (uintptr_t)&job, .job_count = 1, .job_stride = sizeof(job),
			.out_syncs = (uintptr_t)&sync, .out_sync_count = roll(&c->dice) % 2,
			.in_syncs = (uintptr_t)&sync, .in_sync_count = roll(&c->dice) % 2,
			.sync_stride = sizeof(sync),
		};
		break;
	case DRM_QNN_SUBMIT + 2:
		qt_gem_close(c->fd, 1 + roll(&c->dice) % 8);
		return;
	default:
		arg.word[0] = roll(&c->dice) % 8;
	}
	if (roll(&c->dice) % 3 == 0)
		arg.word[roll(&c->dice) % 16] = field(&c->dice);
	/* Nobody takes all memory, and nobody waits for long. */
	if (nr == DRM_QNN_BO_CREATE && arg.bo.size <= 1ull << 32)
		arg.bo.size %= MOST_MEMORY;
	if (nr == DRM_QNN_BO_WAIT)
		arg.wait.timeout_ns = roll(&c->dice) % 2 ? 0 : qt_now() + QT_MS;
	qt_ioctl(c->fd, DRM_IOWR(DRM_COMMAND_BASE + nr, arg), &arg);
}

static void *caller(void *arg)
{
	struct caller *c = arg;
	uint32_t sync;
	int i;

	for (i = 0; i < 4; i++)
		qt_syncobj_new(c->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &sync);
	for (i = 0; i < CALLS; i++)
		one_call(c);
	return NULL;
}

/* A good job on a new file has the right result. */
static int works(void)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t program, queue;
	int fd = qt_open(), ret;

	if (fd < 0)
		return fd;
	ret = qt_program_from(fd, qt_image_copy, &program);
	ret = ret ?: qt_queue_new(fd, &queue);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &in);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &out);
	if (!ret) {
		memset(in.map, 0x6b, QT_COPY_BYTES);
		qt_job_init(&job, program);
		qt_job_bind(&job, 0, in.handle, 0);
		qt_job_bind(&job, 1, out.handle, 0);
		ret = qt_run(fd, queue, &job);
		if (!ret && memcmp(in.map, out.map, QT_COPY_BYTES))
			ret = -EILSEQ;
	}
	close(fd);
	return ret;
}

FIXTURE(storm)
{
	uint64_t seed;
};

FIXTURE_SETUP(storm)
{
	self->seed = first_seed();
	TH_LOG("QNN_SEED=%llu", (unsigned long long)self->seed);
}

FIXTURE_TEARDOWN(storm)
{
	EXPECT_EQ(0, works());
}

/* Two threads on one file, one on its own. */
TEST_F_TIMEOUT(storm, ioctls, 120)
{
	struct caller callers[3];
	pthread_t threads[3];
	int i;

	for (i = 0; i < 3; i++) {
		callers[i].fd = i == 1 ? callers[0].fd : qt_open();
		callers[i].dice.state = self->seed + i;
		callers[i].image = qt_image_copy(&callers[i].image_size);
		ASSERT_LE(0, callers[i].fd);
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, caller, &callers[i]));
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		free(callers[i].image);
	}
	close(callers[0].fd);
	close(callers[2].fd);
}

/* A convolution with everything: padding, stride, groups, thresholds. */
static u8 *conv_image(size_t *size)
{
	struct qnn_prog *p = qnn_prog_new();
	u8 in = qnn_prog_region(p, 0), out = qnn_prog_region(p, 0);
	struct qnn_cmd *c = qnn_prog_cmd(p, QNN_OP_CONV);
	s32 thresholds[8 * 3], i;
	void *image;

	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S4, 9, 7, 8);
	c->conv.kernel_h = c->conv.kernel_w = 3;
	c->conv.stride_h = 2;
	c->conv.pad_top = c->conv.pad_left = 1;
	c->conv.groups = 2;
	c->conv.weight_type = QNN_ELEM_S2;
	qnn_prog_out(c, out, QNN_ELEM_U2, 8);
	c->conv.weight_off = qnn_prog_const(p, NULL, qnn_prog_weight_bytes(c), 64);
	for (i = 0; i < 8 * 3; i++)
		thresholds[i] = i % 3 * 10;
	c->stage.kind = QNN_STAGE_THRESHOLD;
	c->stage.flags = QNN_STAGE_PER_CHANNEL;
	c->stage.levels = 3;
	c->stage.threshold_off = qnn_prog_const(p, thresholds, sizeof(thresholds), 4);

	c = qnn_prog_cmd(p, QNN_OP_AVG_POOL);
	c->in[0] = qnn_prog_tensor(in, QNN_ELEM_S4, 9, 7, 8);
	c->pool.kernel_h = 3;
	c->pool.kernel_w = 2;
	qnn_prog_out(c, out, QNN_ELEM_S4, 0);
	c->stage.kind = QNN_STAGE_MEAN;
	c->stage.clamp_min = -8;
	c->stage.clamp_max = 7;
	image = qnn_prog_finish(p, size);
	qnn_prog_free(p);
	return image;
}

/* Run a program in buffers that are not a page larger than it declares. */
static void run_damaged(int fd, uint32_t program, const u8 *image)
{
	const struct qnn_program_header *header = (const void *)image;
	const struct qnn_region_desc *regions = (const void *)(header + 1);
	struct qt_buf bufs[QNN_MAX_REGIONS];
	struct qt_job job;
	uint32_t queue, i, n;

	qt_job_init(&job, program);
	job.job.timeout_ms = 50;
	for (n = 0; n < header->region_count; n++) {
		if (regions[n].size > MOST_MEMORY || qt_buf_new(fd, regions[n].size, &bufs[n]))
			break;
		memset(bufs[n].map, 0x93, bufs[n].size);
		/* The end of the region is the end of the buffer, or nearly so. */
		qt_job_bind(&job, n, bufs[n].handle,
			    (bufs[n].size - regions[n].size) / QNN_REGION_ALIGN * QNN_REGION_ALIGN);
	}
	if (n == header->region_count && !qt_queue_new(fd, &queue)) {
		qt_run(fd, queue, &job);
		qt_queue_destroy(fd, queue);
	}
	for (i = 0; i < n; i++)
		qt_buf_free(fd, &bufs[i]);
}

TEST_F_TIMEOUT(storm, damaged_programs, 240)
{
	struct dice dice = { self->seed };
	size_t size, at;
	u8 *good = conv_image(&size), *image = malloc(size);
	int fd = qt_open(), i, hits, ran = 0;
	uint32_t program;

	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, good);
	ASSERT_NE(NULL, image);
	for (i = 0; i < PROGRAMS; i++) {
		memcpy(image, good, size);
		for (hits = i ? 1 + roll(&dice) % 3 : 0; hits; hits--) {
			/* Two bytes in three into regions and commands. */
			at = roll(&dice) % (roll(&dice) % 3 ? 640 : size);
			if (roll(&dice) % 2)
				image[at] = roll(&dice) % 16;
			else
				image[at] ^= 1u << roll(&dice) % 8;
		}
		if (qt_program_new(fd, image, size, &program))
			continue;
		run_damaged(fd, program, image);
		qt_program_destroy(fd, program);
		ran++;
	}
	/* The first one was not damaged, and damage to weights is harmless. */
	EXPECT_LT(PROGRAMS / 100, ran);
	TH_LOG("%d of %d were accepted", ran, PROGRAMS);
	close(fd);
	free(good);
	free(image);
}

TEST_HARNESS_MAIN

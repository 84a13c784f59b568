// SPDX-License-Identifier: MIT
/*
 * Random programs on the device and, with the scalar code, in this process:
 * whatever vector instructions the driver uses, no byte differs.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "firmware/qnn_device.h"
#include "firmware/tests/gen.h"
#include "kselftest_harness.h"
#include "qt.h"

#define PROGRAMS	600

struct run {
	struct qnn_program prog;
	u8 *expected[QNN_MAX_REGIONS];
	struct qt_buf buf[QNN_MAX_REGIONS];
};

/* Random data into the regions of both, and the scalar run. */
static int fill(int fd, struct run *r, struct rng *rng)
{
	struct qnn_exec exec = { .prog = &r->prog };
	u32 i, count = r->prog.header->region_count;
	void *tile;
	int err;

	for (i = 0; i < count; i++) {
		u64 size = r->prog.regions[i].size;

		err = qt_buf_new(fd, size, &r->buf[i]);
		if (err || posix_memalign((void **)&r->expected[i], QNN_REGION_ALIGN, size))
			return -1;
		rng_fill(rng, r->expected[i], size);
		memcpy(r->buf[i].map, r->expected[i], size);
		exec.region[i] = r->expected[i];
	}
	if (posix_memalign(&tile, QNN_REGION_ALIGN, qnn_tile_size()))
		return -1;
	exec.tile = tile;
	err = qnn_exec_run(&exec);
	free(tile);
	return err;
}

static int run_on_device(int fd, uint32_t queue, const struct run *r, const void *image,
			 size_t size)
{
	u32 i, count = r->prog.header->region_count;
	struct qt_job job;
	uint32_t program;
	int err;

	err = qt_program_new(fd, image, size, &program);
	if (err)
		return err;
	qt_job_init(&job, program);
	for (i = 0; i < count; i++)
		qt_job_bind(&job, i, r->buf[i].handle, 0);
	err = qt_run(fd, queue, &job);
	qt_program_destroy(fd, program);
	return err;
}

/* The first region that differs, or -1. */
static int compare(const struct run *r)
{
	u32 i;

	for (i = 0; i < r->prog.header->region_count; i++) {
		if (memcmp(r->expected[i], r->buf[i].map, r->prog.regions[i].size))
			return (int)i;
	}
	return -1;
}

static void release(int fd, struct run *r)
{
	u32 i;

	for (i = 0; i < r->prog.header->region_count; i++) {
		qt_buf_free(fd, &r->buf[i]);
		free(r->expected[i]);
	}
}

FIXTURE(vector) {
	int fd;
	uint32_t queue;
};

FIXTURE_SETUP(vector)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
}

FIXTURE_TEARDOWN(vector)
{
	close(self->fd);
}

TEST_F_TIMEOUT(vector, random_programs, 150)
{
	int i;

	for (i = 0; i < PROGRAMS; i++) {
		struct rng rng = { (u64)i << 32 };
		struct qnn_diag diag;
		struct run r = {};
		size_t size;
		void *image = fw_random_program(&rng, QNN_OP_CONV + (u32)i % FW_OPCODES, &size);

		ASSERT_NE(NULL, image);
		ASSERT_EQ(0, qnn_program_validate(image, size, &r.prog, &diag, NULL, NULL));
		ASSERT_EQ(0, fill(self->fd, &r, &rng));
		ASSERT_EQ(0, run_on_device(self->fd, self->queue, &r, image, size)) {
			TH_LOG("program %d", i);
		}
		ASSERT_EQ(-1, compare(&r)) {
			TH_LOG("program %d, opcode %u", i, r.prog.cmds[0].opcode);
		}
		release(self->fd, &r);
		free(image);
	}
}

TEST_HARNESS_MAIN

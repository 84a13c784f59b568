// SPDX-License-Identifier: MIT
/*
 * Who waits for whom: syncobjs, binary and timeline, in and out, and the
 * fences that shared buffers carry. A gate, a fence that the test signals when
 * it likes, takes the place of time.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sync_file.h>

#include "kselftest_harness.h"
#include "qt.h"

FIXTURE(sync)
{
	int fd;
	uint32_t queue, other_queue, copy;
	struct qt_buf a, b, c;
	struct qt_job a_to_b, b_to_c;
};

FIXTURE_SETUP(sync)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->copy));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->other_queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->a));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->b));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->c));
	memset(self->a.map, 0x11, QT_COPY_BYTES);
	qt_job_init(&self->a_to_b, self->copy);
	qt_job_bind(&self->a_to_b, 0, self->a.handle, 0);
	qt_job_bind(&self->a_to_b, 1, self->b.handle, 0);
	qt_job_init(&self->b_to_c, self->copy);
	qt_job_bind(&self->b_to_c, 0, self->b.handle, 0);
	qt_job_bind(&self->b_to_c, 1, self->c.handle, 0);
}

FIXTURE_TEARDOWN(sync)
{
	close(self->fd);
}

#define GATE(gate, syncobj) do { \
	int ret_ = qt_gate_syncobj(self->fd, gate, syncobj); \
	if (ret_ == -ENODEV) \
		SKIP(return, "no vgem in this kernel"); \
	ASSERT_EQ(0, ret_); \
} while (0)

/* One submission with the given sync elements. */
static int submit_syncs(int fd, uint32_t queue, struct qt_job *job, struct drm_qnn_sync *in,
			uint32_t in_count, struct drm_qnn_sync *out, uint32_t out_count)
{
	struct drm_qnn_submit submit;

	qt_submit_init(&submit, queue, job);
	submit.in_syncs = (uintptr_t)in;
	submit.in_sync_count = in_count;
	submit.out_syncs = (uintptr_t)out;
	submit.out_sync_count = out_count;
	return qt_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, &submit);
}

TEST_F(sync, in_binary)
{
	struct qt_gate gate;
	uint32_t in, out;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, out));
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, out, 0, 0, 50 * QT_MS));
	EXPECT_EQ(0, self->b.map[0]);
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, out, 0, 0, QT_LONG));
	EXPECT_EQ(0x11, self->b.map[0]);
}

/* The fence counts at submission: what the syncobj gets later does not. */
TEST_F(sync, in_is_taken_at_submission)
{
	struct qt_gate gate;
	uint32_t in, out;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, out));
	ASSERT_EQ(0, qt_syncobj_destroy(self->fd, in));
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, out, 0, 0, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, out, 0, 0, QT_LONG));
}

/* All of several fences. */
TEST_F(sync, in_several)
{
	struct drm_qnn_sync in[3] = { 0 };
	struct qt_gate gate[3];
	uint32_t handle;
	int i;

	for (i = 0; i < 3; i++) {
		GATE(&gate[i], &handle);
		in[i].handle = handle;
	}
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, in, 3, NULL, 0));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->b.handle, 0, 20 * QT_MS));
		ASSERT_EQ(0, qt_gate_open(&gate[i]));
	}
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->b.handle, 0, QT_LONG));
	EXPECT_EQ(0x11, self->b.map[0]);
}

TEST_F(sync, in_already_signalled)
{
	uint32_t in;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &in));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, 0));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->b.handle, 0, QT_LONG));
	EXPECT_EQ(0x11, self->b.map[0]);
}

/* A syncobj may be waited for and signalled by the same submission. */
TEST_F(sync, same_syncobj_in_and_out)
{
	uint32_t sync;
	int i;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &sync));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, qt_submit(self->fd, i % 2 ? self->queue : self->other_queue,
				       &self->a_to_b, sync, sync));
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, sync, 0, 0, QT_LONG));
}

TEST_F(sync, out_timeline)
{
	struct qt_gate gate;
	struct drm_qnn_sync in = { 0 }, out = { .point = 1 };
	uint64_t point = 77;

	GATE(&gate, &in.handle);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out.handle));
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, &in, 1, &out, 1));
	out.point = 2;
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->b_to_c, NULL, 0, &out, 1));
	ASSERT_EQ(0, qt_syncobj_query(self->fd, out.handle, &point));
	EXPECT_EQ(0, point);
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, out.handle, 1, 0, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, out.handle, 2, 0, QT_LONG));
	ASSERT_EQ(0, qt_syncobj_query(self->fd, out.handle, &point));
	EXPECT_EQ(2, point);
	EXPECT_EQ(0x11, self->c.map[0]);
}

/* Points above 32 bits are points like others. */
TEST_F(sync, large_points)
{
	struct drm_qnn_sync sync = { .point = 1ull << 32 };
	uint64_t point = 0;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &sync.handle));
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, NULL, 0, &sync, 1));
	/* As an input it is there; one more is not. */
	EXPECT_EQ(0, submit_syncs(self->fd, self->other_queue, &self->b_to_c, &sync, 1, NULL, 0));
	sync.point++;
	EXPECT_EQ(-EINVAL, submit_syncs(self->fd, self->other_queue, &self->b_to_c, &sync, 1,
					NULL, 0));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, sync.handle, 1ull << 32, 0, QT_LONG));
	ASSERT_EQ(0, qt_syncobj_query(self->fd, sync.handle, &point));
	EXPECT_EQ(1ull << 32, point);
}

TEST_F(sync, in_timeline)
{
	struct qt_gate gate;
	struct drm_qnn_sync binary = { 0 }, line = { .point = 10 };
	uint32_t out;

	GATE(&gate, &binary.handle);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &line.handle));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	/* The point is of one queue, the wait in another one. */
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, &binary, 1, &line, 1));
	qt_job_init(&self->b_to_c, self->copy);
	qt_job_bind(&self->b_to_c, 0, self->a.handle, 0);
	qt_job_bind(&self->b_to_c, 1, self->c.handle, 0);
	ASSERT_EQ(0, submit_syncs(self->fd, self->other_queue, &self->b_to_c, &line, 1, NULL, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->c.handle, 0, 50 * QT_MS));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->c.handle, 0, QT_LONG));
	EXPECT_EQ(0x11, self->c.map[0]);
}

TEST_F(sync, out_many)
{
	struct drm_qnn_device_info info;
	struct drm_qnn_sync *out;
	uint32_t i;

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	out = calloc(info.max_syncs, sizeof(*out));
	ASSERT_NE(NULL, out);
	for (i = 0; i < info.max_syncs; i++) {
		ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out[i].handle));
		out[i].point = i % 3;
	}
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, NULL, 0, out,
				  info.max_syncs));
	for (i = 0; i < info.max_syncs; i++)
		EXPECT_EQ(0, qt_syncobj_wait(self->fd, out[i].handle, out[i].point, 0, QT_LONG));
	free(out);
}

struct waiter {
	int fd;
	uint32_t syncobj;
	int result;
};

static void *wait_for_submit(void *arg)
{
	struct waiter *w = arg;

	w->result = qt_syncobj_wait(w->fd, w->syncobj, 1, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT,
				    QT_LONG);
	return NULL;
}

/* Somebody waits for a point before the job that signals it is submitted. */
TEST_F(sync, wait_before_signal)
{
	struct drm_qnn_sync out = { .point = 1 };
	struct waiter waiter = { .fd = self->fd, .result = 1 };
	pthread_t thread;

	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out.handle));
	waiter.syncobj = out.handle;
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_submit, &waiter));
	qt_sleep_ms(50);
	ASSERT_EQ(0, submit_syncs(self->fd, self->queue, &self->a_to_b, NULL, 0, &out, 1));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, waiter.result);
	EXPECT_EQ(0x11, self->b.map[0]);
}

/* Queues are independent: one that waits does not hold up the other one. */
TEST_F(sync, queues_are_independent)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, 0));
	qt_job_init(&job, self->copy);
	qt_job_bind(&job, 0, self->a.handle, 0);
	qt_job_bind(&job, 1, self->c.handle, 0);
	ASSERT_EQ(0, qt_run(self->fd, self->other_queue, &job));
	EXPECT_EQ(0x11, self->c.map[0]);
	EXPECT_EQ(0, self->b.map[0]);
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->b.handle, 0, QT_LONG));
}

/* Jobs of one queue start in order, even when the second could start at once. */
TEST_F(sync, queue_is_in_order)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, 0));
	qt_job_init(&job, self->copy);
	qt_job_bind(&job, 0, self->a.handle, 0);
	qt_job_bind(&job, 1, self->c.handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, 0, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->c.handle, 0, 50 * QT_MS));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->c.handle, 0, QT_LONG));
}

/* Reader after writer: the BO in the middle orders two queues. */
TEST_F(sync, implicit_reader_waits_for_writer)
{
	struct qt_gate gate;
	uint32_t in;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, 0));
	ASSERT_EQ(0, qt_submit(self->fd, self->other_queue, &self->b_to_c, 0, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->c.handle, 0, 50 * QT_MS));
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_bo_wait(self->fd, self->c.handle, 0, QT_LONG));
	EXPECT_EQ(0x11, self->c.map[0]);
	EXPECT_EQ(0x11, self->c.map[QT_COPY_BYTES - 1]);
}

/* Writer after reader: what the reader was to read may not be overwritten. */
TEST_F(sync, implicit_writer_waits_for_reader)
{
	struct qt_gate gate;
	uint32_t in;

	memset(self->b.map, 0x22, QT_COPY_BYTES);
	GATE(&gate, &in);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->b_to_c, in, 0));
	ASSERT_EQ(0, qt_submit(self->fd, self->other_queue, &self->a_to_b, 0, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->b.handle, 0, 50 * QT_MS));
	EXPECT_EQ(0x22, self->b.map[0]);
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_bo_wait(self->fd, self->b.handle, DRM_QNN_BO_WAIT_WRITE, QT_LONG));
	EXPECT_EQ(0x22, self->c.map[0]);
	EXPECT_EQ(0x11, self->b.map[0]);
}

/* Two readers do not wait for each other. */
TEST_F(sync, implicit_readers_share)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, 0));
	qt_job_init(&job, self->copy);
	qt_job_bind(&job, 0, self->a.handle, 0);
	qt_job_bind(&job, 1, self->c.handle, 0);
	EXPECT_EQ(0, qt_run(self->fd, self->other_queue, &job));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->b.handle, 0, QT_LONG));
}

/* A reader on every queue that a file may have; the writer waits for each. */
TEST_F(sync, implicit_writer_waits_for_many_readers)
{
	struct drm_qnn_device_info info;
	uint32_t queue, start, first, done, i;
	struct qt_gate gate, last;
	struct qt_buf own;
	struct qt_job job;

	GATE(&gate, &start);
	GATE(&last, &first);
	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	for (i = 2; i < info.max_queues; i++) {
		ASSERT_EQ(0, qt_queue_new(self->fd, &queue));
		ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &own));
		qt_job_init(&job, self->copy);
		qt_job_bind(&job, 0, self->b.handle, 0);
		qt_job_bind(&job, 1, own.handle, 0);
		ASSERT_EQ(0, qt_submit(self->fd, queue, &job, i == 20 ? first : start, 0));
	}
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &done));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, 0, done));

	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(-ETIME, qt_syncobj_wait(self->fd, done, 0, 0, 100 * QT_MS));
	EXPECT_EQ(0, self->b.map[0]);
	ASSERT_EQ(0, qt_gate_open(&last));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, done, 0, 0, QT_LONG));
	EXPECT_EQ(0x11, self->b.map[0]);
	EXPECT_EQ(0, own.map[0]);
}

/* A hundred links over two queues: any wrong order leaves a wrong byte. */
TEST_F(sync, implicit_long_chain)
{
	struct qt_buf buf[2];
	struct qt_job job[2];
	uint32_t add;
	int i;

	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_add, &add));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &buf[0]));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &buf[1]));
	memset(self->a.map, 1, QT_COPY_BYTES);
	for (i = 0; i < 2; i++) {
		qt_job_init(&job[i], add);
		qt_job_bind(&job[i], 0, buf[i].handle, 0);
		qt_job_bind(&job[i], 1, self->a.handle, 0);
		qt_job_bind(&job[i], 2, buf[!i].handle, 0);
	}
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, qt_submit(self->fd, i % 2 ? self->queue : self->other_queue,
				       &job[i % 2], 0, 0));
	ASSERT_EQ(0, qt_bo_wait(self->fd, buf[0].handle, 0, QT_LONG));
	for (i = 0; i < QT_COPY_BYTES; i++)
		ASSERT_EQ(100, (int8_t)buf[0].map[i]);
}

/* The fence as a descriptor that poll() understands. */
TEST_F(sync, sync_file_polls)
{
	struct qt_gate gate;
	struct pollfd pollfd = { .events = POLLIN };
	uint32_t in, out;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, out));
	pollfd.fd = qt_syncobj_export_fence(self->fd, out);
	ASSERT_LE(0, pollfd.fd);
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	EXPECT_EQ(0, qt_fence_status(pollfd.fd));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(1, poll(&pollfd, 1, QT_LONG / QT_MS));
	EXPECT_EQ(1, qt_fence_status(pollfd.fd));
	close(pollfd.fd);
}

/* Who looks at a descriptor sees whose it is; also when the device is long gone. */
TEST_F(sync, sync_file_names)
{
	struct sync_fence_info fence[2] = { 0 };
	struct sync_file_info info = {
		.num_fences = ARRAY_SIZE(fence),
		.sync_fence_info = (uintptr_t)fence,
	};
	struct qt_gate gate;
	uint32_t in, out;
	int fd;

	GATE(&gate, &in);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, out));
	fd = qt_syncobj_export_fence(self->fd, out);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, qt_ioctl(fd, SYNC_IOC_FILE_INFO, &info));
	ASSERT_EQ(1, info.num_fences);
	EXPECT_STREQ("qnn", fence[0].obj_name);
	EXPECT_EQ(0, fence[0].status);
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, out, 0, 0, QT_LONG));
	close(self->fd);
	info.num_fences = ARRAY_SIZE(fence);
	ASSERT_EQ(0, qt_ioctl(fd, SYNC_IOC_FILE_INFO, &info));
	EXPECT_STREQ("qnn", fence[0].obj_name);
	EXPECT_EQ(1, fence[0].status);
	close(fd);
	self->fd = -1;
}

/* A fence of one file orders a job of another one. */
TEST_F(sync, fence_between_files)
{
	struct qt_gate gate;
	uint32_t in, out, there, copy, queue;
	struct qt_buf x, y;
	struct qt_job job;
	int fence, other = qt_open();

	ASSERT_LE(0, other);
	GATE(&gate, &in);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &self->a_to_b, in, out));
	fence = qt_syncobj_export_fence(self->fd, out);
	ASSERT_LE(0, fence);
	ASSERT_EQ(0, qt_syncobj_new(other, 0, &there));
	ASSERT_EQ(0, qt_syncobj_import_fence(other, there, fence));
	ASSERT_EQ(0, qt_program_from(other, qt_image_copy, &copy));
	ASSERT_EQ(0, qt_queue_new(other, &queue));
	ASSERT_EQ(0, qt_buf_new(other, QT_COPY_BYTES, &x));
	ASSERT_EQ(0, qt_buf_new(other, QT_COPY_BYTES, &y));
	qt_job_init(&job, copy);
	qt_job_bind(&job, 0, x.handle, 0);
	qt_job_bind(&job, 1, y.handle, 0);
	ASSERT_EQ(0, qt_submit(other, queue, &job, there, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(other, y.handle, 0, 50 * QT_MS));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(other, y.handle, 0, QT_LONG));
	close(fence);
	close(other);
}

TEST_HARNESS_MAIN

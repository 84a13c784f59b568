// SPDX-License-Identifier: GPL-2.0-only
#include <drm/qnn_accel.h>

#include <kunit/test.h>

#include "qnn_drv.h"
#include "qnn_queue.h"
#include "qnn_test.h"

static void qnn_queue_first_failure(struct kunit *test)
{
	struct qnn_queue *queue = qnn_test_ctx(test, &qnn_test_ops)->queue;

	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), 0);
	qnn_queue_job_ended(queue, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), 0);
	KUNIT_EXPECT_EQ(test, queue->reason, DRM_QNN_REASON_NONE);

	/* The first failure stays, what follows from it only counts. */
	qnn_queue_job_ended(queue, 2, -ETIMEDOUT, 7);
	qnn_queue_job_ended(queue, 3, -EIO, 8);
	qnn_queue_job_ended(queue, 4, -ECANCELED, 0);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), -EIO);
	KUNIT_EXPECT_EQ(test, queue->reason, DRM_QNN_REASON_TIMEOUT);
	KUNIT_EXPECT_EQ(test, queue->error_seqno, 2);
	KUNIT_EXPECT_EQ(test, queue->error_cmd, 7);
	KUNIT_EXPECT_EQ(test, queue->completed, 1);
	KUNIT_EXPECT_EQ(test, queue->failed, 3);
}

static void qnn_queue_cancelled(struct kunit *test)
{
	struct qnn_queue *queue = qnn_test_ctx(test, &qnn_test_ops)->queue;

	/* A cancellation is no reason. */
	qnn_queue_job_ended(queue, 1, -ECANCELED, 0);
	KUNIT_EXPECT_EQ(test, queue->reason, DRM_QNN_REASON_NONE);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), 0);

	qnn_queue_close(queue);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), -ENOENT);
	qnn_queue_job_ended(queue, 2, -EIO, 1);
	KUNIT_EXPECT_EQ(test, qnn_queue_error(queue), -ENOENT);
	KUNIT_EXPECT_EQ(test, queue->reason, DRM_QNN_REASON_FAULT);
}

static void qnn_queue_numbers(struct kunit *test)
{
	struct qnn_queue *queue = qnn_test_ctx(test, &qnn_test_ops)->queue;

	mutex_lock(&queue->submit_lock);
	KUNIT_EXPECT_EQ(test, qnn_queue_next(queue), 1);
	KUNIT_EXPECT_EQ(test, qnn_queue_next(queue), 2);
	mutex_unlock(&queue->submit_lock);
	KUNIT_EXPECT_EQ(test, queue->submitted, 2);
}

static int qnn_queue_try(struct qnn_queue *queue, u32 count)
{
	int ret;

	mutex_lock(&queue->submit_lock);
	ret = qnn_queue_admit(queue, count);
	for (; !ret && count; count--)
		qnn_queue_next(queue);
	mutex_unlock(&queue->submit_lock);

	return ret;
}

static void qnn_queue_limit(struct kunit *test)
{
	struct qnn_queue *queue = qnn_test_ctx(test, &qnn_test_ops)->queue;

	KUNIT_EXPECT_EQ(test, 0, qnn_queue_try(queue, QNN_MAX_QUEUE_JOBS - 1));
	/* All of a submission, or none of it. */
	KUNIT_EXPECT_EQ(test, -EBUSY, qnn_queue_try(queue, 2));
	KUNIT_EXPECT_EQ(test, 0, qnn_queue_try(queue, 1));
	KUNIT_EXPECT_EQ(test, -EBUSY, qnn_queue_try(queue, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&queue->qfile->jobs),
			QNN_MAX_QUEUE_JOBS);

	/* Jobs that were cancelled make room as well. */
	qnn_queue_job_ended(queue, 1, 0, 0);
	qnn_queue_job_ended(queue, 2, -ECANCELED, 0);
	KUNIT_EXPECT_EQ(test, -EBUSY, qnn_queue_try(queue, 3));
	KUNIT_EXPECT_EQ(test, 0, qnn_queue_try(queue, 2));

	/* That it has stopped is the better answer. */
	qnn_queue_job_ended(queue, 3, -EIO, 0);
	KUNIT_EXPECT_EQ(test, -EIO, qnn_queue_try(queue, QNN_MAX_JOBS));
}

static void qnn_queue_file_limit(struct kunit *test)
{
	struct qnn_queue *queue = qnn_test_ctx(test, &qnn_test_ops)->queue;
	atomic_t *jobs = &queue->qfile->jobs;

	atomic_set(jobs, QNN_MAX_FILE_JOBS - 2);
	KUNIT_EXPECT_EQ(test, -EBUSY, qnn_queue_try(queue, 3));
	KUNIT_EXPECT_EQ(test, atomic_read(jobs), QNN_MAX_FILE_JOBS - 2);
	KUNIT_EXPECT_EQ(test, 0, qnn_queue_try(queue, 2));
	KUNIT_EXPECT_EQ(test, -EBUSY, qnn_queue_try(queue, 1));
	KUNIT_EXPECT_EQ(test, queue->submitted, 2);
	qnn_queue_job_ended(queue, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(jobs), QNN_MAX_FILE_JOBS - 1);
	KUNIT_EXPECT_EQ(test, 0, qnn_queue_try(queue, 1));
}

static struct kunit_case qnn_queue_cases[] = {
	KUNIT_CASE(qnn_queue_first_failure),
	KUNIT_CASE(qnn_queue_cancelled),
	KUNIT_CASE(qnn_queue_numbers),
	KUNIT_CASE(qnn_queue_limit),
	KUNIT_CASE(qnn_queue_file_limit),
	{}
};

static struct kunit_suite qnn_queue_suite = {
	.name = "qnn_queue",
	.test_cases = qnn_queue_cases,
};

kunit_test_suite(qnn_queue_suite);

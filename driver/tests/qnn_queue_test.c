// SPDX-License-Identifier: GPL-2.0-only
#include <drm/qnn_accel.h>

#include <kunit/test.h>

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

static struct kunit_case qnn_queue_cases[] = {
	KUNIT_CASE(qnn_queue_first_failure),
	KUNIT_CASE(qnn_queue_cancelled),
	KUNIT_CASE(qnn_queue_numbers),
	{}
};

static struct kunit_suite qnn_queue_suite = {
	.name = "qnn_queue",
	.test_cases = qnn_queue_cases,
};

kunit_test_suite(qnn_queue_suite);

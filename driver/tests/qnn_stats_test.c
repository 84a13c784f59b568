// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>

#include "qnn_stats.h"

static void qnn_stats_ended(struct kunit *test)
{
	struct qnn_stats stats;

	qnn_stats_init(&stats);
	KUNIT_EXPECT_EQ(test, 0, qnn_stats_busy_ns(&stats, 1000));

	qnn_stats_start(&stats, 1000);
	qnn_stats_end(&stats, 1000, 1500, 40);
	KUNIT_EXPECT_EQ(test, 500, qnn_stats_busy_ns(&stats, 9000));
	KUNIT_EXPECT_EQ(test, 40, stats.cycles);
}

static void qnn_stats_running(struct kunit *test)
{
	struct qnn_stats stats;

	/* Two cores at once count twice, and never backwards. */
	qnn_stats_init(&stats);
	qnn_stats_start(&stats, 1000);
	KUNIT_EXPECT_EQ(test, 0, qnn_stats_busy_ns(&stats, 1000));
	KUNIT_EXPECT_EQ(test, 200, qnn_stats_busy_ns(&stats, 1200));
	qnn_stats_start(&stats, 1200);
	KUNIT_EXPECT_EQ(test, 400, qnn_stats_busy_ns(&stats, 1300));
	qnn_stats_end(&stats, 1000, 1400, 1);
	KUNIT_EXPECT_EQ(test, 600, qnn_stats_busy_ns(&stats, 1400));
	KUNIT_EXPECT_EQ(test, 700, qnn_stats_busy_ns(&stats, 1500));
	qnn_stats_end(&stats, 1200, 1500, 2);
	KUNIT_EXPECT_EQ(test, 700, qnn_stats_busy_ns(&stats, 2000));
	KUNIT_EXPECT_EQ(test, 3, stats.cycles);
	KUNIT_EXPECT_EQ(test, 0, stats.running);
}

static void qnn_stats_late_clock(struct kunit *test)
{
	struct qnn_stats stats;
	ktime_t late = KTIME_MAX - 1000;

	/* The sum of starting times wraps; the difference does not care. */
	qnn_stats_init(&stats);
	qnn_stats_start(&stats, late);
	qnn_stats_start(&stats, late);
	qnn_stats_start(&stats, late);
	KUNIT_EXPECT_EQ(test, 3 * 7, qnn_stats_busy_ns(&stats, late + 7));
	qnn_stats_end(&stats, late, late + 10, 0);
	qnn_stats_end(&stats, late, late + 10, 0);
	KUNIT_EXPECT_EQ(test, 20 + 11, qnn_stats_busy_ns(&stats, late + 11));
}

static struct kunit_case qnn_stats_cases[] = {
	KUNIT_CASE(qnn_stats_ended),
	KUNIT_CASE(qnn_stats_running),
	KUNIT_CASE(qnn_stats_late_clock),
	{}
};

static struct kunit_suite qnn_stats_suite = {
	.name = "qnn_stats",
	.test_cases = qnn_stats_cases,
};

kunit_test_suite(qnn_stats_suite);

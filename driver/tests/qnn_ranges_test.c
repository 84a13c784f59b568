// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>

#include "qnn_ranges.h"

static int mem_a, mem_b;

static void qnn_range_fit(struct kunit *test)
{
	struct qnn_range r;

	KUNIT_EXPECT_EQ(test, 0, qnn_range_init(&r, &mem_a, 4096, 64, 4032, 64,
						true));
	KUNIT_EXPECT_PTR_EQ(test, (void *)r.mem, (void *)&mem_a);
	KUNIT_EXPECT_EQ(test, r.start, 64);
	KUNIT_EXPECT_EQ(test, r.end, 4096);
	KUNIT_EXPECT_TRUE(test, r.write);

	/* One byte too long, one step too far, behind the end. */
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 64,
						      4033, 64, false));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 128,
						      4032, 64, false));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 4160,
						      0, 64, false));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 8, 64,
						      64, false));
}

static void qnn_range_wrap(struct kunit *test)
{
	struct qnn_range r;

	/* Sums that wrap around to something small. */
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096,
						      U64_MAX - 63, 64, 64,
						      false));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 64,
						      U64_MAX, 64, false));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_range_init(&r, &mem_a, 4096, 64,
						      U64_MAX - 63, 64,
						      false));
}

static void qnn_ranges_overlap(struct kunit *test)
{
	struct qnn_range r[] = {
		{ &mem_a, 0, 128, false },
		{ &mem_b, 0, 128, true },
		{ &mem_a, 64, 192, false },
	};

	/* Readers may share. */
	KUNIT_EXPECT_FALSE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	/* A writer may not, whichever it is. */
	r[2].write = true;
	KUNIT_EXPECT_TRUE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	r[2].write = false;
	r[0].write = true;
	KUNIT_EXPECT_TRUE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	/* Neighbours do not overlap, by one byte they do. */
	r[2].start = 128;
	KUNIT_EXPECT_FALSE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	r[2].start = 127;
	KUNIT_EXPECT_TRUE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	/* Two writers of one place, and one range inside another. */
	r[0] = (struct qnn_range){ &mem_b, 32, 64, true };
	KUNIT_EXPECT_TRUE(test, qnn_ranges_conflict(r, ARRAY_SIZE(r)));
	KUNIT_EXPECT_FALSE(test, qnn_ranges_conflict(r, 1));
	KUNIT_EXPECT_FALSE(test, qnn_ranges_conflict(r, 0));
}

static struct kunit_case qnn_ranges_cases[] = {
	KUNIT_CASE(qnn_range_fit),
	KUNIT_CASE(qnn_range_wrap),
	KUNIT_CASE(qnn_ranges_overlap),
	{}
};

static struct kunit_suite qnn_ranges_suite = {
	.name = "qnn_ranges",
	.test_cases = qnn_ranges_cases,
};

kunit_test_suite(qnn_ranges_suite);

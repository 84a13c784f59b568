// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <kunit/test.h>

#include "qnn_test.h"
#include "qnn_user.h"

static void qnn_stride_rules(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, qnn_stride_check(16, 16));
	KUNIT_EXPECT_EQ(test, 0, qnn_stride_check(24, 16));
	KUNIT_EXPECT_EQ(test, 0, qnn_stride_check(PAGE_SIZE, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(0, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(8, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(20, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(PAGE_SIZE + 8, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(U32_MAX, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, qnn_stride_check(U32_MAX - 7, 16));
}

static void qnn_element_wrap(struct kunit *test)
{
	u64 element[2];

	qnn_test_user_page(test);

	/* Addresses that wrap around never come from user space. */
	KUNIT_EXPECT_EQ(test, -EFAULT,
			qnn_copy_element(element, sizeof(element),
					 U64_MAX - 15, 32, 0));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			qnn_copy_element(element, sizeof(element),
					 U64_MAX - 63, 32, 2));
	/* Nor do those of the kernel. */
	KUNIT_EXPECT_EQ(test, -EFAULT,
			qnn_copy_element(element, sizeof(element),
					 (uintptr_t)element, 16, 0));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			qnn_copy_element(element, sizeof(element), 0, 16, 0));
	qnn_test_user_leave();
}

static void qnn_element_sizes(struct kunit *test)
{
	u64 words[] = { 1, 2, 3, 0, 5, 6 };
	u64 element[3];
	u64 base = qnn_test_user_page(test);

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(u64_to_user_ptr(base), words,
					      sizeof(words)));

	/* The caller's element is ours. */
	KUNIT_EXPECT_EQ(test, 0, qnn_copy_element(element, 16, base, 16, 1));
	KUNIT_EXPECT_EQ(test, element[0], 3);
	KUNIT_EXPECT_EQ(test, element[1], 0);

	/* Shorter: the rest is zero. */
	memset(element, 0xff, sizeof(element));
	KUNIT_EXPECT_EQ(test, 0, qnn_copy_element(element, 24, base, 16, 2));
	KUNIT_EXPECT_EQ(test, element[0], 5);
	KUNIT_EXPECT_EQ(test, element[1], 6);
	KUNIT_EXPECT_EQ(test, element[2], 0);

	/* Longer: accepted if the rest is zero, and nothing else is written. */
	memset(element, 0xff, sizeof(element));
	KUNIT_EXPECT_EQ(test, 0, qnn_copy_element(element, 8, base + 16, 16, 0));
	KUNIT_EXPECT_EQ(test, element[0], 3);
	KUNIT_EXPECT_EQ(test, element[1], U64_MAX);
	KUNIT_EXPECT_EQ(test, -E2BIG,
			qnn_copy_element(element, 8, base, 16, 0));

	/* The last element may not leave the mapping. */
	KUNIT_EXPECT_EQ(test, 0,
			qnn_copy_element(element, 16, base, 16,
					 PAGE_SIZE / 16 - 1));
	KUNIT_EXPECT_EQ(test, -EFAULT,
			qnn_copy_element(element, 16, base + PAGE_SIZE - 8, 16,
					 0));
	qnn_test_user_leave();
}

static struct kunit_case qnn_user_cases[] = {
	KUNIT_CASE(qnn_stride_rules),
	KUNIT_CASE(qnn_element_wrap),
	KUNIT_CASE(qnn_element_sizes),
	{}
};

static struct kunit_suite qnn_user_suite = {
	.name = "qnn_user",
	.test_cases = qnn_user_cases,
};

kunit_test_suite(qnn_user_suite);

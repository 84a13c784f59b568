// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include <kunit/test.h>

#include "qnn_prog.h"
#include "qnn_test.h"

#define LINE_SIZE	200

static int qnn_prog_prepare_result;
static int qnn_prog_prepared;

static int qnn_prog_test_prepare(struct qnn_prog *prog)
{
	if (qnn_prog_prepare_result)
		return qnn_prog_prepare_result;
	qnn_prog_prepared++;

	return 0;
}

static void qnn_prog_test_unprepare(struct qnn_prog *prog)
{
	qnn_prog_prepared--;
}

static const struct qnn_backend_ops qnn_prog_test_ops = {
	.prepare = qnn_prog_test_prepare,
	.unprepare = qnn_prog_test_unprepare,
};

static void qnn_prog_accepted(struct kunit *test)
{
	struct qnn_diag diag = { .rule = 99 };
	void *image = qnn_test_copy_image(test, 64);
	struct qnn_prog *prog;

	qnn_prog_prepare_result = 0;
	prog = qnn_prog_create(&qnn_prog_test_ops, image, QNN_TEST_IMAGE_SIZE,
			       &diag);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	KUNIT_EXPECT_EQ(test, diag.rule, 0);
	KUNIT_EXPECT_EQ(test, qnn_prog_prepared, 1);
	KUNIT_EXPECT_PTR_EQ(test, prog->image, image);
	KUNIT_EXPECT_EQ(test, prog->bytes, QNN_TEST_IMAGE_SIZE);
	KUNIT_EXPECT_EQ(test, prog->desc.header->region_count, 2);
	KUNIT_EXPECT_GT(test, prog->desc.total.cycles, 0);

	kref_get(&prog->ref);
	qnn_prog_put(prog);
	KUNIT_EXPECT_EQ(test, qnn_prog_prepared, 1);
	qnn_prog_put(prog);
	KUNIT_EXPECT_EQ(test, qnn_prog_prepared, 0);
}

static void qnn_prog_not_prepared(struct kunit *test)
{
	struct qnn_diag diag = { .rule = 99 };
	void *image = qnn_test_copy_image(test, 64);
	struct qnn_prog *prog;

	/* The back end's error is not the validator's. */
	qnn_prog_prepare_result = -ENOSPC;
	prog = qnn_prog_create(&qnn_prog_test_ops, image, QNN_TEST_IMAGE_SIZE,
			       &diag);
	KUNIT_EXPECT_EQ(test, -ENOSPC, PTR_ERR_OR_ZERO(prog));
	KUNIT_EXPECT_EQ(test, diag.rule, 0);
	KUNIT_EXPECT_EQ(test, qnn_prog_prepared, 0);
	kvfree(image);
}

static void qnn_prog_refused(struct kunit *test)
{
	void *image = qnn_test_copy_image(test, 64);
	struct qnn_diag diag = {};
	char line[LINE_SIZE];
	struct qnn_prog *prog;

	qnn_test_image_cmd(image)->pool.kernel_w = 2;
	prog = qnn_prog_create(&qnn_prog_test_ops, image, QNN_TEST_IMAGE_SIZE,
			       &diag);
	KUNIT_EXPECT_EQ(test, -EINVAL, PTR_ERR_OR_ZERO(prog));
	KUNIT_EXPECT_EQ(test, diag.rule, QNN_RULE_KERNEL);
	KUNIT_EXPECT_EQ(test, diag.cmd, 0);
	qnn_prog_refusal(line, sizeof(line), &diag, image, QNN_TEST_IMAGE_SIZE);
	KUNIT_EXPECT_TRUE(test,
			  strstarts(line, "command 0 (max_pool): pool.kernel_w: "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "(value 2, limit 1)"));
	kvfree(image);
}

static void qnn_prog_refused_header(struct kunit *test)
{
	void *image = qnn_test_copy_image(test, 64);
	struct qnn_diag diag = {};
	char line[LINE_SIZE];
	struct qnn_prog *prog;

	prog = qnn_prog_create(&qnn_prog_test_ops, image, 63, &diag);
	KUNIT_EXPECT_EQ(test, -EINVAL, PTR_ERR_OR_ZERO(prog));
	KUNIT_EXPECT_EQ(test, diag.rule, QNN_RULE_SIZE);
	qnn_prog_refusal(line, sizeof(line), &diag, image, 63);
	KUNIT_EXPECT_TRUE(test, strstarts(line, "header: "));
	kvfree(image);
}

static void qnn_prog_refusal_bounds(struct kunit *test)
{
	void *image = qnn_test_copy_image(test, 64);
	struct qnn_diag diag = {
		.rule = QNN_RULE_CONST,
		.cmd = 1,
		.field = "stage.threshold_off",
		.value = 4096,
		.limit = -1,
	};
	char line[LINE_SIZE], small[16];

	/* A command that the image does not have is not read. */
	qnn_prog_refusal(line, sizeof(line), &diag, image, QNN_TEST_IMAGE_SIZE);
	KUNIT_EXPECT_TRUE(test,
			  strstarts(line, "command 1 (?): stage.threshold_off: "));
	diag.cmd = QNN_NO_CMD - 1;
	qnn_prog_refusal(line, sizeof(line), &diag, image, QNN_TEST_IMAGE_SIZE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "(?)"));
	diag.cmd = 0;
	qnn_prog_refusal(line, sizeof(line), &diag, image,
			 QNN_TEST_IMAGE_SIZE - 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(line, "(?)"));

	/* A short buffer gets what fits, and a NUL. */
	KUNIT_EXPECT_EQ(test, sizeof(small) - 1,
			qnn_prog_refusal(small, sizeof(small), &diag, image,
					 QNN_TEST_IMAGE_SIZE));
	KUNIT_EXPECT_STREQ(test, small, "command 0 (max_");
	kvfree(image);
}

static struct kunit_case qnn_prog_cases[] = {
	KUNIT_CASE(qnn_prog_accepted),
	KUNIT_CASE(qnn_prog_not_prepared),
	KUNIT_CASE(qnn_prog_refused),
	KUNIT_CASE(qnn_prog_refused_header),
	KUNIT_CASE(qnn_prog_refusal_bounds),
	{}
};

static struct kunit_suite qnn_prog_suite = {
	.name = "qnn_prog",
	.test_cases = qnn_prog_cases,
};

kunit_test_suite(qnn_prog_suite);

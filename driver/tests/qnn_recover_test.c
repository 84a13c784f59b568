// SPDX-License-Identifier: GPL-2.0-only
#include <linux/seq_buf.h>
#include <linux/string.h>

#include <kunit/test.h>

#include "qnn_coredump.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_prog.h"
#include "qnn_recover.h"
#include "qnn_test.h"

#define TEXT_SIZE	8192

static struct seq_buf *qnn_recover_text(struct kunit *test)
{
	struct seq_buf *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	char *text = kunit_kzalloc(test, TEXT_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_NOT_NULL(test, text);
	seq_buf_init(s, text, TEXT_SIZE);

	return s;
}

static u32 qnn_recover_lines(const char *text, const char *with)
{
	u32 count = 0;

	while ((text = strstr(text, with))) {
		text++;
		count++;
	}

	return count;
}

/* The oldest entries make way; the numbers go on. */
static void qnn_recover_log(struct kunit *test)
{
	struct qnn_recovery *recovery = kunit_kzalloc(test, sizeof(*recovery),
						      GFP_KERNEL);
	struct qnn_log_entry entry = { .core = 2, .result = -ETIMEDOUT };
	struct seq_buf *s = qnn_recover_text(test);
	u64 i;

	KUNIT_ASSERT_NOT_NULL(test, recovery);
	qnn_recovery_init(recovery);
	qnn_recovery_print(recovery, s);
	KUNIT_EXPECT_EQ(test, seq_buf_used(s), 0);

	for (i = 1; i <= QNN_LOG_ENTRIES + 3; i++) {
		entry.seqno = 100 + i;
		entry.stuck = i == 7;
		KUNIT_EXPECT_EQ(test, i, qnn_recovery_note(recovery, &entry));
	}
	entry.result = -EIO;
	qnn_recovery_note(recovery, &entry);

	qnn_recovery_print(recovery, s);
	KUNIT_EXPECT_EQ(test, qnn_recover_lines(s->buffer, "log: "),
			QNN_LOG_ENTRIES);
	KUNIT_EXPECT_EQ(test, qnn_recover_lines(s->buffer, "timeout at work\n"),
			QNN_LOG_ENTRIES - 2);
	KUNIT_EXPECT_EQ(test,
			qnn_recover_lines(s->buffer,
					  "timeout without progress\n"), 1);
	KUNIT_EXPECT_EQ(test, qnn_recover_lines(s->buffer, "fault\n"), 1);
	KUNIT_EXPECT_NULL(test, strstr(s->buffer, "job 104 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "log: 5 at 0 ns core 2 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer,
					   " job 105 command 0 timeout at work\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "log: 20 "));
}

static void qnn_recover_dump(struct kunit *test)
{
	struct qnn_test_ctx *ctx = qnn_test_ctx(test, &qnn_test_ops);
	struct qnn_prog *prog = qnn_test_prog(test, &qnn_test_ops,
					      qnn_test_copy_image(test, 64));
	struct qnn_job *job = qnn_test_job(test, ctx, prog, 30);
	struct seq_buf *s = qnn_recover_text(test);

	job->seqno = 7;
	job->result = -EIO;
	job->end = 1234;
	/* A back end that does not know where it was. */
	job->run.cmd = U32_MAX;
	job->run.done.cycles = 99;
	qnn_coredump_print(job, s);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(s));
	KUNIT_EXPECT_TRUE(test, strstarts(s->buffer, "qnn-coredump: 1\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\njob: 7\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\nreason: fault\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\nend-ns: 1234\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\ncycles: 99\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\nopcode: max_pool\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\nregion: 0 r size 64\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(s->buffer, "\nregion: 1 w size 64\n"));
	KUNIT_EXPECT_STREQ(test, s->buffer + seq_buf_used(s) - 2, "\n\n");
	qnn_job_abort(job);
}

static struct kunit_case qnn_recover_cases[] = {
	KUNIT_CASE(qnn_recover_log),
	KUNIT_CASE(qnn_recover_dump),
	{}
};

static struct kunit_suite qnn_recover_suite = {
	.name = "qnn_recover",
	.test_cases = qnn_recover_cases,
};

kunit_test_suite(qnn_recover_suite);

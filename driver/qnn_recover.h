/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_RECOVER_H__
#define __QNN_RECOVER_H__

#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/ratelimit_types.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct qnn_device;
struct qnn_job;
struct seq_buf;

#define QNN_LOG_ENTRIES		16

/**
 * struct qnn_log_entry - a job that failed
 */
struct qnn_log_entry {
	/** @time: when it ended */
	ktime_t time;
	/** @client_id: &qnn_file.client_id */
	u64 client_id;
	/** @seqno: its number within its queue */
	u64 seqno;
	/** @core: number of the core */
	u32 core;
	/** @cmd: the command that it had reached */
	u32 cmd;
	/** @result: the error of its fence */
	int result;
	/** @stuck: it made no progress when its time was over */
	bool stuck;
};

/**
 * struct qnn_recovery - what a device remembers of failures
 *
 * Nothing here is touched for a job that does not fail.
 */
struct qnn_recovery {
	/** @lock: protects @failures and @log; process context only */
	spinlock_t lock;
	/** @failures: jobs that failed so far */
	u64 failures;
	/** @log: the last of them; failure n is in element n % QNN_LOG_ENTRIES */
	struct qnn_log_entry log[QNN_LOG_ENTRIES];
	/** @dump_lock: one dump is made at a time; tried, never waited for */
	struct mutex dump_lock;
	/** @uevents: how many may be sent */
	struct ratelimit_state uevents;
};

void qnn_recovery_init(struct qnn_recovery *recovery);
u64 qnn_recovery_note(struct qnn_recovery *recovery,
		      const struct qnn_log_entry *entry);
void qnn_recovery_print(struct qnn_recovery *recovery, struct seq_buf *s);
const char *qnn_failure_name(int result);
const char *qnn_progress_name(int result, bool stuck);
void qnn_job_failed(struct qnn_job *job);

#endif /* __QNN_RECOVER_H__ */

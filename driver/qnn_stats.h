/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __QNN_STATS_H__
#define __QNN_STATS_H__

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct drm_file;
struct drm_printer;

/**
 * struct qnn_stats - what the jobs of an open file used
 */
struct qnn_stats {
	/**
	 * @lock: protects all that follows. Innermost lock; taken in process
	 * context only, and between run_job and the signalling of fences.
	 */
	spinlock_t lock;
	/** @busy_ns: time on cores of jobs that ended */
	u64 busy_ns;
	/** @cycles: modelled cycles of jobs that ended */
	u64 cycles;
	/** @running: jobs on cores now */
	u32 running;
	/** @started_ns: sum of their starting times, modulo 2^64 */
	u64 started_ns;
	/** @prog_bytes: memory of programs that have a handle */
	u64 prog_bytes;
};

void qnn_stats_init(struct qnn_stats *stats);
void qnn_stats_start(struct qnn_stats *stats, ktime_t now);
void qnn_stats_end(struct qnn_stats *stats, ktime_t start, ktime_t now,
		   u64 cycles);
void qnn_stats_prog(struct qnn_stats *stats, s64 bytes);
u64 qnn_stats_busy_ns(struct qnn_stats *stats, ktime_t now);
void qnn_show_fdinfo(struct drm_printer *p, struct drm_file *file);

#endif /* __QNN_STATS_H__ */

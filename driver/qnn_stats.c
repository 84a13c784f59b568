// SPDX-License-Identifier: GPL-2.0-only
#include <linux/export.h>
#include <linux/idr.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_print.h>

#include <kunit/visibility.h>

#include "qnn_drv.h"
#include "qnn_stats.h"

/**
 * qnn_stats_init - begin with nothing
 * @stats: the statistics
 */
void qnn_stats_init(struct qnn_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	spin_lock_init(&stats->lock);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_stats_init);

/**
 * qnn_stats_start - a job went to a core
 * @stats: the statistics of its file
 * @now: the time
 */
void qnn_stats_start(struct qnn_stats *stats, ktime_t now)
{
	spin_lock(&stats->lock);
	stats->running++;
	stats->started_ns += ktime_to_ns(now);
	spin_unlock(&stats->lock);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_stats_start);

/**
 * qnn_stats_end - a job left its core
 * @stats: the statistics of its file
 * @start: the time that qnn_stats_start() was given
 * @now: the time
 * @cycles: modelled cycles of what it did
 */
void qnn_stats_end(struct qnn_stats *stats, ktime_t start, ktime_t now,
		   u64 cycles)
{
	spin_lock(&stats->lock);
	stats->running--;
	stats->started_ns -= ktime_to_ns(start);
	stats->busy_ns += ktime_to_ns(ktime_sub(now, start));
	stats->cycles += cycles;
	spin_unlock(&stats->lock);
}
EXPORT_SYMBOL_IF_KUNIT(qnn_stats_end);

/**
 * qnn_stats_prog - a program got or lost its handle
 * @stats: the statistics of its file
 * @bytes: memory of the program, negative when the handle goes away
 */
void qnn_stats_prog(struct qnn_stats *stats, s64 bytes)
{
	spin_lock(&stats->lock);
	stats->prog_bytes += bytes;
	spin_unlock(&stats->lock);
}

static u64 qnn_stats_busy_ns_locked(const struct qnn_stats *stats, ktime_t now)
{
	lockdep_assert_held(&stats->lock);

	return stats->busy_ns + stats->running * (u64)ktime_to_ns(now) -
	       stats->started_ns;
}

/**
 * qnn_stats_busy_ns - time on cores, that of running jobs included
 * @stats: the statistics
 * @now: the time
 *
 * Return: the time in ns, the sum over cores.
 */
u64 qnn_stats_busy_ns(struct qnn_stats *stats, ktime_t now)
{
	u64 busy_ns;

	spin_lock(&stats->lock);
	busy_ns = qnn_stats_busy_ns_locked(stats, now);
	spin_unlock(&stats->lock);

	return busy_ns;
}
EXPORT_SYMBOL_IF_KUNIT(qnn_stats_busy_ns);

/**
 * qnn_show_fdinfo - the driver's part of /proc/<pid>/fdinfo/<fd>
 * @p: where to print
 * @file: the open file
 *
 * Tools look for the exact keys: the engine's name is ABI.
 */
void qnn_show_fdinfo(struct drm_printer *p, struct drm_file *file)
{
	struct qnn_file *qfile = file->driver_priv;
	struct qnn_stats *stats = &qfile->stats;
	struct drm_memory_stats progs = {};
	u64 busy_ns, cycles;

	spin_lock(&stats->lock);
	/* The clock is read under the lock: no start is later. */
	busy_ns = qnn_stats_busy_ns_locked(stats, ktime_get());
	cycles = stats->cycles;
	progs.private = stats->prog_bytes;
	spin_unlock(&stats->lock);
	progs.resident = progs.private;

	drm_printf(p, "drm-engine-npu:\t%llu ns\n", busy_ns);
	drm_printf(p, "drm-engine-capacity-npu:\t%u\n",
		   qfile->qdev->core_count);
	drm_printf(p, "drm-cycles-npu:\t%llu\n", cycles);
	drm_show_memory_stats(p, file);
	drm_print_memory_stats(p, &progs, DRM_GEM_OBJECT_RESIDENT, "program");
}

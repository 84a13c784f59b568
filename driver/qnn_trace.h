/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM qnn

#if !defined(__QNN_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __QNN_TRACE_H__

#include <linux/device.h>
#include <linux/tracepoint.h>

#include "qnn_core.h"
#include "qnn_drv.h"
#include "qnn_job.h"
#include "qnn_queue.h"

/* A job has its place: nothing can refuse it any more. */
TRACE_EVENT(qnn_job_submit,
	    TP_PROTO(const struct qnn_job *job),
	    TP_ARGS(job),
	    TP_STRUCT__entry(__string(dev, dev_name(job->queue->qfile->qdev->drm.dev))
			     __field(u64, client)
			     __field(u64, queue)
			     __field(u64, seqno)
			     __field(u32, timeout_ms)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->client = job->queue->qfile->client_id;
			   __entry->queue = job->queue->fence_context;
			   __entry->seqno = job->seqno;
			   __entry->timeout_ms = job->timeout_ms;),
	    TP_printk("dev=%s client=%llu queue=%llu job=%llu timeout_ms=%u",
		      __get_str(dev), __entry->client, __entry->queue,
		      __entry->seqno, __entry->timeout_ms));

/* A core begins with it. */
TRACE_EVENT(qnn_job_run,
	    TP_PROTO(const struct qnn_job *job),
	    TP_ARGS(job),
	    TP_STRUCT__entry(__string(dev, dev_name(job->queue->qfile->qdev->drm.dev))
			     __field(u64, queue)
			     __field(u64, seqno)
			     __field(u32, core)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->queue = job->queue->fence_context;
			   __entry->seqno = job->seqno;
			   __entry->core = job->core;),
	    TP_printk("dev=%s queue=%llu job=%llu core=%u", __get_str(dev),
		      __entry->queue, __entry->seqno, __entry->core));

/* It ended, on a core or, cancelled, without having seen one. */
TRACE_EVENT(qnn_job_done,
	    TP_PROTO(const struct qnn_job *job, int result, ktime_t now),
	    TP_ARGS(job, result, now),
	    TP_STRUCT__entry(__string(dev, dev_name(job->queue->qfile->qdev->drm.dev))
			     __field(u64, queue)
			     __field(u64, seqno)
			     __field(u64, ns)
			     __field(u64, cycles)
			     __field(u32, cmd)
			     __field(int, result)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->queue = job->queue->fence_context;
			   __entry->seqno = job->seqno;
			   __entry->ns = job->started ?
				   ktime_to_ns(ktime_sub(now, job->start)) : 0;
			   __entry->cycles = job->run.done.cycles;
			   __entry->cmd = job->run.cmd;
			   __entry->result = result;),
	    TP_printk("dev=%s queue=%llu job=%llu result=%d ns=%llu cycles=%llu command=%u",
		      __get_str(dev), __entry->queue, __entry->seqno,
		      __entry->result, __entry->ns, __entry->cycles, __entry->cmd));

/* The back end is told to stop the core. */
TRACE_EVENT(qnn_core_stop,
	    TP_PROTO(const struct qnn_core *core),
	    TP_ARGS(core),
	    TP_STRUCT__entry(__string(dev, dev_name(core->qdev->drm.dev))
			     __field(u64, queue)
			     __field(u64, seqno)
			     __field(u32, core)
			     __field(int, error)),
	    TP_fast_assign(__assign_str(dev);
			   __entry->queue = core->job->queue->fence_context;
			   __entry->seqno = core->job->seqno;
			   __entry->core = core->index;
			   __entry->error = core->stop_error;),
	    TP_printk("dev=%s core=%u queue=%llu job=%llu error=%d",
		      __get_str(dev), __entry->core, __entry->queue,
		      __entry->seqno, __entry->error));

#endif /* __QNN_TRACE_H__ */

/* Found through the folders of the compiler's command line; see Kbuild. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE qnn_trace
#include <trace/define_trace.h>

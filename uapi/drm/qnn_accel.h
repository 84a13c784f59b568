/* SPDX-License-Identifier: MIT */
/*
 * The ioctl interface of the qnn accel driver.
 *
 * Rules that hold for every structure here:
 *
 * * All fields have the same offset and size for 32- and 64-bit callers.
 * * The structure of an ioctl may grow at its end. The DRM core copies as many
 *   bytes as both sides know and reads the rest as zero; zero always means
 *   what older kernels did.
 * * Arrays are passed with the size of an element. A kernel that knows a
 *   shorter element accepts a longer one if the rest is zero, otherwise it
 *   returns -E2BIG.
 * * Padding and unknown flags must be zero, otherwise -EINVAL.
 */
#ifndef _UAPI_QNN_ACCEL_H_
#define _UAPI_QNN_ACCEL_H_

#include "drm.h"

#if defined(__cplusplus)
extern "C" {
#endif

/**
 * DOC: Overview
 *
 * A client opens /dev/accel/accelN, creates buffer objects (BOs) and copies a
 * program into the kernel, which validates it once. It creates a queue and
 * submits jobs: a program and, for each region that the program names, a BO
 * range. Jobs of a queue run in order; queues run independently. Completion is
 * a fence: wait for it through a syncobj, a sync file or the BO.
 *
 * Handles of programs and queues are numbers that mean something for the open
 * file only, like GEM handles. 0 is never a valid handle.
 *
 * DRM_IOCTL_VERSION tells the version of this interface, now 1.1. What was not
 * in 1.0 says so; an older kernel answers it with -EINVAL.
 */

#define DRM_QNN_DEV_QUERY		0x00
#define DRM_QNN_BO_CREATE		0x01
#define DRM_QNN_BO_MMAP_OFFSET		0x02
#define DRM_QNN_BO_WAIT			0x03
#define DRM_QNN_PROGRAM_CREATE		0x04
#define DRM_QNN_PROGRAM_DESTROY		0x05
#define DRM_QNN_QUEUE_CREATE		0x06
#define DRM_QNN_QUEUE_DESTROY		0x07
#define DRM_QNN_QUEUE_STATUS		0x08
#define DRM_QNN_SUBMIT			0x09
#define DRM_QNN_BO_USERPTR		0x0a	/* since 1.1 */

/**
 * enum drm_qnn_query - what &drm_qnn_dev_query can ask for
 */
enum drm_qnn_query {
	/** @DRM_QNN_QUERY_DEVICE: a &struct drm_qnn_device_info */
	DRM_QNN_QUERY_DEVICE = 0,
};

/**
 * struct drm_qnn_dev_query - ask for a property of the device
 *
 * Errors: -EINVAL for an unknown @type or a @size above 4096, -EFAULT for a bad
 * @pointer.
 */
struct drm_qnn_dev_query {
	/** @type: in, &enum drm_qnn_query */
	__u32 type;
	/**
	 * @size: in, bytes available at @pointer; out, bytes that this kernel
	 * knows. The kernel writes the smaller of both and, where the caller
	 * knows more, zeroes the rest. With @pointer 0 only @size is returned.
	 */
	__u32 size;
	/** @pointer: in, user address of the answer, or 0 */
	__u64 pointer;
};

/**
 * enum drm_qnn_backend - what executes the programs
 */
enum drm_qnn_backend {
	/** @DRM_QNN_BACKEND_EMULATED: the device code inside the kernel */
	DRM_QNN_BACKEND_EMULATED = 0,
};

/**
 * struct drm_qnn_device_info - answer to %DRM_QNN_QUERY_DEVICE
 */
struct drm_qnn_device_info {
	/** @program_version: newest program format that is accepted */
	__u32 program_version;
	/** @backend: &enum drm_qnn_backend */
	__u32 backend;
	/** @cores: number of cores */
	__u32 cores;
	/** @clock_mhz: modelled clock in MHz; cycles / (clock * 10^6) = s */
	__u32 clock_mhz;
	/** @macs_per_cycle: 8 x 8 bit multiply-adds per cycle and core */
	__u32 macs_per_cycle;
	/** @sram_bytes: on-chip memory of a core, in bytes */
	__u32 sram_bytes;
	/** @dram_bytes_per_cycle: bandwidth of a core, in bytes per cycle */
	__u32 dram_bytes_per_cycle;
	/** @max_regions: most regions of a program */
	__u32 max_regions;
	/** @max_commands: most commands of a program */
	__u32 max_commands;
	/** @max_jobs: most jobs of a submission */
	__u32 max_jobs;
	/** @max_syncs: most syncobjs in each direction of a submission */
	__u32 max_syncs;
	/** @max_queues: most queues of an open file */
	__u32 max_queues;
	/** @max_programs: most programs of an open file */
	__u32 max_programs;
	/** @region_align: required alignment of a binding's offset, in bytes */
	__u32 region_align;
	/** @max_program_size: largest program, in bytes */
	__u64 max_program_size;
	/** @max_bo_size: largest BO, in bytes */
	__u64 max_bo_size;
	/** @default_timeout_ms: deadline of a job that names none, in ms */
	__u32 default_timeout_ms;
	/** @max_timeout_ms: longest deadline that a job may ask for, in ms */
	__u32 max_timeout_ms;
	/** @max_queue_jobs: most jobs of a queue that have not ended */
	__u32 max_queue_jobs;
	/** @max_file_jobs: the same of all queues of an open file together */
	__u32 max_file_jobs;
	/**
	 * @max_device_queues: most queues of all open files together, without
	 * CAP_SYS_RESOURCE; 0 from a driver that does not say
	 */
	__u32 max_device_queues;
	/**
	 * @max_device_jobs: most jobs of all open files together that have not
	 * ended, without CAP_SYS_RESOURCE; 0 from a driver that does not say
	 */
	__u32 max_device_jobs;
};

/**
 * struct drm_qnn_bo_create - create a zeroed buffer object
 *
 * Errors: -EINVAL for size 0, size above &drm_qnn_device_info.max_bo_size or
 * unknown flags; -ENOMEM; -ENOSPC when the kernel's memory file system is full.
 */
struct drm_qnn_bo_create {
	/** @size: in, bytes, rounded up to pages; out, the rounded size */
	__u64 size;
	/** @flags: in, must be zero */
	__u32 flags;
	/** @handle: out, GEM handle; close it with DRM_IOCTL_GEM_CLOSE */
	__u32 handle;
};

/** define DRM_QNN_BO_USERPTR_READ_ONLY - jobs read the memory, none writes it */
#define DRM_QNN_BO_USERPTR_READ_ONLY	(1u << 0)

/**
 * struct drm_qnn_bo_userptr - create a buffer object of memory that is there
 *
 * The pages that the caller has mapped at @addr become the memory of the BO, and
 * are pinned until its end. They count against RLIMIT_MEMLOCK of the calling
 * process, as all that drivers pin for it does (VmPin in /proc/PID/status),
 * unless it has CAP_IPC_LOCK. What the process maps at @addr later has nothing
 * to do with the BO. After a fork() the pages are the parent's; a child that was
 * made by one sees copies.
 *
 * Memory that the process may not write needs %DRM_QNN_BO_USERPTR_READ_ONLY.
 * Jobs that would write such a BO, or put their report there, are refused with
 * -EACCES. The BO cannot be mapped through the device (-EINVAL) or exported as a
 * dma-buf (-EPERM). Two BOs of the same memory are two BOs: no job on one of
 * them waits for jobs on the other.
 *
 * Errors: -EINVAL for @addr or @size that are not multiples of the page size,
 * size 0, size above &drm_qnn_device_info.max_bo_size or unknown flags; -EFAULT
 * where nothing is mapped, or what is mapped may not be written, or is not
 * ordinary memory: a device, or a file that pinning would keep from being
 * written back; -EOPNOTSUPP for a file on persistent memory; -ENOMEM without
 * memory or above RLIMIT_MEMLOCK; -EINTR when the caller is being killed.
 * Since version 1.1.
 */
struct drm_qnn_bo_userptr {
	/** @addr: in, user address, a multiple of the page size */
	__u64 addr;
	/** @size: in, bytes, a multiple of the page size */
	__u64 size;
	/** @flags: in, DRM_QNN_BO_USERPTR_* */
	__u32 flags;
	/** @handle: out, GEM handle; close it with DRM_IOCTL_GEM_CLOSE */
	__u32 handle;
};

/**
 * struct drm_qnn_bo_mmap_offset - where to mmap() a BO
 *
 * Errors: -ENOENT for an unknown handle, -EINVAL for non-zero @pad, an
 * imported BO (map the dma-buf instead) or one of memory that is mapped already;
 * -ENOMEM.
 */
struct drm_qnn_bo_mmap_offset {
	/** @handle: in, GEM handle */
	__u32 handle;
	/** @pad: must be zero */
	__u32 pad;
	/** @offset: out, offset for mmap() on the device's descriptor */
	__u64 offset;
};

/** define DRM_QNN_BO_WAIT_WRITE - wait for readers too, not only for writers */
#define DRM_QNN_BO_WAIT_WRITE		(1u << 0)

/**
 * struct drm_qnn_bo_wait - wait until jobs are done with a BO
 *
 * Without flags the call waits for jobs that write the BO, so that the CPU may
 * read it. Errors: -ENOENT for an unknown handle, -EINVAL for unknown flags,
 * -ETIME when the time is over, -ERESTARTSYS/-EINTR on a signal.
 */
struct drm_qnn_bo_wait {
	/** @handle: in, GEM handle */
	__u32 handle;
	/** @flags: in, DRM_QNN_BO_WAIT_* */
	__u32 flags;
	/**
	 * @timeout_ns: in, absolute time on CLOCK_MONOTONIC, in ns; 0 or any
	 * time that is past asks without waiting
	 */
	__s64 timeout_ns;
};

/**
 * struct drm_qnn_program_create - copy a program into the kernel
 *
 * The image is copied, validated and from then on immutable. Errors: -EINVAL
 * when the validator refuses it (then @error_rule is not 0 and the fields
 * after it and the log say why) or for unknown @flags; -E2BIG above
 * &drm_qnn_device_info.max_program_size; -ENOSPC above
 * &drm_qnn_device_info.max_programs; -EFAULT; -ENOMEM; -EINTR.
 * The fields marked "out" are written on success and when @error_rule is set.
 */
struct drm_qnn_program_create {
	/** @data: in, user address of the image */
	__u64 data;
	/** @size: in, bytes of the image */
	__u64 size;
	/**
	 * @log: in, user address for a line of text, NUL-terminated, that says
	 * why the program was refused; or 0
	 */
	__u64 log;
	/** @log_size: in, bytes available at @log */
	__u32 log_size;
	/** @flags: in, must be zero */
	__u32 flags;
	/** @handle: out, program handle */
	__u32 handle;
	/** @error_rule: out, rule of the device specification, 0: accepted */
	__u32 error_rule;
	/** @error_cmd: out, index of the command, or ~0 for the header */
	__u32 error_cmd;
	/** @pad: must be zero */
	__u32 pad;
	/** @cycles: out, modelled cycles of one run */
	__u64 cycles;
	/** @macs: out, multiply-adds of one run */
	__u64 macs;
};

/**
 * struct drm_qnn_program_destroy - drop a program
 *
 * Jobs that were submitted with it still run. Errors: -ENOENT, -EINVAL for
 * non-zero @pad.
 */
struct drm_qnn_program_destroy {
	/** @handle: in, program handle */
	__u32 handle;
	/** @pad: must be zero */
	__u32 pad;
};

/**
 * enum drm_qnn_priority - order between queues on a core
 */
enum drm_qnn_priority {
	/** @DRM_QNN_PRIORITY_LOW: background work */
	DRM_QNN_PRIORITY_LOW = 0,
	/** @DRM_QNN_PRIORITY_NORMAL: the usual choice */
	DRM_QNN_PRIORITY_NORMAL = 1,
	/** @DRM_QNN_PRIORITY_HIGH: needs CAP_SYS_NICE */
	DRM_QNN_PRIORITY_HIGH = 2,
};

/**
 * struct drm_qnn_queue_create - create a queue
 *
 * Errors: -EINVAL for an unknown priority or flag, -EACCES for a priority that
 * the caller may not have, -ENOSPC above &drm_qnn_device_info.max_queues or
 * max_device_queues.
 */
struct drm_qnn_queue_create {
	/** @priority: in, &enum drm_qnn_priority */
	__u32 priority;
	/** @flags: in, must be zero */
	__u32 flags;
	/** @handle: out, queue handle */
	__u32 handle;
	/** @pad: must be zero */
	__u32 pad;
};

/**
 * struct drm_qnn_queue_destroy - drop a queue
 *
 * Jobs that wait in it are cancelled (their fences carry -ECANCELED), the
 * running one is finished. Errors: -ENOENT, -EINVAL for non-zero @pad.
 */
struct drm_qnn_queue_destroy {
	/** @handle: in, queue handle */
	__u32 handle;
	/** @pad: must be zero */
	__u32 pad;
};

/**
 * enum drm_qnn_queue_reason - why a queue stopped
 */
enum drm_qnn_queue_reason {
	/** @DRM_QNN_REASON_NONE: the queue works */
	DRM_QNN_REASON_NONE = 0,
	/** @DRM_QNN_REASON_TIMEOUT: a job outlived its deadline */
	DRM_QNN_REASON_TIMEOUT = 1,
	/** @DRM_QNN_REASON_FAULT: the device refused to go on with a job */
	DRM_QNN_REASON_FAULT = 2,
};

/**
 * struct drm_qnn_queue_status - what a queue did, and why it stopped
 *
 * A queue whose job failed is stopped for good: the job's fence carries the
 * error, waiting jobs get -ECANCELED, later submissions return -EIO. The
 * client reads the reason here and creates another queue. Errors: -ENOENT,
 * -EINVAL for non-zero @pad.
 */
struct drm_qnn_queue_status {
	/** @handle: in, queue handle */
	__u32 handle;
	/** @reason: out, &enum drm_qnn_queue_reason */
	__u32 reason;
	/** @error_seqno: out, number of the job that failed, 0: none */
	__u64 error_seqno;
	/** @error_cmd: out, index of the command that it had reached */
	__u32 error_cmd;
	/** @pad: must be zero */
	__u32 pad;
	/** @submitted: out, jobs accepted so far; the number of the last one */
	__u64 submitted;
	/** @completed: out, jobs that finished without error */
	__u64 completed;
	/** @failed: out, jobs that failed or were cancelled */
	__u64 failed;
};

/**
 * struct drm_qnn_sync - a syncobj to wait for or to signal
 */
struct drm_qnn_sync {
	/** @handle: syncobj handle */
	__u32 handle;
	/** @flags: must be zero */
	__u32 flags;
	/** @point: timeline point, or 0 for a binary syncobj */
	__u64 point;
};

/**
 * struct drm_qnn_binding - the memory behind a region
 *
 * The region's declared size must fit into the BO from @offset on. A range
 * that is written may not overlap another range of the same job.
 */
struct drm_qnn_binding {
	/** @region: region number of the program */
	__u32 region;
	/** @handle: GEM handle */
	__u32 handle;
	/**
	 * @offset: bytes from the start of the BO, a multiple of
	 * &drm_qnn_device_info.region_align
	 */
	__u64 offset;
};

/**
 * struct drm_qnn_job - one run of a program
 */
struct drm_qnn_job {
	/** @program: program handle */
	__u32 program;
	/** @binding_count: elements at @bindings: each region exactly once */
	__u32 binding_count;
	/** @bindings: user address of &struct drm_qnn_binding elements */
	__u64 bindings;
	/** @binding_stride: bytes from one element to the next */
	__u32 binding_stride;
	/** @timeout_ms: deadline in ms from the start, 0: the default */
	__u32 timeout_ms;
	/**
	 * @report_handle: GEM handle of a BO that receives a
	 * &struct drm_qnn_report when the job ends, or 0
	 */
	__u32 report_handle;
	/**
	 * @report_layers: 0, or the number of &struct drm_qnn_layer_report
	 * that follow the report, which must be the program's command count
	 */
	__u32 report_layers;
	/** @report_offset: where in that BO, a multiple of 8 */
	__u64 report_offset;
};

/**
 * struct drm_qnn_layer_report - what one command did
 */
struct drm_qnn_layer_report {
	/** @cycles: modelled cycles */
	__u64 cycles;
	/** @macs: multiply-adds */
	__u64 macs;
	/** @bytes_read: bytes read from memory by the modelled hardware */
	__u64 bytes_read;
	/** @bytes_written: bytes written to memory */
	__u64 bytes_written;
	/** @time_ns: wall time that the command took here, in ns */
	__u64 time_ns;
};

/**
 * struct drm_qnn_report - what a job did; written before its fence signals
 */
struct drm_qnn_report {
	/** @status: 0, or the negative error of the job's fence */
	__s32 status;
	/** @commands: commands that finished */
	__u32 commands;
	/** @total: sum over these commands */
	struct drm_qnn_layer_report total;
	/** @submit_ns: when it was queued, on CLOCK_MONOTONIC, in ns */
	__u64 submit_ns;
	/** @start_ns: when a core began with it, 0: none did */
	__u64 start_ns;
	/** @end_ns: when it ended */
	__u64 end_ns;
	/** @core: number of that core, if @start_ns is not 0 */
	__u32 core;
	/** @pad: zero */
	__u32 pad;
};

/**
 * struct drm_qnn_submit - queue jobs
 *
 * Either all jobs are queued or none. They start in order, after all @in_syncs
 * signalled and after earlier users of their BOs; @out_syncs get the fence of
 * the last one. Each job attaches its fence to the BOs that it reads and
 * writes.
 *
 * Errors: -ENOENT for an unknown queue, program, BO or syncobj; -EINVAL for a
 * count of 0 or above the limit, a bad stride, a region that is missing,
 * bound twice or unknown to the program, an offset that is misaligned or
 * leaves the BO too small, overlapping ranges of which one is written, a
 * deadline above the limit, bad report fields, non-zero padding, or a timeline
 * point of a syncobj that has no such point; -EACCES for a region that is
 * written, or a report, in a BO that is read-only; -E2BIG for an element with
 * non-zero fields that this kernel does not know; -EBUSY above
 * &drm_qnn_device_info.max_queue_jobs, max_file_jobs or max_device_jobs, until
 * jobs have ended;
 * -EIO when the queue is stopped; -EFAULT; -ENOMEM; -EINTR. After an error nothing was queued, but
 * for -EFAULT because this structure itself cannot be written.
 */
struct drm_qnn_submit {
	/** @queue: in, queue handle */
	__u32 queue;
	/** @flags: in, must be zero */
	__u32 flags;
	/** @jobs: in, user address of &struct drm_qnn_job elements */
	__u64 jobs;
	/** @job_count: in, elements at @jobs */
	__u32 job_count;
	/** @job_stride: in, bytes from one element to the next */
	__u32 job_stride;
	/** @in_syncs: in, user address of &struct drm_qnn_sync elements */
	__u64 in_syncs;
	/** @out_syncs: in, user address of &struct drm_qnn_sync elements */
	__u64 out_syncs;
	/** @in_sync_count: in, elements at @in_syncs, may be 0 */
	__u32 in_sync_count;
	/** @out_sync_count: in, elements at @out_syncs, may be 0 */
	__u32 out_sync_count;
	/** @sync_stride: in, bytes from one sync element to the next */
	__u32 sync_stride;
	/** @pad: must be zero */
	__u32 pad;
	/** @seqno: out, number of the last job within the queue, from 1 */
	__u64 seqno;
};

#define DRM_IOCTL_QNN_DEV_QUERY \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_DEV_QUERY, struct drm_qnn_dev_query)
#define DRM_IOCTL_QNN_BO_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_BO_CREATE, struct drm_qnn_bo_create)
#define DRM_IOCTL_QNN_BO_MMAP_OFFSET \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_BO_MMAP_OFFSET, struct drm_qnn_bo_mmap_offset)
#define DRM_IOCTL_QNN_BO_WAIT \
	DRM_IOW(DRM_COMMAND_BASE + DRM_QNN_BO_WAIT, struct drm_qnn_bo_wait)
#define DRM_IOCTL_QNN_PROGRAM_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_PROGRAM_CREATE, struct drm_qnn_program_create)
#define DRM_IOCTL_QNN_PROGRAM_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_QNN_PROGRAM_DESTROY, struct drm_qnn_program_destroy)
#define DRM_IOCTL_QNN_QUEUE_CREATE \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_QUEUE_CREATE, struct drm_qnn_queue_create)
#define DRM_IOCTL_QNN_QUEUE_DESTROY \
	DRM_IOW(DRM_COMMAND_BASE + DRM_QNN_QUEUE_DESTROY, struct drm_qnn_queue_destroy)
#define DRM_IOCTL_QNN_QUEUE_STATUS \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_QUEUE_STATUS, struct drm_qnn_queue_status)
#define DRM_IOCTL_QNN_SUBMIT \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_SUBMIT, struct drm_qnn_submit)
#define DRM_IOCTL_QNN_BO_USERPTR \
	DRM_IOWR(DRM_COMMAND_BASE + DRM_QNN_BO_USERPTR, struct drm_qnn_bo_userptr)

#if defined(__cplusplus)
}
#endif

#endif /* _UAPI_QNN_ACCEL_H_ */

// SPDX-License-Identifier: MIT
/*
 * The ABI as bytes: sizes and offsets of every structure, the same for 32- and
 * 64-bit programs (`make lint` compiles this file for both). A change that
 * breaks a line here breaks programs that exist.
 */
#include <stddef.h>

#include <drm/qnn_accel.h>

#define SIZE(type, size) \
	_Static_assert(sizeof(struct type) == (size), "size of struct " #type)
#define AT(type, field, offset) \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field)

SIZE(drm_qnn_dev_query, 16);
AT(drm_qnn_dev_query, type, 0);
AT(drm_qnn_dev_query, size, 4);
AT(drm_qnn_dev_query, pointer, 8);

SIZE(drm_qnn_device_info, 96);
AT(drm_qnn_device_info, program_version, 0);
AT(drm_qnn_device_info, backend, 4);
AT(drm_qnn_device_info, cores, 8);
AT(drm_qnn_device_info, clock_mhz, 12);
AT(drm_qnn_device_info, macs_per_cycle, 16);
AT(drm_qnn_device_info, sram_bytes, 20);
AT(drm_qnn_device_info, dram_bytes_per_cycle, 24);
AT(drm_qnn_device_info, max_regions, 28);
AT(drm_qnn_device_info, max_commands, 32);
AT(drm_qnn_device_info, max_jobs, 36);
AT(drm_qnn_device_info, max_syncs, 40);
AT(drm_qnn_device_info, max_queues, 44);
AT(drm_qnn_device_info, max_programs, 48);
AT(drm_qnn_device_info, region_align, 52);
AT(drm_qnn_device_info, max_program_size, 56);
AT(drm_qnn_device_info, max_bo_size, 64);
AT(drm_qnn_device_info, default_timeout_ms, 72);
AT(drm_qnn_device_info, max_timeout_ms, 76);
AT(drm_qnn_device_info, max_queue_jobs, 80);
AT(drm_qnn_device_info, max_file_jobs, 84);
AT(drm_qnn_device_info, max_device_queues, 88);
AT(drm_qnn_device_info, max_device_jobs, 92);

SIZE(drm_qnn_bo_create, 16);
AT(drm_qnn_bo_create, size, 0);
AT(drm_qnn_bo_create, flags, 8);
AT(drm_qnn_bo_create, handle, 12);

SIZE(drm_qnn_bo_userptr, 24);
AT(drm_qnn_bo_userptr, addr, 0);
AT(drm_qnn_bo_userptr, size, 8);
AT(drm_qnn_bo_userptr, flags, 16);
AT(drm_qnn_bo_userptr, handle, 20);

SIZE(drm_qnn_bo_mmap_offset, 16);
AT(drm_qnn_bo_mmap_offset, handle, 0);
AT(drm_qnn_bo_mmap_offset, pad, 4);
AT(drm_qnn_bo_mmap_offset, offset, 8);

SIZE(drm_qnn_bo_wait, 16);
AT(drm_qnn_bo_wait, handle, 0);
AT(drm_qnn_bo_wait, flags, 4);
AT(drm_qnn_bo_wait, timeout_ns, 8);

SIZE(drm_qnn_program_create, 64);
AT(drm_qnn_program_create, data, 0);
AT(drm_qnn_program_create, size, 8);
AT(drm_qnn_program_create, log, 16);
AT(drm_qnn_program_create, log_size, 24);
AT(drm_qnn_program_create, flags, 28);
AT(drm_qnn_program_create, handle, 32);
AT(drm_qnn_program_create, error_rule, 36);
AT(drm_qnn_program_create, error_cmd, 40);
AT(drm_qnn_program_create, pad, 44);
AT(drm_qnn_program_create, cycles, 48);
AT(drm_qnn_program_create, macs, 56);

SIZE(drm_qnn_program_destroy, 8);
SIZE(drm_qnn_queue_destroy, 8);

SIZE(drm_qnn_queue_create, 16);
AT(drm_qnn_queue_create, priority, 0);
AT(drm_qnn_queue_create, flags, 4);
AT(drm_qnn_queue_create, handle, 8);
AT(drm_qnn_queue_create, pad, 12);

SIZE(drm_qnn_queue_status, 48);
AT(drm_qnn_queue_status, handle, 0);
AT(drm_qnn_queue_status, reason, 4);
AT(drm_qnn_queue_status, error_seqno, 8);
AT(drm_qnn_queue_status, error_cmd, 16);
AT(drm_qnn_queue_status, pad, 20);
AT(drm_qnn_queue_status, submitted, 24);
AT(drm_qnn_queue_status, completed, 32);
AT(drm_qnn_queue_status, failed, 40);

SIZE(drm_qnn_sync, 16);
AT(drm_qnn_sync, handle, 0);
AT(drm_qnn_sync, flags, 4);
AT(drm_qnn_sync, point, 8);

SIZE(drm_qnn_binding, 16);
AT(drm_qnn_binding, region, 0);
AT(drm_qnn_binding, handle, 4);
AT(drm_qnn_binding, offset, 8);

SIZE(drm_qnn_job, 40);
AT(drm_qnn_job, program, 0);
AT(drm_qnn_job, binding_count, 4);
AT(drm_qnn_job, bindings, 8);
AT(drm_qnn_job, binding_stride, 16);
AT(drm_qnn_job, timeout_ms, 20);
AT(drm_qnn_job, report_handle, 24);
AT(drm_qnn_job, report_layers, 28);
AT(drm_qnn_job, report_offset, 32);

SIZE(drm_qnn_layer_report, 40);
SIZE(drm_qnn_report, 80);
AT(drm_qnn_report, status, 0);
AT(drm_qnn_report, commands, 4);
AT(drm_qnn_report, total, 8);
AT(drm_qnn_report, submit_ns, 48);
AT(drm_qnn_report, start_ns, 56);
AT(drm_qnn_report, end_ns, 64);
AT(drm_qnn_report, core, 72);

SIZE(drm_qnn_submit, 64);
AT(drm_qnn_submit, queue, 0);
AT(drm_qnn_submit, flags, 4);
AT(drm_qnn_submit, jobs, 8);
AT(drm_qnn_submit, job_count, 16);
AT(drm_qnn_submit, job_stride, 20);
AT(drm_qnn_submit, in_syncs, 24);
AT(drm_qnn_submit, out_syncs, 32);
AT(drm_qnn_submit, in_sync_count, 40);
AT(drm_qnn_submit, out_sync_count, 44);
AT(drm_qnn_submit, sync_stride, 48);
AT(drm_qnn_submit, pad, 52);
AT(drm_qnn_submit, seqno, 56);

// SPDX-License-Identifier: MIT
/*
 * The interface as tables: what each field of each argument means. A new ioctl
 * or field of uapi/drm/qnn_accel.h is added here, and to
 * selftests/syzkaller/dev_accel_qnn.txt.
 */
#include <fcntl.h>

#include <drm/qnn_accel.h>
#include <drm_mode.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>

#include "fz.h"

/* What libdrm's headers do not have. */
struct syncobj_eventfd {
	__u32 handle;
	__u32 flags;
	__u64 point;
	__s32 fd;
	__u32 pad;
};

struct vgem_fence_attach {
	__u32 handle;
	__u32 flags;
	__u32 out_fence;
	__u32 pad;
};

struct vgem_fence_signal {
	__u32 fence;
	__u32 flags;
};

#define IOCTL_SYNCOBJ_EVENTFD	DRM_IOWR(0xCF, struct syncobj_eventfd)
#define IOCTL_VGEM_ATTACH	DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_fence_attach)
#define IOCTL_VGEM_SIGNAL	DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_fence_signal)

#define FIELD(type, member, kind, arg) \
	{ #member, offsetof(type, member), sizeof(((type *)0)->member), kind, arg }
#define LAYOUT(tag, type) \
	const struct layout layout_##tag = { \
		#type, sizeof(type), ARRAY_SIZE(fields_##tag), fields_##tag, \
	}

#define T struct drm_qnn_dev_query
static const struct field fields_query[] = {
	FIELD(T, type, K_ENUM, DRM_QNN_QUERY_DEVICE + 1),
	FIELD(T, size, K_NUMBER, 0),
	FIELD(T, pointer, K_BYTES, 256),
};
static LAYOUT(query, T);
#undef T

#define T struct drm_qnn_bo_create
static const struct field fields_bo_create[] = {
	FIELD(T, size, K_SIZE, 1 << 20),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, handle, K_HANDLE_OUT, POOL_BO),
};
static LAYOUT(bo_create, T);
#undef T

#define T struct drm_qnn_bo_userptr
static const struct field fields_userptr[] = {
	FIELD(T, addr, K_ARRAY, 0),
	FIELD(T, size, K_SIZE, 1 << 20),
	FIELD(T, flags, K_FLAGS, DRM_QNN_BO_USERPTR_READ_ONLY),
	FIELD(T, handle, K_HANDLE_OUT, POOL_BO),
};
static LAYOUT(userptr, T);
#undef T

#define T struct drm_qnn_bo_mmap_offset
static const struct field fields_mmap_offset[] = {
	FIELD(T, handle, K_HANDLE, POOL_BO),
	FIELD(T, pad, K_ZERO, 0),
	FIELD(T, offset, K_OUT, 0),
};
static LAYOUT(mmap_offset, T);
#undef T

#define T struct drm_qnn_bo_wait
static const struct field fields_bo_wait[] = {
	FIELD(T, handle, K_HANDLE, POOL_BO),
	FIELD(T, flags, K_FLAGS, DRM_QNN_BO_WAIT_WRITE),
	FIELD(T, timeout_ns, K_TIME, 0),
};
static LAYOUT(bo_wait, T);
#undef T

#define T struct drm_qnn_program_create
static const struct field fields_program[] = {
	FIELD(T, data, K_ARRAY, 0),
	FIELD(T, size, K_NUMBER, 0),
	FIELD(T, log, K_BYTES, 256),
	FIELD(T, log_size, K_NUMBER, 0),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, handle, K_OUT, 0),
	FIELD(T, error_rule, K_OUT, 0),
	FIELD(T, error_cmd, K_OUT, 0),
	FIELD(T, pad, K_ZERO, 0),
	FIELD(T, cycles, K_OUT, 0),
	FIELD(T, macs, K_OUT, 0),
};
static LAYOUT(program, T);
#undef T

#define T struct drm_qnn_program_destroy
static const struct field fields_program_destroy[] = {
	FIELD(T, handle, K_DYING, POOL_PROGRAM),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(program_destroy, T);
#undef T

#define T struct drm_qnn_queue_create
static const struct field fields_queue[] = {
	FIELD(T, priority, K_ENUM, DRM_QNN_PRIORITY_HIGH + 1),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, handle, K_HANDLE_OUT, POOL_QUEUE),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(queue, T);
#undef T

#define T struct drm_qnn_queue_destroy
static const struct field fields_queue_destroy[] = {
	FIELD(T, handle, K_DYING, POOL_QUEUE),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(queue_destroy, T);
#undef T

#define T struct drm_qnn_queue_status
static const struct field fields_queue_status[] = {
	FIELD(T, handle, K_HANDLE, POOL_QUEUE),
	FIELD(T, reason, K_OUT, 0),
	FIELD(T, error_seqno, K_OUT, 0),
	FIELD(T, error_cmd, K_OUT, 0),
	FIELD(T, pad, K_ZERO, 0),
	FIELD(T, submitted, K_OUT, 0),
	FIELD(T, completed, K_OUT, 0),
	FIELD(T, failed, K_OUT, 0),
};
static LAYOUT(queue_status, T);
#undef T

#define T struct drm_qnn_sync
static const struct field fields_sync[] = {
	FIELD(T, handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, point, K_POINT, 0),
};
LAYOUT(sync, T);
#undef T

#define T struct drm_qnn_binding
static const struct field fields_binding[] = {
	FIELD(T, region, K_NUMBER, 0),
	FIELD(T, handle, K_HANDLE, POOL_BO),
	FIELD(T, offset, K_PLACE, 0),
};
LAYOUT(binding, T);
#undef T

#define T struct drm_qnn_job
static const struct field fields_job[] = {
	FIELD(T, program, K_HANDLE, POOL_PROGRAM),
	FIELD(T, binding_count, K_COUNT, 0),
	FIELD(T, bindings, K_ARRAY, 0),
	FIELD(T, binding_stride, K_STRIDE, sizeof(struct drm_qnn_binding)),
	FIELD(T, timeout_ms, K_MS, 0),
	FIELD(T, report_handle, K_HANDLE, POOL_BO),
	FIELD(T, report_layers, K_COUNT, 0),
	FIELD(T, report_offset, K_PLACE, 0),
};
LAYOUT(job, T);
#undef T

#define T struct drm_qnn_submit
static const struct field fields_submit[] = {
	FIELD(T, queue, K_HANDLE, POOL_QUEUE),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, jobs, K_ARRAY, 0),
	FIELD(T, job_count, K_COUNT, 0),
	FIELD(T, job_stride, K_STRIDE, sizeof(struct drm_qnn_job)),
	FIELD(T, in_syncs, K_ARRAY, 0),
	FIELD(T, out_syncs, K_ARRAY, 0),
	FIELD(T, in_sync_count, K_COUNT, 0),
	FIELD(T, out_sync_count, K_COUNT, 0),
	FIELD(T, sync_stride, K_STRIDE, sizeof(struct drm_qnn_sync)),
	FIELD(T, pad, K_ZERO, 0),
	FIELD(T, seqno, K_OUT, 0),
};
static LAYOUT(submit, T);
#undef T

#define T struct drm_gem_close
static const struct field fields_gem_close[] = {
	FIELD(T, handle, K_DYING, POOL_BO),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(gem_close, T);
#undef T

#define T struct drm_prime_handle
static const struct field fields_prime_export[] = {
	FIELD(T, handle, K_HANDLE, POOL_BO),
	FIELD(T, flags, K_FLAGS, DRM_CLOEXEC | DRM_RDWR),
	FIELD(T, fd, K_FD_OUT, POOL_DMABUF),
};
static LAYOUT(prime_export, T);

static const struct field fields_vgem_export[] = {
	FIELD(T, handle, K_HANDLE, POOL_VGEM_BO),
	FIELD(T, flags, K_FLAGS, DRM_CLOEXEC | DRM_RDWR),
	FIELD(T, fd, K_FD_OUT, POOL_DMABUF),
};
static LAYOUT(vgem_export, T);

static const struct field fields_prime_import[] = {
	FIELD(T, handle, K_HANDLE_OUT, POOL_BO),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, fd, K_FD, POOL_DMABUF),
};
static LAYOUT(prime_import, T);
#undef T

#define T struct drm_syncobj_create
static const struct field fields_syncobj[] = {
	FIELD(T, handle, K_HANDLE_OUT, POOL_SYNCOBJ),
	FIELD(T, flags, K_FLAGS, DRM_SYNCOBJ_CREATE_SIGNALED),
};
static LAYOUT(syncobj, T);
#undef T

#define T struct drm_syncobj_destroy
static const struct field fields_syncobj_destroy[] = {
	FIELD(T, handle, K_DYING, POOL_SYNCOBJ),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(syncobj_destroy, T);
#undef T

#define T struct drm_syncobj_handle
static const struct field fields_syncobj_export[] = {
	FIELD(T, handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, fd, K_FD_OUT, POOL_SYNCOBJ_FD),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(syncobj_export, T);

static const struct field fields_fence_export[] = {
	FIELD(T, handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, flags, K_FLAGS, DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE),
	FIELD(T, fd, K_FD_OUT, POOL_SYNC_FILE),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(fence_export, T);

static const struct field fields_syncobj_import[] = {
	FIELD(T, handle, K_HANDLE_OUT, POOL_SYNCOBJ),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, fd, K_FD, POOL_SYNCOBJ_FD),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(syncobj_import, T);

static const struct field fields_fence_import[] = {
	FIELD(T, handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, flags, K_FLAGS, DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE),
	FIELD(T, fd, K_FD, POOL_SYNC_FILE),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(fence_import, T);
#undef T

#define WAIT_FLAGS	(DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL | \
			 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT)
#define T struct drm_syncobj_wait
static const struct field fields_syncobj_wait[] = {
	FIELD(T, handles, K_HANDLES, POOL_SYNCOBJ),
	FIELD(T, timeout_nsec, K_TIME, 0),
	FIELD(T, count_handles, K_COUNT, 0),
	FIELD(T, flags, K_FLAGS, WAIT_FLAGS),
	FIELD(T, first_signaled, K_OUT, 0),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(syncobj_wait, T);
#undef T

#define T struct drm_syncobj_timeline_wait
static const struct field fields_timeline_wait[] = {
	FIELD(T, handles, K_HANDLES, POOL_SYNCOBJ),
	FIELD(T, points, K_POINTS, 0),
	FIELD(T, timeout_nsec, K_TIME, 0),
	FIELD(T, count_handles, K_COUNT, 0),
	FIELD(T, flags, K_FLAGS, WAIT_FLAGS | DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE),
	FIELD(T, first_signaled, K_OUT, 0),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(timeline_wait, T);
#undef T

#define T struct drm_syncobj_array
static const struct field fields_syncobj_array[] = {
	FIELD(T, handles, K_HANDLES, POOL_SYNCOBJ),
	FIELD(T, count_handles, K_COUNT, 0),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(syncobj_array, T);
#undef T

#define T struct drm_syncobj_timeline_array
static const struct field fields_timeline_array[] = {
	FIELD(T, handles, K_HANDLES, POOL_SYNCOBJ),
	FIELD(T, points, K_POINTS, 0),
	FIELD(T, count_handles, K_COUNT, 0),
	FIELD(T, flags, K_ZERO, 0),
};
static LAYOUT(timeline_array, T);
#undef T

#define T struct drm_syncobj_transfer
static const struct field fields_transfer[] = {
	FIELD(T, src_handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, dst_handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, src_point, K_POINT, 0),
	FIELD(T, dst_point, K_POINT, 0),
	FIELD(T, flags, K_FLAGS, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(transfer, T);
#undef T

#define T struct syncobj_eventfd
static const struct field fields_eventfd[] = {
	FIELD(T, handle, K_HANDLE, POOL_SYNCOBJ),
	FIELD(T, flags, K_FLAGS, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE),
	FIELD(T, point, K_POINT, 0),
	FIELD(T, fd, K_FD, POOL_EVENTFD),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(eventfd, T);
#undef T

#define T struct dma_buf_sync
static const struct field fields_dmabuf_sync[] = {
	FIELD(T, flags, K_FLAGS, DMA_BUF_SYNC_VALID_FLAGS_MASK),
};
static LAYOUT(dmabuf_sync, T);
#undef T

#define T struct dma_buf_export_sync_file
static const struct field fields_dmabuf_export[] = {
	FIELD(T, flags, K_FLAGS, DMA_BUF_SYNC_RW),
	FIELD(T, fd, K_FD_OUT, POOL_SYNC_FILE),
};
static LAYOUT(dmabuf_export, T);
#undef T

#define T struct dma_buf_import_sync_file
static const struct field fields_dmabuf_import[] = {
	FIELD(T, flags, K_FLAGS, DMA_BUF_SYNC_RW),
	FIELD(T, fd, K_FD, POOL_SYNC_FILE),
};
static LAYOUT(dmabuf_import, T);
#undef T

#define T struct sync_merge_data
static const struct field fields_merge[] = {
	FIELD(T, fd2, K_FD, POOL_SYNC_FILE),
	FIELD(T, fence, K_FD_OUT, POOL_SYNC_FILE),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(merge, T);
#undef T

#define T struct sync_file_info
static const struct field fields_fence_info[] = {
	FIELD(T, status, K_OUT, 0),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, num_fences, K_NUMBER, 0),
	FIELD(T, pad, K_ZERO, 0),
	FIELD(T, sync_fence_info, K_BYTES, 8 * sizeof(struct sync_fence_info)),
};
static LAYOUT(fence_info, T);
#undef T

/* Four pages at most. */
#define T struct drm_mode_create_dumb
static const struct field fields_dumb[] = {
	FIELD(T, height, K_SIDE, 64),
	FIELD(T, width, K_SIDE, 64),
	FIELD(T, bpp, K_SIDE, 32),
	FIELD(T, flags, K_ZERO, 0),
	FIELD(T, handle, K_HANDLE_OUT, POOL_VGEM_BO),
};
static LAYOUT(dumb, T);
#undef T

#define T struct vgem_fence_attach
static const struct field fields_attach[] = {
	FIELD(T, handle, K_HANDLE, POOL_VGEM_BO),
	FIELD(T, flags, K_FLAGS, 1),
	FIELD(T, out_fence, K_HANDLE_OUT, POOL_VGEM_FENCE),
	FIELD(T, pad, K_ZERO, 0),
};
static LAYOUT(attach, T);
#undef T

#define T struct vgem_fence_signal
static const struct field fields_signal[] = {
	FIELD(T, fence, K_DYING, POOL_VGEM_FENCE),
	FIELD(T, flags, K_ZERO, 0),
};
static LAYOUT(signal, T);
#undef T

#define QNN(nr, layout, ...) { #nr, DRM_IOCTL_QNN_##nr, &layout, POOL_FILE, __VA_ARGS__ }
#define CORE(nr, layout) { #nr, DRM_IOCTL_##nr, &layout, POOL_FILE, NULL, NULL }
#define OTHER(name, nr, layout, pool) { name, nr, &layout, pool, NULL, NULL }

const struct request abi_requests[] = {
	QNN(DEV_QUERY, layout_query, fill_query, NULL),
	QNN(BO_CREATE, layout_bo_create, NULL, NULL),
	QNN(BO_USERPTR, layout_userptr, fill_userptr, NULL),
	QNN(BO_MMAP_OFFSET, layout_mmap_offset, NULL, NULL),
	QNN(BO_WAIT, layout_bo_wait, NULL, NULL),
	QNN(PROGRAM_CREATE, layout_program, fill_program, done_program),
	QNN(PROGRAM_DESTROY, layout_program_destroy, NULL, NULL),
	QNN(QUEUE_CREATE, layout_queue, NULL, NULL),
	QNN(QUEUE_DESTROY, layout_queue_destroy, NULL, NULL),
	QNN(QUEUE_STATUS, layout_queue_status, NULL, NULL),
	QNN(SUBMIT, layout_submit, fill_submit, done_submit),
	CORE(GEM_CLOSE, layout_gem_close),
	CORE(PRIME_HANDLE_TO_FD, layout_prime_export),
	CORE(PRIME_FD_TO_HANDLE, layout_prime_import),
	CORE(SYNCOBJ_CREATE, layout_syncobj),
	CORE(SYNCOBJ_DESTROY, layout_syncobj_destroy),
	CORE(SYNCOBJ_HANDLE_TO_FD, layout_syncobj_export),
	OTHER("FENCE_EXPORT", DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, layout_fence_export, POOL_FILE),
	CORE(SYNCOBJ_FD_TO_HANDLE, layout_syncobj_import),
	OTHER("FENCE_IMPORT", DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, layout_fence_import, POOL_FILE),
	CORE(SYNCOBJ_WAIT, layout_syncobj_wait),
	CORE(SYNCOBJ_TIMELINE_WAIT, layout_timeline_wait),
	CORE(SYNCOBJ_RESET, layout_syncobj_array),
	CORE(SYNCOBJ_SIGNAL, layout_syncobj_array),
	CORE(SYNCOBJ_TIMELINE_SIGNAL, layout_timeline_array),
	CORE(SYNCOBJ_QUERY, layout_timeline_array),
	CORE(SYNCOBJ_TRANSFER, layout_transfer),
	OTHER("SYNCOBJ_EVENTFD", IOCTL_SYNCOBJ_EVENTFD, layout_eventfd, POOL_FILE),
	OTHER("DMABUF_SYNC", DMA_BUF_IOCTL_SYNC, layout_dmabuf_sync, POOL_DMABUF),
	OTHER("DMABUF_EXPORT", DMA_BUF_IOCTL_EXPORT_SYNC_FILE, layout_dmabuf_export, POOL_DMABUF),
	OTHER("DMABUF_IMPORT", DMA_BUF_IOCTL_IMPORT_SYNC_FILE, layout_dmabuf_import, POOL_DMABUF),
	OTHER("FENCE_MERGE", SYNC_IOC_MERGE, layout_merge, POOL_SYNC_FILE),
	OTHER("FENCE_INFO", SYNC_IOC_FILE_INFO, layout_fence_info, POOL_SYNC_FILE),
	OTHER("VGEM_DUMB", DRM_IOCTL_MODE_CREATE_DUMB, layout_dumb, POOL_VGEM),
	OTHER("VGEM_EXPORT", DRM_IOCTL_PRIME_HANDLE_TO_FD, layout_vgem_export, POOL_VGEM),
	OTHER("VGEM_ATTACH", IOCTL_VGEM_ATTACH, layout_attach, POOL_VGEM),
	OTHER("VGEM_SIGNAL", IOCTL_VGEM_SIGNAL, layout_signal, POOL_VGEM),
};

const uint32_t abi_request_count = ARRAY_SIZE(abi_requests);

/* How often each is called, in the same order. */
const uint32_t abi_weights[] = {
	2, 12, 6, 2, 8, 10, 3, 8, 3, 4, 60, 4, 6, 8, 6, 2, 3, 5, 3, 4, 5, 6, 2, 3, 3, 2, 4, 3,
	3, 5, 5, 3, 2, 2, 3, 4, 3,
};

_Static_assert(ARRAY_SIZE(abi_weights) == ARRAY_SIZE(abi_requests), "a weight for each");

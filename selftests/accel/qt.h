/* SPDX-License-Identifier: MIT */
/*
 * What the kselftests of the qnn device share: opening it, thin wrappers of
 * its ioctls that return 0 or a negative errno, and small programs.
 */
#ifndef QT_H
#define QT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drm/qnn_accel.h>

#include "qnn_program.h"

#define QT_MS		1000000ll	/* ns */
#define QT_S		(1000 * QT_MS)
#define QT_LONG		(20 * QT_S)	/* longer than anything should take */

/* The device under test: $QNN_DEVICE or /dev/accel/accel0. */
const char *qt_device(void);
int qt_open(void);

/* ioctl() that returns 0 or -errno. Does not retry. */
int qt_ioctl(int fd, unsigned long request, void *arg);

/*
 * The same ioctl with another size of its argument in the request number: what
 * a caller that was built with an older or newer header does.
 */
unsigned long qt_request_sized(unsigned long request, size_t size);

int64_t qt_now(void);			/* CLOCK_MONOTONIC, ns */
void qt_sleep_ms(unsigned int ms);

int qt_device_info(int fd, struct drm_qnn_device_info *info);

/* A BO that is mapped. @size is rounded up to pages. */
struct qt_buf {
	uint32_t handle;
	uint64_t size;
	uint8_t *map;
};

int qt_buf_new(int fd, uint64_t size, struct qt_buf *buf);
int qt_buf_map(int fd, struct qt_buf *buf);
void qt_buf_free(int fd, struct qt_buf *buf);
int qt_gem_close(int fd, uint32_t handle);
/* Wait until jobs no longer write the BO; @timeout_ns from now. */
int qt_bo_wait(int fd, uint32_t handle, uint32_t flags, int64_t timeout_ns);

int qt_program_new(int fd, const void *image, size_t size, uint32_t *handle);
int qt_program_destroy(int fd, uint32_t handle);
int qt_queue_new(int fd, uint32_t *handle);
int qt_queue_destroy(int fd, uint32_t handle);
int qt_queue_status(int fd, uint32_t queue, struct drm_qnn_queue_status *status);

/* A job that names its own bindings; do not copy it. */
struct qt_job {
	struct drm_qnn_job job;
	struct drm_qnn_binding bindings[QNN_MAX_REGIONS];
};

void qt_job_init(struct qt_job *job, uint32_t program);
void qt_job_bind(struct qt_job *job, uint32_t region, uint32_t handle, uint64_t offset);

/* A submission of one job; @in and @out are syncobjs (binary) or 0. */
void qt_submit_init(struct drm_qnn_submit *submit, uint32_t queue, struct qt_job *job);
int qt_submit(int fd, uint32_t queue, struct qt_job *job, uint32_t in, uint32_t out);
/* Submit and wait for the end; the error of the job's fence if it has one. */
int qt_run(int fd, uint32_t queue, struct qt_job *job);

/* qt_sync.c */
int qt_syncobj_new(int fd, uint32_t flags, uint32_t *handle);
int qt_syncobj_destroy(int fd, uint32_t handle);
int qt_syncobj_wait(int fd, uint32_t handle, uint64_t point, uint32_t flags,
		    int64_t timeout_ns);
int qt_syncobj_query(int fd, uint32_t handle, uint64_t *point);
int qt_syncobj_export_fence(int fd, uint32_t handle);	/* sync file or -errno */
int qt_syncobj_import_fence(int fd, uint32_t handle, int sync_file);
/* Status of a sync file: 1 signalled, 0 not yet, negative: its error. */
int qt_fence_status(int sync_file);

/*
 * A fence that the test signals when it likes, from the vgem driver. It signals
 * by itself with an error after 10 seconds.
 */
struct qt_gate {
	int vgem;
	uint32_t fence;
};

int qt_gate_new(struct qt_gate *gate, int *sync_file);	/* -ENODEV: no vgem */
/* The same, as a new binary syncobj. */
int qt_gate_syncobj(int fd, struct qt_gate *gate, uint32_t *syncobj);
int qt_gate_open(struct qt_gate *gate);

int qt_prime_export(int fd, uint32_t handle);		/* dma-buf or -errno */
int qt_prime_import(int fd, int dmabuf, uint32_t *handle);

/* qt_mem.c: buffers made of memory of this process. */
#define QT_PAGE		4096ul

int qt_userptr_at(int fd, uint64_t addr, uint64_t size, uint32_t flags, uint32_t *handle);
int qt_userptr(int fd, void *addr, uint64_t size, uint32_t flags, uint32_t *handle);
uint8_t *qt_pages(size_t pages, int prot);	/* anonymous, or NULL */
/* Drivers have pinned so many pages for this process, now or soon. */
bool qt_pinned(long pages);

/* A file with all that copies QT_COPY_BYTES, and two pages of memory. */
struct qt_mem {
	int fd;
	uint32_t queue, program, handle;
	uint8_t *mem;
	struct qt_buf buf;
};

int qt_mem_open(struct qt_mem *m);
int qt_mem_copy(struct qt_mem *m, uint32_t from, uint64_t offset, uint32_t to);

/*
 * Buffers of other drivers: of the system's heap, of vgem, and of the pages of a
 * memfd. -ENODEV: this kernel has none.
 */
int qt_heap_buffer(size_t size);
int qt_vgem_buffer(size_t size);		/* qt_sync.c */
int qt_udmabuf(size_t size);

/*
 * qt_module.c: the module ($QNN_MODULE is its file) and its devices, which are
 * called qnn.0, qnn.1 and so on.
 */
int qt_module_load(const char *params);
int qt_module_unload(void);
int qt_bind(const char *device);
int qt_unbind(const char *device);
int qt_open_bound(const char *device);	/* by its name; -ENODEV: not bound */
int qt_write_file(const char *path, const char *text);
int qt_empty_file(const char *path);
int qt_read_file(const char *path, char *text, size_t size);	/* bytes or -errno */

/* The driver's folder in configfs, which is mounted if need be; 0: there is none. */
#define QT_CONFIGFS	"/sys/kernel/config/qnn/"
int qt_has_configfs(void);

/*
 * The driver's trace events, on or off; an error: not root, or the kernel has none.
 * Events come without the names of tasks.
 */
#define QT_TRACEFS	"/sys/kernel/tracing/"
int qt_trace(bool on);

/*
 * qt_image.c: programs as images, to be freed. Region 0 is read, the last one
 * is written.
 */

/* Copies QT_COPY_BYTES from region 0 to region 1. */
#define QT_COPY_BYTES	4096
void *qt_image_copy(size_t *size);

/* Region 2 = region 0 + region 1, QT_COPY_BYTES signed bytes, saturated. */
void *qt_image_add(size_t *size);

/*
 * Reads and writes little memory and takes hours: ends by its deadline only.
 */
#define QT_SLOW_IN	(255u * 255)
#define QT_SLOW_OUT	(255u * 255 * 4 * 4)
void *qt_image_slow(size_t *size);

/*
 * Takes some milliseconds: the maximum around each of QT_WORK_BYTES bytes.
 */
#define QT_WORK_BYTES	(64u * 64)
void *qt_image_work(size_t *size);

/* Create one of these programs. */
int qt_program_from(int fd, void *(*make)(size_t *size), uint32_t *handle);

#endif /* QT_H */

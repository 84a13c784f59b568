// SPDX-License-Identifier: MIT
/*
 * Memory runs out, or copying from user memory fails, at every place where it
 * can: each call either works or says so, and nothing is left half done. Needs
 * a kernel with fault injection, so it skips on Debian's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define MOST_FAULTS	2000

/* The nth chance of a fault from here on in this thread is one. */
static int arm(int fd, int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	return pwrite(fd, text, len, 0) == len ? 0 : -errno;
}

/* Was there a fault? No more from here on. */
static int disarm(int fd)
{
	char text[16] = "";
	int hit;

	/* Reading and writing the file copy too, so the fault may meet them. */
	if (pread(fd, text, sizeof(text) - 1, 0) < 1)
		return errno == EFAULT ? 0 : -errno;
	hit = atoi(text) == 0;
	while (arm(fd, 0) == -EFAULT)
		;
	return hit;
}

/* tmpfs, where buffers live, says ENOSPC when it gets no memory for an inode. */
static int out_of_memory(int error)
{
	return error == -ENOMEM || error == -ENOSPC;
}

FIXTURE(faults)
{
	int fd, nth;
	uint32_t queue, program;
	struct qt_buf in, out, report;
	uint32_t syncobj, timeline;
	void *image;
	size_t size;
};

static const char * const sites[] = { "failslab", "fail_page_alloc", "fail_usercopy" };

/* Any request of this thread may be refused, without a word in the log. */
static int prepare(int *nth)
{
	char path[64];
	size_t i;
	int ret = 0;

	*nth = open(FAIL_NTH, O_RDWR);
	if (*nth < 0)
		return -ENOTSUP;
	for (i = 0; !ret && i < ARRAY_SIZE(sites); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", sites[i]);
		ret = qt_write_file(path, "0");
	}
	ret = ret ?: qt_write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	ret = ret ?: qt_write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	return ret ?: qt_write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
}

FIXTURE_SETUP(faults)
{
	int ret = prepare(&self->nth);

	if (ret == -ENOTSUP)
		SKIP(return, "no fault injection in this kernel");
	ASSERT_EQ(0, ret);
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	self->image = qt_image_copy(&self->size);
	ASSERT_NE(NULL, self->image);
	ASSERT_EQ(0, qt_program_new(self->fd, self->image, self->size, &self->program));
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->in));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->out));
	ASSERT_EQ(0, qt_buf_new(self->fd, 4096, &self->report));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, DRM_SYNCOBJ_CREATE_SIGNALED, &self->syncobj));
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &self->timeline));
}

FIXTURE_TEARDOWN(faults)
{
	close(self->fd);
	close(self->nth);
	free(self->image);
}

/*
 * Run @call with a fault at its first chance, its second, and so on until it
 * runs through without one. @undo follows each call that worked.
 */
#define WITH_FAULTS(call, undo) do { \
	int nth_, ret_, hit_ = 1; \
	for (nth_ = 1; hit_ && nth_ < MOST_FAULTS; nth_++) { \
		ASSERT_EQ(0, arm(self->nth, nth_)); \
		ret_ = (call); \
		hit_ = disarm(self->nth); \
		ASSERT_LE(0, hit_); \
		if (!ret_) { \
			undo; \
		} else { \
			EXPECT_TRUE(out_of_memory(ret_) || ret_ == -EFAULT) \
				TH_LOG("fault %d: %d", nth_, ret_); \
			EXPECT_TRUE(hit_); \
		} \
	} \
	EXPECT_LT(2, nth_); \
	EXPECT_GT(MOST_FAULTS, nth_); \
} while (0)

TEST_F(faults, open)
{
	int fd = -1;

	WITH_FAULTS((fd = qt_open()) < 0 ? fd : 0, close(fd));
}

TEST_F(faults, query)
{
	struct drm_qnn_device_info info;

	WITH_FAULTS(qt_device_info(self->fd, &info), (void)0);
}

TEST_F(faults, bo)
{
	struct drm_qnn_bo_create create;
	struct drm_qnn_bo_mmap_offset offset;

	WITH_FAULTS((create = (struct drm_qnn_bo_create){ .size = 65536 },
		     qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_CREATE, &create)),
		    ASSERT_EQ(0, qt_gem_close(self->fd, create.handle)));
	create = (struct drm_qnn_bo_create){ .size = 65536 };
	ASSERT_EQ(0, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_CREATE, &create));
	offset = (struct drm_qnn_bo_mmap_offset){ .handle = create.handle };
	WITH_FAULTS(qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset), (void)0);
	WITH_FAULTS(qt_bo_wait(self->fd, create.handle, 0, 0), (void)0);
}

TEST_F(faults, program)
{
	uint32_t program;

	WITH_FAULTS(qt_program_new(self->fd, self->image, self->size, &program),
		    ASSERT_EQ(0, qt_program_destroy(self->fd, program)));
}

TEST_F(faults, queue)
{
	struct drm_qnn_queue_status status;
	uint32_t queue;

	WITH_FAULTS(qt_queue_new(self->fd, &queue),
		    ASSERT_EQ(0, qt_queue_destroy(self->fd, queue)));
	WITH_FAULTS(qt_queue_status(self->fd, self->queue, &status), (void)0);
}

/* Every submission is counted, or it failed and is not. */
TEST_F(faults, submit)
{
	struct drm_qnn_sync in = { .handle = self->syncobj };
	struct drm_qnn_sync out = { .handle = self->timeline };
	struct drm_qnn_queue_status status;
	struct drm_qnn_submit submit;
	struct drm_qnn_job jobs[2];
	struct qt_job job;
	uint64_t good = 0, copies = 0;
	int ret;

	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->in.handle, 0);
	qt_job_bind(&job, 1, self->out.handle, 0);
	job.job.report_handle = self->report.handle;
	job.job.report_layers = 1;
	jobs[0] = jobs[1] = job.job;
	qt_submit_init(&submit, self->queue, &job);
	submit.jobs = (uintptr_t)jobs;
	submit.job_count = 2;
	submit.in_syncs = (uintptr_t)&in;
	submit.in_sync_count = 1;
	submit.out_syncs = (uintptr_t)&out;
	submit.out_sync_count = 1;
	WITH_FAULTS((out.point = good + 1,
		     ret = qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit),
		     copies += ret == -EFAULT, ret),
		    good++);
	EXPECT_EQ(0, qt_syncobj_wait(self->fd, self->timeline, good, 0, QT_LONG));
	ASSERT_EQ(0, qt_queue_status(self->fd, self->queue, &status));
	/* The last copy to the user may fail after the jobs are queued. */
	EXPECT_LE(2 * good, status.submitted);
	EXPECT_GE(2 * (good + copies), status.submitted);
	EXPECT_EQ(0, status.failed);
}

/*
 * A job that has to wait for others because of its buffers. Their jobs wait for
 * a gate, so that there is something to wait for.
 */
TEST_F(faults, submit_behind_others)
{
	struct drm_qnn_submit submit;
	struct qt_job before[2], job;
	uint32_t queue[2], closed;
	struct qt_gate gate;
	struct qt_buf other;
	int i, ret;

	ret = qt_gate_syncobj(self->fd, &gate, &closed);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &other));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, qt_queue_new(self->fd, &queue[i]));
		qt_job_init(&before[i], self->program);
		qt_job_bind(&before[i], 0, other.handle, 0);
		qt_job_bind(&before[i], 1, i ? self->in.handle : self->out.handle, 0);
		ASSERT_EQ(0, qt_submit(self->fd, queue[i], &before[i], closed, 0));
	}
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->in.handle, 0);
	qt_job_bind(&job, 1, self->out.handle, 0);
	qt_submit_init(&submit, self->queue, &job);
	WITH_FAULTS(qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit), (void)0);
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->out.handle, 0, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->out.handle, 0, QT_LONG));
}

/* Untouched memory each time, so that it has to be found first. */
TEST_F(faults, userptr)
{
	uint8_t *mem = qt_pages(20, PROT_READ | PROT_WRITE);
	int other = qt_open();
	uint32_t handle;

	ASSERT_TRUE(mem);
	ASSERT_LE(0, other);
	WITH_FAULTS((madvise(mem, 20 * QT_PAGE, MADV_DONTNEED),
		     qt_userptr(other, mem, 20 * QT_PAGE, 0, &handle)),
		    ASSERT_EQ(0, qt_gem_close(other, handle)));
	/* Of one the handle could not be told. */
	close(other);
	EXPECT_TRUE(qt_pinned(0));
}

/* A job on a buffer whose exporter has to be asked, and one of this process. */
TEST_F(faults, submit_foreign)
{
	int dmabuf = qt_udmabuf(QT_COPY_BYTES);
	uint8_t *mem = qt_pages(1, PROT_READ | PROT_WRITE);
	struct drm_qnn_submit submit;
	uint32_t in, out;
	struct qt_job job;

	if (dmabuf == -ENODEV)
		SKIP(return, "no udmabuf in this kernel");
	ASSERT_LE(0, dmabuf);
	ASSERT_EQ(0, qt_prime_import(self->fd, dmabuf, &in));
	ASSERT_EQ(0, qt_userptr(self->fd, mem, QT_PAGE, 0, &out));
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, in, 0);
	qt_job_bind(&job, 1, out, 0);
	qt_submit_init(&submit, self->queue, &job);
	WITH_FAULTS(qt_ioctl(self->fd, DRM_IOCTL_QNN_SUBMIT, &submit),
		    EXPECT_EQ(0, qt_bo_wait(self->fd, out, 0, QT_LONG)));
	close(dmabuf);
}

TEST_F(faults, prime)
{
	int dmabuf = -1, other = qt_open();
	uint32_t handle;

	ASSERT_LE(0, other);
	WITH_FAULTS((dmabuf = qt_prime_export(self->fd, self->in.handle)) < 0 ? dmabuf : 0,
		    close(dmabuf));
	dmabuf = qt_prime_export(self->fd, self->in.handle);
	ASSERT_LE(0, dmabuf);
	WITH_FAULTS(qt_prime_import(other, dmabuf, &handle),
		    ASSERT_EQ(0, qt_gem_close(other, handle)));
	close(dmabuf);
	close(other);
}

/*
 * Devices come and go. Only what the driver asks for is refused: the kernel has to
 * be able to tell. And not in drm_sysfs_minor_alloc(): Linux 6.12 takes the error
 * that it returns for a pointer, in drm_minor_alloc_release().
 */
FIXTURE(devices)
{
	int nth;
};

static int filter(unsigned long require, unsigned long require_end, unsigned long reject,
		  unsigned long reject_end)
{
	const struct {
		const char *name;
		unsigned long value;
	} file[] = {
		{ "stacktrace-depth", 32 },
		{ "require-start", require },
		{ "require-end", require_end },
		{ "reject-start", reject },
		{ "reject-end", reject_end },
	};
	char path[64], text[32];
	size_t i, k;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(sites); i++) {
		for (k = 0; !ret && k < ARRAY_SIZE(file); k++) {
			snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", sites[i],
				 file[k].name);
			snprintf(text, sizeof(text), "%lu", file[k].value);
			ret = qt_write_file(path, text);
		}
	}
	return ret;
}

/* Where the driver's code lies, and the function that must not fail. */
static int aim(void)
{
	unsigned long first = ~0ul, last = 0, address, bad = 0, bad_end = ~0ul;
	char line[512], name[256], module[64], type;
	FILE *file = fopen("/proc/kallsyms", "re");
	int pass, fields;

	for (pass = 0; file && pass < 2; rewind(file), pass++) {
		while (fgets(line, sizeof(line), file)) {
			fields = sscanf(line, "%lx %c %255s %63s", &address, &type, name, module);
			if (fields == 4 && !strcmp(module, "[qnn]") && (type == 't' || type == 'T')) {
				first = address < first ? address : first;
				last = address > last ? address : last;
			} else if (fields == 3 && !strcmp(name, "drm_sysfs_minor_alloc")) {
				bad = address;
			} else if (pass && address > bad && address < bad_end) {
				bad_end = address;
			}
		}
	}
	if (!file || !last || !bad)
		return -ENOENT;
	fclose(file);
	/* The last function ends within a page. */
	return filter(first, last + 4096, bad, bad_end);
}

FIXTURE_SETUP(devices)
{
	int ret = prepare(&self->nth);

	if (ret == -ENOTSUP || access("/sys/kernel/debug/failslab/reject-start", F_OK))
		SKIP(return, "no fault injection with filters in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, aim());
}

FIXTURE_TEARDOWN(devices)
{
	EXPECT_EQ(0, filter(0, ~0ul, 0, 0));
	close(self->nth);
}

static int try_device(const char *device)
{
	struct qt_buf in, out;
	struct qt_job job;
	uint32_t queue, program;
	int fd = qt_open_bound(device), ret;

	if (fd < 0)
		return fd;
	ret = qt_program_from(fd, qt_image_copy, &program);
	ret = ret ?: qt_queue_new(fd, &queue);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &in);
	ret = ret ?: qt_buf_new(fd, QT_COPY_BYTES, &out);
	if (!ret) {
		qt_job_init(&job, program);
		qt_job_bind(&job, 0, in.handle, 0);
		qt_job_bind(&job, 1, out.handle, 0);
		ret = qt_run(fd, queue, &job);
	}
	close(fd);
	return ret;
}

TEST_F_TIMEOUT(devices, bind, 300)
{
	ASSERT_EQ(0, qt_unbind("qnn.0"));
	WITH_FAULTS(qt_bind("qnn.0"), ASSERT_EQ(0, qt_unbind("qnn.0")));
	ASSERT_EQ(0, qt_bind("qnn.0"));
	EXPECT_EQ(0, try_device("qnn.0"));
}

#define FOLDER		QT_CONFIGFS "faults"

static int folder_make(void)
{
	return mkdir(FOLDER, 0755) ? -errno : 0;
}

static int folder_drop(void)
{
	return rmdir(FOLDER) ? -errno : 0;
}

static int folder_enable(const char *on)
{
	int ret = qt_write_file(FOLDER "/enabled", on);

	/*
	 * The driver core does not say why no driver took the device, and calls a
	 * name invalid that it had no memory for.
	 */
	return ret == -ENODEV || ret == -EINVAL ? -ENOMEM : ret;
}

TEST_F_TIMEOUT(devices, configfs, 700)
{
	char device[32];

	if (!qt_has_configfs())
		SKIP(return, "no configfs in this kernel");
	WITH_FAULTS(folder_make(), ASSERT_EQ(0, folder_drop()));
	ASSERT_EQ(0, folder_make());
	ASSERT_EQ(0, qt_write_file(FOLDER "/lanes", "2"));
	WITH_FAULTS(folder_enable("1"), ASSERT_EQ(0, folder_enable("0")));
	ASSERT_EQ(0, folder_enable("1"));
	ASSERT_LT(0, qt_read_file(FOLDER "/device", device, sizeof(device)));
	device[strcspn(device, "\n")] = 0;
	EXPECT_EQ(0, try_device(device));
	ASSERT_EQ(0, folder_enable("0"));
	ASSERT_EQ(0, folder_drop());
}

TEST_HARNESS_MAIN

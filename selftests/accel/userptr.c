// SPDX-License-Identifier: MIT
/* Buffers made of memory that the process has already. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "qt.h"

#define PAGE		4096ul
#define READ_ONLY	DRM_QNN_BO_USERPTR_READ_ONLY

#define RAMFS_MAGIC	0x858458f6
#define TMPFS_MAGIC	0x01021994

static int userptr_at(int fd, uint64_t addr, uint64_t size, uint32_t flags, uint32_t *handle)
{
	struct drm_qnn_bo_userptr arg = { .addr = addr, .size = size, .flags = flags };
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_BO_USERPTR, &arg);

	*handle = arg.handle;
	return ret;
}

static int userptr(int fd, void *addr, uint64_t size, uint32_t flags, uint32_t *handle)
{
	return userptr_at(fd, (uintptr_t)addr, size, flags, handle);
}

static uint8_t *memory(size_t pages, int prot)
{
	uint8_t *map = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* Pages that drivers have pinned for this process. */
static long pinned_pages(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmPin: %ld kB", &kb);
	if (file)
		fclose(file);
	return kb < 0 ? -1 : kb * 1024 / (long)PAGE;
}

FIXTURE(userptr)
{
	int fd;
	uint32_t queue, program, handle;
	uint8_t *mem;			/* two pages */
	struct qt_buf buf;
};

FIXTURE_SETUP(userptr)
{
	self->fd = qt_open();
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, qt_queue_new(self->fd, &self->queue));
	ASSERT_EQ(0, qt_program_from(self->fd, qt_image_copy, &self->program));
	ASSERT_EQ(0, qt_buf_new(self->fd, QT_COPY_BYTES, &self->buf));
	self->mem = memory(2, PROT_READ | PROT_WRITE);
	ASSERT_TRUE(self->mem);
}

FIXTURE_TEARDOWN(userptr)
{
	close(self->fd);
}

static int copy(int fd, uint32_t queue, uint32_t program, uint32_t from, uint64_t offset,
		uint32_t to)
{
	struct qt_job job;

	qt_job_init(&job, program);
	qt_job_bind(&job, 0, from, offset);
	qt_job_bind(&job, 1, to, 0);
	return qt_run(fd, queue, &job);
}

#define COPY(from, to)	copy(self->fd, self->queue, self->program, (from), 0, (to))

TEST_F(userptr, job_reads_memory)
{
	memset(self->mem, 0x31, 2 * PAGE);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0, memcmp(self->mem, self->buf.map, QT_COPY_BYTES));
}

TEST_F(userptr, job_writes_memory)
{
	memset(self->buf.map, 0x32, QT_COPY_BYTES);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0, memcmp(self->mem, self->buf.map, QT_COPY_BYTES));
	EXPECT_EQ(0, self->mem[PAGE]);
}

/* So many pages that they are pinned in several steps; the last one is used. */
TEST_F(userptr, many_pages)
{
	uint8_t *mem = memory(1500, PROT_READ | PROT_WRITE);

	ASSERT_TRUE(mem);
	ASSERT_EQ(0, userptr(self->fd, mem, 1500 * PAGE, 0, &self->handle));
	memset(mem + 1499 * PAGE, 0x33, PAGE);
	ASSERT_EQ(0, copy(self->fd, self->queue, self->program, self->handle, 1499 * PAGE,
			  self->buf.handle));
	EXPECT_EQ(0x33, self->buf.map[QT_COPY_BYTES - 1]);
}

TEST_F(userptr, region_that_does_not_fit)
{
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	EXPECT_EQ(-EINVAL, copy(self->fd, self->queue, self->program, self->handle,
				PAGE + 64, self->buf.handle));
}

TEST_F(userptr, bad_arguments)
{
	struct drm_qnn_device_info info;
	uint64_t addr = (uintptr_t)self->mem;
	int bit;

	ASSERT_EQ(0, qt_device_info(self->fd, &info));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, 0, 0, &self->handle));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, PAGE - 1, 0, &self->handle));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, PAGE + 64, 0, &self->handle));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr + 64, PAGE, 0, &self->handle));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, info.max_bo_size + PAGE, 0,
				      &self->handle));
	EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, -PAGE, 0, &self->handle));
	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, userptr_at(self->fd, addr, PAGE, 1u << bit, &self->handle));
}

TEST_F(userptr, bad_addresses)
{
	const uint64_t addrs[] = {
		0, PAGE, 1ull << 46, (1ull << 47) - PAGE, 1ull << 47, 1ull << 63,
		0xffff888000000000, 0xffffffff81000000, -PAGE, -2 * PAGE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		EXPECT_EQ(-EFAULT, userptr_at(self->fd, addrs[i], PAGE, 0, &self->handle));
		EXPECT_EQ(-EFAULT, userptr_at(self->fd, addrs[i], 4 * PAGE, READ_ONLY,
					      &self->handle));
	}
	EXPECT_EQ(0, pinned_pages());
}

/* Some pages are there: none stays pinned. */
TEST_F(userptr, memory_with_a_hole)
{
	uint8_t *mem = memory(1000, PROT_READ | PROT_WRITE);

	ASSERT_TRUE(mem);
	munmap(mem + 700 * PAGE, PAGE);
	EXPECT_EQ(-EFAULT, userptr(self->fd, mem, 1000 * PAGE, 0, &self->handle));
	EXPECT_EQ(0, pinned_pages());
	EXPECT_EQ(0, userptr(self->fd, mem, 700 * PAGE, 0, &self->handle));
	EXPECT_EQ(700, pinned_pages());
}

TEST_F(userptr, memory_without_access)
{
	uint8_t *mem = memory(1, PROT_NONE);

	ASSERT_TRUE(mem);
	EXPECT_EQ(-EFAULT, userptr(self->fd, mem, PAGE, 0, &self->handle));
	EXPECT_EQ(-EFAULT, userptr(self->fd, mem, PAGE, READ_ONLY, &self->handle));
}

TEST_F(userptr, read_only_memory_needs_the_flag)
{
	memset(self->mem, 0x34, PAGE);
	ASSERT_EQ(0, mprotect(self->mem, 2 * PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, READ_ONLY, &self->handle));
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x34, self->buf.map[0]);
}

TEST_F(userptr, read_only_refuses_a_region_that_is_written)
{
	memset(self->buf.map, 0x35, QT_COPY_BYTES);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, READ_ONLY, &self->handle));
	EXPECT_EQ(-EACCES, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0, self->mem[0]);
}

TEST_F(userptr, read_only_refuses_a_report)
{
	struct qt_job job;

	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, READ_ONLY, &self->handle));
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->handle, 0);
	qt_job_bind(&job, 1, self->buf.handle, 0);
	job.job.report_handle = self->handle;
	job.job.report_offset = PAGE;
	EXPECT_EQ(-EACCES, qt_submit(self->fd, self->queue, &job, 0, 0));
}

/* Nothing but the zero page was there when it was pinned. */
TEST_F(userptr, read_only_sees_what_is_written_later)
{
	volatile uint8_t *mem = self->mem;

	EXPECT_EQ(0, mem[0]);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, READ_ONLY, &self->handle));
	memset(self->mem, 0x36, PAGE);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x36, self->buf.map[0]);
}

/* The same for a private mapping of a file, whose pages belong to all. */
TEST_F(userptr, private_file_mapping)
{
	int file = open("/proc/self/exe", O_RDONLY);
	uint8_t *mem;

	ASSERT_LE(0, file);
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, userptr(self->fd, mem, PAGE, READ_ONLY, &self->handle));
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0, memcmp(self->buf.map, "\177ELF", 4));
	mem[1] = 'e';
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0, memcmp(self->buf.map, "\177eLF", 4));
	close(file);
}

TEST_F(userptr, shared_memory)
{
	int file = memfd_create("qnn", MFD_CLOEXEC);
	uint8_t *mem;

	ASSERT_EQ(0, ftruncate(file, PAGE));
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, userptr(self->fd, mem, PAGE, 0, &self->handle));
	memset(self->buf.map, 0x37, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0x37, mem[PAGE - 1]);
	/* Pages that were cut off the file are still those of the BO. */
	ASSERT_EQ(0, ftruncate(file, 0));
	memset(self->buf.map, 0, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x37, self->buf.map[0]);
	close(file);
}

TEST_F(userptr, huge_pages)
{
	const size_t size = 2 << 20;
	uint8_t *mem;

	qt_write_file("/proc/sys/vm/nr_hugepages", "2");
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		   -1, 0);
	if (mem == MAP_FAILED)
		SKIP(return, "no huge pages here");
	ASSERT_EQ(0, userptr(self->fd, mem + 5 * PAGE, 100 * PAGE, 0, &self->handle));
	memset(mem + 6 * PAGE, 0x38, PAGE);
	ASSERT_EQ(0, copy(self->fd, self->queue, self->program, self->handle, PAGE,
			  self->buf.handle));
	EXPECT_EQ(0x38, self->buf.map[QT_COPY_BYTES - 1]);
	ASSERT_EQ(0, qt_gem_close(self->fd, self->handle));
	EXPECT_EQ(0, pinned_pages());
	munmap(mem, size);
	qt_write_file("/proc/sys/vm/nr_hugepages", "0");
}

/* Pinned pages of a file would be written behind the file system's back. */
TEST_F(userptr, shared_file_mapping)
{
	const char *dir = getenv("QNN_OUT");
	char path[256];
	struct statfs fs;
	uint8_t *mem;
	int file;

	snprintf(path, sizeof(path), "%s/userptr", dir ? dir : "/tmp");
	file = open(path, O_RDWR | O_CREAT, 0600);
	if (file < 0 || fstatfs(file, &fs) || fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC)
		SKIP(return, "no file system here that writes pages back");
	unlink(path);
	ASSERT_EQ(0, ftruncate(file, PAGE));
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, mem);
	EXPECT_EQ(-EFAULT, userptr(self->fd, mem, PAGE, 0, &self->handle));
	close(file);
}

/* The memory of a device: here, a BO that is mapped. */
TEST_F(userptr, memory_of_a_device)
{
	EXPECT_EQ(-EFAULT, userptr(self->fd, self->buf.map, PAGE, 0, &self->handle));
	EXPECT_EQ(-EFAULT, userptr(self->fd, self->buf.map, PAGE, READ_ONLY, &self->handle));
}

TEST_F(userptr, cannot_be_mapped_again)
{
	struct drm_qnn_bo_mmap_offset offset = { 0 };

	ASSERT_EQ(0, userptr(self->fd, self->mem, PAGE, 0, &offset.handle));
	EXPECT_EQ(-EINVAL, qt_ioctl(self->fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));
}

TEST_F(userptr, cannot_be_exported)
{
	ASSERT_EQ(0, userptr(self->fd, self->mem, PAGE, 0, &self->handle));
	EXPECT_EQ(-EPERM, qt_prime_export(self->fd, self->handle));
}

TEST_F(userptr, counts_as_pinned_until_closed)
{
	uint32_t second;

	EXPECT_EQ(0, pinned_pages());
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	EXPECT_EQ(2, pinned_pages());
	ASSERT_EQ(0, userptr(self->fd, self->mem, PAGE, READ_ONLY, &second));
	EXPECT_EQ(3, pinned_pages());
	ASSERT_EQ(0, qt_gem_close(self->fd, self->handle));
	EXPECT_EQ(1, pinned_pages());
	/* A mapping of the device keeps the file open. */
	munmap(self->buf.map, self->buf.size);
	close(self->fd);
	EXPECT_EQ(0, pinned_pages());
	self->fd = -1;
}

/* A limit of 16 pages, and no privilege that overrides it. */
static int limit_pages(void)
{
	const struct rlimit limit = { 16 * PAGE, 16 * PAGE };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || syscall(SYS_capget, &header, caps))
		return -errno;
	caps[0].effective &= ~(1u << CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, caps) ? -errno : 0;
}

/* Exit status of a child, whose file is the parent's. */
static int pin_to_the_limit(int fd)
{
	uint8_t *mem = memory(32, PROT_READ | PROT_WRITE);
	uint32_t a, b;

	if (!mem || limit_pages())
		return 1;
	if (userptr(fd, mem, 17 * PAGE, 0, &a) != -ENOMEM || pinned_pages())
		return 2;
	if (userptr(fd, mem, 10 * PAGE, 0, &a) || userptr(fd, mem, 6 * PAGE, READ_ONLY, &b))
		return 3;
	if (userptr(fd, mem, PAGE, 0, &b) != -ENOMEM || pinned_pages() != 16)
		return 4;
	if (qt_gem_close(fd, a) || userptr(fd, mem, 10 * PAGE, 0, &a))
		return 5;
	return 0;
}

TEST_F(userptr, memlock_limit)
{
	pid_t child;
	int status;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(pin_to_the_limit(self->fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* The child is gone, two of its BOs are still in our file. */
	EXPECT_EQ(0, pinned_pages());
}

/* Threads at the limit: what one of them is refused costs the others nothing. */
static void *pin_unpin(void *arg)
{
	int fd = *(int *)arg, i;
	uint8_t *mem = memory(4, PROT_READ | PROT_WRITE);
	uint32_t handle;
	long failed = 0;

	for (i = 0; i < 200; i++) {
		if (userptr(fd, mem, 4 * PAGE, 0, &handle))
			failed++;
		else
			qt_gem_close(fd, handle);
	}
	return (void *)failed;
}

static int pin_in_threads(int fd)
{
	uint8_t *mem = memory(17, PROT_READ | PROT_WRITE);
	pthread_t thread[4];
	uint32_t handle;
	void *failed;
	int i, all = 0;

	if (!mem || limit_pages())
		return 1;
	for (i = 0; i < 4; i++)
		if (pthread_create(&thread[i], NULL, pin_unpin, &fd))
			return 2;
	/* Never fits. */
	for (i = 0; i < 200; i++)
		if (!userptr(fd, mem, 17 * PAGE, 0, &handle))
			return 3;
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &failed);
		all |= !!failed;
	}
	return all ? 4 : pinned_pages() ? 5 : 0;
}

TEST_F(userptr, memlock_limit_is_exact)
{
	pid_t child;
	int status;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(pin_in_threads(self->fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(userptr, unmapped_memory_stays)
{
	memset(self->mem, 0x41, 2 * PAGE);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, munmap(self->mem, 2 * PAGE));
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x41, self->buf.map[0]);
	/* What comes there later is other memory. */
	ASSERT_EQ(self->mem, mmap(self->mem, 2 * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memset(self->mem, 0x42, 2 * PAGE);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x41, self->buf.map[0]);
	ASSERT_EQ(0, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0x42, self->mem[0]);
}

TEST_F(userptr, moved_memory_is_the_same)
{
	uint8_t *moved;

	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	moved = mremap(self->mem, 2 * PAGE, 1000 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, moved);
	memset(moved, 0x43, PAGE);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x43, self->buf.map[0]);
}

TEST_F(userptr, protection_may_change)
{
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, mprotect(self->mem, 2 * PAGE, PROT_READ));
	memset(self->buf.map, 0x44, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0x44, self->mem[0]);
}

/* Thrown away by the process, not by the BO. */
TEST_F(userptr, discarded_memory_stays)
{
	memset(self->mem, 0x45, 2 * PAGE);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	ASSERT_EQ(0, madvise(self->mem, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, self->mem[0]);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x45, self->buf.map[0]);
}

/* The pages are the parent's, although the child wrote first. */
TEST_F(userptr, fork_leaves_the_parent_its_pages)
{
	pid_t child;
	int status;

	memset(self->mem, 0x51, 2 * PAGE);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		if (self->mem[0] != 0x51)
			_exit(1);
		memset(self->mem, 0x52, 2 * PAGE);
		_exit(pinned_pages() ? 2 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x51, self->mem[0]);
	memset(self->mem, 0x53, PAGE);
	ASSERT_EQ(0, COPY(self->handle, self->buf.handle));
	EXPECT_EQ(0x53, self->buf.map[0]);
	memset(self->buf.map, 0x54, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->buf.handle, self->handle));
	EXPECT_EQ(0x54, self->mem[0]);
}

/* Made in the child, whose memory it is; the parent's file keeps it. */
TEST_F(userptr, outlives_the_process)
{
	uint32_t *shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);
	pid_t child;
	int status;

	ASSERT_NE(MAP_FAILED, shared);
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		memset(self->mem, 0x55, 2 * PAGE);
		_exit(userptr(self->fd, self->mem, 2 * PAGE, 0, shared) ? 1 : 0);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	ASSERT_EQ(0, COPY(*shared, self->buf.handle));
	EXPECT_EQ(0x55, self->buf.map[QT_COPY_BYTES - 1]);
	EXPECT_EQ(0, pinned_pages());
	EXPECT_EQ(0, qt_gem_close(self->fd, *shared));
}

/*
 * A child whose job is running on its memory when it calls exec() or exit().
 * The job has its own end, the deadline.
 */
static void run_and_leave(bool exec)
{
	char *const argv[] = { (char *)"true", NULL };
	uint8_t *in = memory(16, PROT_READ | PROT_WRITE);
	uint8_t *out = memory(256, PROT_READ | PROT_WRITE);
	uint32_t queue, program, handle[2];
	int fd = qt_open();
	struct qt_job job;

	if (fd < 0 || !in || !out || qt_queue_new(fd, &queue) ||
	    qt_program_from(fd, qt_image_slow, &program) ||
	    userptr(fd, in, 16 * PAGE, READ_ONLY, &handle[0]) ||
	    userptr(fd, out, 256 * PAGE, 0, &handle[1]))
		_exit(1);
	qt_job_init(&job, program);
	qt_job_bind(&job, 0, handle[0], 0);
	qt_job_bind(&job, 1, handle[1], 0);
	job.job.timeout_ms = 300;
	if (qt_submit(fd, queue, &job, 0, 0))
		_exit(2);
	qt_sleep_ms(50);
	if (exec)
		execv("/bin/true", argv);
	_exit(exec ? 3 : 0);
}

TEST_F(userptr, exit_and_exec_while_a_job_runs)
{
	int i, status;
	pid_t child;

	for (i = 0; i < 2; i++) {
		child = fork();
		ASSERT_LE(0, child);
		if (!child)
			run_and_leave(i);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
	}
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	EXPECT_EQ(0, COPY(self->handle, self->buf.handle));
}

/* The handle and the mapping go, the job on its way does not notice. */
TEST_F(userptr, closed_while_a_job_waits)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in, out;
	int ret;

	ret = qt_gate_syncobj(self->fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, qt_syncobj_new(self->fd, 0, &out));
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	memset(self->mem, 0x56, 2 * PAGE);
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->handle, 0);
	qt_job_bind(&job, 1, self->buf.handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, in, out));
	ASSERT_EQ(0, qt_gem_close(self->fd, self->handle));
	ASSERT_EQ(0, munmap(self->mem, 2 * PAGE));
	EXPECT_EQ(2, pinned_pages());
	ASSERT_EQ(0, qt_gate_open(&gate));
	ASSERT_EQ(0, qt_syncobj_wait(self->fd, out, 0, 0, QT_LONG));
	EXPECT_EQ(0x56, self->buf.map[QT_COPY_BYTES - 1]);
}

/* Fences order jobs on one of these as on any BO. */
TEST_F(userptr, can_be_waited_for)
{
	struct qt_gate gate;
	struct qt_job job;
	uint32_t in;
	int ret;

	ret = qt_gate_syncobj(self->fd, &gate, &in);
	if (ret == -ENODEV)
		SKIP(return, "no vgem in this kernel");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, userptr(self->fd, self->mem, 2 * PAGE, 0, &self->handle));
	memset(self->buf.map, 0x57, QT_COPY_BYTES);
	qt_job_init(&job, self->program);
	qt_job_bind(&job, 0, self->buf.handle, 0);
	qt_job_bind(&job, 1, self->handle, 0);
	ASSERT_EQ(0, qt_submit(self->fd, self->queue, &job, in, 0));
	EXPECT_EQ(-ETIME, qt_bo_wait(self->fd, self->handle, 0, 0));
	ASSERT_EQ(0, qt_gate_open(&gate));
	EXPECT_EQ(0, qt_bo_wait(self->fd, self->handle, 0, QT_LONG));
	EXPECT_EQ(0x57, self->mem[0]);
}

struct remapper {
	uint8_t *mem;
	volatile int stop;
};

static void *remap(void *arg)
{
	struct remapper *r = arg;

	while (!r->stop) {
		munmap(r->mem + 3 * PAGE, 2 * PAGE);
		mmap(r->mem + 3 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		mprotect(r->mem, 2 * PAGE, PROT_READ);
		mprotect(r->mem, 2 * PAGE, PROT_READ | PROT_WRITE);
	}
	return NULL;
}

/* Another thread changes the mapping meanwhile: all pages or an error. */
TEST_F(userptr, mapping_under_attack)
{
	struct remapper r = { .mem = memory(8, PROT_READ | PROT_WRITE) };
	pthread_t thread;
	int i, ret;

	ASSERT_TRUE(r.mem);
	ASSERT_EQ(0, pthread_create(&thread, NULL, remap, &r));
	for (i = 0; i < 300; i++) {
		ret = userptr(self->fd, r.mem, 8 * PAGE, i % 2 ? READ_ONLY : 0, &self->handle);
		EXPECT_TRUE(ret == 0 || ret == -EFAULT);
		if (ret)
			continue;
		EXPECT_EQ(0, COPY(self->handle, self->buf.handle));
		EXPECT_EQ(0, qt_gem_close(self->fd, self->handle));
	}
	r.stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, pinned_pages());
}

TEST_HARNESS_MAIN

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

#define PAGE		QT_PAGE
#define READ_ONLY	DRM_QNN_BO_USERPTR_READ_ONLY

#define RAMFS_MAGIC	0x858458f6
#define TMPFS_MAGIC	0x01021994

FIXTURE(userptr)
{
	struct qt_mem m;
};

FIXTURE_SETUP(userptr)
{
	ASSERT_EQ(0, qt_mem_open(&self->m));
}

FIXTURE_TEARDOWN(userptr)
{
	close(self->m.fd);
}

#define COPY(from, to)	qt_mem_copy(&self->m, (from), 0, (to))

TEST_F(userptr, job_reads_memory)
{
	memset(self->m.mem, 0x31, 2 * PAGE);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0, memcmp(self->m.mem, self->m.buf.map, QT_COPY_BYTES));
}

TEST_F(userptr, job_writes_memory)
{
	memset(self->m.buf.map, 0x32, QT_COPY_BYTES);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0, memcmp(self->m.mem, self->m.buf.map, QT_COPY_BYTES));
	EXPECT_EQ(0, self->m.mem[PAGE]);
}

/* So many pages that they are pinned in several steps; the last one is used. */
TEST_F(userptr, many_pages)
{
	uint8_t *mem = qt_pages(1500, PROT_READ | PROT_WRITE);

	ASSERT_TRUE(mem);
	ASSERT_EQ(0, qt_userptr(self->m.fd, mem, 1500 * PAGE, 0, &self->m.handle));
	memset(mem + 1499 * PAGE, 0x33, PAGE);
	ASSERT_EQ(0, qt_mem_copy(&self->m, self->m.handle, 1499 * PAGE, self->m.buf.handle));
	EXPECT_EQ(0x33, self->m.buf.map[QT_COPY_BYTES - 1]);
}

TEST_F(userptr, region_that_does_not_fit)
{
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_mem_copy(&self->m, self->m.handle, PAGE + 64, self->m.buf.handle));
}

TEST_F(userptr, bad_arguments)
{
	struct drm_qnn_device_info info;
	uint64_t addr = (uintptr_t)self->m.mem;
	int bit;

	ASSERT_EQ(0, qt_device_info(self->m.fd, &info));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, 0, 0, &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, PAGE - 1, 0, &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, PAGE + 64, 0, &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr + 64, PAGE, 0, &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, info.max_bo_size + PAGE, 0,
				      &self->m.handle));
	EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, -PAGE, 0, &self->m.handle));
	for (bit = 1; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, qt_userptr_at(self->m.fd, addr, PAGE, 1u << bit, &self->m.handle));
}

TEST_F(userptr, bad_addresses)
{
	const uint64_t addrs[] = {
		0, PAGE, 1ull << 46, (1ull << 47) - PAGE, 1ull << 47, 1ull << 63,
		0xffff888000000000, 0xffffffff81000000, -PAGE, -2 * PAGE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(addrs); i++) {
		EXPECT_EQ(-EFAULT, qt_userptr_at(self->m.fd, addrs[i], PAGE, 0, &self->m.handle));
		EXPECT_EQ(-EFAULT, qt_userptr_at(self->m.fd, addrs[i], 4 * PAGE, READ_ONLY,
					      &self->m.handle));
	}
	EXPECT_TRUE(qt_pinned(0));
}

/* Some pages are there: none stays pinned. */
TEST_F(userptr, memory_with_a_hole)
{
	uint8_t *mem = qt_pages(1000, PROT_READ | PROT_WRITE);

	ASSERT_TRUE(mem);
	munmap(mem + 700 * PAGE, PAGE);
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, mem, 1000 * PAGE, 0, &self->m.handle));
	EXPECT_TRUE(qt_pinned(0));
	EXPECT_EQ(0, qt_userptr(self->m.fd, mem, 700 * PAGE, 0, &self->m.handle));
	EXPECT_TRUE(qt_pinned(700));
}

TEST_F(userptr, memory_without_access)
{
	uint8_t *mem = qt_pages(1, PROT_NONE);

	ASSERT_TRUE(mem);
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, mem, PAGE, 0, &self->m.handle));
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, mem, PAGE, READ_ONLY, &self->m.handle));
}

TEST_F(userptr, read_only_memory_needs_the_flag)
{
	memset(self->m.mem, 0x34, PAGE);
	ASSERT_EQ(0, mprotect(self->m.mem, 2 * PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, READ_ONLY, &self->m.handle));
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x34, self->m.buf.map[0]);
}

TEST_F(userptr, read_only_refuses_a_region_that_is_written)
{
	memset(self->m.buf.map, 0x35, QT_COPY_BYTES);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, READ_ONLY, &self->m.handle));
	EXPECT_EQ(-EACCES, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0, self->m.mem[0]);
}

TEST_F(userptr, read_only_refuses_a_report)
{
	struct qt_job job;

	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, READ_ONLY, &self->m.handle));
	qt_job_init(&job, self->m.program);
	qt_job_bind(&job, 0, self->m.handle, 0);
	qt_job_bind(&job, 1, self->m.buf.handle, 0);
	job.job.report_handle = self->m.handle;
	job.job.report_offset = PAGE;
	EXPECT_EQ(-EACCES, qt_submit(self->m.fd, self->m.queue, &job, 0, 0));
}

/* Nothing but the zero page was there when it was pinned. */
TEST_F(userptr, read_only_sees_what_is_written_later)
{
	volatile uint8_t *mem = self->m.mem;

	EXPECT_EQ(0, mem[0]);
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, READ_ONLY, &self->m.handle));
	memset(self->m.mem, 0x36, PAGE);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x36, self->m.buf.map[0]);
}

/* The same for a private mapping of a file, whose pages belong to all. */
TEST_F(userptr, private_file_mapping)
{
	int file = open("/proc/self/exe", O_RDONLY);
	uint8_t *mem;

	ASSERT_LE(0, file);
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, qt_userptr(self->m.fd, mem, PAGE, READ_ONLY, &self->m.handle));
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0, memcmp(self->m.buf.map, "\177ELF", 4));
	mem[1] = 'e';
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0, memcmp(self->m.buf.map, "\177eLF", 4));
	close(file);
}

TEST_F(userptr, shared_memory)
{
	int file = memfd_create("qnn", MFD_CLOEXEC);
	uint8_t *mem;

	ASSERT_EQ(0, ftruncate(file, PAGE));
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, qt_userptr(self->m.fd, mem, PAGE, 0, &self->m.handle));
	memset(self->m.buf.map, 0x37, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->m.buf.handle, self->m.handle));
	EXPECT_EQ(0x37, mem[PAGE - 1]);
	/* Pages that were cut off the file are still those of the BO. */
	ASSERT_EQ(0, ftruncate(file, 0));
	memset(self->m.buf.map, 0, QT_COPY_BYTES);
	ASSERT_EQ(0, COPY(self->m.handle, self->m.buf.handle));
	EXPECT_EQ(0x37, self->m.buf.map[0]);
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
	ASSERT_EQ(0, qt_userptr(self->m.fd, mem + 5 * PAGE, 100 * PAGE, 0, &self->m.handle));
	memset(mem + 6 * PAGE, 0x38, PAGE);
	ASSERT_EQ(0, qt_mem_copy(&self->m, self->m.handle, PAGE, self->m.buf.handle));
	EXPECT_EQ(0x38, self->m.buf.map[QT_COPY_BYTES - 1]);
	ASSERT_EQ(0, qt_gem_close(self->m.fd, self->m.handle));
	EXPECT_TRUE(qt_pinned(0));
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
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, mem, PAGE, 0, &self->m.handle));
	close(file);
}

/* The memory of a device: here, a BO that is mapped. */
TEST_F(userptr, memory_of_a_device)
{
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, self->m.buf.map, PAGE, 0, &self->m.handle));
	EXPECT_EQ(-EFAULT, qt_userptr(self->m.fd, self->m.buf.map, PAGE, READ_ONLY, &self->m.handle));
}

TEST_F(userptr, cannot_be_mapped_again)
{
	struct drm_qnn_bo_mmap_offset offset = { 0 };

	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, PAGE, 0, &offset.handle));
	EXPECT_EQ(-EINVAL, qt_ioctl(self->m.fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset));
}

TEST_F(userptr, cannot_be_exported)
{
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, PAGE, 0, &self->m.handle));
	EXPECT_EQ(-EPERM, qt_prime_export(self->m.fd, self->m.handle));
}

TEST_F(userptr, counts_as_pinned_until_closed)
{
	uint32_t second;

	EXPECT_TRUE(qt_pinned(0));
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, 2 * PAGE, 0, &self->m.handle));
	EXPECT_TRUE(qt_pinned(2));
	ASSERT_EQ(0, qt_userptr(self->m.fd, self->m.mem, PAGE, READ_ONLY, &second));
	EXPECT_TRUE(qt_pinned(3));
	ASSERT_EQ(0, qt_gem_close(self->m.fd, self->m.handle));
	EXPECT_TRUE(qt_pinned(1));
	/* A mapping of the device keeps the file open. */
	munmap(self->m.buf.map, self->m.buf.size);
	close(self->m.fd);
	EXPECT_TRUE(qt_pinned(0));
	self->m.fd = -1;
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
	uint8_t *mem = qt_pages(32, PROT_READ | PROT_WRITE);
	uint32_t a, b;

	if (!mem || limit_pages())
		return 1;
	if (qt_userptr(fd, mem, 17 * PAGE, 0, &a) != -ENOMEM || !qt_pinned(0))
		return 2;
	if (qt_userptr(fd, mem, 10 * PAGE, 0, &a) || qt_userptr(fd, mem, 6 * PAGE, READ_ONLY, &b))
		return 3;
	if (qt_userptr(fd, mem, PAGE, 0, &b) != -ENOMEM || !qt_pinned(16))
		return 4;
	if (qt_gem_close(fd, a) || qt_userptr(fd, mem, 10 * PAGE, 0, &a))
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
		_exit(pin_to_the_limit(self->m.fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	/* The child is gone, two of its BOs are still in our file. */
	EXPECT_TRUE(qt_pinned(0));
}

/* Threads at the limit: what one of them is refused costs the others nothing. */
static void *pin_unpin(void *arg)
{
	int fd = *(int *)arg, i;
	uint8_t *mem = qt_pages(4, PROT_READ | PROT_WRITE);
	uint32_t handle;
	long failed = 0;

	for (i = 0; i < 200; i++) {
		if (qt_userptr(fd, mem, 4 * PAGE, 0, &handle))
			failed++;
		else
			qt_gem_close(fd, handle);
	}
	return (void *)failed;
}

static int pin_in_threads(int fd)
{
	uint8_t *mem = qt_pages(17, PROT_READ | PROT_WRITE);
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
		if (!qt_userptr(fd, mem, 17 * PAGE, 0, &handle))
			return 3;
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &failed);
		all |= !!failed;
	}
	return all ? 4 : qt_pinned(0) ? 0 : 5;
}

TEST_F(userptr, memlock_limit_is_exact)
{
	pid_t child;
	int status;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(pin_in_threads(self->m.fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* A limit that is just enough, with a job each time. */
static int pin_for_jobs(struct qt_mem *m)
{
	uint8_t *mem = qt_pages(16, PROT_READ | PROT_WRITE);
	int i;

	if (!mem || limit_pages())
		return 1;
	for (i = 0; i < 100; i++) {
		if (qt_userptr(m->fd, mem, 16 * PAGE, 0, &m->handle))
			return 2;
		if (qt_mem_copy(m, m->handle, PAGE, m->buf.handle))
			return 3;
		qt_gem_close(m->fd, m->handle);
	}
	return 0;
}

TEST_F(userptr, memlock_limit_is_free_after_a_job)
{
	pid_t child;
	int status;

	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(pin_for_jobs(&self->m));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN

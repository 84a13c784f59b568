// SPDX-License-Identifier: MIT
/*
 * The ioctls as a 32-bit program calls them, on a 64-bit kernel. Built with
 * -m32 and without a C library, which a 64-bit machine may not have for 32
 * bits; so it brings its own system calls and prints its own TAP.
 */
#include <stdint.h>

#include <drm/qnn_accel.h>

#define SYS_EXIT	1
#define SYS_WRITE	4
#define SYS_OPEN	5
#define SYS_IOCTL	54
#define SYS_MMAP2	192
#define O_RDWR		2
#define PROT_RW		3
#define MAP_SHARED	1
#define MAP_PRIVATE_ANON	0x22

static int number, failed;

/* A system call with six arguments: cdecl in, registers out. */
int call6(int nr, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
__asm__(
	"call6:	push %ebp\n"
	"	push %ebx\n"
	"	push %esi\n"
	"	push %edi\n"
	"	mov 20(%esp), %eax\n"
	"	mov 24(%esp), %ebx\n"
	"	mov 28(%esp), %ecx\n"
	"	mov 32(%esp), %edx\n"
	"	mov 36(%esp), %esi\n"
	"	mov 40(%esp), %edi\n"
	"	mov 44(%esp), %ebp\n"
	"	int $0x80\n"
	"	pop %edi\n"
	"	pop %esi\n"
	"	pop %ebx\n"
	"	pop %ebp\n"
	"	ret\n");

static int call(int nr, uint32_t a, uint32_t b, uint32_t c)
{
	return call6(nr, a, b, c, 0, 0, 0);
}

static void print(const char *text)
{
	uint32_t len = 0;

	while (text[len])
		len++;
	call(SYS_WRITE, 1, (uint32_t)text, len);
}

static void check(int good, const char *name)
{
	char digits[] = " 00 ";

	number++;
	digits[1] += number / 10;
	digits[2] += number % 10;
	print(good ? "ok" : "not ok");
	print(digits);
	print(name);
	print("\n");
	failed |= !good;
}

static int do_ioctl(int fd, uint32_t request, void *arg)
{
	return call(SYS_IOCTL, fd, request, (uint32_t)arg);
}

static int device_info(int fd, struct drm_qnn_device_info *info)
{
	struct drm_qnn_dev_query query = {
		.type = DRM_QNN_QUERY_DEVICE,
		.size = sizeof(*info),
		.pointer = (uint32_t)info,
	};

	return do_ioctl(fd, DRM_IOCTL_QNN_DEV_QUERY, &query) || query.size != sizeof(*info);
}

static void buffers(int fd)
{
	struct drm_qnn_bo_create create = { .size = 5000 };
	struct drm_qnn_bo_mmap_offset offset = { 0 };
	struct drm_qnn_bo_wait wait = { 0 };
	volatile uint32_t *memory;

	check(!do_ioctl(fd, DRM_IOCTL_QNN_BO_CREATE, &create) && create.size == 8192,
	      "a buffer is created and its size comes back");
	offset.handle = wait.handle = create.handle;
	check(!do_ioctl(fd, DRM_IOCTL_QNN_BO_MMAP_OFFSET, &offset) && offset.offset,
	      "it has an offset for mmap");
	memory = (uint32_t *)call6(SYS_MMAP2, 0, 8192, PROT_RW, MAP_SHARED, fd,
				    offset.offset >> 12);
	check((uint32_t)memory < 0xfffff000, "it is mapped");
	if ((uint32_t)memory < 0xfffff000)
		memory[2047] = memory[0] + 1;
	check(!do_ioctl(fd, DRM_IOCTL_QNN_BO_WAIT, &wait), "waiting for it works");
}

static void memory(int fd)
{
	uint32_t addr = call6(SYS_MMAP2, 0, 8192, PROT_RW, MAP_PRIVATE_ANON, -1, 0);
	struct drm_qnn_bo_userptr userptr = { .addr = addr, .size = 8192 };

	check(addr < 0xfffff000 && !do_ioctl(fd, DRM_IOCTL_QNN_BO_USERPTR, &userptr) &&
	      userptr.handle, "memory of the program becomes a buffer");
	userptr.addr += 64;
	check(do_ioctl(fd, DRM_IOCTL_QNN_BO_USERPTR, &userptr) == -22,
	      "an address that is not that of a page is -EINVAL");
	userptr.addr = 0xfffff000;
	check(do_ioctl(fd, DRM_IOCTL_QNN_BO_USERPTR, &userptr) == -14,
	      "an address at the end of all is -EFAULT");
}

static void errors(int fd)
{
	struct drm_qnn_program_create program = { .data = 8, .size = 4096 };
	struct drm_qnn_queue_create queue = { .priority = DRM_QNN_PRIORITY_NORMAL };
	struct drm_qnn_queue_status status = { 0 };
	struct drm_qnn_job job = { 0 };
	struct drm_qnn_submit submit = {
		.jobs = (uint32_t)&job,
		.job_count = 1,
		.job_stride = sizeof(job),
		.sync_stride = sizeof(struct drm_qnn_sync),
	};

	check(do_ioctl(fd, DRM_IOCTL_QNN_PROGRAM_CREATE, &program) == -14,
	      "a bad address of a program is -EFAULT");
	check(!do_ioctl(fd, DRM_IOCTL_QNN_QUEUE_CREATE, &queue) && queue.handle,
	      "a queue is created");
	status.handle = queue.handle;
	check(!do_ioctl(fd, DRM_IOCTL_QNN_QUEUE_STATUS, &status) && !status.submitted,
	      "it has a status");
	check(do_ioctl(fd, DRM_IOCTL_QNN_SUBMIT, &submit) == -2, "no such queue is -ENOENT");
}

/* It has a way of its own to this one; see core.c. */
static void no_master(int fd)
{
	uint32_t unique[2] = { 0, 0 };

	check(do_ioctl(fd, DRM_IOWR(0x01, unique), unique) == -95,
	      "what needs a master is -EOPNOTSUPP");
}

/* The kernel leaves the stack aligned, the compiler expects a return address. */
__attribute__((force_align_arg_pointer)) void _start(void);
void _start(void)
{
	static struct drm_qnn_device_info info;
	int fd = call(SYS_OPEN, (uint32_t)"/dev/accel/accel0", O_RDWR, 0);

	print("1..13\n");
	check(fd >= 0 && !device_info(fd, &info) && info.cores && info.max_timeout_ms,
	      "the device says what it is");
	buffers(fd);
	memory(fd);
	errors(fd);
	no_master(fd);
	call(SYS_EXIT, failed, 0, 0);
	__builtin_unreachable();
}

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "qt.h"

int qt_userptr_at(int fd, uint64_t addr, uint64_t size, uint32_t flags, uint32_t *handle)
{
	struct drm_qnn_bo_userptr arg = { .addr = addr, .size = size, .flags = flags };
	int ret = qt_ioctl(fd, DRM_IOCTL_QNN_BO_USERPTR, &arg);

	*handle = arg.handle;
	return ret;
}

int qt_userptr(int fd, void *addr, uint64_t size, uint32_t flags, uint32_t *handle)
{
	return qt_userptr_at(fd, (uintptr_t)addr, size, flags, handle);
}

uint8_t *qt_pages(size_t pages, int prot)
{
	uint8_t *map = mmap(NULL, pages * QT_PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? NULL : map;
}

static long pinned_pages(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmPin: %ld kB", &kb);
	if (file)
		fclose(file);
	return kb < 0 ? -1 : kb * 1024 / (long)QT_PAGE;
}

bool qt_pinned(long pages)
{
	int i;

	for (i = 0; i < 100 && pinned_pages() != pages; i++)
		qt_sleep_ms(50);
	return pinned_pages() == pages;
}

int qt_mem_open(struct qt_mem *m)
{
	int ret;

	memset(m, 0, sizeof(*m));
	m->fd = qt_open();
	if (m->fd < 0)
		return m->fd;
	m->mem = qt_pages(2, PROT_READ | PROT_WRITE);
	ret = m->mem ? qt_queue_new(m->fd, &m->queue) : -ENOMEM;
	ret = ret ? ret : qt_program_from(m->fd, qt_image_copy, &m->program);
	return ret ? ret : qt_buf_new(m->fd, QT_COPY_BYTES, &m->buf);
}

int qt_mem_copy(struct qt_mem *m, uint32_t from, uint64_t offset, uint32_t to)
{
	struct qt_job job;

	qt_job_init(&job, m->program);
	qt_job_bind(&job, 0, from, offset);
	qt_job_bind(&job, 1, to, 0);
	return qt_run(m->fd, m->queue, &job);
}

int qt_heap_buffer(size_t size)
{
	struct dma_heap_allocation_data data = { .len = size, .fd_flags = O_RDWR | O_CLOEXEC };
	int heap = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC), ret;

	if (heap < 0)
		return -ENODEV;
	ret = qt_ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &data);
	close(heap);
	return ret ? ret : (int)data.fd;
}

int qt_udmabuf(size_t size)
{
	struct udmabuf_create create = { .flags = UDMABUF_FLAGS_CLOEXEC, .size = size };
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), ret;

	if (device < 0)
		return -ENODEV;
	create.memfd = memfd_create("qnn", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate(create.memfd, size) || fcntl(create.memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		ret = -errno;
	else
		ret = ioctl(device, UDMABUF_CREATE, &create);
	if (ret < 0)
		ret = -errno;
	close(create.memfd);
	close(device);
	return ret;
}

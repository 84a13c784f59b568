// SPDX-License-Identifier: MIT
/*
 * Buffers are memfds, so that they can be passed to others. Their size is
 * sealed: nobody can take the memory away under a mapping.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inproc.h"

static size_t round_to_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* Maps @fd, which becomes the buffer's, on failure too. */
static int adopt(struct qnn_device *dev, int fd, size_t size, struct qnn_buffer **out)
{
	struct inproc_buffer *buf = calloc(1, sizeof(*buf));
	struct stat st;
	int err;

	if (!buf) {
		close(fd);
		return qnn_fail_memory("a buffer");
	}
	buf->base.dev = dev;
	buf->base.size = size;
	buf->fd = fd;
	buf->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (buf->map == MAP_FAILED || fstat(fd, &st)) {
		err = -errno;
		if (buf->map != MAP_FAILED)
			munmap(buf->map, size);
		close(fd);
		free(buf);
		return err;
	}
	buf->base.identity[0] = st.st_dev;
	buf->base.identity[1] = st.st_ino;
	*out = &buf->base;
	return 0;
}

int inproc_buffer_create(struct qnn_device *dev, size_t size, struct qnn_buffer **buf)
{
	size_t page = sysconf(_SC_PAGESIZE), bytes = round_to_pages(size);
	int fd, err;

	/*
	 * The memory comes page by page when it is written, and there is no
	 * error for that: what cannot be there is refused now.
	 */
	if (bytes < size || bytes / page > (size_t)sysconf(_SC_PHYS_PAGES))
		return qnn_fail(-ENOMEM, "a buffer of %zu bytes: this machine has less memory",
				size);
	fd = memfd_create("qnn", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return qnn_fail(-errno, "memfd_create: %s", strerror(errno));
	if (ftruncate(fd, bytes) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		err = qnn_fail(-errno, "a buffer of %zu bytes: %s", size, strerror(errno));
		close(fd);
		return err;
	}
	err = adopt(dev, fd, bytes, buf);
	if (err)
		return qnn_fail(err, "a buffer of %zu bytes: %s", size, strerror(-err));
	return 0;
}

static bool is_dmabuf(int fd)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync))
		return false;
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	return true;
}

/* Size of what @fd refers to, which must not be able to shrink. */
static int import_size(int fd, off_t *size)
{
	struct stat st;
	int seals;

	if (fstat(fd, &st))
		return qnn_fail(-errno, "import: %s", strerror(errno));
	if (is_dmabuf(fd)) {
		*size = lseek(fd, 0, SEEK_END);
		lseek(fd, 0, SEEK_SET);
	} else {
		seals = fcntl(fd, F_GET_SEALS);
		if (seals < 0 || !(seals & F_SEAL_SHRINK))
			return qnn_fail(-EOPNOTSUPP,
					"import: is neither a dma-buf nor a memfd with F_SEAL_SHRINK; other memory could be taken away while it is in use");
		*size = st.st_size;
	}
	if (*size <= 0)
		return qnn_fail(-EOPNOTSUPP, "import: the descriptor has no memory behind it");
	return 0;
}

int inproc_buffer_import(struct qnn_device *dev, int fd, struct qnn_buffer **buf)
{
	off_t size = 0;
	int own, err;

	err = import_size(fd, &size);
	if (err)
		return err;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (own < 0)
		return qnn_fail(-errno, "import: %s", strerror(errno));
	err = adopt(dev, own, size, buf);
	if (err == -ENOMEM)
		return qnn_fail_memory("an imported buffer");
	if (err)
		return qnn_fail(-EOPNOTSUPP, "import: the descriptor cannot be mapped for reading and writing: %s",
				strerror(-err));
	return 0;
}

/*
 * Whether all of it is mapped for the access that is wanted. The kernel's device
 * would say; here a mistake would come out as a crash in the middle of a run.
 */
static bool is_mapped(uintptr_t addr, size_t size, bool read_only)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uintptr_t at = addr, start, end;
	char perms[5], line[512];

	if (size > UINTPTR_MAX - addr)
		return false;
	/* Nobody to ask. */
	if (!maps)
		return true;
	/* In order of addresses. */
	while (at < addr + size && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, perms) == 3 &&
		    start <= at && at < end && perms[0] == 'r' && (read_only || perms[1] == 'w'))
			at = end;
	}
	fclose(maps);
	return at >= addr + size;
}

int inproc_buffer_from_memory(struct qnn_device *dev, void *memory, size_t size,
			      bool read_only, struct qnn_buffer **out)
{
	struct inproc_buffer *buf;

	if (!is_mapped((uintptr_t)memory, size, read_only))
		return qnn_fail(-EFAULT, "a buffer of %zu bytes at %p: nothing is mapped there, or it may not be written",
				size, memory);
	buf = calloc(1, sizeof(*buf));
	if (!buf)
		return qnn_fail_memory("a buffer");
	buf->base.dev = dev;
	buf->base.size = size;
	/* No file has such a device number. */
	buf->base.identity[0] = UINT64_MAX;
	buf->base.identity[1] = (uintptr_t)memory;
	buf->fd = -1;
	buf->map = memory;
	*out = &buf->base;
	return 0;
}

int inproc_buffer_export(struct qnn_buffer *base)
{
	struct inproc_buffer *buf = (struct inproc_buffer *)base;
	int fd = fcntl(buf->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? qnn_fail(-errno, "export: %s", strerror(errno)) : fd;
}

void *inproc_buffer_map(struct qnn_buffer *base)
{
	return ((struct inproc_buffer *)base)->map;
}

void inproc_buffer_free(struct qnn_buffer *base)
{
	struct inproc_buffer *buf = (struct inproc_buffer *)base;

	if (buf->fd >= 0) {
		munmap(buf->map, base->size);
		close(buf->fd);
	}
	free(buf);
}

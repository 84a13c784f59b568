// SPDX-License-Identifier: MIT
/* Buffers: the public functions. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "buffer.h"
#include "export.h"

QNN_API int qnn_buffer_create(struct qnn_device *dev, size_t size, struct qnn_buffer **buf)
{
	int err;

	*buf = NULL;
	if (!size)
		return qnn_fail(-EINVAL, "a buffer must have a size above 0");
	err = dev->ops->buffer_create(dev, size, buf);
	if (!err)
		atomic_init(&(*buf)->refs, 1);
	return err;
}

QNN_API int qnn_buffer_import(struct qnn_device *dev, int dmabuf_fd, struct qnn_buffer **buf)
{
	int err;

	*buf = NULL;
	err = dev->ops->buffer_import(dev, dmabuf_fd, buf);
	if (!err)
		atomic_init(&(*buf)->refs, 1);
	return err;
}

QNN_API int qnn_buffer_from_memory(struct qnn_device *dev, void *memory, size_t size,
				   unsigned int flags, struct qnn_buffer **buf)
{
	const bool read_only = flags & QNN_BUFFER_READ_ONLY;
	const size_t page = sysconf(_SC_PAGESIZE);
	int err;

	*buf = NULL;
	if (flags & ~QNN_BUFFER_READ_ONLY)
		return qnn_fail(-EINVAL, "a buffer of memory: unknown flags 0x%x", flags);
	if (!size || size % page || (uintptr_t)memory % page)
		return qnn_fail(-EINVAL,
				"a buffer of memory is made of whole pages of %zu bytes, not of %zu bytes at %p",
				page, size, memory);
	err = dev->ops->buffer_from_memory(dev, memory, size, read_only, buf);
	if (err)
		return err;
	atomic_init(&(*buf)->refs, 1);
	(*buf)->users = true;
	(*buf)->read_only = read_only;
	return 0;
}

QNN_API int qnn_buffer_export(struct qnn_buffer *buf)
{
	if (buf->users)
		return qnn_fail(-EOPNOTSUPP, "export: the memory of this buffer is the caller's");
	return buf->dev->ops->buffer_export(buf);
}

QNN_API void *qnn_buffer_map(struct qnn_buffer *buf)
{
	return buf->dev->ops->buffer_map(buf);
}

QNN_API size_t qnn_buffer_size(const struct qnn_buffer *buf)
{
	return buf->size;
}

void qnn_buffer_get(struct qnn_buffer *buf)
{
	atomic_fetch_add(&buf->refs, 1);
}

QNN_API void qnn_buffer_free(struct qnn_buffer *buf)
{
	if (buf && atomic_fetch_sub(&buf->refs, 1) == 1)
		buf->dev->ops->buffer_free(buf);
}

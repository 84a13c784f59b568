// SPDX-License-Identifier: MIT
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, size_t *size)
{
	/* O_NONBLOCK: nobody may ever write into a FIFO. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (!err) {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return err;
}

ssize_t file_fill(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, (char *)data + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int file_read(const char *path, size_t most, void **data, size_t *size)
{
	int fd = file_open(path, size);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = *size > most ? -EFBIG : 0;
	*data = n ? NULL : malloc(*size ? *size : 1);
	if (!n && !*data)
		n = -ENOMEM;
	if (!n)
		n = file_fill(fd, *data, *size);
	close(fd);
	if (n < 0) {
		free(*data);
		*data = NULL;
		return (int)n;
	}
	/* It may have become shorter. */
	*size = (size_t)n;
	return 0;
}

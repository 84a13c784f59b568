// SPDX-License-Identifier: MIT
/* .qnn files: to disk, complete or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "export.h"
#include "qnn_writer.h"

static int write_all(int fd, const char *path, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return qnn_fail(-errno, "%s: %s", path, strerror(errno));
		data += n;
		size -= n;
	}
	if (fsync(fd))
		return qnn_fail(-errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* A new file beside @path; its name goes to @temp, to be freed. */
static int create_temp(const char *path, char **temp)
{
	unsigned int i;
	int fd;

	for (i = 0; i < 100; i++) {
		if (asprintf(temp, "%s.%ld-%u.tmp", path, (long)getpid(), i) < 0)
			return qnn_fail_memory("a file name");
		fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			break;
		free(*temp);
	}
	if (i == 100)
		return qnn_fail(-EEXIST, "%s: no free name for a temporary file beside it", path);
	fd = qnn_fail(-errno, "%s: %s", *temp, strerror(errno));
	free(*temp);
	return fd;
}

static int save(const char *path, const void *data, size_t size)
{
	struct stat st;
	char *temp;
	int fd, err;

	/* The new file would take the place of a device such as /dev/null. */
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ?
			qnn_fail(-EISDIR, "%s: is a directory", path) :
			qnn_fail(-EINVAL, "%s: is not a regular file", path);
	fd = create_temp(path, &temp);
	if (fd < 0)
		return fd;
	err = write_all(fd, temp, data, size);
	if (close(fd) && !err)
		err = qnn_fail(-errno, "%s: %s", temp, strerror(errno));
	if (!err && rename(temp, path))
		err = qnn_fail(-errno, "%s: %s", path, strerror(errno));
	if (err)
		unlink(temp);
	free(temp);
	return err;
}

QNN_API int qnn_writer_save(struct qnn_writer *writer, const char *path)
{
	size_t size;
	void *data;
	int err;

	err = qnn_writer_finish(writer, &data, &size);
	if (err)
		return err;
	err = save(path, data, size);
	free(data);
	return err;
}

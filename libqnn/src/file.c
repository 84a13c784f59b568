// SPDX-License-Identifier: MIT
/* .qnn files: from a path to checked bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "memory.h"

#define PART	(128u << 10)

/* A part stays in a cache from where it gets its pages until it is read. */
static int read_all(int fd, const char *path, uint8_t *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		size_t left = size - done, part = left < PART ? left : PART;
		ssize_t n;

		qnn_memory_wanted(data + done, part);
		n = read(fd, data + done, part);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return qnn_fail(-errno, "%s: %s", path, strerror(errno));
		if (!n)
			return qnn_fail(-EBADMSG,
					"%s: became shorter while it was read: %zu of %zu bytes",
					path, done, size);
		done += n;
	}
	return 0;
}

static int read_open(int fd, const char *path, void **data, size_t *size)
{
	struct stat st;
	void *mem;
	int err;

	if (fstat(fd, &st))
		return qnn_fail(-errno, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return qnn_fail(-EISDIR, "%s: is a directory", path);
	if (!S_ISREG(st.st_mode))
		return qnn_fail(-EINVAL, "%s: is not a regular file", path);
	if (st.st_size > QNN_FILE_MAX_SIZE)
		return qnn_fail(-E2BIG, "%s: has %lld bytes, a .qnn file at most %u",
				path, (long long)st.st_size, QNN_FILE_MAX_SIZE);
	if (!st.st_size)
		return qnn_fail(-EBADMSG, "%s: is empty", path);
	mem = qnn_memory(st.st_size, true);
	if (!mem)
		return qnn_fail_memory(path);
	err = read_all(fd, path, mem, st.st_size);
	if (err) {
		free(mem);
		return err;
	}
	*data = mem;
	*size = st.st_size;
	return 0;
}

int qnn_file_read(const char *path, void **data, size_t *size)
{
	int fd, err;

	/* O_NONBLOCK: a FIFO must not block us; it is refused below. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return qnn_fail(-errno, "%s: %s", path, strerror(errno));
	err = read_open(fd, path, data, size);
	close(fd);
	return err;
}

void qnn_file_free(struct qnn_file *file)
{
	uint32_t i;

	for (i = 0; i < QNN_FILE_MAX_SECTIONS; i++)
		free(file->unpacked[i].data);
	memset(file->unpacked, 0, sizeof(file->unpacked));
}

int qnn_file_parse(struct qnn_file *file, const char *name, const void *data,
		   size_t size)
{
	int err;

	memset(file, 0, sizeof(*file));
	file->name = name;
	file->data = data;
	file->size = size;

	err = qnn_file_parse_layout(file);
	if (!err)
		err = qnn_file_parse_program(file);
	if (!err)
		err = qnn_file_parse_tensors(file);
	if (!err)
		err = qnn_file_parse_steps(file);
	if (!err)
		err = qnn_file_parse_texts(file);
	return err;
}

// SPDX-License-Identifier: MIT
/* Plain and gzip files through zlib, with errors that name the file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "dataset_priv.h"

#define READER_BUFFER	65536

struct reader {
	gzFile gz;
	char *path;
	int status;
	size_t pos;
	size_t len;
	unsigned char buf[READER_BUFFER];
};

int reader_open(const char *path, struct reader **out)
{
	struct reader *r;
	int fd, err;

	*out = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		return dataset_fail(err, "%s: %s", path, strerror(-err));
	}
	r = calloc(1, sizeof(*r));
	if (r) {
		r->path = strdup(path);
		r->gz = gzdopen(fd, "rb");
	}
	if (!r || !r->path || !r->gz) {
		if (!r || !r->gz)
			close(fd);
		reader_close(r);
		return dataset_fail(-ENOMEM, "%s: out of memory", path);
	}
	*out = r;
	return 0;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	if (r->gz)
		gzclose_r(r->gz);
	free(r->path);
	free(r);
}

const char *reader_path(const struct reader *r)
{
	return r->path;
}

int reader_status(const struct reader *r)
{
	return r->status;
}

/*
 * zlib hands out what it can of a damaged stream first and reports the error
 * with the next read, or, where the stream is cut, only when it is asked.
 */
static void reader_check(struct reader *r)
{
	const char *text;
	int zerr;

	text = gzerror(r->gz, &zerr);
	if (zerr == Z_OK || zerr == Z_STREAM_END)
		return;
	if (zerr == Z_ERRNO) {
		r->status = errno ? -errno : -EIO;
		dataset_fail(r->status, "%s: %s", r->path, strerror(-r->status));
	} else if (zerr == Z_MEM_ERROR) {
		r->status = -ENOMEM;
		dataset_fail(r->status, "%s: out of memory", r->path);
	} else {
		r->status = -EINVAL;
		dataset_fail(r->status, "%s: damaged gzip data: %s", r->path,
			     zerr == Z_BUF_ERROR ? "the file is cut" : text);
	}
}

static bool reader_fill(struct reader *r)
{
	int n;

	if (r->status)
		return false;
	if (r->pos < r->len)
		return true;
	errno = 0;
	n = gzread(r->gz, r->buf, sizeof(r->buf));
	if (n <= 0) {
		reader_check(r);
		return false;
	}
	r->pos = 0;
	r->len = n;
	return true;
}

int reader_getc(struct reader *r)
{
	if (!reader_fill(r))
		return r->status ? READER_FAILED : READER_END;
	return r->buf[r->pos++];
}

size_t reader_peek(struct reader *r, unsigned char *buf, size_t size)
{
	size_t n;

	if (!reader_fill(r))
		return 0;
	n = r->len - r->pos;
	if (n > size)
		n = size;
	memcpy(buf, r->buf + r->pos, n);
	return n;
}

size_t reader_read(struct reader *r, void *buf, size_t size)
{
	size_t done = 0, n;

	while (done < size && reader_fill(r)) {
		n = r->len - r->pos;
		if (n > size - done)
			n = size - done;
		memcpy((char *)buf + done, r->buf + r->pos, n);
		r->pos += n;
		done += n;
	}
	return done;
}

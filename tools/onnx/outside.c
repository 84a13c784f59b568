// SPDX-License-Identifier: MIT
/*
 * Data that a model keeps in other files. Their names come from the model:
 * they must lie below its folder, and no link may lead out of it.
 */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	const char *location;
	uint64_t offset;
	bool has_length;
	uint64_t length;
};

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !errno && !*end && *value <= INT64_MAX;
}

static bool read_place(const Onnx__TensorProto *t, struct report *r,
		       const char *what, struct place *p)
{
	*p = (struct place){ 0 };
	for (size_t i = 0; i < t->n_external_data; i++) {
		const char *key = t->external_data[i]->key;
		const char *value = t->external_data[i]->value;
		bool good = true;

		if (!key || !value)
			continue;
		if (!strcmp(key, "location"))
			p->location = value;
		else if (!strcmp(key, "offset"))
			good = number(value, &p->offset);
		else if (!strcmp(key, "length"))
			good = p->has_length = number(value, &p->length);
		if (good)
			continue;
		report_problem(r, "%s: its '%.16s' in another file is '%.32s', not a number",
			       what, key, value);
		return false;
	}
	if (p->location && *p->location)
		return true;
	report_problem(r, "%s: its data is in another file, whose name is missing",
		       what);
	return false;
}

/* Open @path below @folder, one part after the other, never through a link. */
static int open_below(int folder, const char *path)
{
	int dir = dup(folder), fd = -1;
	char part[256];

	while (dir >= 0) {
		size_t n = strcspn(path, "/");
		bool last = !path[n];

		/* "" (so also "/x"), "." and ".." */
		if (!n || n >= sizeof(part) ||
		    (n <= 2 && !strncmp(path, "..", n))) {
			close(dir);
			errno = EPERM;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = '\0';
		fd = openat(dir, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
			    O_NONBLOCK | (last ? 0 : O_DIRECTORY));
		close(dir);
		if (last)
			return fd;
		dir = fd;
		path += n + 1;
	}
	return -1;
}

static void *read_at(int fd, uint64_t offset, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	size_t done = 0;

	while (data && done < size) {
		ssize_t n = pread(fd, data + done, size - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(data);
			return NULL;
		}
		done += (size_t)n;
	}
	return data;
}

void *outside_read(struct importer *imp, const Onnx__TensorProto *t,
		   const char *what, size_t size)
{
	void *data = NULL;
	struct place p;
	struct stat st;
	int fd;

	if (imp->folder < 0) {
		report_problem(imp->r, "%s: its data is in another file, and there is no folder to look for it",
			       what);
		return NULL;
	}
	if (!read_place(t, imp->r, what, &p))
		return NULL;
	fd = open_below(imp->folder, p.location);
	if (fd < 0) {
		report_problem(imp->r, "%s: its file '%.64s' %s", what, p.location,
			       errno == EPERM || errno == ELOOP ?
			       "is not below the folder of the model (no '..', no absolute path, no symbolic link)" :
			       strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		report_problem(imp->r, "%s: its file '%.64s' is not a regular file",
			       what, p.location);
	else if (p.has_length && p.length != size)
		report_problem(imp->r, "%s: has %llu bytes in file '%.64s', its shape needs %zu",
			       what, (unsigned long long)p.length, p.location,
			       size);
	else if (p.offset > (uint64_t)st.st_size ||
		 size > (uint64_t)st.st_size - p.offset)
		report_problem(imp->r, "%s: its %zu bytes from %llu on are beyond the end of file '%.64s'",
			       what, size, (unsigned long long)p.offset,
			       p.location);
	else if (!(data = read_at(fd, p.offset, size)))
		report_problem(imp->r, "%s: its file '%.64s' cannot be read",
			       what, p.location);
	close(fd);
	return data;
}

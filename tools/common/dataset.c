// SPDX-License-Identifier: MIT
/* Open the files of a data set and choose the format. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataset_priv.h"

static _Thread_local char last_error[1024];

const char *dataset_error(void)
{
	return last_error;
}

int dataset_fail(int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, args);
	va_end(args);
	return err;
}

void dataset_free(struct dataset *ds)
{
	free(ds->images);
	free(ds->labels);
	memset(ds, 0, sizeof(*ds));
}

int dataset_grow(struct dataset_builder *b)
{
	size_t image = b->elements * sizeof(float);
	size_t most = DATASET_MAX_BYTES / image;
	size_t room = b->room ? b->room * 2 : 1 + 65536 / image;
	float *images;

	if (b->ds->count < b->room)
		return 0;
	if (most > INT32_MAX)
		most = INT32_MAX;
	if (b->ds->count >= most)
		return dataset_fail(-EFBIG, "%s: more than %zu images: too many",
				    b->path, most);
	if (room > most)
		room = most;
	images = realloc(b->ds->images, room * image);
	if (!images)
		return dataset_fail(-ENOMEM,
				    "%s: out of memory after %u images",
				    b->path, b->ds->count);
	b->ds->images = images;
	b->room = room;
	return 0;
}

/* The last "from" in the file name (not its folder), replaced. */
static char *replace_last(const char *path, const char *from, const char *to)
{
	const char *base = strrchr(path, '/');
	const char *hit = NULL, *p;
	char *out;

	for (p = base ? base + 1 : path; (p = strstr(p, from)); p++)
		hit = p;
	if (!hit)
		return NULL;
	if (asprintf(&out, "%.*s%s%s", (int)(hit - path), path, to,
		     hit + strlen(from)) < 0)
		return NULL;
	return out;
}

/* Where the labels of an IDX file would be; NULL: nowhere. */
static char *labels_beside(const char *path)
{
	char *name = replace_last(path, "images", "labels");
	char *idx1, *other = NULL;
	size_t len;

	if (!name)
		return NULL;
	idx1 = replace_last(name, "idx3", "idx1");
	if (idx1) {
		free(name);
		name = idx1;
	}
	if (!access(name, F_OK))
		return name;
	len = strlen(name);
	if (len > 3 && !strcmp(name + len - 3, ".gz"))
		other = strndup(name, len - 3);
	else if (asprintf(&other, "%s.gz", name) < 0)
		other = NULL;
	free(name);
	if (other && !access(other, F_OK))
		return other;
	free(other);
	return NULL;
}

static int load_labels(struct dataset *ds, const char *path)
{
	struct reader *r;
	int ret;

	ret = reader_open(path, &r);
	if (ret)
		return ret;
	ret = dataset_read_idx_labels(ds, r);
	reader_close(r);
	return ret;
}

static int load_idx(struct dataset_builder *b, struct reader *r,
		    const char *labels)
{
	char *beside;
	int ret;

	ret = dataset_read_idx(b, r);
	if (ret)
		return ret;
	if (labels)
		return load_labels(b->ds, labels);
	beside = labels_beside(b->path);
	if (beside)
		ret = load_labels(b->ds, beside);
	free(beside);
	return ret;
}

static int load_images(struct dataset_builder *b, const char *labels)
{
	unsigned char magic[2];
	struct reader *r;
	size_t n;
	int ret;

	ret = reader_open(b->path, &r);
	if (ret)
		return ret;
	n = reader_peek(r, magic, sizeof(magic));
	if (reader_status(r))
		ret = reader_status(r);
	else if (!n)
		ret = dataset_fail(-EINVAL, "%s: the file is empty", b->path);
	else if (!magic[0])
		ret = load_idx(b, r, labels);
	else if (labels)
		ret = dataset_fail(-EINVAL,
				   "%s: a CSV file has its labels in its rows, not in %s",
				   b->path, labels);
	else
		ret = dataset_read_csv(b, r);
	reader_close(r);
	if (!ret && !b->ds->count)
		ret = dataset_fail(-EINVAL, "%s: no images", b->path);
	return ret;
}

/* "images,labels", unless there is a file with a comma in its name. */
static int split_path(const char *path, char **images, const char **labels)
{
	char *comma;

	*labels = NULL;
	*images = strdup(path);
	if (!*images)
		return dataset_fail(-ENOMEM, "%s: out of memory", path);
	comma = strrchr(*images, ',');
	if (comma && access(path, F_OK)) {
		*comma = '\0';
		*labels = comma + 1;
	}
	return 0;
}

int dataset_load(const char *path, uint32_t h, uint32_t w, uint32_t c,
		 double scale, struct dataset *ds)
{
	struct dataset_builder b = { .ds = ds, .scale = scale };
	unsigned __int128 elements = (unsigned __int128)h * w * c;
	const char *labels;
	char *images;
	int ret;

	memset(ds, 0, sizeof(*ds));
	if (!elements || elements > DATASET_MAX_BYTES / sizeof(float))
		return dataset_fail(-EINVAL, "%s: images of %u x %u x %u: not possible",
				    path, h, w, c);
	if (!isfinite(scale) || scale == 0.0)
		return dataset_fail(-EINVAL, "%s: scale %g: must be a number other than 0",
				    path, scale);
	b.elements = elements;
	ds->height = h;
	ds->width = w;
	ds->channels = c;
	ret = split_path(path, &images, &labels);
	if (ret)
		return ret;
	b.path = images;
	ret = load_images(&b, labels);
	free(images);
	if (ret)
		dataset_free(ds);
	return ret;
}

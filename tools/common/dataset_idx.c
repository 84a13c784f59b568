// SPDX-License-Identifier: MIT
/*
 * IDX files: two zero bytes, the element type (8: unsigned byte), the number
 * of dimensions, the dimensions as big-endian 32-bit numbers, the elements.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "dataset_priv.h"

#define IDX_UBYTE	8
#define IDX_MAX_DIMS	4

static int read_header(struct reader *r, unsigned int least, unsigned int most,
		       unsigned int *dims, uint32_t *size)
{
	unsigned char head[4], dim[4];
	unsigned int i;

	if (reader_read(r, head, sizeof(head)) != sizeof(head))
		return reader_status(r) ? reader_status(r) :
			dataset_fail(-EINVAL, "%s: byte 0: the header is cut",
				     reader_path(r));
	if (head[0] || head[1])
		return dataset_fail(-EINVAL, "%s: byte 0: not an IDX file",
				    reader_path(r));
	if (head[2] != IDX_UBYTE)
		return dataset_fail(-EINVAL,
				    "%s: byte 2: element type 0x%02x: only unsigned bytes (0x08) are read",
				    reader_path(r), head[2]);
	if (head[3] < least || head[3] > most)
		return dataset_fail(-EINVAL,
				    "%s: byte 3: %u dimensions: must be %u to %u",
				    reader_path(r), head[3], least, most);
	*dims = head[3];
	for (i = 0; i < *dims; i++) {
		if (reader_read(r, dim, sizeof(dim)) != sizeof(dim))
			return reader_status(r) ? reader_status(r) :
				dataset_fail(-EINVAL,
					     "%s: byte %u: the header is cut",
					     reader_path(r), 4 + 4 * i);
		size[i] = (uint32_t)dim[0] << 24 | dim[1] << 16 | dim[2] << 8 |
			  dim[3];
	}
	return 0;
}

static int check_shape(const struct dataset *ds, struct reader *r,
		       unsigned int dims, const uint32_t *size)
{
	uint32_t channels = dims == 4 ? size[3] : 1;

	/* A model without height and width takes the pixels in their order. */
	if (ds->height == 1 && ds->width == 1 && size[1] && size[2] &&
	    channels &&
	    (unsigned __int128)size[1] * size[2] * channels == ds->channels)
		return 0;
	if (size[1] == ds->height && size[2] == ds->width &&
	    channels == ds->channels)
		return 0;
	return dataset_fail(-EINVAL,
			    "%s: byte 8: images of %u x %u x %u (height x width x channels), but the model takes %u x %u x %u",
			    reader_path(r), size[1], size[2], channels,
			    ds->height, ds->width, ds->channels);
}

static int check_end(struct reader *r)
{
	if (reader_getc(r) == READER_END)
		return 0;
	if (reader_status(r))
		return reader_status(r);
	return dataset_fail(-EINVAL,
			    "%s: the file is longer than its header says",
			    reader_path(r));
}

int dataset_read_idx(struct dataset_builder *b, struct reader *r)
{
	struct dataset *ds = b->ds;
	uint32_t size[IDX_MAX_DIMS];
	unsigned char *raw;
	unsigned int dims;
	size_t i;
	float *out;
	int ret;

	ret = read_header(r, 3, IDX_MAX_DIMS, &dims, size);
	if (!ret)
		ret = check_shape(ds, r, dims, size);
	if (ret)
		return ret;
	raw = malloc(b->elements);
	if (!raw)
		return dataset_fail(-ENOMEM, "%s: out of memory", b->path);
	/* The count is believed only as far as there are bytes. */
	while (!ret && ds->count < size[0]) {
		ret = dataset_grow(b);
		if (ret)
			break;
		if (reader_read(r, raw, b->elements) != b->elements) {
			ret = reader_status(r) ? reader_status(r) :
				dataset_fail(-EINVAL,
					     "%s: the file is cut in image %u of %u",
					     b->path, ds->count, size[0]);
			break;
		}
		out = ds->images + ds->count * b->elements;
		for (i = 0; i < b->elements; i++)
			out[i] = (float)(raw[i] * b->scale);
		ds->count++;
	}
	free(raw);
	return ret ? ret : check_end(r);
}

int dataset_read_idx_labels(struct dataset *ds, struct reader *r)
{
	uint32_t count, i;
	unsigned int dims;
	int ret, c;

	ret = read_header(r, 1, 1, &dims, &count);
	if (ret)
		return ret;
	if (count != ds->count)
		return dataset_fail(-EINVAL,
				    "%s: byte 4: %u labels for %u images",
				    reader_path(r), count, ds->count);
	ds->labels = calloc(count ? count : 1, sizeof(*ds->labels));
	if (!ds->labels)
		return dataset_fail(-ENOMEM, "%s: out of memory", reader_path(r));
	for (i = 0; i < count; i++) {
		c = reader_getc(r);
		if (c < 0)
			return reader_status(r) ? reader_status(r) :
				dataset_fail(-EINVAL,
					     "%s: the file is cut after label %u of %u",
					     reader_path(r), i, count);
		ds->labels[i] = c;
	}
	return check_end(r);
}

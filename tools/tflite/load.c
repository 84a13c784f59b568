// SPDX-License-Identifier: MIT
#include "tflite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "priv.h"
#include "tools/common/file.h"

bool tflite_is(const void *data, size_t size)
{
	return size >= 8 && !memcmp((const char *)data + 4, "TFL3", 4);
}

static int parse_aligned(const void *data, size_t size,
			 const struct import_options *opt, struct graph *g,
			 struct report *r)
{
	struct tfl_model m;
	int ret;

	if (tfl_read(data, size, &m, r))
		return -EINVAL;
	ret = tfl_import_model(&m, opt, g, r);
	tfl_free(&m);
	return ret;
}

int tflite_parse(const void *data, size_t size,
		 const struct import_options *opt, struct graph *g,
		 struct report *r)
{
	void *copy;
	int ret;

	*g = (struct graph){ 0 };
	if (size > TFLITE_MAX_FILE_SIZE)
		return -EFBIG;
	if (!((uintptr_t)data % 16))
		return parse_aligned(data, size, opt, g, r);
	copy = aligned_alloc(16, (size + 16) / 16 * 16);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	ret = parse_aligned(copy, size, opt, g, r);
	free(copy);
	return ret;
}

int tflite_load(const char *path, const struct import_options *opt,
		struct graph *g, struct report *r)
{
	size_t size = 0;
	void *data = NULL;
	int ret;

	*g = (struct graph){ 0 };
	ret = file_read(path, TFLITE_MAX_FILE_SIZE, &data, &size);
	if (ret)
		return ret;
	ret = tflite_parse(data, size, opt, g, r);
	free(data);
	return ret;
}

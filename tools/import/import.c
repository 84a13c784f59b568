// SPDX-License-Identifier: MIT
#include "import.h"

#include <errno.h>
#include <stdio.h>

#include "tools/onnx/onnx.h"
#include "tools/tflite/tflite.h"

#define HEAD	8u	/* bytes that tell the formats apart */

int import_load(const char *path, const struct import_options *opt,
		struct graph *g, struct report *r)
{
	unsigned char head[HEAD];
	FILE *f = fopen(path, "rbe");
	size_t n;
	int ret;

	*g = (struct graph){ 0 };
	if (!f)
		return -errno;
	errno = 0;
	n = fread(head, 1, sizeof(head), f);
	ret = ferror(f) ? -(errno ? errno : EIO) : 0;
	fclose(f);
	if (ret)
		return ret;
	/* ONNX has no mark of its own; its reader tells what is wrong. */
	if (tflite_is(head, n))
		return tflite_load(path, opt, g, r);
	return onnx_load(path, opt, g, r);
}

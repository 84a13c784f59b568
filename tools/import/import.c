// SPDX-License-Identifier: MIT
#include "import.h"

#include <errno.h>
#include <unistd.h>

#include "tools/common/file.h"
#include "tools/onnx/onnx.h"
#include "tools/tflite/tflite.h"

#define HEAD	8u	/* bytes that tell the formats apart */

int import_load(const char *path, const struct import_options *opt,
		struct graph *g, struct report *r)
{
	unsigned char head[HEAD];
	size_t size;
	ssize_t n;
	int fd = file_open(path, &size);

	*g = (struct graph){ 0 };
	if (fd == -EINVAL)
		report_problem(r, "this is not a regular file");
	if (fd < 0)
		return fd;
	n = file_fill(fd, head, sizeof(head));
	close(fd);
	if (n < 0)
		return (int)n;
	/* ONNX has no mark of its own; its reader tells what is wrong. */
	if (tflite_is(head, (size_t)n))
		return tflite_load(path, opt, g, r);
	return onnx_load(path, opt, g, r);
}

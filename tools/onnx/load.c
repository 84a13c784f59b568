// SPDX-License-Identifier: MIT
#include "onnx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "priv.h"
#include "tools/common/file.h"

/*
 * Reading a message takes more memory than its bytes: many small messages
 * take the most. What an honest file needs lies far below this.
 */
#define MEMORY_FACTOR	8u
#define MEMORY_EXTRA	(64u << 20)

struct budget {
	size_t left;
};

static void *budget_alloc(void *data, size_t size)
{
	struct budget *b = data;
	void *p;

	if (size > b->left)
		return NULL;
	p = malloc(size);
	if (p)
		b->left -= size;
	return p;
}

static void budget_free(void *data, void *p)
{
	(void)data;
	free(p);
}

static int parse(const void *data, size_t size, const struct import_options *opt,
		 int folder, struct graph *g, struct report *r)
{
	struct budget budget;
	ProtobufCAllocator alloc = { budget_alloc, budget_free, &budget };
	Onnx__ModelProto *model;
	int ret;

	*g = (struct graph){ 0 };
	if (size > ONNX_MAX_FILE_SIZE)
		return -EFBIG;
	budget.left = size * MEMORY_FACTOR + MEMORY_EXTRA;
	model = onnx__model_proto__unpack(&alloc, size, data);
	if (!model) {
		report_problem(r, "this is not an ONNX file, or it is damaged");
		return -EINVAL;
	}
	ret = import_model(model, size, opt, folder, g, r);
	onnx__model_proto__free_unpacked(model, &alloc);
	return ret;
}

int onnx_parse(const void *data, size_t size, const struct import_options *opt,
	       struct graph *g, struct report *r)
{
	return parse(data, size, opt, -1, g, r);
}

/* The folder that a file is in; -1 with errno. */
static int open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) :
			       strdup(".");
	int fd = -1;

	if (folder)
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd;
}

int onnx_load(const char *path, const struct import_options *opt,
	      struct graph *g, struct report *r)
{
	size_t size = 0;
	void *data = NULL;
	int ret, folder;

	*g = (struct graph){ 0 };
	ret = file_read(path, ONNX_MAX_FILE_SIZE, &data, &size);
	if (ret)
		return ret;
	/* Without it, only data in other files is missing. */
	folder = open_folder(path);
	ret = parse(data, size, opt, folder, g, r);
	if (folder >= 0)
		close(folder);
	free(data);
	return ret;
}

// SPDX-License-Identifier: MIT
#include "onnx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "priv.h"

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

int onnx_parse(const void *data, size_t size, struct graph *g,
	       struct report *r)
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
	ret = import_model(model, g, r);
	onnx__model_proto__free_unpacked(model, &alloc);
	return ret;
}

static int read_all(FILE *f, void **data, size_t *size)
{
	struct stat st;
	char *p;

	if (fstat(fileno(f), &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > (off_t)ONNX_MAX_FILE_SIZE)
		return -EFBIG;
	p = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!p)
		return -ENOMEM;
	*size = fread(p, 1, (size_t)st.st_size, f);
	if (ferror(f)) {
		free(p);
		return -EIO;
	}
	*data = p;
	return 0;
}

int onnx_load(const char *path, struct graph *g, struct report *r)
{
	FILE *f = fopen(path, "rbe");
	size_t size = 0;
	void *data = NULL;
	int ret;

	*g = (struct graph){ 0 };
	if (!f)
		return -errno;
	ret = read_all(f, &data, &size);
	fclose(f);
	if (ret)
		return ret;
	ret = onnx_parse(data, size, g, r);
	free(data);
	return ret;
}

// SPDX-License-Identifier: MIT
/*
 * Gives every file of a folder to the function of a fuzzer, without a fuzzer:
 * what fuzzing has found worth keeping is tried again by `make check`. A finding
 * ends the program through the sanitizer; the line before names the file.
 *
 *	replay FOLDER
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* Mutators of our own call the fuzzer's; nothing calls them here. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	(void)data;
	(void)max;
	return size;
}

static int visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void fail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The size is exact, so that reading one byte more is seen. */
static uint8_t *load(const char *folder, const char *name, size_t *size)
{
	char path[4096];
	uint8_t *data;
	FILE *f;
	long end;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		fail(name);
	}
	f = fopen(path, "rbe");
	if (!f || fseek(f, 0, SEEK_END) || (end = ftell(f)) < 0)
		fail(path);
	rewind(f);
	*size = (size_t)end;
	data = malloc(*size ? *size : 1);
	if (!data || fread(data, 1, *size, f) != *size)
		fail(path);
	fclose(f);
	return data;
}

int main(int argc, char **argv)
{
	struct dirent **entry;
	int count;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n");
	count = scandir(argv[1], &entry, visible, alphasort);
	if (count < 0)
		fail(argv[1]);
	for (int i = 0; i < count; i++) {
		size_t size;
		uint8_t *data = load(argv[1], entry[i]->d_name, &size);

		printf("# %s\n", entry[i]->d_name);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		free(entry[i]);
	}
	free(entry);
	printf("%s 1 %d inputs\n", count ? "ok" : "not ok", count);
	return !count;
}

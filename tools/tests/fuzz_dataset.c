// SPDX-License-Identifier: MIT
/* libFuzzer: data sets of both formats, plain or compressed. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/common/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was accepted must be what the interface promises. */
static void check(const struct dataset *ds)
{
	uint32_t i;

	if (!ds->count || !ds->images)
		abort();
	for (i = 0; i < ds->count * 6; i++)
		if (!(ds->images[i] - ds->images[i] == 0))
			abort();
	for (i = 0; ds->labels && i < ds->count; i++)
		if (ds->labels[i] < 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("dataset", MFD_CLOEXEC);
	struct dataset ds;
	char path[64];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!dataset_load(path, 2, 3, 1, 0.5, &ds))
		check(&ds);
	else if (!*dataset_error())
		abort();
	dataset_free(&ds);
	close(fd);
	return 0;
}

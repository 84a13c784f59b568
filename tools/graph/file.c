// SPDX-License-Identifier: MIT
#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

int file_read(FILE *f, size_t most, void **data, size_t *size)
{
	struct stat st;
	char *p;

	if (fstat(fileno(f), &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > (off_t)most)
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

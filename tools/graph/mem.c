// SPDX-License-Identifier: MIT
#include "mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
	if (p)
		return p;
	fputs("out of memory\n", stderr);
	exit(6);	/* as every tool does when it cannot go on */
}

void *mem_array(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size));
}

void *mem_grow(void *p, size_t *cap, size_t need, size_t size)
{
	size_t grown = *cap ? *cap : 16;

	if (need <= *cap)
		return p;
	while (grown < need)
		grown = grown > SIZE_MAX / 2 ? need : grown * 2;
	p = checked(reallocarray(p, grown, size));
	memset((char *)p + *cap * size, 0, (grown - *cap) * size);
	*cap = grown;
	return p;
}

void *mem_copy(const void *src, size_t count, size_t size)
{
	void *p = mem_array(count, size);

	if (count)
		memcpy(p, src, count * size);
	return p;
}

char *mem_string(const char *s)
{
	return checked(strdup(s));
}

char *mem_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = vasprintf(&s, fmt, ap);
	va_end(ap);
	return checked(ret < 0 ? NULL : s);
}

// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_out.h"
#include "text.h"

json_t *json_text(const char *text)
{
	char *copy = strdup(text);
	json_t *string;

	if (!copy)
		return NULL;
	text_clean(copy);
	string = json_string(copy);
	free(copy);
	return string;
}

static int write_text(const char *text, FILE *out)
{
	errno = 0;
	if (fputs(text, out) == EOF || fputc('\n', out) == EOF || fflush(out))
		return errno ? -errno : -EIO;
	return 0;
}

int json_out(const json_t *root, const char *path)
{
	char *text;
	FILE *out;
	int ret;

	if (!root)
		return -ENOMEM;
	text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII |
				 JSON_REAL_PRECISION(9));
	if (!text)
		return -ENOMEM;
	out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	if (out) {
		ret = write_text(text, out);
		if (out != stdout && fclose(out) && !ret)
			ret = -errno;
	} else {
		ret = -errno;
	}
	free(text);
	return ret;
}
